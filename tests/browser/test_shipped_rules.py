"""The rules of the shipped plans where people meet them: what is asked for, what is refused, and what to do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, text

from kernel.context import at_present
from kernel.rules.begun import begun
from kernel.rules.reach import Reach
from kernel.rules.suspects import suspects
from kernel.rules.verdict import judged
from tests.browser.screen import complaints, opened
from tests.browser.shipped import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
__all__ = ["shipped"]


def known(site: Site, entity: str, code: str) -> int:
    """Return the id of the record with a code."""
    with site.engine.connect() as connection:
        statement = text(f'SELECT id FROM "{entity}" WHERE codigo = :code')
        return int(connection.execute(statement, {"code": code}).scalar_one())


def test_a_cancelled_plan_is_asked_for_its_day_and_then_saved(page: Page, shipped: Site) -> None:
    plan = known(shipped, "plano", "0901")
    opened(page, f"{shipped.url}/registros/plano/{plan}")
    page.get_by_label("Situação *", exact=True).select_option("cancelado")
    page.keyboard.press("F5")
    errors = page.get_by_role("alert").first
    expect(errors).to_contain_text("Data de cancelamento")
    expect(errors).to_contain_text("Situação é Registro cancelado")
    page.get_by_role("textbox", name="Data de cancelamento").fill("31031996")
    page.keyboard.press("F5")
    expect(errors).to_contain_text(
        "O plano começou em 01/04/1996 e não pode ter sido cancelado antes, em 31/03/1996."
    )
    page.get_by_role("textbox", name="Data de cancelamento").fill("30062026")
    page.keyboard.press("F5")
    expect(page.get_by_role("alert")).to_have_count(0)
    with shipped.engine.connect() as connection:
        stored = connection.execute(text("SELECT situacao FROM plano WHERE id = :plan"), {"plan": plan})
        assert stored.scalar_one() == "cancelado"


def test_a_last_band_beyond_six_times_the_first_is_refused_with_the_price_that_would_do(
    page: Page, shipped: Site
) -> None:
    table = known(shipped, "tabela_preco", "0101-2026")
    opened(page, f"{shipped.url}/registros/tabela_preco/{table}")
    cell = page.locator('[data-grid="faixas"] tbody td[data-field="valor"]').nth(9)
    cell.click()
    page.keyboard.type("1583,89")
    page.keyboard.press("Enter")
    page.keyboard.press("F5")
    errors = page.get_by_role("alert").first
    expect(errors).to_contain_text(
        "O preço da última faixa, 1.583,89, passa de 6 vezes o da primeira, 263,98. "
        "Reduza a última para até 1.583,88, ou aumente a primeira."
    )
    with shipped.engine.connect() as connection:
        most = text("SELECT max(valor) FROM faixa_preco WHERE tabela = :table")
        assert connection.execute(most, {"table": table}).scalar_one() < Decimal("1583.88")


def test_every_record_that_is_shipped_meets_the_rules(shipped: Site) -> None:
    runtime = shipped.runtime
    context = at_present("demo")
    told: list[str] = []
    with shipped.engine.connect() as connection:
        for name, compiled in runtime.entities.items():
            ids = list(connection.execute(select(compiled.table.c.id)).scalars())
            found = suspects(connection, runtime, context, name, ids) if ids else {}
            reach = Reach(connection, runtime, begun(connection, runtime, context))
            records = reach.records(name, list(found), compiled.rules.needs, own=True)
            for record in records.values():
                verdict = judged(compiled.rules, runtime.rules.entities, context, reach.run, record)
                told += [f"{name} {record.id}: {problem.sentence()}" for problem in verdict.problems]
    assert told == []


def test_an_unknown_cep_is_told_beside_it_and_refuses_nothing(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/registros/filial/novo")
    cep = page.get_by_role("textbox", name="CEP")
    cep.fill("99999999")
    cep.press("Tab")
    hint = page.locator('.field[data-field="cep"] [data-missing]')
    expect(hint).to_have_text(
        "Este CEP não está na tabela de CEPs. Confira os números, ou preencha o endereço à mão."
    )
    expect(cep).to_have_accessible_description(re.compile("não está na tabela de CEPs"))
    expect(page.locator("#aviso")).to_contain_text("não está na tabela de CEPs")
    assert complaints(page) == []
    cep.fill("37550101")
    cep.press("Tab")
    expect(hint).to_have_count(0)
    expect(page.get_by_role("textbox", name="Bairro")).to_have_value("Centro")


def test_an_unknown_cep_in_a_grid_is_told_at_its_cell(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/registros/pessoa/novo")
    cell = page.locator('[data-grid="enderecos"] td[data-field="cep"]').first
    page.get_by_role("tab", name=re.compile("Endereços")).click()
    page.locator("#aba-enderecos, [data-grid=enderecos]").last.get_by_role(
        "button", name="Incluir linha"
    ).click()
    cell.focus()
    page.keyboard.type("99999999")
    page.keyboard.press("Tab")
    expect(cell.locator("[data-missing]")).to_contain_text("não está na tabela de CEPs")
    page.keyboard.press("Shift+Tab")
    expect(cell.locator("[data-missing]")).to_be_visible()
