"""`./aroeira bench billing`: a month of the shipped billing, beside a script of SQL that means the same."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, text

import demonstration
from kernel.context import Context, at_present
from kernel.processes.drive import drive
from kernel.processes.queued import TOGETHER
from kernel.processes.runs import begin
from kernel.processes.tables import FINISHED, RUN
from kernel.processes.undo import undo
from kernel.publish import latest, load
from kernel.runtime import Runtime
from tests.benchmarks.figure import Figure, duration
from tests.benchmarks.scratch import scratch_database

BY_HAND = Path(__file__).with_name("billing_by_hand.sql")
MONTH, LAST = date(2026, 11, 1), date(2026, 11, 30)
BILLED = """
SELECT count(*) AS lines, sum(valor) AS amount, md5(string_agg(line, ';' ORDER BY line)) AS hash FROM (
  SELECT i.valor, concat_ws(',', f.documento, f.situacao, f.empresa, f.contrato, f.pagador, f.nome_pagador, f.lotacao,
    f.competencia, f.emissao, f.vencimento, f.total, i.especie, i.contrato, i.beneficiario, i.competencia, i.descricao,
    i.valor, i.preco, coalesce(i.idade, -1), coalesce(i.dias, -1), coalesce(i.dias_mes, -1), coalesce(i.vidas, -1),
    coalesce(i.faixa, -1), coalesce(i.percentual, -1), coalesce(i.valor_adicional, -1), coalesce(i.desconto, -1),
    coalesce(i.avulsa, -1), coalesce(i.coparticipacao, -1), coalesce(i.integral, -1), coalesce(i.origem, -1),
    coalesce(i.cobre_de, '-infinity'), coalesce(i.cobre_ate, '-infinity'), i.ativo) AS line
  FROM item_fatura i JOIN fatura f ON f.id = i.fatura
  UNION ALL
  SELECT valor_participacao, concat_ws(',', beneficiario, chave, data, procedimento, descricao, grupo_cobertura, prestador,
    guia, quantidade, valor_base, valor_participacao, competencia_cobranca)
  FROM item_coparticipacao WHERE chave LIKE 'TETO-%'
  UNION ALL
  SELECT 0, concat_ws(',', id, situacao) FROM cobranca_avulsa
) lines
"""
EMPTIED = (
    "TRUNCATE item_fatura, fatura CASCADE",
    "DELETE FROM item_coparticipacao WHERE chave LIKE 'TETO-%'",
    "UPDATE cobranca_avulsa SET situacao = 'liberado' WHERE situacao = 'faturado'",
    "TRUNCATE aroeira_audit, aroeira_audit_act CASCADE",
)


def run(lives: int = 100_000) -> Iterator[Figure]:
    """Yield what dry run, run, second run and undoing cost, the same lines made by hand in between."""
    with scratch_database() as engine:
        assert demonstration.install(engine, lambda says: None) == ()
        with engine.connect() as connection:
            runtime = load(connection, latest(connection))
        made = _timed(lambda: _generate(engine, runtime, lives))
        yield Figure("lives generated, each", round(made / lives * 1e6, 1), "µs")
        _tidy(engine)
        before = _peak()
        hand, wanted = _timed(lambda: _by_hand(engine)), _lines(engine)
        _empty(engine)
        dry = _timed(lambda: _run(engine, runtime, is_dry=True))
        _tidy(engine)
        alone = _timed(lambda: _run(engine, runtime, workers=1))
        assert _lines(engine) == wanted
        _empty(engine)
        ours = _timed(lambda: _run(engine, runtime))
        found = _lines(engine)
        assert found == wanted, (found, wanted)
        second = _timed(lambda: _run(engine, runtime))
        assert _lines(engine) == wanted, "a second run changed something"
        back = _timed(lambda: _undo(engine, runtime))
        _empty(engine)
        hand = min(
            hand, _timed(lambda: _by_hand(engine))
        )  # whichever found the machine and its memory readier
        assert _lines(engine) == wanted
        yield duration("billing run", ours, hand)
        yield duration("billing run, one worker", alone, hand)
        yield duration("billing dry run", dry, hand)
        yield duration("billing second run", second, hand)
        yield duration("billing undone", back, hand)
        yield Figure("billing run, each life", round(ours / lives * 1e6, 1), "µs")
        yield Figure("billing, lines", wanted[0], "lines")
        yield Figure("billing, memory of Python at most", round(_peak(), 1), "MB")
        yield Figure("billing, memory of Python before", round(before, 1), "MB")


def _context() -> Context:
    """Return who bills, on a day on which the month may be billed."""
    return replace(at_present("bench"), now=datetime(2026, 11, 27, 9, tzinfo=UTC))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _generate(engine: Engine, runtime: Runtime, lives: int) -> None:
    """Generate the operator by several workers, as the product does."""
    begun = begin(engine, runtime, at_present("bench"), demonstration.GENERATE, {"quantas": lives})
    _drive(engine, runtime, begun, TOGETHER)
    with engine.connect() as connection:
        there = connection.scalar(text("SELECT count(*) FROM beneficiario WHERE codigo LIKE '8%'"))
    assert there == lives, there


def _tidy(engine: Engine) -> None:
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("VACUUM ANALYZE"))
        alone.execute(text("CHECKPOINT"))


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for statement in EMPTIED:
            connection.execute(text(statement))
    _tidy(engine)


def _by_hand(engine: Engine) -> None:
    words = {"first": MONTH, "last": LAST, "today": _context().today}
    with engine.begin() as connection:
        connection.execute(
            text("SELECT set_config('aroeira.origin', :said, true)"),
            {"said": '{"operator": "bench", "kind": "command"}'},
        )
        for statement in BY_HAND.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                connection.execute(text(statement), words)


def _run(engine: Engine, runtime: Runtime, *, is_dry: bool = False, workers: int = TOGETHER) -> None:
    answers: dict[str, Any] = {"competencia": MONTH}
    _drive(
        engine,
        runtime,
        begin(engine, runtime, _context(), demonstration.BILL, answers, is_dry=is_dry),
        workers,
    )


def _drive(engine: Engine, runtime: Runtime, begun: Any, workers: int) -> None:
    """Do a run by some workers at once; the queue gives it two."""
    assert isinstance(begun, int), begun
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda _: drive(engine, lambda version: runtime, begun), range(workers)))
    with engine.connect() as connection:
        status = connection.scalar(select(RUN.c.status).where(RUN.c.id == begun))
    assert status == FINISHED, status


def _undo(engine: Engine, runtime: Runtime) -> None:
    with engine.connect() as connection:
        made = "SELECT r.id FROM aroeira_process_run r JOIN aroeira_process_made m ON m.run = r.id"
        chosen = {"process": demonstration.BILL}
        run = connection.scalar(text(f"{made} WHERE r.process = :process ORDER BY 1 DESC LIMIT 1"), chosen)
    problems = undo(engine, lambda version: runtime, _context(), run)
    assert problems == [], problems


def _lines(engine: Engine) -> tuple[int, Any, str]:
    with engine.connect() as connection:
        found = connection.execute(text(BILLED)).one()
    return int(found.lines), found.amount, str(found.hash)
