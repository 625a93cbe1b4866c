"""This file answers the pages of a list: the page itself, its count and its filter form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.query import run
from kernel.query.lookup import texts as texts_of
from renderer import filter_form, list_question, screen, visit
from renderer.filters import (
    COLUMNS,
    DEFAULT_LIMIT,
    Asked,
    Pair,
    Question,
    address,
    joined,
    text_of,
)
from renderer.lists import Column, ListView, list_view, say, with_columns
from renderer.looks import look_of
from renderer.visit import Visit

COUNT_AT_MOST = 1000
FRESH = "fresco"
HAPPENED, NAMED, WAS_SHARED, WAS_HOME = "visao.foi", "visao.nome", "visao.todos", "visao.inicio"
REMOVED = "excluido"  # the record that a removal just before took away, as people call it
PURPOSE = "finalidade"  # what an export is for (export_purpose.py)
NOTICES = frozenset({HAPPENED, NAMED, WAS_SHARED, WAS_HOME, REMOVED})
CONTROLS = frozenset(
    {"n", "contar", FRESH, PURPOSE, *NOTICES, *filter_form.CONTROLS, *list_question.CONTROLS}
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One saved view above the list; `asks` are the conditions it stands for.

    is_current: shown as the one chosen, also with more conditions on top.  is_exact: with nothing on top.
    """

    name: str
    address: str
    asks: Sequence[Pair]
    is_current: bool = False
    is_exact: bool = False
    id: int | None = None
    is_own: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What just became of a saved view, to be told above the list; of a removed one, what brings it back."""

    happened: str
    name: str
    was_shared: bool
    was_home: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """One active condition: how it reads, where it is edited, what the list is without it.

    is_made: not by a filter, which could be edited; `edit` leads to where it comes from.
    """

    field: str
    says: str
    values: str
    without: str
    edit: str
    is_made: bool = False


def opened(request: Request) -> tuple[Visit, ListView]:
    """Return the visit and the compiled list of the address, or raise 404."""
    seen = visit.of(request)
    found = list_view(
        seen.runtime, request.path_params["list"], request.app.state.assets.address("icones.svg")
    )
    if found is None:
        raise HTTPException(404)
    return seen, found


def asked(request: Request, seen: Visit, view: ListView) -> Question:
    """Read what the address asks; what is not understood comes as problems of the question."""
    return list_question.read(seen, view, request.query_params.multi_items(), CONTROLS)


def show(request: Request) -> Response:
    """Show one page of the list."""
    seen, view = opened(request)
    sent = filter_form.applied(request, view)
    again = sent.address or list_question.usual_address(seen, view, request.query_params.multi_items())
    if again:
        return RedirectResponse(again, status_code=303)
    question = asked(request, seen, view)
    view = with_columns(seen.runtime, view, question.columns)
    query = question.query(view.entity.name, view.paths, view.order, view.only)
    with seen.reading.connect() as connection:
        page = run.page(connection, seen.runtime, seen.context, query)
        texts = link_texts(connection, seen, question.filters)
    pairs = question.pairs()
    text, first, made = text_of(pairs), _first(request), _tabs(request, seen, view, pairs)
    return screen.page(
        request,
        "list.html",
        title=view.label,
        crumbs=view.crumbs,
        module=view.module,
        view=view,
        has_look=look_of(seen.runtime, view.entity.name),
        question=question,
        rows=view.rows(page.rows, question.search),
        total=len(page.rows),
        first=first,
        last=first + len(page.rows) - 1,
        tabs=made,
        current=next((tab for tab in made if tab.is_exact), None),
        without_search=address(view.address, [pair for pair in pairs if pair[0] != "q"]),
        chips=[*_of_run(view, question), *(_chip(view, question, each, texts) for each in question.filters)],
        heads=_heads(view, question, pairs),
        next=_turn(view, question, text, "after", page.next, first + len(page.rows)),
        previous=_turn(view, question, text, "before", page.previous, max(1, first - question.limit)),
        count_address=joined(f"{view.address}/contagem", text),
        kept=pairs,
        filter_text=text,
        exports={kind: joined(f"{view.address}/exportar.{kind}", text) for kind in ("csv", "xlsx")},
        form=filter_form.opened(request, seen.runtime, view, pairs, sent.error),
        columns_address=joined(f"{view.address}/colunas", text),
        own_columns=address(view.address, [pair for pair in pairs if pair[0] != COLUMNS]),
        notice=notice(request),
        removed=request.query_params.get(REMOVED, ""),
    )


def count(request: Request) -> Response:
    """Answer how many records the question has: up to a thousand quickly, or all of them when asked."""
    seen, view = opened(request)
    question = asked(request, seen, view)
    wants_all = "contar" in request.query_params
    query = question.query(view.entity.name, (), view.order, view.only)
    with seen.reading.connect() as connection:
        found = run.count(connection, seen.runtime, seen.context, query, 0 if wants_all else COUNT_AT_MOST)
    more = "" if found.exact else address(f"{view.address}/contagem", [*question.pairs(), ("contar", "1")])
    return screen.fragment(request, "count.html", found=found, more=more)


def filter_steps(request: Request) -> Response:
    """Answer the popover of a filter alone, for the script."""
    seen, view = opened(request)
    form = filter_form.opened(request, seen.runtime, view, asked(request, seen, view).pairs())
    return screen.fragment(request, "filter.html", form=form)


def notice(request: Request) -> Notice | None:
    """Return what the address says that happened to a view."""
    params = request.query_params
    happened, name = params.get(HAPPENED, ""), params.get(NAMED, "")
    return Notice(happened, name, WAS_SHARED in params, WAS_HOME in params) if happened and name else None


def _first(request: Request) -> int:
    """The place of the first row; it travels in the address because pages are turned by key."""
    text = request.query_params.get("n", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else 1


def _turn(view: ListView, question: Question, text: str, key: str, cursor: str, first: int) -> str:
    if not cursor:
        return ""
    size = "" if question.limit == DEFAULT_LIMIT else f"limit={question.limit}&"
    return joined(view.address, text, f"{size}n={first}&{key}={cursor}")


def _tabs(request: Request, seen: Visit, view: ListView, pairs: Sequence[Pair]) -> list[Tab]:
    """Return all tabs: everything, the shipped views, the operator's own and shared ones."""
    operator = seen.context.operator
    made = [Tab("Todos", view.address, ())]
    made.extend(Tab(each.name, each.address, each.asks) for each in view.views)
    is_fresh = FRESH in request.query_params
    for each in request.app.state.known_views.of(seen.reading, operator, view.name, fresh=is_fresh):
        there, is_own = joined(view.address, each.query), each.operator == operator
        made.append(
            Tab(each.name, there, parse_qsl(each.query), id=each.id, is_own=is_own, shared=each.shared)
        )
    current = _current(made, pairs)
    made[current] = replace(made[current], is_current=True, is_exact=len(made[current].asks) == len(pairs))
    return made


def _current(tabs: Sequence[Tab], pairs: Sequence[Pair]) -> int:
    """The tab that asks most of what is asked.

    Of equals the first; but of those with nothing on top one's own, because only there it can be edited.
    """
    asked = Counter(pairs)
    fitting = [place for place, tab in enumerate(tabs) if not Counter(tab.asks) - asked]

    def rank(place: int) -> tuple[int, bool, int]:
        tab = tabs[place]
        return len(tab.asks), tab.is_own and len(tab.asks) == len(pairs), -place

    return max(fitting, key=rank)


def link_texts(connection: Any, seen: Visit, filters: Sequence[Asked]) -> dict[tuple[str, int], str]:
    """Return what people call the records that link conditions name, as {(entity, id): text}."""
    wanted: dict[str, set[int]] = {}
    for each in filters:
        if each.target.field.type == "link":
            wanted.setdefault(each.target.field.to, set()).update(each.values)
    return {
        (entity, line_id): text
        for entity, ids in wanted.items()
        for line_id, text in texts_of(connection, seen.runtime, seen.context, entity, tuple(ids)).items()
    }


def _chip(view: ListView, question: Question, each: Asked, texts: dict[tuple[str, int], str]) -> Chip:
    field, says, values = say(each, texts)
    rest = question.pairs(without=each)
    edit = address(view.address, [*rest, *filter_form.prefilled(each)])
    return Chip(field, says, values, address(view.address, rest), edit)


def _of_run(view: ListView, question: Question) -> Iterator[Chip]:
    asked = question.of_run
    if asked:
        without = address(view.address, question.pairs(without=asked))
        yield Chip(f"Execução {asked.run}", "", asked.says, without, asked.address or without, is_made=True)


def _heads(view: ListView, question: Question, pairs: Sequence[Pair]) -> list[tuple[Column, str, str]]:
    """Return each column with its aria-sort and the address that a press on its head asks for."""
    order = question.order or view.order
    leading = order[0] if order else ""
    rest = text_of(pair for pair in pairs if pair[0] != "order")
    made = []
    for column in view.columns:
        is_up, is_down = leading == column.path, leading == f"-{column.path}"
        wanted = f"order=-{column.path}" if is_up else f"order={column.path}"
        sort = "ascending" if is_up else "descending" if is_down else ""
        made.append((column, sort, joined(view.address, rest, wanted)))
    return made


ROUTES = [
    Route("/registros/{list}", show, methods=["GET"]),
    Route("/registros/{list}/contagem", count, methods=["GET"]),
    Route("/registros/{list}/filtro", filter_steps, methods=["GET"]),
]
