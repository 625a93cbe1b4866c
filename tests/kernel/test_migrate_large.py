"""Tables too large to work on under lock: what runs later, what interrupts it, who has to wait."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest
from sqlalchemy import Engine

from kernel.storage.migrate.apply import Applied, apply
from tests.conftest import TEMPLATE, Cluster
from tests.publications import codes, files, one, planned, publish, refused, run

CHECKOUT = Path(__file__).resolve().parents[2]
ROWS = 40_000  # some 3 MB: more than is done under lock
PERSON = "nome: {type: text}\nidade: {type: integer}\ncidade: {type: link, to: cidade}"
CITY = "nome: {type: text}"


@pytest.fixture
def large(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database with a large table of people."""
    with cluster.database(request.node.name, cluster.template("large_table", _filled, TEMPLATE)) as engine:
        yield engine


def _filled(engine: Engine) -> None:
    publish(engine, files(pessoa=PERSON, cidade=CITY))
    run(engine, "INSERT INTO cidade (nome) VALUES ('Itajubá')")
    run(
        engine,
        "INSERT INTO pessoa (nome, idade, cidade) SELECT 'Ána ' || n, n, 1 FROM generate_series(1, :rows) n",
        rows=ROWS,
    )


def parts(engine: Engine, kind: str) -> list[str]:
    return [
        row[0]
        for row in run(
            engine, f"SELECT conname FROM pg_constraint WHERE contype = '{kind}' AND conname LIKE '%pessoa%'"
        )
    ]


# ── what runs later ───────────────────────────────────────────────────────────────────────────────


def test_keys_of_large_tables_are_made_without_stopping_anyone(large: Engine) -> None:
    after = files(pessoa=PERSON.replace("integer}", "integer, unique: yes}"), cidade=CITY)
    done = publish(large, after)
    assert done.plan.now == ()
    (step,) = done.plan.later
    assert step.sql.startswith('CREATE UNIQUE INDEX CONCURRENTLY "uq_pessoa_idade"')
    assert parts(large, "u") == ["uq_pessoa_idade"]
    assert planned(large, after).is_empty


def test_links_of_large_tables_hold_at_once_and_are_checked_later(large: Engine) -> None:
    after = files(
        pessoa=PERSON.replace(
            "idade: {type: integer}", "idade: {type: integer}\nnatal: {type: link, to: cidade}"
        ),
        cidade=CITY,
    )
    done = publish(large, after)
    assert [step.says for step in done.plan.now] == [
        "acrescenta a coluna pessoa.natal",
        "anota as mudanças de pessoa",
        "liga pessoa.natal a cidade",
    ]
    assert [step.says for step in done.plan.later] == [
        "confere pessoa.natal",
        "cria o índice ix_pessoa_natal",
    ]
    assert one(large, "SELECT convalidated FROM pg_constraint WHERE conname = 'fk_pessoa_natal'")
    assert planned(large, after).is_empty


def test_a_large_table_becomes_one_of_children_without_a_scan_under_lock(large: Engine) -> None:
    child = PERSON.replace("to: cidade}", "to: cidade, required: yes}")
    after = files(pessoa=child, cidade=CITY + "\npessoas: {type: children, of: pessoa}")
    done = publish(large, after)
    assert [step.says for step in done.plan.later] == [
        "confere e exige pessoa.cidade",
        "confere pessoa.cidade",
    ]
    assert one(
        large,
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'pessoa'::regclass AND attname = 'cidade'",
    )
    assert parts(large, "c") == []
    assert planned(large, after).is_empty


def test_the_search_of_a_large_table_is_filled_in_batches(large: Engine) -> None:
    told: list[int] = []
    after = files(pessoa="search: [nome]\n" + PERSON, cidade=CITY)
    publish(large, after, told=lambda says, done, total: told.append(done) if "busca" in says else None)
    assert len(told) > ROWS // 1000
    assert one(large, "SELECT count(*) FROM pessoa WHERE search_text = 'ana ' || idade") == ROWS
    assert one(large, "SELECT max(version) FROM pessoa") == 1
    assert planned(large, after).is_empty


def test_indexes_that_nobody_wants_any_more_go_away(large: Engine) -> None:
    publish(large, files(pessoa="order: nome\n" + PERSON, cidade=CITY))
    assert one(large, "SELECT to_regclass('ix_pessoa_order_nome') IS NOT NULL")
    done = publish(large, files(pessoa=PERSON, cidade=CITY))
    assert [step.says for step in done.plan.later] == ["apaga o índice ix_pessoa_order_nome"]
    assert one(large, "SELECT to_regclass('ix_pessoa_order_nome') IS NULL")


def test_a_conversion_under_lock_is_announced_with_its_rows(large: Engine) -> None:
    after = files(pessoa=PERSON.replace("integer", "'decimal(12,2)'"), cidade=CITY)
    made = planned(large, after)
    assert codes(made.warnings) == ["M525"]
    assert "pessoa.idade" in str(made.warnings[0])


def test_a_key_that_rows_break_meanwhile_is_told_and_made_next_time(large: Engine) -> None:
    after = files(pessoa=PERSON.replace("integer}", "integer, unique: yes}"), cidade=CITY)
    repeat = "INSERT INTO pessoa (nome, idade) VALUES ('dupla', 1)"
    done = apply(large, after, "teste", shown=lambda plan: run(large, repeat))
    assert isinstance(done, Applied)
    assert (done.version, codes(done.problems)) == (2, ["M515"])
    assert codes(refused(large, after)) == ["M504"]
    run(large, "DELETE FROM pessoa WHERE nome = 'dupla'")
    again = publish(large, after)
    assert (again.version, again.problems, parts(large, "u")) == (2, (), ["uq_pessoa_idade"])


# ── interruptions ─────────────────────────────────────────────────────────────────────────────────

KILLED = """
import os, sys
from pathlib import Path
from kernel.database import Settings, connect, engine
from sqlalchemy import make_url
from kernel.storage.migrate.apply import apply
from tests.publications import files

def told(says, done, total):
    if sys.argv[2] in says and done >= int(sys.argv[3]):
        os.kill(os.getpid(), 9)

made = engine(make_url(sys.argv[1]), Settings())
apply(made, files(**eval(sys.argv[4])), "teste", told=told)
"""


def killed(engine: Engine, step: str, rows: int, **entities: str) -> None:
    """Run apply in a process that is killed in the middle of a step."""
    url = engine.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", KILLED, url, step, str(rows), repr(entities)]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize(
    ("step", "rows"), [("não se repita", 0), ("busca", 5000), ("cria o índice", 0), ("confere", 0)]
)
def test_a_killed_apply_is_continued_by_the_next(large: Engine, step: str, rows: int) -> None:
    entity = "search: [nome]\nunique: [[idade]]\n" + PERSON + "\nnatal: {type: link, to: cidade}"
    killed(large, step, rows, pessoa=entity, cidade=CITY)
    after = files(pessoa=entity, cidade=CITY)
    left = planned(large, after)
    assert (left.is_published, left.changes) == (True, ())
    assert left.later
    done = publish(large, after)
    assert (done.version, done.problems) == (2, ())
    assert one(large, "SELECT count(*) FROM pessoa WHERE search_text = 'ana ' || idade") == ROWS
    assert one(large, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    assert planned(large, after).is_empty


def test_a_database_that_goes_away_is_told_and_the_next_apply_goes_on(large: Engine) -> None:
    after = files(pessoa="search: [nome]\n" + PERSON, cidade=CITY)

    def told(says: str, done: int, total: int) -> None:
        if done == 5000:
            everyone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            run(large, everyone + " AND datname = current_database()")

    assert codes(refused(large, after, told=told)) == ["M517"]
    done = publish(large, after)
    assert (done.version, done.problems) == (2, ())
    assert one(large, "SELECT count(*) FROM pessoa WHERE search_text = 'ana ' || idade") == ROWS


def test_an_index_left_half_made_is_made_again(large: Engine) -> None:
    with large.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql("INSERT INTO pessoa (idade) VALUES (1)")
        with pytest.raises(Exception, match="could not create unique index"):
            alone.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY uq_pessoa_idade ON pessoa (idade)")
        alone.exec_driver_sql("DELETE FROM pessoa WHERE nome IS NULL")
    publish(large, files(pessoa=PERSON.replace("integer}", "integer, unique: yes}"), cidade=CITY))
    assert parts(large, "u") == ["uq_pessoa_idade"]


# ── others at work ────────────────────────────────────────────────────────────────────────────────


def test_of_two_applies_at_once_the_second_waits_and_finds_nothing_to_do(large: Engine) -> None:
    after = files(pessoa="search: [nome]\n" + PERSON, cidade=CITY)
    found: list[object] = []
    both = [threading.Thread(target=lambda: found.append(apply(large, after, "teste"))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    applied = [done for done in found if isinstance(done, Applied)]
    assert sorted((done.version, done.plan.is_empty) for done in applied) == [(2, False), (2, True)]


def test_whoever_waits_too_long_for_another_apply_is_told(large: Engine) -> None:
    after = files(pessoa="search: [nome]\n" + PERSON, cidade=CITY)
    met: list[tuple[str, ...]] = []

    def told(says: str, done: int, total: int) -> None:
        if done == 0:
            met.append(tuple(codes(refused(large, after, patience_seconds=0.2))))

    publish(large, after, told=told)
    assert met[0] == ("M514",)


def test_a_table_in_use_is_left_in_peace_and_the_user_is_named(large: Engine) -> None:
    after = files(pessoa=PERSON + "\nnota: {type: text}", cidade=CITY)
    url = large.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url, application_name="relatorio") as busy:
        busy.execute("SELECT count(*) FROM pessoa")  # its lock stays until the transaction ends
        (problem,) = refused(large, after, patience_seconds=0.5)
        assert problem.code == "M513"
        assert "a tabela pessoa está em uso por relatorio" in str(problem)
    assert publish(large, after).version == 2


def test_a_table_in_use_for_a_moment_is_asked_for_again(large: Engine) -> None:
    url = large.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url) as busy:
        busy.execute("SELECT count(*) FROM pessoa")
        threading.Timer(1, busy.rollback).start()
        done = publish(large, files(pessoa=PERSON + "\nnota: {type: text}", cidade=CITY))
    assert done.version == 2


# ── five million rows ─────────────────────────────────────────────────────────────────────────────

WATCHED = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0) FROM pg_locks
WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Traffic:
    """People at work on a table: threads that do one statement after the other and note the longest."""

    def __init__(self, engine: Engine, statements: list[str]) -> None:
        self.url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
        self.longest = [0.0] * len(statements)
        self.done = [0] * len(statements)
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=pair) for pair in enumerate(statements)]

    def work(self, number: int, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.over.is_set():
                begun = time.perf_counter()
                row = connection.execute(statement).fetchone()
                taken = float(row[0]) if statement is WATCHED and row else time.perf_counter() - begun
                self.longest[number] = max(self.longest[number], taken)
                self.done[number] += 1
                time.sleep(0.002)

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.slow
def test_a_field_added_to_five_million_rows_makes_nobody_wait(database: Engine) -> None:
    publish(database, files(leitura="valor: {type: integer}", sensor=CITY))
    run(database, "INSERT INTO sensor (nome) VALUES ('um')")
    run(database, "INSERT INTO leitura (valor) SELECT n FROM generate_series(1, 5000000) n")
    statements = [
        "SELECT valor FROM leitura WHERE id = 2500000",
        "UPDATE leitura SET valor = valor + 1 WHERE id = 1234567 RETURNING valor",
        "INSERT INTO leitura (valor) VALUES (0) RETURNING id",
        WATCHED,
    ]
    with Traffic(database, statements) as traffic:
        time.sleep(0.5)
        done = publish(
            database,
            files(
                leitura="valor: {type: integer}\nsensor: {type: link, to: sensor}\n"
                "nota: {type: text, required: yes}",
                sensor=CITY,
            ),
        )
        time.sleep(0.2)
    assert [step.says for step in done.plan.later] == [
        "confere leitura.sensor",
        "cria o índice ix_leitura_sensor",
    ]
    assert min(traffic.done) > 50
    *taken, waited = traffic.longest
    print(f"longest statements {[round(1000 * t) for t in taken]} ms, for a lock {1000 * waited:.0f} ms")
    assert waited < 0.2
