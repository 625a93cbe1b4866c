"""Showing a masked value for a reason, by keyboard; and the screens about data of people, for everybody."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from kernel.accounts.signed import Signed
from tests import clinic, office
from tests.browser.screen import complaints, opened
from tests.clinic import CPF, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser
DRESSED, COVER = "529.982.247-25", "•••.•••.•••-••"


@pytest.fixture
def desk(database: Engine) -> Iterator[tuple[str, int]]:
    """The clinic with one patient, as somebody sees it who may see masked data for a reason."""
    made = clinic.installed(database)
    values = {"registro": "P-1", "nome": "Ana Reis", "cpf": CPF, "nascimento": date(1990, 5, 6)}
    one = put(database, made, "paciente", values, ramais=[{"numero": "11987654321"}])
    app = office.application(database, made, "rita")
    app.state.signed_in_as = Signed(0, "rita", "Rita", ("atendente", "encarregada"))
    with office.served(app) as url:
        yield url, one


def test_a_masked_field_is_revealed_by_keyboard(page: Page, desk: tuple[str, int]) -> None:
    opened(page, f"{desk[0]}/registros/paciente/{desk[1]}")
    field = page.get_by_role("textbox", name="CPF")
    expect(field).to_have_value(COVER)
    field.focus()
    page.keyboard.press("Alt+R")
    question = page.get_by_role("dialog", name="Revelar CPF")
    expect(question.get_by_label("Motivo")).to_be_focused()
    assert complaints(page) == []
    page.keyboard.press("Enter")  # without a reason nothing is shown
    expect(question.get_by_role("alert")).to_contain_text("Falta o motivo")
    expect(question.get_by_label("Motivo")).to_be_focused()
    page.keyboard.type("Conferência de cadastro")
    page.keyboard.press("Enter")
    expect(field).to_have_value(DRESSED)
    expect(field).to_be_focused()
    expect(page.get_by_role("button", name="Revelar CPF")).to_have_count(0)
    expect(page.locator("[data-dirty]")).to_be_hidden()  # nothing was changed by looking at it
    page.reload()
    expect(field).to_have_value(COVER)


def test_giving_up_shows_nothing_and_a_cell_is_asked_about_too(page: Page, desk: tuple[str, int]) -> None:
    opened(page, f"{desk[0]}/registros/paciente/{desk[1]}")
    page.get_by_role("button", name="Revelar Nascimento").press("Enter")
    page.get_by_role("dialog").get_by_label("Motivo").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    field = page.get_by_role("textbox", name="Nascimento")
    expect(field).to_be_focused()
    expect(field).to_have_value("••/••/••••")
    cell = page.locator("td[data-field=numero] input").first
    cell.focus()
    page.keyboard.press("Alt+R")
    page.get_by_role("dialog").get_by_label("Motivo").fill("Retorno ao paciente")
    page.keyboard.press("Enter")
    expect(cell).to_have_value("(11) 98765-4321")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_screens_are_for_everybody_and_fit_a_phone(page: Page, desk: tuple[str, int], theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 390, "height": 780})
    one = f"/registros/paciente/{desk[1]}"
    for address in (
        one, f"/revelar/paciente/{desk[1]}/cpf", f"{one}/pessoa", f"{one}/anonimizar",
        "/auditoria/dados-pessoais", f"{one}/historico",
    ):  # fmt: skip
        opened(page, desk[0] + address)
        assert complaints(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    page.goto(f"{desk[0]}{one}/pessoa")
    page.get_by_label("Para que são estes dados?").fill("Pedido da própria pessoa")
    page.get_by_role("button", name="Mostrar aqui").press("Enter")
    page.get_by_role("heading", name="1 Paciente").wait_for()
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [360, 390])
def test_a_mask_is_whole_beside_its_eye_on_a_phone(page: Page, desk: tuple[str, int], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    opened(page, f"{desk[0]}/registros/paciente/{desk[1]}")
    cut = page.locator(".fields input.is-masked").evaluate_all(
        "all => all.filter(each => each.scrollWidth > each.clientWidth).map(each => each.id)"
    )
    assert [id for id in cut if id.startswith("f-")] == []
