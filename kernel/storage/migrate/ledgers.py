"""This file checks the entries that exist against a ledger that the database does not hold yet."""

# ruff: noqa: S608 (names come from checked metadata)

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from kernel.ledger.books import Book, books
from kernel.ledger.watch import ENTRY, LINE, unbalanced_of
from kernel.storage.migrate.look import EXAMPLES, Look, escaped, records
from metadata.problems import Problem


def ledger_checks(look: Look) -> Iterator[Problem]:
    """Yield M518 for each ledger that begins, or begins anew, over entries that do not balance."""
    for book in books(look.new.entities):
        if book.entry in look.after and not _stands(look, book):
            yield from _unbalanced(look, book)


def _stands(look: Look, book: Book) -> bool:
    for table, group in ((book.entry, ENTRY), (book.line, LINE)):
        have = look.after[table].parts.get(group[0]) if table in look.after else None
        if have is None or have.says != look.want[table].parts[group[0]].says or not have.is_valid:
            return False
    return True


def _unbalanced(look: Look, book: Book) -> Iterator[Problem]:
    entries = f"(SELECT id, {_value(look, book.entry, book.day)} AS day FROM {look.table(book.entry)})"
    lines = "(SELECT NULL::bigint AS id, NULL::bigint AS back, 0 AS debit, 0 AS credit WHERE false)"
    if book.line in look.after:
        names = {"back": book.back, "debit": book.debit, "credit": book.credit}
        columns = (f"{_value(look, book.line, name)} AS {alias}" for alias, name in names.items())
        lines = f"(SELECT id, {', '.join(columns)} FROM {look.table(book.line)})"
    found = f"SELECT entry FROM ({unbalanced_of(entries, lines)}) wrong"
    sql = (
        f"WITH wrong AS ({found}) SELECT count(*), (array_agg(entry ORDER BY entry))[:{EXAMPLES}] FROM wrong"
    )
    count, ids = look.connection.execute(text(escaped(sql).replace("[:", "[1\\:"))).one()
    if count:
        examples = ", ".join(f"registro {id}" for id in ids)
        facts = {"entity": book.entry, "rows": records(count), "examples": examples}
        document = look.new.documents["entities"][book.entry]
        yield Problem("M518", facts, document.place("ledger", key=True))


def _value(look: Look, table: str, column: str) -> str:
    """Return a value as it will be; one that cannot be converted is told by others."""
    return look.value(table, column) or "NULL"
