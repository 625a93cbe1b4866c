"""This file says why rows were left out of a run, as somebody may read it: names only of what they may see.

Texts of links are read for all rows of a page at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kernel.access.profile import READ
from kernel.access.reach import Reach
from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.processes.leftovers import Row
from kernel.processes.messages import Message, Value, messages, unit_made_of, value_of
from kernel.processes.plan import Plan
from kernel.query.lookup import texts
from metadata.entity import SYSTEM_FIELDS

HIDDEN = "…"
NOTHING = "nada"
GENERIC = {"R606": "O banco de dados recusou o registro.", "R607": "Faltou um valor obrigatório."}
BY_RULE = "Uma regra recusou o registro."
Texts = Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Said:
    """One row that was left out, in words.

    text, unit: what people call the record that it is about, and what it belongs to; empty where there is
    none, or where it may not be seen: then `is_hidden`.
    """

    row: Row
    sentence: str
    text: str
    unit: str
    is_hidden: bool


class Saying:
    """Says rows of runs of one process to one operator."""

    def __init__(self, connection: Connection, plan: Plan, context: Context) -> None:
        self.connection = connection
        self.plan = plan
        self.context = context
        self.reach = Reach(connection, plan.runtime, context)
        self.messages = messages(plan)
        self.unit, self.by = unit_of(plan), unit_made_of(plan)

    def rows(self, rows: Sequence[Row]) -> list[Said]:
        """Return rows in words."""
        known = self._texts(rows)
        return [self._row(row, known) for row in rows]

    def one(self, row: Row) -> str:
        """Return the sentence of a row that is about nothing hidden."""
        return self._sentence(row, self._texts([row]), is_hidden=False)

    def reason(self, step: str, reason: str) -> str:
        """Return what a reason is called: its message without values."""
        message = self.messages.get((step, reason))
        if message and message.short:
            return message.short
        made = self.plan.made.get(step)
        entity = self.plan.steps.entities.get(made.entity) if made else None
        check = entity.checks.get(reason) if entity and "." not in entity.name else None
        return str(check.message) if check else GENERIC.get(reason, GENERIC["R606"])

    def _row(self, row: Row, known: Texts) -> Said:
        text = known.get((row.entity, row.record or 0), "")
        unit = known.get((self.unit, row.unit or 0), "") if self._are_open(row.entity, self.by) else ""
        is_known = bool(row.record and row.entity)  # a row of a union may be about one of several entities
        is_hidden = not text if is_known else row.unit is not None and not unit
        return Said(row, self._sentence(row, known, is_hidden=is_hidden), text, unit, is_hidden)

    def _sentence(self, row: Row, known: Texts, *, is_hidden: bool) -> str:
        if isinstance(row.facts, dict):
            code = str(row.facts.get("code", ""))
            may = not is_hidden and self._may_read_rules(row)
            return _whole(str(row.facts.get("says", ""))) if may else GENERIC.get(code, BY_RULE)
        message = self.messages.get((row.step, row.reason))
        facts = list(row.facts or ())
        if message is None or len(facts) != len(message.values):
            return GENERIC["R606"]
        return "".join(self._filled(message, row, known, is_hidden=is_hidden))

    def _filled(self, message: Message, row: Row, known: Texts, *, is_hidden: bool) -> Iterator[str]:
        about, facts = row.entity, row.facts
        for place, text in enumerate(message.texts):
            yield text
            if place < len(facts):
                value = message.values[place]
                yield HIDDEN if is_hidden else self._value(about, value, facts[place], known)

    def _value(self, about: str, value: Value, fact: Any, known: Texts) -> str:
        if not self._are_open(about, value.made_of):
            return HIDDEN
        if fact is None:
            return NOTHING
        if value.field is not None and value.field.type == "link":
            return known.get((value.field.to, fact), HIDDEN) if isinstance(fact, int) else HIDDEN
        read = value_of(fact, value.field) if value.field is not None else None
        if read is None or value.field is None:
            return str(fact)
        return value.field.kind.print(read, value.field)

    # ── who may read what ─────────────────────────────────────────────────────────────────────────

    def _are_open(self, about: str, made_of: Iterable[tuple[str, str]]) -> bool:
        """Tell whether somebody who may read a record may read what is made of these fields."""
        return all(self._is_open(about, entity, field) for entity, field in made_of)

    def _is_open(self, about: str, entity: str, field: str) -> bool:
        """Tell whether a field may be read: of the record itself, or, elsewhere, of every record there is.

        Which other record a value is from nobody knows any more.
        """
        profile = self.context.access.profile
        if profile is None:
            return True
        if entity != about:
            return self.reach.reads_all(entity, field)
        access = profile.entities[entity]
        return field in SYSTEM_FIELDS or field == "id" or access.clear(field) == access.record(READ)

    def _may_read_rules(self, row: Row) -> bool:
        """Tell whether a sentence of a rule may be read: nobody knows of which fields it has values."""
        profile = self.context.access.profile
        if profile is None:
            return True
        made = self.plan.made.get(row.step)
        written = self.plan.runtime.entities[made.entity].entity if made else None
        near = {field.to for field in written.fields.values() if field.to} if written else set()
        names = {name for name in (row.entity, self.unit, made.entity if made else "") if name} | near
        return all(self.reach.reads_whole(name) for name in names if name in profile.entities)

    def _texts(self, rows: Sequence[Row]) -> Texts:
        wanted: dict[str, set[int]] = {}
        for row in rows:
            for entity, id in ((row.entity, row.record), (self.unit, row.unit), *self._links(row)):
                if entity and id is not None:
                    wanted.setdefault(entity, set()).add(id)
        return texts_of(self.connection, self.plan, self.context, wanted)

    def _links(self, row: Row) -> Iterator[tuple[str, int]]:
        message = self.messages.get((row.step, row.reason))
        if message is None or not isinstance(row.facts, list) or len(row.facts) != len(message.values):
            return
        for value, fact in zip(message.values, row.facts, strict=True):
            if value.field is not None and value.field.type == "link" and isinstance(fact, int):
                yield value.field.to, fact


def refusal(connection: Connection, plan: Plan, context: Context, name: str, facts: list[Any]) -> str:
    """Return why no run may begin; what is said of the record it begins at is that record's own."""
    row = Row(0, "", name, plan.process.of, None, None, facts)
    return Saying(connection, plan, context).one(row)


def texts_of(
    connection: Connection, plan: Plan, context: Context, wanted: Mapping[str, set[int]]
) -> dict[tuple[str, int], str]:
    """Return what people call records, as far as the operator may see them: one statement for each entity."""
    runtime = seen_by(plan.runtime.whole, context.access.profile)
    found: dict[tuple[str, int], str] = {}
    for entity, ids in wanted.items():
        named = texts(connection, runtime, context, entity, tuple(sorted(ids)))
        found |= {(entity, id): text or str(id) for id, text in named.items()}
    return found


def unit_of(plan: Plan) -> str:
    """Return the entity by whose records the work is shared out; empty where it is not."""
    together = plan.process.together
    if not together or not plan.made:
        return ""
    field = plan.steps.entities[next(iter(plan.made.values())).entity].fields.get(together)
    return field.to if field is not None and field.type == "link" else ""


def _whole(says: str) -> str:
    capital = says[:1].upper() + says[1:]
    return capital if capital.endswith((".", "!", "?")) else f"{capital}."
