"""Runs of processes: what they make is what was worked out by hand, once, whatever happens in between."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine

from kernel.processes.runs import begin
from tests.billing import FILES, NOVEMBER, Office, expected, office, people


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database)
    people(found, 60)
    return found


def test_a_run_makes_what_was_worked_out_life_by_life(made: Office) -> None:
    run = made.run(competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    assert run.parts > 1
    assert made.invoices == expected(made)
    assert len(made.invoices) > 50


def test_work_is_shared_out_by_what_any_step_brings_in(database: Engine) -> None:
    before = """steps:
  anteriores: {from: fatura, where: fatura.competencia = competencia, columns: {contrato: contrato}}
"""
    said = FILES["faturas/processes/faturar.yaml"].replace("steps:\n", before)
    made = office(database, {"faturas/processes/faturar.yaml": said})
    people(made, 60)
    made.say("ALTER TABLE item ADD CONSTRAINT small CHECK (vida <> 17)")
    run = made.run(competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    assert run.parts > 1
    (contract,) = made.rows("SELECT contrato FROM vida WHERE id = 17")[0]
    assert made.invoices == [row for row in expected(made) if row[0] != contract]


def test_a_second_run_changes_nothing_and_a_later_one_bills_only_what_is_new(made: Office) -> None:
    made.run(competencia=NOVEMBER)
    before = made.invoices
    again = made.run(competencia=NOVEMBER)
    assert again.status == "finished"
    assert made.invoices == before
    made.say(
        "INSERT INTO vida (contrato, nome, nascimento, inicio) VALUES (1, 'Nova', '1990-05-05', '2026-11-16')"
    )
    made.run(competencia=NOVEMBER)
    new = [row for row in made.invoices if row not in before]
    assert [(row[0], row[5]) for row in new] == [(1, 15)]
    assert len(made.invoices) == len(before) + 1


def test_a_dry_run_tells_the_same_and_leaves_nothing(made: Office) -> None:
    dry = made.run(is_dry=True, competencia=NOVEMBER)
    assert dry.status == "finished"
    assert made.invoices == []
    assert made.rows("SELECT value FROM aroeira_counter WHERE name = 'fatura.numero'") == []
    run = made.run(competencia=NOVEMBER)
    told = "SELECT part, jsonb_path_query_array(jsonb_agg(steps), '$[*].*.rows') FROM (SELECT run, number AS part, steps FROM aroeira_process_part) p WHERE run = :r GROUP BY part ORDER BY part"
    assert made.rows(told, r=dry.id) == made.rows(told, r=run.id)


def test_rows_without_what_they_need_are_left_out_with_the_reason_and_the_rest_goes_on(made: Office) -> None:
    made.say("UPDATE vida SET nascimento = NULL WHERE id = 3")
    made.say("DELETE FROM faixa WHERE tabela = 2 AND idade_de = 59")
    made.say(
        "INSERT INTO faixa (tabela, idade_de, idade_ate, valor, inicio) VALUES (1, 20, 30, 7, '2020-01-01')"
    )
    run = made.run(competencia=NOVEMBER)
    assert run.status == "finished"
    left = made.rows(
        "SELECT step, reason, entity, record, facts FROM aroeira_process_left_out WHERE run = :r", r=run.id
    )
    assert ("vidas", "sem_nascimento", "vida", 3, [3]) in left
    assert {row[1] for row in left} == {"sem_nascimento", "faixa", "faixa.several"}
    assert any(row[4] == [] for row in left)  # two bands for one age
    assert any(row[4] and row[4][0] >= 59 for row in left if row[1] == "faixa")
    assert made.invoices == expected(made)


def test_why_no_run_begins_is_said_as_people_read_it_of_records_that_answers_lead_to(
    database: Engine,
) -> None:
    refuse = """refuse:
  parado:
    when: contrato_unico.situacao = "suspenso" and count(contrato_unico.vidas) > 0
    message: O contrato {contrato_unico}, {contrato_unico.situacao}, não se fatura em {competencia}.
steps:
"""
    said = FILES["faturas/processes/faturar.yaml"].replace("steps:\n", refuse)
    made = office(database, {"faturas/processes/faturar.yaml": said})
    people(made, 12)
    asked = {"competencia": NOVEMBER, "contrato_unico": 11}
    begun = begin(made.engine, made.runtime, made.context, "faturar", asked)
    assert isinstance(begun, list)
    assert [problem.said() for problem in begun] == ["O contrato 000011, Suspenso, não se fatura em 11/2026."]
    assert made.run(competencia=NOVEMBER, contrato_unico=10).status == "finished"


def test_what_a_rule_refuses_is_left_out_with_its_unit(made: Office) -> None:
    made.say("UPDATE faixa SET valor = -5 WHERE tabela = 1")
    run = made.run(competencia=NOVEMBER)
    assert run.status == "finished"
    left = made.rows(
        "SELECT reason, unit, facts->>'says' FROM aroeira_process_left_out WHERE run = :r", r=run.id
    )
    assert left
    assert {row[0] for row in left} == {"positiva"}
    assert all("ficaria negativa" in row[2] for row in left)
    assert made.invoices == [row for row in expected(made) if row[7] >= 0]
    assert {row[1] for row in left} == {row[0] for row in expected(made) if row[7] < 0}


def test_what_the_database_refuses_is_left_out_alone(made: Office) -> None:
    made.say("ALTER TABLE item ADD CONSTRAINT small CHECK (vida <> 17)")
    run = made.run(competencia=NOVEMBER)
    assert run.status == "finished"
    left = made.rows("SELECT reason, unit FROM aroeira_process_left_out WHERE run = :r", r=run.id)
    (contract,) = made.rows("SELECT contrato FROM vida WHERE id = 17")[0]
    assert left == [("database", contract)]
    assert made.invoices == [row for row in expected(made) if row[0] != contract]


def test_numbers_follow_one_another(made: Office) -> None:
    made.run(competencia=NOVEMBER)
    numbers = [row[0] for row in made.rows("SELECT numero FROM fatura ORDER BY id")]
    assert numbers == [f"F{number:07}" for number in range(1, len(numbers) + 1)]
    assert Decimal(len(numbers)) > 20
