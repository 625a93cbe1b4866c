"""This file says in words what the database refuses of a ledger: which entry, by how much, which period."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import DBAPIError

from kernel.ledger.books import Book, book_of
from kernel.ledger.watch import CONSTRAINT
from kernel.runtime import Runtime
from metadata.problems import Problem
from metadata.values.moments import print_date
from metadata.values.numbers import print_money

CHECK = "23514"
NO_PATHS: Mapping[str, str] = {}
Facts = Mapping[str, Any]


def is_refusal(error: DBAPIError) -> bool:
    """Tell whether a database error is a refusal of a ledger."""
    diag: Any = getattr(error.orig, "diag", None)
    is_check = getattr(error.orig, "sqlstate", None) == CHECK
    return is_check and getattr(diag, "constraint_name", None) == CONSTRAINT


def refused(runtime: Runtime, error: Any, path_of: Mapping[str, str] = NO_PATHS) -> Problem | None:
    """Return what a ledger refuses; None for any other error.

    error: of the driver.  path_of: entity → prefix of the paths of its fields, where one record is saved.
    """
    diag = getattr(error, "diag", None)
    if getattr(error, "sqlstate", None) != CHECK or diag is None or diag.constraint_name != CONSTRAINT:
        return None
    book = book_of(runtime, diag.table_name)
    assert book is not None
    return problem_of(runtime, book, json.loads(diag.message_detail, parse_float=Decimal), path_of)


def problem_of(runtime: Runtime, book: Book, facts: Facts, path_of: Mapping[str, str] = NO_PATHS) -> Problem:
    """Return what is wrong with an entry."""
    said = {"entry": _entry(runtime, book, facts, path_of)}
    if facts["fault"] == "closed":
        said |= {name: _day(facts[name]) for name in ("day", "from")}
        said["to"] = _day(facts["to"]) if facts["to"] else "sem fim"
        return Problem("R704", said, field=_field(book, path_of, book.day, book.back))
    field = _field(book, path_of, book.lines, book.debit)
    if facts["wrong"] is not None:
        return Problem("R703", said, field=field)
    if facts["lines"] < 2:
        return Problem("R702", {**said, "lines": facts["lines"]}, field=field)
    debit, credit = Decimal(facts["debit"]), Decimal(facts["credit"])
    if debit == credit:
        label = runtime.entities[book.entry].fields[book.day].label
        return Problem("R705", {**said, "label": label}, field=_field(book, path_of, book.day, book.back))
    sums = {"debit": debit, "credit": credit, "difference": abs(debit - credit)}
    return Problem("R701", {**said, **{name: print_money(sum_) for name, sum_ in sums.items()}}, field=field)


def _day(text: str) -> str:
    return print_date(date.fromisoformat(text))


def _entry(runtime: Runtime, book: Book, facts: Facts, path_of: Mapping[str, str]) -> str:
    """Return how people know the entry: the one on the screen, else by number."""
    label = runtime.entities[book.entry].entity.label
    if _is_whole(book, path_of):
        return f"{'esta' if label.gender == 'f' else 'este'} {label.one.lower()}"
    return f"{label.one.lower()} nº {facts['entry']}"


def _is_whole(book: Book, path_of: Mapping[str, str]) -> bool:
    """Tell whether the entry is saved, with its lines or without; not a line of it alone."""
    return book.entry in path_of or "/" in path_of.get(book.line, "")


def _field(book: Book, path_of: Mapping[str, str], of_entry: str, of_line: str) -> str | None:
    if _is_whole(book, path_of):
        return path_of.get(book.entry, "") + of_entry
    return of_line if book.line in path_of else None
