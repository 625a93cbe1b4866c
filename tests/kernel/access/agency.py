"""A small configuration with operators, companies, rows below, and fields of every privacy, filled by chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert

from kernel.runtime import Runtime, compile
from kernel.storage import closed, system
from metadata.load import load_valid

FILES = {
    "casa/manifest.yaml": "package: casa\nlabel: Casa\nversion: 1.0.0\n",
    "casa/entities/empresa.yaml": """
entity: empresa
label: {one: Empresa, many: Empresas, gender: f}
search: [nome]
apart: id
fields:
  nome: {type: text, max: 40, required: yes}
""",
    "casa/entities/operador.yaml": """
entity: operador
label: {one: Operador, many: Operadores}
operators: login
fields:
  login: {type: text, max: 40, required: yes}
  empresas: {type: many links, to: empresa}
  nivel: {type: integer}
""",
    "casa/entities/plano.yaml": """
entity: plano
label: {one: Plano, many: Planos}
shown_as: "{codigo} · {nome}"
search: [codigo, nome]
fields:
  codigo: {type: text, max: 10}
  nome: {type: text, max: 40}
  preco: {type: money}
""",
    "casa/entities/cliente.yaml": """
entity: cliente
label: {one: Cliente, many: Clientes}
shown_as: "{nome} · {apelido}"
search: [nome, apelido]
apart: empresa
secrecy: {include: FECHAR, remove: ABRIR}
order: nome
fields:
  empresa: {type: link, to: empresa}
  nome: {type: text, max: 40}
  apelido: {type: text, max: 40, privacy: personal}
  doenca: {type: text, max: 40, privacy: sensitive}
  nivel: {type: integer}
  renda: {type: money}
  plano: {type: link, to: plano}
  dobro: {type: money, is: renda * 2}
  telefones: {type: children, of: telefone}
  favoritos: {type: many links, to: plano}
""",
    "casa/entities/telefone.yaml": """
entity: telefone
label: {one: Telefone, many: Telefones}
fields:
  cliente: {type: link, to: cliente, required: yes}
  numero: {type: text, max: 20}
  segredo: {type: yes/no}
""",
}
AT = datetime(2026, 1, 2, tzinfo=UTC)
LETTERS = ("ana", "bia", "caio", "davi", "eva")
CLIENTS, PLANS, COMPANIES = 40, 5, 3
CLOSED_CLIENTS = 10


def compiled() -> Runtime:
    """Return the Runtime."""
    return compile(load_valid({path: text.encode() for path, text in FILES.items()}), 1)


def installed(engine: Engine, seed: int = 7) -> tuple[Runtime, dict[str, dict[int, dict[str, Any]]]]:
    """Put rows made by chance into tables; return the Runtime and all rows by entity and id."""
    runtime, dice = compiled(), random.Random(seed)
    kept: dict[str, dict[int, dict[str, Any]]] = {}
    with engine.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
        for entity, rows in _rows(dice):
            table = runtime.entities[entity].table
            many = {name: [row.pop(name, ()) for row in rows] for name in runtime.entities[entity].bridges}
            if "search_text" in table.c:
                names = runtime.entities[entity].entity.search
                for row in rows:
                    row["search_text"] = " ".join(str(row[n]) for n in names if row[n] is not None)
            connection.execute(insert(table), [{**row, "version": 1} for row in rows])
            kept[entity] = dict(enumerate(rows, 1))
            for name, lists in many.items():
                for place, ids in enumerate(lists, 1):
                    kept[entity][place][name] = ids
                    for id in ids:
                        bridge = runtime.entities[entity].bridges[name]
                        connection.execute(insert(bridge), {"source": place, "target": id})
        kept["fechado"] = dict(_closed(random.Random(seed + 1)))
        for id, to in kept["fechado"].items():
            closed.close(connection, runtime.entities["cliente"], id, **to, by="quem fechou", at=AT)
    return runtime, kept


def _closed(dice: random.Random) -> Any:
    """Yield clients that are closed, and who sees them all the same."""
    for id in dice.sample(range(1, CLIENTS + 1), CLOSED_CLIENTS):
        roles = [f"papel_{number}" for number in range(3) if dice.random() < 0.3]
        yield id, {"roles": roles, "operators": dice.choice((["alguem"], ["outra pessoa"], []))}


def _rows(dice: random.Random) -> Any:
    def some(*values: Any) -> Any:
        return dice.choice((None, *values))

    yield "empresa", [{"nome": f"Empresa {n}"} for n in range(COMPANIES)]
    yield (
        "operador",
        [
            {"login": "um", "nivel": 3, "empresas": (1,)},
            {"login": "dois", "nivel": 1, "empresas": (1, 2)},
            {"login": "sem", "nivel": None, "empresas": ()},
        ],
    )
    yield (
        "plano",
        [{"codigo": f"P{n}", "nome": some(*LETTERS), "preco": some(10, 20)} for n in range(PLANS)],
    )
    clients = [
        {
            "empresa": some(1, 2, 3), "nome": some(*LETTERS), "apelido": some(*LETTERS),
            "doenca": some("gripe", "asma"), "nivel": some(1, 2, 3), "renda": some(100, 200, 300),
            "plano": some(*range(1, PLANS + 1)), "favoritos": tuple(dice.sample(range(1, PLANS + 1), dice.randint(0, 2))),
        }
        for _ in range(CLIENTS)
    ]  # fmt: skip
    yield "cliente", clients
    yield (
        "telefone",
        [
            {
                "cliente": dice.randint(1, CLIENTS),
                "numero": str(dice.randint(1000, 9999)),
                "segredo": some(True, False),
            }
            for _ in range(CLIENTS * 2)
        ],
    )
