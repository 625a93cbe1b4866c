"""A running process follows what is published: within a second, whole, and through outages."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from kernel.live import Live
from tests.publications import files, publish, run

CHECKOUT = Path(__file__).resolve().parents[2]
FIRST = files(cliente="nome: {type: text}")
SECOND = files(cliente="nome: {type: text}\nidade: {type: integer}")
THIRD = files(cliente="nome: {type: text}\nidade: {type: integer}\nrua: {type: text}")

FOLLOWER = """
import sys, time
from sqlalchemy import make_url
from kernel.database import Settings, engine
from kernel.live import Live

with Live(engine(make_url(sys.argv[1]), Settings())) as live:
    print(live.runtime.version, flush=True)
    live.wait_for(2, 20)
    print(live.runtime.version, time.time(), *live.runtime.entities["cliente"].fields, flush=True)
"""


@pytest.fixture
def live(database: Engine) -> Iterator[Live]:
    publish(database, FIRST)
    with Live(database) as live:
        yield live


def test_nothing_published_is_served_as_nothing(database: Engine) -> None:
    with Live(database) as live:
        assert (live.runtime.version, live.runtime.entities) == (0, {})
        publish(database, FIRST)
        assert live.wait_for(1, 5)


def test_another_process_serves_the_new_version_within_a_second(database: Engine) -> None:
    publish(database, FIRST)
    url = database.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", FOLLOWER, url]
    with subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline() == "1\n"
        publish(database, SECOND)
        version, at, *fields = follower.stdout.readline().split()
    with database.connect() as connection:
        begun = connection.exec_driver_sql(
            "SELECT extract(epoch FROM max(published_at)) FROM aroeira_publication"
        )
        assert float(at) - float(begun.scalar_one()) < 1
    assert (version, fields) == ("2", ["nome", "idade"])


def test_who_took_a_runtime_keeps_it_whole(database: Engine, live: Live) -> None:
    taken = live.runtime
    publish(database, SECOND)
    assert live.wait_for(2, 5)
    assert taken.version == 1
    assert set(taken.entities["cliente"].fields) == set(taken.entities["cliente"].table.c.keys()) & {
        "nome",
        "idade",
    }
    with pytest.raises(AttributeError):
        taken.version = 2  # type: ignore[misc]


def test_requests_under_way_never_see_two_versions(database: Engine, live: Live) -> None:
    mixed: list[object] = []
    seen: set[int] = set()
    over = threading.Event()
    expected = {1: {"nome"}, 2: {"nome", "idade"}, 3: {"nome", "idade", "rua"}}

    def request() -> None:
        while not over.is_set():
            runtime = live.runtime
            time.sleep(0.005)
            compiled = runtime.entities["cliente"]
            seen.add(runtime.version)
            if not set(compiled.fields) == expected[runtime.version] <= set(compiled.table.c.keys()):
                mixed.append(runtime.version)

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    for content, version in ((SECOND, 2), (THIRD, 3)):
        publish(database, content)
        assert live.wait_for(version, 5)
    time.sleep(0.05)
    over.set()
    for thread in threads:
        thread.join()
    assert (mixed, seen) == ([], {1, 2, 3})


def test_a_version_that_cannot_be_served_is_reported_and_the_one_before_stays(
    database: Engine, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        run(
            database,
            "WITH p AS (INSERT INTO aroeira_publication (version, published_by) VALUES (2, 'x') "
            "RETURNING version), "
            "f AS (INSERT INTO aroeira_file VALUES ('abc', 'package: [') RETURNING sha256), "
            "b AS (INSERT INTO aroeira_publication_file "
            "SELECT version, 'loja/manifest.yaml', sha256 FROM p, f) "
            "SELECT pg_notify('aroeira_publication', '2')",
        )
        until(lambda: "version 2 cannot be served" in caplog.text)
    assert live.runtime.version == 1
    publish(database, SECOND)
    assert live.wait_for(3, 5)


def test_a_lost_connection_is_made_again_and_nothing_is_missed(database: Engine, live: Live) -> None:
    name = database.url.database
    url = database.url.set(database="postgres").render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        time.sleep(0.5)
        assert live.runtime.version == 1  # goes on with what it has
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    publish(database, SECOND)
    assert live.wait_for(2, 6)
    publish(database, THIRD)
    assert live.wait_for(3, 1)


def test_closing_is_quick_and_ends_the_thread(database: Engine) -> None:
    live = Live(database)
    begun = time.monotonic()
    live.close()
    live.close()
    assert time.monotonic() - begun < 1
    assert not [thread for thread in threading.enumerate() if thread.name == "aroeira-live"]


def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.02)
