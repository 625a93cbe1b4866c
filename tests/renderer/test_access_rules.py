"""Rules hold for whoever does not see what they read; they tell nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from kernel.accounts.signed import Signed
from tests import rules
from tests.office import application, client
from tests.renderer.test_door import filled

ROLE = """
role: atendente
label: Atendente
entities:
  plano: read
  contrato: {level: change, rows: numero != "9"}
fields:
  contrato.situacao: none
  contrato.desconto: none
  contrato.carencia: read
"""
FILES = {**rules.FILES, "loja/roles/atendente.yaml": ROLE}
SECRETS = (
    "Situação",
    "Fechado",
    "situacao",
    "desconto",
    "Desconto",
    "5.555,55",
    "5555",
    "4.321",
    "4321",
    "Líquido",
)


@dataclass
class Desk:
    """A closed contract with too high a discount, and one that nobody here sees, with the person in each."""

    mine: httpx.Client
    theirs: httpx.Client
    app: Starlette
    seen: int
    away: int
    plan: int


@pytest.fixture
def desk(database: Engine) -> Iterator[Desk]:
    made = rules.installed(database, FILES)
    plan = rules.plans(database, made)["pessoa"]
    values = {"desconto": Decimal("5555.55"), "nota": "n"}
    lives = (rules.life(9000),)
    seen = rules.contract(database, made, plan, *lives, **values, situacao="fechado")
    away = rules.contract(database, made, plan, rules.life(9321), **values, numero="9")
    app = application(database, made, "rui")
    app.state.signed_in_as = Signed(0, "rui", "Rui", ("atendente",))
    with client(app) as mine, client(application(database, made)) as theirs:
        yield Desk(mine, theirs, app, seen, away, plan)


def posted(desk: Desk, **more: str) -> dict[str, str]:
    """Return the form of the contract as the browser sends it, its row below with it."""
    return {
        "version": "", "f.numero": "1", "f.plano": str(desk.plan), "f.plano.texto": "1 · Individual",
        "f.forma": "boleto", "f.nota": "n", **more,
    }  # fmt: skip


def test_every_route_tells_nothing_of_what_rules_read(desk: Desk) -> None:
    asked = {
        (route.path, method)
        for route in desk.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method not in ("HEAD", "DELETE") and not route.path.startswith("/static")
    }
    for path, method in sorted(asked):
        for id in (desk.seen, desk.away):
            address = filled(path).replace("pessoa", "contrato").replace("/1", f"/{id}")
            for fields in ({}, posted(desk), posted(desk, **{"f.desconto": "1"})):
                data = fields if method == "POST" else None
                answer = desk.mine.request(method, address, data=data)
                assert answer.status_code < 500, (method, address)
                text = answer.text.replace("“f.desconto”", "")
                assert not [secret for secret in SECRETS if secret in text], (method, address)


@pytest.mark.parametrize("field", ["forma", "web", "padrinho", "total", "carencia", "plano", "cnpj", ""])
def test_why_says_that_more_was_read_than_is_seen(desk: Desk, field: str) -> None:
    address = f"/registros/contrato/{desk.seen}/porque"
    fields = posted(desk)
    mine = desk.mine.post(address, params={"campo": f"f.{field}" if field else ""}, data=fields).text
    assert not [secret for secret in SECRETS if secret in mine]
    if field in ("forma", "web", "padrinho"):
        assert "dados que você não vê" in mine
        theirs = desk.theirs.post(
            address, params={"campo": f"f.{field}"}, data=fields | {"f.situacao": "fechado"}
        ).text
        assert "Situação" in theirs


def test_the_rule_holds_all_the_same(desk: Desk) -> None:
    """A locked field stays locked, a check refuses, and neither says why beyond what is seen."""
    address = f"/api/v1/contrato/{desk.seen}"
    version = desk.theirs.get(address).json()["version"]
    locked = desk.mine.patch(address, json={"version": version, "forma": "debito"})
    assert locked.status_code == 422
    assert locked.json()["problems"][0]["code"] == "R168"
    assert not [secret for secret in SECRETS if secret in locked.text]
    life = desk.theirs.get(f"/api/v1/vida?contrato={desk.seen}").json()["items"][0]["id"]
    cheaper = {"version": version, "vidas": [{"id": life, "nome": "X"}]}
    short = desk.mine.patch(address, json=cheaper)
    assert short.status_code == 422
    assert not [secret for secret in SECRETS if secret in short.text]


def test_help_of_a_field_tells_no_other_field_that_is_not_there(desk: Desk) -> None:
    for field in ("forma", "web", "carencia", "plano", "nota", "cnpj", "numero"):
        page = desk.mine.get("/ajuda", params={"entidade": "contrato", "campo": field})
        assert page.status_code == 200
        assert not [secret for secret in SECRETS if secret in page.text], field


def test_a_record_out_of_sight_is_not_looked_at_while_typing(desk: Desk) -> None:
    for step in ("regras", "porque"):
        assert desk.mine.post(f"/registros/contrato/{desk.away}/{step}", data=posted(desk)).status_code == 404
        assert desk.mine.post(f"/registros/contrato/{desk.seen}/{step}", data=posted(desk)).status_code == 200
