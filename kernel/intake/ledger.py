"""This file refuses rows that a ledger would not take: on closed days, or of entries that do not balance."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from kernel.intake.check import final, joined
from kernel.intake.plan import Plan
from kernel.intake.sql import IDS, name
from kernel.intake.stage import Database
from kernel.ledger.books import Book, book_of
from kernel.ledger.faults import faults
from kernel.ledger.refused import problem_of
from kernel.ledger.watch import closing
from metadata.problems import Problem

Refusals = list[tuple[int, Problem]]


def on_closed_days(database: Database, plan: Plan) -> Iterator[tuple[int, Problem]]:
    """Yield the rows that would be written in a closed period, or taken out of one."""
    book = book_of(plan.runtime, plan.compiled.name)
    if book is None or not book.periods:
        return
    from_, to = f"p.{name(book.from_)}", f"p.{name(book.to)}"
    rows = database.execute(
        f"SELECT DISTINCT ON (r.line) r.line, d.entry, d.day, {from_}, {to} "
        f"FROM {joined(plan)} CROSS JOIN LATERAL ({_days(plan, book)}) d (entry, day) "
        f"JOIN {closing(book)} WHERE m.id IS NULL OR m.differs ORDER BY r.line"
    ).fetchall()
    for line, entry, *days in rows:
        texts = (day.isoformat() if day else None for day in days)
        facts = {"fault": "closed", "entry": entry, **dict(zip(("day", "from", "to"), texts, strict=True))}
        yield line, problem_of(plan.runtime, book, facts, {plan.compiled.name: ""})


def _days(plan: Plan, book: Book) -> str:
    """Return the SELECT of the entries and days that a row `r` touches: where it comes to, and comes from."""
    if plan.compiled.name == book.entry:
        return f"SELECT m.id, v.day FROM (VALUES ({final(plan, book.day)}), (t.{name(book.day)})) v (day)"
    entries = f"(VALUES ({final(plan, book.back)}), (t.{name(book.back)})) v (entry)"
    return f"SELECT e.id, e.{name(book.day)} FROM {entries} JOIN {name(book.entry)} e ON e.id = v.entry"


def of_unbalanced(connection: Connection, database: Database, plan: Plan) -> Refusals:
    """Return the rows of entries that do not balance once all rows are there."""
    book = book_of(plan.runtime, plan.compiled.name)
    if book is None:
        return []
    key = "id" if plan.compiled.name == book.entry else name(book.back)
    wrong = dict(faults(connection, plan.runtime, book, {plan.compiled.name: ""}))
    lines = (
        f"SELECT i.line, t.{key} FROM {IDS} i JOIN {name(plan.compiled.name)} t ON t.id = i.id "
        f"WHERE t.{key} = ANY(%s) ORDER BY i.line"
    )
    return [(line, wrong[id]) for line, id in database.execute(lines, [list(wrong)]).fetchall()]
