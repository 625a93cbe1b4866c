"""The shipped contracts and lives where people meet them: what fills itself, what is found, what is refused."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from kernel.context import at_present
from kernel.rules.live import look
from kernel.storage.record import Edit, Refusal
from kernel.storage.save import save
from tests.browser.rest import at_rest
from tests.browser.screen import opened
from tests.browser.shipped import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
__all__ = ["shipped"]
GRID = '[data-grid="carencias"] tbody tr:not([hidden])'


def known(site: Site, entity: str, field: str, value: str) -> int:
    with site.engine.connect() as connection:
        statement = text(f'SELECT id FROM "{entity}" WHERE "{field}" = :value')
        return int(connection.execute(statement, {"value": value}).scalar_one())


def holder(site: Site, contract: int) -> int:
    with site.engine.connect() as connection:
        statement = text("SELECT id FROM beneficiario WHERE contrato = :contract AND papel = 'titular'")
        return int(connection.execute(statement, {"contract": contract}).scalar_one())


def chosen(page: Page, label: str, words: str) -> None:
    field = page.get_by_label(label, exact=True).first
    field.click()
    field.press_sequentially(words)
    page.locator("[role=listbox] [role=option]").first.wait_for()
    at_rest(page)
    page.keyboard.press("Enter")
    at_rest(page)


def new_life(site: Site, person: str, contract: int, **values: Any) -> dict[str, Any]:
    return {
        "pessoa": known(site, "pessoa", "cpf", person),
        "contrato": contract,
        "situacao": "ativo",
        "motivo_ingresso": "inclusao",
        "isenta_carencia": False,
        "portabilidade": False,
        "envia_ans": True,
        "itens_excluidos": False,
        **values,
    }


def test_a_new_life_brings_the_waiting_periods_of_its_plan(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/registros/beneficiario/novo")
    chosen(page, "Contrato *", "2019000101")
    chosen(page, "Pessoa *", "Teresa Okamura")
    chosen(page, "Parentesco *", "Mãe")
    expect(page.get_by_label("Papel *", exact=True)).to_have_value("agregado")
    chosen(page, "Titular *", "Joaquim")
    page.get_by_role("tab", name="Carências").click()
    expect(page.locator('[data-grid="carencias"] td[data-field="prazo"]').first).to_be_visible()
    page.get_by_role("button", name="Salvar F5").click()
    page.locator(".toast").wait_for()
    with shipped.engine.connect() as connection:
        rows = text(
            "SELECT count(*), min(c.origem), max(c.fim - c.inicio) FROM carencia_beneficiario c "
            "JOIN beneficiario b ON b.id = c.beneficiario WHERE b.cpf = '57283609121'"
        )
        assert tuple(connection.execute(rows).one()) == (12, "plano", 299)


def test_a_newborn_takes_over_the_waiting_periods_of_the_holder(shipped: Site) -> None:
    contract = known(shipped, "contrato", "inscricao", "IND-0101")
    values = new_life(
        shipped, "30978412532", contract, papel="dependente", titular=holder(shipped, contract),
        parentesco=known(shipped, "parentesco", "codigo", "04"), adesao=date(2026, 9, 20),
    )  # fmt: skip
    context = at_present("marina.prado")
    with shipped.engine.connect() as connection:
        edit = Edit("beneficiario", None, None, values, children={"carencias": ()})
        seen = look(connection, shipped.runtime, context, edit, ("titular",), ())
    assert seen is not None
    made = [each.values for each in seen.looks if each.entity == "carencia_beneficiario"]
    assert len(made) == 12
    assert {row["origem"] for row in made} == {"titular"}
    assert {row["inicio"] for row in made} == {date(2019, 3, 1)}


def test_an_individual_contract_has_one_holder(shipped: Site) -> None:
    contract = known(shipped, "contrato", "inscricao", "IND-0214")
    values = new_life(
        shipped, "10724938613", contract, papel="titular", adesao=date(2026, 11, 1),
        parentesco=known(shipped, "parentesco", "codigo", "01"),
    )  # fmt: skip
    outcome = save(
        shipped.engine, shipped.runtime, at_present("marina.prado"), Edit("beneficiario", None, None, values)
    )
    assert isinstance(outcome, Refusal), outcome
    told = [problem.sentence() for problem in outcome.problems]
    assert any("Titular do contrato individual" in sentence for sentence in told), told


def test_a_plan_of_ones_own_asks_for_its_price_table(shipped: Site) -> None:
    """What is read beyond a function, the plan that applies, is there when the check is judged."""
    contract = known(shipped, "contrato", "inscricao", "EMP-0037")
    values = new_life(
        shipped, "10724938613", contract, papel="titular", adesao=date(2026, 11, 1),
        parentesco=known(shipped, "parentesco", "codigo", "01"), plano=known(shipped, "plano", "codigo", "0210"),
        categoria=known(shipped, "categoria_beneficiario", "codigo", "ATI"),
        aprovado_cliente=date(2026, 10, 30), aprovado_cliente_por="Dalva Rezende",
    )  # fmt: skip
    outcome = save(
        shipped.engine, shipped.runtime, at_present("marina.prado"), Edit("beneficiario", None, None, values)
    )
    assert isinstance(outcome, Refusal), outcome
    told = [problem.sentence() for problem in outcome.problems]
    assert told == ["Nenhuma tabela de preço vale para esta pessoa. Escolha uma tabela do plano 0210."]


def test_a_life_is_found_by_the_name_of_its_person(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/registros/beneficiario?q=marlene figueira")
    expect(page.locator("table tbody tr")).to_have_count(1)
    expect(page.locator("table tbody tr")).to_contain_text("Marlene Prado Figueira")
