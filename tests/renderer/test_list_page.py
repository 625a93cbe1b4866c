"""Tests of the list page: what it shows, what an address asks of it, what it says about mistakes."""

from __future__ import annotations

from collections.abc import Iterator

from tests import office
import httpx
import pytest
from lxml import html


@pytest.fixture
def site(database) -> Iterator[httpx.Client]:
    made = office.installed(database)
    where = office.cities(database, made)
    office.people(database, made, 120, where)
    with office.client(office.application(database, made)) as client:
        yield client


def page(client: httpx.Client, address: str, status: int = 200):
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2000]
    return html.fromstring(answer.text)


def texts(root, path: str) -> list[str]:
    return [" ".join(node.text_content().split()) for node in root.cssselect(path)]


def test_a_list_shows_fifty_rows_in_its_order(site):
    root = page(site, "/registros/pessoa")
    assert texts(root, "h1") == ["Pessoas"]
    assert len(root.cssselect("tbody tr")) == 50
    names = texts(root, "td.k-name")
    assert names == sorted(names)
    assert texts(root, "thead th")[1:4] == ["Código", "Nome", "CPF"] or texts(root, "thead th")[1:3] == ["Código", "Nome"]
