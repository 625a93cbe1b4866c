"""Rows that are numbers: records made of nothing but answers, shared out, the same each time."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.billing import Office, office

FILL = """
process: encher
label: Encher contratos
needs: FATURAR
ask: {quantos: {type: integer, min: 0, required: yes}}
together: grupo
part: 7
steps:
  numeros:
    numbers: quantos
    where: modulo(number, 10) != 3
    columns:
      grupo: {is: floor(number / 5), type: integer}
      cliente: "\\"Cliente \\" + string(number)"
      sorte: drawn(cliente, 28) + 1
  feitos:
    from: numeros
    insert: contrato
    key: cliente
    set: {numero: "\\"9\\" + pad left(string(number), 8, \\"0\\")", cliente: cliente, vencimento: sorte, situacao: "\\"ativo\\""}
"""
FILES = {"faturas/processes/encher.yaml": FILL}
CONTRACTS = "SELECT cliente, numero, vencimento FROM contrato ORDER BY numero"


@pytest.fixture
def made(database: Engine) -> Office:
    return office(database, FILES)


def test_rows_are_made_of_numbers_and_a_larger_answer_makes_only_the_rest(made: Office) -> None:
    dry = made.run("encher", quantos=40, is_dry=True)
    assert dry.status == "finished", dry.trouble
    assert made.rows(CONTRACTS) == []
    run = made.run("encher", quantos=40)
    assert run.status == "finished", run.trouble
    assert run.parts > 3
    first = made.rows(CONTRACTS)
    wanted = [number for number in range(1, 41) if number % 10 != 3]
    assert [row[:2] for row in first] == [(f"Cliente {each}", f"9{each:08}") for each in wanted]
    assert len({day for *_, day in first}) > 10
    made.run("encher", quantos=55)
    assert made.rows(CONTRACTS)[: len(first)] == first
    assert len(made.rows(CONTRACTS)) == 49
    assert made.run("encher", quantos=0).status == "finished"
