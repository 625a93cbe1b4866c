"""A process from its question to its undoing, by keyboard alone; its pages in both themes and narrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.billing import NOVEMBER
from tests.billing_site import installed, site, worker
from tests.browser.rest import at_rest
from tests.browser.screen import complaints, opened, overflow
from tests.office import Site, served

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy import Engine

    from tests.billing import Office

pytestmark = pytest.mark.browser
OCTOBER = NOVEMBER.replace(month=10)
CUT_OFF = """() => [...document.querySelectorAll('.tbl-wrap')].filter(box =>
  box.querySelector('.tbl--stack') && box.scrollWidth > box.clientWidth + 1).length"""
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def made(database: Engine) -> Office:
    return installed(database, 30)


@pytest.fixture
def billing(made: Office) -> Iterator[Site]:
    """The package of contracts and invoices, with a worker, served on a database of its own."""
    app = site(made)
    with worker(made), served(app) as url:
        yield Site(url, made.engine, made.runtime, app)


def press_until(page: Page, role: str, name: str) -> None:
    """Press Tab until something has the focus, then Enter."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible(timeout=30_000)
    at_rest(page)  # where the hands begin, the scripts have settled
    for _ in range(60):
        if wanted.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    page.keyboard.press("Enter")


def test_a_competence_is_simulated_run_looked_through_and_undone_by_keyboard(
    page: Page, billing: Site, made: Office
) -> None:
    opened(page, f"{billing.url}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("faturar")
    page.get_by_role("option", name="Faturar competência").wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Faturar competência", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("textbox", name="Competencia")).to_be_focused()
    page.keyboard.type("112026")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Só o contrato")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Simular")).to_be_focused()
    assert made.rows("SELECT count(*) FROM aroeira_process_run") == [(0,)]
    page.keyboard.press("F5")
    expect(page.get_by_role("heading", name="Faturar competência 11/2026", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Nada foi gravado")).to_be_visible(timeout=30_000)
    assert made.invoices == []
    press_until(page, "link", "Executar")
    expect(page.get_by_role("link", name="Voltar sem executar")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Execução terminada")).to_be_visible(timeout=30_000)
    expect(page.locator("#aviso")).to_contain_text("Terminada")
    assert len(made.invoices) > 20
    press_until(page, "link", "Ver todas")
    expect(page.get_by_role("heading", name="Exceções", level=1)).to_be_visible()
    expect(page.get_by_role("region", name="Exceções")).to_contain_text("não tem data de nascimento.")
    page.go_back()
    press_until(page, "link", "Desfazer")
    expect(page.get_by_role("heading", name="Desfazer a execução 2?")).to_be_visible()
    press_until(page, "button", "Desfazer tudo")
    expect(page.get_by_role("heading", name="Esta execução foi desfeita")).to_be_visible(timeout=30_000)
    assert made.invoices == []


def test_the_page_of_a_run_follows_it_and_keeps_the_focus(page: Page, made: Office) -> None:
    run = made.begin(competencia=NOVEMBER)
    app = site(made)
    with served(app) as url:
        opened(page, f"{url}/execucoes/{run}")
        page.get_by_role("link", name="Execuções").focus()
        made.say("UPDATE aroeira_process_run SET status = 'running', doing = '{\"step\": \"precos\"}'")
        expect(page.get_by_role("heading", name="Precos")).to_be_visible(timeout=10_000)
        expect(page.get_by_role("link", name="Execuções")).to_be_focused()
        page.get_by_role("button", name="Parar").focus()
        made.say(
            "UPDATE aroeira_process_run SET status = 'finished', finished_at = now(), started_at = now()"
        )
        expect(page.get_by_role("heading", name="Execução terminada")).to_be_visible(timeout=10_000)
        expect(page.get_by_role("heading", level=1)).to_be_focused()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_pages_of_processes_are_accessible_and_fit(
    page: Page, billing: Site, made: Office, theme: str, width: int
) -> None:
    made.say("DELETE FROM faixa WHERE tabela = 2 AND idade_de >= 49")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    # So high that nothing lies below the bar of a phone: axe takes what is half behind it for too small.
    page.set_viewport_size({"width": width, "height": 2400})
    first, second = (made.run(competencia=month) for month in (OCTOBER, NOVEMBER))
    made.say("UPDATE fatura SET situacao = 'paga', version = version + 1 WHERE id = 5")
    dry = made.run(is_dry=True, competencia=NOVEMBER.replace(month=12))
    stopped, failed, gone = (
        made.begin(competencia=NOVEMBER.replace(year=year)) for year in (2027, 2028, 2029)
    )
    for run, status in ((stopped, "cancelled"), (failed, "failed"), (gone, "undone")):
        made.say("UPDATE aroeira_process_run SET status = :s WHERE id = :r", s=status, r=run)
    made.say(
        "UPDATE aroeira_process_run SET trouble = CAST(:t AS jsonb) WHERE id = :r",
        t='{"code": "R611", "says": "faltou espaço no disco"}', r=failed,
    )  # fmt: skip
    waiting = made.begin(competencia=NOVEMBER.replace(month=12))
    shown = (
        "/processos", "/processos/faturar", "/processos/faturar/execucoes", f"/execucoes/{second.id}",
        f"/execucoes/{waiting}", f"/execucoes/{second.id}/excecoes", f"/execucoes/{second.id}/desfazer",
        f"/execucoes/{first.id}/desfazer", "/registros/fatura/5/historico", f"/execucoes/{dry.id}",
        f"/execucoes/{dry.id}/executar", f"/registros/fatura?execucao={second.id}.novas",
        f"/execucoes/{stopped}", f"/execucoes/{failed}", f"/execucoes/{gone}",
    )  # fmt: skip
    for number, address in enumerate(shown):
        opened(page, f"{billing.url}{address}")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{theme}-{number}.png", full_page=True)
        assert complaints(page) == [], address
        assert overflow(page) <= 0, address
        assert page.evaluate(CUT_OFF) == 0, address


def test_tables_are_not_cut_off_by_the_help_beside_them(page: Page, billing: Site, made: Office) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    made.run(competencia=OCTOBER)
    run = made.run(competencia=NOVEMBER)
    for address in (f"/execucoes/{run.id}", "/processos/faturar/execucoes", "/processos"):
        opened(page, f"{billing.url}{address}")
        page.keyboard.press("F1")
        page.locator(".side--help .side-in").wait_for()
        assert page.locator(".tbl--stack").count(), address
        assert page.evaluate(CUT_OFF) == 0, address
