"""`./aroeira bench web`: the product's list, form and API beside a hand-written application, on one database.

Both serve from one process each; rounds alternate between the two, and the median round counts, so that
whatever else the machine does falls on both.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from kernel.runtime import compile
from kernel.storage import system
from metadata.load import load_valid
from tests.benchmarks import live_forms, load, stock
from tests.benchmarks.figure import Figure, throughput
from tests.benchmarks.scratch import scratch_database

CHECKOUT = Path(__file__).resolve().parents[2]
ROUNDS = 3
SIDES = ("product", "handwritten")
FLAT_REQUESTS = 10_000


def run(rows: int = 100_000, seconds: float = 3.0) -> Iterator[Figure]:
    """Yield the figures, each as soon as it is measured."""
    with scratch_database() as engine:
        _install(engine, rows)
        address = engine.url.render_as_string(hide_password=False)
        with _served("product", address) as ours, _served("handwritten", address) as theirs:
            ports = {"product": ours.port, "handwritten": theirs.port}
            versions = {side: {} for side in SIDES}
            numbers = itertools.count(1)
            for name, make in _requests(rows, versions, ports).items():
                best = {side: [] for side in SIDES}
                for turn in range(ROUNDS):
                    for side in SIDES if turn % 2 == 0 else reversed(SIDES):
                        answer = load.measure(ports[side], make[side], seconds, numbers)
                        if answer.wrong:
                            raise RuntimeError(
                                f"{name}, {side}: {answer.wrong} of {answer.answered} answers were wrong"
                            )
                        best[side].append(answer.per_second)
                middle = {side: statistics.median(values) for side, values in best.items()}
                yield throughput(name, middle["product"], middle["handwritten"])
            yield from _memory(ours, rows)
    yield from live_forms.figures()


def _requests(
    rows: int, versions: dict, ports: dict[str, int]
) -> dict[str, dict[str, Callable[[int], bytes]]]:
    """Return figure → side → the request of a number; both sides are asked for the same things."""

    def id_of(number: int) -> int:
        return 1 + number * 7919 % rows

    def both(make: Callable[[int], bytes]) -> dict[str, Callable[[int], bytes]]:
        return dict.fromkeys(SIDES, make)

    def listed(prefix: str, code: str) -> dict[str, Callable[[int], bytes]]:
        found = {}
        for side in SIDES:
            name = code if side == "product" else "situacao"
            found[side] = lambda number, name=name: load.request(
                "GET", f"{prefix}?{name}={_situation(number)}&order=nome"
            )
        return found

    return {
        "list page": listed("/registros/item", "situacao"),
        "form page": both(lambda number: load.request("GET", f"/registros/item/{id_of(number)}")),
        "API list": listed("/api/v1/item", "situacao"),
        "API read": both(lambda number: load.request("GET", f"/api/v1/item/{id_of(number)}")),
        "API create": both(
            lambda number: load.request("POST", "/api/v1/item", json.dumps(stock.record(number)).encode())
        ),
        "API update": both(_updates(rows)),
    }


def _situation(number: int) -> str:
    return ("ativo", "suspenso", "cancelado")[number % 3]


def _updates(rows: int) -> Callable[[int], bytes]:
    """Each item is changed once, from version 1, so no answer need be read to make the next request."""
    numbers = itertools.count()

    def make(number: int) -> bytes:
        key = 1 + next(numbers) % rows
        body = {
            "version": 1,
            "marca": f"marca {number}",
            "preco": "21.50",
            "obs": f"mudado {number}",
            "vende": False,
        }
        return load.request("PATCH", f"/api/v1/item/{key}", json.dumps(body).encode())

    return make


class _Server:
    """A serving process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def resident(self) -> float:
        """Return the memory of the process in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def _served(side: str, address: str) -> Iterator[_Server]:
    port = _free_port()
    words = [sys.executable, "-m", "tests.benchmarks.serve", side, address, str(port)]
    with subprocess.Popen(words, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}) as process:
        try:
            _wait(port, process)
            yield _Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/item/1", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer")


def _install(engine: Engine, rows: int) -> None:
    runtime = compile(load_valid(stock.files()), 1)
    with engine.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
    stock.fill(engine, rows)


def _memory(server: _Server, rows: int) -> Iterator[Figure]:
    """Memory after 10,000 requests more, beside the memory before them."""
    paths = ("/registros/item?situacao=ativo", "/registros/item/{}", "/api/v1/item/{}", "/busca/grupo?q=1")

    def make(number: int) -> bytes:
        return load.request("GET", paths[number % 3].format(1 + number * 31 % rows))

    _ask(server.port, make, FLAT_REQUESTS // 10)
    before = server.resident()
    _ask(server.port, make, FLAT_REQUESTS)
    after = server.resident()
    yield Figure(
        f"memory after {FLAT_REQUESTS} requests",
        round(after, 1),
        "MiB",
        "before",
        round(before, 1),
        round(before / after, 3),
    )


def _ask(port: int, make: Callable[[int], bytes], count: int) -> None:
    numbers = itertools.count()
    done = 0
    while done < count:
        done += load.measure(port, make, 1.0, numbers).answered
