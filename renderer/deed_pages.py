"""This file shows what was done with data of people: shown for a reason, exported, gathered, anonymised.

It is a tab of the audit, and a part of the history of a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.audit import deeds, words
from kernel.audit.deeds import Deed
from kernel.query.lookup import texts as texts_of
from renderer import audit_tabs, documents, screen, visit
from renderer.visit import Visit
from renderer.when import said

ADDRESS = audit_tabs.PEOPLE
KINDS: Mapping[str, tuple[str, str]] = {
    "reveal": ("Dado revelado", "viu"),
    "export": ("Lista exportada", "exportou"),
    "gather": ("Dados de uma pessoa reunidos", "reuniu os dados de"),
    "anonymise": ("Pessoa anonimizada", "anonimizou"),
}
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Told:
    """One deed as it reads; `facts` say how much, `address` leads to the record."""

    who: str
    when: str
    at: str
    where: str
    done: str
    what: str
    address: str
    reason: str
    facts: tuple[str, ...]


def show(request: Request) -> Response:
    """Show one page of what was done with data of people."""
    seen = visit.of(request)
    if not audit_tabs.may_open(seen):
        return audit_tabs.closed(request)
    params = request.query_params
    kind, before = params.get("o_que", ""), _number(params.get("antes", ""))
    kind = kind if kind in KINDS else ""
    with seen.reading.connect() as connection:
        found = deeds.page(connection, seen.runtime, seen.context, kind, before=before)
        told = _told(connection, seen, found.deeds)
    query = f"o_que={kind}&" if kind else ""
    return screen.page(
        request,
        "deeds.html",
        title="Auditoria",
        tabs=audit_tabs.TABS,
        current=ADDRESS,
        kinds=[(name, label) for name, (label, _) in KINDS.items()],
        kind=kind,
        deeds=told,
        older=f"{ADDRESS}?{query}antes={found.before}" if found.before else "",
        is_first=not before,
    )


def of_record(connection: Connection, seen: Visit, entity: str, record: int) -> list[Told]:
    """Return what was done with the data of one record, for whoever sees its history."""
    return _told(connection, seen, deeds.of_record(connection, seen.runtime, seen.context, entity, record))


def _told(connection: Connection, seen: Visit, found: Sequence[Deed]) -> list[Told]:
    wanted: dict[str, set[int]] = {}
    for deed in found:
        if deed.record is not None and deed.entity in seen.runtime.entities:
            wanted.setdefault(deed.entity, set()).add(deed.record)
    names = {
        (entity, id): text
        for entity, ids in wanted.items()
        for id, text in texts_of(connection, seen.runtime, seen.context, entity, tuple(sorted(ids))).items()
    }
    return [_one(seen, deed, names) for deed in found if deed.entity in seen.runtime.entities]


def _one(seen: Visit, deed: Deed, names: Mapping[tuple[str, int], str]) -> Told:
    entity = seen.runtime.entities[deed.entity].entity
    listed = documents.list_of(seen.runtime, deed.entity)
    labels = _labels(seen, deed.entity, deed.detail.get("fields", ()))
    what = entity.label.many
    if deed.record is not None:
        name = f"{entity.label.one} {names.get((deed.entity, deed.record)) or deed.record}"
        what = f"{' e '.join(labels)} de {name}" if deed.deed == "reveal" and labels else name
    return Told(
        words.who(deed.operator, deed.database_user),
        said(deed.at, seen.context.now),
        f"{deed.at.astimezone(seen.context.now.tzinfo):%d/%m/%Y %H:%M:%S}",
        words.where(deed.kind, deed.route, deed.address),
        KINDS[deed.deed][1],
        what,
        f"/registros/{listed}/{deed.record}/historico" if listed and deed.record else "",
        deed.reason,
        tuple(_facts(seen, deed)),
    )


def _facts(seen: Visit, deed: Deed) -> Iterable[str]:
    """Yield how much a deed was about; names of what the reader does not see are left out."""
    detail = deed.detail
    if "rows" in detail:
        yield f"{detail['rows']} registros"
    if columns := _labels(seen, deed.entity, detail.get("columns", ())):
        yield f"colunas: {', '.join(columns)}"
    for path, text in detail.get("filters", ()):
        if not path or _label(seen, deed.entity, path):
            yield text
    for name, label in (("records", "registros"), ("files", "arquivos"), ("changes", "anotações apagadas")):
        if name in detail:
            yield f"{label}: {detail[name]}"


def _labels(seen: Visit, entity: str, paths: Iterable[Any]) -> list[str]:
    return [label for path in paths if (label := _label(seen, entity, str(path)))]


def _label(seen: Visit, entity: str, path: str) -> str:
    found = documents.target(seen.runtime, entity, path)
    return found.label if found else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


ROUTES = [Route(ADDRESS, show, methods=["GET"])]
