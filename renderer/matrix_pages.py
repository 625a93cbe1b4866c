"""This file answers the matrix of effective rights: what each role, or each operator, may do with what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.access.effective import Effective, of_entity, of_field, profile_of, roles_of
from kernel.access.profile import Profile
from kernel.access.rights import EXPLAIN
from kernel.accounts import accounts
from kernel.fold import fold
from metadata.package import Configuration
from renderer import access_words, screen
from renderer.access_gate import opened, tabs
from renderer.visit import Visit

PAGE = "/acessos/matriz"
MOST_COLUMNS = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A role or an operator, and what they come to."""

    key: str
    label: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column may do with one row; `address` explains it."""

    level: str
    said: str
    icon: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """An entity, a field or a right; a heading has no cells."""

    label: str
    address: str
    cells: tuple[Cell, ...]


def entities(request: Request) -> Response:
    """Show what may be done with each entity."""
    seen = opened(request, EXPLAIN)
    configuration, columns = seen.runtime.whole.configuration, _columns(request, seen)
    return _page(request, seen, columns, list(_entity_rows(request, configuration, columns)), "", "")


def fields(request: Request) -> Response:
    """Show what may be done with each field of an entity."""
    seen = opened(request, EXPLAIN)
    configuration, columns = seen.runtime.whole.configuration, _columns(request, seen)
    entity = configuration.entities.get(request.path_params["entity"])
    if entity is None:
        raise HTTPException(404)
    rows = [Row(f"Registros de {entity.label.many}", "", _cells(request, columns, entity.name))]
    rows += [
        Row(field.label, "", _cells(request, columns, entity.name, field.name))
        for field in entity.fields.values()
    ]
    return _page(request, seen, columns, rows, entity.label.many, entity.name)


def _page(
    request: Request, seen: Visit, columns: list[Column], rows: list[Row], of: str, entity: str
) -> Response:
    query = {name: text for name, text in request.query_params.items() if name in ("de", "q")}
    return screen.page(
        request,
        "matrix.html",
        title=f"Acesso a {of}" if of else "Matriz de acessos",
        crumbs=(("Acessos", "/acessos/papeis"), ("Matriz", f"{PAGE}?{urlencode(query)}")) if of else (),
        tabs=tabs(seen),
        current=PAGE,
        columns=columns[:MOST_COLUMNS],
        left_out=max(0, len(columns) - MOST_COLUMNS),
        rows=rows,
        of_operators=_of_operators(request),
        wanted=query.get("q", ""),
        address=f"{PAGE}/{entity}" if entity else PAGE,
        of=of,
    )


def _of_operators(request: Request) -> bool:
    return request.query_params.get("de") == "operadores"


def _columns(request: Request, seen: Visit) -> list[Column]:
    configuration = seen.runtime.whole.configuration
    roles = roles_of(configuration)
    if not _of_operators(request):
        return [Column(name, role.label, profile_of(configuration, role)) for name, role in roles.items()]
    with seen.reading.connect() as connection:
        listed = accounts.listed(connection, seen.context.now.date())
    return [
        Column(
            each.login,
            each.name,
            profile_of(configuration, *(roles[name] for name in each.roles if name in roles)),
        )
        for each in listed
        if each.is_active
    ]


def _entity_rows(request: Request, configuration: Configuration, columns: list[Column]) -> Iterator[Row]:
    wanted = request.query_params.get("q", "").strip().casefold()
    documents = configuration.documents.get("entities", {})
    for package, manifest in configuration.packages.items():
        named = sorted(
            (configuration.entities[name].label.many, name)
            for name, document in documents.items()
            if document.package == package and wanted in configuration.entities[name].label.many.casefold()
        )
        if named:
            yield Row(manifest.label, "", ())
        suffix = "?de=operadores" if _of_operators(request) else ""
        for label, name in named:
            yield Row(label, f"{PAGE}/{name}{suffix}", _cells(request, columns, name))
    held = {right for role in roles_of(configuration).values() for right in role.rights}
    called = sorted(((configuration.right(name), name) for name in held), key=lambda each: fold(each[0]))
    called = [(label, name) for label, name in called if wanted in f"{label} {name}".casefold()]
    if called:
        yield Row("Direitos", "", ())
        for label, name in called:
            yield Row(label, "", tuple(_right(each, name) for each in columns[:MOST_COLUMNS]))


def _right(column: Column, right: str) -> Cell:
    has = column.profile.has_right(right)
    return Cell("change" if has else "none", "tem" if has else "não tem", "check" if has else "minus", "")


def _cells(request: Request, columns: Iterable[Column], entity: str, field: str = "") -> tuple[Cell, ...]:
    return tuple(_cell(request, column, entity, field) for column in list(columns)[:MOST_COLUMNS])


def _cell(request: Request, column: Column, entity: str, field: str) -> Cell:
    found: Effective = of_field(column.profile, entity, field) if field else of_entity(column.profile, entity)
    who: dict[str, Any] = {"quem" if _of_operators(request) else "papel": column.key}
    query = urlencode(who | {"o": entity, "campo": field, "nivel": found.name if found.level else "read"})
    return Cell(
        found.name, access_words.level(found), access_words.ICONS[found.name], f"/acessos/porque?{query}"
    )


ROUTES = [
    Route(PAGE, entities, methods=["GET"]),
    Route(f"{PAGE}/{{entity}}", fields, methods=["GET"]),
]
