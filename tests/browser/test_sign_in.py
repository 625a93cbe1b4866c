"""Signing in with a browser: the page, the dialog over an open form, the account, without script too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests import door

pytestmark = pytest.mark.browser
NEW = "/registros/estado/novo"


@pytest.fixture
def address(database: Engine) -> Iterator[str]:
    """The office as it is served, with one account."""
    with door.site(database) as address:
        yield address


def enter(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Usuário").fill(door.LOGIN)
    page.get_by_label("Senha", exact=True).fill(door.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/entrar" not in url)


def test_a_session_that_ends_over_an_open_form_loses_nothing(
    page: Page, address: str, database: Engine
) -> None:
    enter(page, address + NEW)
    page.get_by_label("Sigla").fill("MG")
    page.get_by_label("Nome").fill("Minas Gerais")
    door.run(database, "UPDATE aroeira_session SET ended_at = now()")
    page.keyboard.press("F5")
    dialog = page.get_by_role("dialog", name="Sua sessão terminou")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Usuário")).to_have_value(door.LOGIN)
    expect(dialog.get_by_label("Senha")).to_be_focused()
    page.keyboard.type("errada demais")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("não conferem")
    dialog.get_by_label("Senha").fill(door.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/novo"))
    expect(page.get_by_label("Nome")).to_have_value("Minas Gerais")
    assert door.rows(database, "SELECT sigla, nome FROM estado") == [("MG", "Minas Gerais")]


def test_who_does_not_sign_in_again_keeps_what_was_typed(page: Page, address: str, database: Engine) -> None:
    enter(page, address + NEW)
    page.get_by_label("Nome").fill("Minas Gerais")
    door.run(database, "UPDATE aroeira_session SET ended_at = now()")
    page.keyboard.press("F5")
    page.get_by_role("dialog").get_by_role("button", name="Agora não").click()
    expect(page.get_by_label("Nome")).to_have_value("Minas Gerais")
    assert door.rows(database, "SELECT * FROM estado") == []


def test_without_script_the_form_waits_behind_the_sign_in(
    browser: Browser, address: str, database: Engine
) -> None:
    context = browser.new_context(locale="pt-BR", java_script_enabled=False)
    page = context.new_page()
    enter(page, address + NEW)
    page.get_by_label("Sigla").fill("MG")
    page.get_by_label("Nome").fill("Minas Gerais")
    door.run(database, "UPDATE aroeira_session SET ended_at = now()")
    page.get_by_role("button", name=re.compile("^Salvar( F5)?$")).click()
    expect(page.get_by_role("status")).to_contain_text("O que você digitou está guardado")
    page.get_by_label("Usuário").fill(door.LOGIN)
    page.get_by_label("Senha", exact=True).fill(door.PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    page.get_by_role("button", name="Enviar agora").click()
    expect(page.get_by_label("Nome")).to_have_value("Minas Gerais")
    assert door.rows(database, "SELECT sigla, nome FROM estado") == [("MG", "Minas Gerais")]
    context.close()


def test_the_password_can_be_shown_pasted_and_filled_by_a_manager(page: Page, address: str) -> None:
    page.goto(address)
    field = page.get_by_label("Senha", exact=True)
    expect(field).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("Usuário")).to_have_attribute("autocomplete", "username")
    field.fill("segredo colado")
    page.get_by_role("button", name="Mostrar a senha").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Esconder a senha").click()
    expect(field).to_have_attribute("type", "password")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_signing_in_are_accessible(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    assert_accessible(page)
    page.get_by_label("Usuário").fill("ninguem")
    page.get_by_label("Senha", exact=True).fill("errada demais")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Senha", exact=True)).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)
    enter(page, address + "/conta")
    for path in ("/conta", "/conta/senha"):
        page.goto(address + path)
        assert_accessible(page)


def assert_accessible(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    problems = [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]]
    assert problems == [], problems
