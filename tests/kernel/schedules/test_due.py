"""What falls due begins once, whoever looks; what was missed is done, or let go, as the schedule says."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.context import at_present
from kernel.processes.runs import run_of
from kernel.schedules.due import Rounds, start, states
from kernel.schedules.telling import begun_of, pause, told
from metadata.load import load_files
from tests.billing import Office, expected, office, people
from tests.own_time import within

FOLDER = "faturas/schedules/"
AGENDA = """
schedule: {name}
label: Agenda
run: faturar
answers: {{competencia: first day of month(today())}}
every: month
on: 5
at: 06:00
"""
FIRST = datetime(2027, 1, 1, 12, tzinfo=UTC)


def agenda(name: str = "todo_mes", more: str = "") -> dict[str, str]:
    return {f"{FOLDER}{name}.yaml": AGENDA.format(name=name) + more}


def at(day: int, hour: int = 9, month: int = 1, minute: int = 0) -> datetime:
    """Return an instant of 2027; six in the morning is nine o'clock here."""
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


def rounds(made: Office) -> Rounds:
    return Rounds(made.engine, SimpleNamespace(runtime=made.runtime))


def opened(database: Engine, more: Mapping[str, str]) -> Office:
    """Publish an office with schedules and have a worker see them on New Year's Day."""
    made = office(database, more)
    people(made, 6)
    rounds(made)(FIRST)
    return made


def runs(made: Office) -> list[tuple[Any, ...]]:
    return made.rows(
        "SELECT answers->>'competencia', status, asked_by, is_dry, today FROM aroeira_process_run ORDER BY id"
    )


def test_what_falls_due_begins_once_however_many_look(database: Engine) -> None:
    made = opened(database, agenda())
    rounds(made)(at(5, 8, minute=59))
    assert runs(made) == []
    workers = [threading.Thread(target=rounds(made), args=(at(5, 9),)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert runs(made) == [("2027-01", "waiting", "agenda", False, "2027-01-05")]
    assert made.rows("SELECT schedule, due_at, run, missed, trouble FROM aroeira_schedule_start") == [
        ("todo_mes", at(5), 1, 0, None)
    ]
    assert made.rows("SELECT count(*) FROM procrastinate_jobs") == [(2,)]  # as many as drive one run together
    rounds(made)(at(6))
    assert len(runs(made)) == 1
    looking = rounds(made)
    looking(at(7))
    with within(1.0):
        for minute in range(60):
            looking(at(7, minute=minute))
    assert len(runs(made)) == 1


@pytest.mark.parametrize(
    ("catch_up", "competences", "missed"),
    [("last", ["2027-03"], [2]), ("all", ["2027-01", "2027-02", "2027-03"], [0, 0, 0]), ("no", [], [3])],
)
def test_what_was_missed_is_done_or_let_go(
    database: Engine, catch_up: str, competences: list[str], missed: list[int]
) -> None:
    made = opened(database, agenda(more=f"catch_up: {catch_up}\n"))
    looking = rounds(made)
    for _ in range(5):
        looking(at(20, month=3))
        made.say("UPDATE aroeira_process_run SET status = 'finished'")
    assert [row[0] for row in runs(made)] == competences
    assert made.rows("SELECT missed FROM aroeira_schedule_start ORDER BY due_at") == [
        (each,) for each in missed
    ]
    looking(at(5, month=4, minute=10))
    assert [row[0] for row in runs(made)] == [*competences, "2027-04"]


def test_missed_runs_wait_for_the_one_before(database: Engine) -> None:
    made = opened(database, agenda(more="catch_up: all\n"))
    for _ in range(3):
        rounds(made)(at(20, month=3))
    assert [row[:2] for row in runs(made)] == [("2027-01", "waiting")]


def test_a_paused_schedule_waits_and_does_not_catch_up(database: Engine) -> None:
    made = opened(database, agenda() | agenda("parada", "paused: yes\ndry_run: yes\n"))
    with made.engine.begin() as connection:
        context = at_present("marina")
        assert pause(connection, context, "todo_mes", is_paused=True)
        assert not pause(connection, context, "todo_mes", is_paused=True)
    rounds(made)(at(6, month=2))
    assert runs(made) == []
    resumed = SimpleNamespace(operator="bruno", now=at(6, month=2))
    with made.engine.begin() as connection:
        for name in ("todo_mes", "parada"):
            assert pause(connection, resumed, name, is_paused=False)  # type: ignore[arg-type]
    rounds(made)(at(6, 10, month=2))
    assert runs(made) == []
    with made.engine.connect() as connection:
        found = told(
            connection, made.runtime, made.runtime.configuration.schedules.values(), at(6, 10, month=2)
        )
    assert {(each.schedule.name, each.changed_by, each.next) for each in found} == {
        ("todo_mes", "bruno", at(5, month=3)), ("parada", "bruno", at(5, month=3)),
    }  # fmt: skip
    rounds(made)(at(5, month=3))
    assert sorted(row[:4] for row in runs(made)) == [
        ("2027-03", "waiting", "agenda", False), ("2027-03", "waiting", "agenda", True),
    ]  # fmt: skip


def test_what_stands_against_a_run_is_told_and_the_next_time_comes(database: Engine) -> None:
    made = opened(database, agenda())
    made.begin(competencia=date(2027, 1, 1))
    rounds(made)(at(5))
    with made.engine.connect() as connection:
        [begun] = begun_of(connection, "todo_mes")
    assert begun.run is None
    assert begun.trouble is not None
    assert begun.trouble["code"] == "R604"
    rounds(made)(at(5, month=2))
    assert [row[0] for row in runs(made)] == ["2027-01", "2027-02"]


def test_a_schedule_begun_by_hand_runs_now_and_is_done_by_a_worker(database: Engine) -> None:
    from tests.billing_site import ended, worker

    made = opened(database, agenda(more="tell: chefe\n") | {
        "faturas/roles/chefe.yaml": "role: chefe\nlabel: Chefe\nentities: {fatura: read}\n"
    })  # fmt: skip
    made.say(
        "INSERT INTO aroeira_account (login, name, made_by) VALUES ('ana', 'Ana', 'x'), ('rui', 'Rui', 'x')"
    )
    made.say(
        "INSERT INTO aroeira_account_role (account, role, valid_from, valid_to, given_by) "
        "SELECT id, 'chefe', '2020-01-01', CASE login WHEN 'rui' THEN DATE '2021-01-01' END, 'x' FROM aroeira_account"
    )
    context = at_present("marina")
    schedule = made.runtime.configuration.schedules["todo_mes"]
    run = start(made.engine, made.runtime, schedule, context.now.astimezone(UTC), context)
    assert isinstance(run, int)
    assert made.rows("SELECT operator FROM aroeira_process_watcher WHERE run = :r ORDER BY 1", r=run) == [
        ("ana",), ("marina",),
    ]  # fmt: skip
    with made.engine.begin() as connection:
        state = states(connection, made.runtime.configuration.schedules, FIRST)["todo_mes"]
    assert (state.since, state.last) == (FIRST, None)  # what falls due by itself is not changed by it
    with worker(made):
        assert ended(made, run) == "finished"
    month = context.today.replace(day=1)
    assert made.invoices == expected(made, month)
    with made.engine.connect() as connection:
        found = run_of(connection, run)
        [begun] = begun_of(connection, "todo_mes")
    assert found is not None
    assert found.asked_by == begun.by == "marina"
    assert begun.status == "finished"


def test_what_is_wrong_with_schedules_is_told_at_once() -> None:
    from tests.billing import texts

    wrong = """
schedule: errada
label: Errada
run: faturar
answers: {competencia: 1 + 2, mes: today()}
every: month
on: [40, last]
at: 25:00
zone: America/Sao_Palo
count: working days
tell: chefe
"""
    more = {f"{FOLDER}errada.yaml": wrong, **agenda("sem", "")}
    more[f"{FOLDER}sem.yaml"] = "schedule: sem\nlabel: Sem\nrun: nada\nevery: week\nat: 06:00\n"
    more[f"{FOLDER}dia.yaml"] = (
        "schedule: dia\nlabel: Dia\nrun: faturar\nevery: day\non: 3\nat: 06:00\ncount: working days\n"
    )
    _, problems = load_files(texts(more))
    assert {problem.code for problem in problems} == {
        "M325", "M430", "M431", "M432", "M433", "M434", "M435", "M436", "M437", "M438", "M439",
    }  # fmt: skip
    for problem in problems:
        assert "{" not in problem.sentence(), problem


def test_a_time_of_long_ago_costs_little(database: Engine) -> None:
    made = opened(
        database,
        {f"{FOLDER}dia.yaml": AGENDA.format(name="dia").replace("every: month\non: 5", "every: day")},
    )
    with within(1.0):
        rounds(made)(FIRST + timedelta(days=730))
    assert made.rows("SELECT missed FROM aroeira_schedule_start") == [(729,)]
