"""Runs in lists, and lists of what a run made: of those only that may be told of, counts included."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine

from tests.billing import NOVEMBER, Office
from tests.billing_site import installed, site
from tests.office import client
from tests.renderer.test_process_pages import ADDRESS, ASKED, SURE, asked, began, words


@pytest.fixture
def made(database: Engine) -> Office:
    return installed(database)


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def test_what_a_run_made_is_listed_counted_exported_and_no_more(web: httpx.Client, made: Office) -> None:
    first = asked(web, made, **{"f.competencia": "10/2026"})
    of_october = {row for (row,) in made.rows("SELECT id FROM fatura")}
    run = asked(web, made)
    page = html.fromstring(web.get(f"/execucoes/{run}").text)
    [there] = page.xpath("//section|//div[contains(@class, 'panel')]//th/a[text()='Novas']/@href")
    assert there == f"/registros/fatura?execucao={run}.novas"
    lines = list(csv.reader(io.StringIO(web.get(there.replace("?", "/exportar.csv?")).text), delimiter=";"))
    [(count,)] = made.rows("SELECT count(*) FROM fatura WHERE id <> ALL(:o)", o=list(of_october))
    assert len(lines) == count + 1
    assert count < made.rows("SELECT count(*) FROM fatura")[0][0]
    shown = web.get(there).text
    assert "Execução 2" in words(shown)
    assert "Faturar competência 11/2026: Novas" in words(shown)
    linked = {int(id) for id in re.findall(r'href="/registros/fatura/(\d+)"', shown)}
    assert linked
    assert not linked & of_october
    assert f"de {count}" in web.get(there.replace("?", "/contagem?")).text
    assert f"execucao={run}.novas" in web.get(f"{there}&order=total").text, "order and pages keep to the run"
    for unknown in ("99.novas", f"{first}.nada", "x"):
        page = web.get(f"/registros/fatura?execucao={unknown}").text
        assert "/registros/fatura/1" not in page, unknown
    dry = asked(web, made, "simular", **{"f.competencia": "12/2026"})
    assert "execucao=" not in web.get(f"/execucoes/{dry}").text


def test_what_a_run_made_is_not_listed_for_whoever_may_not_be_told_of_it(
    web: httpx.Client, made: Office
) -> None:
    [(other,)] = made.rows("SELECT min(id) FROM contrato WHERE tabela = 2")
    run = made.run(competencia=NOVEMBER, contrato_unico=other)
    address = f"/registros/fatura?execucao={run.id}.novas"
    assert "/registros/fatura/1" in web.get(address).text
    for roles in (("leitor",), ("faturista",)):
        with client(site(made, "rui", *roles)) as mine:
            is_told = roles == ("faturista",)
            page = mine.get(address).text
            assert ("/registros/fatura/1" in page) == is_told, roles
            assert ("ou ela é de algo que você não vê" in page) != is_told, roles


def test_runs_are_listed_by_state(web: httpx.Client, made: Office) -> None:
    asked(web, made)
    run = began(web.post(ADDRESS, data={**ASKED, "f.competencia": "12/2026", **SURE, "passo": "executar"}))
    page = web.get(f"{ADDRESS}/execucoes").text
    assert "Todas" in page
    assert f'href="/execucoes/{run}"' in page
    only = web.get(f"{ADDRESS}/execucoes?situacao=finished").text
    assert f'href="/execucoes/{run}"' not in only
    assert 'href="/execucoes/1"' in only


def test_runs_for_what_one_may_not_see_are_in_no_list_and_no_count(web: httpx.Client, made: Office) -> None:
    [(other, number)] = made.rows("SELECT id, numero FROM contrato WHERE tabela = 2 ORDER BY id LIMIT 1")
    [(mine_too,)] = made.rows("SELECT min(id) FROM contrato WHERE tabela = 1")
    hidden = made.run(is_dry=True, competencia=NOVEMBER, contrato_unico=other)
    seen = made.run(is_dry=True, competencia=NOVEMBER, contrato_unico=mine_too)
    last = made.run(is_dry=True, competencia=NOVEMBER.replace(month=12), contrato_unico=other)
    for roles, runs in ((("faturista",), [last, seen, hidden]), (("meia",), [seen]), (("cego",), [])):
        with client(site(made, "rui", *roles)) as mine:
            for address in (f"{ADDRESS}/execucoes", ADDRESS):
                page = html.fromstring(mine.get(address).text)
                links = [link for link in page.xpath("//main//table//th/a/@href") if "/execucoes/" in link]
                assert links == [f"/execucoes/{run.id}" for run in runs], (roles, address)
            counts = html.fromstring(mine.get(f"{ADDRESS}/execucoes").text).xpath(
                "//nav[@aria-label='Situação']//span/text()"
            )
            assert set(counts) == {str(len(runs))}, roles
            newest = mine.get("/api/v1/processos").json()["items"][0]["last_run"]
            assert newest == (None if not runs else newest | {"id": runs[0].id}), roles
            assert (f'href="/execucoes/{last.id}"' in mine.get("/processos").text) == (last in runs), roles
            if last not in runs:
                assert str(number) not in mine.get(f"{ADDRESS}/execucoes").text
