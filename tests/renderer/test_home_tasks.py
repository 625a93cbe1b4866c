"""Tasks on the home page: what is to be done every month stands there until it is done in full."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import Engine

from metadata.load import load_files
from tests.billing import Office, office, people, texts
from tests.billing_site import MORE, PATH, site
from tests.office import client
from tests.renderer.html import page

MONTHLY = {**MORE, PATH: MORE[PATH].replace("key: [competencia]", "key: [competencia]\nmonthly: competencia")}


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, MONTHLY)
    people(found, 12)
    found.say("UPDATE vida SET nascimento = NULL WHERE id = 3")
    found.say("UPDATE vida SET inicio = '2026-01-01', fim = NULL")
    return found


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made, "marina", "faturista")) as found:
        yield found


def tasks(web: httpx.Client) -> list[tuple[str, str, str]]:
    """Return the tasks of the home page: what, what of it, where."""
    found = page(web, "/").xpath("//section[@aria-labelledby='h-tarefas']//a")
    return [(each.findtext(".//b"), each.findtext(".//small"), each.get("href")) for each in found]


def test_a_month_stays_a_task_until_all_of_it_is_done(made: Office, web: httpx.Client) -> None:
    month = made.context.today.replace(day=1)
    label = f"Faturar competência {month:%m/%Y}"
    address = f"/processos/faturar?f.competencia={quote(f'{month:%m/%Y}', safe='')}"
    [first] = tasks(web)
    assert (first[0], first[1]) == (label, "Ainda sem execução neste mês.")
    assert first[2].replace("/20", "%2F20") == address
    with client(site(made, "rui", "leitor")) as other:
        assert tasks(other) == []
    made.run(competencia=month, is_dry=True)
    made.run(competencia=month, contrato_unico=1)
    assert tasks(web) == [first]
    run = made.run(competencia=month)
    assert tasks(web) == [(label, "1 linha ficou de fora; veja os motivos.", f"/execucoes/{run.id}")]
    made.say("UPDATE vida SET nascimento = '1990-01-01' WHERE id = 3")
    made.run(competencia=month)
    assert tasks(web) == []


def test_the_month_is_a_question_of_a_month() -> None:
    for wrong in ("contrato_unico", "mes"):
        files = texts({**MONTHLY, PATH: MONTHLY[PATH].replace("monthly: competencia", f"monthly: {wrong}")})
        assert [problem.code for problem in load_files(files)[1]] == ["M468"]
