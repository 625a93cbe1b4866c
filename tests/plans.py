"""A configuration with every type of field, and how to serve it: plans, price bands, notices, cities."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from kernel import outage
from kernel.runtime import Runtime
from kernel.storage import system
from metadata.load import read_folder
from tests.compiled import compiled
from tests.office import put

FOLDER = Path(__file__).parent / "renderer" / "provas"
START = date(2026, 1, 1)


def runtime(version: int = 1) -> Runtime:
    """Return the compiled package."""
    return compiled(read_folder(FOLDER), version)


def installed(engine: Engine) -> Runtime:
    """Return the runtime with its tables made."""
    made = runtime()
    outage.watch(engine)
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def places(engine: Engine, made: Runtime) -> dict[str, int]:
    """Save two states, three cities and two networks; return ids by name."""
    ids = {
        initials: put(engine, made, "estado", {"sigla": initials, "nome": name})
        for initials, name in (("MG", "Minas Gerais"), ("SP", "São Paulo"))
    }
    for name, state in (("Pouso Alegre", "MG"), ("Poços de Caldas", "MG"), ("Campinas", "SP")):
        ids[name] = put(engine, made, "municipio", {"nome": name, "estado": ids[state]})
    for name in ("Rede Sul", "Rede Norte"):
        ids[name] = put(engine, made, "rede", {"nome": name})
    return ids


def plan(engine: Engine, made: Runtime, code: str = "0288", **values: Any) -> int:
    """Save a plan with two price bands and return its id."""
    bands = [
        {"de": 0, "ate": 18, "valor": Decimal("286.40")},
        {"de": 19, "ate": 23, "valor": Decimal("358.00")},
    ]
    given = {
        "codigo": code,
        "nome": "Flex Empresarial II",
        "situacao": "ativo",
        "inicio": START,
        "reembolso": False,
    }
    return put(engine, made, "plano", given | values, faixas=bands)
