"""This file says how tables should look: the shape that follows from a Runtime, and how it is made."""

# ruff: noqa: S608 (names come from checked metadata)

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import sqlalchemy
from sqlalchemy import Constraint, ForeignKeyConstraint, Index, UniqueConstraint, column, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DDLElement
from sqlalchemy.sql.visitors import iterate

from kernel.audit import watch
from kernel.expression.sql.source import Source
from kernel.ledger import watch as ledger_watch
from kernel.ledger.books import books
from kernel.rules.stored import stored_of, value
from kernel.runtime import Runtime
from kernel.storage import names, since
from kernel.storage.migrate.row_indexes import row_indexes
from kernel.storage.migrate.shape import Column, Part, Table, Worked, quoted
from kernel.storage.search import search_text

# With "named" the compiler does not double %, as the driver would want it only beside parameters.
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def wanted(runtime: Runtime) -> dict[str, Table]:
    """Return the tables of a Runtime by name."""
    worked = _worked(runtime)
    more: dict[str, list[Part]] = {}
    indexes = (_index(index, name) for name, index in row_indexes(runtime))
    for part in (*_audits(runtime), *_ledgers(runtime), *_states(runtime), *indexes):
        more.setdefault(part.table, []).append(part)
    return {
        name: _table(table, runtime, worked.get(name, {}), more.get(name, []))
        for name, table in runtime.metadata.tables.items()
    }


def _audits(runtime: Runtime) -> Iterator[Part]:
    """Yield, for each table of records and of pairs, the triggers that note its changes."""
    for name, compiled in runtime.entities.items():
        columns = [field.name for field in compiled.columns if not field.is_since]
        yield _audit(watch.of_records(name, columns, compiled.owners))
        for field, table in compiled.bridges.items():
            yield _audit(watch.of_pairs(table.name, name, field))


def _audit(made: watch.Watch) -> Part:
    return Part(watch.TRIGGERS[0], "audit", made.table, (), made.says, create=made.create)


def _ledgers(runtime: Runtime) -> Iterator[Part]:
    """Yield the triggers that hold ledgers."""
    for book in books(runtime.configuration.entities):
        for made in ledger_watch.holds(book):
            yield Part(made.triggers[0], "ledger", made.table, (), made.says, create=made.create)


def _states(runtime: Runtime) -> Iterator[Part]:
    """Yield the triggers that note since when records are in their states."""
    for entity in runtime.configuration.entities.values():
        if entity.state_field and entity.since:
            create = since.noted(entity.name, entity.state_field, entity.since)
            says = hashlib.sha256(create.encode()).hexdigest()[:16]
            yield Part(since.TRIGGERS[0], "states", entity.name, (), says, create=create)


def _worked(runtime: Runtime) -> dict[str, dict[str, Worked]]:
    """Return the stored computed columns by table."""
    found: dict[str, dict[str, Worked]] = {}
    stored = stored_of(runtime)
    for place, level in enumerate(stored.levels):
        for entity, name in ((entity, name) for entity, all_ in level.items() for name in all_):
            sql = _batch(runtime, entity, name)
            read = sorted(found[there][part].says for there, part in stored.reads[entity, name])
            says = "= " + hashlib.sha256("\n".join((sql, *read)).encode()).hexdigest()[:16]
            found.setdefault(entity, {})[name] = Worked(place, says, sql)
    return found


def _batch(runtime: Runtime, entity: str, name: str) -> str:
    source = Source.of_table(runtime, entity)
    made = value(runtime, entity, name, source).label("made")
    chosen = source.table.c.id.between(literal_column(":first"), literal_column(":last"))
    select_ = sqlalchemy.select(source.table.c.id, made).select_from(source.from_).where(chosen)
    fresh = " ".join(str(select_.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})).split())
    table, column_ = quoted(entity), quoted(name)
    return (
        f"UPDATE {table} SET {column_} = fresh.made FROM ({fresh}) AS fresh "
        f"WHERE {table}.id = fresh.id AND {table}.{column_} IS DISTINCT FROM fresh.made"
    )


def _table(table: sqlalchemy.Table, runtime: Runtime, worked: dict[str, Worked], more: list[Part]) -> Table:
    columns = {made.name: _column(made) for made in table.columns}
    parts = {part.name: part for part in (*sorted(_parts(table), key=lambda part: part.name), *more)}
    return Table(table.name, columns, parts, search=_search(table.name, runtime), worked=worked)


def create_table(table: sqlalchemy.Table) -> str:
    """Return the statement for the bare table; constraints come one by one, each with its comment."""
    bare = sqlalchemy.Table(table.name, sqlalchemy.MetaData(), *(made._copy() for made in table.columns))  # noqa: SLF001
    return _sql(CreateTable(bare, include_foreign_key_constraints=()))


def _sql(element: DDLElement) -> str:
    return " ".join(str(element.compile(dialect=_DIALECT)).split())


def _column(made: sqlalchemy.Column[object]) -> Column:
    kind = made.type.compile(_DIALECT).lower().replace(", ", ",")
    return Column(made.name, kind, not made.nullable)


def _search(name: str, runtime: Runtime) -> str:
    compiled = runtime.entities.get(name)
    if compiled is None or not compiled.entity.search:
        return ""
    expression = search_text(compiled.entity, column)
    return str(expression.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _parts(table: sqlalchemy.Table) -> Iterator[Part]:
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            yield _link(constraint, table.name)
        elif isinstance(constraint, ExcludeConstraint):
            yield _period(constraint, table.name)
        elif isinstance(constraint, UniqueConstraint):
            columns = tuple(made.name for made in constraint.columns)
            yield Part(
                _name(constraint), "unique", table.name, columns, ", ".join(columns), create=_add(constraint)
            )
    for index in table.indexes:
        yield _index(index, table.name)


def _name(made: Constraint) -> str:
    assert isinstance(made.name, str), f"{made} has no name"
    return str(made.name)


def _add(constraint: Constraint) -> str:
    return _sql(AddConstraint(constraint, isolate_from_table=False))


def _link(constraint: ForeignKeyConstraint, table: str) -> Part:
    (key,) = constraint.elements
    target = key.target_fullname.partition(".")[0]
    cascades = constraint.ondelete == "CASCADE"
    says = f"{key.parent.name} -> {target}{' cascade' if cascades else ''}"
    return Part(
        _name(constraint), "link", table, (key.parent.name,), says, target, cascades, create=_add(constraint)
    )


def _period(constraint: ExcludeConstraint, table: str) -> Part:
    create = _add(constraint)
    says = create.partition(" EXCLUDE ")[2]
    return Part(
        _name(constraint),
        "period",
        table,
        tuple(made.name for made in constraint.columns),
        says,
        create=create,
    )


def _index(index: Index, table: str) -> Part:
    create = _sql(CreateIndex(index))
    says = create.partition(f" ON {_DIALECT.identifier_preparer.quote(table)} ")[2]
    assert index.name is not None
    walks = (iterate(expression) for expression in index.expressions if not isinstance(expression, str))
    parts = (part for walk in walks for part in walk if isinstance(part, sqlalchemy.Column))
    columns = tuple(dict.fromkeys(part.name for part in parts))
    return Part(str(index.name), "index", table, columns, says, create=create)


def filled(table: str, name: str) -> Part:
    """Return the check that proves a column filled before it gets NOT NULL, sparing the scan under lock."""
    made = names.derived("nn", table, name)
    says = f"{name} is not null"
    create = f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(made)} CHECK ({quoted(name)} IS NOT NULL)"
    return Part(made, "filled", table, (name,), says, create=create)
