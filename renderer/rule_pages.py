"""This file answers a form while it is typed: what its rules make of it now, and why ("por quê?").

The page posts itself as it stands, and which of its fields changed; the browser decides nothing alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.context import Context
from kernel.rules.live import Look, Seen, look
from kernel.storage import copies
from renderer import form_post, form_rules, lookup_pages, posted, rows_filled, rule_reasons, screen
from renderer.form_content import Content
from renderer.form_layout import FormLayout
from renderer.form_request import opened
from renderer.form_rules import Spot, spot_of
from renderer.form_view import Place
from renderer.problem import at_its_field
from renderer.visit import Visit

MOST_CHANGED = 2_000  # cells that may fill others at once; a paste beyond is judged, but fills nothing more
MOST_POSTED = 20_000
NOTHING_NEW: dict[str, Any] = {
    "fields": {}, "grids": {}, "values": {}, "blank": {}, "filled": {}, "rows": {}, "told": [], "missing": {},
}  # fmt: skip
CHECKED = "R169"  # what a check says; the rest is told by marks, or on saving


def changed(request: Request) -> Response:
    """Say what changes on the form, as it was posted, because some of its fields were typed into."""
    seen, where = opened(request)
    texts, _ = posted.form(request)
    if sum(map(len, texts.values())) > MOST_POSTED:  # the save judges it; nobody waits while typing
        return Response(orjson.dumps(NOTHING_NEW), media_type="application/json")
    typed = form_post.as_typed(where.form.ruled, texts, seen.context)
    names = texts.get("mudou", ("",))[-1].split(",")
    paths = tuple(form_rules.paths_of(where.form, typed.content, names[:MOST_CHANGED]))
    found = _looked(request, seen, where, typed, paths)
    rows = rows_filled.rows(where.form, typed, found.made, seen.context)
    shown = form_rules.with_blanks(where.form, typed.content, seen.context)
    patch = _Patch(where.form, shown, lookup_pages.namer(seen))
    answer = patch.of(found, paths) | {"rows": rows}
    return Response(orjson.dumps(answer), media_type="application/json")


def reason(request: Request) -> Response:
    """Say which rule makes a field what it is now, and what it read; without a field, of all hidden ones."""
    seen, where = opened(request)
    texts, _ = posted.form(request)
    typed = form_post.as_typed(where.form.ruled, texts, seen.context)
    found = _looked(request, seen, where, typed, ())
    post = request.query_params.get("campo", "")
    shown = _as_asked(where.form, typed.content, seen.context, post)
    reasons = rule_reasons.reasons(seen.runtime, where.form, shown, found.looks, post)
    return screen.fragment(request, "why.html", reasons=list(reasons), is_one=bool(post))


def _as_asked(form: FormLayout, content: Content, context: Context, post: str) -> Content:
    """Return what is shown; a row that a question names, and that nobody has begun, is the blank one."""
    match post.split("."):
        case ["c", grid, index, _] if all(row.index != index for row in content.rows.get(grid, ())):
            return form_rules.with_blanks(form, content, context, index)
    return content


def _looked(
    request: Request, seen: Visit, where: Place, typed: form_post.Typed, changed: Iterable[str]
) -> Seen:
    """Look at the form as posted; what cannot be read counts as missing and is not told here."""
    record: int | None = request.path_params.get("id")
    resolve = lookup_pages.resolver(seen, where.entity)
    edit = form_post.read(where.form.ruled, typed, record, seen.context, resolve).readable
    given = set(form_rules.paths_of(where.form, typed.content, typed.texts.get("preenchido", ())))
    with seen.reading.connect() as connection:
        edit = replace(copies.filled(connection, seen.runtime, seen.context, edit), version=None)
        blank = where.form.ruled.grids
        found = look(connection, seen.runtime, seen.context, edit, tuple(changed), given, blank)
    if found is None:
        raise HTTPException(404)
    return found


class _Patch:
    """What the page has to change: fields with a condition, computed and filled values, what is said."""

    def __init__(self, form: FormLayout, content: Content, texts: form_rules.Texts) -> None:
        self.form, self.content, self.texts = form, content, texts

    def of(self, seen: Seen, changed: Iterable[str]) -> dict[str, Any]:
        """Return the patch as plain data, by posted name."""
        patch: dict[str, Any] = {"fields": {}, "grids": {}, "values": {}, "blank": {}, "told": []}
        for each in seen.looks:
            spot = spot_of(self.form, self.content, each.prefix)
            if spot is None:
                continue
            stands = {
                n: made._asdict() for n, made in form_rules.standing(spot.controls, each.verdict).items()
            }
            computed = form_rules.computed(spot.controls, each.computed, self.texts)
            values = {name: entry.shown for name, entry in computed}
            if spot.shown.is_blank:
                patch["blank"][each.prefix.partition("/")[0]] = {"fields": stands, "values": values}
                continue
            patch["fields"] |= {spot.stem + name: made for name, made in stands.items()}
            patch["values"] |= {spot.stem + name: shown for name, shown in values.items()}
            patch["told"] += self._told(each, spot, set(changed))
            if not each.prefix:
                grids = form_rules.standing_of_grids(self.form, each.verdict)
                patch["grids"] = {name: made._asdict() for name, made in grids.items()}
        patch["filled"] = dict(self._filled(seen.filled, frozenset(seen.made.of_rows)))
        patch["told"] += [
            {"grid": path, "says": at_its_field(problem), "warns": True}
            for path, problem in seen.made.refused.items()
            if path in self.form.grids
        ]
        patch["missing"] = dict(self._missing(seen.made.missing))
        return patch

    def _missing(self, missing: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield what fills say that found nothing, by posted name."""
        for path, says in missing.items():
            prefix, slash, name = path.rpartition("/")
            spot = spot_of(self.form, self.content, prefix + slash)
            if spot and name in spot.shown.entries:
                yield spot.stem + name, says

    def _filled(
        self, filled: Mapping[str, Any], of_rows: frozenset[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what is filled by posted name; of a row that a fill made also what it leaves empty."""
        for path, value in filled.items():
            prefix, slash, name = path.rpartition("/")
            spot = spot_of(self.form, self.content, prefix + slash)
            control = next((c for c in spot.controls if c.field.name == name), None) if spot else None
            if spot and control:
                entry = form_rules.entry_of(control, value, self.texts)
                told = {"text": entry.text, "shown": entry.shown}
                yield spot.stem + name, told | ({"marks": True} if path in of_rows else {})

    def _told(self, each: Look, spot: Spot, changed: set[str]) -> Iterator[dict[str, Any]]:
        """Yield what checks say; one that stands at an empty field waits until that was typed into."""
        told = [(problem, False) for problem in each.verdict.problems]
        told += [(warning, True) for warning in each.verdict.warnings]
        for problem, warns in told:
            name = (problem.field or "").removeprefix(each.prefix)
            said = {"says": problem.sentence(), "warns": warns}
            if problem.code != CHECKED:
                continue
            if not each.prefix and name in self.form.grids:
                yield said | {"grid": name}
            elif "/" in name:
                yield from self._in_row(said, each.prefix + name)
            elif name in spot.shown.entries and (
                each.prefix + name in changed or _is_filled(each, spot, name)
            ):
                yield said | {"at": spot.stem + name}

    def _in_row(self, said: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
        """Yield what a check of the whole says of one row."""
        prefix, _, name = path.rpartition("/")
        row = spot_of(self.form, self.content, f"{prefix}/")
        if row and name in row.shown.entries:
            yield said | {"at": row.stem + name}


def _is_filled(each: Look, spot: Spot, name: str) -> bool:
    entry = spot.shown.entries[name]
    return bool(entry.text or entry.shown) or each.values.get(name) not in (None, "", ())


ONE = "/registros/{list}/{id:record}"
NEW = "/registros/{list}/novo"
ROUTES = [
    Route(f"{base}/{step}", act, methods=["POST"])
    for base in (NEW, ONE)
    for step, act in (("regras", changed), ("porque", reason))
]
