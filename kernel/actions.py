"""This file runs an action: from a record and answers to edits, seen first, then saved as a whole, or undone.

What it would make is found out by making it in a transaction that is taken back: keys, periods and rules
between the new records are judged exactly as when it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.access.kept_back import may_be_told
from kernel.audit.refusals import of_save
from kernel.context import Context
from kernel.expression.scope import Run, Scope
from kernel.expression.values import Record
from kernel.query.lookup import texts
from kernel.rules.actions import CompiledAction, of_record
from kernel.rules.begun import begun
from kernel.rules.exchange import seen, taken
from kernel.rules.making import Part, items, rows, values
from kernel.rules.needs import Needs, target
from kernel.rules.reach import Reach
from kernel.runtime import Runtime
from kernel.storage.answered import Answer, Once, claim, keep
from kernel.storage.record import ChildEdit, Conflict, Edit, Refusal, Saved
from kernel.storage.remove import remove_apart
from kernel.storage.save import save_apart
from metadata.entity import Field
from metadata.limits import check_presence, check_value
from metadata.problems import Problem

MOST = 100
FIRST_VERSION = 1
MADE = "made"
"""Where an answer that is kept says what was made."""
Answers = Mapping[str, Any]
NOTHING: Answers = {}


@dataclass(frozen=True, slots=True)
class Made:
    """One record as it came out: its id and display text when it was made, else why not."""

    edit: Edit
    id: int | None
    text: str
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What an action comes to for some answers: the edits, or why there are none."""

    edits: tuple[Edit, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def mark(self) -> str:
        """A short text that is another one when the edits are."""
        return hashlib.sha256(repr(self.edits).encode()).hexdigest()[:16]


# ── from answers to edits ─────────────────────────────────────────────────────────────────────────


def defaults(
    connection: Connection, runtime: Runtime, context: Context, action: CompiledAction, record: int
) -> dict[str, Any]:
    """Return what the questions begin with: fixed values, and what is worked out from what is seen."""
    made: dict[str, Any] = {}
    begins = _Beginning(connection, runtime, context, action, record, NOTHING)
    for name, field in action.questions.items():
        said = action.defaults.get(name)
        if said is not None and may_be_told(runtime, context, action.action.of, of_record(action, said)):
            made[name] = taken(said.of(begins.run, begins.scope), field)
        elif said is None and field.default:
            made[name] = field.canonical(field.default)
    return made


def plan(
    connection: Connection, runtime: Runtime, context: Context, action: CompiledAction, record: int,
    answers: Answers,
) -> Planned:  # fmt: skip
    """Return what an action makes of a record and the answers, or every answer that will not do."""
    begins = _Beginning(connection, runtime, context, action, record, answers)
    if problems := (*_judged(action, answers), *begins.problems):
        return Planned((), problems)
    every = (edit for part in action.parts for edit in _edits(begins.run, part, begins.scope))
    edits = tuple(islice(every, MOST + 1))
    if not edits:
        return Planned((), (Problem("R199", {}),))
    if len(edits) > MOST:
        return Planned((), (Problem("R198", {"max": MOST}),))
    return Planned(edits)


def _judged(action: CompiledAction, answers: Answers) -> Iterator[Problem]:
    for name, field in action.questions.items():
        value = answers.get(name)
        refused = check_presence(value, field)
        if refused is None and value not in (None, "", ()):
            refused = check_value(value, field)
        if refused:
            yield Problem(refused.code, refused.facts, field=name)


class _Beginning:
    """What the expressions of an action see: the record with its fields, the answers; lives while it runs."""

    def __init__(
        self, connection: Connection, runtime: Runtime, context: Context, action: CompiledAction, record: int,
        answers: Answers,
    ) -> None:  # fmt: skip
        runtime = runtime.whole
        self.run = begun(connection, runtime, context)
        self.reach = Reach(connection, runtime, self.run)
        self.problems: list[Problem] = []
        of, needs = action.action.of, action.needs
        own = self.reach.records(of, [record], needs[of]).get(record, Record(of, record))
        names = {
            name: self._answer(answers.get(name), field, needs.get(name, {}))
            for name, field in action.questions.items()
        }
        self.scope = Scope(own).inner({of: own, **names})

    def _answer(self, value: Any, field: Field, needs: Needs) -> Any:
        if not target(field):
            return seen(value, field)
        many = field.type == "many links"
        ids = list(value or ()) if many else [value] if value is not None else []
        found = self.reach.records(target(field), ids, {"version": {}, **needs})
        if any(id not in found for id in ids):
            self.problems.append(Problem("R117", {"text": str(ids[0])}, field=field.name))
        records = [found[id] for id in ids if id in found]
        return records if many else next(iter(records), None)


def _edits(run: Run, part: Part, scope: Scope) -> Iterator[Edit]:
    for inner in items(run, part, scope):
        children = {
            below.name: tuple(ChildEdit(None, row) for row in rows(run, below, inner)) for below in part.rows
        }
        yield Edit(part.entity.name, None, None, values(run, part, inner), children=children)


# ── seen, kept, undone ────────────────────────────────────────────────────────────────────────────


def look(engine: Engine, runtime: Runtime, context: Context, edits: Sequence[Edit]) -> tuple[Made, ...]:
    """Return what would come of the edits; nothing is kept but the note of what roles refuse."""
    with engine.connect() as connection:
        made = _make(connection, runtime, context, edits)
        connection.rollback()
    _note(engine, context, made)
    return made


def make(
    engine: Engine, runtime: Runtime, context: Context, edits: Sequence[Edit], once: Once | None = None
) -> tuple[Made, ...] | Answer:
    """Save all edits in one transaction; where one is refused none is kept.

    once: the request; one with its key that was done already is not done again, its answer is returned.
    """
    with engine.connect() as connection:
        earlier = claim(connection, context.operator, once, context.now) if once else None
        if earlier is not None:
            return earlier
        made = _make(connection, runtime, context, edits)
        if any(each.problems for each in made):
            connection.rollback()
        else:
            if once:
                keep(connection, context.operator, once, {MADE: told(made)})
            connection.commit()
    _note(engine, context, made)
    return made


def _note(engine: Engine, context: Context, made: Iterable[Made]) -> None:
    """Count what roles refused, of each entity once: the transaction that it was tried in is over."""
    refused: dict[str, list[Problem]] = {}
    for each in made:
        refused.setdefault(each.edit.entity, []).extend(each.problems)
    for entity, problems in refused.items():
        of_save(engine, context, entity, None, problems)


def told(made: Iterable[Made]) -> list[dict[str, Any]]:
    """Return what was made as plain data, to be kept and told again."""
    return [_told(each) for each in made]


def _told(made: Made) -> dict[str, Any]:
    warnings = [
        {**({"field": each.field} if each.field else {}), "code": each.code, "detail": each.sentence()}
        for each in made.warnings
    ]
    said = {"entity": made.edit.entity, "id": made.id, "text": made.text}
    return said | ({"warnings": warnings} if warnings else {})


def _make(
    connection: Connection, runtime: Runtime, context: Context, edits: Sequence[Edit]
) -> tuple[Made, ...]:
    outcomes = [(edit, save_apart(connection, runtime, context, edit)) for edit in edits]
    ids: dict[str, list[int]] = {}
    for edit, outcome in outcomes:
        if isinstance(outcome, Saved):
            ids.setdefault(edit.entity, []).append(outcome.id)
    named = {name: texts(connection, runtime, context, name, tuple(those)) for name, those in ids.items()}
    return tuple(_made(runtime, edit, outcome, named) for edit, outcome in outcomes)


def _made(runtime: Runtime, edit: Edit, outcome: Any, named: Mapping[str, Mapping[int, str]]) -> Made:
    if isinstance(outcome, Saved):
        text = named[edit.entity].get(outcome.id, "")
        return Made(edit, outcome.id, text, (), outcome.warnings)
    problems = outcome.problems if isinstance(outcome, Refusal) else ()
    return Made(edit, None, _text(runtime, edit), problems)


def _text(runtime: Runtime, edit: Edit) -> str:
    """Return how people would know a record that was not made, as far as its own values say."""
    entity = runtime.entities[edit.entity].entity
    said = []
    for place, piece in enumerate(entity.shown_pieces):
        field, value = entity.fields.get(piece), edit.values.get(piece)
        if place % 2 == 0:
            said.append(piece)
        elif field is not None and value is not None and not target(field):
            said.append(field.kind.print(value, field))
    return "".join(said).strip(" ·-")


def undo(
    engine: Engine, runtime: Runtime, context: Context, made: Sequence[tuple[str, int]]
) -> tuple[tuple[str, int, Problem], ...]:
    """Remove what was made, the last first, all of it or nothing; return what stands against that."""
    wrong: list[tuple[str, int, Problem]] = []
    with engine.connect() as connection:
        for entity, id in reversed(made):
            outcome = remove_apart(connection, runtime, context, entity, id, FIRST_VERSION)
            if isinstance(outcome, Refusal):
                wrong += [(entity, id, problem) for problem in outcome.problems]
            elif isinstance(outcome, Conflict):
                facts = {"operator": outcome.operator, "when": outcome.at}
                wrong.append((entity, id, Problem("R142", facts)))
        if wrong:
            connection.rollback()
        else:
            connection.commit()
    for entity, id, problem in wrong:
        of_save(engine, context, entity, id, [problem])
    return tuple(wrong)
