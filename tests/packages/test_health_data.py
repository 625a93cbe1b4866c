"""What tells of somebody's health, or who they are by their card, is masked wherever records are shown."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from kernel.accounts.signed import Signed
from tests.billing import Office
from tests.billing_site import site
from tests.conftest import Cluster
from tests.office import client
from tests.shipped import demonstrated, office

PAGES = (
    "/registros/doenca_preexistente",
    "/registros/doenca_preexistente?ordem=agravo",
    "/registros/doenca_preexistente/exportar.csv",
    "/registros/doenca_preexistente/{disease}",
    "/registros/doenca_preexistente/{disease}/historico",
    "/registros/beneficiario/{life}",
    "/registros/beneficiario/{life}/consulta",
    "/registros/beneficiario/{life}/historico",
    "/api/v1/doenca_preexistente",
    "/api/v1/doenca_preexistente/{disease}",
    "/registros/item_coparticipacao",
    "/registros/item_coparticipacao/exportar.csv",
    "/api/v1/item_coparticipacao",
)
OF_CARDS = (
    "/registros/beneficiario",
    "/registros/beneficiario/{life}",
    "/registros/beneficiario/{life}/consulta",
    "/registros/beneficiario/{life}/historico",
    "/registros/carteirinha",
    "/registros/carteirinha/exportar.csv",
    "/registros/carteirinha/{card}",
    "/registros/carteirinha/{card}/historico",
    "/api/v1/carteirinha",
    "/api/v1/carteirinha/{card}",
    "/api/v1/beneficiario/{life}",
)
# What the demonstration says of diseases and uses: codes, words, dates of restrictions, the surcharge.
TOLD = (
    "E119",
    "J450",
    "Diabetes",
    "Asma",
    "31/08/2028",
    "2028-08-31",
    "Agravo</",
    "Agravo de",
    '"opcao":"agravo"',
    "ginecologista",
    "Clínica do Ar",
    "10101012",
)


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield made


@pytest.fixture(scope="module")
def web(installed: Office) -> Iterator[httpx.Client]:
    app = site(installed)
    ((record,),) = installed.rows("SELECT id FROM operador WHERE login = 'marina.prado'")
    app.state.signed_in_as = Signed(0, "marina.prado", "Marina", ("consulta_beneficiarios",), record)
    with client(app) as found:
        yield found


def test_a_surcharge_is_called_as_other_amounts_are(installed: Office) -> None:
    asked = "SELECT DISTINCT descricao FROM valor_adicional WHERE doenca IS NOT NULL"
    field = installed.runtime.entities["valor_adicional"].fields["descricao"]
    assert installed.rows(asked) == [(field.default,)], "a name of its own would tell of a disease"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_nothing_of_health_to_whoever_may_only_ask(
    installed: Office, web: httpx.Client, page: str
) -> None:
    disease, life = installed.rows("SELECT id, beneficiario FROM doenca_preexistente WHERE opcao = 'agravo'")[
        0
    ]
    answer = web.get(page.format(disease=disease, life=life), follow_redirects=True)
    assert answer.status_code == 200
    code = installed.rows("SELECT codigo FROM beneficiario WHERE id = :b", b=life)[0][0]
    assert code in answer.text or "item_coparticipacao" in page, "the page is about nobody"
    surcharge = (
        ("38,50", "38.50") if "doenca" in page else ()
    )  # an additional amount of no said reason may be
    assert [word for word in (*TOLD, *surcharge) if word in answer.text] == []


@pytest.mark.parametrize("page", OF_CARDS)
def test_a_page_tells_no_number_of_a_card_to_whoever_may_only_ask(
    installed: Office, web: httpx.Client, page: str
) -> None:
    card, life, number = installed.rows(
        "SELECT id, beneficiario, numero FROM carteirinha WHERE situacao = 'ativa' ORDER BY id"
    )[0]
    answer = web.get(page.format(card=card, life=life), follow_redirects=True)
    assert answer.status_code == 200
    assert number not in answer.text
