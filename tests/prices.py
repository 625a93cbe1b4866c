"""A configuration four levels deep: plans with price tables, their bands, and notes on the bands."""

from __future__ import annotations

from sqlalchemy import Engine

from kernel.runtime import Runtime
from kernel.storage import system
from tests.compiled import compiled

FILES = {
    "precos/manifest.yaml": "package: precos\nlabel: Preços\nversion: 1.0.0\n",
    "precos/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
shown_as: "{codigo}"
fields:
  codigo: {type: text, max: 10, required: yes, unique: yes}
  tabelas: {type: children, of: tabela}
""",
    "precos/entities/tabela.yaml": """
entity: tabela
label: {one: Tabela, many: Tabelas, gender: f}
shown_as: "{nome}"
order: nome
unique: [[plano, nome]]
fields:
  plano: {type: link, to: plano, required: yes}
  nome: {type: text, max: 30, required: yes}
  obs: {type: text, max: 30}
  protocolo: {type: sequence, pattern: "T{n:3}"}
  anterior: {type: link, to: tabela}
  faixas: {type: children, of: faixa}
""",
    "precos/entities/faixa.yaml": """
entity: faixa
label: {one: Faixa, many: Faixas, gender: f}
shown_as: "{de}"
order: de
unique: [[tabela, de]]
fields:
  tabela: {type: link, to: tabela, required: yes}
  de: {type: integer, min: 0, max: 120, required: yes}
  valor: {type: money, required: yes}
  notas: {type: children, of: nota}
""",
    "precos/entities/nota.yaml": """
entity: nota
label: {one: Nota, many: Notas, gender: f}
shown_as: "{texto}"
fields:
  faixa: {type: link, to: faixa, required: yes}
  texto: {type: text, max: 30, required: yes}
  marca: {type: text, max: 10, unique: yes}
""",
}


def installed(engine: Engine) -> Runtime:
    """Return the Runtime of the package with its tables made."""
    made = compiled(FILES)
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made
