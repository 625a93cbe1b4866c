"""The bar of a phone: where most can be done, the module that is open, and the way to all others."""

from __future__ import annotations

import pytest
from lxml import html
from sqlalchemy import Engine

from tests.billing import Office, office
from tests.billing_site import MORE, site
from tests.office import client

OTHERS = {
    f"faturas/menus/{name}.yaml": f"menu: {name}\nlabel: {name}\nitems:\n  Tudo: [contrato, vida, tabela]\n"
    for name in ("amostra", "bases", "contas", "dados", "escritos")
}


@pytest.fixture
def made(database: Engine) -> Office:
    return office(database, MORE | OTHERS)


def bar(made: Office, address: str, *roles: str) -> list[str]:
    """Return what the bar of a phone shows on a page."""
    with client(site(made, "rui", *roles)) as web:
        page = html.fromstring(web.get(address).text)
    links = page.xpath("//nav[@class='rail']/a[not(contains(@class, 'is-extra'))]")
    return [link.text_content().strip() for link in links]


def test_the_bar_has_the_modules_where_most_can_be_done(made: Office) -> None:
    """Whoever only reads the others, and bills, finds billing there although it is the last."""
    assert bar(made, "/", "faturista") == ["Início", "amostra", "bases", "Faturas", "Mais"]
    assert bar(made, "/", "leitor") == ["Início", "amostra", "bases", "contas", "Mais"]


def test_the_module_that_is_open_is_in_the_bar(made: Office) -> None:
    assert bar(made, "/modulos/dados", "faturista") == ["Início", "amostra", "dados", "Faturas", "Mais"]


def test_with_few_modules_all_are_in_the_bar(database: Engine) -> None:
    assert bar(office(database, MORE), "/", "faturista") == ["Início", "Faturas"]


def test_whoever_lacks_a_right_is_told_so_beside_their_menu(made: Office) -> None:
    with client(site(made, "rui", "leitor")) as web:
        answer = web.get("/processos/faturar")
    assert answer.status_code == 403
    page = html.fromstring(answer.text)
    assert page.xpath("//nav[@class='rail']/a/@href")
    assert "FATURAR" in page.xpath("string(//main)")
