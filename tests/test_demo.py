"""`./aroeira demo` on an empty folder: it serves, a second start keeps the data, a taken port is told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from lxml import html

CHECKOUT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
END_SECONDS = 5  # from Ctrl+C on, where nothing is at work, beside other tests
# What the log has of each: they did it, with their own rights.
DONE = (
    ("ana.souza", "Idade máxima do titular"),
    ("lia.castro", "Tolerância para inadimplência"),
    ("caio.reis", "Ordem na simulação"),
)


@contextmanager
def demo(folder: Path, *, is_first: bool = True, ended_by: int = signal.SIGTERM) -> Iterator[str]:
    """Run the demo on a folder and give its address; it ends soon after the signal that ends it."""
    port = free_port()
    words = [sys.executable, str(CHECKOUT / "aroeira.py"), "demo", "--data", str(folder), "--port", str(port)]
    words += ["--lives", "0"]  # those have tests of their own: tests/packages/test_demonstration.py
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    # What is begun in the background ignores Ctrl+C, and what it begins would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        try:
            yield address_told(run, f"export AROEIRA_DATA={folder}", is_first=is_first)
        finally:
            sent = time.monotonic()
            run.send_signal(ended_by)
            run.communicate(timeout=60)
            lasted = time.monotonic() - sent
    assert lasted < END_SECONDS, f"it took {lasted:.1f} s to end"


@contextmanager
def entered(address: str) -> Iterator[httpx.Client]:
    """Sign in as an operator whom the sign-in page of the demo names, by the button that is there for it."""
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=30) as client:
        shown = html.fromstring(client.get("/entrar").text)
        form = next(
            each for each in shown.xpath("//form") if "demonstracao" in str(each.xpath("../@aria-labelledby"))
        )
        answer = client.post(
            "/entrar", data={each.get("name"): each.get("value") for each in form.xpath("./input")}
        )
        assert answer.status_code == 303, answer.text
        yield client


def address_told(run: subprocess.Popen[str], before: str, *, is_first: bool) -> str:
    """Wait for the line that says the address, after one that ends with `before`.

    The first password is told on the first start only.
    """
    said = []
    until = time.monotonic() + START_SECONDS
    assert run.stdout is not None
    while time.monotonic() < until:
        line = run.stdout.readline()
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            assert any(line.rstrip().endswith(before) for line in said), "".join(said)
            first = "".join(
                each for each in said if each.startswith("Primeira entrada: usuário administrador, senha ")
            )
            assert bool(first) is is_first
            return found[0]
        assert line or run.poll() is None, "".join(said)
    raise AssertionError("".join(said))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_the_demo_serves_and_keeps_its_data() -> None:
    # Not in pytest's own folder: as root that is closed to the account which runs the server.
    with tempfile.TemporaryDirectory(prefix="aroeira-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "dados"
        Path(name).chmod(0o755)
        with demo(folder) as address, entered(address) as operator:
            plans = operator.get("/api/v1/plano").json()["items"]
            assert len(plans) >= 10
            for login, field in DONE:
                assert (
                    field in operator.get("/auditoria", params={"operador": login, "operacao": "U"}).text
                ), login
            version = operator.get(f"/api/v1/plano/{plans[0]['id']}").json()["version"]
            change = {"version": version, "nome_boleto": "Nome mudado no teste"}
            answer = operator.patch(f"/api/v1/plano/{plans[0]['id']}", json=change)
            assert answer.status_code == 200, answer.text
            assert "Cadastro de planos" in operator.get("/").text
            assert httpx.get(f"{address}/api/v1/plano", timeout=30).status_code == 401
        # The other commands reach the same database by the variable alone.
        environment = {**os.environ, "AROEIRA_DATA": str(folder), "DATABASE_URL": ""}
        words = [sys.executable, str(CHECKOUT / "aroeira.py"), "plan"]
        planned = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert planned.stdout == "0 alterações (versão 1 no ar)\n", planned.stderr
        with (
            demo(folder, is_first=False, ended_by=signal.SIGINT) as address,
            entered(address) as operator,
        ):
            kept = operator.get(f"/api/v1/plano/{plans[0]['id']}").json()
            assert kept["nome_boleto"] == "Nome mudado no teste"
            again = operator.get("/api/v1/plano").json()["items"]
            assert len(again) == len(plans)


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = [sys.executable, str(CHECKOUT / "aroeira.py"), "demo", "--port", str(port)]
        answer = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 1
    assert f"a porta {port} está ocupada" in answer.stderr
    assert "Banco de dados" not in answer.stdout
