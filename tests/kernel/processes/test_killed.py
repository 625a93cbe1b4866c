"""Workers, servers and the database server are killed at random moments: no invoice is lost, none doubled."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.database import Settings, connect
from kernel.outage import DatabaseGone
from kernel.processes import queued
from tests.billing import FILES, Office, expected, office, people
from tests.killed import kill_database, started

MEMORY = Path("/dev/shm")
KILLS = 10  # of each kind
PATH = "faturas/processes/faturar.yaml"
SMALL_PARTS = {PATH: FILES[PATH].replace("part: 40", "part: 4")}
LONGEST_WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def made() -> Iterator[Office]:
    """An office on a database server of its own, with a data folder that commands can be given."""
    place = MEMORY if MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="aroeira-tests-killed-", dir=place))
    folder.chmod(0o711)  # as root, the account of the database server must get through
    with connect(Settings(folder=folder)) as engine:
        found = office(engine, SMALL_PARTS)
        people(found, 60)
        yield found
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder(made: Office) -> Path:
    place = made.engine.url.query["host"]
    assert isinstance(place, str)
    return Path(place).parent


def asked(made: Office, competence: date) -> int:
    """Put a run into the queue."""
    run = made.begin(competencia=competence)
    with made.engine.begin() as connection:
        queued.put(connection, run)
    return run


def state(made: Office, run: int) -> tuple[str, int]:
    """Return the status of a run and how many of its parts are done, also of one whose server is away just now."""
    sql = (
        "SELECT status, (SELECT count(*) FROM aroeira_process_part p WHERE p.run = r.id AND is_done) "
        "FROM aroeira_process_run r WHERE id = :run"
    )
    for _ in range(1000):
        try:
            with made.engine.connect() as connection:
                status, parts = connection.execute(text(sql), {"run": run}).one()
                return str(status), int(parts)
        except (DBAPIError, DatabaseGone):
            time.sleep(0.01)
    raise AssertionError("the database did not come back")


def wait(made: Office, run: int, parts: int) -> str:
    """Wait until so many parts are done, or the run is over."""
    last = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < last:
        status, done = state(made, run)
        if status not in ("waiting", "running") or done >= parts:
            return status
        time.sleep(0.002)
    raise AssertionError(f"{done} parts of run {run} are done, not {parts}")


def interrupted(made: Office, competence: date, kill: Callable[[], None], kills: int = KILLS) -> None:
    """Have a run done and kill at random moments of it; in the end it must have come to what it should."""
    chance = random.Random(competence.month)
    run, met = asked(made, competence), 0
    for _ in range(kills):
        _, done = state(made, run)
        status = wait(made, run, done + chance.randint(0, 4))
        time.sleep(chance.random() * 0.02)
        met += status in ("waiting", "running")
        kill()
        assert halves(made) == 0
    assert met > kills / 2  # most of the kills came while there was work
    assert wait(made, run, 10**6) == "finished"
    assert halves(made) == 0
    assert [row for row in made.invoices if row[1] == competence] == expected(made, competence)


def halves(made: Office) -> int:
    """Return how many invoices do not say what their items come to."""
    for _ in range(1000):
        try:
            return int(made.rows("SELECT count(*) FROM fatura WHERE total <> soma OR soma IS NULL")[0][0])
        except (DBAPIError, DatabaseGone):
            time.sleep(0.01)
    raise AssertionError("the database did not come back")


@pytest.mark.parametrize(
    ("words", "month"), [(("worker",), 1), (("serve", "--port", "0"), 2)], ids=["worker", "server"]
)
def test_killed_processes_lose_nothing_and_double_nothing(
    made: Office, folder: Path, words: tuple[str, ...], month: int
) -> None:
    with ExitStack() as processes:
        living = [processes.enter_context(started(folder, *words))]

        def kill() -> None:
            living[-1].kill()
            living[-1].join()
            living.append(processes.enter_context(started(folder, *words)))

        interrupted(made, date(2027, month, 1), kill)


def end_connections(made: Office) -> None:
    """End every connection but one's own, as an administrator may."""
    with contextlib.suppress(DBAPIError, DatabaseGone):
        made.say(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


def test_a_worker_outlives_the_database(made: Office, folder: Path) -> None:
    with started(folder, "worker") as living:
        interrupted(made, date(2027, 3, 1), lambda: kill_database(folder))
        interrupted(made, date(2027, 4, 1), lambda: end_connections(made), kills=3)
        assert living.is_alive()
