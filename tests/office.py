"""A small configuration of people, cities and phones for tests of lists and API, and how to serve it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx
import uvicorn
from sqlalchemy import Engine, func, insert, update
from starlette.applications import Starlette

from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage import system
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.save import save
from renderer.app import Settings, create
from tests.compiled import compiled

FILES = {
    "sede/manifest.yaml": "package: sede\nlabel: Sede\nversion: 1.0.0\n",
    "sede/choices/situacao.yaml": """
choices: situacao
options:
  ativo: {label: Ativo, tone: calm}
  carencia: {label: Em carência, tone: info}
  inadimplente: {label: Inadimplente, tone: bad}
  cancelado: Cancelado
""",
    "sede/entities/estado.yaml": """
entity: estado
label: {one: Estado, many: Estados}
shown_as: "{sigla}"
search: [sigla, nome]
order: sigla
fields:
  sigla: {type: text, max: 2, required: yes, unique: yes, upper: yes}
  nome: {type: text, max: 60, required: yes}
""",
    "sede/entities/cidade.yaml": """
entity: cidade
label: {one: Cidade, many: Cidades, gender: f}
icon: building-2
shown_as: "{nome}"
search: [nome]
order: nome
fields:
  nome: {type: text, max: 80, required: yes}
  estado: {type: link, to: estado, required: yes}
""",
    "sede/entities/telefone.yaml": """
entity: telefone
label: {one: Telefone, many: Telefones}
shown_as: "{numero}"
order: numero
fields:
  pessoa: {type: link, to: pessoa, required: yes}
  numero: {type: phone, required: yes, label: Número}
  principal: {type: yes/no}
""",
    "sede/entities/pessoa.yaml": """
entity: pessoa
label: {one: Pessoa, many: Pessoas, gender: f}
icon: user
help: Quem usa ou paga um plano.
shown_as: "{nome}"
search: [nome, cpf, codigo]
order: nome
fields:
  codigo: {type: text, max: 10, required: yes, unique: yes, label: Código}
  nome: {type: text, max: 120, required: yes}
  cpf: {type: cpf, label: CPF}
  nascimento: {type: date}
  situacao: {type: choice, of: situacao, default: ativo, required: yes, label: Situação}
  cidade: {type: link, to: cidade}
  mensalidade: {type: money, min: 0}
  vidas: {type: integer, min: 0}
  desconto: {type: percent, max: 1}
  web: {type: yes/no, label: Acesso à Web}
  visto: {type: date and time, label: Visto em}
  observacao: {type: long text, max: 2000, label: Observação}
  telefones: {type: children, of: telefone}
""",
    "sede/forms/cidade.yaml": """
form: cidade
entity: cidade
tabs: {Dados: [[nome, estado]]}
""",
    "sede/lists/pessoa.yaml": """
list: pessoa
entity: pessoa
label: Pessoas
columns: [codigo, nome, cpf, situacao, cidade, cidade.estado, nascimento, mensalidade]
filters: [situacao, cidade, nascimento, mensalidade, web, nome, cidade.estado]
order: nome
views:
  Inadimplentes: {situacao: inadimplente}
  Fora do ar: {situacao: [cancelado, carencia]}
""",
    "sede/menus/cadastro.yaml": """
menu: cadastro
label: Cadastro
icon: users
order: 10
items:
  Pessoas: [pessoa]
  Lugares: [cidade, estado]
""",
    "sede/help/pessoa.yaml": """
help: pessoa
about: "entity pessoa"
title: O que é uma pessoa no cadastro
text: Titular, dependente ou responsável.
""",
}
TICKS_OF_UVICORN = 10  # of ours to one of its own
# Nothing here speaks TLS; reading the authorities of the machine would take longer than most tests' requests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
FIRST = ("Ana", "Bento", "Célia", "Davi", "Elisa", "Fábio", "Gil", "Helena", "Ivo", "Joana")
LAST = ("Alves", "Vasconcelos", "Brito", "Conceição", "Duarte", "Prado", "Sá", "Teles")


def runtime(extra: dict[str, str] | None = None, version: int = 1) -> Runtime:
    """Return the compiled package, with some files added or replaced."""
    return compiled(FILES | (extra or {}), version)


def installed(engine: Engine) -> Runtime:
    """Return the runtime with its tables made."""
    made = runtime()
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def put(engine: Engine, made: Runtime, entity: str, values: dict[str, Any], **children: Any) -> int:
    """Save a record and return its id."""
    edits = {name: tuple(ChildEdit(None, row) for row in rows) for name, rows in children.items()}
    outcome = save(engine, made, at_present("testes"), Edit(entity, None, None, values, None, edits))
    assert isinstance(outcome, Saved), outcome
    return outcome.id


def cities(engine: Engine, made: Runtime) -> dict[str, int]:
    """Save two states and three cities; return the ids of the cities by name."""
    states = {
        sigla: put(engine, made, "estado", {"sigla": sigla, "nome": nome})
        for sigla, nome in (("MG", "Minas Gerais"), ("SP", "São Paulo"))
    }
    named = (("Pouso Alegre", "MG"), ("Itajubá", "MG"), ("Campinas", "SP"))
    return {
        name: put(engine, made, "cidade", {"nome": name, "estado": states[state]}) for name, state in named
    }


def people(engine: Engine, made: Runtime, count: int, where: dict[str, int] | None = None) -> None:
    """Save many people at once, straight into the table; names, states and fees go round."""
    table = made.entities["pessoa"].table
    places = list((where or {}).values()) or [None]
    situations = ("ativo", "ativo", "ativo", "inadimplente", "carencia", "cancelado")
    rows = [
        {
            "codigo": f"{number:05}",
            "nome": f"{FIRST[number % 10]} {LAST[number // 10 % 8]} {number:05}",
            "situacao": situations[number % 6],
            "cidade": places[number % len(places)],
            "nascimento": date(1960, 1, 1) + timedelta(days=number * 7 % 20_000),
            "mensalidade": Decimal(number % 900) + Decimal("100.50"),
            "web": number % 3 == 0,
        }
        for number in range(1, count + 1)
    ]
    with engine.begin() as connection:
        for start in range(0, len(rows), 2000):
            connection.execute(insert(table), rows[start : start + 2000])
        searched = func.aroeira_fold(func.concat_ws(" ", table.c.codigo, table.c.nome, table.c.cpf))
        connection.execute(update(table).values(search_text=searched))


def application(engine: Engine, made: Runtime, operator: str = "marina.prado") -> Starlette:
    """Return the web application on a fixed runtime."""
    return create(SimpleNamespace(runtime=made), engine, Settings(signed_in_as=operator))


@dataclass
class Site:
    """A served application."""

    url: str
    engine: Engine
    runtime: Runtime
    app: Starlette


class _Quick(uvicorn.Server):
    """A server that notices within milliseconds that it is to end, instead of a tenth of a second."""

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks // TICKS_OF_UVICORN):
            ticks += 1
            await asyncio.sleep(0.1 / TICKS_OF_UVICORN)


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application on a free port and yield its address."""
    server = _Quick(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


@contextlib.contextmanager
def client(app: Starlette, **headers: str) -> Iterator[httpx.Client]:
    """Serve an application and yield a client of it that follows no redirection."""
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers=headers, timeout=30, verify=NO_TLS) as made,
    ):
        yield made
