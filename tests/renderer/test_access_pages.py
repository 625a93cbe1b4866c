"""What a role does not show is in no answer of the application, and what it does not allow is not done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.routing import Route

from kernel.accounts.signed import Signed
from tests import office
from tests.renderer.html import page, shown, texts
from tests.renderer.test_door import filled

ROLE = """
role: leitura
label: Leitura
entities:
  pessoa: {level: read, rows: situacao = "ativo"}
  telefone: none
  cidade: change
fields:
  pessoa.cpf: none
  pessoa.mensalidade: none
  cidade.estado: none
"""
CPF, FEE, AWAY, PHONE = "52998224725", "777.31", "Zuleica Oculta", "11987654321"
SECRETS = (
    CPF,
    "529.982.247-25",
    FEE,
    "777,31",
    AWAY,
    PHONE,
    "98765-4321",
    "mensalidade",
    "Mensalidade",
    "“cpf”",
)


@dataclass
class Desk:
    """The office as somebody with the role sees it, and as the administrator does."""

    mine: httpx.Client
    theirs: httpx.Client
    engine: Engine
    app: Starlette
    shown: int
    away: int
    city: int

    def stored(self, id: int) -> object:
        """Return the version of a person."""
        with self.engine.connect() as connection:
            return connection.execute(
                text("SELECT version, nome, cpf FROM pessoa WHERE id = :id"), {"id": id}
            ).one()


@pytest.fixture
def desk(database: Engine) -> Iterator[Desk]:
    """Two people, of whom the role shows one, and that one without CPF and fee."""
    office.installed(database)
    made = office.runtime({"sede/roles/leitura.yaml": ROLE})
    city = office.cities(database, made)["Itajubá"]
    one = {"codigo": "1", "nome": "Ana Visível", "cpf": CPF, "mensalidade": Decimal(FEE), "cidade": city}
    phones = [{"numero": PHONE}]
    shown = office.put(database, made, "pessoa", one, telefones=phones)
    away = office.put(database, made, "pessoa", {"codigo": "2", "nome": AWAY, "situacao": "cancelado"})
    app, whole = office.application(database, made, "rui"), office.application(database, made)
    app.state.signed_in_as = Signed(0, "rui", "Rui", ("leitura",))
    with office.client(app) as mine, office.client(whole) as theirs:
        yield Desk(mine, theirs, database, app, shown, away, city)


def test_nothing_hidden_is_in_any_answer(desk: Desk) -> None:
    """Every route is asked, for the record that is shown and for the one that is not."""
    asked = {
        (route.path, method)
        for route in desk.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD" and not route.path.startswith("/static")
    }
    assert len(asked) > 60
    for path, method in sorted(asked):
        for id in (desk.shown, desk.away):
            address = filled(path).replace("/1", f"/{id}")
            answer = desk.mine.request(method, address, content=b"")
            assert answer.status_code < 500, (method, address)
            for secret in SECRETS:
                assert secret not in answer.text, (method, address, secret)


@pytest.mark.parametrize(
    "address",
    [
        "/registros/pessoa?q=529.982", "/registros/pessoa?columns=cpf,nome", "/registros/pessoa?order=mensalidade",
        "/registros/pessoa?mensalidade=777,31", "/registros/pessoa?cpf=52998224725", "/registros/pessoa?q=Zuleica",
        "/api/v1/pessoa?cpf=52998224725", "/api/v1/pessoa?order=mensalidade", "/api/v1/telefone", "/api/v1/estado",
        "/api/v1/pessoa?cidade.estado.sigla=MG", "/busca/pessoa?q=zul", "/paleta?q=zuleica", "/paleta?q=529982",
        "/registros/pessoa/exportar.csv?columns=cpf", "/registros/pessoa/exportar.csv?q=Zuleica",
        "/registros/pessoa/contagem?mensalidade=777,31", "/registros/telefone", "/registros/estado",
    ],
)  # fmt: skip
def test_no_question_finds_what_is_hidden(desk: Desk, address: str) -> None:
    answer = desk.mine.get(address)
    assert answer.status_code < 500
    found = answer.text.replace("Zuleica", "") if "uleica" in address else answer.text
    assert AWAY.split()[1] not in found
    if "cpf=" in address or "mensalidade=" in address:  # as a name that does not exist: whatever the value
        other = desk.mine.get(address.replace("52998224725", "11144477735").replace("777,31", "123,45"))
        assert answer.text.count("Ana Visível") == other.text.count("Ana Visível")
    assert PHONE not in answer.text
    assert "777,31" not in answer.text.replace(address, "") or "777" in address


def test_what_may_be_seen_is_there(desk: Desk) -> None:
    assert "Ana Visível" in desk.mine.get("/registros/pessoa").text
    assert "Ana Visível" in desk.mine.get(f"/registros/pessoa/{desk.shown}").text
    assert desk.mine.get(f"/api/v1/pessoa/{desk.shown}").json()["nome"] == "Ana Visível"
    assert (
        desk.mine.get("/api/v1/pessoa")
        .json()["items"][0]
        .keys()
        .isdisjoint({"cpf", "mensalidade", "telefones"})
    )
    assert AWAY in desk.theirs.get("/registros/pessoa").text


def commands(client: httpx.Client, address: str) -> set[str]:
    """Return the commands that a page offers."""
    return set(page(client, address).xpath("//@data-command"))


def test_buttons_are_those_that_do_something(desk: Desk) -> None:
    for address in ("/registros/pessoa", f"/registros/pessoa/{desk.shown}"):
        assert commands(desk.mine, address).isdisjoint({"new", "remove", "duplicate", "save"})
    assert {"new", "save"} <= commands(desk.mine, f"/registros/cidade/{desk.city}")
    assert "remove" not in commands(desk.mine, f"/registros/cidade/{desk.city}")
    assert "Você não pode incluir" in desk.mine.get("/registros/pessoa/novo").text


def test_nothing_is_written_that_is_not_allowed(desk: Desk) -> None:
    before = desk.stored(desk.shown), desk.stored(desk.away)
    for id in (desk.shown, desk.away):
        for values in ({"nome": "Outra"}, {"cpf": None}, {"mensalidade": 1}, {"telefones": []}):
            answer = desk.mine.patch(f"/api/v1/pessoa/{id}", json={"version": 1, **values})
            assert answer.status_code in (400, 403, 404, 409, 422), answer.text
        assert desk.mine.delete(f"/api/v1/pessoa/{id}", headers={"If-Match": '"1"'}).status_code in (
            403,
            404,
            409,
            422,
        )
        desk.mine.post(f"/registros/pessoa/{id}", data={"version": "1", "f.nome": "Outra", "f.cpf": ""})
        desk.mine.post(f"/registros/pessoa/{id}/excluir", data={"version": "1"})
    made = desk.mine.post("/api/v1/pessoa", json={"codigo": "3", "nome": "Nova"})
    assert made.status_code in (400, 403, 409, 422)
    assert (desk.stored(desk.shown), desk.stored(desk.away)) == before


def test_a_link_to_what_is_not_seen_cannot_be_made(desk: Desk) -> None:
    """A city may be changed, but its state is nothing that this role knows of."""
    answer = desk.mine.patch(f"/api/v1/cidade/{desk.city}", json={"version": 1, "estado": 1})
    assert answer.status_code in (400, 422)
    done = desk.mine.patch(f"/api/v1/cidade/{desk.city}", json={"version": 1, "nome": "Itajubá do Sul"})
    assert done.status_code == 200, done.text


MASKED = """
role: mascarada
label: Mascarada
entities: {pessoa: change, telefone: change}
packages: {sede: read}
privacy: {personal: masked, sensitive: revealable}
"""
CLEAR = "cpf: {type: cpf, label: CPF}\n  nascimento: {type: date}"
PERSONAL = "cpf: {type: cpf, label: CPF, privacy: personal}\n  nascimento: {type: date, privacy: sensitive}"
BORN = ("2001-02-03", "03/02/2001", "2001")


@pytest.fixture
def masked(database: Engine) -> Iterator[Desk]:
    """A person of whom the role sees CPF, birth, fee and phones only as masks."""
    yield from _masked(database, PERSONAL)


@pytest.fixture
def ruled(database: Engine) -> Iterator[Desk]:
    """The same, with rules that hide the CPF by a field that is seen, and the birth by one that is not."""
    hides = (
        (", label: CPF", ', label: CPF, hidden: situacao = "cancelado" and cpf = null'),
        ("type: date,", 'type: date, hidden: situacao = "cancelado" and mensalidade = null,'),
    )
    fields = PERSONAL
    for before, after in hides:
        fields = fields.replace(before, after)
    yield from _masked(database, fields)


def _masked(database: Engine, fields: str) -> Iterator[Desk]:
    office.installed(database)
    people = office.FILES["sede/entities/pessoa.yaml"].replace(CLEAR, fields)
    people = people.replace(
        "mensalidade: {type: money, min: 0}", "mensalidade: {type: money, min: 0, privacy: personal}"
    )
    phones = office.FILES["sede/entities/telefone.yaml"].replace(
        "required: yes, label: Número", "required: yes, label: Número, privacy: personal"
    )
    made = office.runtime(
        {
            "sede/entities/pessoa.yaml": people,
            "sede/entities/telefone.yaml": phones,
            "sede/roles/mascarada.yaml": MASKED,
        }
    )
    values = {
        "codigo": "1",
        "nome": "Ana Visível",
        "cpf": CPF,
        "mensalidade": Decimal(FEE),
        "nascimento": date(2001, 2, 3),
    }
    one = office.put(database, made, "pessoa", values, telefones=[{"numero": PHONE}])
    app, whole = office.application(database, made, "rui"), office.application(database, made)
    app.state.signed_in_as = Signed(0, "rui", "Rui", ("mascarada",))
    with office.client(app) as mine, office.client(whole) as theirs:
        yield Desk(mine, theirs, database, app, one, one, 0)


def test_nothing_masked_is_in_any_answer(masked: Desk) -> None:
    """Every route is asked, with what was posted empty, and with what a form would post."""
    secrets = (CPF, "529.982.247-25", "982.247", "247-25", FEE, "777,31", PHONE, "98765-4321", *BORN)
    for route in masked.app.routes:
        if not isinstance(route, Route) or route.path.startswith("/static"):
            continue
        for method in (route.methods or set()) - {"HEAD"}:
            address = filled(route.path).replace("/1", f"/{masked.shown}")
            for content in (
                b"",
                b"version=1&f.nome=&f.cpf=x&motivo=Conferir+dados&finalidade=Conferir+dados",
            ):
                kind = {"content-type": "application/x-www-form-urlencoded"}
                answer = masked.mine.request(method, address, content=content, headers=kind)
                assert answer.status_code < 500, (method, address)
                for secret in secrets:
                    assert secret not in answer.text, (method, address, secret)


@pytest.mark.parametrize("order", ["cpf", "-nascimento", "mensalidade"])
def test_masked_values_answer_no_question(masked: Desk, order: str) -> None:
    name = order.removeprefix("-")
    for query in (
        f"order={order}",
        f"{name}=1",
        f"{name}.from=1",
        f"{name}.filled=1",
        "q=529982",
        "q=52998224725",
    ):
        assert masked.mine.get(f"/api/v1/pessoa?{query}").status_code in (200, 400)
        told = masked.mine.get(f"/api/v1/pessoa?{query}").json()
        assert "items" not in told or (query.startswith("q=") and told["items"] == [])
    assert masked.mine.get(f"/api/v1/pessoa/{masked.shown}").json()[name] is None


def test_why_a_mask_answers_no_question_is_said(masked: Desk) -> None:
    for query in ("cpf=52998224725", "cpf.filled=1", "order=cpf"):
        told = shown(masked.mine.get(f"/registros/pessoa?{query}")).text_content()
        assert "CPF aparece mascarado para você, e um dado mascarado não filtra nem ordena" in told, query
        refused = masked.mine.get(f"/api/v1/pessoa?{query}").json()["problems"]
        assert [each["code"] for each in refused] == ["R434"]
    form = shown(masked.mine.get("/registros/pessoa/filtro?novo.campo=cpf"))
    assert "CPF aparece mascarado para você" in form.text_content()
    assert not form.xpath("//*[@name='novo.valor']")


def test_screens_draw_masks_that_follow_from_the_field_alone(masked: Desk) -> None:
    empty = office.put(
        masked.engine, masked.app.state.live.runtime, "pessoa", {"codigo": "2", "nome": "Bia Vazia"}
    )
    for id in (masked.shown, empty):  # nobody can tell whether there is anything
        root = page(masked.mine, f"/registros/pessoa/{id}")
        found = {
            name: root.xpath(f"//input[@id='f-{name}']")[0] for name in ("cpf", "nascimento", "mensalidade")
        }
        assert [each.get("value") for each in found.values()] == ["•••.•••.•••-••", "••/••/••••", "••••••"]
        assert all(each.get("name") is None and each.get("readonly") is not None for each in found.values())
        assert "•••.•••.•••-••" in masked.mine.get(f"/registros/pessoa/{id}/previa").text
    rows = masked.mine.get("/registros/pessoa").text.split("<tr")
    assert sum("•••.•••.•••-••" in row for row in rows) == 2
    lines = masked.mine.get("/registros/pessoa/exportar.csv").text.splitlines()
    assert [line.count("•••.•••.•••-••") for line in lines] == [0, 1, 1]


def test_a_mask_is_left_out_where_a_rule_hides_the_field_by_what_is_seen(ruled: Desk) -> None:
    """Whether there is a value says neither the mask nor its absence; what is out of sight decides nothing."""
    made = ruled.app.state.live.runtime
    cases = [
        (state, cpf, fee)
        for state in ("ativo", "cancelado")
        for cpf in (None, "11144477735")
        for fee in (None, Decimal(1))
    ]
    for number, (state, cpf, fee) in enumerate(cases, 2):
        values = {
            "codigo": str(number),
            "nome": f"Pessoa {number}",
            "situacao": state,
            "cpf": cpf,
            "mensalidade": fee,
        }
        id = office.put(ruled.engine, made, "pessoa", values)
        is_bare = state == "cancelado"
        root = page(ruled.mine, f"/registros/pessoa/{id}")
        control = root.xpath("//*[@id='f-cpf']/ancestor::*[contains(@class, 'field')][1]")[0]
        assert ("hidden" in control.attrib) == is_bare, values
        assert not root.xpath(
            "//*[@id='f-nascimento']/ancestor-or-self::*[@hidden][contains(@class, 'field')]"
        )
        typed = {
            "version": "",
            "f.codigo": str(number),
            "f.nome": "x",
            "f.situacao": state,
            "mudou": "f.situacao",
        }
        rules = ruled.mine.post(f"/registros/pessoa/{id}/regras?campo=f.situacao", data=typed)
        assert rules.json()["fields"]["f.cpf"]["hidden"] == is_bare
        why = ruled.mine.post(f"/registros/pessoa/{id}/porque", data=typed).text
        assert ("CPF" in why, "Nascimento" in why) == (is_bare, False)
        preview = ruled.mine.get(f"/registros/pessoa/{id}/previa").text
        assert ("•••.•••.•••-••" in preview, "••/••/••••" in preview) == (not is_bare, True)
        assert ruled.mine.get(f"/api/v1/pessoa/{id}").json()["cpf"] is None
    bare = sum(state == "cancelado" for state, _, _ in cases)
    drawn = 1 + len(cases) - bare  # that of the fixture, too
    lines = ruled.mine.get("/registros/pessoa/exportar.csv?finalidade=Conferir+dados").text
    assert lines.count("•••.•••.•••-••") == drawn
    rows = ruled.mine.get("/registros/pessoa").text.split("<tr")
    assert sum("•••.•••.•••-••" in row for row in rows) == drawn
    theirs = ruled.theirs.get(
        "/registros/pessoa"
    ).text  # who sees the values, sees those that break the rule too
    assert theirs.count("111.444.777-35") == 4


def test_saving_keeps_what_is_masked(masked: Desk) -> None:
    before = masked.stored(masked.shown)
    root = page(masked.mine, f"/registros/pessoa/{masked.shown}")
    sent = {
        each.get("name"): each.get("value") or ""
        for each in root.xpath(
            "//form[@id='formulario']//input[@name and not(@type='checkbox' or @type='radio')]"
        )
    }
    sent |= {
        "f.nome": "Ana Maria",
        "f.situacao": "ativo",
        "f.cpf": "•••.•••.•••-••",
        "f.nascimento": "",
        "f.mensalidade": "1",
    }
    answer = masked.mine.post(f"/registros/pessoa/{masked.shown}", data=sent)
    assert answer.status_code in (200, 204, 303), texts(shown(answer), ".banner")
    with masked.engine.connect() as connection:
        row = connection.execute(text("SELECT nome, cpf, nascimento, mensalidade FROM pessoa")).one()
        phone = connection.execute(text("SELECT numero FROM telefone")).scalar_one()
    assert tuple(row) == ("Ana Maria", CPF, date(2001, 2, 3), Decimal(FEE))
    assert phone == PHONE
    assert before[0] != "Ana Maria"
    for values in ({"cpf": None}, {"cpf": "11144477735"}, {"nascimento": None}):
        refused = masked.mine.patch(f"/api/v1/pessoa/{masked.shown}", json={"version": 2, **values})
        assert refused.status_code == 422, refused.text
