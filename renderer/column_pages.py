"""This file lets people choose the columns of a list: which, in which order, also of linked records.

It is a plain GET form whose address is the choice so far; the script only fetches the same steps into the
popover of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query.secure import refusals
from metadata.entity import Entity
from renderer import list_pages, screen
from renderer.documents import Target, target
from renderer.filters import COLUMNS, Pair, address
from renderer.list_question import MORE, MOST_COLUMNS, STEP, is_column, read_columns, shows
from renderer.lists import ListView
from renderer.visit import Visit

FRAGMENT = "fragmento"
Paths = tuple[str, ...]
Group = tuple[str, list[Target]]


@dataclass(frozen=True, slots=True)
class Chooser:
    """The state of the form: the columns so far, what may be added, and where the focus goes."""

    columns: list[Target]
    groups: list[Group]
    kept: list[Pair]
    own: str
    focus: str
    says: str
    is_full: bool


def show(request: Request) -> Response:
    """Show the form after the step that was asked for, as a page or as the inside of the popover."""
    seen, view = list_pages.opened(request)
    chooser = _chooser(request, seen, view)
    if FRAGMENT in request.query_params:
        return screen.fragment(request, "columns.html", view=view, chooser=chooser)
    return screen.page(
        request,
        "columns_page.html",
        title="Colunas",
        crumbs=(*view.crumbs, (view.label, view.address)),
        module=view.module,
        view=view,
        chooser=chooser,
    )


def _chooser(request: Request, seen: Visit, view: ListView) -> Chooser:
    params, entity = request.query_params, view.entity.name
    chosen = read_columns(seen, view, params.getlist(COLUMNS))[0] or view.paths
    step, _, path = params.get(STEP, "").partition(" ")
    if step == "mais":
        path = params.get(MORE, "")
    paths = chosen
    if step in STEPS and (path in chosen or (step == "mais" and is_column(seen.runtime, view, path))):
        paths = STEPS[step](chosen, path)
    columns = [found for each in paths if (found := target(seen.runtime, entity, each))]
    kept = list_pages.asked(request, seen, view).pairs()
    return Chooser(
        columns=columns,
        groups=_groups(seen, view, columns),
        kept=[pair for pair in kept if pair[0] != COLUMNS],
        own=address(view.address, [pair for pair in kept if pair[0] != COLUMNS]),
        focus=_focus(step, path, chosen, paths),
        says=_says(step, path, paths, target(seen.runtime, entity, path)),
        is_full=len(paths) >= MOST_COLUMNS,
    )


# ── the steps ────────────────────────────────────────────────────────────────────────────────────


def _moved(by: int) -> Callable[[Paths, str], Paths]:
    def move(paths: Paths, path: str) -> Paths:
        at = paths.index(path)
        rest = [each for each in paths if each != path]
        rest.insert(max(0, at + by), path)
        return tuple(rest)

    return move


def _without(paths: Paths, path: str) -> Paths:
    """A list without columns shows nothing, so the last one stays."""
    return tuple(each for each in paths if each != path) or paths


def _with(paths: Paths, path: str) -> Paths:
    return paths if path in paths or len(paths) >= MOST_COLUMNS else (*paths, path)


STEPS: dict[str, Callable[[Paths, str], Paths]] = {
    "sobe": _moved(-1),
    "desce": _moved(1),
    "tira": _without,
    "mais": _with,
}


def _focus(step: str, path: str, before: Paths, after: Paths) -> str:
    """Return the control that has the focus now: the one pressed, or of the column after a removed one."""
    if step in ("sobe", "desce"):
        return f"{step} {path}"
    if step == "tira" and path in before:
        return f"tira {after[min(before.index(path), len(after) - 1)]}"
    return "mais" if step == "mais" else ""


def _says(step: str, path: str, after: Paths, found: Target | None) -> str:
    if found is None or step not in STEPS:
        return ""
    if path not in after:
        return f"{found.label} saiu"
    return f"{found.label}: coluna {after.index(path) + 1} de {len(after)}"


# ── what may be added ────────────────────────────────────────────────────────────────────────────


def _groups(seen: Visit, view: ListView, columns: Sequence[Target]) -> list[Group]:
    """Return the fields of the record, of records one link away, and behind each link that is a column."""
    own = [target(seen.runtime, view.entity.name, name) for name in view.entity.fields]
    links = {each.path: each for each in (*own, *columns) if each and each.field.type == "link"}
    taken = {each.path for each in columns}
    made = [(view.entity.label.one, _fields(seen, view, "", view.entity, taken))]
    for path, link in links.items():
        linked = seen.runtime.configuration.entities[link.field.to]
        made.append((link.label, _fields(seen, view, f"{path}.", linked, taken)))
    return [group for group in made if group[1]]


def _fields(seen: Visit, view: ListView, prefix: str, entity: Entity, taken: set[str]) -> list[Target]:
    """Return the fields of an entity that may be added, through the gate as ever."""
    paths = [f"{prefix}{name}" for name, field in entity.fields.items() if shows(field)]
    there = [
        target(seen.runtime, view.entity.name, path)
        for path in paths
        if path not in taken and not refusals(seen.runtime, seen.context, view.entity.name, [path])
    ]
    return [each for each in there if each]


ROUTES = [Route("/registros/{list}/colunas", show, methods=["GET"])]
