"""A tiny configuration for tests of the kernel: a plan with price bands, links, periods and numbers."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from kernel.runtime import Runtime
from kernel.storage import system
from tests.compiled import compiled

FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/choices/situacao.yaml": """
choices: situacao
options:
  ativo: Registro ativo
  cancelado: {label: Registro cancelado, tone: bad}
""",
    "loja/entities/estado.yaml": """
entity: estado
label: {one: Estado, many: Estados}
shown_as: "{sigla}"
search: [sigla, nome]
order: sigla
fields:
  sigla: {type: text, max: 2, required: yes, unique: yes, upper: yes}
  nome: {type: text, max: 60, required: yes}
""",
    "loja/entities/municipio.yaml": """
entity: municipio
label: {one: Município, many: Municípios}
shown_as: "{nome} / {estado}"
search: [nome]
order: nome
fields:
  nome: {type: text, max: 80, required: yes}
  estado: {type: link, to: estado, required: yes}
""",
    "loja/entities/rede.yaml": """
entity: rede
label: {one: Rede, many: Redes, gender: f}
shown_as: "{nome}"
search: [nome]
order: nome
fields:
  nome: {type: text, max: 80, required: yes}
""",
    "loja/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
shown_as: "{codigo} · {descricao}"
search: [codigo, descricao, registro]
order: descricao
fields:
  codigo: {type: text, max: 10, required: yes, unique: yes}
  descricao: {type: text, max: 80, required: yes, label: Descrição}
  registro: {type: text, mask: "999.999/99-9"}
  situacao: {type: choice, of: situacao, default: ativo, required: yes, label: Situação}
  inicio: {type: date, default: today(), label: Início}
  multa: {type: percent, max: 1}
  adesao: {type: money, min: 0}
  vidas: {type: integer, min: 0}
  web: {type: yes/no}
  estado: {type: link, to: estado}
  municipio: {type: link, to: municipio, where: {estado: estado}}
  redes: {type: many links, to: rede}
  protocolo: {type: sequence, pattern: "365218{date:yyyymmdd}{n:6}", restart: day}
  carimbo: {type: text, readonly: yes, default: novo}
  extra: {type: json}
  faixas: {type: children, of: faixa, max: 12}
""",
    "loja/entities/faixa.yaml": """
entity: faixa
label: {one: Faixa, many: Faixas, gender: f}
shown_as: "{de} a {ate}"
order: de
unique: [[plano, de]]
fields:
  plano: {type: link, to: plano, required: yes}
  de: {type: integer, min: 0, max: 120, required: yes}
  ate: {type: integer, min: 0, max: 120, label: Até}
  valor: {type: money, required: yes}
""",
    "loja/entities/vigencia.yaml": """
entity: vigencia
label: {one: Vigência, many: Vigências, gender: f}
shown_as: "{plano} {inicio}"
valid: {from: inicio, to: fim, within: [plano]}
fields:
  plano: {type: link, to: plano, required: yes}
  inicio: {type: date, required: yes}
  fim: {type: date}
""",
    "loja/lists/plano.yaml": """
list: plano
entity: plano
columns: [codigo, descricao, situacao, estado, municipio.estado.nome]
filters: [situacao, inicio, estado]
order: descricao
""",
}


def files(texts: Mapping[str, str] = FILES) -> dict[str, bytes]:
    """Return the files of the package."""
    return {path: text.encode() for path, text in texts.items()}


def installed(engine: Engine, texts: Mapping[str, str] = FILES) -> Runtime:
    """Return the Runtime of the package with its tables made."""
    runtime = compiled(texts)
    with engine.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
    return runtime
