"""Numbers and characters that no database holds: an answer that says so, never a crash."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from tests import office

LONG = "9" * 30
ENDLESS = "9" * 5000


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    made = office.installed(database)
    office.people(database, made, 3)
    with office.client(office.application(database, made)) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        f"/registros/pessoa/{LONG}", f"/api/v1/pessoa/{LONG}", f"/api/v1/pessoa/{ENDLESS}", f"/anexos/{LONG}",
        f"/registros/pessoa/lotes/{LONG}", f"/registros/pessoa/{LONG}/previa", "/registros/pessoa/999999999999999999",
    ],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_an_id_that_cannot_be_is_not_found(site: httpx.Client, path: str) -> None:
    assert site.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/registros/pessoa?q=%00", 200), ("/registros/pessoa/contagem?q=a%00", 200), ("/busca/cidade?q=%00", 200),
        ("/registros/pessoa/exportar.csv?q=%00", 200), ("/paleta?q=an%00", 200), (f"/api/v1/pessoa?limit={ENDLESS}", 400),
    ],
    ids=lambda part: str(part)[:40],
)  # fmt: skip
def test_odd_characters_and_limits_have_an_answer(site: httpx.Client, path: str, status: int) -> None:
    assert site.get(path).status_code == status


def test_a_bulk_change_leaves_impossible_ids_out(site: httpx.Client) -> None:
    form = {"campo": "situacao", "valor": "cancelado", "ids": ["1", LONG], "confirmar": "1"}
    assert site.post("/registros/pessoa/alterar", data=form).status_code in (303, 200)


def test_a_view_loses_the_characters_that_cannot_be_kept(site: httpx.Client) -> None:
    form = {"nome": "a\0b", "filtro": "situacao=ativo", "acao": "salvar"}
    assert site.post("/registros/pessoa/visoes", data=form).status_code == 303
