"""This file judges a record by its rules: what is hidden, asked for, locked, and wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from kernel.context import Context
from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.formula import Formula
from kernel.rules.ruleset import CompiledCheck, RuleSet
from kernel.rules.saying import message
from metadata.entity import Entity
from metadata.problems import Problem

BLOCK, WARN = "block", "warn"
EMPTY: tuple[Any, ...] = (None, "", (), [])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a record.

    hidden, required, locked: fields, by the conditions that hold now.  problems: refuse the record.
    warnings: it may be saved by someone who has read them; each with the name by which it is confirmed.
    """

    hidden: frozenset[str] = frozenset()
    required: Mapping[str, Formula] = attribute(default_factory=dict)
    locked: Mapping[str, Formula] = attribute(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


NO_RULES = Verdict()
Places = Callable[[Any], str | None]


def nowhere(row: Any) -> str | None:
    """Say of no row that it is part of the edit."""
    return None


def judged(
    rules: RuleSet, entities: Mapping[str, Entity], context: Context, run: Run, record: Record,
    prefix: str = "", places: Places = nowhere,
) -> Verdict:  # fmt: skip
    """Return the verdict on a record as it will be; `prefix` is where it stands in the edit.

    places: tells where a record of the edit stands.  A field at which a check refuses the record is never
    locked: its message asks to change it.
    """
    entity = entities[rules.entity]
    hidden = {name for name, field in entity.fields.items() if field.hidden}
    hidden |= {name for name, made in rules.hidden.items() if made.holds(run, record)}
    required = _held(rules.required, run, record)
    locked = _held(rules.readonly, run, record)
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for check in rules.checks:
        holds = check.when.holds(run, record)
        if run.is_exhausted:
            problems.append(Problem("R173", {"check": check.name}, field=prefix + check.at))
        elif holds:
            found = Problem(
                "R169",
                _facts(check, run, record, entities, prefix),
                field=_place(check, run, record, prefix, places),
            )
            if _only_warns(check, context):
                warnings.append(found)
            else:
                problems.append(found)
                if check.at in locked and not locked[check.at].is_once:
                    del locked[check.at]
    for name, made in required.items():
        if name not in hidden and record.get(name) in EMPTY:
            facts = {"label": entity.fields[name].label, "reason": made.sentence}
            problems.append(Problem("R167", facts, field=prefix + name))
    return Verdict(frozenset(hidden), required, locked, tuple(problems), tuple(warnings))


def _place(check: CompiledCheck, run: Run, record: Record, prefix: str, places: Places) -> str:
    """Return where a message stands: in the row at fault, if it is part of the edit, or at a field."""
    row = check.row.of(run, record) if check.row else None
    below = places(row)
    return below + check.in_row if below is not None and check.in_row else prefix + check.at


def _held(conditions: Mapping[str, Formula], run: Run, record: Record) -> dict[str, Formula]:
    return {name: made for name, made in conditions.items() if made.holds(run, record)}


def _facts(
    check: CompiledCheck, run: Run, record: Record, entities: Mapping[str, Entity], prefix: str
) -> dict[str, Any]:
    said = message(check, run, record, entities)
    return {"message": said, "check": prefix + check.name, "needs": check.rule.needs}


def _only_warns(check: CompiledCheck, context: Context) -> bool:
    if check.rule.needs:
        return context.has_right(check.rule.needs)
    return check.rule.severity == WARN


def filled_once(verdict: Verdict, rules: RuleSet, filled: Callable[[str], bool]) -> Verdict:
    """Return a verdict in which fields that people fill once are locked by what was stored, and only by that.

    filled: tells whether the stored record says something in a field.
    """
    once = {name: made for name, made in rules.readonly.items() if made.is_once}
    if not once:
        return verdict
    locked = {name: made for name, made in verdict.locked.items() if name not in once}
    locked |= {name: made for name, made in once.items() if filled(name)}
    return replace(verdict, locked=locked)


def changed_in_spite(
    verdict: Verdict, changed: Mapping[str, Any], entity: Entity, prefix: str,
    was_locked: Callable[[Formula], bool],
) -> Iterator[Problem]:  # fmt: skip
    """Report changes of fields that were locked before the edit and are still."""
    for name, made in verdict.locked.items():
        if name in changed and was_locked(made):
            label = entity.fields[name].label
            if made.is_once:
                yield Problem("R640", {"label": label, "use": entity.fields[name].once}, field=prefix + name)
            else:
                yield Problem("R168", {"label": label, "reason": made.sentence}, field=prefix + name)
