"""Undoing: a run that nobody used leaves no trace; one that was used is kept whole, and it is said by what."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from kernel.processes.undo import undo
from tests.access import access
from tests.billing import FILES, NOVEMBER, Office, office, people

SUSPEND = """
process: suspender
label: Suspender contratos
needs: SUSPENDER
ask: {maximo: {type: money, required: yes}}
together: contrato
part: 20
steps:
  abertas:
    from: fatura
    where: situacao = "aberta"
    columns: {contrato: contrato, valor: total}
  somadas:
    from: abertas
    group: [contrato]
    columns: {devido: {is: sum(valor), type: money}, quantas: count(abertas), maior: max(valor)}
  devedores:
    from: somadas
    where: devido > maximo
    windows: {ordem: {order: [devido desc]}, todos: {is: sum(devido)}}
  suspensos:
    from: devedores
    update: contrato
    record: contrato
    set: {situacao: '"suspenso"', cliente: contrato.cliente + " *"}
"""
CLEAN = """
process: limpar
label: Apagar faixas
needs: LIMPAR
steps:
  velhas: {from: faixa, where: idade_de >= 49, columns: {faixa: faixa}}
  apagadas: {from: velhas, remove: faixa, record: faixa}
"""
STATE = (
    "SELECT (SELECT jsonb_agg(to_jsonb(f) - 'version' - 'updated_at' - 'updated_by' ORDER BY id) FROM fatura f), "
    "(SELECT jsonb_agg(to_jsonb(i) - 'version' ORDER BY id) FROM item i), "
    "(SELECT jsonb_agg(to_jsonb(c) - 'version' - 'updated_at' - 'updated_by' ORDER BY id) FROM contrato c), "
    "(SELECT jsonb_agg(to_jsonb(x) - 'version' ORDER BY id) FROM faixa x)"
)


@pytest.fixture
def made(database: Engine) -> Office:
    more = {"faturas/processes/suspender.yaml": SUSPEND, "faturas/processes/limpar.yaml": CLEAN}
    found = office(database, more)
    people(found, 60)
    return found


def undone(made: Office, run: int) -> list[str]:
    problems = undo(made.engine, lambda version: made.runtime, made.context, run)
    return [problem.code for problem in problems]


def test_what_nobody_used_is_taken_back_to_the_last_field(made: Office) -> None:
    before = made.rows(STATE)
    run = made.run(competencia=NOVEMBER)
    assert made.rows(STATE) != before
    assert undone(made, run.id) == []
    assert made.rows(STATE) == before
    assert made.rows("SELECT status FROM aroeira_process_run WHERE id = :r", r=run.id) == [("undone",)]
    again = made.run(competencia=NOVEMBER)
    assert again.status == "finished"
    assert len(made.invoices) > 50


def test_changed_records_get_back_what_they_had(made: Office) -> None:
    made.run(competencia=NOVEMBER)
    before = made.rows(STATE)
    run = made.run("suspender", maximo=Decimal(500))
    assert run.status == "finished", run.trouble
    suspended = made.rows("SELECT id FROM contrato WHERE cliente LIKE '% *' AND situacao = 'suspenso'")
    owing = made.rows("SELECT contrato FROM fatura GROUP BY contrato HAVING sum(total) > 500")
    assert sorted(suspended) == sorted(owing)
    assert suspended
    assert undone(made, run.id) == []
    assert made.rows(STATE) == before


def test_removed_records_come_back_with_their_ids(made: Office) -> None:
    before = made.rows(STATE)
    run = made.run("limpar")
    assert run.status == "finished", run.trouble
    assert made.rows("SELECT count(*) FROM faixa") == [(14,)]
    assert undone(made, run.id) == []
    assert made.rows(STATE) == before


def test_what_was_changed_since_keeps_the_whole_run(made: Office) -> None:
    run = made.run(competencia=NOVEMBER)
    made.say("UPDATE fatura SET situacao = 'paga', version = version + 1 WHERE id = 5")
    before = made.rows(STATE)
    assert undone(made, run.id) == ["R609"]
    assert made.rows(STATE) == before


def test_what_was_changed_is_named_and_a_free_note_goes_with_its_record(database: Engine) -> None:
    path = "faturas/entities/fatura.yaml"
    noted = FILES[path].replace("  soma:", "  observacao: {type: text, max: 80}\n  soma:") + (
        "fixed: {when: id != null, said: ela já foi emitida, free: observacao}\n"
    )
    found = office(database, {path: noted})
    people(found, 30)
    before = found.rows(STATE)
    run = found.run(competencia=NOVEMBER)
    found.say(
        "UPDATE fatura SET observacao = 'ligou', vencimento = '2027-01-01', version = version + 1 WHERE id = 5"
    )
    [problem] = undo(database, lambda version: found.runtime, found.context, run.id)
    assert problem.facts["fields"] == "Vencimento"
    found.say("UPDATE fatura SET vencimento = '2026-12-10', version = version + 1 WHERE id = 5")
    assert undo(database, lambda version: found.runtime, found.context, run.id) == []
    assert found.rows(STATE) == before


def test_what_was_changed_and_put_back_by_hand_is_taken_back(made: Office) -> None:
    before = made.rows(STATE)
    run = made.run(competencia=NOVEMBER)
    suspended = made.run("suspender", maximo=Decimal(500))
    left = made.rows(STATE)
    (contract,) = made.rows("SELECT min(id) FROM contrato WHERE situacao = 'suspenso'")[0]
    change = "UPDATE contrato SET situacao = :s, version = version + 1 WHERE id = :c"
    made.say(change, s="ativo", c=contract)
    made.say("UPDATE fatura SET situacao = 'paga', version = version + 1 WHERE id = 5")
    assert undone(made, suspended.id) == ["R609"]
    assert undone(made, run.id) == ["R609"]
    made.say(change, s="suspenso", c=contract)
    made.say("UPDATE fatura SET situacao = 'aberta', version = version + 1 WHERE id = 5")
    assert made.rows(STATE) == left
    assert undone(made, suspended.id) == []
    assert undone(made, run.id) == []
    assert made.rows(STATE) == before


def test_what_a_run_did_not_write_may_have_changed_since(made: Office) -> None:
    made.run(competencia=NOVEMBER)
    run = made.run("suspender", maximo=Decimal(500))
    (contract,) = made.rows("SELECT min(id) FROM contrato WHERE situacao = 'suspenso'")[0]
    made.say("UPDATE contrato SET vencimento = 27, version = version + 1 WHERE id = :c", c=contract)
    assert undone(made, run.id) == []
    assert made.rows("SELECT situacao, vencimento FROM contrato WHERE id = :c", c=contract) == [("ativo", 27)]


def test_what_others_link_to_keeps_the_whole_run(made: Office) -> None:
    run = made.run(competencia=NOVEMBER)
    (invoice,) = made.rows("SELECT min(id) FROM fatura")[0]
    made.say(
        "INSERT INTO item (fatura, vida, competencia, valor) SELECT :f, id, '2026-12-01', 1 FROM vida WHERE id = 1",
        f=invoice,
    )
    assert undone(made, run.id) == ["R610"]


def test_a_dry_run_and_one_that_was_undone_cannot_be_undone(made: Office) -> None:
    dry = made.run(is_dry=True, competencia=NOVEMBER)
    assert undone(made, dry.id) == ["R608"]
    run = made.run(competencia=NOVEMBER)
    assert undone(made, run.id) == []
    assert undone(made, run.id) == ["R608"]


@pytest.mark.parametrize(("rows", "code"), [("situacao != null", ""), ("id > 1", "R614"), (None, "R614")])
def test_who_does_not_see_all_that_a_run_touched_does_not_undo_it(
    made: Office, rows: str | None, code: str
) -> None:
    before = made.rows(STATE)
    run = made.run("suspender", maximo=Decimal(0)) if made.run("faturar", competencia=NOVEMBER) else None
    assert run is not None
    entities = dict.fromkeys(made.runtime.entities, "configure")
    entities["contrato"] = {"level": "configure", "rows": rows} if rows else "none"
    limited = access(made.runtime, {"entities": entities, "rights": ["SUSPENDER"]})
    told = undo(made.engine, lambda version: made.runtime, replace(made.context, access=limited), run.id)
    assert [problem.code for problem in told] == ([code] if code else [])
    assert before != made.rows(STATE)
