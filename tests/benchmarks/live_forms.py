"""The live form of `./aroeira bench web`: how long the server takes to say what follows from a change.

A form of 150 fields with rules of every kind among them: computed fields, conditions, checks.
"""

from __future__ import annotations

import http.client
import re
import statistics
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode, urlsplit

from kernel.runtime import compile
from kernel.storage import system
from metadata.load import load_valid
from tests.benchmarks.figure import Figure
from tests.benchmarks.scratch import scratch_database
from tests.office import application, put, served

FIELDS, CHECKS, AT_MOST = 150, 5, 50.0
ROUNDS, WARM = 200, 20
TYPES = ("text", "integer", "money", "date", "yes/no")
TYPED = ("texto", "12", "1.234,50", "01/02/2026", "sim")
# Of fifteen fields one each is computed, asked for and locked under a condition; now and then one is hidden.
RULES = {
    17: "is: f{one} * 2", 32: "is: f{one} * 2", 47: "is: f{one} * 2", 62: "is: f{one} * 2", 77: "is: f{one} * 2",
    20: "required: f1 > 3", 35: "required: f1 > 3", 50: "hidden: alvo.limite = 7", 65: "hidden: alvo.limite = 7",
    80: "required: f1 > 3", 25: "readonly: f16 > 100", 40: "readonly: f16 > 100", 55: "readonly: f16 > 100",
    70: "readonly: f16 > 100", 85: "readonly: f16 > 100",
}  # fmt: skip


def figures() -> Iterator[Figure]:
    """Yield the time of one answer, the median of many."""
    with scratch_database() as engine:
        made = compile(load_valid({path: text.encode() for path, text in _files().items()}), 1)
        with engine.begin() as connection:
            system.create(connection)
            made.metadata.create_all(connection)
        target = put(engine, made, "alvo", {"nome": "A", "limite": 5})
        record = put(engine, made, "largo", {"alvo": target, "f1": 2, "f16": 3})
        with served(application(engine, made)) as url:
            found = _asked(url, f"/registros/largo/{record}", _posted(target))
    name = f"form rules, {FIELDS} fields and {len(RULES) + CHECKS} rules"
    yield Figure(name, round(found, 2), "ms", "at most", AT_MOST, round(AT_MOST / found, 3))


def _files() -> dict[str, str]:
    fields = ["  alvo: {type: link, to: alvo}"]
    for number in range(FIELDS - 1):
        rule = f", {RULES[number].format(one=number - 1)}" if number in RULES else ""
        fields.append(f"  f{number}: {{type: {TYPES[number % 5]}{rule}}}")
    checks = [
        f"  c{number}:\n    when: f{number} > alvo.limite\n    message: '{{f{number}}} passa do limite.'"
        for number in range(91, 91 + 5 * CHECKS, 5)
    ]
    return {
        "p/manifest.yaml": "package: p\nlabel: P\nversion: 1.0.0\n",
        "p/entities/alvo.yaml": "entity: alvo\nlabel: {one: Alvo, many: Alvos}\nfields:\n"
        "  nome: {type: text}\n  limite: {type: integer}\n",
        "p/entities/largo.yaml": "entity: largo\nlabel: {one: Largo, many: Largos}\nfields:\n"
        + "\n".join([*fields, "checks:", *checks])
        + "\n",
    }


def _posted(target: int) -> dict[str, str]:
    texts = {f"f.f{n}": TYPED[n % 5] for n in range(FIELDS - 1) if "is:" not in RULES.get(n, "")}
    link = {"f.alvo": str(target), "f.alvo.texto": "A", "f.alvo.de": "A"}
    return {"version": "1", **texts, **link}


def _asked(url: str, address: str, posted: dict[str, str]) -> float:
    """Return the median time of an answer in milliseconds."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", address)
    page = connection.getresponse().read().decode()
    assert "data-rules" in page, "the form has no live rules"
    assert unescape(re.findall(r'data-rules="([^"]*)"', page)[0]).count("f") > CHECKS
    body, headers = (
        urlencode({**posted, "mudou": "f1"}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    times = []
    for _ in range(WARM + ROUNDS):
        begun = time.perf_counter()
        connection.request("POST", f"{address}/regras", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status == 200, said
        assert b'"told":[{' in said, said
    return statistics.median(times[WARM:])
