"""This file describes processes: what is asked, and the steps by which many records are made or changed."""

from __future__ import annotations

import re
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import Field as PydanticField
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from metadata.action import Question
from metadata.entity import Entity, EntityLabel, Field
from metadata.model import Identifier, Model, Names

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
RELATION, INSERT, UPDATE, REMOVE, POST = "relation", "insert", "update", "remove", "post"
WRITING = frozenset((INSERT, UPDATE, REMOVE))
_WRITTEN = (INSERT, UPDATE, REMOVE, POST)
_ROWS = frozenset(("numbers", "where", "columns", "group", "windows", "lookup", "refuse", "warn", "report"))
_KEYS = {
    RELATION: _ROWS,
    INSERT: frozenset(("insert", "set", "group", "key")),
    UPDATE: frozenset(("update", "record", "set")),
    REMOVE: frozenset(("remove", "record")),
    POST: frozenset(("post", "record")),
}
_COMMON = frozenset(("from_", "label", "help", "note"))
NUMBER = "number"


_POINTER = re.compile(r"\{(process|parameter|list) ([a-z][a-z0-9_]*)\}")
POINTED = {"process": "processes", "parameter": "parameters", "list": "lists"}


def pointers(text: str) -> tuple[tuple[str, str, str], ...]:
    """Cut what is warned of into texts, each with the folder and the name of what stands behind it.

    `{process faturar}` leads somewhere; the last one has neither.
    """
    found, end = [], 0
    for each in _POINTER.finditer(text):
        found.append((text[end : each.start()], POINTED[each[1]], each[2]))
        end = each.end()
    return (*found, (text[end:], "", ""))


def pieces(message: str) -> tuple[str, ...]:
    """Cut a message into literal texts (even places) and expressions (odd places)."""
    return tuple(_PLACEHOLDER.split(message))


class ColumnOf(Model):
    """A column of a relation: an expression, and a type where it shall be rounded or shown as one."""

    short_form: ClassVar[str] = "is"

    is_: str = PydanticField(alias="is")
    type: str = ""
    label: str = ""


class Window(Model):
    """A value over the rows that have the same `by`: an aggregate of them all, or the place in an order."""

    by: Names = ()
    order: Names = ()
    is_: str = PydanticField("", alias="is")


class Lookup(Model):
    """A record found for each row.

    in: an entity, or an earlier relation, of whose rows those of the same part of the work are there.
    where: sees the fields of the record looked for, then those of the row.  at: the day of which a dated
    record must be.  expect: how many there must be; `first` takes the first in `order`, as `maybe` does with
    an order where there is one at all, `none` keeps the rows for which there is none, `many` makes a row for
    each.  otherwise: why a row is left out; without it, such a row goes without a word.  several: why, where
    there are more than one.
    """

    in_: str = PydanticField(alias="in")
    where: str
    at: str = ""
    order: Names = ()
    expect: Literal["one", "maybe", "first", "none", "many"] = "one"
    otherwise: str = ""
    several: str = ""


class Refusal(Model):
    """Rows that are left out: where `when` holds, the message says why."""

    when: str
    message: str


class Hindrance(Refusal):
    """Why no run may begin with these answers.

    at: the question where the message stands; by itself, the first that the condition names.
    """

    at: str = ""


class StepReport(Model):
    """Rows of a step that stay with the run, to be read and taken away.

    sum: columns of numbers; rows that are equal in all the others become one, whichever part made them.
    """

    columns: Names
    sum: Names = ()


class Step(Model):
    """One step: a relation (rows with columns), or records inserted, changed or removed.

    from_: an entity, an earlier step, or several earlier ones, whose rows come one after the other.
    numbers: instead, how many numbers the rows are, from 1; each row has its `number`.
    warn: what is said of a run in which a relation has rows: they stay in, but somebody should look; it may
    lead to a process, a parameter or a list (`{process faturar}`).
    post: the rule by which the records that the rows are, or that `record` says, are posted.
    report: which columns of the rows stay with the run.
    """

    label: str = ""
    help: str = ""
    from_: Names = PydanticField((), alias="from")
    numbers: str = ""
    where: str = ""
    lookup: dict[Identifier, Lookup] = PydanticField(default_factory=dict)
    group: Names = ()
    windows: dict[Identifier, Window] = PydanticField(default_factory=dict)
    columns: dict[Identifier, ColumnOf] = PydanticField(default_factory=dict)
    refuse: dict[Identifier, Refusal] = PydanticField(default_factory=dict)
    warn: str = ""
    report: StepReport | None = None
    insert: str = ""
    update: str = ""
    remove: str = ""
    post: str = ""
    record: str = ""
    key: Names = ()
    set: dict[Identifier, str] = PydanticField(default_factory=dict)
    note: str = ""

    @model_validator(mode="after")
    def _of_one_kind(self) -> Step:
        """Refuse keys that mean nothing for the kind of step, and keys that it cannot do without."""
        kind = self.kind
        for key in sorted(self.model_fields_set - _KEYS[kind] - _COMMON):
            raise PydanticCustomError("option", "{key}", {"key": key.rstrip("_"), "type": kind})
        if self.numbers and self.from_:
            raise PydanticCustomError("option", "{key}", {"key": "from", "type": "numbers"})
        given = () if self.numbers else ("from_",)
        for key in (*given, *(("record",) if kind in (UPDATE, REMOVE) else ())):
            if not getattr(self, key):
                raise PydanticCustomError("needs", "{key}", {"key": key.rstrip("_"), "type": kind})
        return self

    @property
    def kind(self) -> str:
        """What the step does."""
        return next((kind for kind in _WRITTEN if getattr(self, kind)), RELATION)

    @property
    def entity(self) -> str:
        """The entity whose records the step writes."""
        return self.insert or self.update or self.remove


class Call(Model):
    """Another process, which begins once a run is finished.

    answers: expressions that see the answers of the run.
    """

    run: str
    answers: dict[Identifier, str] = PydanticField(default_factory=dict)


class Comparison(Model):
    """By what two runs are compared.

    step: whose rows.  by: the record that they are about, group by group.  sum: the figure.  parts: columns
    that explain a difference: the first by amounts, the others by rows that went from one value to another.
    """

    step: Identifier
    by: Identifier
    sum: Identifier
    parts: Names = ()


class Process(Model):
    """What is done with many records at once, step by step.

    of: the entity from whose records it can be started.  needs: the right to run it.  key: the questions
    whose answers name a run; two of one name never run at once.  together: the column by whose value rows
    belong together; the work is shared out by it.  part: about how many rows are done at once.  refuse: when
    no run may begin.  monthly: the question of the month, of a process that is to be run for every month; who
    may run it finds it among their tasks.  compare: by what two runs are compared.  calls: what begins once
    a run is finished.
    """

    process: Identifier
    label: str
    help: str = ""
    of: str = ""
    needs: str
    ask: dict[Identifier, Question] = PydanticField(default_factory=dict)
    key: Names = ()
    together: str = ""
    part: int = PydanticField(20_000, ge=1, le=1_000_000)
    refuse: dict[Identifier, Hindrance] = PydanticField(default_factory=dict)
    monthly: str = ""
    compare: Comparison | None = None
    calls: dict[Identifier, Call] = PydanticField(default_factory=dict)
    steps: dict[Identifier, Step]
    source: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.process

    @property
    def values(self) -> dict[str, Field]:
        """The typed values that the document speaks of, by name."""
        return self.ask

    def about(self, entity: str) -> str:
        """Return the question for the record of an entity that the process begins at, or an empty text."""
        found = (name for name, field in self.ask.items() if field.to == entity and field.type == "link")
        return next(found, "") if self.of == entity else ""

    @cached_property
    def questions(self) -> Entity:
        """The questions as the fields of an entity that is never kept, for whoever shows and reads them."""
        label = EntityLabel(one=self.label, many=self.label)
        return Entity.model_construct(entity=self.process, label=label, fields=self.ask)
