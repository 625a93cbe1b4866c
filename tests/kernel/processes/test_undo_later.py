"""Undoing after later runs: what one of them built on what the run changed keeps the run, and it is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine

from kernel.processes.undo import undo
from tests.billing import FILES, NOVEMBER, Office, office, people

CONTRACT = FILES["faturas/entities/contrato.yaml"].replace(
    "  vidas:",
    '  parado: {type: yes/no, is: situacao = "suspenso", stored: yes}\n'
    "  aviso: {type: text, max: 40}\n  vidas:",
)
LIFE = FILES["faturas/entities/vida.yaml"] + (
    '  coberta: {type: yes/no, is: contrato.situacao = "ativo", stored: yes}\n'
)
SUSPEND = """
process: suspender
label: Suspender contratos
needs: SUSPENDER
ask: {numero: {type: text, required: yes}}
steps:
  escolhidos: {from: contrato, where: contrato.numero = numero, columns: {contrato: contrato}}
  suspensos: {from: escolhidos, update: contrato, record: contrato, set: {situacao: '"suspenso"'}}
"""
CHARGE = """
process: PROCESS
label: LABEL
needs: MULTAR
ask: {dia: {type: date, required: yes}}
steps:
  alvos: {from: contrato, where: WHERE, columns: {contrato: contrato}}
  DOES
"""
INVOICE = "multas: {from: alvos, insert: fatura, set: {contrato: contrato, competencia: dia, vencimento: dia, total: 10}}"
NOTICE = """avisados: {from: alvos, update: contrato, record: contrato, set: {aviso: '"avisado"'}}"""

FIRST = """
process: PROCESS
label: PROCESS
needs: MULTAR
ask: {dia: {type: date, required: yes}}
steps:
  pessoas: {from: vida, columns: {de: contrato}}
  donos:
    from: pessoas
    lookup: {dono: {in: contrato, where: contrato = pessoas.de, order: numero, expect: first}}
    columns: {quem: dono, quanto: READS}
  multas: {from: donos, insert: fatura, set: {contrato: quem, competencia: dia, vencimento: dia, total: quanto}}
"""


def charging(name: str, label: str, where: str, does: str) -> str:
    said = {"PROCESS": name, "LABEL": label, "WHERE": where, "DOES": does}
    text = CHARGE
    for word, value in said.items():
        text = text.replace(word, value)
    return text


@pytest.fixture
def made(database: Engine) -> Office:
    processes = {
        "suspender": SUSPEND,
        "multar": charging("multar", "Multar suspensos", 'situacao = "suspenso"', INVOICE),
        "cobrar": charging("cobrar", "Cobrar parados", "parado", INVOICE),
        "taxar": charging("taxar", "Taxar todos", "vencimento > 0", INVOICE),
        "avisar": charging("avisar", "Avisar suspensos", 'situacao = "suspenso"', NOTICE),
    }
    processes["por_vida"] = """
process: por_vida
label: Cobrar vidas
needs: MULTAR
ask: {dia: {type: date, required: yes}}
steps:
  alvos: {from: vida, where: not(coberta), columns: {contrato: contrato}}
  multas: {from: alvos, insert: fatura, set: {contrato: contrato, competencia: dia, vencimento: dia, total: 10}}
"""
    firsts = {
        "pelo_primeiro": "dono.vencimento",
        "pelo_parado": 'if dono.situacao = "suspenso" then 0.5 else 0.25',
    }
    for name, reads in firsts.items():
        processes[name] = FIRST.replace("PROCESS", name).replace("READS", reads)
    more = {f"faturas/processes/{name}.yaml": text for name, text in processes.items()}
    found = office(
        database, {"faturas/entities/contrato.yaml": CONTRACT, "faturas/entities/vida.yaml": LIFE, **more}
    )
    people(found, 3)
    return found


def undone(made: Office, run: int) -> list[tuple[str, object, object, object]]:
    problems = undo(made.engine, lambda version: made.runtime, made.context, run)
    return [
        (problem.code, *(problem.facts.get(name) for name in ("id", "other", "run"))) for problem in problems
    ]


@pytest.mark.parametrize(
    ("process", "other"),
    [("multar", "Fatura"), ("cobrar", "Fatura"), ("avisar", "Contrato"), ("por_vida", "Fatura")],
)
def test_what_a_later_run_made_of_a_change_keeps_the_run_and_is_named(
    made: Office, process: str, other: str
) -> None:
    suspended = made.run("suspender", numero="000002")
    later = made.run(process, dia=NOVEMBER)
    assert later.status == "finished", later.trouble
    assert undone(made, suspended.id) == [("R616", 2, other, later.id)]
    assert made.rows("SELECT situacao FROM contrato WHERE id = 2") == [("suspenso",)]
    assert undone(made, later.id) == []
    assert undone(made, suspended.id) == []
    assert made.rows("SELECT situacao FROM contrato WHERE id = 2") == [("ativo",)]


def test_a_later_run_that_does_not_read_what_was_changed_built_nothing_on_it(made: Office) -> None:
    suspended = made.run("suspender", numero="000002")
    later = made.run("taxar", dia=NOVEMBER)
    assert made.rows("SELECT count(*) FROM fatura WHERE contrato = 2") == [(1,)]
    assert undone(made, suspended.id) == []
    assert later.status == "finished"


def test_of_the_first_record_that_it_finds_a_later_run_reads_what_it_names(made: Office) -> None:
    suspended = made.run("suspender", numero="000002")
    assert made.run("pelo_primeiro", dia=NOVEMBER).status == "finished"
    assert 2 in {row[0] for row in made.rows("SELECT contrato FROM fatura")}
    assert undone(made, suspended.id) == []
    suspended = made.run("suspender", numero="000002")
    later = made.run("pelo_parado", dia=NOVEMBER)
    assert made.rows("SELECT count(*) FROM fatura WHERE contrato = 2 AND total = 0.5") != [(0,)]
    assert undone(made, suspended.id) == [("R616", 2, "Fatura", later.id)]


def test_a_run_before_it_and_a_later_one_of_other_records_do_not_count(made: Office) -> None:
    first = made.run("suspender", numero="000001")
    made.run("multar", dia=NOVEMBER)
    second = made.run("suspender", numero="000002")
    assert undone(made, second.id) == []
    assert [code for code, *_ in undone(made, first.id)] == ["R616"]


def test_a_row_of_the_later_run_that_was_removed_keeps_nothing(made: Office) -> None:
    suspended = made.run("suspender", numero="000002")
    made.run("multar", dia=NOVEMBER)
    made.say("DELETE FROM fatura WHERE contrato = 2 AND total = :t", t=Decimal(10))
    assert undone(made, suspended.id) == []
