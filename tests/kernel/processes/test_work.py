"""Runs in the queue: done by a worker, there with the commit that asks for them, told where nothing helps."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from kernel import jobs
from kernel.processes import queued, work
from kernel.processes.runs import run_of
from tests.billing import NOVEMBER, Office, expected, office, people


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
        assert list(jobs.left(connection)) == []
        queued.put(connection, 1)
        connection.commit()
        found = [(job.task, job.words, job.status) for job in jobs.left(connection)]
        assert found == [("process.drive", {"run": 1}, jobs.QUEUED)] * queued.TOGETHER
        assert list(queued.expected(connection)) == [queued.Expected(1, queued.DRIVE, jobs.QUEUED, 0, None)]


def test_what_fails_at_every_try_is_told_and_may_go_on(made: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FIRST_PAUSE_SECONDS", 0)
    made.say("ALTER TABLE faixa RENAME TO faixa_fora")
    live = SimpleNamespace(runtime=made.runtime)
    run = put(made)
    with jobs.Worker(made.engine, work.tasks(made.engine, live)):
        assert ended(made, run) == "failed"
        assert given_up(made) == queued.Expected(run, queued.DRIVE, jobs.GIVEN_UP, jobs.TRIES, None)
    with made.engine.connect() as connection:
        found = run_of(connection, run)
    assert found is not None
    assert found.trouble is not None
    assert "faixa" in found.trouble["says"]
    with made.engine.begin() as connection:
        queued.put(connection, run)  # it goes on: what was given up is no longer there
        [expected] = queued.expected(connection)
        assert (expected.status, expected.attempts) == (jobs.QUEUED, 0)


def given_up(made: Office) -> queued.Expected:
    """Return the only thing in the queue, once it is given up: a moment after its run has failed."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with made.engine.connect() as connection:
            found = list(queued.expected(connection))
        if [each.status for each in found] == [jobs.GIVEN_UP]:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(found)
