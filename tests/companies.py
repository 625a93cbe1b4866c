"""Two companies with branches, contracts of each, people of both, and operators: for tests of who works where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

from sqlalchemy import Engine
from starlette.applications import Starlette

from kernel.accounts import accounts
from kernel.accounts.accounts import New
from kernel.accounts.signed import Signed
from kernel.runtime import Runtime, compile
from kernel.storage import system
from metadata.load import load_valid
from renderer.app import Settings, create
from tests.door import PASSWORD
from tests.office import put

FILES = {
    "grupo/manifest.yaml": "package: grupo\nlabel: Grupo\nversion: 1.0.0\n",
    "grupo/entities/empresa.yaml": """
entity: empresa
label: {one: Empresa, many: Empresas, gender: f}
search: nome
apart: id
order: nome
fields:
  nome: {type: text, max: 40, required: yes}
  filiais: {type: children, of: filial}
""",
    "grupo/entities/filial.yaml": """
entity: filial
label: {one: Filial, many: Filiais, gender: f}
search: nome
apart: id
order: nome
fields:
  empresa: {type: link, to: empresa, required: yes}
  nome: {type: text, max: 40, required: yes}
""",
    "grupo/entities/operador.yaml": """
entity: operador
label: {one: Operador, many: Operadores}
operators: login
fields:
  login: {type: text, max: 40, required: yes, unique: yes}
  empresas: {type: many links, to: empresa}
  filiais: {type: many links, to: filial}
""",
    "grupo/entities/cliente.yaml": """
entity: cliente
label: {one: Cliente, many: Clientes}
search: nome
order: nome
secrecy: {include: PÔR SIGILO, remove: TIRAR SIGILO}
fields:
  nome: {type: text, max: 40, required: yes}
  preferido: {type: link, to: contrato, label: Contrato preferido}
  contratos: {type: many links, to: contrato}
  notas: {type: children, of: nota}
""",
    "grupo/entities/nota.yaml": """
entity: nota
label: {one: Nota, many: Notas, gender: f}
fields:
  cliente: {type: link, to: cliente, required: yes}
  texto: {type: text, max: 60, required: yes}
""",
    "grupo/entities/contrato.yaml": """
entity: contrato
label: {one: Contrato, many: Contratos}
shown_as: "{numero}"
search: numero
apart: [empresa, filial]
order: numero
fields:
  numero: {type: text, max: 20, label: Número, required: yes}
  empresa: {type: link, to: empresa}
  filial: {type: link, to: filial, where: {empresa: empresa}}
  cliente: {type: link, to: cliente}
  anterior: {type: link, to: contrato}
  arquivo: {type: attachment}
  parcelas: {type: children, of: parcela}
""",
    "grupo/entities/parcela.yaml": """
entity: parcela
label: {one: Parcela, many: Parcelas, gender: f}
search: texto
fields:
  contrato: {type: link, to: contrato, required: yes}
  texto: {type: text, max: 40}
  origem: {type: link, to: contrato}
""",
    "grupo/lists/contrato.yaml": """
list: contrato
entity: contrato
label: Contratos
columns: [numero, empresa, filial, cliente, anterior]
filters: [empresa, filial, cliente, anterior]
order: numero
""",
    "grupo/menus/grupo.yaml": "menu: grupo\nlabel: Grupo\nitems: {'': [contrato, cliente, empresa, operador]}\n",
    "grupo/actions/renovar.yaml": """
action: renovar
label: Renovar
of: contrato
ask:
  modelo: {type: link, to: contrato}
  onde: {type: link, to: empresa}
makes:
  novo:
    entity: contrato
    set:
      numero: '"R-" + numero'
      empresa: coalesce(onde, empresa)
      anterior: modelo
""",
    "grupo/roles/trabalho.yaml": """
role: trabalho
label: Trabalho
rights: ABRIR AUDITORIA
packages: {grupo: configure}
""",
    "grupo/roles/sigilo.yaml": """
role: sigilo
label: Cuida do sigilo
rights: [PÔR SIGILO, TIRAR SIGILO]
""",
}
SECRET = "Zuleica"
"""A word in every text of the second company."""


@dataclass
class Group:
    """The ids of what stands in the tables: `ours` is of the first company, `theirs` of the second."""

    engine: Engine
    runtime: Runtime
    ours: dict[str, int]
    theirs: dict[str, int]


def installed(engine: Engine) -> Group:
    """Make the tables and two companies with one record of each kind; people belong to nobody."""
    made = compile(load_valid({path: text.encode() for path, text in FILES.items()}), 1)
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    shared = put(engine, made, "cliente", {"nome": "Carla Comum"}, notas=[{"texto": "liga cedo"}])
    found = [_company(engine, made, name, shared) for name in ("Aurora", SECRET)]
    for login, companies in {"rui": (0,), "bia": (0, 1)}.items():
        links = {
            "empresas": tuple(found[number]["empresa"] for number in companies),
            "filiais": tuple(found[number]["filial"] for number in companies),
        }
        put(engine, made, "operador", {"login": login, **links})
    return Group(engine, made, *found)


def _company(engine: Engine, made: Runtime, name: str, shared: int) -> dict[str, int]:
    company = put(engine, made, "empresa", {"nome": name})
    branch = put(engine, made, "filial", {"empresa": company, "nome": f"Filial {name}"})
    values = {"numero": f"C {name}", "empresa": company, "filial": branch, "cliente": shared}
    contract = put(engine, made, "contrato", values, parcelas=[{"texto": f"Parcela {name}"}])
    row = {"Aurora": 1}.get(name, 2)
    return {"empresa": company, "filial": branch, "contrato": contract, "parcela": row}


def account(engine: Engine, login: str, *roles: str) -> int:
    """Make an account with roles."""
    with engine.begin() as connection:
        made = accounts.add(connection, New(login, login.title(), PASSWORD, must_change=False), "testes")
        assert isinstance(made, int), made
        accounts.give_all(connection, made, roles, date(2020, 1, 1), "testes")
    return made


def application(group: Group, login: str | None = None, *roles: str, record: int | None = None) -> Starlette:
    """Return the application: closed, or with everybody signed in as one operator."""
    app = create(SimpleNamespace(runtime=group.runtime), group.engine, Settings())
    if login:
        app.state.signed_in_as = Signed(0, login, login.title(), roles, record=record)
    return app
