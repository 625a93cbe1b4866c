"""The options of a lookup over HTTP: what comes first, what it costs, where a new record is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from sqlalchemy import Engine, event, text

from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit, Edit
from renderer.chosen import chosen
from tests import plans
from tests.office import application, client


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return plans.installed(database)


@pytest.fixture
def places(database: Engine, runtime: Runtime) -> dict[str, int]:
    return plans.places(database, runtime)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def statements(engine: Engine, web: httpx.Client, **query: str) -> list[str]:
    """Return the statements that opening a lookup of networks takes."""
    said: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        web.get("/busca/rede", params=query)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return said


def new_addresses(web: httpx.Client, entity: str, **query: str) -> list[str]:
    page = web.get(f"/busca/{entity}", params=query).text
    return [unescape(found) for found in re.findall(r'data-new="([^"]*)"', page)]


def test_preferences_cost_one_statement(web: httpx.Client, database: Engine, places: dict[str, int]) -> None:
    web.get("/busca/rede", params={"q": "re"})  # compiled once
    web.get("/busca/rede")
    assert len(statements(database, web)) == 2
    assert len(statements(database, web, q="rede")) == 2
    assert len(statements(database, web, q="nada disso")) == 1


def test_favourites_are_of_records_that_exist(web: httpx.Client, places: dict[str, int]) -> None:
    assert web.put(f"/favoritos/rede/{places['Rede Sul']}").status_code == 204
    assert web.put("/favoritos/rede/999").status_code == 404
    assert web.put("/favoritos/nada/1").status_code == 404
    page = web.get("/busca/rede").text
    assert re.findall(r'data-text="([^"]*)"', page) == ["Rede Sul", "Rede Norte"]
    assert page.count("data-favourite>") == 1
    assert web.delete(f"/favoritos/rede/{places['Rede Sul']}").status_code == 204
    assert re.findall(r'data-text="([^"]*)"', web.get("/busca/rede").text) == ["Rede Norte", "Rede Sul"]


def test_only_links_that_changed_count_as_chosen(runtime: Runtime) -> None:
    rows = (
        ChildEdit(None, {"de": 1, "rede": 3}),
        ChildEdit(7, {"rede": 4}, {"rede": 4}),
        ChildEdit(8, {}, None, removed=True),
    )
    values = {"nome": "x", "estado": 1, "municipio": 2, "redes": (5, 6)}
    edit = Edit("plano", 1, 1, values, {"estado": 1, "municipio": 9, "redes": (5,)}, {"faixas": rows})
    assert chosen(runtime, edit) == [("municipio", 2), ("rede", 6), ("rede", 3)]


@pytest.mark.parametrize(
    ("entity", "typed", "filled"),
    [
        ("plano", "Flex Total", "f.nome=Flex+Total"),
        ("plano", "0300", "f.codigo=0300"),
        ("plano", "30000000000000", "f.nome=30000000000000"),  # too long for the code
        ("estado", "Bahia", "f.nome=Bahia"),
        ("rede", "Rede 7", "f.nome=Rede+7"),
    ],
)
def test_what_was_typed_goes_to_the_field_that_can_hold_it(
    web: httpx.Client, entity: str, typed: str, filled: str
) -> None:
    assert new_addresses(web, entity, q=typed) == [f"/registros/{entity}/novo?{filled}"]


def test_a_new_record_keeps_to_the_filter_of_its_lookup(web: httpx.Client, places: dict[str, int]) -> None:
    query = {"q": "Itajubá", "campo": "plano.municipio", "onde.estado": str(places["MG"])}
    assert new_addresses(web, "municipio", **query) == [
        f"/registros/municipio/novo?f.estado={places['MG']}&f.nome=Itajub%C3%A1"
    ]


def test_nothing_is_offered_without_words_or_without_a_screen(web: httpx.Client) -> None:
    assert new_addresses(web, "rede") == []
    assert new_addresses(web, "faixa", q="novo") == []  # a child: made within its plan
    assert new_addresses(web, "aviso", q="novo") == []


def test_a_record_made_for_a_lookup_answers_with_its_words(web: httpx.Client, database: Engine) -> None:
    body = {"version": "", "base": "{}", "f.nome": "Rede Leste", "depois": "escolher"}
    made = web.post("/registros/rede/novo", data=body, headers={"X-Aroeira": "script"})
    with database.connect() as connection:
        record = connection.scalar(text("SELECT id FROM rede WHERE nome = 'Rede Leste'"))
    assert made.json() == {"id": record, "text": "Rede Leste"}
