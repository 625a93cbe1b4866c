"""Rows that are no records yet: their own columns stand for fields, the rest is that of the record they change."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Date, Engine, Numeric, column, literal, select, values

from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition, translated
from kernel.expression.values import Record, feel
from metadata.expression.faults import Fault
from metadata.expression.nodes import Node
from metadata.expression.parse import parse
from metadata.expression.sets import shapes
from metadata.expression.sets.reasons import NotForSets
from tests.kernel.expression.people import NOW, configured, fill, install, people, seen_people

RUNTIME = configured()
TABLES = people(30, 5)
PEOPLE = seen_people(RUNTIME, TABLES)
# Which record a row changes, or none; what it says of two fields.
ROWS: tuple[tuple[int | None, Decimal, int | None], ...] = (
    (1, Decimal("5.00"), 3), (7, Decimal("-2.50"), None), (12, Decimal("0.00"), 8), (None, Decimal("9.99"), 2),
    (None, Decimal("1.00"), None),
)  # fmt: skip
ASKED = (
    "valor * 2", "nome", "empresa.nome", "empresa.sede.nome", "id", "empresa = outra", "count(itens)",
    "count(itens) = 0", "count(itens) > 0", "sum(itens.valor) > valor", "every i in itens satisfies i.valor > valor",
    "some i in itens satisfies i.ativo", "saldo", "total", "valor > 1 and empresa != null",
)  # fmt: skip


@pytest.fixture(scope="module")
def database(cluster: Any) -> Iterator[Engine]:
    with cluster.database("staged") as engine:
        install(engine, RUNTIME)
        fill(RUNTIME, engine, TABLES)
        yield engine


def staged() -> tuple[Source, Any]:
    """Return the source of the rows, and the place of each."""
    rows: Any = values(
        column("place", BigInteger), column("target", BigInteger), column("a", Numeric), column("b", BigInteger), name="rows"
    ).data([(place, *row) for place, row in enumerate(ROWS)])  # fmt: skip
    existing = RUNTIME.entities["pessoa"].table.alias("existing")
    base = rows.outerjoin(existing, existing.c.id == rows.c.target)
    columns = {"id": rows.c.target, "valor": rows.c.a, "empresa": rows.c.b}
    return Source.of_columns(RUNTIME, "pessoa", columns, base, existing=existing), rows.c.place


def records() -> list[Record]:
    """Return the same rows as closures see them."""
    companies = {each["empresa"].id: each["empresa"] for each in PEOPLE if each["empresa"]}
    made = []
    for target, amount, company in ROWS:
        record = Record("pessoa", target)
        before = PEOPLE[target - 1] if target else dict.fromkeys(PEOPLE[0]) | {"itens": [], "cidades": []}
        record.update(
            {
                **before,
                "id": feel(target),
                "valor": amount,
                "empresa": companies[company] if company else None,
            }
        )
        record.lazy = PEOPLE[0].lazy
        made.append(record)
    return made


def read(text: str) -> Node:
    node = parse(text)
    assert not isinstance(node, Fault), node
    return node


@pytest.mark.parametrize("text", ASKED)
def test_a_row_is_judged_as_the_record_it_will_be(database: Engine, text: str) -> None:
    node = read(text)
    source, place = staged()
    value = translated(node, source)
    made = select(value).select_from(source.from_).order_by(place)
    closure = compiled(node)
    ours = [evaluate(closure, Run(NOW), Scope(record)) for record in records()]
    with database.connect() as connection:
        theirs = [feel(found) for found in connection.execute(made).scalars()]
        assert theirs == ours
        if all(isinstance(found, bool | None) for found in ours):
            source, place = staged()
            wanted = condition(node, source)
            kept = select(place).select_from(source.from_).where(wanted).order_by(place)
            assert list(connection.execute(kept).scalars()) == [
                n for n, found in enumerate(ours) if found is True
            ]


def test_names_of_the_caller_stand_for_its_own_sql(database: Engine) -> None:
    table = RUNTIME.entities["pessoa"].table
    names = {
        "limite": (shapes.number(5, 2), literal(Decimal("10.00"), Numeric())),
        "dia": (shapes.DATE, literal(NOW.date(), Date())),
    }
    source = Source.of_table(RUNTIME, "pessoa", table, names=names)
    wanted = condition(read("valor > limite and inicio < dia"), source)
    with database.connect() as connection:
        found = set(connection.execute(select(table.c.id).select_from(source.from_).where(wanted)).scalars())
    assert found == {
        each.id for each in PEOPLE
        if each["valor"] is not None and each["valor"] > 10 and each["inicio"] is not None and each["inicio"] < NOW.date()
    }  # fmt: skip
    assert found


def test_a_filter_asks_for_a_condition() -> None:
    with pytest.raises(NotForSets) as refused:
        condition(read("valor + 1"), Source.of_table(RUNTIME, "pessoa"))
    assert [fault.code for fault in refused.value.faults] == ["M335"]


def test_one_join_serves_every_path_through_a_link() -> None:
    source = Source.of_table(RUNTIME, "pessoa")
    for text in (
        "empresa.nome",
        "empresa.sede.nome",
        "empresa.sede.populacao + empresa.capital",
        "empresa.id",
    ):
        translated(read(text), source)
    assert str(source.from_).count("JOIN") == 2


def test_an_index_can_serve_what_filters_ask() -> None:
    written = {
        'nome = "Ana"': "t.nome = ",
        'nome in ("a", "b")': "t.nome IN (",
        "idade > 18": "t.idade > 18",
        "empresa = null": "t.empresa IS NULL",
        "some i in itens satisfies i.valor > 1": "t.id IN (SELECT l1.pessoa",
        "count(itens) = 0": "NOT (EXISTS (SELECT 1",
        "decimal(valor, 1) > 0.5": "t.valor >= 0.55",
    }
    for text, part in written.items():
        made = str(condition(read(text), Source.of_table(RUNTIME, "pessoa")))
        assert part in " ".join(made.split()), made
