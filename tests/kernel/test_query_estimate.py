"""Counts beyond the limit: the planner is asked, believed where it knows, and never below what was counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, text

from kernel.context import Context, at_present
from kernel.query.estimate import rounded
from kernel.query.plan import Count, Filter, Query
from kernel.query.run import count
from kernel.runtime import Runtime
from tests import compiled
from tests.access import all_but
from tests.kernel.shop import installed

pytestmark = pytest.mark.every_postgres
ACTIVE = Filter("situacao", "is", ("ativo",))
ROWS = """
INSERT INTO plano (codigo, descricao, situacao, inicio, vidas, web, estado, search_text)
SELECT 'p' || n, 'Plano ' || n, CASE WHEN n % 4 = 0 THEN 'cancelado' ELSE 'ativo' END, DATE '2020-01-01' + n % 1000,
       n % 10, n % 2 = 0, 1, 'p' || n
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) n
"""


@pytest.fixture
def context() -> Context:
    return at_present("marina")


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    """The shop, where nobody gathers statistics unasked."""
    compiled.forget()  # a Runtime keeps what it heard of the planner
    runtime = installed(database)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE plano SET (autovacuum_enabled = false)"))
        connection.execute(text("INSERT INTO estado (sigla, nome) VALUES ('MG', 'Minas Gerais')"))
    return runtime


def fill(database: Engine, first: int, last: int, *, analyse: bool) -> None:
    with database.begin() as connection:
        connection.execute(text(ROWS), {"first": first, "last": last})
        if analyse:
            connection.execute(text("ANALYZE plano"))


def counted(
    database: Engine, runtime: Runtime, context: Context, *filters: Filter, search: str = ""
) -> Count:
    with database.connect() as connection:
        return count(connection, runtime, context, Query("plano", filters=filters, search=search))


def test_beyond_the_limit_the_planner_tells_about_how_many(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    fill(database, 1, 20_000, analyse=True)
    assert counted(database, runtime, context) == Count(1000, exact=False, about=20_000)
    for condition, real in (
        (ACTIVE, 15_000),
        (Filter("situacao", "is not", ("ativo",)), 5_000),
        (Filter("vidas", "one of", (1, 2, 3)), 6_000),
        (Filter("inicio", "from", (date(2022, 1, 1),)), 5_380),
        (Filter("web", "is", (True,)), 10_000),
        (Filter("municipio", "empty"), 20_000),
    ):
        found = counted(database, runtime, context, condition)
        assert not found.exact
        assert abs(found.about - real) < real * 0.1, (condition, found)


def test_of_a_table_seen_in_part_nothing_is_told(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    """The planner guesses at conditions of roles, and the number of all rows would tell of those not seen."""
    fill(database, 1, 20_000, analyse=True)
    rows_of_plans = {"level": "read", "rows": 'situacao != "cancelado"'}
    only = replace(context, access=all_but(runtime, entities={"plano": rows_of_plans}))
    assert counted(database, runtime, only) == Count(1000, exact=False, about=0)


def test_where_the_planner_could_only_guess_nothing_is_told(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    fill(database, 1, 20_000, analyse=True)
    more = Count(1000, exact=False, about=0)
    assert counted(database, runtime, context, ACTIVE, Filter("web", "is", (True,))) == more
    assert counted(database, runtime, context, Filter("estado.sigla", "is", ("MG",))) == more
    assert counted(database, runtime, context, Filter("descricao", "contains", ("plano",))) == more
    assert counted(database, runtime, context, Filter("faixas", "empty")) == more
    assert counted(database, runtime, context, search="p") == more


def test_without_statistics_nothing_is_told_and_with_them_it_is(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    fill(database, 1, 5_000, analyse=False)
    assert counted(database, runtime, context).about == 0
    assert counted(database, runtime, context, ACTIVE).about == 0
    with database.begin() as connection:
        connection.execute(text("ANALYZE plano"))
    assert counted(database, runtime, context).about == 5_000
    assert abs(counted(database, runtime, context, ACTIVE).about - 3_750) < 400


def test_an_estimate_below_what_was_counted_is_not_told(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    fill(database, 1, 400, analyse=True)
    with database.begin() as connection:
        connection.execute(text("UPDATE plano SET vidas = NULL"))
        connection.execute(text("ANALYZE plano"))
    fill(database, 1_001, 13_000, analyse=False)
    found = counted(database, runtime, context, Filter("vidas", "is", (3,)))
    assert found == Count(1000, exact=False, about=0)


def test_up_to_the_limit_and_on_demand_counts_are_exact(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    fill(database, 1, 1_234, analyse=True)
    with database.connect() as connection:
        query = Query("plano")
        assert count(connection, runtime, context, query, 0) == Count(1_234, exact=True)
        assert count(connection, runtime, context, query, 1_234) == Count(1_234, exact=True)
        assert count(connection, runtime, context, query, 1_000) == Count(1_000, exact=False, about=1_200)


@pytest.mark.parametrize(
    ("value", "said"), [(0, 0), (7, 7), (98_347, 98_000), (1_049, 1_000), (1_234_567, 1_200_000)]
)
def test_only_the_first_figures_are_told(value: int, said: int) -> None:
    assert rounded(value) == said
