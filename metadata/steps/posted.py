"""This file writes a step that posts as the plain steps that it stands for.

So a dry run, undoing, what is left out and going on after a kill need nothing of their own: records with what
they are posted by, those that can be, the entries, and for each line of the rule its rows and its records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from metadata.entity import Entity, Field
from metadata.ledger import Ledger
from metadata.messages import sentence
from metadata.posting import Posting, PostingLine
from metadata.process import ColumnOf, Lookup, Process, Refusal, Step
from metadata.steps.seen import Path

RECORDS, ENTRIES, DUE, ROWS = "records", "entries", "due", "rows"
CLOSED = "closed_period"
DEBITS, CREDITS = "debit_total", "credit_total"
MET = Field(type="yes/no")
# Of fields of these types a column is made as the field itself: what does not fit is told of its expression.
_TYPED = frozenset(("integer", "decimal", "money", "percent", "date", "month", "yes/no"))


@dataclass
class Posted:
    """The steps of a process, those that post written out.

    owners: generated step → the step it comes of.  places: part of a generated step → part of the posting.
    called: under which name expressions know the rows of a step.  lost: steps that cannot be written out.
    """

    steps: dict[str, Step] = attribute(default_factory=dict)
    owners: dict[str, str] = attribute(default_factory=dict)
    places: dict[Path, Path] = attribute(default_factory=dict)
    called: dict[str, str] = attribute(default_factory=dict)
    lost: set[str] = attribute(default_factory=set)


def posted(process: Process, postings: Mapping[str, Posting], entities: Mapping[str, Entity]) -> Posted:
    """Return the steps of a process with all postings written out."""
    found = Posted()
    for name, step in process.steps.items():
        if not step.post:
            found.steps[name] = step
            continue
        posting = postings.get(step.post)
        into = entities.get(posting.into) if posting else None
        line = line_of(into, entities)
        if posting is None or into is None or line is None:
            found.lost.add(name)
            continue
        assert into.ledger is not None
        _Writing(found, name, step, posting, into, into.ledger, line).write()
    return found


def line_of(entry: Entity | None, entities: Mapping[str, Entity]) -> Entity | None:
    """Return the entity of the lines of a ledger; None where there is no sound one."""
    field = entry.fields.get(entry.ledger.lines) if entry and entry.ledger else None
    return entities.get(str(field.of)) if field and field.type == "children" else None


class _Writing:
    """Writes out one step that posts; lives only while it runs."""

    def __init__(
        self, found: Posted, name: str, step: Step, posting: Posting, entry: Entity, ledger: Ledger,
        line: Entity,
    ) -> None:  # fmt: skip
        self.found = found
        self.name = name
        self.step = step
        self.posting = posting
        self.entry = entry
        self.ledger = ledger
        self.line = line
        self.side = line.fields.get(ledger.debit)
        self.amount_type = self.side.type_text if self.side else "money"

    def write(self) -> None:
        """Write the steps, each behind those that it needs."""
        source = self.step.from_
        if self.step.record:
            # Changes nothing: its rows are the records themselves, whose fields expressions see.
            what = {"from": list(source), "update": self.posting.of, "record": self.step.record}
            source = (self._put(RECORDS, what),)
        entries = self._entries(source)
        due = self._due(entries)
        values = {field: f"entry_{field}" for field in self.posting.set}
        self._put("", {"from": due, "insert": self.posting.into, "set": values, "label": self.step.label})
        for field in values:
            self._same((self.name, "set", field), ("set", field))
        for name, line in self.posting.lines.items():
            self._line(name, line, due)

    def _put(self, part: str, what: Mapping[str, object]) -> str:
        name = f"{self.name}_{part}" if part else self.name
        self.found.steps[name] = Step.model_validate(dict(what))
        self.found.owners[name] = self.name
        return name

    def _same(self, generated: Path, said: Path) -> None:
        self.found.places[generated] = said

    def _entries(self, source: tuple[str, ...]) -> str:
        """Write the relation that works out, of each record, all that its entry and lines will say."""
        columns: dict[str, ColumnOf] = {}
        refuse: dict[str, Refusal] = {}
        name = f"{self.name}_{ENTRIES}"
        for field, text in self.posting.set.items():
            self._column(columns, f"entry_{field}", text, ("set", field), self.entry.fields.get(field))
        for line, said in self.posting.lines.items():
            self._columns(columns, line, said)
            refuse |= dict(self._refusals(line, said))
        for total, side in ((DEBITS, "debit"), (CREDITS, "credit")):
            of_side = [line for line, said in self.posting.lines.items() if getattr(said, side)]
            parts = (f"(if {line}_due then {line}_amount else 0)" for line in of_side)
            columns[total] = _typed(" + ".join(parts) or "0", self.amount_type)
        refuse["balance"] = Refusal(
            when=f"{DEBITS} != {CREDITS}",
            message=sentence("R712", {"debit": "{%s}" % DEBITS, "credit": "{%s}" % CREDITS}),  # noqa: UP031
        )
        for lookup in self.posting.lookup:
            self._same((name, "lookup", lookup), ("lookup", lookup))
        what = {"from": list(source), "lookup": self.posting.lookup, "columns": columns, "refuse": refuse}
        self.found.called[name] = self.posting.of
        return self._put(ENTRIES, what)

    def _column(
        self, columns: dict[str, ColumnOf], name: str, text: str, said: Path, field: Field | None
    ) -> None:
        columns[name] = _typed(text, field.type_text if field and field.type in _TYPED else "")
        self._same((f"{self.name}_{ENTRIES}", "columns", name), said)

    def _columns(self, columns: dict[str, ColumnOf], line: str, said: PostingLine) -> None:
        path: Path = ("lines", line)
        self._column(columns, f"{line}_account", said.account, (*path, "account"), None)
        side = "debit" if said.debit else "credit"
        self._column(columns, f"{line}_amount", said.amount or "0", (*path, side), self.side)
        due = f"{line}_amount != null and {line}_amount != 0"
        if said.when:
            self._column(columns, f"{line}_when", said.when, (*path, "when"), MET)
            due = f"{line}_when and {due}"
        columns[f"{line}_due"] = _typed(due)
        for field, text in said.set.items():
            of_line = self.line.fields.get(field)
            self._column(columns, f"{line}_set_{field}", text, (*path, "set", field), of_line)

    def _refusals(self, line: str, said: PostingLine) -> Iterator[tuple[str, Refusal]]:
        name = f"{self.name}_{ENTRIES}"
        message = said.otherwise or sentence("R711", {"line": line})
        yield f"{line}_account", Refusal(when=f"{line}_due and {line}_account = null", message=message)
        if said.otherwise:
            self._same((name, "refuse", f"{line}_account", "message"), ("lines", line, "otherwise"))
        negative = sentence("R713", {"line": line, "amount": "{%s_amount}" % line})  # noqa: UP031
        yield f"{line}_negative", Refusal(when=f"{line}_due and {line}_amount < 0", message=negative)

    def _due(self, entries: str) -> str:
        """Write the relation of the records that come to an entry, on days that are open."""
        what: dict[str, object] = {"from": entries, "where": f"{DEBITS} > 0 or {CREDITS} > 0"}
        closed, day = self.ledger.closed, f"entry_{self.ledger.day}"
        if closed and self.ledger.day in self.posting.set:
            met = f"{closed.when} = true and " if closed.when else ""
            lookup = Lookup.model_validate({
                "in": closed.in_, "expect": "none",
                "where": f"{met}({closed.from_} = null or {closed.from_} <= {day}) and "
                f"({closed.to} = null or {closed.to} >= {day})",
                "otherwise": sentence("R714", {"day": "{%s}" % day}),  # noqa: UP031
            })  # fmt: skip
            what["lookup"] = {CLOSED: lookup}
        return self._put(DUE, what)

    def _line(self, name: str, line: PostingLine, due: str) -> None:
        rows = self._put(f"{name}_{ROWS}", {"from": due, "where": f"{name}_due"})
        side = self.ledger.debit if line.debit else self.ledger.credit
        values = {self._back(): self.name, self.ledger.account: f"{name}_account", side: f"{name}_amount"}
        values |= {field: f"{name}_set_{field}" for field in line.set}
        label = f"{self.step.label}: {line.label}" if self.step.label and line.label else ""
        made = self._put(name, {"from": rows, "insert": self.line.name, "set": values, "label": label})
        self._same((made, "set", self.ledger.account), ("lines", name, "account"))
        self._same((made, "set", side), ("lines", name, "debit" if line.debit else "credit"))
        for field in line.set:
            self._same((made, "set", field), ("lines", name, "set", field))

    def _back(self) -> str:
        by = self.entry.fields[self.ledger.lines].by
        links = (f for f in self.line.fields.values() if f.type == "link" and f.to == self.entry.name)
        return by or next((field.name for field in links if field.required), "")


def _typed(text: str, type_: str = "") -> ColumnOf:
    return ColumnOf.model_validate({"is": text, "type": type_})
