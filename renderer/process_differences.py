"""This file says in words why what two runs came to differs: of all together, and record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.processes import comparing
from kernel.processes.comparing import GONE, NEW, Change, Pair
from kernel.processes.plan import Plan
from kernel.processes.saying import HIDDEN, texts_of
from metadata.entity import Field
from metadata.problems import Refused
from metadata.values.numbers import print_integer, print_money
from renderer.process_signed import share_of, signed

MOST_REASONS = 3
WITHOUT = "sem {label}"
Texts = Mapping[tuple[str, int], str]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line: of what, rows, before, now, the difference and its share, why."""

    unit: int
    text: str
    kind: str
    rows: str
    before: str
    now: str
    difference: str
    share: str
    reasons: Sequence[str]


class Differences:
    """Says what changed between two runs of one process to one operator."""

    def __init__(self, connection: Connection, plan: Plan, context: Context) -> None:
        assert plan.process.compare is not None
        self.connection = connection
        self.plan = plan
        self.context = context
        self.said = plan.process.compare
        self.by = comparing.field_of(plan, self.said.by)
        self.fields = {part: comparing.field_of(plan, part) for part in self.said.parts}
        self.is_money = comparing.field_of(plan, self.said.sum).type == "money"

    def rows(self, changes: Sequence[Change]) -> list[Difference]:
        """Return what changed of some records."""
        known = self._texts(changes)
        return [self._row(change, known) for change in changes]

    def _row(self, change: Change, known: Texts) -> Difference:
        text = known.get((self.by.to, change.unit), "")
        return self._line(change.unit, text, change.pair, tuple(self._reasons(change, known)))

    def total(self, change: Change) -> list[Difference]:
        """Return what changed of all together, by the first part; the sum is the last line."""
        known = self._texts([change])
        lines = [
            self._line(0, self._value(self.said.parts[0], key, known), pair, tuple(self._why(pair)))
            for key, pair in change.parts.get(self.said.parts[0], {}).items()
        ] if self.said.parts else []  # fmt: skip
        lines.sort(key=lambda line: line.text)
        moves = tuple(self._moves(change))
        return [*lines, self._line(0, "Total", change.pair, (*self._why(change.pair), *moves))]

    def _line(self, unit: int, text: str, pair: Pair, reasons: Sequence[str]) -> Difference:
        return Difference(
            unit=unit,
            text=text,
            kind=pair.kind,
            rows=print_integer(pair.rows),
            before=self._amount(pair.before),
            now=self._amount(pair.now),
            difference=self._signed(pair.difference),
            share=share_of(pair.difference, pair.before),
            reasons=reasons,
        )

    def _amount(self, value: Decimal) -> str:
        return print_money(value) if self.is_money else f"{value.normalize():f}".replace(".", ",")

    def _signed(self, value: Decimal) -> str:
        return signed(value, self._amount)

    # ── why ───────────────────────────────────────────────────────────────────────────────────────

    def _reasons(self, change: Change, known: Texts) -> Iterator[str]:
        if change.pair.kind in (NEW, GONE):
            yield "não havia na anterior" if change.pair.kind == NEW else "não há nesta"
            return
        first = self.said.parts[:1]
        pairs = change.parts.get(first[0], {}) if first else {}
        changed = sorted(
            ((key, pair) for key, pair in pairs.items() if pair.difference or pair.rows != pair.rows_before),
            key=lambda each: -abs(each[1].difference),
        )
        for key, pair in changed[:MOST_REASONS]:
            why = ", ".join(self._why(pair))
            yield f"{self._value(first[0], key, known)}: {why} ({self._signed(pair.difference)})"
        if len(changed) > MOST_REASONS:
            rest = sum((pair.difference for _, pair in changed[MOST_REASONS:]), ZERO)
            label, others = self.fields[first[0]].label.lower(), print_integer(len(changed) - MOST_REASONS)
            yield f"outros valores de {label}: {others} ({self._signed(rest)})"
        if not first:
            yield from self._why(change.pair)
        yield from self._moves(change)

    def _why(self, pair: Pair) -> Iterator[str]:
        """Yield why a sum changed: by more or fewer rows, or by what each comes to."""
        more = pair.rows - pair.rows_before
        if not pair.rows_before:
            yield "não havia na anterior"
        elif not pair.rows:
            yield "não há nesta"
        elif more:
            yield f"{print_integer(abs(more))} {'a mais' if more > 0 else 'a menos'}"
        elif pair.difference:
            yield "mesma quantidade, outro valor"
        else:
            yield "igual"

    def _moves(self, change: Change) -> Iterator[str]:
        """Yield how many rows went from one value of a column to another; new and gone ones did not."""
        for part in self.said.parts[1:]:
            pairs = [pair for key, pair in change.parts.get(part, {}).items() if key]
            came = sum(max(0, pair.rows - pair.rows_before) for pair in pairs)
            went = sum(max(0, pair.rows_before - pair.rows) for pair in pairs)
            if moved := min(came, went):
                label = self.fields[part].label.lower()
                yield f"{print_integer(moved)} {'mudança' if moved == 1 else 'mudanças'} de {label}"

    # ── texts ─────────────────────────────────────────────────────────────────────────────────────

    def _value(self, part: str, key: str, known: Texts) -> str:
        field = self.fields[part]
        if not key:
            return WITHOUT.format(label=field.label.lower())
        read: Any = _read(key, field)
        if field.type == "link":
            return known.get((field.to, int(key)), HIDDEN)
        return key if read is None else str(field.kind.print(read, field))

    def _texts(self, changes: Iterable[Change]) -> Texts:
        wanted: dict[str, set[int]] = {}
        first = self.said.parts[:1]
        for change in changes:
            wanted.setdefault(self.by.to, set()).add(change.unit)
            for part in first:
                if self.fields[part].type == "link":
                    keys = {int(key) for key in change.parts.get(part, {}) if key}
                    wanted.setdefault(self.fields[part].to, set()).update(keys)
        return texts_of(self.connection, self.plan, self.context, wanted)


def _read(key: str, field: Field) -> Any:
    if field.type == "yes/no":
        return key == "true"
    value = int(key) if field.type in ("integer", "link") else field.kind.from_json(key, field)
    return None if isinstance(value, Refused) else value
