"""This file says with which values a new record begins: fixed ones, and those worked out from the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.exchange import seen, taken
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.runtime import CompiledEntity, Runtime


def defaults(
    compiled: CompiledEntity, context: Context, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the default values of a new record, without looking at the records that its links lead to.

    given: what is known of it already; an expression sees that and the defaults of fields before its own.
    """
    fixed = fixed_values(compiled, context)
    if not compiled.rules.defaults:
        return fixed
    known = {**fixed, **(given or {})}
    record = Record(compiled.name, None)
    columns = (field for field in compiled.columns if field.kind.storage != "link")
    record.update({field.name: seen(known.get(field.name), field) for field in columns})
    return _worked_out(
        compiled,
        fixed,
        Run(context.now, definitions=compiled.rules.definitions, rights=context.rights),
        record,
        given or {},
    )


def defaults_within(
    connection: Connection, runtime: Runtime, compiled: CompiledEntity, context: Context,
    given: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Return the default values of a new record, whose expressions see where its links lead."""
    runtime, compiled = runtime.whole, runtime.whole.entities[compiled.name]
    rules, fixed = compiled.rules, fixed_values(compiled, context)
    if not rules.defaults:
        return fixed
    run, record = begun(connection, runtime, context), Record(compiled.name, None)
    reads = tree(path for each in rules.defaults.values() for path in each.reads)
    needs = runtime.rules.in_full(reads, compiled.name, own=True)
    known = [(record, {**fixed, **given})]
    Reach(connection, runtime, run).fill(compiled, known, needs, own=True)
    return _worked_out(compiled, fixed, run, record, given)


def fixed_values(compiled: CompiledEntity, context: Context) -> dict[str, Any]:
    """Return the values that need no working out: a new record belongs to what the operator works for."""
    return {**compiled.defaults, **context.access.begins(compiled.entity)}


def _worked_out(
    compiled: CompiledEntity, fixed: dict[str, Any], run: Run, record: Record, given: Mapping[str, Any]
) -> dict[str, Any]:
    made = dict(fixed)
    for name, formula in compiled.rules.defaults.items():
        field = compiled.fields[name]
        made[name] = taken(formula.of(run, record), field)
        if given.get(name) is None:
            record[name] = seen(made[name], field)
    return made
