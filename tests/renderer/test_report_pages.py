"""Reports of runs over HTTP: rows with their sums page by page, as files, and only to who may read them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine

from tests.billing import NOVEMBER, Office, office, people
from tests.billing_site import MORE, PATH, site
from tests.office import client

REPORTS = """
  resumo:
    label: Resumo por idade
    from: precos
    group: [tabela, idade]
    columns: {quantas: count(precos), total: {is: sum(valor), type: money}}
    report: {columns: [tabela, idade, quantas, total], sum: [quantas, total]}
  cada:
    label: Cada vida
    from: precos
    report: {columns: [vida, ultimo, valor]}
  novas:
"""


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, {**MORE, PATH: MORE[PATH].replace("\n  novas:\n", REPORTS, 1)})
    people(found, 200)
    found.run(competencia=NOVEMBER)
    return found


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def body(answer: httpx.Response) -> tuple[list[list[str]], list[str]]:
    """Return the rows of the table, and its last line."""
    assert answer.status_code == 200, answer.text
    page = html.fromstring(answer.text)
    lines = [[cell.text_content() for cell in row] for row in page.xpath("//main//tbody/tr")]
    return lines, [cell.text_content() for cell in page.xpath("//main//tfoot/tr/td")]


def amount(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def test_the_page_of_a_run_begins_its_reports_and_leads_to_the_rest(web: httpx.Client, made: Office) -> None:
    page = html.fromstring(web.get("/execucoes/1").text)
    links = page.xpath("//a[contains(@href, '/relatorios/')]/@href")
    assert links == ["/execucoes/1/relatorios/resumo", "/execucoes/1/relatorios/cada"]
    panels = [
        link.xpath("ancestor::div[@class='panel']")[0]
        for link in page.xpath("//a[contains(@href, '/relatorios/')]")
    ]
    assert [panel.xpath(".//h2")[0].text for panel in panels] == ["Resumo por idade", "Cada vida"]
    for panel, address in zip(panels, links, strict=True):
        begun = [[cell.text_content() for cell in row] for row in panel.xpath(".//tbody/tr")]
        assert begun == body(web.get(address))[0][:8]
    assert len(panels[1].xpath(".//tbody/tr")) == 8
    lines, last = body(web.get("/execucoes/1/relatorios/resumo"))
    assert all(line[0].startswith("Tabela") for line in lines)
    count, total = made.rows("SELECT count(*), sum(valor) FROM item")[0]
    assert last[0] == "Total"
    assert [int(last[2]), amount(last[3])] == [count, float(total)]


def test_every_row_is_on_one_page_and_in_the_files(web: httpx.Client, made: Office) -> None:
    address, names = "/execucoes/1/relatorios/cada", []
    while address:
        page = web.get(address)
        names += [line[0] for line in body(page)[0]]
        address = "".join(html.fromstring(page.text).xpath("//a[@rel='next']/@href"))
    expected = sorted(name for (name,) in made.rows("SELECT v.nome FROM item i JOIN vida v ON v.id = i.vida"))
    assert sorted(names) == expected
    assert len(names) > 100
    answer = web.get("/execucoes/1/relatorios/cada.csv?finalidade=Conferir+dados")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert sorted(line["Vida"] for line in lines) == expected
    assert web.get("/execucoes/1/relatorios/cada.xlsx?finalidade=Conferir+dados").content[:2] == b"PK"


def test_what_is_no_report_is_not_there(web: httpx.Client) -> None:
    for path in ("nada", "precos", "novas", "resumo.pdf"):
        assert web.get(f"/execucoes/1/relatorios/{path}").status_code == 404


def test_who_may_not_read_all_of_it_is_not_told_that_it_is_there(made: Office) -> None:
    with client(site(made, "rui", "faturista")) as biller:
        assert body(biller.get("/execucoes/1/relatorios/cada"))[0]
    for role in ("cego", "meia"):
        with client(site(made, "ana", role)) as other:
            assert "/relatorios/" not in other.get("/execucoes/1").text
            for end in ("", ".csv", ".xlsx"):
                assert other.get(f"/execucoes/1/relatorios/cada{end}").status_code == 404
