"""A configuration with an action: plans, price tables with bands, and what makes several tables at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from kernel import outage
from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage import system
from kernel.storage.record import Edit, Saved
from kernel.storage.save import save
from tests.compiled import compiled
from tests.office import put

FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
shown_as: "{codigo} · {nome}"
search: [codigo, nome]
fields:
  codigo: {type: text, required: yes, label: Código}
  nome: {type: text, required: yes}
  vidas: integer
""",
    "loja/entities/tabela.yaml": """
entity: tabela
label: {one: Tabela, many: Tabelas, gender: f}
shown_as: "{codigo}"
search: [codigo]
fields:
  plano: {type: link, to: plano, required: yes}
  codigo: {type: text, required: yes, unique: yes, label: Código}
  numero: {type: sequence, pattern: "T{n}"}
  inicio: {type: date, required: yes}
  porte: text
  taxa: money
  faixas: {type: children, of: faixa, order: idade}
checks:
  taxa_negativa:
    when: taxa < 0
    message: A taxa de {taxa} é negativa. Corrija o valor.
  sem_faixas:
    when: count(faixas) = 0
    severity: warn
    message: A tabela não tem faixas.
    at: codigo
""",
    "loja/entities/faixa.yaml": """
entity: faixa
label: {one: Faixa, many: Faixas, gender: f}
fields:
  tabela: {type: link, to: tabela, required: yes}
  idade: {type: integer, required: yes}
  valor: {type: money, required: yes}
checks:
  valor_negativo:
    when: valor < 0
    message: O valor de {valor} é negativo. Corrija o valor.
""",
    "loja/actions/criar.yaml": """
action: criar
label: Criar tabelas
of: plano
help: Cria de uma a doze tabelas.
ask:
  quantas: {type: integer, min: 1, max: 12, default: 1, required: yes, label: Quantas tabelas}
  prefixo: {type: text, max: 10, default: = codigo, required: yes}
  inicio: {type: date, default: today(), required: yes, label: Início}
  modelo: {type: link, to: tabela}
  reajuste: percent
  vezes: {type: integer, label: Vezes}
makes:
  tabelas:
    entity: tabela
    each: if vezes = 0 then [] else for n in 1..coalesce(vezes, quantas) return n
    set:
      plano: plano
      codigo: prefixo + "-" + string(item)
      inicio: inicio
      porte: if plano.vidas > 99 and vidas > 99 then "grande" else "pequeno"
    rows:
      faixas:
        each: modelo.faixas
        set:
          idade: item.idade
          valor: item.valor * (1 + coalesce(reajuste, 0))
""",
}


def installed(engine: Engine, files: Mapping[str, str] = FILES) -> Runtime:
    """Return the runtime with its tables made."""
    made = compiled(files)
    outage.watch(engine)
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def plan(engine: Engine, runtime: Runtime) -> int:
    """Save a plan of many lives and return its id."""
    return put(engine, runtime, "plano", {"codigo": "P1", "nome": "Básico", "vidas": 200})


def table(engine: Engine, runtime: Runtime, plan: int, code: str, *bands: tuple[int, str]) -> int:
    """Save a price table with bands (age, price) and return its id."""
    values: dict[str, Any] = {"plano": plan, "codigo": code, "inicio": at_present("ana").now.date()}
    rows = [{"idade": age, "valor": Decimal(price)} for age, price in bands]
    return put(engine, runtime, "tabela", values, faixas=rows)


def saved(engine: Engine, runtime: Runtime, edit: Edit) -> Saved:
    """Save an edit that is sound."""
    outcome = save(engine, runtime, at_present("bia"), edit)
    assert isinstance(outcome, Saved), outcome
    return outcome
