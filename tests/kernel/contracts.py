"""Contracts, plans and lives under rules: a tiny configuration, and who saves and reads with it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.context import Context, at_present
from kernel.rules.worked import worked_out
from kernel.runtime import Runtime
from kernel.storage import system
from kernel.storage.record import ChildEdit, Edit, Refusal, Row, Saved
from kernel.storage.records import read
from kernel.storage.save import save
from tests.compiled import compiled

FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
shown_as: "{codigo} · {nome}"
fields:
  codigo: {type: text, required: yes}
  nome: {type: text, required: yes}
  coletivo: {type: yes/no, default: no}
  idade_maxima: {type: integer}
  carencia: {type: integer, default: = if coletivo then 0 else 180}
""",
    "loja/entities/contrato.yaml": """
entity: contrato
label: {one: Contrato, many: Contratos}
shown_as: "{numero}"
fields:
  numero: {type: text, required: yes}
  plano: {type: link, to: plano, required: yes}
  cnpj: {type: text, required: plano.coletivo, hidden: not(plano.coletivo), label: CNPJ}
  situacao: {type: text, default: aberto}
  desconto: {type: money, readonly: situacao = "fechado"}
  inicio: {type: date, default: today()}
  fim: {type: date, default: = inicio + duration("P1Y")}
  carencia: {type: integer, default: = plano.carencia}
  vidas: {type: children, of: vida}
  total: {type: money, is: sum(vidas.valor), label: Total}
  liquido: {type: money, is: total - desconto}
  codigo_plano: {type: text}
  observacao: {type: text, readonly: codigo_plano = null}
fills:
  carencia_do_plano:
    on: plano
    set: {carencia: plano.carencia}
  plano_do_codigo:
    on: codigo_plano
    from: plano
    where: {codigo: codigo_plano}
    set: {plano: found, observacao: found.nome}
checks:
  desconto_alto:
    when: desconto > total
    message: O desconto de {desconto} passa do total de {total} em {desconto - total}; o plano é {plano}.
  muitas_vidas:
    when: count(vidas) > 2
    severity: warn
    message: Há {count(vidas)} vidas; confira se não é um contrato coletivo.
  vida_cara:
    when: count(vidas[valor > 1000]) > 0
    row: vidas[valor > 1000][1]
    at: valor
    message: "{vidas[valor > 1000][1].nome} custa mais de mil."
  sem_fim:
    when: fim = null
    needs: SALVAR SEM FIM
    message: Informe o fim.
""",
    "loja/entities/vida.yaml": """
entity: vida
label: {one: Vida, many: Vidas, gender: f}
shown_as: "{nome}"
fields:
  contrato: {type: link, to: contrato, required: yes}
  nome: {type: text, required: yes}
  nascimento: {type: date, required: yes}
  titular: {type: yes/no}
  valor: {type: money}
  idade: {type: integer, is: (contrato.inicio - nascimento).days / 365.25}
  codigo: {type: text}
  padrinho: {type: link, to: plano}
  espera: {type: integer, default: 5}
fills:
  padrinho_do_codigo:
    on: codigo
    from: plano
    where: {codigo: codigo}
    set: {padrinho: found}
  espera_do_padrinho:
    on: padrinho
    set: {espera: padrinho.carencia + contrato.carencia * count(contrato.vidas)}
checks:
  velha_demais:
    when: idade > contrato.plano.idade_maxima
    message: "{nome} tem {idade} anos; o plano {contrato.plano.nome} aceita até {contrato.plano.idade_maxima}."
    at: nascimento
  um_titular:
    when: titular and count(contrato.vidas[titular]) > 1
    message: Deixe um só titular.
""",
}


class Shop:
    """Saves and reads with one runtime."""

    def __init__(self, engine: Engine, runtime: Runtime, context: Context) -> None:
        self.engine, self.runtime, self.context = engine, runtime, context

    def save(self, entity: str, id: int | None = None, rows: Any = (), **values: Any) -> Saved | Refusal:
        children = {"vidas": tuple(rows)} if rows else {}
        confirmed = values.pop("confirmed", None)
        edit = Edit(entity, id, None, values, children=children, confirmed=confirmed)
        outcome = save(self.engine, self.runtime, self.context, edit)
        assert isinstance(outcome, Saved | Refusal)
        return outcome

    def made(self, entity: str, rows: Any = (), **values: Any) -> int:
        outcome = self.save(entity, rows=rows, **values)
        assert isinstance(outcome, Saved), [str(problem) for problem in outcome.problems]
        return outcome.id

    def read(self, entity: str, id: int) -> Row:
        with self.engine.connect() as connection:
            row = read(connection, self.runtime, at_present("teste"), entity, id)
            assert row is not None
            return worked_out(connection, self.runtime, self.context, entity, row)


@pytest.fixture
def shop(database: Engine) -> Shop:
    runtime = compiled(FILES)
    with database.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
    return Shop(database, runtime, at_present("marina"))


def told(outcome: Saved | Refusal) -> set[tuple[str | None, str]]:
    assert isinstance(outcome, Refusal)
    return {(problem.field, problem.code) for problem in outcome.problems}


def life(name: str = "Ana", born: date = date(2000, 1, 1), **more: Any) -> ChildEdit:
    return ChildEdit(None, {"nome": name, "nascimento": born, **more})
