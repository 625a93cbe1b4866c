"""Publishing keeps the triggers of ledgers as it keeps constraints: made, renewed, let go, never over wrong entries."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from kernel import publish as published
from kernel.storage.migrate import catalog
from kernel.storage.migrate.structure import differences
from kernel.storage.migrate.wanted import wanted
from tests.billing import Office, texts
from tests.books import FILES, OCTOBER, add, bookkeeping, files, post
from tests.publications import codes, planned, publish, refused

ENTRY = "faturas/entities/lancamento.yaml"
LINE = "faturas/entities/partida.yaml"
LEDGER = FILES[ENTRY][FILES[ENTRY].index("ledger:") : FILES[ENTRY].index("fields:")]
PLAIN = {ENTRY: FILES[ENTRY].replace(LEDGER, "")}


def again(made: Office, more: dict[str, str] | None = None) -> None:
    publish(made.engine, texts(files(more)))


def is_held(made: Office, table: str = "lancamento") -> bool:
    """Tell whether an entry without lines is refused."""
    try:
        made.say(f"INSERT INTO {table} (historico) VALUES ('nada')")
    except DBAPIError as error:
        return getattr(error.orig, "sqlstate", "") == "23514"
    made.say(f"DELETE FROM {table} WHERE historico = 'nada'")
    return False


@pytest.mark.every_postgres
def test_what_was_published_leaves_nothing_to_do(database: Engine) -> None:
    made = bookkeeping(database)
    with database.connect() as connection:
        runtime = published.load(connection, 1)
        left = differences(catalog.read(connection), wanted(runtime), runtime.metadata)
    assert left == []
    assert is_held(made)


def test_a_ledger_does_not_begin_over_entries_that_do_not_balance(database: Engine) -> None:
    made = bookkeeping(database, PLAIN)
    with database.begin() as connection:
        post(connection)
        wrong = post(connection, lines=())
        add(connection, wrong, (2, 10, None))
        post(connection, None)
        post(connection, OCTOBER)  # nobody looks back at periods that were closed before
    assert not is_held(made)
    problems = refused(database, texts(files()))
    assert codes(problems) == ["M518"]
    assert str(problems[0]) == (
        "M518 faturas/entities/lancamento.yaml:6:1  em lancamento, 2 registros não fecham, estão sem data ou têm "
        "partidas sem valor de um lado só: registro 2, registro 3; acerte esses lançamentos antes, ou retire ledger"
    )
    made.say("UPDATE lancamento SET data = '2026-11-01' WHERE id = 3")
    made.say("INSERT INTO partida (lancamento, conta, credito) VALUES (2, 3, 10)")
    again(made)
    assert is_held(made)


def test_lines_that_come_with_the_ledger_leave_old_entries_without(database: Engine) -> None:
    bare = (
        PLAIN[ENTRY]
        .replace("  partidas: {type: children, of: partida}\n", "")
        .replace("count(partidas)", "1")
    )
    made = bookkeeping(
        database,
        {
            ENTRY: bare,
            LINE: FILES[LINE].replace(
                "lancamento: {type: link, to: lancamento", "outra: {type: link, to: conta"
            ),
        },
    )
    made.say("INSERT INTO lancamento (data) VALUES ('2026-11-01')")
    assert "M518" in codes(refused(database, texts(files())))


def test_a_ledger_that_ends_lets_go(database: Engine) -> None:
    made = bookkeeping(database)
    again(made, PLAIN)
    assert not is_held(made)
    made.say("INSERT INTO lancamento (data) VALUES ('2026-10-10')")
    assert made.rows(
        "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'aroeira_ledger_%' AND tgrelid <> 'aroeira_ledger_due'::regclass"
    ) == [(0,)]


def test_renames_are_followed(database: Engine) -> None:
    made = bookkeeping(database)
    with database.begin() as connection:
        id = post(connection)
    entry = (
        FILES[ENTRY]
        .replace("entity: lancamento", "entity: registro\nwas: lancamento")
        .replace("  data: {", "  dia: {was: data, ")
    )
    line = (
        FILES[LINE]
        .replace("debito: money", "devido: {type: money, was: debito}")
        .replace("to: lancamento", "to: registro")
    )
    content = texts(files({"faturas/entities/registro.yaml": entry, LINE: line}))
    del content[ENTRY]
    publish(database, content)
    assert is_held(made, "registro")
    with pytest.raises(DBAPIError):
        made.say("UPDATE partida SET devido = 11 WHERE devido = 10")
    with pytest.raises(DBAPIError):
        made.say("UPDATE registro SET dia = '2026-10-05' WHERE id = :id", id=id)
    made.say("UPDATE registro SET dia = '2026-11-05' WHERE id = :id", id=id)


@pytest.mark.parametrize(
    "done",
    [
        "DROP TRIGGER aroeira_ledger_entry_i ON lancamento",
        "ALTER TABLE lancamento DISABLE TRIGGER aroeira_ledger_entry_i",
        "DROP FUNCTION aroeira_ledger_entry_lancamento CASCADE",
        "DROP TRIGGER aroeira_ledger_settled ON aroeira_ledger_due",
    ],
)
def test_what_somebody_switched_off_comes_back(database: Engine, done: str) -> None:
    made = bookkeeping(database)
    made.say(done)
    assert not is_held(made)
    again(made)
    assert is_held(made)
    assert planned(database, texts(files())).is_empty
