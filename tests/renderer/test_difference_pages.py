"""How two runs differ, over HTTP: the largest differences with reasons, by kind, as files, and only to who may see."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine

from tests.billing import NOVEMBER, Office, office, people
from tests.billing_site import MORE, PATH, site
from tests.office import client

COMPARE = "together: contrato\ncompare: {step: precos, by: contrato, sum: valor, parts: tabela}\n"


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, {**MORE, PATH: MORE[PATH].replace("together: contrato\n", COMPARE)})
    people(found, 40)
    found.say("UPDATE contrato SET search_text = aroeira_fold(numero)")
    found.run(competencia=NOVEMBER)
    found.say("UPDATE contrato SET situacao = 'suspenso' WHERE id = 5")
    found.say("UPDATE contrato SET situacao = 'ativo' WHERE id = 11")
    found.say("UPDATE faixa SET valor = valor * 2 WHERE tabela = 1")
    found.say(
        "INSERT INTO vida (contrato, nome, nascimento, inicio) VALUES (9, 'N', '1980-01-01', '2026-12-01')"
    )
    found.run(is_dry=True, competencia=date(2026, 12, 1))
    return found


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def rows(answer: httpx.Response, label: str) -> dict[str, str]:
    """Return the lines of a table by what they are about."""
    assert answer.status_code == 200, answer.text
    found = html.fromstring(answer.text).xpath(f"//div[@aria-label='{label}']//tbody/tr")
    texts = ([" ".join(cell.text_content().split()) for cell in row] for row in found)
    return {first: " | ".join(rest) for first, *rest in texts}


def test_the_largest_differences_are_on_the_page_of_a_run(web: httpx.Client) -> None:
    page = web.get("/execucoes/2")
    assert "Diferença por contrato" in html.fromstring(page.text).text_content()
    shown = rows(page, "Maiores diferenças")
    assert len(shown) == 5
    assert all(number.startswith("0000") for number in shown)
    assert html.fromstring(page.text).xpath(
        "//a[@href='/registros/contrato/11' or starts-with(@href, '/registros/')]"
    )


def test_differences_are_told_with_their_reasons_and_by_kind(web: httpx.Client) -> None:
    page = web.get("/execucoes/2/diferencas")
    total = rows(page, "Diferença no total")
    assert list(total) == ["Tabela 1", "Tabela 2", "Total"]
    new = rows(web.get("/execucoes/2/diferencas?tipo=new"), "Diferenças")
    assert new["000011"].endswith("Não havia na anterior")
    gone = rows(web.get("/execucoes/2/diferencas?tipo=gone"), "Diferenças")
    assert gone["000005"].endswith("Não há nesta")
    more = rows(web.get("/execucoes/2/diferencas?tipo=more"), "Diferenças")
    assert "1 a mais" in more["000009"]
    assert any("Tabela 1: mesma quantidade, outro valor (+" in line for line in more.values())
    less = rows(web.get("/execucoes/2/diferencas?tipo=less"), "Diferenças")
    every = {**new, **gone, **more, **less}
    assert rows(page, "Diferenças").keys() == every.keys()
    chosen = web.get("/execucoes/1/diferencas?com=2")
    assert rows(chosen, "Diferenças").keys() == every.keys()
    assert web.get("/execucoes/2/diferencas?com=2").status_code == 404
    assert web.get("/execucoes/1/diferencas").status_code == 404  # there is none before it


def test_differences_are_given_as_files(web: httpx.Client, made: Office) -> None:
    answer = web.get("/execucoes/2/diferencas.csv?tipo=new")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert {line["Contrato"]: line["O que houve"] for line in lines}["000011"] == "novos"
    assert all(line["Anterior"] == "0,00" for line in lines)
    workbook = web.get("/execucoes/2/diferencas.xlsx")
    assert workbook.content[:2] == b"PK"
    assert made.rows("SELECT count(*) FROM aroeira_audit_deed WHERE deed = 'export'") == [(2,)]


def test_who_may_not_read_every_figure_sees_no_differences(made: Office) -> None:
    with client(site(made, "rui", "faturista")) as biller:
        assert rows(biller.get("/execucoes/2"), "Maiores diferenças")
    for role in ("cego", "meia"):
        with client(site(made, "ana", role)) as other:
            assert rows(other.get("/execucoes/2"), "Maiores diferenças") == {}
            assert other.get("/execucoes/2/diferencas").status_code == 404
            assert other.get("/execucoes/2/diferencas.csv").status_code == 404
