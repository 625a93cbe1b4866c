"""This file finds, among many records, those that some rule has something to say about, in one SELECT.

Only these are then judged one by one, by the rules in question. A rule without an exact form in SQL is asked
about every record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.context import Context
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition
from kernel.expression.sql.writing import SQL
from kernel.rules.formula import Formula
from kernel.runtime import CompiledEntity, Runtime
from metadata.expression.sets.reasons import NotForSets


@dataclass(frozen=True, slots=True)
class _Asking:
    """The SELECT of suspects with a column for each rule in `names`; `always` have no form in SQL."""

    names: tuple[str, ...]
    statement: Select[Any] | None
    always: frozenset[str]


def suspects(
    connection: Connection, runtime: Runtime, context: Context, entity: str, ids: Collection[int]
) -> Mapping[int, frozenset[str]]:
    """Return the records to be judged, each with the names of the checks and fields that may speak.

    ids: of records as they are stored.
    """
    runtime = runtime.whole
    key = ("suspects", entity)
    asking: _Asking | None = runtime.statements.get(key)
    if asking is None:
        asking = _asking(runtime, runtime.entities[entity])
        runtime.remember(key, asking)
    found = dict.fromkeys(ids, asking.always) if asking.always else {}
    if asking.statement is not None:
        words = {"ids": list(ids), "feel_today": context.today, "feel_now": context.now}
        for id, *speak in connection.execute(asking.statement, words):
            names = (name for name, speaks in zip(asking.names, speak, strict=True) if speaks)
            found[id] = asking.always.union(names)
    return found


def _asking(runtime: Runtime, compiled: CompiledEntity) -> _Asking:
    source = Source.of_table(runtime, compiled.name)
    made: list[tuple[str, SQL]] = []  # a check may have the name of a field
    always: set[str] = set()
    for name, make in _conditions(compiled, source):
        try:
            made.append((name, make()))
        except NotForSets:
            always.add(name)
    if not made:
        return _Asking((), None, frozenset(always))
    asked = any_(bindparam("ids", type_=ARRAY(BigInteger)))
    columns = [each.label(f"rule_{place}") for place, (_, each) in enumerate(made)]
    found = select(source.table.c.id, *columns).select_from(source.from_).where(source.table.c.id == asked)
    rules = found.subquery("rules")
    speaks = or_(*(rules.c[f"rule_{place}"] for place in range(len(columns))))
    return _Asking(tuple(name for name, _ in made), select(rules).where(speaks), frozenset(always))


def _conditions(compiled: CompiledEntity, source: Source) -> Iterator[tuple[str, Callable[[], SQL]]]:
    for check in compiled.rules.checks:
        yield check.name, partial(condition, check.when.node, source)
    for name, formula in compiled.rules.required.items():
        yield name, partial(_missing, compiled, name, formula, source)
    for field in compiled.columns:
        if field.required and field.hidden_when:
            yield field.name, partial(source.table.c[field.name].is_, None)


def _missing(compiled: CompiledEntity, name: str, formula: Formula, source: Source) -> SQL:
    holds = condition(formula.node, source)
    return holds & _empty(compiled, name, source) if compiled.fields[name].has_column else holds


def _empty(compiled: CompiledEntity, name: str, source: Source) -> SQL:
    column = source.table.c[name]
    is_text = compiled.fields[name].kind.storage == "text"
    return or_(column.is_(None), column == "") if is_text else column.is_(None)
