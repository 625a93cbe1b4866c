"""This file works out balances by account for a range of days: before it, within it, behind it.

It asks of what the operator sees, like any query: lines, entries and accounts that are closed to somebody
are in no sum of theirs. An account has the lines of all accounts below it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, Date, bindparam, case, func, literal, literal_column, select
from sqlalchemy.sql.functions import coalesce

from kernel.context import Context
from kernel.ledger.books import Book, book_of
from kernel.query.plan import Query
from kernel.query.secure import refusals, secure
from kernel.query.sortable import shown_sort_key
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.records import joins
from kernel.storage.shown import shown_text
from metadata.problems import Problem, Problems

FIRST, LAST = "first_day", "last_day"
_ALL = 0  # no record has this id: what all accounts come to


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account, with all below it, comes to: debits count up, credits count down.

    text: how people know the account.  above: the account over it.
    """

    account: int
    text: str
    above: int | None
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the last day."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Trial:
    """The balances of all accounts that have any lines, in the order of their texts, and their sums."""

    rows: tuple[Balance, ...]
    total: Balance


NOTHING = Balance(_ALL, "", None, Decimal(0), Decimal(0), Decimal(0))


def balances(
    connection: Connection, runtime: Runtime, context: Context, entity: str, first: date, last: date
) -> Trial:
    """Return the balances of a ledger from one day to another, both included.

    Errors: Problems with R401, R402 where the operator does not see what is summed, R715 for no ledger.
    """
    book = book_of(runtime, entity)
    if book is None or book.entry != entity:
        raise Problems([Problem("R715", {"name": entity})])
    seen = secure(runtime, context, Query(book.line)).runtime
    # As values are compared: what is masked is in no sum, by which it could be found out.
    asked = (book.account, book.debit, book.credit, f"{book.back}.{book.day}")
    if problems := refusals(runtime, context, book.line, asked, plain=True):
        raise Problems(problems)
    key = ("balances", entity)
    statement = seen.statements.get(key)
    if statement is None:
        statement = _statement(seen, book)
        seen.remember(key, statement)
    bound = context.bound() | {FIRST: first, LAST: last}
    found = [Balance(*row) for row in connection.execute(statement, bound)]
    total = next((row for row in found if row.account == _ALL), NOTHING)
    return Trial(tuple(row for row in found if row.account != _ALL), total)


def _statement(seen: Runtime, book: Book) -> Any:
    accounts = seen.entities[seen.entities[book.line].fields[book.account].to]
    own = _own(seen, book).cte("own")
    up = _above(accounts)
    sums = (func.sum(own.c[name]).label(name) for name in ("opening", "debit", "credit"))
    made = select(up.c.above.label("account"), *sums).join(own, own.c.account == up.c.account)
    found = made.group_by(up.c.above).subquery("sums")
    table: Any = accounts.table.alias("t")
    reach = joins(seen, table)
    text = coalesce(shown_text(accounts.entity, table, reach), "")
    above = _superior(accounts)
    superior = table.c[above] if above else literal(None, BigInteger)
    columns = (found.c.account, text, superior, found.c.opening, found.c.debit, found.c.credit)
    source = reach.source.join(found, found.c.account == table.c.id, full=True)
    return (
        select(*columns)
        .select_from(source)
        .where(found.c.account.is_not(None))
        .order_by(shown_sort_key(text), table.c.id)
    )


def _own(seen: Runtime, book: Book) -> Any:
    """Return what the lines of each account itself come to."""
    line: Any = seen.entities[book.line].table.alias("l")
    entry: Any = seen.entities[book.entry].table.alias("e")
    day = entry.c[book.day]
    debit, credit = (coalesce(line.c[name], 0) for name in (book.debit, book.credit))
    before = day < bindparam(FIRST, type_=Date)

    def sum_(value: Any, which: Any, name: str) -> Any:
        return func.sum(case((which, value), else_=0)).label(name)

    within = ~before
    columns = (
        sum_(debit - credit, before, "opening"),
        sum_(debit, within, "debit"),
        sum_(credit, within, "credit"),
    )
    account = line.c[book.account].label("account")
    made = select(account, *columns).join(entry, entry.c.id == line.c[book.back])
    return made.where(day <= bindparam(LAST, type_=Date)).group_by(line.c[book.account])


def _above(accounts: CompiledEntity) -> Any:
    """Return pairs of each account with itself, with all above it, and with the number of all accounts."""
    start: Any = accounts.table.alias("a")
    up: Any = select(start.c.id.label("account"), start.c.id.label("above")).cte("up", recursive=True)
    if above := _superior(accounts):
        table: Any = accounts.table.alias("b")
        known: Any = accounts.table.alias("c")
        step = select(up.c.account, known.c.id).join(table, table.c.id == up.c.above)
        up = up.union(step.join(known, known.c.id == table.c[above]))  # UNION ends, also in a circle
    every = select(start.c.id, literal_column(str(_ALL), BigInteger))
    return select(up.c.account, up.c.above).union_all(every).subquery("ups")


def _superior(accounts: CompiledEntity) -> str:
    """Return the link of an account to the one above it; empty where there is none, or more than one."""
    found = tuple(_to_itself(accounts))
    return found[0] if len(found) == 1 else ""


def _to_itself(accounts: CompiledEntity) -> Iterator[str]:
    for field in accounts.columns:
        if field.type == "link" and field.to == accounts.name and not field.is_masked:
            yield field.name
