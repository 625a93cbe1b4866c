"""This file finds the entries of this transaction that do not balance: some leave them out by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from kernel.ledger.books import Book
from kernel.ledger.refused import NO_PATHS, problem_of
from kernel.ledger.tables import DUE
from kernel.ledger.watch import checks_of, unbalanced
from kernel.runtime import Runtime
from metadata.problems import Problem

_TOUCHED = f"SELECT range_agg(one) FROM {DUE.name} d, unnest(d.entries) one WHERE d.checks = :checks"  # noqa: S608


def faults(
    connection: Connection, runtime: Runtime, book: Book, path_of: Mapping[str, str] = NO_PATHS
) -> Iterator[tuple[int, Problem]]:
    """Yield each entry that was touched and does not balance, with what is wrong."""
    asked = text(f"{unbalanced(book, f'({_TOUCHED})')} ORDER BY e.id")
    for row in connection.execute(asked, {"checks": checks_of(book.entry)}):
        yield row.entry, problem_of(runtime, book, {"fault": "balance", **row._mapping}, path_of)  # noqa: SLF001
