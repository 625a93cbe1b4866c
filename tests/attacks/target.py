"""The office under attack: an administrator, an operator who sees little, and how to tell that nothing changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.routing import Route

from kernel.accounts import accounts
from kernel.accounts.accounts import New
from kernel.runtime import Runtime
from kernel.storage import system
from tests import door, office
from tests.renderer.test_door import filled

CLERK = "caio.balcao"
EXTRA = {
    "sede/roles/balcao.yaml": """
role: balcao
label: Balcão
entities:
  pessoa: {level: change, rows: situacao = "ativo"}
  cidade: read
  laudo: add
fields:
  pessoa.cpf: none
  pessoa.mensalidade: read
""",
    "sede/entities/laudo.yaml": """
entity: laudo
label: {one: Laudo, many: Laudos}
shown_as: "{titulo}"
search: [titulo]
fields:
  titulo: {type: text, max: 60, required: yes, label: Título}
  arquivo: {type: attachment, max_size: 1}
  foto: {type: image, max_size: 1}
""",
    "sede/menus/laudos.yaml": "menu: laudos\nlabel: Laudos\norder: 20\nitems: {Laudos: [laudo, telefone]}\n",
}
CPF, FEE = "52998224725", Decimal("777.31")
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
# What is noted of every request, or follows from the time.
NOTED = frozenset(
    {
        "aroeira_session",
        "aroeira_sign_in_event",
        "aroeira_lockout",
        "aroeira_device",
        "aroeira_recent",
        "aroeira_refusal",
        "aroeira_audit_deed",
    }
)


@dataclass
class Target:
    """A served office: `admin` and `clerk` are signed in, `stranger` is not."""

    address: str
    engine: Engine
    app: Starlette
    runtime: Runtime
    admin: httpx.Client
    clerk: httpx.Client
    stranger: httpx.Client
    shown: int
    away: int
    city: int

    def everything(self) -> dict[str, str]:
        """Return a digest of each table, without what every request notes."""
        with self.engine.connect() as connection:
            return {
                name: connection.execute(
                    text(
                        f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM \"{name}\" t"
                    )
                ).scalar_one()
                for name in connection.scalars(text(TABLES))
                if name not in NOTED
            }

    def routes(self, *methods: str) -> list[tuple[str, str]]:
        """Return method and address of every route, filled in for the person that is shown."""
        found = {
            (method, filled(route.path).replace("/1", f"/{self.shown}"))
            for route in self.app.routes
            if isinstance(route, Route)
            for method in route.methods or ()
            if not methods or method in methods
        }
        return sorted(found)


@contextlib.contextmanager
def attacked(engine: Engine, extra: dict[str, str] | None = None) -> Iterator[Target]:
    """Serve the office with two people, one of whom the clerk does not see."""
    made = office.runtime(EXTRA | (extra or {}))
    with engine.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    door.account(engine)
    with engine.begin() as connection:
        clerk = accounts.add(
            connection, New(CLERK, "Caio Balcão", password=door.PASSWORD, must_change=False), "testes"
        )
        assert isinstance(clerk, int), clerk
        accounts.give(connection, clerk, "balcao", date(2020, 1, 1), None, "testes")
    city = office.cities(engine, made)["Itajubá"]
    one = {"codigo": "1", "nome": "Ana Visível", "cpf": CPF, "mensalidade": FEE, "cidade": city}
    shown = office.put(engine, made, "pessoa", one, telefones=[{"numero": "11987654321"}])
    other = {"codigo": "2", "nome": "Zuleica Oculta", "situacao": "cancelado"}
    away = office.put(engine, made, "pessoa", other, telefones=[{"numero": "11912345678"}])
    app = door.closed(engine, made)
    with office.served(app) as address, contextlib.ExitStack() as opened:
        admin, clerk_, stranger = (opened.enter_context(door.browser(address)) for _ in range(3))
        assert door.sign_in(admin).status_code == 303
        assert door.sign_in(clerk_, CLERK).status_code == 303
        yield Target(address, engine, app, made, admin, clerk_, stranger, shown, away, city)
