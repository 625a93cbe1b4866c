"""SQL against closures: generated expressions over generated records give the same, on every PostgreSQL found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Engine, select

from kernel.expression import moments
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition, translated
from kernel.expression.values import Months, Record
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.infer import infer
from metadata.expression.kinds import DAYS, MONTHS
from metadata.expression.level import level
from metadata.expression.parse import parse
from metadata.expression.sets.reasons import NotForSets
from metadata.expression.write import write
from tests.kernel.expression.generated import Generator
from tests.kernel.expression.people import NOW, OFF, Tables, configured, fill, install, people, seen_people

pytestmark = pytest.mark.every_postgres
BOUND = {"feel_today": NOW.date(), "feel_now": NOW}
EXPRESSIONS, ROWS, TOGETHER, SEED = 600, 200, 40, 20261126
KINDS = (b.NUMBER, b.BOOLEAN, b.BOOLEAN, b.TEXT, b.DATE, b.DAYS, b.MONTHS, b.INSTANT, b.DURATION, b.TIME)
RUNTIME = configured()
ENTITIES = {name: compiled.entity for name, compiled in RUNTIME.entities.items()}


@dataclass(frozen=True)
class Case:
    """An expression, and what its closure says of each person."""

    node: n.Node
    kind: str
    values: list[Any]


@cache
def tables() -> Tables:
    return people(ROWS, SEED)


@cache
def records() -> list[Record]:
    return seen_people(RUNTIME, tables())


def case(node: n.Node) -> Case:
    closure = compiled(node)
    values = [
        stored(evaluate(closure, Run(NOW, holidays=frozenset(OFF)), Scope(record))) for record in records()
    ]
    return Case(node, infer(node, ENTITIES, "pessoa").kind.name, values)


def mixes_lengths(fault: Fault) -> bool:
    """Tell whether a fault is that months and days do not go together, which a sum of lengths may bring out."""
    kinds = {fault.facts[name] for name in ("left", "right", "of") if name in fault.facts}
    return bool(kinds) and kinds <= {str(MONTHS), str(DAYS)}


@cache
def generated() -> list[Case]:
    """Return cases of expressions that have no faults and are for sets; a few are too large for that."""
    generator = Generator(SEED)
    made: list[Case] = []
    refused = 0
    while len(made) < EXPRESSIONS:
        node = generator.make(KINDS[len(made) % len(KINDS)])
        if faults := infer(node, ENTITIES, "pessoa").faults:  # `?` within a list within a test is another's
            is_anothers = any(isinstance(part, n.Input) for part in node.walk())
            assert is_anothers or all(map(mixes_lengths, faults)), (write(node), faults)
            continue
        found = level(node, ENTITIES, "pessoa")
        if found.name == "sql":
            made.append(case(node))
            continue
        refused += 1
        assert {fault.code for fault in found.reasons} == {"M332"}, (write(node), found.reasons)
    assert refused < EXPRESSIONS / 10
    return made


@pytest.fixture(scope="module")
def database(cluster: Any) -> Iterator[Engine]:
    """The people in a database."""
    with cluster.database("expressions") as engine:
        install(engine, RUNTIME)
        fill(RUNTIME, engine, tables())
        yield engine


def stored(value: Any) -> Any:
    """Return a value of a closure as the column of a field of its kind holds it."""
    return moments.write(value) if isinstance(value, timedelta | Months) else value


def agree(ours: Any, theirs: Any) -> bool:
    """Tell whether two values are of one type and equal; numbers by value."""
    if isinstance(theirs, int) and not isinstance(theirs, bool):
        theirs = Decimal(theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


def by_sql(database: Engine, nodes: Sequence[n.Node], *, as_filters: bool = False) -> list[list[Any]]:
    """Return the values of several expressions for all people, from one SELECT."""
    source = Source.of_table(RUNTIME, "pessoa")
    write_one = condition if as_filters else translated
    columns = [write_one(node, source).label(f"v{place}") for place, node in enumerate(nodes)]
    statement = select(*columns).select_from(source.from_).order_by(source.table.c.id)
    with database.connect() as connection:
        return [list(column) for column in zip(*connection.execute(statement, BOUND), strict=True)]


def ids_by_sql(database: Engine, node: n.Node) -> list[int]:
    """Return the ids of the people that an expression as a filter lets through."""
    source = Source.of_table(RUNTIME, "pessoa")
    wanted = condition(node, source)
    statement = select(source.table.c.id).select_from(source.from_).where(wanted).order_by(source.table.c.id)
    with database.connect() as connection:
        return list(connection.execute(statement, BOUND).scalars())


def differences(case: Case, theirs: Sequence[Any]) -> list[Any]:
    triples = zip(records(), case.values, theirs, strict=True)
    return [(record["id"], ours, other) for record, ours, other in triples if not agree(ours, other)][:3]


def batches(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    return (cases[start : start + TOGETHER] for start in range(0, len(cases), TOGETHER))


def test_closure_and_sql_agree_on_every_generated_expression(database: Engine) -> None:
    for cases in batches(generated()):
        for each, theirs in zip(cases, by_sql(database, [each.node for each in cases]), strict=True):
            assert differences(each, theirs) == [], write(each.node)


def test_filters_let_through_exactly_what_closures_say_is_true(database: Engine) -> None:
    conditions = [each for each in generated() if each.kind == b.BOOLEAN]
    for cases in batches(conditions):
        nodes = [each.node for each in cases]
        for each, theirs in zip(cases, by_sql(database, nodes, as_filters=True), strict=True):
            true = [value is True for value in each.values]
            assert [value is True for value in theirs] == true, write(each.node)


TRAPS = (
    "nome = null", 'not(nome = "a")', "nome != codigo", "null = null", "ativo and null", "ativo or null",
    "if ativo then idade else valor", "nome < codigo", 'nome in ("a", null)', "valor in [0..100)", "valor in (< 0, > 10)",
    "idade in [null..18]", "idade in [valor..taxa]", "valor / 3", "valor / idade", "idade / valor * 100", "1 / 3",
    "valor / 100", "valor / 0", "decimal(valor / 3, 2)", "decimal(valor / 8, 2)", "decimal(taxa, 3)", "grande * 3",
    "grande + grande", "-grande", "abs(grande)", "grande * grande", "grande / valor", "round half up(valor / 3, 1)",
    "round half down(valor, 1)", "round up(valor, 0)", "round down(valor, 1)", "floor(valor)", "ceiling(-valor)",
    "floor(valor / 7)", "ceiling(valor / 7, 1)", "decimal(valor, -1)", "modulo(valor, -3)", "modulo(-7, 3)", "modulo(valor, 0)",
    "modulo(idade, valor)", "odd(idade)", "even(valor)", "nome + codigo", "string length(nome)", "substring(nome, 2)",
    "substring(nome, -2)", "substring(nome, 0)", "substring(nome, idade)", "substring(nome, -2, 1)", "substring(nome, 1, valor)",
    "upper case(nome)", "lower case(nome)", 'contains(nome, "a")', 'contains(nome, "")', "starts with(nome, codigo)",
    "ends with(nome, codigo)", 'substring before(nome, "a")', 'substring after(nome, "a")', 'substring after(nome, "")',
    'inicio + duration("P1M")', 'inicio - duration("P1M")', 'inicio + duration("P1D")', 'inicio - duration("PT1H")',
    'inicio + duration("P4000000D")', "inicio - fim", "(inicio - fim).days", "years and months duration(inicio, fim)",
    "inicio + (fim - inicio)", "last day of month(inicio)", "day of year(inicio)", "week of year(inicio)",
    "day of week(inicio)", "month of year(inicio)", "date(2026, 2, 30)", "date(idade, 2, 29)", "inicio.weekday",
    'registro + duration("PT36H")', "registro - registro", "(now() - registro).days", "hora.second", "today()", "now()",
    'hora - @"10:30:00"', 'hora + duration("PT36H")', "hora - (fim - inicio)", "inicio - registro", "registro - fim",
    "prazo", "dobro", "prazo = null", "prazo != null", 'prazo = @"P1M"', 'prazo = @"P30D"', 'prazo != @"P12M"', 'prazo < @"P2Y"',
    'prazo <= @"P30D"', 'prazo in [@"P1M"..@"P2Y"]', 'prazo between @"P1D" and @"P1Y"', 'prazo in (@"P1D", @"P1M", null)',
    "inicio + prazo", "inicio - prazo", "prazo + inicio", 'inicio + prazo - duration("P1D")', "(inicio + prazo) - (fim + prazo)",
    "registro + (fim - inicio)", "prazo + prazo", "prazo - prazo", "-prazo", "prazo + dobro", 'prazo + duration("P1D")', "abs(prazo)",
    'prazo + duration("P1M")', "prazo * 2", "2.5 * prazo", "prazo * idade", "prazo * valor", "prazo / 3", "prazo / 0", "prazo / valor",
    "prazo / prazo", 'prazo / duration("P1M")', "prazo / (fim - inicio)", "(fim - inicio) / 7", "(fim - inicio) * 0.5", "prazo.days",
    "(fim - inicio) * 1000000000", "years and months duration(inicio, fim) * 1.5", "prazo.months", "prazo.years", "prazo.minutes",
    'if ativo then prazo else duration("P1D")', 'if ativo then duration("P1M") else duration("P1M")', "coalesce(prazo, dobro)",
    'coalesce(prazo, duration("P30D"))', "min(prazo, dobro)", 'max(prazo, duration("P30D"))', "sum([prazo, dobro])", "mean([prazo, dobro])", "list contains([prazo, null], dobro)",
    "is business day(inicio)", "next business day(inicio)", "add business days(inicio, 1)", "add business days(inicio, -1)",
    "add business days(inicio, idade)", "add business days(inicio, valor)", "add business days(fim, 0)", "add business days(fim, -300)",
    "business days between(inicio, fim)", "business days between(fim, inicio)", "next business day(last day of month(inicio))",
    "add business days(inicio, 49999)", "add business days(inicio, 50001)", "next business day(inicio, null)",
    "add business days(today(), 1)", 'next business day(date("9999-12-30"))', "count(itens[is business day(dia)])",
    'prazo in [@"P1M"..dobro + @"P1D"]', 'null in [prazo..@"P1D"]',
    "max(itens.espera)", "min(itens.espera)", "sum(itens.espera)", "mean(itens.espera)", 'sum(itens[espera >= @"P0D"].espera)',
    "count(itens[espera = null])", "some i in itens satisfies i.espera > prazo", "list contains(itens.espera, prazo)", "prazo in itens.espera",
    "max(for i in itens return i.dia + i.espera)", "string(prazo)", "duration(string(prazo))", "duration(nome)", "duration(codigo + nome)",
    'duration("PT1." + string(idade) + "S")', 'duration("-P" + string(idade) + "D")', 'duration("P" + string(idade) + "Y")',
    'duration("P1DT")', 'duration("P" + nome)', 'duration("P999999999D") + duration("P1D")', '-duration("P999999999DT1H")',
    'duration("P120000000000M") + duration("P1M")', 'duration("P999999999D") * 2', "sum(itens.espera) > prazo", "sum([prazo])",
    "empresa.sede.nome", "empresa.sede.id", "empresa = null", "empresa = outra", "empresa.sede = outra.sede", "id",
    "sum(itens.valor)", "sum(itens[valor > 0].valor)", "count(itens)", "count(itens[ativo])", "count(itens[valor > 0]) > 0",
    "count(itens) = 0", "min(itens.dia)", "max(itens.nome)", "mean(itens.valor)", "sum(for i in itens return i.valor * 2) > 0",
    "count(itens[cidade = null])", "count(itens[cidade.nome = nome])", "count(cidades)", "count(itens[quantidade > idade]) > 0",
    "some i in itens satisfies i.valor > 0", "every i in itens satisfies i.valor > 0", "some i in itens satisfies i.ativo",
    "every i in itens satisfies some c in cidades satisfies c.nome = i.nome", "all(itens.ativo)", "any(itens.ativo)",
    "some i in itens, c in cidades satisfies i.cidade = c", "list contains(itens.nome, nome)", "nome in itens.nome",
    "list contains([nome, null], codigo)", "all([ativo, web])", "sum(valor, null)", "sum([])", "min([])", "count([nome])",
    "max(valor, idade)", "min(nome, codigo)", "before(inicio, fim)", "during(valor, [0..10])", "overlaps([idade..valor], (1..5])",
    "is(nome, codigo)", "is(nome, null)", "string(valor)", "string(idade / 4)", "string(ativo)", "string(inicio)",
    "{a: valor, b: a * 2}.b", "[valor..10].start", "valor between null and 3", "valor in (? > 3)", "taxa ** 3",
    "decimal(valor, 1) > 0.1", "decimal(valor, 1) <= -2.5", "round half up(valor, 0) >= 3", "round half down(valor, 0) < -2",
    "decimal(valor / idade, 1) > 0.05", "round up(valor / idade, 0) < 1", "0 < floor(valor / 7)", "ceiling(valor / -7) in [0..3]",
    "substring(nome, 99999999999 + 1)", 'substring("abc", idade, 0 - 99999999999)', "substring(nome, 1, 99999999999 * 3)",
    'inicio + (duration("P9999999999M") + duration("P1M"))', "date(idade, 2, 99999999999 + 1)", "date(99999999999 * 2, idade, 1)",
    "date(2026, idade, 30 - 99999999999)", "left(nome, 99999999999 + 1)", "pad left(nome, 99999999999 + 1)", "date(0 - 1, 1, 1)",
    'date("9999-12-31") + (fim - inicio)', "today() + (fim - inicio)", "idade / (1 - 1)", "modulo(idade, 1 - 1)",
    "saldo", "empresa.cota", "rotulo", "total > 0", "sum(itens.subtotal)", "coalesce(valor, idade, 0)", "coalesce(nome, null)",
    "years between(inicio, fim)", "months between(inicio, fim)", "days between(inicio, fim)", "first day of month(inicio)",
    "first day of year(inicio)", "last day of year(fim)", "left(nome, 2)", "right(nome, 2)", "left(nome, idade)", "pad left(nome, 4)",
    'pad right(nome, 4, "0")', "pad left(nome, 4, null)", "trim(nome)", "digits of(codigo)", "mod11(codigo)",
    "mod11(nome + string(valor))", "mod11(codigo, [2..7])", "mod11(codigo, [3, [2..4], 0])", 'mod11(string(idade), [2..10], {"1": "P", "10": 7})',
    'mod11(codigo, [2], {"11": "0"})', "mod11(codigo, [])", "mod11(codigo, [2..200])", "drawn(nome, 1000)", "drawn(codigo, 1000000000000)",
    "drawn(nome, idade)", "drawn(nome, valor)", "drawn(nome, 0)", "drawn(nome, 1.5)", "drawn(nome + string(idade), 7) + 1", "drawn(null, 5)", "valor / 1.0000000000000000000000000000001",
    "if empresa = null then null else empresa.capital", "(if ativo then inicio else null) < fim",
    "coalesce(empresa, outra).nome", "coalesce(empresa, outra) = outra", "(if ativo then empresa else outra).sede.nome",
    "(if ativo then empresa else null).capital", "coalesce(empresa.sede, outra.sede).populacao", "coalesce(empresa, null) = null",
    "count(itens[coalesce(cidade, coalesce(empresa, outra).sede).nome = nome])", "(if ativo then empresa else outra).cota",
    "sum(for i in itens return (if i.ativo then i.cidade else coalesce(empresa, outra).sede).populacao)",
    "some i in itens satisfies coalesce(i.cidade, empresa.sede) = outra.sede", "(if ativo then empresa else outra).id",
)  # fmt: skip


@pytest.mark.parametrize("text", TRAPS)
def test_what_is_easily_wrong_is_right(database: Engine, text: str) -> None:
    node = parse(text)
    assert not isinstance(node, Fault), node
    each = case(node)
    (theirs,) = by_sql(database, [node])
    assert differences(each, theirs) == []
    if each.kind == b.BOOLEAN:
        true = [record.id for record, value in zip(records(), each.values, strict=True) if value is True]
        assert ids_by_sql(database, node) == true


REFUSED = {
    "sort(itens.valor)": "M331",
    "for i in itens return i.valor": "M336",
    "itens[1]": "M330",
    'matches(nome, "a")': "M331",
    "date(nome)": "M333",
    "decimal(valor, idade)": "M333",
    "registro.hour": "M337",
    "sum(itens[valor > 0].cidade.populacao) + sum(for i in itens return i.valor * i.valor)": "M332",
    "valor ** idade": "M330",
    "[valor]": "M336",
    "nome instance of string": "M330",
    "before(prazo, dobro)": "M336",
    'next business day(inicio, [@"2026-11-20"])': "M333",
    "registro + prazo": "M337",
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED.items(), ids=REFUSED)
def test_what_has_no_exact_form_is_refused_with_a_reason(text: str, code: str) -> None:
    node = parse(text)
    assert not isinstance(node, Fault), node
    found = level(node, ENTITIES, "pessoa")
    assert [fault.code for fault in found.reasons] == [code]
    assert all("{" not in fault.sentence() for fault in found.reasons)
    with pytest.raises(NotForSets) as refused:
        translated(node, Source.of_table(RUNTIME, "pessoa"))
    assert refused.value.faults == found.reasons
