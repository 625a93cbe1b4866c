"""A finished run begins the processes that it calls: once, with its answers, and never a dry one."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from kernel.processes.calling import called, caller
from kernel.processes.drive import drive
from kernel.processes.runs import run_of
from metadata.load import load_files
from tests.billing import FILES, NOVEMBER, Office, office, people, texts
from tests.billing_site import ended, site, worker
from tests.office import client

PATH = "faturas/processes/faturar.yaml"
CALLS = """calls:
  fechamento: {run: fechar, answers: {mes: competencia, so: contrato_unico}}
"""


def said(calls: str = CALLS) -> dict[str, str]:
    """Return the billing that calls a process which changes invoices."""
    return {
        PATH: FILES[PATH].replace("together: contrato\n", f"together: contrato\n{calls}"),
        "faturas/processes/fechar.yaml": """
process: fechar
label: Fechar competência
needs: FECHAR
ask:
  mes: {type: month, required: yes}
  so: {type: link, to: contrato}
key: mes
refuse: {cedo: {when: 'mes > date("2026-12-01")', message: "O mês {mes} ainda não acabou."}}
steps:
  abertas:
    from: fatura
    where: fatura.competencia = mes and (so = null or fatura.contrato = so)
    columns: {fatura: fatura}
  pagas: {from: abertas, update: fatura, record: fatura, set: {situacao: '"paga"'}}
""",
    }


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, said())
    people(found, 20)
    return found


def test_a_finished_run_begins_what_it_calls_with_its_answers_once(made: Office) -> None:
    made.run(competencia=NOVEMBER, is_dry=True)
    assert made.rows("SELECT count(*) FROM aroeira_process_call") == [(0,)]
    other = made.run(competencia=date(2026, 10, 1))
    made.say("DELETE FROM procrastinate_jobs")
    run = made.run(competencia=NOVEMBER, contrato_unico=3)
    drive(made.engine, lambda version: made.runtime, run.id)
    with made.engine.connect() as connection:
        [child] = called(connection, run.id)
        assert child.run is not None
        found = run_of(connection, child.run)
        assert caller(connection, child.run) == run.id
        assert called(connection, other.id)[0].run != child.run
    assert found is not None
    assert (found.process, found.status, found.asked_by) == ("fechar", "waiting", "marina")
    assert dict(found.answers) == {"mes": "2026-11", "so": 3}
    with worker(made):
        assert ended(made, found.id) == "finished"
    paid = "SELECT DISTINCT contrato, competencia FROM fatura WHERE situacao = 'paga'"
    assert made.rows(paid) == [(3, NOVEMBER)]
    with client(site(made)) as web:
        page = web.get(f"/execucoes/{run.id}").text
        assert f"/execucoes/{found.id}" in page
        assert f"chamada pela execução {run.id}" in web.get(f"/execucoes/{found.id}").text


def test_what_stands_against_a_call_is_told_and_the_run_is_finished(made: Office) -> None:
    run = made.run(competencia=date(2027, 1, 1))
    assert run.status == "finished"
    with made.engine.connect() as connection:
        [child] = called(connection, run.id)
    assert child.run is None
    assert child.trouble is not None
    assert child.trouble["code"] == "R603"
    with client(site(made)) as web:
        page = web.get(f"/execucoes/{run.id}").text
    assert "Não começou" in page
    assert "ainda não acabou" in page


@pytest.mark.parametrize(
    ("calls", "codes"),
    [
        ("calls: {a: {run: nada}}\n", {"M430"}),
        ("calls: {a: {run: fechar, answers: {so: competencia, dia: today()}}}\n", {"M325", "M431", "M432"}),
        ("calls: {a: {run: faturar, answers: {competencia: competencia}}}\n", {"M442"}),
    ],
)
def test_calls_that_cannot_be_made_are_told(calls: str, codes: set[str]) -> None:
    _, problems = load_files(texts(said(calls)))
    assert {problem.code for problem in problems} == codes
