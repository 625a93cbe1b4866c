"""Lists: filters, search, order, pages by key, counts, lookups, and the gate before all of them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.context import Context, at_present
from kernel.fold import fold
from kernel.query.lookup import having, lookup, texts
from kernel.query.plan import Filter, Query
from kernel.query.run import count, page, stream
from kernel.runtime import Runtime
from kernel.storage import write
from metadata.problems import Problems
from tests.access import all_but
from tests.kernel.shop import installed

WORDS = ("Flex", "Essencial", "Saúde", "Ação", "ótimo", "Prata", "élan", "Zona", "100%", "a_b")


@pytest.fixture
def context() -> Context:
    return at_present("marina")


@pytest.fixture
def runtime(database: Engine, context: Context) -> Runtime:
    """120 plans with gaps in every column, from a fixed seed."""
    runtime = installed(database)
    chance = random.Random(7)
    with database.begin() as connection:

        def make(entity: str, **values: Any) -> int:
            return write.insert(connection, context, runtime.entities[entity], [values])[0]

        states = [make("estado", sigla=sigla, nome=sigla) for sigla in ("MG", "SP", "RJ")]
        towns = [make("municipio", nome=f"Vila {n}", estado=chance.choice(states)) for n in range(6)]
        for number in range(120):
            make(
                "plano",
                codigo=f"{number:04d}",
                descricao=" ".join(chance.sample(WORDS, 2)),
                registro=f"{chance.randrange(10**9):09d}",
                situacao=chance.choice(("ativo", "cancelado")),
                inicio=chance.choice((None, date(2020, 1, 1) + timedelta(days=chance.randrange(900)))),
                vidas=chance.choice((None, chance.randrange(5))),
                web=chance.choice((None, True, False)),
                estado=chance.choice((None, *states)),
                municipio=chance.choice((None, *towns)),
            )
    return runtime


def everything(database: Engine, runtime: Runtime, context: Context, query: Query) -> list[Any]:
    with database.connect() as connection:
        return list(stream(connection, runtime, context, query))


ORDERS = (
    ("descricao",), ("-descricao",), ("vidas",), ("-vidas", "inicio"), ("web", "-estado", "vidas"),
    ("municipio.estado.sigla", "codigo"), ("inicio",), ("-id",), ("created_at",), ("-estado",),
)  # fmt: skip


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
def test_pages_by_key_give_every_row_once_forwards_and_backwards(
    database: Engine, runtime: Runtime, context: Context, order: tuple[str, ...]
) -> None:
    query = Query("plano", columns=("codigo",), order=order, limit=7)
    expected = [line.id for line in everything(database, runtime, context, query)]
    assert len(set(expected)) == 120
    seen: list[int] = []
    cursors = [""]
    with database.connect() as connection:
        while True:
            found = page(connection, runtime, context, replace(query, after=cursors[-1]))
            seen += [line.id for line in found.rows]
            if not found.next:
                break
            cursors.append(found.next)
        assert seen == expected
        back: list[int] = [line.id for line in found.rows]
        while found.previous:
            found = page(connection, runtime, context, replace(query, before=found.previous))
            back = [line.id for line in found.rows] + back
        assert back == expected


def test_order_ignores_accents_and_capitals_and_puts_empty_first(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    lines = everything(
        database, runtime, context, Query("plano", ("descricao", "vidas"), order=("descricao",))
    )
    folded = [fold(line.values["descricao"]) for line in lines]
    assert folded == sorted(folded)
    by_lives = everything(database, runtime, context, Query("plano", ("vidas",), order=("vidas",)))
    assert by_lives[0].values["vidas"] is None
    assert by_lives[-1].values["vidas"] == 4


FILTERS = (
    (Filter("situacao", "is", ("ativo",)), lambda r: r["situacao"] == "ativo"),
    (Filter("vidas", "is not", (3,)), lambda r: r["vidas"] != 3),
    (Filter("vidas", "one of", (1, 2)), lambda r: r["vidas"] in (1, 2)),
    (Filter("vidas", "between", (1, 3)), lambda r: r["vidas"] is not None and 1 <= r["vidas"] <= 3),
    (Filter("inicio", "from", (date(2021, 1, 1),)), lambda r: r["inicio"] is not None and r["inicio"] >= date(2021, 1, 1)),
    (Filter("inicio", "to", (date(2021, 1, 1),)), lambda r: r["inicio"] is not None and r["inicio"] <= date(2021, 1, 1)),
    (Filter("inicio", "empty"), lambda r: r["inicio"] is None),
    (Filter("estado", "filled"), lambda r: r["estado"] is not None),
    (Filter("descricao", "contains", ("SAUDE",)), lambda r: "saude" in fold(r["descricao"])),
    (Filter("descricao", "starts with", ("ac",)), lambda r: fold(r["descricao"]).startswith("ac")),
    (Filter("descricao", "contains", ("%",)), lambda r: "%" in r["descricao"]),
    (Filter("descricao", "contains", ("a_b",)), lambda r: "a_b" in r["descricao"]),
    (Filter("web", "is", (True,)), lambda r: r["web"] is True),
    (Filter("municipio.estado.sigla", "is", ("SP",)), lambda r: r["municipio.estado.sigla"] == "SP"),
    (Filter("redes", "empty"), lambda r: True),
    (Filter("faixas", "filled"), lambda r: False),
)  # fmt: skip


@pytest.mark.parametrize(("condition", "oracle"), FILTERS, ids=lambda part: getattr(part, "operator", ""))
def test_filters_agree_with_python(
    database: Engine, runtime: Runtime, context: Context, condition: Filter, oracle: Any
) -> None:
    columns = ("situacao", "vidas", "inicio", "estado", "descricao", "web", "municipio.estado.sigla")
    rows = everything(database, runtime, context, Query("plano", columns))
    expected = {line.id for line in rows if oracle(line.values)}
    query = Query("plano", columns, (condition,))
    assert {line.id for line in everything(database, runtime, context, query)} == expected
    with database.connect() as connection:
        assert count(connection, runtime, context, query, 0).value == len(expected)


def test_counting_stops_where_it_is_told(database: Engine, runtime: Runtime, context: Context) -> None:
    with database.connect() as connection:
        few = count(connection, runtime, context, Query("plano"), at_most=50)
        all_of_them = count(connection, runtime, context, Query("plano"))
    assert (few.value, few.exact) == (50, False)
    assert (all_of_them.value, all_of_them.exact) == (120, True)


def test_search_finds_fragments_without_accents_and_documents_without_dots(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    rows = everything(database, runtime, context, Query("plano", ("descricao", "registro")))
    found = everything(database, runtime, context, Query("plano", search="SAÚ ess"))
    assert {line.id for line in found} == {
        line.id
        for line in rows
        if "sau" in fold(line.values["descricao"]) and "ess" in fold(line.values["descricao"])
    }
    number = rows[0].values["registro"]
    dressed = f"{number[:3]}.{number[3:6]}/{number[6:8]}"
    assert rows[0].id in {
        line.id for line in everything(database, runtime, context, Query("plano", search=dressed))
    }


def test_links_come_with_the_text_of_their_target(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    query = Query(
        "plano", ("estado", "municipio"), (Filter("municipio", "filled"), Filter("estado", "filled"))
    )
    with database.connect() as connection:
        line = page(connection, runtime, context, query).rows[0]
    assert line.shown["estado"] in ("MG", "SP", "RJ")
    assert line.shown["municipio"].startswith("Vila ")


def test_a_lookup_puts_first_what_starts_with_the_words(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    with database.connect() as connection:
        hits = lookup(connection, runtime, context, "plano", "001")
        nothing = lookup(connection, runtime, context, "plano", "não há")
        named = texts(connection, runtime, context, "plano", (hits[0].id,))
    assert [hit.text[:4] for hit in hits[:10]] == [f"001{n}" for n in range(10)]
    assert hits[0].more.startswith("Registro: ")
    assert nothing == ()
    assert named == {hits[0].id: hits[0].text}


def test_which_of_some_entities_have_a_record_is_told_of_none_too(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    with database.connect() as connection:
        assert having(connection, runtime, context, ("plano",), "001") == ("plano",)
        assert having(connection, runtime, context, ("plano",), "não há") == ()
        assert having(connection, runtime, context, (), "001") == ()


def test_a_lookup_keeps_to_its_filter(database: Engine, runtime: Runtime, context: Context) -> None:
    with database.connect() as connection:
        state = lookup(connection, runtime, context, "estado", "mg")[0].id
        towns = lookup(connection, runtime, context, "municipio", "vila", {"estado": state})
        everywhere = lookup(connection, runtime, context, "municipio", "vila")
    assert 0 < len(towns) < len(everywhere)


def test_a_hidden_field_is_as_if_it_did_not_exist(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    closed = replace(context, access=all_but(runtime, fields={"plano.vidas": "read", "estado.sigla": "read"}))
    queries = (
        Query("plano", ("vidas",)), Query("plano", (), (Filter("vidas", "is", (1,)),)),
        Query("plano", order=("-vidas",)), Query("plano", ("municipio.estado.sigla",)),
    )  # fmt: skip
    with database.connect() as connection:
        for query in queries:
            with pytest.raises(Problems) as refused:
                page(connection, runtime, closed, query)
            assert [problem.code for problem in refused.value.problems] == ["R402"]


def test_row_conditions_hold_for_pages_counts_and_lookups(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    rows_of_plans = {"level": "read", "rows": 'situacao != "ativo"'}
    only = replace(context, access=all_but(runtime, entities={"plano": rows_of_plans}))
    rows = everything(database, runtime, context, Query("plano", ("situacao",)))
    active = {line.id for line in rows if line.values["situacao"] == "ativo"}
    assert {line.id for line in everything(database, runtime, only, Query("plano"))} == active
    with database.connect() as connection:
        assert count(connection, runtime, only, Query("plano")).value == len(active)
        assert {hit.id for hit in lookup(connection, runtime, only, "plano", "00", limit=200)} <= active
        assert set(texts(connection, runtime, only, "plano", tuple(line.id for line in rows))) == active


@pytest.mark.parametrize("cursor", ["x", "////", "eyJhIjoxfQ", "WyJhIiwiYiJd", "WyIxIiwibm8iXQ"])
def test_a_forged_cursor_is_refused(
    database: Engine, runtime: Runtime, context: Context, cursor: str
) -> None:
    with database.connect() as connection, pytest.raises(Problems) as refused:
        page(connection, runtime, context, Query("plano", order=("vidas",), after=cursor))
    assert [problem.code for problem in refused.value.problems] == ["R403"]


def test_unknown_names_are_all_told(database: Engine, runtime: Runtime, context: Context) -> None:
    with database.connect() as connection, pytest.raises(Problems) as refused:
        page(connection, runtime, context, Query("plano", ("descricau", "estado.nada.x"), order=("-zzz",)))
    assert [problem.code for problem in refused.value.problems] == ["R402", "R402", "R402"]
    assert "você quis dizer “descricao”?" in str(refused.value)
