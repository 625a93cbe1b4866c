"""Every list of the shipped packages opens, filters by each of its fields, counts, exports and is in the API."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from kernel.runtime import Runtime
from kernel.storage import system
from renderer.documents import lists, target
from tests import office
from tests.renderer.html import page, texts
from tests.shipped import runtime

RUNS = {"processos", "{id}", "parar", "continuar", "desfazer", "excecoes"}


@pytest.fixture
def shipped(database: Engine) -> Runtime:
    """The shipped packages with empty tables."""
    made = runtime()
    with database.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def test_every_list_of_the_packages_answers(shipped: Runtime, database: Engine) -> None:
    with office.client(office.application(database, shipped)) as site:
        for name, document in lists(shipped).items():
            root = page(site, f"/registros/{name}")
            assert texts(root, "h1"), name
            is_made_by_hand = shipped.entities[document.entity].entity.allows("add")
            assert ("Incluir" in " ".join(texts(root, "div.empty a"))) == is_made_by_hand, name
            assert all(target(shipped, document.entity, path) for path in document.filters), name
            conditions = "&".join(f"{path}.empty=1" for path in document.filters)
            root = page(site, f"/registros/{name}?{conditions}")
            assert len(texts(root, "span.fchip")) == len(document.filters), name
            for path in document.filters[:1]:
                assert texts(page(site, f"/registros/{name}?novo.campo={path}"), "#filtro-corpo form"), name
            assert site.get(f"/registros/{name}/contagem").text.strip() == "de 0"
            assert site.get(f"/registros/{name}/exportar.csv").status_code == 200
            order = ",".join(f"-{column}" for column in document.columns)
            assert not texts(page(site, f"/registros/{name}?order={order}"), "div.banner"), name


def test_every_entity_of_the_packages_is_in_the_api(shipped: Runtime, database: Engine) -> None:
    with office.client(office.application(database, shipped)) as site:
        for name, compiled in shipped.entities.items():
            children = ",".join(compiled.children)
            links = ",".join(field.name for field in compiled.columns if field.type == "link")
            answer = site.get(f"/api/v1/{name}", params={"children": children, "expand": links})
            assert answer.json() == {"items": [], "next": None, "previous": None}, name
        document = site.get("/api/v1/openapi.json").json()
        ways = ("", "/{id}", "/exportar.csv")  # all, one, and their export
        expected = {f"/api/v1/{name}{way}" for name in shipped.entities for way in ways}
        expected |= {
            f"/api/v1/{name}/{{id}}/transicoes/{transition}"
            for name, compiled in shipped.entities.items()
            for transition, said in compiled.entity.transitions.items()
            if said.by_hand
        }
        others = {
            path.split("/")[-2 if "/acoes/" in path else -1] for path in document["paths"].keys() - expected
        }
        assert expected <= document["paths"].keys()
        assert others <= RUNS | {"acoes", "sigilo", "revelar"} | shipped.configuration.processes.keys()


def test_home_and_every_module_show_their_routines(shipped: Runtime, database: Engine) -> None:
    with office.client(office.application(database, shipped)) as site:
        assert texts(page(site, "/"), "nav.tree") or texts(page(site, "/"), "div.tree")
        for name, menu in shipped.configuration.menus.items():
            if not menu.into:
                assert texts(page(site, f"/modulos/{name}"), "a.thing"), name
