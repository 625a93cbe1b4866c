"""This file reads what an address asks of a list: what filters.py reads, of which run, which columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from kernel.query.secure import refusals
from metadata.entity import Field
from metadata.problems import Problem
from metadata.types import read_typed
from renderer import list_of_run
from renderer.documents import target
from renderer.filters import COLUMNS, MOST_ASKED, RUN, Pair, Question, Read, address, read_question, too_much
from renderer.lists import NO_SORT, ListView
from renderer.visit import Visit

MOST_COLUMNS = 40
STEP, MORE = "coluna.passo", "coluna.mais"
CONTROLS = frozenset({STEP, MORE})
# What the API says to programs is said to people in other words.
TO_PEOPLE = {"R180": "R194", "R181": "R195", "R183": "R196"}


def read(
    seen: Visit, view: ListView, pairs: Iterable[Pair], controls: frozenset[str] = frozenset()
) -> Question:
    """Read an address; what is not understood, or not there for the operator, comes as problems."""
    pairs = list(pairs)
    question = read_question(
        seen.runtime, view.entity.name, pairs, typed(seen.context.now), controls | {COLUMNS, RUN}
    )
    columns, problems = read_columns(seen, view, [text for key, text in pairs if key == COLUMNS])
    of_run, unknown = list_of_run.read(seen, [text for key, text in pairs if key == RUN])
    told = (*map(_to_people, question.problems), *problems, *unknown)
    return replace(question, columns=columns, of_run=of_run, problems=told)


def _to_people(problem: Problem) -> Problem:
    code = TO_PEOPLE.get(problem.code)
    # A likely spelling of a parameter helps programs only.
    return replace(problem, code=code, facts={**problem.facts, "near": ""}) if code else problem


def typed(now: datetime) -> Read:
    """Return the reader of values as people type them."""

    def read(text: str, field: Field) -> Any:
        return read_typed(text, field, now)

    return read


def read_columns(
    seen: Visit, view: ListView, texts: Iterable[str]
) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Return the chosen columns, none where they are the list's own, and what cannot be one."""
    asked = dict.fromkeys(part for text in texts for each in text.split(",") if (part := each.strip()))
    good: list[str] = []
    problems: list[Problem] = []
    if len(asked) > MOST_ASKED:
        return (), (too_much(),)
    for path in asked:
        wrong = refusals(seen.runtime, seen.context, view.entity.name, [path])
        if not wrong and not is_column(seen.runtime, view, path):
            wrong = [Problem("R192", {"name": path})]
        problems += [replace(problem, field=COLUMNS) for problem in wrong]
        good += [] if wrong else [path]
    if len(good) > MOST_COLUMNS:
        problems.append(Problem("R193", {"max": MOST_COLUMNS}, field=COLUMNS))
    chosen = tuple(good[:MOST_COLUMNS])
    return (() if chosen == view.paths else chosen), tuple(problems)


def usual_address(seen: Visit, view: ListView, pairs: Iterable[Pair]) -> str:
    """Return the list in its one spelling when the form of columns was sent, else an empty text."""
    pairs = list(pairs)
    if not any(key == MORE for key, _ in pairs):
        return ""
    texts = [text for wanted in (COLUMNS, MORE) for key, text in pairs if key == wanted]
    columns, _ = read_columns(seen, view, texts)
    rest = [pair for pair in pairs if pair[0] not in (COLUMNS, *CONTROLS)]
    return address(view.address, [*rest, *([(COLUMNS, ",".join(columns))] if columns else [])])


def is_column(runtime: Any, view: ListView, path: str) -> bool:
    """Tell whether a path has something to show in a cell: one value, no file."""
    found = target(runtime, view.entity.name, path)
    return found is not None and (path in view.paths or shows(found.field))


def shows(field: Field) -> bool:
    """Tell whether a field of this type says something in a cell."""
    return field.is_asked and field.kind.storage not in NO_SORT
