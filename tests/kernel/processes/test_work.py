"""Runs in the queue: done by a worker, by another where the first was killed, and told where nothing helps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from kernel import jobs
from kernel.processes import queued, work
from kernel.processes.runs import run_of
from tests.billing import NOVEMBER, Office, expected, office, people

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import sys
from sqlalchemy.engine import make_url
from kernel import database, jobs
from kernel.live import Live
from kernel.processes import queued, work
engine = database.engine(make_url(sys.argv[1]), database.Settings())
with Live(engine) as live:
    print("ready", flush=True)
    jobs.Worker(engine, work.tasks(engine, live)).run()
"""


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database)
    people(found, 60)
    return found


def put(made: Office) -> int:
    run = made.begin(competencia=NOVEMBER)
    with made.engine.begin() as connection:
        queued.put(connection, run)
    return run


def ended(made: Office, run: int, seconds: float = 30) -> str:
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        with made.engine.connect() as connection:
            found = run_of(connection, run)
        assert found is not None
        if found.status not in ("waiting", "running"):
            return found.status
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_worker_does_what_is_put_into_the_queue(made: Office) -> None:
    live = SimpleNamespace(runtime=made.runtime)
    with jobs.Worker(made.engine, work.tasks(made.engine, live)):
        run = put(made)
        assert ended(made, run) == "finished"
    assert made.invoices == expected(made)


def test_what_is_put_in_a_transaction_is_there_with_its_commit_only(made: Office) -> None:
    with made.engine.connect() as connection:
        queued.put(connection, 1)
        connection.rollback()
        assert list(jobs.waiting(connection)) == []
        queued.put(connection, 1)
        connection.commit()
        assert [(task, status) for _, task, status in jobs.waiting(connection)] == [
            ("process.drive", "todo")
        ] * queued.TOGETHER


def test_another_worker_goes_on_where_one_was_killed(made: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.3)
    url = made.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "ready\n"
        run = put(made)
        made.wait_for_a_part()
        os.kill(first.pid, signal.SIGKILL)
    live = SimpleNamespace(runtime=made.runtime)
    with jobs.Worker(made.engine, work.tasks(made.engine, live)):
        assert ended(made, run) == "finished"
    assert made.invoices == expected(made)


def test_what_fails_at_every_try_is_told_and_may_go_on(made: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FIRST_PAUSE_SECONDS", 0)
    made.say("ALTER TABLE faixa RENAME TO faixa_fora")
    live = SimpleNamespace(runtime=made.runtime)
    run = put(made)
    with jobs.Worker(made.engine, work.tasks(made.engine, live)):
        assert ended(made, run) == "failed"
    with made.engine.connect() as connection:
        found = run_of(connection, run)
        assert [status for _, _, status in jobs.waiting(connection)] != []
    assert found is not None
    assert found.trouble is not None
    assert "faixa" in found.trouble["says"]
