"""This file notes what was done with data of people: shown for a reason, exported, gathered, anonymised.

Notes are written by functions of the database (deed_functions.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, false, or_, select, text

from kernel.audit.origin import tell
from kernel.audit.sight import records_seen, sees, sees_every_record
from kernel.audit.tables import DEED
from kernel.audit.trail import family, names_of, of_name
from kernel.context import Context
from kernel.runtime import Runtime

Kind = Literal["reveal", "export", "gather", "anonymise"]
PAGE = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done with data of people: who, when, from where, why; `detail` says how much, never what."""

    id: int
    at: datetime
    operator: str
    kind: str
    address: str
    route: str
    database_user: str
    deed: str
    entity: str
    record: int | None
    reason: str
    detail: Mapping[str, Any]


def note(
    connection: Connection, context: Context, deed: Kind, entity: str, record: int | None, reason: str,
    **detail: Any,
) -> int:  # fmt: skip
    """Note what is done within the transaction of the caller, and return the number of the note."""
    tell(connection, context)
    told = {
        "deed": deed, "entity": entity, "record": record, "reason": reason,
        "detail": dumps(detail, ensure_ascii=False),
    }  # fmt: skip
    asked = text("SELECT aroeira_audit_did(:deed, :entity, :record, :reason, CAST(:detail AS jsonb))")
    return int(connection.execute(asked, told).scalar_one())


def blank(connection: Connection, deed: int) -> int:
    """Blank in the audit what a note of this transaction names as `blanks`; return how many changes."""
    return int(connection.execute(text("SELECT aroeira_audit_blank(:deed)"), {"deed": deed}).scalar_one())


@dataclass(frozen=True, slots=True)
class Page:
    """A page of deeds, the newest first; `before` asks for the next, 0 where there is none."""

    deeds: tuple[Deed, ...]
    before: int


def page(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    deed: str = "",
    operator: str = "",
    before: int = 0,
) -> Page:
    """Return deeds about what the operator sees; where records are hidden, about those that are not."""
    statement = select(DEED).where(_visible(runtime, context)).params(context.bound())
    if deed:
        statement = statement.where(DEED.c.deed == deed)
    if operator:
        statement = statement.where(DEED.c.operator == operator)
    if before:
        statement = statement.where(DEED.c.id < before)
    found = list(_read(connection, runtime, statement.order_by(DEED.c.id.desc()).limit(PAGE + 1)))
    return Page(tuple(found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else 0)


def of_record(
    connection: Connection, runtime: Runtime, context: Context, entity: str, record: int
) -> tuple[Deed, ...]:
    """Return the last deeds about a record and the rows that are or were below it."""
    named = [
        and_(DEED.c.entity.in_(names_of(runtime.entities[name])), DEED.c.record.in_(ids))
        for name, ids in family(connection, runtime.whole, entity, record).items()
        if sees(runtime, context, name) and (name == entity or sees_every_record(context, name))
    ]
    statement = select(DEED).where(or_(false(), *named)).order_by(DEED.c.id.desc()).limit(PAGE)
    return tuple(_read(connection, runtime, statement))


def _visible(runtime: Runtime, context: Context) -> ColumnElement[bool]:
    whole: list[str] = []
    parts: list[ColumnElement[bool]] = []
    for name, compiled in runtime.entities.items():
        if not sees(runtime, context, name):
            continue
        if sees_every_record(context, name):
            whole += names_of(compiled)
        else:
            parts.append(and_(DEED.c.entity.in_(names_of(compiled)), _in_sight(runtime, context, name)))
    return or_(DEED.c.entity.in_(whole), *parts)


def _in_sight(runtime: Runtime, context: Context, entity: str) -> ColumnElement[bool]:
    """Return whether a deed is about a record in sight, or the operator's own about many."""
    own = and_(DEED.c.record.is_(None), DEED.c.operator == context.operator)
    return or_(own, DEED.c.record.in_(records_seen(runtime, context, entity)))


def _read(connection: Connection, runtime: Runtime, statement: Select[Any]) -> Iterator[Deed]:
    for row in connection.execute(statement):
        compiled = of_name(runtime, row.entity)
        yield Deed(
            row.id, row.at, row.operator, row.kind, row.address, row.route, row.database_user, row.deed,
            compiled.name if compiled else row.entity, row.record, row.reason, row.detail,
        )  # fmt: skip
