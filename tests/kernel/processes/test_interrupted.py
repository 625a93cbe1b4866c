"""Runs that are stopped, killed, doubled or disturbed come to what an undisturbed run comes to."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.processes.drive import drive
from kernel.processes.runs import begin, go_on, run_of, stop
from metadata.problems import Problem
from tests.billing import NOVEMBER, Office, expected, office, people

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import sys
from sqlalchemy import create_engine
from kernel.processes.drive import drive
from kernel.publish import load
engine = create_engine(sys.argv[1])
with engine.connect() as connection:
    runtime = load(connection, int(sys.argv[3]))
print("ready", flush=True)
drive(engine, lambda version: runtime, int(sys.argv[2]))
"""
KILL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database)
    people(found, 60)
    return found


@contextlib.contextmanager
def worker(made: Office, run: int) -> Iterator[subprocess.Popen[str]]:
    """Start a process of its own that drives a run, and wait for its end."""
    url = made.engine.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", WORKER, url, str(run), str(made.runtime.version)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        yield started


def test_a_run_that_is_stopped_keeps_whole_parts_and_goes_on(made: Office) -> None:
    id = made.begin(competencia=NOVEMBER)
    thread = threading.Thread(target=drive, args=(made.engine, lambda version: made.runtime, id))
    thread.start()
    made.wait_for_a_part()
    with made.engine.begin() as connection:
        assert stop(connection, id, "marina")
    thread.join()
    with made.engine.connect() as connection:
        run = run_of(connection, id)
    assert run is not None
    assert run.status == "cancelled"
    assert 0 < run.parts_done < run.parts
    assert made.rows("SELECT count(*) FROM fatura WHERE total <> soma OR soma IS NULL") == [(0,)]
    with made.engine.begin() as connection:
        assert go_on(connection, id)
    assert drive(made.engine, lambda version: made.runtime, id).status == "finished"
    assert made.invoices == expected(made)


def test_two_who_ask_for_the_same_run_make_one(made: Office) -> None:
    made.begin(competencia=NOVEMBER)
    second = begin(made.engine, made.runtime, made.context, "faturar", {"competencia": NOVEMBER})
    assert isinstance(second, list)
    assert [problem.code for problem in second] == ["R604"]
    assert isinstance(second[0], Problem)
    assert "marina" in second[0].sentence()
    other = begin(
        made.engine, made.runtime, made.context, "faturar", {"competencia": NOVEMBER.replace(month=12)}
    )
    assert isinstance(other, int)


def test_several_workers_share_one_run(made: Office) -> None:
    id = made.begin(competencia=NOVEMBER)
    threads = [
        threading.Thread(target=drive, args=(made.engine, lambda version: made.runtime, id)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with made.engine.connect() as connection:
        run = run_of(connection, id)
    assert run is not None
    assert run.status == "finished"
    assert made.invoices == expected(made)


def test_a_contract_that_is_edited_during_the_run_is_billed_as_before_or_after(made: Office) -> None:
    before = expected(made)
    id = made.begin(competencia=NOVEMBER)
    thread = threading.Thread(target=drive, args=(made.engine, lambda version: made.runtime, id))
    thread.start()
    for number in range(1, 61):
        made.say("UPDATE contrato SET tabela = 3 - tabela, version = version + 1 WHERE id = :n", n=number)
    thread.join()
    with made.engine.connect() as connection:
        run = run_of(connection, id)
    assert run is not None
    assert run.status == "finished", run.trouble
    after = {row[0]: [] for row in before} | {
        contract: [row for row in expected(made) if row[0] == contract]
        for contract in {row[0] for row in before}
    }
    for contract in {row[0] for row in before}:
        billed = [row for row in made.invoices if row[0] == contract]
        old = [row for row in before if row[0] == contract]
        assert billed in (old, after[contract])


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_worker_loses_nothing_and_doubles_nothing(made: Office, seed: int) -> None:
    chance = random.Random(seed)
    id = made.begin(competencia=NOVEMBER)
    for _ in range(4):
        with worker(made, id) as started:
            time.sleep(chance.random() * 0.25)
            os.kill(started.pid, signal.SIGKILL)
        assert made.rows("SELECT count(*) FROM fatura WHERE total <> soma OR soma IS NULL") == [(0,)]
    run = drive(made.engine, lambda version: made.runtime, id)
    assert run.status == "finished", run.trouble
    assert made.invoices == expected(made)


def test_connections_that_the_database_ends_lose_nothing(made: Office) -> None:
    id = made.begin(competencia=NOVEMBER)
    for seed in range(3):
        with worker(made, id):
            time.sleep(0.05 * (seed + 1))
            made.say(KILL_OTHERS)
    made.engine.dispose()
    run = drive(made.engine, lambda version: made.runtime, id)
    assert run.status == "finished", run.trouble
    assert made.invoices == expected(made)
