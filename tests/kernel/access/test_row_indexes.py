"""A condition of a role has an index of its own: whoever sees a few rows of many waits for nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.access.access import Access
from kernel.access.profile import profile
from kernel.accounts import site_roles
from kernel.context import at_present
from kernel.query import run as asking
from kernel.query.compile import compile as compiled
from kernel.query.compile import parameters
from kernel.query.plan import Filter, Query
from kernel.query.secure import secure
from kernel.runtime import Runtime
from kernel.storage.migrate.apply import Applied, apply
from kernel.storage.migrate.row_indexes import row_indexes
from metadata.grants import flat
from tests.office import put
from tests.publications import codes, one, planned, publish, run

ITEM = """
entity: item
label: {one: Item, many: Itens}
shown_as: "{nome}"
search: [nome]
order: nome
fields:
  nome: {type: text, max: 60, required: yes}
  situacao: {type: choice, of: {ativo: Ativo, fora: Fora}}
  nivel: {type: integer, label: Nível}
  desde: {type: date}
  visto: {type: date and time}
  hora: {type: time}
  prazo: {type: duration}
  preco: {type: money, label: Preço}
  web: {type: yes/no}
  dia: {type: text, max: 10}
  grupo: {type: link, to: grupo}
  dobro: {type: integer, is: nivel * 2}
"""
GROUP = """
entity: grupo
label: {one: Grupo, many: Grupos}
shown_as: "{nome}"
order: -nome
fields:
  nome: {type: text, max: 60, required: yes}
"""
FEW = 'situacao = "ativo" and nivel < 3 and grupo.nome != "B"'
ROWS = """
INSERT INTO item (nome, situacao, nivel, grupo, created_by, updated_by, search_text)
SELECT md5(n::text), CASE n % 2 WHEN 0 THEN 'ativo' ELSE 'fora' END, n % 1000, 1 + n % 2, 't', 't', md5(n::text)
FROM generate_series(1, 20000) n
"""
MADE = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'item'::regclass AND indpred IS NOT NULL"


def files(*conditions: str, entity: str = "item", **more: str) -> dict[str, bytes]:
    """Return a package with a role for each condition."""
    texts = {
        "manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
        "entities/item.yaml": more.get("item", ITEM),
        "entities/grupo.yaml": GROUP,
    } | {
        f"roles/papel_{number}.yaml": (
            f"role: papel_{number}\nlabel: Papel\n"
            + ("entities:\n" if entity == "grupo" else "entities:\n  grupo: read\n")
            + f"  {entity}: {{level: read, rows: '{condition}'}}\n"
        )
        for number, condition in enumerate(conditions)
    }
    return {f"loja/{path}": content.encode() for path, content in texts.items()}


def made(engine: Engine) -> list[str]:
    """Return the conditions of the indexes that there are for some rows only."""
    return sorted(definition.partition(" WHERE ")[2] for (definition,) in run(engine, MADE))


def plan_of(
    engine: Engine, runtime: Runtime, query: Query, purpose: str, said: str = "EXPLAIN", roles: int = 1
) -> str:
    """Return how PostgreSQL reads what the first roles may see together."""
    played = [runtime.configuration.roles[f"papel_{number}"] for number in range(roles)]
    context = replace(at_present("ana"), access=Access(profile(runtime.configuration, played)))
    secured = secure(runtime, context, query)
    statement = compiled(secured, purpose)
    written: Any = statement.select.compile(dialect=engine.dialect)
    bound = parameters(statement, secured.query, context) | {"limit": 51}
    with engine.connect() as connection:
        lines = connection.exec_driver_sql(f"{said} {written}", written.construct_params(bound)).scalars()
        return "\n".join(lines)


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (FEW, "((situacao = 'ativo'::text) AND (nivel < 3))"),
        ('situacao in ["ativo", "fora"] or nivel = null', "((situacao = ANY (ARRAY['ativo'::text, 'fora'::text])) OR (nivel IS NULL))"),
        ('desde >= date("2026-01-31") and nivel in [1..5]', "((desde >= '2026-01-31'::date) AND (nivel >= 1) AND (nivel <= 5))"),
        ("not(nivel > 3)", "(NOT (nivel > 3))"),
        ("desde <= today() and nivel = 1", "(nivel = 1)"),  # tomorrow other rows would meet it
    ],
)  # fmt: skip
def test_what_a_row_tells_by_itself_is_indexed(database: Engine, condition: str, kept: str) -> None:
    publish(database, files(condition))
    assert made(database) == [kept]
    assert planned(database, files(condition)).is_empty


@pytest.mark.parametrize(
    "condition", ['grupo.nome = "A"', "desde <= today()", "dobro > 4", 'grupo.nome = "A" or nivel = 1']
)
def test_what_only_others_tell_is_not(database: Engine, condition: str) -> None:
    publish(database, files(condition))
    assert made(database) == []


@pytest.mark.parametrize(
    "condition",
    [
        'visto > @"2026-01-01T00:00:00-03:00"', 'visto < @"2026-01-01T00:00:00"', 'hora >= @"08:00:00"', 'prazo > @"P1D"',
        "preco between 1 and 2.5", "web", "not(web) and preco > nivel", 'nome < "m"', 'nome in ["a", "b"] or nome = null',
        "nivel in (< 3)", 'visto in [@"2026-01-01T00:00:00Z"..@"2026-02-01T00:00:00Z")', "preco > -1.5",
        "desde > date(2026, 1, 31)", "desde > date(dia)", "visto = null and web = true", 'situacao != "fora"',
    ],
)  # fmt: skip
def test_every_condition_that_may_be_written_can_be_published(database: Engine, condition: str) -> None:
    """An index takes only what is the same for ever; what is not must be seen before the database refuses it."""
    done = apply(database, files(condition.replace("'", "''")), "teste")
    if not isinstance(done, Applied):  # no condition at all: told by the check, not by the database
        assert all(code.startswith("M3") for code in codes(done)), done
        return
    assert planned(database, files(condition.replace("'", "''"))).is_empty


def test_an_order_that_goes_down_is_one_too(database: Engine) -> None:
    runtime = publish(database, files('nome != "X"', entity="grupo")).plan.runtime
    ((table, index),) = row_indexes(runtime)
    assert (table, len(index.expressions)) == ("grupo", 2)


def test_lists_searches_and_counts_of_a_few_rows_use_it(database: Engine) -> None:
    runtime = publish(database, files(FEW)).plan.runtime
    ((_, index),) = row_indexes(runtime)
    run(database, "INSERT INTO grupo (nome, created_by, updated_by) VALUES ('A', 't', 't'), ('B', 't', 't')")
    run(database, ROWS)
    run(database, "ANALYZE item, grupo")
    query = Query("item", ("nome",), order=("nome",))
    for asked, purpose in ((query, "page"), (query, "count"), (replace(query, search="ab"), "count")):
        told = plan_of(database, runtime, asked, purpose)
        assert str(index.name) in told, told
    (definition,) = (row[0] for row in run(database, MADE))
    # Counting follows the link, and looks for two letters, without the table.
    assert "INCLUDE (grupo, search_text)" in definition


def test_several_roles_are_counted_one_index_after_the_other_until_there_are_enough(database: Engine) -> None:
    conditions = ("nivel < 3", 'situacao = "ativo"', 'grupo.nome = "A"')
    runtime = publish(database, files(*conditions)).plan.runtime
    run(database, "INSERT INTO grupo (nome, created_by, updated_by) VALUES ('A', 't', 't'), ('B', 't', 't')")
    run(database, ROWS)
    with database.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql("VACUUM ANALYZE item, grupo")
    query = Query("item", ("nome",), search="ab", order=("nome",))
    told = plan_of(database, runtime, query, "count", "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)", 3)
    few = next(
        index
        for _, index in row_indexes(runtime)
        if "nivel" in str(index.dialect_options["postgresql"]["where"])
    )
    assert str(few.name) in told, told
    assert [line.strip() for line in told.splitlines() if "grupo" in line and "Scan" in line] == [
        "->  Seq Scan on grupo aj1 (never executed)",
        "->  Index Scan using ix_item_grupo on item a (never executed)",
    ]
    # Letters that lead somewhere, or a filter, need no parts; nor does who counts all.
    filtered = replace(query, search="", filters=(Filter("nivel", "is", (3,)),))
    for plain, purpose in ((replace(query, search="abc"), "count"), (query, "count all")):
        assert "CTE" not in plan_of(database, runtime, plain, purpose, roles=3)
    assert "CTE" not in plan_of(database, runtime, filtered, "count", roles=3)


@pytest.mark.parametrize(("longest", "is_in"), [(60, True), (300, True), (320, False), (5000, False)])
def test_what_is_searched_is_in_the_index_only_where_it_always_fits(
    database: Engine, longest: int, is_in: bool
) -> None:
    """Letters of four bytes that nothing compresses are saved all the same."""
    long = {path: content.replace(b"max: 60", b"max: %d" % longest) for path, content in files(FEW).items()}
    runtime = publish(database, long).plan.runtime
    (definition,) = (row[0] for row in run(database, MADE))
    assert ("search_text" in definition) == is_in
    if longest < 5000:  # the key of the order alone has its own limit
        dice = random.Random(1)
        name = "".join(chr(dice.randint(0x20000, 0x2A000)) for _ in range(longest))
        put(database, runtime, "item", {"nome": name, "situacao": "ativo", "nivel": 1})


def test_indexes_come_and_go_with_the_conditions(database: Engine) -> None:
    publish(database, files("nivel = 1", "nivel = 1", "nivel = 2"))
    assert made(database) == ["(nivel = 1)", "(nivel = 2)"]
    assert planned(database, files("nivel = 1", "nivel = 1", "nivel = 2")).is_empty
    publish(database, files("nivel = 2", "nivel = 3"))
    assert made(database) == ["(nivel = 2)", "(nivel = 3)"]
    publish(database, files())
    assert made(database) == []


def test_conditions_of_the_site_are_indexed_with_the_next_publication_which_tells_what_stops_fitting(
    database: Engine,
) -> None:
    runtime = publish(database, files("nivel = 1")).plan.runtime
    wanted = flat(runtime.configuration.roles["papel_0"])
    wanted[("entities", "item")] = {"level": "read", "rows": "nivel = 7"}
    wanted[("fields", "item.desde")] = "none"
    with database.begin() as connection:
        now = datetime(2026, 7, 1, tzinfo=UTC)
        done = site_roles.save(connection, runtime.configuration, "papel_0", wanted, by="ana", at=now)
        assert isinstance(done, int)
    publish(database, files("nivel = 1"))
    assert made(database) == ["(nivel = 7)"]
    without = ITEM.replace("  desde: {type: date}\n", "")
    warnings = planned(database, files("nivel = 1", item=without)).warnings
    assert "M528" in codes(warnings)
    told = next(problem.said() for problem in warnings if problem.code == "M528")
    assert "papel_0" in told
    assert "fields › item.desde" in told
    publish(database, files("nivel = 1", item=without))
    assert "M528" not in codes(planned(database, files("nivel = 1", item=without)).warnings)  # said once
    assert one(database, "SELECT count(*) FROM aroeira_role_change WHERE ended_in IS NULL") == 2


def test_a_search_is_planned_for_what_is_searched_however_often_it_comes(database: Engine) -> None:
    """The server makes one plan for any values after five; for fragments that one is wrong by hundreds of times."""
    runtime = publish(database, files(FEW)).plan.runtime
    run(database, ROWS.replace("1 + n % 2", "NULL"))
    run(database, "ANALYZE item")
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'search_text LIKE'"
    query = Query("item", ("nome",), search="ab", order=("nome",))
    with database.connect() as connection:
        for _ in range(12):
            asking.page(connection, runtime, at_present("ana"), query)
            asking.count(connection, runtime, at_present("ana"), query)
            asking.count(connection, runtime, at_present("ana"), replace(query, search=""))
        assert connection.exec_driver_sql(prepared).scalar_one() == 0
        others = "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'item'"
        assert connection.exec_driver_sql(others).scalar_one() > 0  # what has no fragment stays prepared
