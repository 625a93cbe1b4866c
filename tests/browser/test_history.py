"""Reading what became of a record, seeing it as it was, putting one value back: by keyboard, on any screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kernel.context import at_present
from kernel.storage.record import Edit, Saved
from kernel.storage.save import save
from tests import office
from tests.browser.screen import opened
from tests.publications import publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser


@pytest.fixture
def watched(database: Engine) -> Iterator[tuple[str, int]]:
    """The office published with its triggers, and one person whose state was changed."""
    made = publish(database, {path: text.encode() for path, text in office.FILES.items()}).plan.runtime
    ana = at_present("ana")
    done = save(
        database, made, ana, Edit("pessoa", None, None, {"codigo": "1", "nome": "Bia", "situacao": "ativo"})
    )
    assert isinstance(done, Saved)
    assert isinstance(
        save(database, made, ana, Edit("pessoa", done.id, None, {"situacao": "cancelado"})), Saved
    )
    with office.served(office.application(database, made, "marina.prado")) as url:
        yield url, done.id


def test_staff_13_history_in_sentences_state_of_a_day_and_one_value_back(
    page: Page, watched: tuple[str, int]
) -> None:
    url, id = watched
    opened(page, f"{url}/registros/pessoa/{id}")
    page.get_by_role("link", name="Histórico").press("Enter")
    page.wait_for_url("**/historico")
    changes = page.get_by_role("region", name="Mudanças")
    expect(changes.get_by_role("listitem").first).to_contain_text(
        "ana mudou Situação de Ativo para Cancelado"
    )
    page.get_by_label("Dia").fill("h")
    page.get_by_label("Dia").press("Enter")
    expect(page.get_by_role("region", name=re.compile(r"Como era em \d"))).to_contain_text("Cancelado")
    page.get_by_role("button", name="Repor Situação como era: Ativo").press("Enter")
    expect(page.get_by_text("Situação reposto")).to_be_visible()
    expect(changes.get_by_role("listitem").first).to_contain_text(
        "marina.prado mudou Situação de Cancelado para Ativo"
    )
    expect(changes.get_by_role("listitem").first).to_contain_text("pela tela, de 127.0.0.1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_history_and_log_fit_a_phone(page: Page, watched: tuple[str, int], theme: str) -> None:
    url, id = watched
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 360, "height": 740})
    for address in (
        f"/registros/pessoa/{id}/historico?em=h",
        "/auditoria",
        "/auditoria?entidade=pessoa",
        "/auditoria/entradas",
        "/auditoria/recusas",
    ):
        opened(page, url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_log_is_narrowed_by_keyboard(page: Page, watched: tuple[str, int]) -> None:
    opened(page, f"{watched[0]}/auditoria")
    page.get_by_label("De quê").select_option(label="Pessoas")
    page.get_by_label("De quê").press("Tab")
    page.get_by_role("button", name="Procurar").press("Enter")
    page.get_by_label("Campo").select_option(label="Situação")
    page.get_by_label("O que fez").select_option(label="Alteração")
    page.get_by_role("button", name="Procurar").press("Enter")
    expect(page.get_by_role("region", name="Alterações").get_by_role("listitem")).to_have_count(1)
    expect(
        page.get_by_role("navigation", name="O que ver").get_by_role("link", name="Alterações")
    ).to_have_attribute("aria-current", "true")


def test_the_tabs_of_the_audit_are_reached_and_explained_by_keyboard(
    page: Page, watched: tuple[str, int]
) -> None:
    opened(page, f"{watched[0]}/auditoria")
    tabs = page.get_by_role("navigation", name="O que ver")
    for name, empty in (("Entradas", "Ninguém entrou ainda"), ("Recusas", "Nada foi recusado ainda")):
        tabs.get_by_role("link", name=name).press("Enter")
        page.wait_for_url(f"**/auditoria/{name.lower()}")
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
        expect(page.get_by_text(empty)).to_be_visible()
    page.keyboard.press("F1")
    expect(page.get_by_role("complementary", name="Ajuda")).to_contain_text("além dos papéis")
    page.keyboard.press("Escape")
    page.get_by_label("Endereço de rede").fill("10.0.0.1")
    page.get_by_label("Endereço de rede").press("Enter")
    expect(page.get_by_text("Nada atende a estes filtros")).to_be_visible()
