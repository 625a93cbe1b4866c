"""A configuration with every kind of rule: contracts of plans with people in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
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
  coletivo: {type: yes/no, default: no}
  idade_maxima: {type: integer}
  carencia: {type: integer, label: Carência}
""",
    "loja/entities/contrato.yaml": """
entity: contrato
label: {one: Contrato, many: Contratos}
shown_as: "{numero}"
search: [numero]
fields:
  numero: {type: text, required: yes, label: Número}
  plano: {type: link, to: plano, required: yes}
  cnpj: {type: text, required: plano.coletivo, hidden: plano.coletivo != true, label: CNPJ}
  ramo: {type: choice, of: {saude: Saúde, odonto: Odonto}, hidden: plano.coletivo != true}
  situacao:
    type: choice
    of: {aberto: Aberto, fechado: Fechado}
    default: aberto
    label: Situação
  desconto: {type: money, readonly: situacao = "fechado"}
  forma: {type: choice, of: {boleto: Boleto, debito: Débito}, readonly: situacao = "fechado"}
  web: {type: yes/no, readonly: situacao = "fechado", label: Acesso à Web}
  padrinho: {type: link, to: plano, readonly: situacao = "fechado"}
  carencia: {type: integer, label: Carência}
  codigo_plano: {type: text, label: Código do plano}
  nota: {type: text}
  vidas: {type: children, of: vida}
  total: {type: money, is: sum(vidas.valor)}
  liquido: {type: money, is: total - desconto, label: Líquido}
  segredo: {type: text, hidden: yes}
fills:
  carencia_do_plano:
    on: plano
    set: {carencia: plano.carencia}
  plano_do_codigo:
    on: codigo_plano
    from: plano
    where: {codigo: codigo_plano}
    set: {plano: found}
checks:
  desconto_alto:
    when: desconto > total
    message: O desconto de {desconto} passa do total de {total}.
    source: Resolução 1, art. 2
  muitas_vidas:
    when: count(vidas) > 2
    severity: warn
    message: Há {count(vidas)} vidas; confira se não é um contrato coletivo.
    at: nota
  carencia_longa:
    when: carencia > 300
    severity: warn
    message: A carência de {carencia} dias passa de 300.
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
  parentesco: {type: text, required: titular = false, readonly: titular}
  valor: {type: money, readonly: contrato.situacao = "fechado"}
  dobro: {type: money, is: valor * 2}
  codigo: {type: text, label: Código da tabela}
  tabela: {type: link, to: plano}
  espera: {type: integer}
fills:
  tabela_do_codigo:
    on: codigo
    from: plano
    where: {codigo: codigo}
    set: {tabela: found}
  espera_da_tabela:
    on: tabela
    set: {espera: contrato.carencia + tabela.carencia + count(contrato.vidas)}
checks:
  nome_curto:
    when: string length(nome) < 2
    message: O nome “{nome}” é curto demais.
""",
    "loja/forms/contrato.yaml": """
form: contrato
entity: contrato
below: [vidas]
tabs:
  Dados:
    Contrato:
      - [numero, plano, codigo_plano]
      - [situacao, carencia, nota]
    Valores:
      - [total, desconto, liquido]
      - [forma, web, padrinho]
  Empresa: [[cnpj, ramo]]
""",
}


GRID = "vidas: {type: children, of: vida}"
RULED_GRID = GRID.replace(
    "}", ', readonly: situacao = "fechado", required: plano.coletivo, hidden: numero = "0"}'
)
CONTRACT = "loja/entities/contrato.yaml"
WITH_RULED_GRID = {**FILES, CONTRACT: FILES[CONTRACT].replace(GRID, RULED_GRID)}


def runtime(files: Mapping[str, str] = FILES) -> Runtime:
    """Return the compiled package."""
    return compiled(files)


def installed(engine: Engine, files: Mapping[str, str] = FILES) -> Runtime:
    """Return the runtime with its tables made."""
    made = runtime(files)
    outage.watch(engine)
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def plans(engine: Engine, made: Runtime) -> dict[str, int]:
    """Save a plan for persons and one for companies; return their ids."""
    return {
        "pessoa": put(engine, made, "plano", {"codigo": "1", "nome": "Individual", "carencia": 90}),
        "empresa": put(
            engine, made, "plano", {"codigo": "2", "nome": "Empresarial", "coletivo": True, "carencia": 0}
        ),
    }


def contract(engine: Engine, made: Runtime, plan: int, *lives: dict[str, Any], **values: Any) -> int:
    """Save a contract with the given people in it; a closed one is closed afterwards, as on the screen."""
    closes = {"situacao": values.pop("situacao", "aberto")}
    saved = put(engine, made, "contrato", {"numero": "1", "plano": plan, **values}, vidas=list(lives))
    outcome = save(engine, made, at_present("testes"), Edit("contrato", saved, None, closes))
    assert isinstance(outcome, Saved), outcome
    return saved


def life(value: int, name: str = "Ana", **more: Any) -> dict[str, Any]:
    """Return a holder of a contract."""
    born = date(2000, 1, 1)
    return {"nome": name, "nascimento": born, "titular": True, "valor": Decimal(value), **more}
