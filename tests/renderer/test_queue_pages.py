"""The queue over HTTP: what waits, what is tried again, what was given up, and taking that out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine, text

from kernel import jobs
from kernel.context import at_present
from kernel.processes import queued
from kernel.processes.runs import begin
from tests.billing import NOVEMBER, Office, office, people
from tests.billing_site import MORE, site
from tests.office import client


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, MORE)
    people(found, 3)
    return found


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def words(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(" ".join(html.fromstring(answer.text).xpath("//main//text()")).split())


def asked(made: Office) -> int:
    run = begin(
        made.engine, made.runtime, at_present("marina"), "faturar", {"competencia": NOVEMBER}, also=queued.put
    )
    assert isinstance(run, int)
    return run


def queue(made: Office, run: int, **columns: object) -> None:
    """Leave the jobs of a run as the worker would after some tries."""
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    with made.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE procrastinate_jobs SET {sets} WHERE args @> CAST(:words AS jsonb)"),
            {**columns, "words": json.dumps({"run": run})},
        )


def test_nothing_is_in_the_queue(web: httpx.Client) -> None:
    assert "Nada na fila" in words(web.get("/fila"))
    assert 'href="/fila"' in web.get("/processos").text


def test_what_waits_is_told_once_a_run_and_when_it_is_tried_again(web: httpx.Client, made: Office) -> None:
    run = asked(made)
    page = words(web.get("/fila"))
    assert page.count("Faturar competência") == 1
    assert "Executar Na fila 0 marina" in page
    later = at_present("marina").now + timedelta(seconds=40)
    queue(made, run, attempts=2, scheduled_at=later)
    assert f"Tenta de novo às {later:%H:%M:%S} 2 marina" in words(web.get("/fila"))


def test_what_was_given_up_stands_first_and_can_be_taken_out(web: httpx.Client, made: Office) -> None:
    run = asked(made)
    queue(made, run, attempts=jobs.TRIES, status="failed")
    page = words(web.get("/fila"))
    assert f"Não deu certo em {jobs.TRIES} tentativas" in page
    assert f"Desistiu {jobs.TRIES} marina" in page
    assert "1 que não deram certo" in words(web.get("/processos"))
    assert web.post(f"/execucoes/{run}/fila/esquecer").headers["location"] == "/fila"
    assert "Nada na fila" in words(web.get("/fila"))
    assert web.get(f"/execucoes/{run}").status_code == 200
    assert web.post(f"/execucoes/{run + 1}/fila/esquecer").status_code == 404
