"""`./aroeira bench search`: finding a person among a million by fragments, beside hand-written SQL."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Engine, text

from kernel.context import at_present
from kernel.database import reading
from kernel.query.lookup import lookup
from kernel.query.plan import Query
from kernel.query.preferred import preferred
from kernel.query.run import count, page
from kernel.runtime import Runtime, compile
from kernel.storage import personal, system
from kernel.storage import preferred as preferred_records
from metadata.load import load_valid
from tests.benchmarks.figure import Figure, duration
from tests.benchmarks.scratch import scratch_database

PERSON = """
entity: pessoa
label: {one: Pessoa, many: Pessoas, gender: f}
shown_as: "{nome}"
search: [nome, cpf, carteirinha]
order: nome
fields:
  nome: {type: text, max: 120, required: yes}
  cpf: {type: cpf, privacy: personal}
  carteirinha: {type: text, max: 20}
  nascimento: {type: date, privacy: personal}
  mae: {type: text, max: 120, label: Nome da mãe}
"""
FIRST = [
    "Ana",
    "João",
    "José",
    "Maria",
    "Antônio",
    "Francisca",
    "Luíz",
    "Márcia",
    "Débora",
    "Sérgio",
    "Patrícia",
    "Cláudio",
    "Inês",
    "Otávio",
    "Zélia",
    "Íris",
]
LAST = [
    "Silva",
    "Souza",
    "Gonçalves",
    "Araújo",
    "Conceição",
    "Magalhães",
    "Assunção",
    "Brandão",
    "Cândido",
    "Estêvão",
    "Guimarães",
    "Leitão",
    "Ramalho",
]
ROWS = """
INSERT INTO pessoa (nome, cpf, carteirinha, nascimento, mae, search_text)
SELECT nome, cpf, cartao, DATE '1930-01-01' + n % 34000, 'Mãe de ' || nome, aroeira_fold(nome || ' ' || cpf || ' ' || cartao)
FROM (SELECT n, (CAST(:first AS text[]))[1 + n % 16] || ' ' || initcap(translate(substr(md5(n::text), 1, 7), '0123456789', 'aeioumnrst'))
             || ' ' || (CAST(:last AS text[]))[1 + n % 13] AS nome,
             lpad((n * 7919::bigint % 99999999999)::text, 11, '0') AS cpf, '0412' || lpad(n::text, 9, '0') AS cartao
      FROM generate_series(1, :rows) n) made
"""
BY_HAND = """
SELECT id, nome, cpf, nascimento FROM pessoa WHERE {conditions}
ORDER BY aroeira_fold(nome) COLLATE "C", id LIMIT 12
"""
ASKED = {
    "a rare piece of a name": "gilbe",
    "two pieces": "debora magalha",
    "a document with dots": "079.19",
    "a common surname": "silva",
    "a card number": "0412000777",
}
REPEATS = 15


def run(rows: int = 1_000_000) -> Iterator[Figure]:
    """Yield the median of each question in milliseconds."""
    with scratch_database() as engine:
        runtime = _install(engine, rows)
        reader = reading(engine)
        for name, words in ASKED.items():
            ours = _median(lambda words=words: _lookup(reader, runtime, words))
            theirs = _median(lambda words=words: _by_hand(reader, words))
            yield duration(f"lookup, {name}", ours * 1000, theirs * 1000, "ms")
        context = at_present("x")
        yield Figure(
            "lookup, nothing typed", round(_median(lambda: _opened(reader, runtime)) * 1000, 2), "ms"
        )
        query = Query("pessoa", ("nome", "cpf", "nascimento"), search="araujo", order=("nome",))
        with reader.connect() as connection:
            yield Figure(
                "first page of the list",
                round(
                    _median(lambda: page(connection, runtime, context, Query("pessoa", ("nome",)))) * 1000, 2
                ),
                "ms",
            )
            yield Figure(
                "page of a search",
                round(_median(lambda: page(connection, runtime, context, query)) * 1000, 2),
                "ms",
            )
            yield Figure(
                "count up to a thousand",
                round(_median(lambda: count(connection, runtime, context, query)) * 1000, 2),
                "ms",
            )
        reader.dispose()


def _install(engine: Engine, rows: int) -> Runtime:
    files = {
        "gente/manifest.yaml": b"package: gente\nlabel: Gente\nversion: 1.0.0\n",
        "gente/entities/pessoa.yaml": PERSON.encode(),
    }
    runtime = compile(load_valid(files), 1)
    with engine.begin() as connection:
        system.create(connection)
        runtime.metadata.tables["aroeira_attachment"].create(connection)
        runtime.metadata.tables["pessoa"].create(connection)
        connection.execute(text(ROWS), {"rows": rows, "first": FIRST, "last": LAST})
        for number in range(1, 61):
            personal.opened(connection, [("x", "pessoa", number, at_present("x").now)])
        preferred_records.chosen(
            connection, [("x", "pessoa", rows - number, at_present("x").now) for number in range(20)]
        )
        preferred_records.mark(connection, "x", "pessoa", rows // 2)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE pessoa"))
    return runtime


def _lookup(reader: Engine, runtime: Runtime, words: str) -> Any:
    with reader.connect() as connection:
        return lookup(connection, runtime, at_present("x"), "pessoa", words)


def _opened(reader: Engine, runtime: Runtime) -> Any:
    """Open a lookup as the page does: what the operator prefers, then the first in order."""
    with reader.connect() as connection:
        first = preferred(connection, runtime, at_present("x"), "pessoa", {}, 6)
        assert len(first) == 6
        return first, lookup(connection, runtime, at_present("x"), "pessoa", "")


def _by_hand(reader: Engine, words: str) -> Any:
    pieces = words.replace(".", "").split()
    conditions = " AND ".join(f"search_text LIKE :w{number}" for number in range(len(pieces)))
    values = {f"w{number}": f"%{piece}%" for number, piece in enumerate(pieces)}
    with reader.connect() as connection:
        return connection.execute(text(BY_HAND.format(conditions=conditions)), values).all()


def _median(work: Callable[[], Any]) -> float:
    work()
    spent = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)
