"""This file lays the rows of a decision table over the space of its questions, exactly.

Each question is an axis, cut where the rows compare with a literal: within a piece all rows say the same, so
one sample stands for the piece. A row is a set of pieces on each axis, written as bits. A cell that is more
than literals leaves its row open there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from metadata.entity import Field
from metadata.expression import nodes as n
from metadata.expression.literals import meets, points

MAX_ROWS = 1_000
MAX_STEPS = 20_000
MAX_PAIRS = 100_000
_STEPPED = frozenset({"bigint", "numeric", "date"})
_EXACT = Context(prec=80)
ANYTHING = object()
"""The sample of an axis that no row asks about."""


class TooLarge(Exception):
    """The table has more combinations than are looked at."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as pieces on each axis; `is_open` where a cell is more than literals and all pieces are set."""

    number: int
    pieces: tuple[int, ...]
    is_open: bool

    @property
    def is_empty(self) -> bool:
        """Tell a row that nothing meets."""
        return not all(self.pieces)


@dataclass(frozen=True, slots=True)
class Space:
    """The axes with a sample for each piece, nothing (None) the last; and the rows over them."""

    samples: tuple[tuple[Any, ...], ...]
    rows: tuple[Row, ...]

    @property
    def filled(self) -> tuple[int, ...]:
        """The pieces of each axis without the last, where nothing is answered."""
        return tuple((1 << (len(axis) - 1)) - 1 for axis in self.samples)

    def example(self, pieces: Sequence[int]) -> tuple[Any, ...]:
        """Return a sample of a part of the space."""
        return tuple(
            axis[(bits & -bits).bit_length() - 1] for axis, bits in zip(self.samples, pieces, strict=True)
        )

    def overlaps(self) -> Iterator[tuple[Row, Row, tuple[Any, ...]]]:
        """Yield rows that are surely met together, with an example; of each row the first other one.

        Errors: TooLarge.
        """
        sure = [row for row in self.rows if not row.is_open]
        if len(sure) * (len(sure) - 1) // 2 > MAX_PAIRS:
            raise TooLarge
        for at, row in enumerate(sure):
            for earlier in sure[:at]:
                both = tuple(one & other for one, other in zip(row.pieces, earlier.pieces, strict=True))
                if all(both):
                    yield earlier, row, self.example(both)

    def uncovered(self, part: Sequence[int], rows: Sequence[Row]) -> tuple[Any, ...] | None:
        """Return an example within a part of the space that none of the rows covers.

        Errors: TooLarge.
        """
        found = _Search(tuple(part)).first(0, tuple(rows))
        return None if found is None else self.example(found)


class _Search:
    """One search for what no row covers, axis by axis."""

    def __init__(self, part: tuple[int, ...]) -> None:
        self.part = part
        self.steps = 0
        self.covered: set[tuple[int, tuple[int, ...]]] = set()

    def first(self, axis: int, rows: tuple[Row, ...]) -> tuple[int, ...] | None:
        """Return the first uncovered pieces from an axis on; None where all is covered."""
        rest = range(axis, len(self.part))
        if not rows:
            return self.part[axis:]
        if any(all(self.part[at] & ~row.pieces[at] == 0 for at in rest) for row in rows):
            return None
        key = (axis, tuple(row.number for row in rows))
        if key in self.covered:
            return None
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLarge
        for bit, met in _groups(self.part[axis], axis, rows):
            if axis + 1 < len(self.part):
                if (found := self.first(axis + 1, met)) is not None:
                    return (bit, *found)
            elif not met:
                return (bit,)
        self.covered.add(key)
        return None


def _groups(part: int, axis: int, rows: Sequence[Row]) -> Iterator[tuple[int, tuple[Row, ...]]]:
    """Yield one piece for each different set of rows that pieces of an axis meet."""
    seen: set[tuple[int, ...]] = set()
    while part:
        bit = part & -part
        part ^= bit
        met = tuple(row for row in rows if row.pieces[axis] & bit)
        if (key := tuple(row.number for row in met)) not in seen:
            seen.add(key)
            yield bit, met


# ── axes ──────────────────────────────────────────────────────────────────────────────────────────


def space(fields: Sequence[Field], rows: Sequence[tuple[n.UnaryTests, ...]]) -> Space:
    """Return the space of questions, with rows numbered from 1.

    Errors: TooLarge.
    """
    if len(rows) > MAX_ROWS:
        raise TooLarge
    samples, columns = [], []
    for at, field in enumerate(fields):
        column = [row[at] for row in rows]
        known = [points(tests) for tests in column]
        axis = _samples(field, [value for values in known for value in values or ()])
        everything = (1 << len(axis)) - 1
        samples.append(axis)
        columns.append(
            [
                everything if values is None or not tests.tests else _bits(tests, axis)
                for tests, values in zip(column, known, strict=True)
            ]
        )
    is_open = [any(points(tests) is None for tests in row) for row in rows]
    pieces = list(zip(*columns, strict=True)) if columns else [()] * len(rows)
    made = (Row(at + 1, pieces[at], is_open[at]) for at in range(len(rows)))
    return Space(tuple(samples), tuple(made))


def _bits(tests: n.UnaryTests, axis: Sequence[Any]) -> int:
    met = meets(tests)
    return sum(1 << at for at, sample in enumerate(axis) if met(sample))


def _samples(field: Field, known: Sequence[Any]) -> tuple[Any, ...]:
    """Return a value for each piece of an axis, and None at the end."""
    values = [value for value in known if value is not None]
    if field.type == "yes/no":
        return (True, False, None)
    if field.choices:
        return (*field.choices, None)
    if field.kind.storage in _STEPPED and (values or field.min or field.max):
        return (*_grid(field, values), None)
    if not values:
        return (ANYTHING, None)
    texts = dict.fromkeys(values)
    other = next(text for text in _others() if text not in texts)
    return (*texts, other, None)


def _others() -> Iterator[str]:
    number = 0
    while True:
        yield "outro" + (str(number) if number else "")
        number += 1


def _grid(field: Field, values: Sequence[Any]) -> list[Any]:
    """Return the values that a field can have at, between, before and behind some values."""
    steps = _Days(monthly=field.type == "month") if field.kind.storage == "date" else _Steps(field.scale)
    low, high = (_limit(field, key) for key in ("min", "max"))
    marks = sorted({*values, *(bound for bound in (low, high) if bound is not None)})
    found = {steps.before(marks[0])}
    for mark in marks:
        found |= {steps.at_or_before(mark), steps.after(mark)}
    inside = (value for value in found if (low is None or value >= low) and (high is None or value <= high))
    return sorted(inside)


def _limit(field: Field, key: str) -> Any:
    value = None if field.kind.counts else field.limit(key)
    return Decimal(value) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class _Steps:
    """Numbers with so many digits after the point."""

    scale: int

    def at_or_before(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-self.scale), ROUND_FLOOR, _EXACT)

    def before(self, value: Decimal) -> Decimal:
        found = self.at_or_before(value)
        return found if found < value else found - Decimal(1).scaleb(-self.scale)

    def after(self, value: Decimal) -> Decimal:
        return self.at_or_before(value) + Decimal(1).scaleb(-self.scale)


@dataclass(frozen=True, slots=True)
class _Days:
    """Days, or the first days of months."""

    monthly: bool

    def at_or_before(self, value: date) -> date:
        return value.replace(day=1) if self.monthly else value

    def before(self, value: date) -> date:
        return self.at_or_before(value - timedelta(days=1)) if value > date.min else value

    def after(self, value: date) -> date:
        if value.year == date.max.year:
            return value
        following = value + timedelta(days=1)
        return (value.replace(day=1) + timedelta(days=32)).replace(day=1) if self.monthly else following
