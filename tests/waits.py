"""A configuration whose contracts take their waiting periods from the plan that is chosen."""

from __future__ import annotations

from sqlalchemy import Engine

from kernel import outage
from kernel.runtime import Runtime
from kernel.storage import system
from tests.compiled import compiled
from tests.office import put

FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
shown_as: "{codigo}"
search: [codigo]
fields:
  codigo: {type: text, required: yes}
  esperas: {type: children, of: espera}
""",
    "loja/entities/espera.yaml": """
entity: espera
label: {one: Espera, many: Esperas, gender: f}
fields:
  plano: {type: link, to: plano, required: yes}
  grupo: {type: text, required: yes}
  dias: {type: integer}
  ativa: {type: yes/no, default: yes}
""",
    "loja/entities/contrato.yaml": """
entity: contrato
label: {one: Contrato, many: Contratos}
shown_as: "{codigo}"
fields:
  plano: {type: link, to: plano}
  codigo: {type: text}
  livre: {type: yes/no, default: no}
  carencias: {type: children, of: carencia, label: Carências}
  soma: {type: integer, is: sum(carencias.dias)}
fills:
  do_plano:
    on: plano
    when: not(livre)
    rows:
      carencias: {each: "plano.esperas[ativa]", set: {grupo: item.grupo, dias: item.dias}, key: grupo}
  do_codigo:
    on: codigo
    from: plano
    where: {codigo: codigo}
    rows: {carencias: {each: found.esperas, set: {grupo: item.grupo, dias: item.dias + 1}}}
""",
    "loja/entities/carencia.yaml": """
entity: carencia
label: {one: Carência, many: Carências, gender: f}
unique: [[contrato, grupo]]
fields:
  contrato: {type: link, to: contrato, required: yes}
  grupo: {type: text, required: yes}
  dias: {type: integer, default: 7}
  meses: {type: integer}
  motivo: {type: text}
fills:
  em_meses:
    on: dias
    set: {meses: floor(dias / 30)}
""",
    "loja/lists/contrato.yaml": "list: contrato\nentity: contrato\ncolumns: [codigo, plano]\n",
    "loja/lists/plano.yaml": "list: plano\nentity: plano\ncolumns: [codigo]\n",
}


def runtime() -> Runtime:
    """Return the compiled package."""
    return compiled(FILES)


def installed(engine: Engine) -> Runtime:
    """Return the runtime with its tables made."""
    made = runtime()
    outage.watch(engine)
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def plan(engine: Engine, made: Runtime, code: str, *waits: tuple[str, int]) -> int:
    """Save a plan with what is waited for, and one wait that no longer counts."""
    rows = [{"grupo": group, "dias": days} for group, days in waits]
    rows.append({"grupo": "inativa", "dias": 1, "ativa": False})
    return put(engine, made, "plano", {"codigo": code}, esperas=rows)
