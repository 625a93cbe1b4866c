"""The database: prepared once, survived when it goes away, refused with a reason when it cannot serve."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kernel import database as kernel_database
from kernel.database import Settings, address, prepare
from metadata.problems import Problems


def codes(caught: pytest.ExceptionInfo[Problems]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


@pytest.mark.every_postgres
def test_a_prepared_database_has_the_extensions_and_stays_as_it_is(database: Engine) -> None:
    listed = text(
        "SELECT extname FROM pg_extension UNION SELECT xmin::text FROM pg_proc WHERE proname = 'aroeira_fold'"
    )
    with database.connect() as connection:
        before = set(connection.scalars(listed))
    prepare(database)
    with database.connect() as connection:
        assert set(connection.scalars(listed)) == before
        assert before >= set(kernel_database.EXTENSIONS)
        assert connection.scalar(text("SHOW timezone")) == "UTC"
        assert connection.scalar(text("SHOW application_name")) == "tests"


def test_tables_live_in_the_schema_of_the_settings(database: Engine) -> None:
    elsewhere = kernel_database.engine(database.url, Settings(schema="empresa_1"))
    prepare(elsewhere)
    with elsewhere.begin() as connection:
        connection.execute(text("CREATE TABLE pessoa (nome text)"))
        connection.execute(text("CREATE INDEX ON pessoa USING gin (aroeira_fold(nome) gin_trgm_ops)"))
        place = connection.scalar(text("SELECT schemaname FROM pg_tables WHERE tablename = 'pessoa'"))
    elsewhere.dispose()
    assert place == "empresa_1"


@pytest.mark.parametrize("name", ["Empresa", "a b", "x;drop", "1a", ""])
def test_a_schema_name_that_needs_quotes_is_refused(database: Engine, name: str) -> None:
    with pytest.raises(Problems) as caught:
        kernel_database.engine(database.url, Settings(schema=name))
    assert codes(caught) == ["A112"]


def test_a_database_of_another_encoding_is_refused(database: Engine) -> None:
    name = f"{database.url.database}_ascii"[-60:]
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"))
    narrow = kernel_database.engine(database.url.set(database=name), Settings(), pooled=False)
    with pytest.raises(Problems) as caught:
        prepare(narrow)
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    assert codes(caught) == ["A114"]


def test_a_user_without_rights_is_told_which_extension_is_missing(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("DROP EXTENSION btree_gist"))
        connection.execute(text(f"CREATE ROLE {database.url.database}_r LOGIN"))
    poor = kernel_database.engine(
        database.url.set(username=f"{database.url.database}_r"), Settings(), pooled=False
    )
    with pytest.raises(Problems) as caught:
        prepare(poor)
    with database.begin() as connection:
        connection.execute(text(f"DROP ROLE {database.url.database}_r"))
    assert codes(caught) == ["A115"]
    assert "btree_gist" in str(caught.value)


@pytest.mark.parametrize("written", ["", "mysql://a/b", "nonsense", "sqlite://"])
def test_an_address_of_something_else_is_refused(written: str) -> None:
    with pytest.raises(Problems) as caught:
        address(written)
    assert codes(caught) == ["A111"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_the_scheme_is_understood(scheme: str) -> None:
    assert str(address(f"{scheme}://ana@banco/aroeira")) == "postgresql+psycopg://ana@banco/aroeira"


def test_a_server_that_is_not_there_is_a_problem_with_a_next_step() -> None:
    settings = Settings(url="postgresql://ana@127.0.0.1:9/nada")
    with pytest.raises(Problems) as caught, kernel_database.connect(settings):
        pass
    assert codes(caught) == ["A116"]
    assert "DATABASE_URL" in str(caught.value)


def test_given_words_win_over_the_environment() -> None:
    environment = {"DATABASE_URL": "postgresql://x/y", "AROEIRA_SCHEMA": "empresa", "AROEIRA_DATA": "/d"}
    read = Settings.from_environment(environment, folder=Path("/e"), schema=None)
    assert (read.url, read.schema, read.folder) == ("postgresql://x/y", "empresa", Path("/e"))


def test_connections_that_the_server_closed_are_replaced_unseen(database: Engine) -> None:
    with database.connect() as one, database.connect() as other:
        other.execute(text("SELECT 1"))
        pid = one.scalar(text("SELECT pg_backend_pid()"))
    with database.connect() as connection:
        if connection.scalar(text("SELECT pg_backend_pid()")) == pid:
            pytest.fail("the pool gave the connection that is to be closed; the test proves nothing")
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with database.connect() as fresh:
            assert fresh.scalar(text("SELECT pg_backend_pid()")) != pid


def test_a_column_that_changes_its_type_costs_one_failed_statement_at_most(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE plano (nome varchar(80))"))
    asked = text("SELECT nome FROM plano")
    failures: list[bool] = []
    for turn in range(30):
        if turn == 15:
            with database.begin() as connection:
                connection.execute(text("ALTER TABLE plano ALTER nome TYPE varchar(120)"))
        try:
            with database.connect() as connection:
                connection.execute(asked).all()
        except kernel_database.DBAPIError as error:
            failures.append(error.connection_invalidated)
    assert failures in ([], [True])
