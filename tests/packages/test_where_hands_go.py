"""A form opens where its operator may write something, and offers to save only where that is anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from kernel.accounts.signed import Signed
from tests.billing import Office
from tests.billing_site import site
from tests.conftest import Cluster
from tests.office import client
from tests.shipped import demonstrated, office

SAVES = 'data-command="save"'
FIRST = "aba-1"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield made


def page(made: Office, *roles: str) -> str:
    """Return the form of a plan as somebody with these roles has it."""
    app = site(made)
    ((record,),) = made.rows("SELECT id FROM operador WHERE login = 'marina.prado'")
    app.state.signed_in_as = Signed(0, "marina.prado", "Marina", roles, record)
    ((plan,),) = made.rows("SELECT min(id) FROM plano")
    with client(app) as web:
        answer: httpx.Response = web.get(f"/registros/plano/{plan}")
    assert answer.status_code == 200
    return answer.text


def opened(text: str) -> tuple[str, str]:
    """Return the tab that is open, and what stands in it."""
    (tab,) = re.findall(r'id="(aba-\d+)-t" role="tab"[^>]* aria-selected="true"', text)
    (panel,) = re.findall(r'<div class="tabpanel is-open" id="(aba-\d+)"', text)
    assert panel == tab
    return tab, text.split(f'id="{tab}" role="tabpanel"')[1].split('class="tabpanel', maxsplit=1)[0]


def test_who_may_change_one_field_finds_it_open(installed: Office) -> None:
    text = page(installed, "consulta_planos", "tolerancia_inadimplencia")
    tab, panel = opened(text)
    assert tab != FIRST
    assert 'id="f-tolerancia"' in panel
    assert SAVES in text


def test_who_may_change_nothing_begins_at_the_beginning_and_is_offered_nothing(installed: Office) -> None:
    text = page(installed, "consulta_planos")
    assert opened(text)[0] == FIRST
    assert SAVES not in text


def test_who_may_change_all_begins_at_the_beginning(installed: Office) -> None:
    text = page(installed, "cadastro_planos")
    assert opened(text)[0] == FIRST
    assert SAVES in text
