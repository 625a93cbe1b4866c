"""This file makes the form that adds or edits one filter: first the field, then what its type can be asked.

It is a plain GET form; the script only fetches the same steps into the open popover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from kernel.query.lookup import lookup
from kernel.query.lookup import texts as texts_of
from metadata.problems import Problem
from renderer import list_question, visit
from renderer.documents import Target, target
from renderer.failures import capital
from renderer.filters import (
    MASKED,
    WITHOUT_VALUE,
    WRITTEN,
    Asked,
    Pair,
    address,
    joined,
    text_of,
    written_value,
)
from renderer.lists import SAID, ListView
from renderer.widgets import WIDGETS

FIELD, OPERATOR, VALUE, WAS = "novo.campo", "novo.op", "novo.valor", "novo.era"
TYPED, SHOWN = f"{VALUE}.texto", f"{VALUE}.de"
CONTROLS = frozenset({FIELD, OPERATOR, VALUE, TYPED, SHOWN, WAS})
DROPPED = {"choice": {"is"}, "link": {"one of"}, "text": {"one of"}}
MANY_OPTIONS = 200
WHOLE_KINDS = frozenset({"date", "month", "time", "instant"})
NO_VALUE = "escolha ou escreva um valor"


@dataclass(frozen=True, slots=True)
class Step:
    """The state of the popover: which fields may be asked, and which one is being asked."""

    is_open: bool
    fields: tuple[tuple[str, str], ...]
    field: Target | None = None
    operators: tuple[tuple[str, str], ...] = ()
    operator: str = ""
    values: tuple[str, ...] = ()
    shown: str = ""
    kept: tuple[Pair, ...] = ()
    address: str = ""
    error: str = ""

    @property
    def kind(self) -> str:
        """How the script tidies the value, where a fragment of one cannot be asked for."""
        kind = WIDGETS[self.field.field.type].kind if self.field else ""
        return kind if kind in WHOLE_KINDS else ""

    @property
    def options(self) -> list[tuple[str, str]]:
        """The options to tick: (code, label)."""
        field = self.field.field if self.field else None
        if field is None or field.type not in ("choice", "yes/no"):
            return []
        if field.type == "yes/no":
            return [("sim", "Sim"), ("não", "Não")]
        return [(code, option.label) for code, option in list(field.choices.items())[:MANY_OPTIONS]]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a sent filter: the address of the list with it, or what is wrong; neither if none."""

    address: str = ""
    error: str = ""


def applied(request: Request, view: ListView) -> Applied:
    """Read a sent filter: the list with it in its usual spelling, or why it cannot be asked."""
    params = request.query_params
    path, written = params.get(FIELD, ""), params.get(OPERATOR)
    if not path or written is None:
        return Applied()
    operator = next((name for name, text in WRITTEN.items() if (text or "is") == written), "is")
    values = [value for value in params.getlist(VALUE) if value.strip()]
    if not values and operator not in WITHOUT_VALUE:
        values = _looked_up(request, view, path, params.get(TYPED, ""))
    if not values and operator not in WITHOUT_VALUE:
        return Applied(error=NO_VALUE)
    new = _written(path, operator, values)
    seen = visit.of(request)
    if problems := list_question.read(seen, view, new).problems:
        return Applied(error="; ".join(filter(None, (problems[0].sentence(), problems[0].hint()))))
    rest = [
        pair
        for pair in params.multi_items()
        if pair[0] not in CONTROLS and pair[0] not in ("after", "before", "n")
    ]
    if operator in ("is", "one of"):
        rest = [pair for pair in rest if pair[0] != path]
    return Applied(address(view.address, [*rest, *new]))


def _written(path: str, operator: str, values: Sequence[str]) -> list[Pair]:
    key = path if operator in ("is", "one of") else f"{path}.{WRITTEN[operator]}"
    return [(key, "1")] if operator in WITHOUT_VALUE else [(key, value) for value in values]


def _looked_up(request: Request, view: ListView, path: str, text: str) -> list[str]:
    """Without script a linked record is typed by name: the one that fits is taken."""
    seen = visit.of(request)
    found = target(seen.runtime, view.entity.name, path)
    if not text or found is None or found.field.type != "link":
        return []
    with seen.reading.connect() as connection:
        hits = lookup(connection, seen.runtime, seen.context, found.field.to, text, {}, 2)
    return [str(hits[0].id)] if len(hits) == 1 else []


def prefilled(asked: Asked) -> list[Pair]:
    """Return the parameters that open the popover on an existing condition."""
    values = [(VALUE, written_value(value, asked.target.field)) for value in asked.values]
    return [(FIELD, asked.target.path), (WAS, WRITTEN[asked.operator] or "is"), *values]


def opened(request: Request, runtime: Any, view: ListView, pairs: Sequence[Pair], error: str = "") -> Step:
    """Return what the popover shows; with an error, what was sent stands in it again."""
    params = request.query_params
    kept, text = tuple(pairs), text_of(pairs)
    fields = tuple((each.label, joined(view.address, text, f"{FIELD}={each.path}")) for each in view.filters)
    path = params.get(FIELD, "")
    found = target(runtime, view.entity.name, path) if path else None
    if found is None or not found.field.operators:
        told = error or (_unasked(found) if found else "")
        return Step(bool(path), fields, kept=kept, address=view.address, error=told)
    operators = _operators(found)
    asked = params.get(OPERATOR) or params.get(WAS, "")
    operator = asked if asked in {key for key, _ in operators} else operators[0][0]
    values = tuple(params.getlist(VALUE))
    shown = _shown(request, found, values) or params.get(TYPED, "")
    told = f"{found.label}: {error}" if error else ""
    return Step(True, fields, found, operators, operator, values, shown, kept, view.address, told)


def _unasked(found: Target) -> str:
    """Return why a field cannot be asked for, where it is masked."""
    problem = Problem(MASKED, {"label": found.label})
    return capital(f"{problem.sentence()}; {problem.hint()}.") if found.field.is_masked else ""


def _operators(found: Target) -> tuple[tuple[str, str], ...]:
    field = found.field
    dropped = DROPPED.get("text" if field.kind.is_text else field.type, set())
    names = [name for name in field.operators if name not in dropped]
    names.sort(key=lambda name: name not in ("one of", "is", "contains"))
    return tuple((WRITTEN[name] or "is", _said(name)) for name in names)


def _said(name: str) -> str:
    return "é um destes" if name == "one of" else SAID[name]


def _shown(request: Request, found: Target, values: tuple[str, ...]) -> str:
    """The name of the linked record that the condition already has."""
    if found.field.type != "link" or len(values) != 1 or not values[0].isdigit():
        return ""
    seen = visit.of(request)
    with seen.reading.connect() as connection:
        texts = texts_of(connection, seen.runtime, seen.context, found.field.to, (int(values[0]),))
    return texts.get(int(values[0]), "")
