"""Tables of steps keep what later steps read, and nothing else."""

from __future__ import annotations

import re

from sqlalchemy import Engine

from kernel.processes.plan import planned
from kernel.processes.statements import statements
from tests.billing import NOVEMBER, Office, office

PROCESS = """
process: provar
label: Provar
needs: FATURAR
ask: {competencia: {type: month, required: yes}}
together: contrato
compare: {step: juntas, by: contrato, sum: valor, parts: [tipo]}
steps:
  pessoas:
    from: vida
    columns: {contrato: contrato, vida: vida, nome: nome, sobra: nome, valor: {is: 10, type: money}, tipo: {is: 1, type: integer}}
  base: {from: pessoas}
  outras:
    from: base
    windows: {ordem: {by: contrato, order: nome}, nunca: {by: contrato, is: count(base)}}
    lookup: {primeira: {in: pessoas, where: contrato = base.contrato, order: nome, expect: maybe}}
    columns:
      tipo: {is: if ordem = 1 then 2 else 3, type: integer}
      valor: coalesce(primeira.valor, 0)
      lido: sobra
      dobro: valor + valor
  juntas: {from: [pessoas, outras]}
  novas:
    from: juntas
    group: [contrato]
    insert: fatura
    set: {contrato: contrato, competencia: competencia, vencimento: competencia, total: sum(valor)}
"""
SYSTEM = {"id", "_of", "_unit", "_fault", "_facts"}


def kept(made: Office, process: str) -> dict[str, set[str]]:
    steps = statements(planned(made.runtime, process)).steps
    names = {step.made.name: set(re.findall(r"^\t(\w+)", step.create.text, re.MULTILINE)) for step in steps}
    return {name: found - SYSTEM for name, found in names.items()}


def test_a_step_keeps_what_later_steps_and_comparisons_read(database: Engine) -> None:
    made = office(database, {"faturas/processes/provar.yaml": PROCESS})
    found = kept(made, "provar")
    assert found["juntas"] == {"contrato", "valor", "tipo"}  # the kind only for comparing
    assert found["outras"] == {"contrato", "valor", "tipo"}
    assert {"contrato", "valor", "tipo", "nome"} <= found["pessoas"]
    assert found["novas"] >= {"contrato", "competencia", "vencimento", "total"}
    usual = kept(made, "faturar")
    assert usual["precos"] == {"contrato", "vida", "idade", "dias", "faixa", "valor"}
    assert usual["cobertas"] == {"contrato", "vida", "tabela", "ultimo", "idade", "dias"}


def test_what_is_left_out_changes_no_result(database: Engine) -> None:
    made = office(database, {"faturas/processes/provar.yaml": PROCESS})
    made.say("INSERT INTO contrato (numero, cliente, vencimento, situacao) VALUES ('1', 'A', 5, 'ativo')")
    made.say(
        "INSERT INTO vida (contrato, nome, nascimento, inicio) "
        "SELECT id, n, DATE '1990-01-01', DATE '2026-01-01' FROM contrato, unnest(ARRAY['a', 'b', 'c']) n"
    )
    run = made.run("provar", competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    assert made.rows("SELECT total FROM fatura") == [(60,)]  # ten of each of three, twice
