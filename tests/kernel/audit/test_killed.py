"""Processes that are killed in the middle of a mass update: no data without audit, no audit without data."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import Engine

from tests.publications import files, publish, run

CLIENT = "nome: {type: text, max: 40}\nsaldo: {type: integer}\n"
ROWS, KILLS = 5_000, 8
# Whole statements over all rows, and transactions of several; told who writes, as the application tells it.
WORK = """
import sys
from sqlalchemy import create_engine, text
from kernel.audit.origin import tell
from kernel.context import at_present
engine = create_engine(sys.argv[1])
print("begun", flush=True)
turn = 0
while True:
    with engine.begin() as connection:
        tell(connection, at_present("morto"))
        for part in range(turn % 3 + 1):
            connection.execute(text("UPDATE cliente SET saldo = saldo + 1 WHERE id % :parts = :part"),
                               {"parts": turn % 3 + 1, "part": part})
    turn += 1
"""
BALANCED = """
SELECT count(*) FROM cliente c LEFT JOIN
  (SELECT record, count(*) AS noted, max((changes -> 'saldo' ->> 1)::int) AS last FROM aroeira_audit
   WHERE changes ? 'saldo' AND jsonb_typeof(changes -> 'saldo') = 'array' GROUP BY record) a ON a.record = c.id
WHERE c.saldo IS DISTINCT FROM coalesce(a.noted, 0) OR c.saldo IS DISTINCT FROM coalesce(a.last, 0)
"""
ACTS = """
SELECT count(*) FROM aroeira_audit_act c FULL JOIN (SELECT act, count(*) AS n FROM aroeira_audit GROUP BY act) a USING (act)
WHERE c.rows IS DISTINCT FROM a.n
"""
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'UPDATE cliente%' AND state <> 'idle'"


@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_killed_process_wrote_is_noted_and_nothing_else(database: Engine, seed: int) -> None:
    chance = random.Random(seed)
    publish(database, files(cliente=CLIENT))
    run(database, f"INSERT INTO cliente (nome, saldo) SELECT 'c' || n, 0 FROM generate_series(1, {ROWS}) n")
    url = database.url.render_as_string(hide_password=False)
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", WORK, url], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0.05, 0.6))
            process.send_signal(signal.SIGKILL)
    for _ in range(500):
        if run(database, AT_WORK) == [(0,)]:
            break
        time.sleep(0.02)
    assert run(database, BALANCED) == [(0,)]
    assert run(database, ACTS) == [(0,)]
    ((total,),) = run(database, "SELECT sum(saldo) FROM cliente")
    assert total > ROWS, "nothing was written before the kill, so nothing was tried"
    assert run(database, "SELECT DISTINCT operator FROM aroeira_audit_act WHERE operation = 'U'") == [
        ("morto",)
    ]
