"""The screens of accesses: roles with who gains and loses, operators, the matrix, explanations, seeing as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, insert

from kernel.accounts import accounts
from kernel.accounts.signed import Signed
from kernel.live import Live
from renderer.app import Settings, create
from tests import door, office
from tests.kernel.access.agency import FILES
from tests.publications import publish
from tests.renderer.html import page, shown

ROLE = """
role: papel
label: Atendimento
rights: [LIGAR]
entities: {plano: read, cliente: {level: change, rows: nivel >= 2}}
"""
HEAD = "/acessos/papeis/papel"
SCREENS = ("/acessos/papeis", "/acessos/operadores", "/acessos/matriz", "/acessos/porque", HEAD)


@dataclass
class Agency:
    """The agency as served: somebody who manages accesses, and somebody with the role."""

    address: str
    engine: Engine
    live: Live
    manager: httpx.Client
    operator: httpx.Client


@pytest.fixture
def agency(database: Engine) -> Iterator[Agency]:
    texts = FILES | {"casa/roles/papel.yaml": ROLE}
    publish(database, {path: text.encode() for path, text in texts.items()})
    door.account(database)
    other = door.account(database, "rui.lopes", name="Rui Lopes")
    with database.begin() as connection:
        accounts.take(connection, other, "administrador", date(2000, 1, 1))
        accounts.give(connection, other, "papel", date(2020, 1, 1), None, "testes")
    with Live(database) as live, office.served(create(live, database, Settings())) as address:
        clients = live.runtime.entities["cliente"].table
        with database.begin() as connection:
            rows = [{"nome": f"Cliente {n}", "nivel": n, "version": 1} for n in (1, 2, 3, None)]
            connection.execute(insert(clients), rows)
        with door.browser(address) as manager, door.browser(address) as operator:
            door.sign_in(manager)
            door.sign_in(operator, "rui.lopes")
            yield Agency(address, database, live, manager, operator)


def posted(agency: Agency, step: str, changed: dict[str, str], name: str = "papel") -> httpx.Response:
    """Post the form of a role as it is shown, with some controls changed."""
    return agency.manager.post(f"/acessos/papeis/{name}", data=form(agency, name) | changed | {"passo": step})


def form(agency: Agency, name: str) -> dict[str, str]:
    """Return what the form of a role posts as it stands."""
    page = shown(agency.manager.get(f"/acessos/papeis/{name}"))
    (made,) = page.xpath("//form[@id='papel']")
    return {key: value for key, value in made.form_values() if key != "passo"}


def saved(agency: Agency, changed: dict[str, str], **more: str) -> None:
    """Save a role."""
    answer = posted(agency, "salvar", changed, **more)
    assert answer.status_code == 303, answer.text


def test_only_those_with_the_right_find_the_screens(agency: Agency) -> None:
    for path in SCREENS:
        assert agency.manager.get(path).status_code == 200
        assert agency.operator.get(path).status_code == 404
    assert "/acessos" not in agency.operator.get("/").text
    saved(agency, {"v|rights|EXPLICAR ACESSOS": "yes"})
    assert [agency.operator.get(path).status_code for path in SCREENS] == [200, 404, 200, 200, 200]
    assert agency.operator.post(HEAD, data={"passo": "salvar"}).status_code == 404
    assert '<form method="post" action="/ver-como"' not in agency.operator.get(HEAD).text


def test_the_form_of_a_role_says_it_whole_and_posts_the_same(agency: Agency) -> None:
    assert posted(agency, "conferir", {}).text.count("Nada mudou.") == 1
    page = shown(agency.manager.get(HEAD))
    assert page.xpath("//input[@name='v|rights|LIGAR']/@checked")
    assert page.xpath("//input[@name='r|entities|cliente']/@value") == ["nivel >= 2"]
    assert page.xpath("//select[@name='v|entities|cliente']/option[@selected]/@value") == ["change"]


def test_before_saving_it_is_told_who_gains_and_loses_what_of_how_many(agency: Agency) -> None:
    changed = {"v|entities|plano": "", "r|entities|cliente": "nivel >= 3", "v|rights|LIGAR": ""}
    text = shown(posted(agency, "conferir", changed)).text_content()
    assert "Para Rui Lopes" in text
    rows = shown(posted(agency, "conferir", changed)).xpath("//tbody/tr")
    told = [[cell.text_content().strip() for cell in row.xpath("td")] for row in rows]
    assert told == [
        ["perde", "Direito LIGAR", "tem", "não tem", ""],
        ["muda", "Clientes", "mudar, em parte", "mudar, em parte", "2 → 1 registros"],
        ["muda", "Clientes › Doenca", "ver, em parte, mascarado", "ver, em parte, mascarado", ""],
        ["perde", "Planos", "ver", "nada", ""],
        ["muda", "Telefones", "excluir, em parte", "excluir, em parte", "0 → 0 registros"],
    ]
    assert agency.operator.get("/api/v1/plano").status_code == 200  # nothing was saved yet


def test_what_is_saved_holds_at_once_and_stands_in_the_history(agency: Agency) -> None:
    saved(agency, {"v|entities|plano": "", "nota": "Plano é de outra área"})
    assert agency.operator.get("/api/v1/plano").status_code == 404
    assert agency.operator.get("/api/v1/cliente").status_code == 200
    page = " ".join(shown(agency.manager.get(HEAD)).text_content().split())
    assert "Plano é de outra área" in page
    assert "Planos: ver → nada dito" in page
    assert "O pacote diz: ver" in page
    asked = shown(agency.manager.post(f"{HEAD}/desfazer"))
    assert [chip.text_content() for chip in asked.xpath("//td/span[contains(@class, 'chip--good')]")] == [
        "ganha"
    ]
    assert agency.operator.get("/api/v1/plano").status_code == 404  # only asked, nothing taken back
    assert taken_back(agency, "papel").headers["location"] == "/acessos/papeis?feito=pacote"
    assert agency.operator.get("/api/v1/plano").status_code == 200
    log = " ".join(shown(agency.manager.get("/auditoria/entradas")).text_content().split())
    assert "Papel mudado: Atendimento (papel): Plano é de outra área" in log
    assert log.count("Papel mudado: Atendimento (papel)") == 2
    again = agency.manager.get(f"{HEAD}/desfazer")
    assert (again.status_code, again.headers["location"]) == (303, HEAD)


def test_what_somebody_changed_meanwhile_is_not_taken_back(agency: Agency) -> None:
    saved(agency, {"v|entities|plano": ""})
    page = shown(agency.manager.post(f"{HEAD}/desfazer"))
    saved(agency, {"v|entities|cliente": ""})
    answer = agency.manager.post(f"{HEAD}/desfazer", data=removal(page))
    assert answer.status_code == 409
    assert "cliente" not in agency.live.runtime.configuration.roles["papel"].entities


def removal(page: Any) -> dict[str, str]:
    """Return what the button of the page that tells what a removal does would post."""
    (form,) = page.xpath("//form[.//button[@value='salvar']]")
    return dict(form.form_values()) | {"passo": "salvar"}


def taken_back(agency: Agency, role: str) -> Any:
    """Take back what the site says of a role, as its two pages do."""
    address = f"/acessos/papeis/{role}/desfazer"
    return agency.manager.post(address, data=removal(shown(agency.manager.post(address))))


def test_what_is_wrong_is_told_at_its_line_and_nothing_is_lost(agency: Agency) -> None:
    wrong = {"r|entities|cliente": "nivell >= 2", "n|fields|0": "plano.naoha", "v|fields|+0": "read"}
    answer = posted(agency, "salvar", wrong)
    assert answer.status_code == 422
    page = shown(answer)
    assert "2 pontos precisam de você" in page.text_content()
    assert page.xpath("//input[@name='r|entities|cliente']/@aria-invalid") == ["true"]
    assert page.xpath("//input[@name='r|entities|cliente']/@value") == ["nivell >= 2"]
    assert page.xpath("//select[@name='v|fields|plano.naoha']/@aria-invalid") == ["true"]


def test_a_role_of_the_site_is_made_from_another_given_and_removed(agency: Agency) -> None:
    page = shown(agency.manager.get("/acessos/papeis/novo?como=papel"))
    (made,) = page.xpath("//form[@id='papel']")
    values = dict(made.form_values()) | {"v|label": "Estágio", "v|entities|cliente": "", "passo": "salvar"}
    assert agency.manager.post("/acessos/papeis/novo", data=values).status_code == 303
    assert agency.live.runtime.configuration.roles["x_estagio"].rights == ("LIGAR",)
    assert agency.manager.post("/acessos/papeis/novo", data=values).status_code == 303
    assert "x_estagio_2" in agency.live.runtime.configuration.roles
    assert "Ninguém tem este papel hoje" in agency.manager.post("/acessos/papeis/x_estagio/desfazer").text
    assert taken_back(agency, "x_estagio").headers["location"] == "/acessos/papeis?feito=excluido"
    assert "Papel excluído: Estágio (x_estagio)" in agency.manager.get("/auditoria/entradas").text
    assert "x_estagio" not in agency.live.runtime.configuration.roles
    nameless = agency.manager.post("/acessos/papeis/novo", data=values | {"v|label": " "})
    assert nameless.status_code == 422
    assert "Nome está em branco" in nameless.text


def test_two_who_edit_one_role_do_not_overwrite_one_another(agency: Agency) -> None:
    begun = form(agency, "papel")
    saved(agency, {"v|rights|LIGAR": ""})
    late = agency.manager.post(HEAD, data=begun | {"v|label": "Outro", "passo": "salvar"})
    assert late.status_code == 409
    assert "alguém mudou este papel" in late.text
    assert agency.live.runtime.configuration.roles["papel"].label == "Atendimento"


def test_the_built_in_role_and_unknown_ones_have_no_page(agency: Agency) -> None:
    for name in ("administrador", "nenhum", "x" * 500):
        assert agency.manager.get(f"/acessos/papeis/{name}").status_code == 404
        assert agency.manager.post(f"/acessos/papeis/{name}", data={"passo": "salvar"}).status_code == 404


def test_the_matrix_says_what_each_may_and_leads_to_why(agency: Agency) -> None:
    page = shown(agency.manager.get("/acessos/matriz"))
    cells = {
        row.xpath("string(th)").strip(): [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        for row in page.xpath("//tbody/tr[td]")
    }
    assert cells["Clientes"] == ["configurar", "mudar, em parte"]
    assert (cells["Empresas"], cells["LIGAR"]) == (["configurar", "nada"], ["tem", "tem"])
    fields = shown(agency.manager.get("/acessos/matriz/cliente?de=operadores")).text_content()
    assert "ver, em parte, mascarado" in fields  # what is sensitive is masked, and not changed unseen
    address = page.xpath("//tr[th[contains(., 'Clientes')]]/td[2]/a/@href")[0]
    why = shown(agency.manager.get(address)).text_content()
    assert "O papel Atendimento pode mudar Clientes" in why
    assert agency.manager.get("/acessos/matriz/nada").status_code == 404
    assert "Nada com “zzz”" in agency.manager.get("/acessos/matriz?q=zzz").text


def test_why_not_is_told_role_by_role(agency: Agency) -> None:
    asked = "/acessos/porque?quem=rui.lopes&o=cliente&nivel=change&registro="
    no = " ".join(shown(agency.manager.get(f"{asked}1")).text_content().split())
    assert "Rui Lopes não pode mudar Clientes, no registro Cliente 1" in no
    assert "deixa mudar, só onde Nivel é maior ou igual a 2; este registro não é um deles" in no
    yes = shown(agency.manager.get(f"{asked}2")).text_content()
    assert "Rui Lopes pode mudar Clientes" in yes
    assert "Não há registro com este número" in agency.manager.get(f"{asked}99").text
    assert "não é um número inteiro" in agency.manager.get(f"{asked}abc").text
    for odd in ("?o=nada", "?o=cliente&nivel=xx&campo=nada", "?quem=ninguem&o=cliente", ""):
        assert agency.manager.get(f"/acessos/porque{odd}").status_code == 200
    for odd, name in (
        ("?o=clientte", "clientte"),
        ("?quem=ninguem&o=cliente", "ninguem"),
        ("?papel=xx&o=cliente", "xx"),
    ):
        told = shown(agency.manager.get(f"/acessos/porque{odd}")).text_content()
        assert "Não entendi a pergunta" in told
        assert f"“{name}” não existe" in told
    assert "Não entendi" not in agency.manager.get("/acessos/porque").text


def test_a_denial_leads_to_its_reason_only_for_those_who_may_know(agency: Agency) -> None:
    assert "/acessos/porque" not in agency.operator.get("/registros/cliente/1").text
    saved(agency, {"v|rights|EXPLICAR ACESSOS": "yes"})
    page = shown(agency.operator.get("/registros/cliente/1"))
    assert page.xpath("//a[contains(., 'Por que não posso?')]/@href") == [
        "/acessos/porque?o=cliente&registro=1"
    ]


def test_operators_are_made_given_roles_and_switched_off(agency: Agency) -> None:
    made = agency.manager.post(
        "/acessos/operadores/novo", data={"nome": "Lia Castro", "login": "lia.castro", "papel": "papel"}
    )
    password = shown(made).xpath("string(//input[@id='senha']/@value)")
    with door.browser(agency.address) as fresh:
        assert door.sign_in(fresh, "lia.castro", password).status_code == 303
        assert fresh.get("/").headers["location"] == "/conta/senha"  # a password for one time only
        list_page = shown(agency.manager.get("/acessos/operadores?q=lia"))
        one = list_page.xpath("//tbody/tr/th/a/@href")[0]
        page = shown(agency.manager.get(one)).text_content()
        assert "Atendimento" in page
        assert agency.manager.post(f"{one}/papeis/tirar", data={"papel": "papel"}).status_code == 303
        assert "Nenhum papel" in agency.manager.get(one).text
        given = {"papel": "papel", "de": "10/01/2020", "ate": "09/01/2020"}
        assert agency.manager.post(f"{one}/papeis", data=given).status_code == 422
        assert agency.manager.post(f"{one}/papeis", data=given | {"ate": "trinta"}).status_code == 422
        assert agency.manager.post(f"{one}/papeis", data=given | {"ate": ""}).status_code == 303
        assert agency.manager.post(f"{one}/desligar").status_code == 303
        assert fresh.get("/").headers["location"].startswith("/entrar")
    twice = agency.manager.post("/acessos/operadores/novo", data={"nome": "L", "login": "lia.castro"})
    assert twice.status_code == 422
    assert agency.operator.get(one).status_code == 404
    assert agency.operator.post(f"{one}/ligar").status_code == 404


def test_nobody_switches_off_their_own_account(agency: Agency) -> None:
    mine = shown(agency.manager.get("/acessos/operadores?q=marina")).xpath("//tbody/tr/th/a/@href")[0]
    assert agency.manager.post(f"{mine}/desligar").status_code == 404
    assert "Desligar a conta" not in agency.manager.get(mine).text


def test_seeing_as_another_shows_what_they_see_and_writes_nothing(agency: Agency) -> None:
    began = agency.manager.post("/ver-como", data={"tipo": "operator", "nome": "rui.lopes"})
    assert began.status_code == 303
    home = agency.manager.get("/").text
    assert "Você vê como <b>Rui Lopes</b>" in home
    assert ", Rui Lopes</h1>" in home
    assert agency.manager.get("/registros/cliente/1").status_code == 404
    assert agency.manager.get("/acessos/papeis").status_code == 404
    count = door.rows(agency.engine, "SELECT count(*) FROM cliente")
    for path in ("/registros/cliente/novo", "/registros/cliente/2", "/registros/cliente/2/excluir"):
        refused = agency.manager.post(path, data={"version": "1", "f.nome": "Outro"})
        assert refused.status_code == 403
        assert "vendo como Rui Lopes" in refused.text
    assert agency.manager.post("/api/v1/cliente", json={"nome": "X"}).status_code == 403
    assert door.rows(agency.engine, "SELECT count(*) FROM cliente") == count
    assert agency.manager.post("/ver-como/fim", data={"volta": "/acessos/papeis"}).status_code == 303
    assert agency.manager.get("/acessos/papeis").status_code == 200
    noted = door.rows(
        agency.engine, "SELECT login, detail FROM aroeira_sign_in_event WHERE what = 'viewed-as'"
    )
    assert [tuple(row) for row in noted] == [("marina.prado", "rui.lopes")]


def test_seeing_as_a_role_and_who_may_not(agency: Agency) -> None:
    assert (
        agency.operator.post("/ver-como", data={"tipo": "role", "nome": "administrador"}).status_code == 404
    )
    for wrong in ({"tipo": "role", "nome": "nada"}, {"tipo": "x", "nome": "papel"}, {}):
        assert agency.manager.post("/ver-como", data=wrong).status_code == 404
    agency.manager.post("/ver-como", data={"tipo": "role", "nome": "papel"})
    assert agency.manager.get("/api/v1/empresa").status_code == 404
    assert agency.manager.get("/api/v1/plano").status_code == 200


def test_the_view_ends_with_the_right_to_it(agency: Agency) -> None:
    saved(agency, {"v|rights|VER COMO": "yes"})
    agency.operator.post("/ver-como", data={"tipo": "role", "nome": "administrador"})
    assert agency.operator.get("/api/v1/empresa").status_code == 200
    saved(agency, {"v|rights|VER COMO": ""})
    assert agency.operator.get("/api/v1/empresa").status_code == 404


def test_nobody_takes_from_themselves_what_they_look_after_accesses_by(agency: Agency) -> None:
    (me,) = door.rows(agency.engine, "SELECT id FROM aroeira_account WHERE login = :login", login=door.LOGIN)
    mine = f"/acessos/operadores/{me.id}"
    answer = agency.manager.post(f"{mine}/papeis/tirar", data={"papel": "administrador"})
    assert answer.status_code == 422
    assert "você não cuidaria mais de acessos" in answer.text
    assert agency.manager.get("/acessos/papeis").status_code == 200
    choices = shown(agency.manager.get(mine)).xpath("//select[@id='p-papel']/option/@value")
    assert choices[0] == ""
    assert "administrador" not in choices  # it is there already


def test_a_value_that_is_read_as_a_mask_is_said_to_be_one(agency: Agency) -> None:
    asked = {"quem": "rui.lopes", "o": "cliente", "nivel": "read"}
    masked = agency.manager.get("/acessos/porque", params=asked | {"campo": "doenca"}).text
    assert "O valor aparece mascarado" in masked
    assert "mascarado" not in agency.manager.get("/acessos/porque", params=asked | {"campo": "nivel"}).text


def test_a_role_that_somebody_sees_as_is_called_by_its_label(agency: Agency) -> None:
    agency.manager.post("/ver-como", data={"tipo": "role", "nome": "papel"})
    assert "Você vê como <b>o papel Atendimento</b>" in agency.manager.get("/").text


def test_a_right_is_called_as_its_package_says(database: Engine) -> None:
    """On the screen of roles, in the matrix, in messages and in what rules say; its name stays as it is."""
    files = {**FILES, "casa/roles/guarda.yaml": GUARD}
    files["casa/manifest.yaml"] += "rights: {FECHAR: Pôr sob sigilo, VER PRECO: Ver o preço}\n"
    price = "preco: {type: money, readonly: 'not(has right(\"VER PRECO\"))'}"
    files["casa/entities/plano.yaml"] = files["casa/entities/plano.yaml"].replace(
        "preco: {type: money}", price
    )
    runtime = publish(database, {path: text.encode() for path, text in files.items()}).plan.runtime
    client = office.put(database, runtime, "cliente", {"nome": "Ana"})
    plan = office.put(database, runtime, "plano", {"codigo": "1"})
    app = office.application(database, runtime, "chefe")
    with office.client(app) as boss:
        role = page(boss, "/acessos/papeis/guarda").text_content()
        assert "Ver o preço" in role
        assert "VER PRECO" in role  # the name by which documents ask for it
        assert "Ver o preço" in page(boss, "/acessos/matriz").text_content()
    app.state.signed_in_as = Signed(0, "rui", "Rui", ("guarda",))
    with office.client(app) as mine:
        why = mine.post(
            f"/registros/plano/{plan}/porque?campo=f.preco", data={"version": "1", "f.codigo": "1"}
        )
        assert "Ver o preço" in why.text
        refused = mine.put(f"/api/v1/cliente/{client}/sigilo", json={})
        assert "peça o direito “Pôr sob sigilo”" in refused.json()["problems"][0]["hint"]


GUARD = """
role: guarda
label: Guarda
entities: {cliente: change, plano: change}
rights: VER PRECO
deny: {rights: [VER PRECO, FECHAR]}
"""
