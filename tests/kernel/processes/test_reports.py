"""Reports stay with a run: rows as they were made, or summed up across the parts that made them."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from kernel.processes import reports
from metadata.load import load_files
from tests.billing import NOVEMBER, Office, office, texts

PROCESS = """
process: provar
label: Provar
needs: FATURAR
ask: {competencia: {type: month, required: yes}}
together: contrato
part: 12
steps:
  vidas:
    from: vida
    columns: {contrato: contrato, vida: vida, nome: nome, inicio: inicio, dia: inicio.day, valor: {is: inicio.day * 1.25, type: money}}
    report: {columns: [vida, inicio, dia, valor]}
  por_dia:
    from: vidas
    group: [contrato, dia]
    columns: {tabela: contrato.tabela, quantas: count(vidas), valor: {is: sum(valor), type: money}}
    report: {columns: [tabela, dia, quantas, valor], sum: [quantas, valor]}
  novas:
    from: vidas
    group: [contrato]
    insert: fatura
    set: {contrato: contrato, competencia: competencia, vencimento: competencia, total: sum(valor)}
"""
FILES = {"faturas/processes/provar.yaml": PROCESS}


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, FILES)
    chance = random.Random(11)
    found.say("INSERT INTO tabela (nome) VALUES ('A'), ('B')")
    with database.begin() as connection:
        for number in range(1, 21):
            connection.execute(
                text(
                    "INSERT INTO contrato (numero, cliente, vencimento, situacao, tabela) VALUES "
                    "(:n, 'C', 5, 'ativo', (SELECT id FROM tabela WHERE nome = :t))"
                ),
                {"n": str(number), "t": chance.choice(["A", "B", None])},
            )
            for _ in range(chance.randint(1, 6)):
                connection.execute(
                    text(
                        "INSERT INTO vida (contrato, nome, nascimento, inicio) VALUES "
                        "((SELECT id FROM contrato WHERE numero = :n), 'V', DATE '1990-01-01', make_date(2026, 1, :d))"
                    ),
                    {"n": str(number), "d": chance.randint(1, 5)},
                )
    return found


def rows(made: Office, run: int, step: str) -> tuple[list[Any], list[Any]]:
    report = reports.reports(made.runtime.configuration.processes["provar"])[step]
    with made.engine.connect() as connection:
        page = reports.page(connection, report, run, step, 0, 1000)
        every = list(reports.every(connection, report, run, step))
    assert list(page.rows) == every
    assert page.count == len(every)
    return every, list(page.sums)


def wanted(made: Office) -> list[Any]:
    sums: dict[Any, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for tabela, dia in made.rows(
        "SELECT c.tabela, extract(day FROM v.inicio)::int FROM vida v JOIN contrato c ON c.id = v.contrato"
    ):
        sums[tabela, dia][0] += 1
        sums[tabela, dia][1] += dia * Decimal("1.25")
    return sorted(([*key, *value] for key, value in sums.items()), key=str)


def test_rows_that_parts_made_apart_are_summed_up(made: Office) -> None:
    run = made.run("provar", competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    assert run.parts > 3
    found, sums = rows(made, run.id, "por_dia")
    assert sorted(([*row[:3], Decimal(row[3])] for row in found), key=str) == wanted(made)
    assert sums == [sum(row[2] for row in found), sum(Decimal(row[3]) for row in found)]
    lives, none = rows(made, run.id, "vidas")
    assert none == []
    assert sorted(row[0] for row in lives) == [id for (id,) in made.rows("SELECT id FROM vida ORDER BY 1")]
    assert all(row[1].startswith("2026-01-0") for row in lives)


def test_a_dry_run_has_the_same_report_and_leaves_nothing_else(made: Office) -> None:
    dry = made.run("provar", competencia=NOVEMBER, is_dry=True)
    assert made.rows("SELECT count(*) FROM fatura") == [(0,)]
    run = made.run("provar", competencia=NOVEMBER)
    for step in ("vidas", "por_dia"):
        assert rows(made, dry.id, step) == rows(made, run.id, step)


def test_what_is_no_report_keeps_nothing(made: Office) -> None:
    run = made.run("faturar", competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    assert made.rows("SELECT count(*) FROM aroeira_process_reported") == [(0,)]


@pytest.mark.parametrize(
    ("report", "codes"),
    [
        ("{columns: [tabela, nada], sum: [quantas, tabela]}", ["M475", "M475", "M475"]),
        ("{columns: [tabela, quantas, valor]}", []),  # groups are of one contract: no part cuts them in two
        ("{columns: [tabela, valor], sum: [valor]}", []),
    ],
)
def test_what_a_report_cannot_be_is_told(report: str, codes: list[str]) -> None:
    body = PROCESS.replace("{columns: [tabela, dia, quantas, valor], sum: [quantas, valor]}", report)
    _, problems = load_files(texts({"faturas/processes/provar.yaml": body}))
    assert [problem.code for problem in problems] == codes


def test_groups_that_parts_cut_in_two_are_summed_up_or_refused() -> None:
    apart = PROCESS.replace("group: [contrato, dia]", "group: [dia]").replace("tabela: contrato.tabela, ", "")
    apart = apart.replace("[tabela, dia, quantas, valor]", "[dia, quantas, valor]")
    _, problems = load_files(texts({"faturas/processes/provar.yaml": apart}))
    assert problems == []
    _, problems = load_files(
        texts({"faturas/processes/provar.yaml": apart.replace(", sum: [quantas, valor]", "")})
    )
    assert [problem.code for problem in problems] == ["M476"]
