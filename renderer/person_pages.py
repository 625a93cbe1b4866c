"""This file answers "Dados desta pessoa": all about one person, as a page and a file; and anonymising."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kernel.privacy import anonymise as anonymising
from kernel.privacy import gather
from kernel.privacy.anonymise import CONFIRMATION, Done, Obstacle
from kernel.privacy.gather import Fact, Person
from kernel.privacy.person import Mention
from kernel.privacy.reason import PURPOSES
from kernel.query.lookup import texts as texts_of
from metadata.entity import Entity
from metadata.problems import Problem, Problems
from renderer import attachment_pages, documents, export_pages, posted, screen
from renderer.form_request import opened
from renderer.form_view import Place
from renderer.problem import at_its_field
from renderer.visit import Visit

SHOWN = 50  # records of one entity on the page; the file has all
PURPOSE, CONFIRMED = "finalidade", "confirmacao"
ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class ToldRecord:
    """One record: what is filled in it, and where it is opened."""

    name: str
    address: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class ToldPart:
    """Records of one entity; `more` is how many are not shown."""

    label: str
    records: Sequence[ToldRecord]
    count: int
    more: int


@dataclass(frozen=True, slots=True)
class ToldMention:
    """Records that only name the person, by a field."""

    label: str
    field: str
    records: Sequence[tuple[str, str]]
    more: int


def ask(request: Request) -> Response:
    """Ask what the data of the person are for; nothing is read before."""
    seen, where, person = _found(request)
    return _page(request, seen, where, person)


def show(request: Request) -> Response:
    """Show everything about the person, or give it as a file, once the purpose is on record."""
    seen, where, person = _found(request)
    sent, _ = posted.form(request)
    purpose = _one(sent, PURPOSE)
    as_file = "arquivo" in sent
    with seen.engine.begin() as connection:
        problem = gather.note(connection, seen.context, person, purpose, as_file=as_file)
    if problem is not None:
        return _page(request, seen, where, person, purpose=purpose, problems=(problem,), status=422)
    if as_file:
        return _file(request, seen, person, purpose)
    with seen.reading.connect() as connection:
        parts = [_part(connection, seen, part) for part in person.parts]
        mentions = [_mention(connection, seen, each) for each in person.mentions]
    return _page(request, seen, where, person, purpose=purpose, parts=parts, mentions=mentions)


def _file(request: Request, seen: Visit, person: Person, purpose: str) -> Response:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(export_pages.IN_MEMORY_BYTES)  # noqa: SIM115 (closed after it was sent)
    folder = attachment_pages.folder(request.app.state.settings)
    with ExitStack() as begun:
        begun.callback(file.close)
        with seen.engine.connect() as connection:
            gather.write(file, connection, seen.runtime, seen.context, person, purpose, folder)
        begun.pop_all()
    file.seek(0)
    named = export_pages.headers(seen, f"dados-{person.entity.name}-{person.id}", "zip")
    return StreamingResponse(
        export_pages.blocks(file), media_type=ZIP, headers=named | {"Cache-Control": "no-store"}
    )


def _found(request: Request) -> tuple[Visit, Place, Person]:
    seen, where = opened(request)
    with seen.engine.connect() as connection:
        found = gather.find(
            connection, seen.runtime, seen.context, where.entity.name, request.path_params["id"]
        )
    if isinstance(found, Problem):
        if found.code == "R432":
            raise Problems([found])
        raise HTTPException(404)
    return seen, where, found


def _page(
    request: Request, seen: Visit, where: Place, person: Person, *, purpose: str = "",
    problems: Sequence[Problem] = (), parts: Sequence[ToldPart] | None = None,
    mentions: Sequence[ToldMention] = (), status: int = 200,
) -> Response:  # fmt: skip
    address = f"{where.address}/{person.id}"
    return screen.page(
        request,
        "person.html",
        title=f"Dados de {person.text}",
        crumbs=(*where.crumbs, (person.text, address)),
        module=where.module,
        status=status,
        headers={"Cache-Control": "no-store"},
        person=person,
        address=address,
        purpose=purpose,
        reasons=PURPOSES,
        problems=[at_its_field(each) for each in problems],
        parts=parts,
        mentions=mentions,
        may_anonymise=may_anonymise(seen, where.entity),
    )


def _part(connection: Connection, seen: Visit, part: gather.Part) -> ToldPart:
    shown = gather.rows(connection, seen.runtime, seen.context, gather.Part(part.entity, part.ids[:SHOWN]))
    listed = documents.list_of(seen.runtime, part.entity.name)
    told = [
        ToldRecord(
            row.text or f"{part.entity.label.one} {row.id}",
            f"/registros/{listed}/{row.id}" if listed else "",
            [fact for fact in facts if fact.text],
        )
        for row, facts in shown
    ]
    count = len(part.ids)
    return ToldPart(
        part.entity.label.one if count == 1 else part.entity.label.many, told, count, count - len(told)
    )


def _mention(connection: Connection, seen: Visit, mention: Mention) -> ToldMention:
    entity = seen.runtime.entities[mention.entity].entity
    ids = mention.ids[:SHOWN]
    known = texts_of(connection, seen.runtime, seen.context, mention.entity, ids)
    listed = documents.list_of(seen.runtime, mention.entity)
    told = [
        (known.get(id) or f"{entity.label.one} {id}", f"/registros/{listed}/{id}" if listed else "")
        for id in ids
    ]
    return ToldMention(
        entity.label.many, entity.fields[mention.field].label, told, len(mention.ids) - len(told)
    )


# ── anonymising ───────────────────────────────────────────────────────────────────────────────────


def may_anonymise(seen: Visit, entity: Entity) -> bool:
    """Tell whether the operator may anonymise a record of an entity."""
    right = entity.person.anonymise if entity.person else ""
    return bool(right) and seen.context.has_right(right)


def confirm(request: Request) -> Response:
    """Ask before anonymising; what stands against it is told instead."""
    seen, where = opened(request)
    id: int = request.path_params["id"]
    with seen.engine.connect() as connection:
        against = anonymising.obstacles(connection, seen.runtime, seen.context, where.entity.name, id)
        connection.rollback()
    if isinstance(against, Problem):
        if against.code == "R432":
            raise Problems([against])
        raise HTTPException(404)
    return _confirmation(request, seen, where, against=against)


def anonymise(request: Request) -> Response:
    """Anonymise, or say all that stands against it."""
    seen, where = opened(request)
    id: int = request.path_params["id"]
    sent, _ = posted.form(request)
    purpose, word = _one(sent, PURPOSE), _one(sent, CONFIRMED)
    folder = attachment_pages.folder(request.app.state.settings)
    done = anonymising.anonymise(
        seen.engine, seen.runtime, seen.context, where.entity.name, id, purpose, word, folder
    )
    if isinstance(done, Done):
        return _confirmation(request, seen, where, done=done)
    problems = [each for each in done if isinstance(each, Problem)]
    if any(each.code in ("R150", "R401") for each in problems):
        raise HTTPException(404)
    if forbidden := [each for each in problems if each.code == "R432"]:
        raise Problems(forbidden)
    against = [each for each in done if isinstance(each, Obstacle)]
    return _confirmation(
        request, seen, where, against=against, problems=problems, purpose=purpose, word=word, status=422
    )


def _confirmation(
    request: Request, seen: Visit, where: Place, *, against: Sequence[Obstacle] = (),
    problems: Sequence[Problem] = (), purpose: str = "", word: str = "", done: Done | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    id: int = request.path_params["id"]
    entity = where.entity
    with seen.reading.connect() as connection:
        known = texts_of(connection, seen.runtime, seen.context, entity.name, (id,))
    name = known.get(id) or f"{entity.label.one} {id}"
    address = f"{where.address}/{id}"
    wrong = {each.field or "": [at_its_field(each)] for each in problems}
    return screen.page(
        request,
        "anonymise.html",
        title=f"Anonimizar {name}",
        crumbs=(*where.crumbs, (name, address)),
        module=where.module,
        status=status,
        headers={"Cache-Control": "no-store"},
        name=name,
        gone="anonimizada" if entity.label.gender == "f" else "anonimizado",
        address=address,
        against=list(_told(seen, against)),
        wrong=wrong,
        purpose=purpose,
        word=word,
        wanted=CONFIRMATION,
        reasons=PURPOSES,
        done=done,
    )


def _told(seen: Visit, against: Sequence[Obstacle]) -> Iterator[tuple[str, list[str]]]:
    """Yield records with what is against it, each once; those out of sight by their numbers alone."""
    ordered = sorted(against, key=lambda each: (each.entity, each.id))
    for (entity, id), group in itertools.groupby(ordered, key=lambda each: (each.entity, each.id)):
        each_of = list(group)
        described = seen.runtime.entities.get(entity)
        label = described.entity.label.one if described else "Outro registro"
        said = [f"{each.problem.sentence()[:1].upper()}{each.problem.sentence()[1:]}" for each in each_of]
        yield f"{label} {each_of[0].text or id}", said


def _one(sent: posted.Texts, name: str) -> str:
    return (sent.get(name) or [""])[0]


ONE = "/registros/{list}/{id:record}"
ROUTES = [
    Route(f"{ONE}/pessoa", ask, methods=["GET"]),
    Route(f"{ONE}/pessoa", show, methods=["POST"]),
    Route(f"{ONE}/anonimizar", confirm, methods=["GET"]),
    Route(f"{ONE}/anonimizar", anonymise, methods=["POST"]),
]
