"""This file compares what a run came to with the last one before it: per step, rows and sums of money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kernel.processes.plan import Plan
from kernel.processes.telling import NOTHING, StepTold
from metadata.process import RELATION, REMOVE
from metadata.values.numbers import print_integer, print_money
from renderer.process_signed import share_of, signed
from renderer.process_words import is_between, is_inner, step_label

Write = Callable[[Decimal], str]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Compared:
    """One line: what, before, now, the difference, its share, and in words; `is_sub` below a step.

    is_inner: of a step that only prepares rows for others.
    """

    label: str
    before: str
    now: str
    difference: str
    share: str
    says: str
    is_sub: bool = False
    is_inner: bool = False


def compare(plan: Plan, before: Mapping[str, StepTold], now: Mapping[str, StepTold]) -> Iterator[Compared]:
    """Yield the steps of a run beside those of the one before; sums of money below the rows.

    Steps that had nothing to do in either are left out: they say nothing.
    """
    for name, made in plan.made.items():
        was, came = before.get(name, NOTHING), now.get(name, NOTHING)
        rows = Decimal(was.rows), Decimal(came.rows)
        if not any(rows) or is_between(plan, name):
            continue
        inner = is_inner(plan, name, now)
        yield _line(step_label(plan, name), *rows, _whole, is_inner=inner)
        fields = plan.steps.entities[made.entity].fields
        for key in dict.fromkeys((*was.totals, *came.totals)):
            label = fields[key].label if key in fields else key
            sums = was.totals.get(key, ZERO), came.totals.get(key, ZERO)
            yield _line(label, *sums, print_money, is_sub=True, is_inner=inner)


@dataclass(frozen=True, slots=True)
class Result:
    """What a step wrote: what, how many records, the sums of their amounts; the step, and of which entity."""

    label: str
    rows: str
    sums: tuple[tuple[str, str], ...]
    step: str
    entity: str
    is_removed: bool


def results(plan: Plan, now: Mapping[str, StepTold]) -> Iterator[Result]:
    """Yield what the steps that write came to."""
    for name, made in plan.made.items():
        told = now.get(name, NOTHING)
        if made.step.kind == RELATION or not told.rows or is_between(plan, name):
            continue
        fields = plan.steps.entities[made.entity].fields
        sums = (
            (fields[key].label, print_money(value)) for key, value in told.totals.items() if key in fields
        )
        rows, is_removed = _whole(Decimal(told.rows)), made.step.kind == REMOVE
        yield Result(step_label(plan, name), rows, tuple(sums), name, made.entity, is_removed)


def _whole(value: Decimal) -> str:
    return print_integer(int(value))


def _line(
    label: str, before: Decimal, now: Decimal, write: Write, *, is_sub: bool = False, is_inner: bool = False
) -> Compared:
    difference = now - before
    return Compared(
        label, write(before), write(now), signed(difference, write),
        share_of(difference, before), _says(before, now, write), is_sub, is_inner,
    )  # fmt: skip


def _says(before: Decimal, now: Decimal, write: Write) -> str:
    if before == now:
        return "igual"
    if not before:
        return "não havia na anterior"
    if not now:
        return "não há nesta"
    return f"{write(abs(now - before))} {'a mais' if now > before else 'a menos'}"
