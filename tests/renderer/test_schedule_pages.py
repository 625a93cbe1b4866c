"""Schedules over HTTP: listed with what comes next, paused, let go on, begun by hand, closed to who lacks the right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine

from kernel.access.rights import PAUSE_SCHEDULES, RIGHTS
from kernel.processes.drive import drive
from metadata.schedule import Schedule
from renderer.schedule_words import when
from tests.billing import Office, office, people
from tests.billing_site import MORE, site
from tests.office import client

AGENDA = """
schedule: todo_mes
label: Todo mês
help: Fatura o mês que começa.
run: faturar
answers: {competencia: first day of month(today())}
every: month
on: [5, last]
at: 06:00
tell: leitor
"""


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, {**MORE, "faturas/schedules/todo_mes.yaml": AGENDA})
    people(found, 3)
    return found


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def words(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(" ".join(html.fromstring(answer.text).xpath("//body//text()")).split())


def test_a_schedule_is_shown_paused_resumed_and_begun_by_hand(web: httpx.Client, made: Office) -> None:
    shown = words(web.get("/agendas"))
    assert "Todo mês Faturar competência" in shown
    assert "Dia 5 e último dia do mês às 06:00" in shown
    assert "nenhuma ainda" in shown
    assert web.post("/agendas/todo_mes/parar").headers["location"] == "/agendas/todo_mes"
    page = words(web.get("/agendas/todo_mes"))
    assert "Parada por marina" in page
    assert "próxima" not in page
    assert "Leitor" in page
    web.post("/agendas/todo_mes/retomar")
    assert "próxima: " in words(web.get("/agendas/todo_mes"))
    begun = web.post("/agendas/todo_mes/executar")
    assert begun.headers["location"] == "/execucoes/1"
    assert "Na fila 1 marina" in words(web.get("/agendas/todo_mes"))
    [listed] = web.get("/api/v1/processos").json()["items"]
    assert listed["last_run"]["status"] == "waiting"
    assert [(each["schedule"], each["paused"]) for each in listed["schedules"]] == [("todo_mes", False)]
    again = web.post("/agendas/todo_mes/executar")
    assert again.status_code == 409
    assert "já está em andamento" in again.text
    assert "Não começou" in words(web.get("/agendas/todo_mes"))


def test_schedules_are_open_to_whom_their_process_is(made: Office) -> None:
    with client(site(made, "ana", "leitor")) as reader:
        assert "Nenhuma agenda aberta para você" in words(reader.get("/agendas"))
        assert reader.get("/agendas/todo_mes").status_code == 403
        assert reader.post("/agendas/todo_mes/executar").status_code == 403
        assert reader.get("/agendas/outra").status_code == 404
    with client(site(made, "rui", "faturista")) as biller:
        assert "Retomar" not in words(biller.get("/agendas/todo_mes"))
        refused = biller.post("/agendas/todo_mes/parar")
        assert refused.status_code == 403
        assert RIGHTS[PAUSE_SCHEDULES] in refused.text
        assert biller.post("/agendas/todo_mes/executar").status_code == 303
    assert made.rows("SELECT operator FROM aroeira_process_watcher") == [("rui",)]


def test_who_waits_for_a_run_is_told_of_its_end_once(web: httpx.Client, made: Office) -> None:
    web.post("/agendas/todo_mes/executar")
    assert "Faturar competência" not in _notices(web)
    drive(made.engine, lambda version: made.runtime, 1)
    assert re.search(r"Faturar competência \d\d/\d{4} Terminada", _notices(web))
    with client(site(made, "outra")) as other:
        assert "Terminada" not in _notices(other)
        other.get("/execucoes/1")
    assert "Terminada" in _notices(web)
    web.get("/execucoes/1")
    assert "Terminada" not in _notices(web)


def _notices(web: httpx.Client) -> str:
    panel = html.fromstring(web.get("/").text).get_element_by_id("avisos")
    return " ".join(" ".join(panel.xpath(".//text()")).split())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"every": "day"}, "todo dia às 03:30"),
        ({"every": "working day", "zone": "Africa/Maputo"}, "todo dia útil às 03:30 (Africa/Maputo)"),
        ({"every": "week", "on": ["monday", "thursday"]}, "toda segunda e quinta às 03:30"),
        ({"every": "month", "on": ["1", "15"]}, "dia 1 e 15 do mês às 03:30"),
        ({"every": "month", "on": ["2", "last"], "count": "working days"}, "2º dia útil e último dia útil do mês às 03:30"),
    ],
)  # fmt: skip
def test_when_a_schedule_comes_is_said_in_words(said: dict[str, object], words: str) -> None:
    schedule = Schedule.model_validate({"schedule": "a", "label": "A", "run": "p", "at": "03:30", **said})
    assert when(schedule) == words
