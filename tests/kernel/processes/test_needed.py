"""Tables of steps keep what later steps read, and nothing else; a step that only passes rows on has none."""

from __future__ import annotations

import re

from sqlalchemy import Engine

from kernel.processes.plan import planned
from kernel.processes.statements import statements
from kernel.processes.telling import steps
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
    all_ = statements(planned(made.runtime, process)).steps
    texts = {step.made.name: step.create.text for step in all_ if step.create is not None}
    names = {step: set(re.findall(r"^\t(\w+)", text, re.MULTILINE)) for step, text in texts.items()}
    return {name: found - SYSTEM for name, found in names.items()}


def test_a_step_keeps_what_later_steps_and_comparisons_read(database: Engine) -> None:
    made = office(database, {"faturas/processes/provar.yaml": PROCESS})
    found = kept(made, "provar")
    assert found["juntas"] == {"contrato", "valor", "tipo"}  # the kind only for comparing
    assert "base" not in found  # all its rows go on to one step
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


PASSING = """
process: provar
label: Provar
needs: FATURAR
ask: {competencia: {type: month, required: yes}}
together: contrato
steps:
  pessoas: {from: vida, columns: {contrato: contrato, vida: vida, valor: {is: 10, type: money}}}
  contadas: {from: pessoas, windows: {quantas: {by: contrato, is: count(pessoas)}}, columns: {dobro: valor * 2}}
  outras: {from: pessoas, where: valor > 5}
  juntas: {from: [contadas, outras], columns: {soma: "coalesce(dobro, 0) + coalesce(quantas, 0)"}}
  novas:
    from: juntas
    group: [contrato]
    insert: fatura
    set: {contrato: contrato, competencia: competencia, vencimento: competencia, total: sum(soma)}
  ditas: {from: novas, columns: {duas: total * 2}}
  grandes: {from: ditas, where: duas > 100}
  lidas: {from: pessoas, columns: {mais: valor + 1}}
  maiores: {from: lidas, where: mais > 10}
  achadas: {from: pessoas, lookup: {lida: {in: lidas, where: vida = pessoas.vida, expect: maybe}}}
  paradas: {from: achadas}
"""


def test_a_step_that_keeps_every_row_for_one_reader_has_no_table(database: Engine) -> None:
    made = office(database, {"faturas/processes/provar.yaml": PASSING})
    found = kept(made, "provar")
    # read by one; `lidas` is looked up, too, and nobody reads `paradas`
    assert set(found) == {"pessoas", "outras", "novas", "grandes", "lidas", "maiores", "achadas", "paradas"}
    made.say("INSERT INTO contrato (numero, cliente, vencimento, situacao) VALUES ('1', 'A', 5, 'ativo')")
    made.say(
        "INSERT INTO vida (contrato, nome, nascimento, inicio) "
        "SELECT id, n, DATE '1990-01-01', DATE '2026-01-01' FROM contrato, unnest(ARRAY['a', 'b', 'c']) n"
    )
    run = made.run("provar", competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    assert made.rows("SELECT total FROM fatura") == [
        (69,)
    ]  # 20 + 3 of each of three; the others have neither
    with database.connect() as connection:
        told = steps(connection, run.id)
    rows = {name: told[name].rows for name in ("contadas", "juntas", "ditas", "grandes", "lidas", "paradas")}
    assert rows == {"contadas": 3, "juntas": 6, "ditas": 1, "grandes": 1, "lidas": 3, "paradas": 3}
