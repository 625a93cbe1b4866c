"""Which processes may begin at a record: those of which nothing about the record alone says no."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from kernel.processes.possible import possible
from tests.billing import Office, office, people

STEPS = """
needs: COBRAR
steps: {todos: {from: contrato, where: contrato = qual, columns: {contrato: contrato}}}
"""
PROCESSES = {
    "livre": "ask: {qual: {type: link, to: contrato}, dia: {type: date}}",
    "so_ativo": "ask: {qual: {type: link, to: contrato, only: {situacao: ativo}}}",
    "so_parado": """ask: {qual: {type: link, to: contrato}, dia: {type: date}}
refuse:
  ativo: {when: 'qual.situacao = "ativo"', message: Está ativo.}
  dia: {when: qual.vencimento > dia.day, message: Ainda não venceu.}""",
    "com_vidas": """ask: {qual: {type: link, to: contrato}}
refuse: {vazio: {when: not(some vida in qual.vidas satisfies vida.fim = null), message: Não há vidas.}}""",
    "de_vida": "ask: {qual: {type: link, to: contrato}, quem: {type: link, to: vida}}",
}


@pytest.fixture
def made(database: Engine) -> Office:
    more = {
        f"faturas/processes/{name}.yaml": f"process: {name}\nlabel: {name}\n"
        f"of: {'vida' if name == 'de_vida' else 'contrato'}\n{text}\n{STEPS}"
        for name, text in PROCESSES.items()
    }
    found = office(database, more)
    people(found, 2)
    found.say("UPDATE contrato SET situacao = CASE id WHEN 1 THEN 'ativo' ELSE 'suspenso' END")
    found.say("DELETE FROM vida WHERE contrato = 2")
    found.say("UPDATE vida SET fim = NULL")
    return found


def offered(made: Office, entity: str, record: int) -> set[str]:
    with made.engine.connect() as connection:
        return set(possible(connection, made.runtime, made.context, entity, record))


def test_what_the_record_alone_stands_against_is_not_offered(made: Office) -> None:
    assert offered(made, "contrato", 1) == {"livre", "so_ativo", "com_vidas"}
    assert offered(made, "contrato", 2) == {"livre", "so_parado"}
    assert offered(made, "vida", 1) == {"de_vida"}
    assert offered(made, "fatura", 1) == set()
