"""The application's role works with everything, and cannot write, forge or hide what the audit notes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from kernel import working_role
from kernel.audit.ground import make_ahead
from kernel.context import at_present
from kernel.database import Settings
from kernel.storage.record import Edit, Saved
from kernel.storage.save import save
from tests.conftest import Cluster
from tests.kernel import shop
from tests.publications import publish, run


@pytest.fixture
def application(database: Engine) -> Iterator[Engine]:
    publish(database, shop.files())
    with working_role.working(database, Settings()) as engine:
        assert engine is not database
        yield engine


HARMS = [
    "INSERT INTO aroeira_audit (act, at, entity, record, changes) VALUES (1, now(), 'plano', 1, '{}')",
    "UPDATE aroeira_audit SET changes = '{}'",
    "DELETE FROM aroeira_audit",
    "TRUNCATE aroeira_audit",
    "DELETE FROM aroeira_audit_act",
    "UPDATE aroeira_audit_act SET operator = 'outro'",
    "INSERT INTO aroeira_audit_other (act, at, entity, record, changes) VALUES (1, now(), 'plano', 1, '{}')",
    "DELETE FROM aroeira_audit_other",
    "UPDATE {month} SET changes = '{{}}'",
    "INSERT INTO {month} (act, at, entity, record, changes) VALUES (1, now(), 'plano', 1, '{{}}')",
    "DROP TABLE aroeira_audit_act",
    "ALTER TABLE aroeira_audit_act OWNER TO CURRENT_USER",
    "ALTER TABLE estado DISABLE TRIGGER ALL",
    "DROP TRIGGER aroeira_audit_i ON estado",
    "SET session_replication_role = replica",
    "TRUNCATE estado CASCADE",
    "ALTER TABLE estado RENAME TO outro",
    "SELECT aroeira_audit_noted(1, now(), 'plano', 'U', 1)",
    """CREATE TEMP TABLE minha (id bigint); CREATE TRIGGER t AFTER INSERT ON minha
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION aroeira_audit_estado()""",
    "CREATE FUNCTION public.to_json(text) RETURNS json LANGUAGE sql AS 'SELECT NULL::json'",
    "SELECT setval('aroeira_audit_act_seq', 1)",
    "SET ROLE aroeira",
    "SET SESSION AUTHORIZATION aroeira",
]


@pytest.mark.parametrize("harm", HARMS)
def test_every_write_to_the_audit_fails(database: Engine, application: Engine, harm: str) -> None:
    month = run(database, "SELECT to_char(now(), '\"aroeira_audit_\"YYYY_MM')")[0][0]
    with pytest.raises(DBAPIError) as refused:
        run(application, harm.format(month=month) if "{month}" in harm else harm)
    said = str(refused.value.orig)
    assert "permission denied" in said or "must be owner" in said or "must be able to" in said, said


def test_temporary_tables_of_the_same_name_take_nothing_away(database: Engine, application: Engine) -> None:
    with application.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE aroeira_audit (LIKE aroeira_audit)"))
        connection.execute(text("CREATE TEMP TABLE aroeira_audit_act (LIKE aroeira_audit_act)"))
        connection.execute(text("INSERT INTO estado (sigla, nome) VALUES ('SP', 'São Paulo')"))
    assert run(database, "SELECT count(*) FROM aroeira_audit") == [(1,)]
    assert run(database, "SELECT database_user FROM aroeira_audit_act") == [(working_role.ROLE,)]


def test_it_works_with_records_and_with_what_a_later_publication_brings(
    database: Engine, application: Engine
) -> None:
    more = shop.FILES | {
        "loja/entities/cor.yaml": "entity: cor\nlabel: {one: Cor, many: Cores}\nfields:\n  nome: {type: text}\n"
    }
    runtime = publish(database, shop.files(more)).plan.runtime
    for entity, values in (("estado", {"sigla": "SP", "nome": "São Paulo"}), ("cor", {"nome": "azul"})):
        done = save(application, runtime, at_present("ana"), Edit(entity, None, None, values))
        assert isinstance(done, Saved)
    with application.begin() as connection:
        assert make_ahead(connection, 5) == 8
    with pytest.raises(DBAPIError):
        run(application, "DELETE FROM aroeira_audit")


def test_an_account_that_may_make_no_role_goes_on_as_it_is(cluster: Cluster, database: Engine) -> None:
    name = database.url.database
    run(
        database,
        "DO $$ BEGIN CREATE ROLE pouca_conta LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    run(database, f'ALTER DATABASE "{name}" OWNER TO pouca_conta')
    from kernel import database as kernel_database

    poor = kernel_database.engine(database.url.set(username="pouca_conta"), Settings(url="x"))
    try:
        with working_role.working(poor, Settings(url="x")) as engine:
            assert engine is poor
    finally:
        poor.dispose()


def test_on_a_server_of_somebody_else_the_account_becomes_the_role(database: Engine) -> None:
    publish(database, shop.files())
    with working_role.working(database, Settings(url="x")) as engine:
        assert run(engine, "SELECT current_user::text, session_user::text") == [
            (working_role.ROLE, "aroeira")
        ]
        with pytest.raises(DBAPIError):
            run(engine, "DELETE FROM aroeira_audit")
