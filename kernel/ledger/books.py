"""This file says of a ledger which tables and columns it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kernel.runtime import Runtime
from kernel.storage.tables import link_back
from metadata.entity import Entity


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger, by the names of tables and columns.

    back: the link of a line to its entry.  periods: empty where no period is ever closed.  when: empty where
    every record of `periods` closes.  entry_columns, line_columns: what people write there.
    """

    entry: str
    line: str
    day: str
    lines: str
    back: str
    account: str
    debit: str
    credit: str
    entry_columns: tuple[str, ...]
    line_columns: tuple[str, ...]
    periods: str = ""
    from_: str = ""
    to: str = ""
    when: str = ""


def books(entities: Mapping[str, Entity]) -> Iterator[Book]:
    """Yield all ledgers."""
    for entity in entities.values():
        if entity.ledger:
            yield _book(entity, entities)


def book_of(runtime: Runtime, table: str) -> Book | None:
    """Return the ledger that has its entries or its lines in a table."""
    runtime = runtime.whole
    found: dict[str, Book] | None = runtime.views.get("books")
    if found is None:
        all_ = list(books(runtime.configuration.entities))
        found = {book.line: book for book in all_} | {book.entry: book for book in all_}
        runtime.views["books"] = found
    return found.get(table)


def _book(entity: Entity, entities: Mapping[str, Entity]) -> Book:
    ledger = entity.ledger
    assert ledger is not None
    field = entity.fields[ledger.lines]
    line = entities[str(field.of)]
    closed = ledger.closed
    periods = (closed.in_, closed.from_, closed.to, closed.when) if closed else ()
    return Book(
        entity.name, line.name, ledger.day, ledger.lines, link_back(field, line, entity),
        ledger.account, ledger.debit, ledger.credit, _written(entity), _written(line), *periods,
    )  # fmt: skip


def _written(entity: Entity) -> tuple[str, ...]:
    """Return the columns that people write: what is computed may follow from elsewhere, also afterwards."""
    return tuple(field.name for field in entity.columns if not field.is_)
