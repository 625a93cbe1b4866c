"""This file makes the table of an entity: columns by field type, keys, periods, indexes.

Required fields are not NOT NULL: a field may become required while old records lack it, and they must
stay editable; record service and import enforce it. Only structure is NOT NULL: id, version, stamps and
the link of a child to its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Time,
    UniqueConstraint,
    case,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import TypeEngine

from kernel.query.sortable import sort_key
from kernel.storage import names
from metadata.entity import Entity, Field

ATTACHMENTS = "aroeira_attachment"

_COLUMN_TYPES: dict[str, Callable[[Field], TypeEngine[Any]]] = {
    "text": lambda field: Text(),
    "bigint": lambda field: BigInteger(),
    "numeric": lambda field: Numeric(field.precision, field.scale),
    "date": lambda field: Date(),
    "time": lambda field: Time(),
    "timestamptz": lambda field: DateTime(timezone=True),
    "boolean": lambda field: Boolean(),
    "jsonb": lambda field: JSONB(none_as_null=True),
    "link": lambda field: BigInteger(),
    "file": lambda field: BigInteger(),
}
_EMPTY_KEY = {"text": "''", "bigint": "0", "link": "0", "numeric": "0", "boolean": "false"}
_EMPTY_KEY |= {"date": "'-infinity'::date"}


def column_type(field: Field) -> TypeEngine[Any]:
    """Return the SQL type of a field that has a column."""
    return _COLUMN_TYPES[field.kind.storage](field)


def parents(entities: Mapping[str, Entity]) -> dict[str, dict[str, str]]:
    """Return child entity → {link back: parent entity}, for every children field."""
    found: dict[str, dict[str, str]] = {}
    for entity in entities.values():
        for field in entity.children:
            child = entities[str(field.of)]
            found.setdefault(child.name, {})[link_back(field, child, entity)] = entity.name
    return found


def link_back(field: Field, child: Entity, parent: Entity) -> str:
    """Return the field of the child that points to the parent of a children field."""
    if field.by:
        return field.by
    links = (f for f in child.fields.values() if f.type == "link" and f.to == parent.name and f.required)
    return next(links).name


def build(entities: Mapping[str, Entity], orders: Mapping[str, Iterable[tuple[str, ...]]]) -> MetaData:
    """Return all tables of the entities.

    orders: entity → sort orders that deserve an index, each a tuple of field names.
    """
    metadata = MetaData()
    attachments(metadata)
    owners = parents(entities)
    for entity in entities.values():
        _table(metadata, entity, owners.get(entity.name, {}), orders.get(entity.name, ()))
        for field in entity.fields.values():
            if field.type == "many links":
                _bridge(metadata, entity, field)
    return metadata


def attachments(metadata: MetaData) -> Table:
    """Return the table of files; content is NULL where the file is kept in a folder."""
    from sqlalchemy import LargeBinary

    return Table(
        ATTACHMENTS,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("name", Text, nullable=False),
        Column("mime", Text, nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("content", LargeBinary),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("created_by", Text, nullable=False),
    )


def _table(
    metadata: MetaData, entity: Entity, owned_by: Mapping[str, str], orders: Iterable[tuple[str, ...]]
) -> None:
    columns = [_column(entity, field, owned_by) for field in entity.columns]
    table = Table(entity.name, metadata, *_system_columns(), *columns, *_end_columns(entity))
    for group in entity.unique_keys:
        table.append_constraint(UniqueConstraint(*group, name=names.derived("uq", entity.name, *group)))
    if entity.valid:
        table.append_constraint(_exclusion(entity, table))
    for field in entity.columns:
        if field.kind.storage in ("link", "file"):
            _reference(entity, field, table, owned_by)
    if entity.search:
        _search_index(entity, table)
    for order in dict.fromkeys(orders):
        _order_index(entity, table, order)
    if entity.ledger:
        Index(names.derived("ix", entity.name, entity.ledger.day), table.c[entity.ledger.day])


def _system_columns() -> list[Column[object]]:
    return [
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("version", Integer, nullable=False, server_default=text("1")),
    ]


def _end_columns(entity: Entity) -> list[Column[object]]:
    stamps: list[Column[object]] = [
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("created_by", Text, nullable=False, server_default=""),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("updated_by", Text, nullable=False, server_default=""),
    ]
    return [*stamps, Column(names.SEARCH, Text)] if entity.search else stamps


def _column(entity: Entity, field: Field, owned_by: Mapping[str, str]) -> Column[object]:
    return Column(field.name, column_type(field), nullable=field.name not in owned_by)


def _reference(entity: Entity, field: Field, table: Table, owned_by: Mapping[str, str]) -> None:
    target = ATTACHMENTS if field.kind.storage == "file" else field.to
    table.append_constraint(
        ForeignKeyConstraint(
            [field.name],
            [f"{target}.id"],
            name=names.derived("fk", entity.name, field.name),
            ondelete="CASCADE" if field.name in owned_by else None,
            use_alter=True,
        )
    )
    leads_a_key = any(group[0] == field.name for group in entity.unique_keys)
    if not leads_a_key:
        Index(names.derived("ix", entity.name, field.name), table.c[field.name])


def _exclusion(entity: Entity, table: Table) -> ExcludeConstraint:
    """Periods of rows with the same keys may not overlap; empty keys count as equal.

    A period that ends before it begins counts as empty: its own check refuses it, and the index can still
    be built while a long read elsewhere keeps removed rows of that kind alive.
    """
    valid = entity.valid
    assert valid is not None
    keys: list[tuple[ColumnElement[object], str]] = []
    for name in valid.within:
        empty = _EMPTY_KEY.get(entity.fields[name].kind.storage, "''")
        keys.append((func.coalesce(table.c[name], literal_column(empty)), "="))
    from_, to = table.c[valid.from_], table.c[valid.to]
    empty_period: ColumnElement[Any] = literal_column("'empty'::daterange")
    period = Grouping(
        case((from_ > to, empty_period), else_=func.daterange(from_, to, literal_column("'[]'")))
    )
    return ExcludeConstraint(
        *keys,
        (period, "&&"),
        name=names.derived("ex", entity.name),
        using="gist",
        deferrable=True,
        initially="DEFERRED",
    )


def _search_index(entity: Entity, table: Table) -> None:
    Index(
        names.derived("ix", entity.name, "search"),
        table.c[names.SEARCH],
        postgresql_using="gin",
        postgresql_ops={names.SEARCH: "gin_trgm_ops"},
    )


def _order_index(entity: Entity, table: Table, order: tuple[str, ...]) -> None:
    keys = [sort_key(entity.fields[name], table.c[name]) for name in order if name in entity.fields]
    if keys and len(keys) == len(order):
        Index(names.derived("ix", entity.name, "order", *order), *keys, table.c.id)


def _bridge(metadata: MetaData, entity: Entity, field: Field) -> None:
    name = names.bridge(entity.name, field.name)
    source = ForeignKey(f"{entity.name}.id", name=names.derived("fk", name, "source"), ondelete="CASCADE")
    target = ForeignKey(f"{field.to}.id", name=names.derived("fk", name, "target"))
    table = Table(
        name,
        metadata,
        Column("source", BigInteger, source, primary_key=True),
        Column("target", BigInteger, target, primary_key=True),
    )
    Index(names.derived("ix", name, "target"), table.c.target)
