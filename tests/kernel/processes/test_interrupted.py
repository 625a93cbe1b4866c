"""Runs that are stopped, killed, doubled or disturbed come to what an undisturbed run comes to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.processes.drive import drive
from kernel.processes.runs import begin, go_on, run_of, stop
from metadata.problems import Problem
from tests.billing import NOVEMBER, Office, expected, office, people

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database)
    people(found, 60)
    return found


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
