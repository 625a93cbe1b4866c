"""Quick looks, and lists and lookups that are narrowed by values: what they show, of whom, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from lxml.html import HtmlElement
from sqlalchemy import Engine

from kernel.runtime import Runtime
from kernel.storage import system
from tests import office
from tests.renderer.html import find, page, texts

MORE = {
    "sede/entities/visita.yaml": """
entity: visita
label: {one: Visita, many: Visitas, gender: f}
shown_as: "{assunto}"
order: -dia
fields:
  assunto: {type: text, max: 60, required: yes}
  dia: {type: date}
  custo: {type: money}
  pessoa: {type: link, to: pessoa}
  onde: {type: link, to: cidade}
  sede: {type: link, to: pessoa, only: {situacao: [ativo, carencia]}}
""",
    "sede/lists/visita.yaml": "list: visita\nentity: visita\ncolumns: [assunto, dia]\nfilters: [pessoa]\n",
    "sede/lists/parado.yaml": """
list: parado
entity: pessoa
label: Parados
only: {situacao: [inadimplente, cancelado]}
columns: [nome, situacao]
filters: situacao
order: nome
""",
    "sede/looks/pessoa.yaml": """
look: pessoa
entity: pessoa
order: 1
facts:
  Quem: [nome, cpf, situacao]
  Onde: [cidade, cidade.estado]
rows:
  Visitas: {of: visita, by: {pessoa: id}, columns: [assunto, dia, custo], order: dia, most: 2}
  Na cidade: {of: visita, by: {onde: cidade}, empty: pessoa, columns: assunto}
  Vizinhos: {of: pessoa, by: {cidade: cidade}, only: {situacao: ativo}, columns: [nome, situacao]}
""",
    "sede/looks/aparte.yaml": "look: aparte\nentity: pessoa\norder: 2\nfacts: {Conta: mensalidade}\n",
}


@pytest.fixture
def made(database: Engine) -> Runtime:
    made = office.runtime(MORE)
    with database.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


@pytest.fixture
def ids(database: Engine, made: Runtime) -> dict[str, int]:
    """People in two cities, with visits."""
    cities = office.cities(database, made)
    kept: dict[str, int] = {**cities}
    for number, (name, city, situation) in enumerate(
        (
            ("Ana", "Itajubá", "ativo"),
            ("Bento", "Itajubá", "ativo"),
            ("Célia", "Itajubá", "cancelado"),
            ("Davi", "Campinas", "carencia"),
        )
    ):
        values = {"codigo": str(number), "nome": name, "cidade": cities[city], "situacao": situation}
        kept[name] = office.put(database, made, "pessoa", values | {"mensalidade": Decimal("10.50")})
    for subject, who, city in (
        ("um", "Ana", None), ("dois", "Ana", None), ("três", "Ana", "Itajubá"), ("feira", None, "Itajubá"), ("outra", "Davi", None),
    ):  # fmt: skip
        values = {
            "assunto": subject,
            "pessoa": kept[who] if who else None,
            "onde": cities[city] if city else None,
        }
        office.put(database, made, "visita", values)
    return kept


@pytest.fixture
def site(database: Engine, made: Runtime, ids: dict[str, int]) -> Iterator[httpx.Client]:
    with office.client(office.application(database, made)) as client:
        yield client


def panel(root: HtmlElement, title: str) -> HtmlElement:
    """Return the part under a title."""
    (found,) = [each for each in find(root, "section.panel") if texts(each, "h2") == [title]]
    return found


def test_a_look_shows_facts_and_rows_of_all_its_parts(site: httpx.Client, ids: dict[str, int]) -> None:
    address = f"/registros/pessoa/{ids['Ana']}"
    root = page(site, f"{address}/consulta")
    assert texts(root, "h1") == ["Ana"]
    assert texts(panel(root, "Quem"), "dt") == ["Nome", "Situação"]  # what is empty is not shown
    assert texts(panel(root, "Onde"), "dd") == ["Itajubá", "MG"]
    assert texts(panel(root, "Conta"), "dd") == ["10,50"]
    visits = panel(root, "Visitas")
    assert texts(visits, "td.k-name") == ["um", "dois"]
    assert texts(visits, "thead th") == ["Assunto", "Dia", "Custo"]
    (all_,) = [each.get("href") for each in find(visits, "a.push")]
    assert all_ == f"/registros/visita?pessoa={ids['Ana']}"
    assert "Ver todas" in visits.text_content()
    assert texts(panel(root, "Na cidade"), "td.k-name") == ["feira"]
    assert texts(panel(root, "Vizinhos"), "td.k-name") == ["Bento"]  # not herself, not who has gone
    assert f'href="{address}/consulta"' in site.get(address).text
    alone = page(site, f"/registros/pessoa/{ids['Davi']}/consulta")
    assert texts(panel(alone, "Visitas"), "td.k-name") == ["outra"]
    assert "Nada em: Na cidade, Vizinhos." in alone.text_content()


def test_a_look_costs_one_statement_for_each_part(
    site: httpx.Client, database: Engine, ids: dict[str, int]
) -> None:
    assert site.get(f"/registros/pessoa/{ids['Ana']}/consulta").status_code == 200
    assert site.get("/registros/pessoa/999/consulta").status_code == 404
    assert site.get(f"/registros/cidade/{ids['Itajubá']}/consulta").status_code == 404
    assert (
        f"/registros/cidade/{ids['Itajubá']}/consulta"
        not in site.get(f"/registros/cidade/{ids['Itajubá']}").text
    )


def test_a_narrowed_list_never_shows_others(site: httpx.Client, ids: dict[str, int]) -> None:
    assert texts(page(site, "/registros/parado"), "td.k-name") == ["Célia"]
    assert texts(page(site, "/registros/parado?situacao=ativo"), "td.k-name") == []
    assert "1" in site.get("/registros/parado/contagem").text
    exported = site.get("/registros/parado/exportar.csv", params={"finalidade": "conferir"}).text
    assert "Célia" in exported
    assert "Ana" not in exported
    assert texts(page(site, "/registros/pessoa"), "td.k-name") == ["Ana", "Bento", "Célia", "Davi"]
    moved = site.get(f"/registros/parado/{ids['Célia']}/proximo", follow_redirects=False)
    assert moved.headers["location"].startswith(f"/registros/parado/{ids['Célia']}?fim")


def test_a_lookup_offers_only_what_its_field_says(site: httpx.Client, ids: dict[str, int]) -> None:
    def offered(field: str, text: str = "") -> list[str]:
        found = site.get("/busca/pessoa", params={"campo": field, "q": text})
        return sorted(
            name for name in ("Ana", "Bento", "Célia", "Davi") if f'data-text="{name}"' in found.text
        )

    assert offered("visita.sede") == ["Ana", "Bento", "Davi"]
    assert offered("visita.sede", "cel") == []
    assert offered("visita.pessoa", "cel") == ["Célia"]
    body = {"version": "", "base": "{}", "f.assunto": "x", "f.sede.texto": "Célia", "f.sede": ""}
    typed = site.post("/registros/visita/novo", data=body)
    assert typed.status_code == 422
    cells = {"cells": [{"field": "sede", "text": "Célia"}, {"field": "sede", "text": "Davi"}], "rows": {}}
    gone, there = site.post("/conferir/visita", json=cells).json()["cells"]
    assert "error" in gone
    assert there["id"] == str(ids["Davi"])
