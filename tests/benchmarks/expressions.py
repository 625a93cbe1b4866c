"""`./aroeira bench expressions`: parsing, closures, and SQL over a million records beside hand-written SQL.

Each pair means the same: what a developer who knows the table would write, and what the product makes of the
expression. Rounds alternate, and the median of each side counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text

from kernel.context import at_present
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition
from kernel.expression.values import Record
from kernel.runtime import Runtime, compile
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.load import load_valid
from tests.benchmarks.figure import Figure, throughput
from tests.benchmarks.scratch import scratch_database

ROUNDS = 7
FILES = {
    "vidas/manifest.yaml": "package: vidas\nlabel: Vidas\nversion: 1.0.0\n",
    "vidas/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
fields:
  nome: {type: text, max: 40}
  tipo: {type: text, max: 1}
  limite: {type: integer}
  inicio: {type: date}
""",
    "vidas/entities/beneficiario.yaml": """
entity: beneficiario
label: {one: Beneficiário, many: Beneficiários}
fields:
  nome: {type: text, max: 60}
  situacao: {type: text, max: 10}
  nascimento: {type: date}
  adesao: {type: date}
  exclusao: {type: date}
  idade: {type: integer}
  preco: {type: money}
  desconto: {type: percent}
  titular: {type: yes/no}
  plano: {type: link, to: plano}
  dependentes: {type: children, of: dependente}
""",
    "vidas/entities/dependente.yaml": """
entity: dependente
label: {one: Dependente, many: Dependentes}
fields:
  beneficiario: {type: link, to: beneficiario, required: yes}
  idade: {type: integer}
  preco: {type: money}
  estudante: {type: yes/no}
""",
}
FILLED = (
    """
INSERT INTO plano (nome, tipo, limite, inicio)
SELECT 'Plano ' || n, (CAST('{I,F,E}' AS text[]))[1 + n % 3], 18 + n % 40, DATE '1999-01-02' + n * 60
FROM generate_series(1, 50) n
""",
    """
INSERT INTO beneficiario (nome, situacao, nascimento, adesao, exclusao, idade, preco, desconto, titular, plano)
SELECT initcap(translate(substr(md5(n::text), 1, 9), '0123456789', 'aeioumnrst')),
       CASE WHEN n % 37 = 0 THEN NULL ELSE (CAST('{ativo,suspenso,cancelado}' AS text[]))[1 + n % 3] END,
       DATE '1930-01-01' + n * 1919 % 34000, DATE '2005-01-01' + n * 31 % 7500,
       CASE WHEN n % 5 = 0 THEN DATE '2015-01-01' + n * 17 % 4000 END,
       CASE WHEN n % 29 = 0 THEN NULL ELSE n * 13 % 95 END, (n * 1717 % 300000) / 100.0, (n * 11 % 300) / 1000.0,
       CASE WHEN n % 41 = 0 THEN NULL ELSE n % 3 > 0 END, CASE WHEN n % 23 = 0 THEN NULL ELSE 1 + n % 50 END
FROM generate_series(1, :rows) AS n
""",
    """
INSERT INTO dependente (beneficiario, idade, preco, estudante)
SELECT 1 + n * 1919 % :rows, CASE WHEN n % 31 = 0 THEN NULL ELSE n * 17 % 70 END, (n * 313 % 90000) / 100.0, n % 4 = 0
FROM generate_series(1, :rows) AS n
""",
)
# What an author writes, and what a developer writes for it; {n} is a number.
SINGLE = {
    "a number": ("preco > 2900", "b.preco > 2900"),
    "a text": ('situacao = "suspenso"', "b.situacao = 'suspenso'"),
    "not a text": ('situacao != "ativo"', "b.situacao IS DISTINCT FROM 'ativo'"),
    "one of several": ('situacao in ("suspenso", "cancelado")', "b.situacao IN ('suspenso', 'cancelado')"),
    "a range": ("idade in [18..59) and titular", "b.idade >= 18 AND b.idade < 59 AND b.titular"),
    "a date and its length": (
        'adesao + duration("P90D") > date("2025-06-30") and exclusao = null',
        "b.adesao + 90 > DATE '2025-06-30' AND b.exclusao IS NULL",
    ),
    "months later": (
        'adesao + duration("P24M") > date("2027-01-15")',
        "(b.adesao + INTERVAL '24 months')::date > DATE '2027-01-15'",
    ),
    "an age": (
        "years between(nascimento, today()) >= 80",
        "extract(year FROM age(CAST(:today AS timestamp), b.nascimento::timestamp)) >= 80",
    ),
    "a choice with a link": (
        'preco < (if idade >= 60 and plano.tipo = "I" then preco * 1.3 else 15)',
        "b.preco < CASE WHEN b.idade >= 60 AND p.tipo = 'I' THEN b.preco * 1.3 ELSE 15 END",
    ),
    "a linked limit": ("idade > plano.limite and plano.inicio < adesao", "b.idade > p.limite AND p.inicio < b.adesao"),
    "an amount rounded half to even": (
        "decimal(preco * desconto, 2) > 500",
        """CASE WHEN abs(b.preco * b.desconto - trunc(b.preco * b.desconto, 2)) = 0.005
                THEN 2 * round(b.preco * b.desconto / 2, 2) ELSE round(b.preco * b.desconto, 2) END > 500""",
    ),
    "a quotient rounded": ("round half up(preco / idade, 2) > 40", "round(b.preco / nullif(b.idade, 0), 2) > 40"),
    "a piece of a text": ('contains(lower case(nome), "ab")', "strpos(lower(translate(b.nome, 'ÁÀÂÃÉÊÍÓÔÕÚÇ', 'áàâãéêíóôõúç')), 'ab') > 0"),
    "some row below": (
        "some d in dependentes satisfies d.idade > 24 and not(d.estudante)",
        "b.id IN (SELECT d.beneficiario FROM dependente d WHERE d.idade > 24 AND NOT d.estudante)",
    ),
    "a sum of rows below": (
        "sum(dependentes.preco) > 2000",
        """b.id IN (SELECT d.beneficiario FROM dependente d GROUP BY d.beneficiario
           HAVING count(*) = count(d.preco) AND sum(d.preco) > 2000)""",
    ),
    "how many rows below": (
        "count(dependentes[idade < 18]) >= 2",
        """b.id IN (SELECT d.beneficiario FROM dependente d WHERE d.idade < 18 GROUP BY d.beneficiario
           HAVING count(*) >= 2)""",
    ),
}  # fmt: skip
MANY = (
    ("preco > {n} * 20", "b.preco > {n} * 20"),
    ("idade = {n}", "b.idade = {n}"),
    ("idade < {n} and titular", "b.idade < {n} AND b.titular"),
    ('situacao = "ativo" and idade > {n}', "b.situacao = 'ativo' AND b.idade > {n}"),
    ('situacao != "ativo" and preco < {n}', "b.situacao IS DISTINCT FROM 'ativo' AND b.preco < {n}"),
    ("exclusao != null and exclusao < adesao", "b.exclusao IS NOT NULL AND b.exclusao < b.adesao"),
    ('nascimento + duration("P{n}Y") > adesao', "(b.nascimento + INTERVAL '{n} years')::date > b.adesao"),
    ('adesao + duration("P{n}D") < exclusao', "b.adesao + {n} < b.exclusao"),
    ("idade > plano.limite + {n}", "b.idade > p.limite + {n}"),
    ('plano.tipo = "I" and idade < {n}', "p.tipo = 'I' AND b.idade < {n}"),
    ("plano = null and preco > {n}", "b.plano IS NULL AND b.preco > {n}"),
    ("preco * (1 - desconto) < {n}", "b.preco * (1 - b.desconto) < {n}"),
    ("idade in [{n}..80]", "b.idade BETWEEN {n} AND 80"),
    ("idade between {n} and 80 or titular = false", "b.idade BETWEEN {n} AND 80 OR b.titular = false"),
    ("string length(nome) > {n}", "length(b.nome) > {n}"),
    ('starts with(nome, "A") and idade > {n}', "starts_with(b.nome, 'A') AND b.idade > {n}"),
    ("nascimento.year < 1930 + {n}", "extract(year FROM b.nascimento) < 1930 + {n}"),
    ("not(titular) and desconto > {n} / 1000", "NOT b.titular AND b.desconto > {n} / 1000.0"),
    ("(adesao - nascimento).days < {n} * 365", "b.adesao - b.nascimento < {n} * 365"),
    ("(if titular then preco else preco * 0.5) > {n} * 10", "CASE WHEN b.titular THEN b.preco ELSE b.preco * 0.5 END > {n} * 10"),
)  # fmt: skip
NUMBERS = (7, 18, 33, 59, 71)
BASE = "FROM beneficiario b LEFT JOIN plano p ON p.id = b.plano"


def run(rows: int = 1_000_000) -> Iterator[Figure]:
    """Yield the figures: parsing, one evaluation, single filters, a hundred checks at once."""
    yield _parsing()
    yield from _closures()
    with scratch_database() as engine:
        runtime = _install(engine, rows)
        with engine.connect() as connection:
            for name, (ours, theirs) in SINGLE.items():
                yield _filtered(connection, runtime, name, rows, ours, theirs)
            yield _checked(connection, runtime, rows)


def _parsing() -> Figure:
    texts = [ours for ours, _ in SINGLE.values()]
    spent = [_median(lambda each=each: parse(each), 200) for each in texts]
    return Figure("parse", round(statistics.median(spent) * 1e6, 1), "µs")


def _closures() -> Iterator[Figure]:
    """Yield the time of one evaluation beside the same in plain Python, of one record in memory."""
    plan, person = Record("plano", 1), Record("beneficiario", 1)
    plan.update(tipo="I", limite=Decimal(24), inicio=date(2000, 1, 1))
    person.update(
        idade=Decimal(61), preco=Decimal("512.30"), situacao="ativo", titular=True, plano=plan,
        adesao=date(2024, 5, 31), exclusao=None, dependentes=[],
    )  # fmt: skip
    by_hand: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "a comparison": ("preco > 2900", lambda r: r["preco"] > 2900),
        "a choice with a link": (
            'if idade >= 60 and plano.tipo = "I" then preco * 1.3 else preco',
            lambda r: (
                r["preco"] * Decimal("1.3") if r["idade"] >= 60 and r["plano"]["tipo"] == "I" else r["preco"]
            ),
        ),
    }
    scope, now = Scope(person), at_present("x").now
    for name, (ours, theirs) in by_hand.items():
        closure = compiled(_read(ours))
        spent = _median(lambda closure=closure: evaluate(closure, Run(now), scope), 5000) * 1e6
        other = _median(lambda theirs=theirs: theirs(person), 5000) * 1e6
        yield Figure(
            f"closure, {name}",
            round(spent, 2),
            "µs",
            "plain Python",
            round(other, 2),
            round(other / spent, 3),
        )


def _read(written: str) -> n.Node:
    node = parse(written)
    assert not isinstance(node, Fault), written
    return node


def _median(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


# ── SQL ───────────────────────────────────────────────────────────────────────────────────────────


def _install(engine: Engine, rows: int) -> Runtime:
    runtime = compile(load_valid({path: content.encode() for path, content in FILES.items()}), 1)
    with engine.begin() as connection:
        runtime.metadata.create_all(connection)
        for statement in FILLED:
            connection.execute(text(statement), {"rows": rows} if ":rows" in statement else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
    return runtime


def _filtered(
    connection: Connection, runtime: Runtime, name: str, rows: int, ours: str, theirs: str
) -> Figure:
    source = Source.of_table(runtime, "beneficiario")
    wanted = condition(_read(ours), source)
    made = select(func.count()).select_from(source.from_).where(wanted)
    base = BASE if "p." in theirs else "FROM beneficiario b"
    by_hand = text(f"SELECT count(*) {base} WHERE {theirs}")
    return _compared(connection, f"filter, {name}", rows, made, by_hand)


def _checked(connection: Connection, runtime: Runtime, rows: int) -> Figure:
    source = Source.of_table(runtime, "beneficiario")
    pairs = [(ours.format(n=number), theirs.format(n=number)) for ours, theirs in MANY for number in NUMBERS]
    counts = [func.count().filter(condition(_read(ours), source)) for ours, _ in pairs]
    made = select(*(each.label(f"c{place}") for place, each in enumerate(counts))).select_from(source.from_)
    listed = ", ".join(
        f"count(*) FILTER (WHERE {theirs}) AS c{place}" for place, (_, theirs) in enumerate(pairs)
    )
    return _compared(
        connection, f"{len(pairs)} checks in one pass", rows, made, text(f"SELECT {listed} {BASE}")
    )


def _compared(connection: Connection, name: str, rows: int, ours: Any, theirs: Any) -> Figure:
    """Return the rows per second of two statements that must answer the same."""
    now = at_present("x").now
    bound = {"feel_today": now.date(), "feel_now": now}
    given = {"today": now.date()} if ":today" in str(theirs) else {}
    sides: Sequence[Callable[[], Any]] = (
        lambda: connection.execute(ours, bound).all(),
        lambda: connection.execute(theirs, given).all(),
    )
    answers = [side() for side in sides]
    if answers[0] != answers[1]:
        raise RuntimeError(f"{name}: {answers}")
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS):
        for place in (0, 1) if turn % 2 else (1, 0):
            start = time.perf_counter()
            sides[place]()
            spent[place].append(time.perf_counter() - start)
    mine, other = (statistics.median(each) for each in spent)
    return throughput(name, rows / mine, rows / other, "rows/s", "hand-written SQL")
