"""This file gathers all about one person for whoever asks with a purpose: to be read, and as a file.

Everything passes the gate of the one who asks; what is masked for them is so in the file too.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from kernel.access.seen import seen_by
from kernel.audit import deeds
from kernel.audit.saying import Saying
from kernel.context import Context
from kernel.privacy import person as people
from kernel.privacy.person import Mention
from kernel.privacy.reason import judge
from kernel.query.lookup import texts
from kernel.rules.worked import worked_out
from kernel.runtime import Runtime
from kernel.storage import attachments, records
from kernel.storage.record import Row
from metadata.entity import Entity, Field
from metadata.problems import Problem

CHUNK = 200  # records read at once: memory stays flat however many there are


@dataclass(frozen=True, slots=True)
class Part:
    """Records of one entity that are about the person."""

    entity: Entity
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """What there is about a person: parts with their records, and who else names them."""

    entity: Entity
    id: int
    text: str
    parts: tuple[Part, ...]
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a record as people read it; a masked one has its cover for a text, and no value."""

    field: Field
    text: str
    value: Any


def find(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int
) -> Person | Problem:
    """Return what there is about a person that the operator sees, without reading it yet."""
    described = people.person_of(runtime, entity)
    seen = seen_by(runtime, context.access.profile).entities.get(entity)
    if described is None or seen is None:
        return Problem("R401", {"name": entity, "near": ""})
    known = texts(connection, runtime, context, entity, (id,))
    if id not in known:
        return Problem("R150", {"entity": seen.entity.label.one})
    if problem := people.refused(runtime, context, entity, described.gather):
        return problem
    found = people.about(connection, runtime, context, entity, id)
    entities = seen_by(runtime, context.access.profile).entities
    parts = tuple(Part(entities[name].entity, tuple(ids)) for name, ids in found.items())
    mentioned = people.mentions(connection, runtime, context, found)
    return Person(seen.entity, id, known[id] or f"{seen.entity.label.one} {id}", parts, tuple(mentioned))


def rows(
    connection: Connection, runtime: Runtime, context: Context, part: Part
) -> Iterator[tuple[Row, list[Fact]]]:
    """Yield the records of a part with all their fields, some at a time."""
    name = part.entity.name
    seen = seen_by(runtime, context.access.profile)
    saying = Saying(connection, runtime, context, ())
    for start in range(0, len(part.ids), CHUNK):
        chunk = part.ids[start : start + CHUNK]
        for row in records.several(connection, runtime, context, name, "id", chunk):
            full = worked_out(connection, seen, context, name, row)
            yield (
                full,
                [_fact(saying, field, full) for field in part.entity.fields.values() if _is_said(field)],
            )


def _is_said(field: Field) -> bool:
    return field.type != "children"


def _fact(saying: Saying, field: Field, row: Row) -> Fact:
    value = row.values.get(field.name)
    if field.is_masked:
        return Fact(field, field.cover, None)
    if value in (None, "", ()):
        return Fact(field, "", None)
    shown = row.shown.get(field.name)
    if field.type == "many links":
        return Fact(field, ", ".join(shown or ()), list(value))
    if field.kind.storage in ("link", "file"):
        return Fact(field, shown or f"nº {value}", value)
    return Fact(field, saying.said(value, field), field.kind.to_json(value, field))


def note(
    connection: Connection, context: Context, person: Person, purpose: str, *, as_file: bool
) -> Problem | None:
    """Note that all about a person is given, or return what the purpose lacks; the caller commits."""
    told, problem = judge(purpose, "finalidade")
    if problem is None:
        counted = sum(len(part.ids) for part in person.parts)
        deeds.note(
            connection, context, "gather", person.entity.name, person.id, told,
            records=counted, format="zip" if as_file else "page",
        )  # fmt: skip
    return problem


def write(
    target: IO[bytes], connection: Connection, runtime: Runtime, context: Context, person: Person,
    purpose: str, folder: Path | None = None,
) -> None:  # fmt: skip
    """Write a zip with dados.json and the files, record by record."""
    kept: dict[int, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
        with zipped.open("dados.json", "w") as file:
            for piece in _json(connection, runtime, context, person, purpose, kept):
                file.write(piece.encode())
        for id, name in kept.items():
            found = attachments.find(connection, runtime, context, id)
            if found is not None:
                zipped.writestr(name, attachments.content(connection, runtime, found, folder))


def _json(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    person: Person,
    purpose: str,
    kept: dict[int, str],
) -> Iterator[str]:
    head = {
        "pessoa": person.text, "id": person.id, "gerado_em": context.now.isoformat(timespec="seconds"),
        "por": context.operator, "finalidade": purpose,
    }  # fmt: skip
    yield _text(head)[:-1] + ', "partes": ['
    for index, part in enumerate(person.parts):
        about = {"entidade": part.entity.name, "nome": part.entity.label.many}
        yield (", " if index else "") + _text(about)[:-1] + ', "registros": ['
        for number, (row, facts) in enumerate(rows(connection, runtime, context, part)):
            yield (", " if number else "") + _text(_record(row, facts, kept))
        yield "]}"
    yield '], "citacoes": ['
    for index, mention in enumerate(person.mentions):
        yield (", " if index else "") + _text(_mention(connection, runtime, context, mention))
    yield "]}\n"


def _record(row: Row, facts: Sequence[Fact], kept: dict[int, str]) -> dict[str, Any]:
    stamps = row.stamps
    return {
        "id": row.id,
        "incluido_em": stamps.created_at.isoformat() if stamps else None,
        "campos": {fact.field.name: _field(fact, kept) for fact in facts},
    }


def _field(fact: Fact, kept: dict[int, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"rotulo": fact.field.label, "valor": fact.value, "texto": fact.text}
    if fact.field.is_masked:
        told["mascarado"] = True
    if fact.field.kind.storage == "file" and fact.value is not None:
        told["arquivo"] = kept[fact.value] = f"anexos/{fact.value}-{fact.text}"
    return told


def _mention(
    connection: Connection, runtime: Runtime, context: Context, mention: Mention
) -> Mapping[str, Any]:
    compiled = seen_by(runtime, context.access.profile).entities[mention.entity]
    known = texts(connection, runtime, context, mention.entity, mention.ids)
    return {
        "entidade": mention.entity,
        "nome": compiled.entity.label.many,
        "por": compiled.fields[mention.field].label,
        "registros": [{"id": id, "texto": known.get(id, "")} for id in mention.ids],
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
