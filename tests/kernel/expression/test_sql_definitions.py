"""Functions, decisions and parameters in SQL come to what they come to in closures, for every record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from kernel.context import Context
from kernel.expression import moments
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition, translated
from kernel.expression.values import Months
from kernel.parameters import set_value, site_values
from kernel.runtime import Runtime
from metadata.expression.faults import Fault
from metadata.expression.infer import infer
from metadata.expression.nodes import Node
from metadata.expression.parse import parse
from metadata.expression.sets.reasons import NotForSets
from tests.kernel.expression.people import configured, fill, install, people, seen_people

pytestmark = pytest.mark.every_postgres
NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
BOUND = {"feel_today": NOW.date(), "feel_now": NOW}
HEAD = "inputs: {idade: integer, ativo: yes/no, nome: text}\n"
ROWS = """rows: |
  idade    | ativo | nome     || valor
  < 18     | -     | -        || 1
  [10..60] | true  | -        || 2.5
  >= 30    | -     | not("a") || 0.25
  null     | -     | -        || 7
"""
SIDE_BY_SIDE = """rows: |
  idade    | ativo     | nome || valor
  < 18     | -         | -    || 1
  [18..59] | true      | -    || 2
  [18..59] | not(true) | "a"  || 3
"""
OPEN = "rows: |\n  idade | ativo | nome || valor\n  < string length(nome) * 9 | - | - || 1\n  > 20 | - | - || 2\n  otherwise || 0\n"

LIMITED = """decision: limitada
pick: first
inputs: {idade: {type: integer, min: 10, max: 50}, nome: {type: choice, of: {a: A, Ana: Ana}}}
outputs: {prazo: duration}
rows:
  2020-01-01: |
    idade | nome || prazo
    -     | "a"  || duration("P1D")
    otherwise    || duration("PT12H")
  2026-06-01: |
    idade | nome || prazo
    > 20  | -    || duration("P30D")
"""
NOTA = """function: nota
of: pessoa
takes: {mais: integer}
is: d_first(idade, ativo, nome) + dobro(valor) + mais + limite()
"""
LIMITE = """parameter: limite
type: {type: integer, min: 0}
of: pessoa
cascade: [empresa.sede.populacao, idade]
default: 5
"""


def table(
    name: str, pick: str, rows: str, output: str = "outputs: {valor: 'decimal(9,2)'}\n"
) -> tuple[str, str]:
    return f"decisions/{name}", f"decision: {name}\npick: {pick}\n{HEAD}{output}{rows}"


MORE = dict(
    (
        *(table(f"d_{pick}", pick, ROWS) for pick in ("first", "sum", "count", "min", "max")),
        *(table(f"o_{pick}", pick, ROWS + "  otherwise || 99\n") for pick in ("first", "sum", "min")),
        table("d_unique", "unique", SIDE_BY_SIDE),
        table("d_any", "any", SIDE_BY_SIDE + "  [40..50] | true | - || 2\n"),
        table("aberta", "unique", OPEN),
        table("somada", "sum", ROWS.replace("2.5", "if ativo then idade else null")),
        table("listada", "collect", ROWS),
        table(
            "nivel", "priority",
            'rows: |\n  idade | ativo | nome || nivel | peso\n  > 10 | - | - || "baixo" | idade\n  > 40 | - | - || "alto" | 2\n  - | true | - || "medio" | 3\n',
            "outputs: {nivel: {type: choice, of: {alto: A, medio: M, baixo: B}}, peso: decimal}\n",
        ),
        ("decisions/limitada", LIMITED),
        ("functions/dobro", "function: dobro\ntakes: {x: 'decimal(9,2)'}\nis: x * 2\n"),
        ("functions/nota", NOTA),
        ("functions/sede", "function: sede\nof: empresa\nis: if ativa then sede.nome else nome\n"),
        ("parameters/limite", LIMITE),
        ("parameters/solto", "parameter: solto\ntype: decimal(9,2)\ndefault: 1.5\n"),
        ("parameters/dia", "parameter: dia\ntype: date\n"),
        ("parameters/sim", "parameter: sim\ntype: yes/no\ndefault: no\n"),
        ("parameters/texto", "parameter: texto\ntype: text\n"),
    )
)  # fmt: skip
CALLS = (
    *(f"{name}(idade, ativo, nome)" for name in ("d_first", "d_sum", "d_count", "d_min", "d_max", "d_unique")),
    *(f"{name}(idade, ativo, nome)" for name in ("o_first", "o_sum", "o_min", "d_any", "aberta", "somada")),
    "nivel(idade, ativo, nome).nivel", "nivel(idade, ativo, nome).peso",
    'limitada(idade, "a")', 'limitada(idade, nome, @"2026-05-31")', "limitada(idade, nome, inicio)",
    'limitada(nome: "a", idade: idade, at: @"2019-12-31")', "limitada(null, nome)",
    "dobro(valor)", "dobro(dobro(valor)) + dobro(1)", "nota(1)",
    "sede(empresa)", "sede(outra) = sede(empresa)", "limite()", "limite() > 20 and sim()",
    "solto()", 'solto(@"2026-03-31")', "solto(inicio)", "dia()", "dia() < inicio", "texto()", "sim()",
    "sum(for i in itens return dobro(i.valor))", "count(itens[dobro(valor) > solto()])",
    "some i in itens satisfies d_first(i.quantidade, i.ativo, i.nome) > 1",
)  # fmt: skip
World = tuple[Engine, Runtime, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def world(cluster: Any) -> Iterator[World]:
    with cluster.database("definitions") as engine:
        runtime = configured({f"gente/{path}.yaml": text for path, text in MORE.items()})
        install(engine, runtime)
        said: list[tuple[str, Any, date]] = [
            ("solto", Decimal("2.25"), date(2025, 1, 31)), ("solto", Decimal(3), date(2025, 2, 28)),
            ("solto", None, date(2026, 4, 1)), ("dia", date(2025, 2, 1), date(2020, 1, 1)),
            ("sim", False, date(2020, 1, 1)), ("sim", True, date(2020, 1, 1)), ("texto", "á", date(2026, 1, 1)),
            ("limite", 30, date(2026, 1, 1)),
        ]  # fmt: skip
        with engine.begin() as connection:
            for name, value, since in said:
                assert set_value(runtime, connection, Context("ana", NOW), name, value, since) is None
        tables = people(150, 7)
        fill(runtime, engine, tables)
        yield engine, runtime, seen_people(runtime, tables)


def read(text: str, runtime: Runtime) -> Node:
    node = parse(text)
    assert not isinstance(node, Fault), text
    entities = runtime.configuration.entities
    assert infer(node, entities, "pessoa", None, runtime.configuration.defined.definitions).faults == (), text
    return node


def by_closure(world: World, node: Node) -> list[Any]:
    engine, runtime, records = world
    closure = compiled(node)
    with engine.connect() as connection:
        site = site_values(runtime, connection)
        runs = (Run(NOW, definitions=runtime.definitions, site=site) for _ in records)
        found = [evaluate(closure, run, Scope(one)) for run, one in zip(runs, records, strict=True)]
    return [
        moments.write(one) if type(one).__name__ in ("timedelta", Months.__name__) else one for one in found
    ]


def by_sql(world: World, node: Node) -> list[Any]:
    engine, runtime, _ = world
    source = Source.of_table(runtime, "pessoa")
    made = translated(node, source)
    statement = select(made).select_from(source.from_).order_by(source.table.c.id)
    with engine.connect() as connection:
        found = list(connection.execute(statement, BOUND).scalars())
    return [Decimal(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in found]


@pytest.mark.parametrize("text", CALLS)
def test_a_call_comes_to_the_same_in_closures_and_sql(world: World, text: str) -> None:
    node = read(text, world[1])
    ours, theirs = by_closure(world, node), by_sql(world, node)
    assert ours == theirs
    assert set(ours) != {None} or "null" in text or "2019" in text, "nothing is compared"


def test_a_filter_may_ask_a_decision(world: World) -> None:
    engine, runtime, records = world
    node = read("d_first(idade, ativo, nome) > 1 and limite() > 10", runtime)
    source = Source.of_table(runtime, "pessoa")
    wanted = condition(node, source)
    statement = select(source.table.c.id).select_from(source.from_).where(wanted).order_by(source.table.c.id)
    with engine.connect() as connection:
        found = list(connection.execute(statement, BOUND).scalars())
    pairs = zip(records, by_closure(world, node), strict=True)
    assert found == [int(record["id"]) for record, value in pairs if value is True]
    assert 0 < len(found) < len(records)


@pytest.mark.parametrize(
    "text", ["listada(idade, ativo, nome)", "nivel(idade, ativo, nome)", "nota(pessoa: null, mais: 2)"]
)
def test_what_is_no_single_value_is_refused_where_the_call_stands(world: World, text: str) -> None:
    with pytest.raises(NotForSets) as refused:
        translated(read(text, world[1]), Source.of_table(world[1], "pessoa"))
    assert [fault.span for fault in refused.value.faults] == [(0, len(text))]
