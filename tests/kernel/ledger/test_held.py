"""What the database holds of a ledger against plain SQL: whatever way it comes, entries balance at the end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from kernel import working_role
from kernel.ledger.settle import settle
from tests.billing import Office
from tests.books import DAY, OCTOBER, add, bookkeeping, pair, post

pytestmark = pytest.mark.every_postgres
TEN = Decimal(10)


@pytest.fixture
def made(database: Engine) -> Office:
    return bookkeeping(database)


@contextmanager
def refused(fault: str) -> Iterator[dict[str, Any]]:
    """Expect that the database refuses what is done within; fill in the facts that it tells."""
    facts: dict[str, Any] = {}
    with pytest.raises(DBAPIError) as caught:
        yield facts
    told: Any = caught.value.orig
    assert told.sqlstate == "23514", told
    assert told.diag.constraint_name == "aroeira_ledger"
    facts |= json.loads(told.diag.message_detail)
    assert facts["fault"] == fault


def posted(made: Office, day: date | None = DAY, amount: Any = TEN) -> int:
    with made.engine.begin() as connection:
        return post(connection, day, pair(amount))


def say(connection: Connection, sql: str, **words: Any) -> None:
    connection.execute(text(sql), words)


def test_an_entry_is_written_before_its_lines_and_asked_at_the_end(made: Office) -> None:
    id = posted(made)
    assert made.rows("SELECT count(*) FROM partida WHERE lancamento = :e", e=id) == [(2,)]
    assert made.rows("SELECT count(*) FROM aroeira_ledger_due") == [(0,)]


UNSOUND: tuple[Any, ...] = (
    (),
    ((2, 10, None),),
    ((2, 10, None), (3, None, 9)),
    ((2, 10, None), (3, None, 5), (3, None, 4)),
    ((2, 10, 10), (3, 10, 10)),
    ((2, None, None), (2, 10, None), (3, None, 10)),
    ((2, 0, 0), (3, 0, 0)),
    ((2, -10, None), (3, None, -10)),
    ((2, -10, None), (2, 20, None), (3, None, 10)),
    ((2, 10, -1), (3, None, 11), (3, 2, None), (3, None, 2)),
    ((2, "NaN", None), (3, None, "NaN")),
)


def test_lines_that_do_not_balance_or_have_not_one_side_are_refused(made: Office) -> None:
    for lines in UNSOUND:
        with refused("balance"), made.engine.begin() as connection:
            post(connection, DAY, lines)
    assert made.rows("SELECT count(*) FROM lancamento") == [(0,)]


def test_the_facts_say_which_entry_and_by_how_much(made: Office) -> None:
    posted(made)
    with refused("balance") as facts, made.engine.begin() as connection:
        id = post(connection, DAY, ((2, "10.00", None), (3, None, "7.45")))
    assert (facts["entry"], facts["debit"], facts["credit"], facts["lines"]) == (id, 10.00, 7.45, 2)


def test_an_entry_without_a_day_is_refused(made: Office) -> None:
    with refused("balance"), made.engine.begin() as connection:
        post(connection, None)
    id = posted(made)
    with refused("balance"), made.engine.begin() as connection:
        say(connection, "UPDATE lancamento SET data = NULL WHERE id = :id", id=id)


def test_lines_changed_removed_or_moved_leave_both_entries_balanced(made: Office) -> None:
    first, second = posted(made), posted(made)
    with refused("balance"), made.engine.begin() as connection:
        say(
            connection, "UPDATE partida SET debito = 11 WHERE debito IS NOT NULL AND lancamento = :e", e=first
        )
    with refused("balance"), made.engine.begin() as connection:
        say(connection, "DELETE FROM partida WHERE lancamento = :e AND debito IS NOT NULL", e=first)
    with refused("balance"), made.engine.begin() as connection:
        say(connection, "DELETE FROM partida WHERE lancamento = :e", e=first)
    with refused("balance") as facts, made.engine.begin() as connection:
        say(
            connection,
            "UPDATE partida SET lancamento = :b WHERE lancamento = :a AND debito > 0",
            a=first,
            b=second,
        )
    assert facts["entry"] == first
    with refused("balance"), made.engine.begin() as connection:
        say(connection, "UPDATE partida SET id = id + 1000, debito = 12 WHERE lancamento = :e", e=first)
    with made.engine.begin() as connection:  # both sides in one transaction, one after the other
        say(
            connection, "UPDATE partida SET debito = 11 WHERE debito IS NOT NULL AND lancamento = :e", e=first
        )
        say(
            connection,
            "UPDATE partida SET credito = 11 WHERE credito IS NOT NULL AND lancamento = :e",
            e=first,
        )
    with made.engine.begin() as connection:
        say(connection, "DELETE FROM lancamento WHERE id = :id", id=second)
    assert made.rows("SELECT count(*) FROM partida") == [(2,)]


def test_a_closed_period_takes_nothing_in_changes_nothing_and_lets_nothing_go(made: Office) -> None:
    made.say("UPDATE periodo_contabil SET fechado = false")
    old, new = posted(made, OCTOBER), posted(made)
    made.say("UPDATE periodo_contabil SET fechado = true WHERE inicio = '2026-10-01'")
    for sql in (
        "INSERT INTO lancamento (data) VALUES ('2026-10-31')",
        "UPDATE lancamento SET historico = 'outro' WHERE id = :old",
        "UPDATE lancamento SET data = '2026-11-02' WHERE id = :old",
        "UPDATE lancamento SET data = '2026-10-01' WHERE id = :new",
        "DELETE FROM lancamento WHERE id = :old",
        "INSERT INTO partida (lancamento, conta, debito) VALUES (:old, 2, 1), (:old, 2, 1)",
        "UPDATE partida SET conta = 3 WHERE lancamento = :old",
        "UPDATE partida SET lancamento = :old WHERE lancamento = :new",
        "UPDATE partida SET lancamento = :new WHERE lancamento = :old",
        "DELETE FROM partida WHERE lancamento = :old",
        "WITH gone AS (DELETE FROM lancamento WHERE id = :old) UPDATE partida SET lancamento = :new WHERE lancamento = :old",
    ):
        with refused("closed") as facts, made.engine.begin() as connection:
            say(connection, sql, old=old, new=new)
        assert (facts["from"], facts["to"]) == ("2026-10-01", "2026-10-31"), sql
    with made.engine.begin() as connection:  # what people did not write may follow
        say(connection, "UPDATE lancamento SET quantas = 12, version = version + 1, search_text = 'x'")
    made.say("UPDATE periodo_contabil SET fechado = false")
    with made.engine.begin() as connection:
        say(connection, "DELETE FROM lancamento WHERE id = :old", old=old)


def test_a_period_without_an_end_goes_on(made: Office) -> None:
    made.say("INSERT INTO periodo_contabil (inicio, fechado) VALUES ('2027-01-01', true)")
    with refused("closed") as facts, made.engine.begin() as connection:
        post(connection, date(2031, 5, 5))
    assert facts["to"] is None


def test_what_is_asked_early_can_be_asked_again_later(made: Office) -> None:
    with refused("balance"), made.engine.begin() as connection:
        post(connection)
        settle(connection)
        id = post(connection, lines=())
        add(connection, id, (2, 10, None))
        settle(connection)


def test_a_savepoint_taken_back_leaves_nothing_to_ask(made: Office) -> None:
    with made.engine.begin() as connection:
        apart = connection.begin_nested()
        post(connection, lines=())
        apart.rollback()
        post(connection)
    assert made.rows("SELECT count(*) FROM lancamento") == [(1,)]


def test_the_application_posts_and_cannot_get_around_it(made: Office) -> None:
    assert working_role.ready(made.engine)
    with made.engine.connect() as connection:
        say(connection, f"SET ROLE {working_role.ROLE}")
        post(connection)
        connection.commit()
        with refused("balance"):
            post(connection, lines=())
            connection.commit()
        connection.rollback()
        for sql in (
            "TRUNCATE lancamento CASCADE", "DELETE FROM aroeira_ledger_due",
            "INSERT INTO aroeira_ledger_due VALUES ('pg_sleep', '{[1,2)}')",
            "UPDATE aroeira_ledger_closing SET writes = 0", "ALTER TABLE partida DISABLE TRIGGER ALL",
            "SELECT aroeira_ledger_checks_lancamento('{}')", "DROP FUNCTION aroeira_ledger_settle()",
            "SET session_replication_role = replica",
        ):  # fmt: skip
            say(connection, f"SET ROLE {working_role.ROLE}")
            with pytest.raises(DBAPIError) as caught:
                say(connection, sql)
            assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege), sql
            connection.rollback()


def test_one_wrong_line_among_many_is_found(made: Office) -> None:
    many = (
        "WITH made AS (INSERT INTO lancamento (data) SELECT '2026-11-10' FROM generate_series(1, 5000) RETURNING id) "
        "INSERT INTO partida (lancamento, conta, debito, credito) "
        "SELECT id, 2 + s, CASE WHEN s = 0 THEN 10 END, CASE WHEN s = 1 THEN 10 + (id = :wrong)::int END "
        "FROM made, generate_series(0, 1) s"
    )
    (first,) = made.rows("SELECT last_value FROM pg_sequences WHERE sequencename = 'lancamento_id_seq'")[0]
    with refused("balance") as facts, made.engine.begin() as connection:
        say(connection, many, wrong=(first or 0) + 4321)
    assert (facts["entry"], facts["credit"]) == ((first or 0) + 4321, 11)
    made.say(many, wrong=0)
    assert made.rows("SELECT count(*) FROM partida") == [(10_000,)]
    assert made.rows("SELECT count(*) FROM aroeira_ledger_due") == [(0,)]


# ── closing while somebody posts ──────────────────────────────────────────────────────────────────

CLOSE = "UPDATE periodo_contabil SET fechado = true WHERE inicio = '2026-11-01'"


def somebody_waits(made: Office) -> None:
    """Return once somebody waits for the lock between postings and closings."""
    asked = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
    ends = time.monotonic() + 20
    while not made.rows(asked):
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_closing_waits_for_whoever_posts(made: Office) -> None:
    with made.engine.connect() as posting:
        post(posting)
        closing = threading.Thread(target=made.say, args=(CLOSE,))
        closing.start()
        somebody_waits(made)
        assert made.rows("SELECT fechado FROM periodo_contabil WHERE inicio = '2026-11-01'") == [(False,)]
        posting.commit()
        closing.join(20)
    assert made.rows("SELECT fechado FROM periodo_contabil WHERE inicio = '2026-11-01'") == [(True,)]


def test_whoever_posts_waits_for_a_closing_and_is_refused(made: Office) -> None:
    told: list[dict[str, Any]] = []

    def posting() -> None:
        with refused("closed") as facts, made.engine.begin() as connection:
            post(connection)
        told.append(facts)

    with made.engine.connect() as closing:
        say(closing, CLOSE)
        other = threading.Thread(target=posting)
        other.start()
        somebody_waits(made)
        closing.commit()
        other.join(20)
    assert told[0]["from"] == "2026-11-01"
    assert made.rows("SELECT count(*) FROM lancamento") == [(0,)]


def test_whoever_sees_the_data_of_before_a_closing_begins_again(made: Office) -> None:
    steady = made.engine.execution_options(isolation_level="REPEATABLE READ")
    with steady.connect() as connection:
        connection.execute(text("SELECT count(*) FROM periodo_contabil"))
        made.say(CLOSE)
        with pytest.raises(DBAPIError) as caught:
            post(connection)
        assert isinstance(caught.value.orig, psycopg.errors.SerializationFailure)
    with refused("closed"), steady.begin() as connection:
        post(connection)
