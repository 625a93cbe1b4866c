"""Nothing typed is lost: errors, conflicts, drafts, a lost connection, a database that goes away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from kernel.context import at_present
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.records import read
from kernel.storage.save import save
from tests import plans as package
from tests.browser.rest import at_rest, watched
from tests.browser.screen import focus, opened, saved

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def colleague(plans: Site, plan: int, values: dict[str, Any], **rows: Any) -> None:
    """Save the plan as somebody else."""
    with plans.engine.connect() as connection:
        row = read(connection, plans.runtime, at_present("teste"), "plano", plan)
    assert row is not None
    children = {
        name: tuple(ChildEdit(key, change, None) for key, change in each.items())
        for name, each in rows.items()
    }
    edit = Edit("plano", plan, row.version, values, dict(row.values), children)
    outcome = save(plans.engine, plans.runtime, replace(at_present("paulo")), edit)
    assert isinstance(outcome, Saved), outcome


def test_staff_04_every_error_at_once_and_nothing_lost(page: Page, plans: Site) -> None:
    """Unreadable and missing values come together, with links, counts on tabs and the first one focused."""
    opened(page, f"{plans.url}/registros/plano/novo")
    page.get_by_role("textbox", name="Nome", exact=True).fill("Só o nome")
    page.locator("#f-cnpj").fill("11.111.111/1111-11")
    page.get_by_role("tab", name="Valores").click()
    page.locator("#f-vidas").fill("muitas")
    page.get_by_role("button", name="Incluir linha").first.click()
    page.keyboard.type("200")
    page.keyboard.press("F5")
    summary = page.get_by_role("alert")
    summary.wait_for()
    said = summary.inner_text()
    for words in (
        "Código está em branco",
        "Data de início está em branco",
        "CNPJ",
        "“muitas” não é um número inteiro",
        "Faixas de preço, linha 1, De não pode ser maior que 120",
        "Faixas de preço, linha 1, Valor está em branco",
    ):
        assert words in said
    assert "preencha o campo" not in said  # the sentence itself says what to do
    assert "(aba Valores)" in said
    assert "(aba Faixas" not in said  # its name is already said
    assert page.locator("#f-codigo-e").inner_text() == "Está em branco"
    assert page.locator("[data-grid=faixas] td[data-field=de] .cell-error").first.inner_text() == (
        "Não pode ser maior que 120"
    )
    assert (
        "não é um número inteiro; escreva" in page.locator("#f-vidas-e").text_content()
    )  # this one tells how
    assert focus(page) == "f-codigo"
    assert page.get_by_role("tab", name="Valores 1 erro").is_visible()
    assert page.locator("#f-nome").input_value() == "Só o nome"
    assert page.locator("#f-vidas").input_value() == "muitas"
    assert page.locator("#f-codigo").get_attribute("aria-invalid") == "true"
    summary.get_by_role("link", name="Vidas").click()
    assert focus(page) == "f-vidas"
    summary.get_by_role("link", name="Faixas de preço, linha 1, De").click()
    assert focus(page) == "1:de"


def test_staff_05_the_draft_goes_on_on_another_machine(page: Page, plans: Site) -> None:
    """Two seconds after the last key the draft is kept; another browser offers it with what differs."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("textbox", name="Nome", exact=True).fill("Flex Nacional")
    page.get_by_role("combobox", name="Estado").fill("MG")
    page.locator(".opt").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("rascunho guardado às").wait_for(timeout=4000)
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT nome FROM plano")) == "Flex Empresarial II"
    browser = page.context.browser
    assert browser is not None
    other = watched(browser, locale="pt-BR").new_page()
    other.goto(f"{plans.url}/registros/plano/{plan}")
    banner = other.locator("[data-draft-banner]")
    banner.wait_for()
    assert "Continuar o rascunho de hoje" in banner.inner_text()
    banner.get_by_text("2 diferenças do que está salvo").click()
    assert "Flex Empresarial II Flex Nacional" in " ".join(banner.inner_text().split())
    banner.get_by_role("link", name="Continuar o rascunho").click()
    expect(other.locator("#f-nome")).to_have_value("Flex Nacional")
    expect(other.locator("#f-estado")).to_have_value("MG · Minas Gerais")
    at_rest(other)
    saved(other)
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT nome FROM plano")) == "Flex Nacional"
        assert connection.scalar(text("SELECT count(*) FROM aroeira_draft")) == 0
    other.context.close()


def test_without_connection_the_draft_stays_in_the_browser(page: Page, plans: Site) -> None:
    """Saving without connection keeps the page; when it is back the same button saves."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.context.set_offline(True)
    page.get_by_role("textbox", name="Nome", exact=True).fill("Sem rede")
    page.keyboard.press("F5")
    page.get_by_role("alert").wait_for()
    assert "Sem resposta do servidor" in page.get_by_role("alert").inner_text()
    assert "Sem rede" in str(page.evaluate("JSON.stringify(sessionStorage)"))
    assert page.locator("#f-nome").input_value() == "Sem rede"
    page.context.set_offline(False)
    page.get_by_role("button", name="Tentar de novo").click()
    page.locator(".toast").wait_for()
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT nome FROM plano")) == "Sem rede"


def test_staff_06_different_fields_join_and_the_same_field_asks(page: Page, plans: Site) -> None:
    """What only the colleague changed joins and is told; what both changed is asked; rows go by id."""
    plan = package.plan(plans.engine, plans.runtime)
    with plans.engine.connect() as connection:
        row = read(connection, plans.runtime, at_present("teste"), "plano", plan)
    assert row is not None
    first, second = (band.id for band in row.children["faixas"])
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("textbox", name="Nome", exact=True).fill("O meu nome")
    colleague(plans, plan, {"vidas": 214}, faixas={second: {"valor": package.Decimal(400)}})
    saved(page)
    assert "Juntamos o que ela mudou: Vidas" in page.locator("#conteudo").inner_text()
    assert page.locator("#c-faixas-1-valor").input_value() == "400,00"
    colleague(
        plans,
        plan,
        {"nome": "O nome do Paulo", "vidas": 215},
        faixas={first: {"valor": package.Decimal(300)}},
    )
    page.get_by_role("textbox", name="Nome", exact=True).fill("O meu outro nome")
    page.locator("[data-grid=faixas] td[data-field=valor]").first.focus()
    page.keyboard.type("310")
    page.keyboard.press("Enter")
    page.keyboard.press("F5")
    banner = page.get_by_role("alert")
    banner.wait_for()
    said = banner.inner_text()
    for words in (
        "paulo salvou este registro",
        "Vidas",
        "O meu: O meu outro nome",
        "O de paulo: O nome do Paulo",
        "Faixas de preço, linha 1, Valor",
        "300,00",
    ):
        assert words in said
    page.keyboard.press("F5")  # without an answer nothing is saved
    expect(page.locator("#erros")).to_contain_text("escolha no aviso acima")
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT nome FROM plano")) == "O nome do Paulo"


def test_a_conflict_is_settled_field_by_field(page: Page, plans: Site) -> None:
    """Mine for one, theirs for the other: both come out as chosen, with what joined."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("textbox", name="Nome", exact=True).fill("O meu nome")
    page.get_by_role("textbox", name="Código").fill("0001")
    colleague(plans, plan, {"nome": "O do Paulo", "codigo": "0002", "vidas": 7})
    page.keyboard.press("F5")
    banner = page.get_by_role("alert")
    banner.get_by_role("group", name="Nome").get_by_role("radio", name="O meu").check()
    banner.get_by_role("group", name="Código").get_by_role("radio", name="O de paulo").check()
    assert page.locator("#f-codigo").input_value() == "0002"
    expect(banner).to_contain_text("até lá, vale o que paulo salvou")
    banner.get_by_role("button", name="Salvar com estas escolhas").press("Enter")
    page.locator(".toast").wait_for()
    with plans.engine.connect() as connection:
        assert tuple(connection.execute(text("SELECT codigo, nome, vidas FROM plano")).one()) == (
            "0002",
            "O meu nome",
            7,
        )


def test_leaving_with_changes_asks_and_keeps_the_draft(page: Page, plans: Site) -> None:
    """F3 with unsaved changes asks; going keeps the draft."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("textbox", name="Nome", exact=True).fill("Pela metade")
    page.keyboard.press("F3")
    page.get_by_role("dialog", name="Sair sem salvar?").get_by_role("button", name="Sair e guardar").click()
    page.wait_for_url("**/novo")
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM aroeira_draft")) == 1
