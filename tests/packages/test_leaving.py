"""Cancelling a dependant as the demo's biller does it: the account of the months already charged is at hand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx
import pytest
from lxml import html

import demonstration
from kernel.accounts import first
from kernel.context import at_present
from tests import door
from tests.billing import Office
from tests.conftest import Cluster
from tests.office import served
from tests.shipped import demonstrated, office

MONTH = date(2026, 11, 1)
ASKED = {"alcance": "pessoa", "pedido": date(2026, 11, 20), "quem_pediu": "beneficiario", "internado": False}
# A dependant of an individual contract whose plan charges by days, and who pays.
WHO = """
SELECT b.id, i.valor, c.pro_rata, p.pro_rata FROM beneficiario b JOIN contrato c ON c.id = b.contrato
JOIN plano p ON p.id = c.plano JOIN item_fatura i ON i.beneficiario = b.id AND i.especie = 'mensalidade'
WHERE b.papel = 'dependente' AND b.situacao = 'ativo' AND c.tipo = 'individual_familiar' AND p.pro_rata
AND i.competencia = :m AND i.valor = i.preco ORDER BY b.codigo LIMIT 1
"""


@pytest.fixture(scope="module")
def made(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as found:
        found.run(demonstration.GENERATE, quantas=90)
        found.run(demonstration.BILL, competencia=MONTH)
        yield found


@pytest.fixture
def simulated(made: Office) -> int:
    [(life, _, _, _)] = made.rows(WHO, m=MONTH)
    [(reason,)] = made.rows("SELECT id FROM motivo WHERE tipo = 'exclusao' AND codigo = 'EX01'")
    run = made.run("cancelar_beneficiario", is_dry=True, quem=life, razao=reason, informado=True, **ASKED)
    assert run.status == "finished", run.trouble
    return run.id


@contextlib.contextmanager
def biller(made: Office) -> Iterator[httpx.Client]:
    """Yield the demo's biller, signed in at work for the first company, as everybody begins."""
    with made.engine.begin() as connection:
        first.demonstrate(connection, first.DEMONSTRATED, at_present("x").now)
        [known] = [each for each in first.demonstrated(connection) if each["login"] == "teresa.lima"]
    application = door.closed(made.engine, made.runtime, demo=True)
    with served(application) as address, door.browser(address) as web:
        assert door.sign_in(web, known["login"], known["password"]).status_code == 303
        yield web


def test_the_biller_sees_the_account_once_all_companies_are_read_together(
    made: Office, simulated: int
) -> None:
    [(_, charged, _, _)] = made.rows(WHO, m=MONTH)
    with biller(made) as web:
        page = html.fromstring(web.get(f"/execucoes/{simulated}").text)
        assert not page.xpath("//a[contains(@href, '/relatorios/')]")
        [button] = page.xpath("//*[@id='b-juntas']")
        form = button.getparent()
        answer = web.post(form.get("action"), data=dict(form.form_values()))
        assert answer.headers["location"] == f"/execucoes/{simulated}"
        page = html.fromstring(web.get(answer.headers["location"]).text)
        assert not page.xpath("//*[@id='b-juntas']")
        [panel] = page.xpath("//h2[. = 'Mensalidades já cobradas']/ancestor::div[@class='panel']")
        words = " ".join(panel.text_content().split())
        [warned] = page.xpath("//*[@id='avisos']//li")
        assert warned.xpath("a/@href") == ["/processos/acertar_exclusoes"]
        assert "Acertar exclusões leva as diferenças" in warned.text_content()
    amount = f"{charged:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    assert f"{amount} × 20 ÷ 30" in words


def test_the_biller_is_told_what_is_due_today_where_a_payment_is_registered(made: Office) -> None:
    [(invoice, total)] = made.rows(
        "SELECT f.id, f.total FROM fatura f JOIN empresa e ON e.id = f.empresa "
        "WHERE e.codigo = '01' AND f.situacao = 'aberta' ORDER BY f.id LIMIT 1"
    )
    with biller(made) as web:
        page = html.fromstring(web.get(f"/registros/fatura/{invoice}/transicao/receber").text)
    told = page.xpath("//main//dl/*/text()")
    due = told[told.index("Para pagar hoje") + 1]
    assert page.xpath("//input[@name='f.valor_pago']/@value") == [due]
    assert Decimal(due.replace(".", "").replace(",", ".")) >= total  # with fine and interest, if it is late
