"""The commands `run` and `worker`: answers as people write them, what is told, stopping, continuing, undoing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kernel.processes import queued
from kernel.processes.runs import begin
from tests.billing import NOVEMBER, Office, expected
from tests.billing_site import ended, installed

CHECKOUT = Path(__file__).resolve().parents[3]
HELD = 4711  # a lock


@pytest.fixture
def made(database: Engine) -> Office:
    return installed(database, 30)


def started(made: Office, *words: str) -> subprocess.Popen[str]:
    # What is begun in the background may ignore Ctrl+C, and what it begins would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    url = made.engine.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, str(CHECKOUT / "aroeira.py"), *words],
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(made: Office, *words: str) -> tuple[int, str, str]:
    """Run a command; return its status, what it printed, and what it told of problems."""
    with started(made, *words) as run:
        out, err = run.communicate(timeout=120)
    return run.returncode, out, err


def put(made: Office) -> int:
    """Ask for a run as the pages do: it is in the queue."""
    answers = {"competencia": NOVEMBER}
    begun = begin(made.engine, made.runtime, made.context, "faturar", answers, also=queued.put)
    assert isinstance(begun, int)
    return begun


def test_a_run_tells_steps_sums_and_what_was_left_out(made: Office) -> None:
    [(name,)] = made.rows("SELECT nome FROM vida WHERE id = 3")
    status, out, _ = said(made, "run", "faturar", "competencia=11/2026", "--dry-run")
    assert status == 0
    assert "Faturar competência terminou" in out
    assert "simulação: nada foi gravado" in out
    assert "Ficou de fora 1:" in out
    assert f"{name} não tem data de nascimento." in out
    assert made.invoices == []
    status, out, _ = said(made, "run", "faturar", "competencia=2026-11")
    assert status == 0
    assert made.invoices == expected(made)
    total = sum(row[6] for row in made.invoices)
    assert f"{total:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") in out
    assert "Novas" in out
    status, out, _ = said(made, "run", "--undo", "2")
    assert status == 0
    assert out.endswith("Execução 2 desfeita: nada do que ela gravou ficou.\n")
    assert made.invoices == []
    assert said(made, "run", "--undo", "2")[2].startswith("R608")
    assert "A145" in said(made, "run", "--continue", "2")[2]


def test_answers_are_read_by_their_fields_and_all_that_is_wrong_is_told(made: Office) -> None:
    status, out, err = said(
        made, "run", "faturar", "competencia=13/2026", "mes=1", "contrato_unico=Cliente", "dia"
    )
    assert (status, out) == (1, "")
    assert "A143" in err
    assert "competencia, contrato_unico" in err
    assert "A144 contrato_unico" in err
    assert "000001" in err
    assert len(err.splitlines()) == 4
    assert "A138" in said(made, "run", "faturas")[2]
    assert said(made, "run", "faturar")[2].startswith("R101")
    status, _, _ = said(made, "run", "faturar", "competencia=11/2026", "contrato_unico=000002")
    assert status == 0
    assert {row[0] for row in made.invoices} == {2}


def test_control_c_keeps_what_is_done_and_says_how_to_go_on(made: Office) -> None:
    made.say("CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
             f"PERFORM pg_advisory_xact_lock({HELD}) FROM aroeira_process_part WHERE is_done LIMIT 1; RETURN NULL; END'")  # fmt: skip
    made.say("CREATE TRIGGER held AFTER INSERT ON fatura FOR EACH STATEMENT EXECUTE FUNCTION held()")
    with made.engine.connect() as holding, started(made, "run", "faturar", "competencia=11/2026") as run:
        holding.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": HELD})  # parts after the first wait
        _until(made, run, "SELECT 1 FROM aroeira_process_part WHERE is_done")
        run.send_signal(signal.SIGINT)
        _until(made, run, "SELECT 1 FROM aroeira_process_run WHERE stop_asked_by IS NOT NULL")
        holding.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": HELD})
        out, _ = run.communicate(timeout=60)
    assert run.returncode == 130, out
    assert "parou a pedido" in out
    assert "./aroeira run --continue 1" in out
    assert 0 < len(made.invoices) < len(expected(made))
    status, out, _ = said(made, "run", "--continue", "1")
    assert status == 0
    assert made.invoices == expected(made)


def _until(made: Office, run: subprocess.Popen[str], asked: str) -> None:
    """Wait until a query finds something, while a command runs."""
    last = time.monotonic() + 60
    while not made.rows(asked):
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < last, asked
        time.sleep(0.05)


def test_a_worker_of_its_own_does_what_is_in_the_queue_until_it_is_stopped(made: Office) -> None:
    with started(made, "worker") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "Trabalhando na fila (Ctrl+C encerra).\n"
        assert ended(made, put(made)) == "finished"
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=30)
    assert run.returncode == 0
    assert "o que ficou na fila continua lá" in out
    assert made.invoices == expected(made)


def test_what_serves_does_what_is_in_the_queue_and_ends_in_order(made: Office) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with started(made, "serve", "--port", str(port)) as run:
        assert run.stdout is not None
        assert any("Aroeira está em" in line for line in iter(run.stdout.readline, ""))
        assert ended(made, put(made)) == "finished"
        begun = time.monotonic()
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)
        assert time.monotonic() - begun < 15
    assert made.invoices == expected(made)
