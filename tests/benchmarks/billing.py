"""`./aroeira bench billing`: a month billed by a process, beside a script of SQL that means the same."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from datetime import date

from sqlalchemy import Engine, text

from kernel.context import at_present
from kernel.processes.drive import drive
from kernel.processes.runs import begin
from kernel.processes.undo import undo
from kernel.publish import load
from kernel.runtime import Runtime
from kernel.storage.migrate.apply import Applied, apply
from tests import billing
from tests.benchmarks.figure import Figure, duration
from tests.benchmarks.scratch import scratch_database

MONTH = date(2026, 11, 1)
LIVES_OF_A_CONTRACT = 3
PART = 20_000
FILL = (
    "INSERT INTO tabela (nome) VALUES ('A'), ('B')",
    """INSERT INTO faixa (tabela, idade_de, idade_ate, valor, inicio)
    SELECT t, a, CASE WHEN a = 90 THEN 200 ELSE a + 9 END, 101.37 * t * (a / 10 + 2), DATE '2020-01-01'
    FROM generate_series(1, 2) t, generate_series(0, 90, 10) a""",
    """INSERT INTO contrato (numero, cliente, tabela, vencimento, situacao)
    SELECT lpad(g::text, 9, '0'), 'Cliente ' || g, g % 2 + 1, 10, CASE WHEN g % 50 = 0 THEN 'suspenso' ELSE 'ativo' END
    FROM generate_series(1, :contracts) g""",
    """INSERT INTO vida (contrato, nome, nascimento, inicio, fim)
    SELECT g % :contracts + 1, 'Vida ' || g, DATE '1930-01-01' + (g * 7919) % 35000,
      DATE '2020-01-01' + (g * 31) % 2540, CASE WHEN g % 17 = 0 THEN DATE '2026-11-01' + g % 29 END
    FROM generate_series(1, :lives) g""",
)
# Half a cent goes to the even cent, as the product rounds.
ROUNDED = """CASE WHEN abs(x - trunc(x, 2)) = 0.005 THEN round(x * 0.5, 2) * 2 ELSE round(x, 2) END"""
BY_HAND = (
    f"""CREATE TEMP TABLE priced ON COMMIT DROP AS
    SELECT vida, contrato, faixa, idade, dias, {ROUNDED} AS valor FROM (
      SELECT v.id AS vida, v.contrato, f.id AS faixa, a.idade, a.dias, f.valor * a.dias / 30.0 AS x
      FROM vida v JOIN contrato c ON c.id = v.contrato AND c.situacao = 'ativo'
      CROSS JOIN LATERAL (
        SELECT extract(year FROM age(DATE '2026-11-01', v.nascimento))::int AS idade,
          least(coalesce(v.fim, DATE '2026-11-30'), DATE '2026-11-30') - greatest(v.inicio, DATE '2026-11-01') + 1 AS dias
      ) a
      JOIN faixa f ON f.tabela = c.tabela AND a.idade BETWEEN f.idade_de AND f.idade_ate
        AND f.inicio <= DATE '2026-11-01' AND (f.fim IS NULL OR f.fim >= DATE '2026-11-01')
      WHERE a.dias > 0
        AND NOT EXISTS (SELECT FROM item i WHERE i.vida = v.id AND i.competencia = DATE '2026-11-01')
    ) p""",
    "ANALYZE priced",
    """CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT nextval('fatura_id_seq') AS id, contrato, sum(valor) AS total, row_number() OVER () AS n
    FROM priced GROUP BY contrato""",
    "ANALYZE made",
    """INSERT INTO fatura (id, numero, contrato, competencia, vencimento, situacao, total, soma, search_text)
    SELECT id, 'F' || lpad(n::text, 7, '0'), contrato, DATE '2026-11-01', DATE '2026-12-10', 'aberta', total, total,
      aroeira_fold('F' || lpad(n::text, 7, '0')) FROM made""",
    """INSERT INTO item (fatura, vida, competencia, faixa, idade, dias, valor)
    SELECT m.id, p.vida, DATE '2026-11-01', p.faixa, p.idade, p.dias, p.valor FROM priced p JOIN made m USING (contrato)""",
)
BILLED = """
SELECT md5(string_agg(line, ';')) FROM (
  SELECT concat_ws(',', f.contrato, f.total, f.soma, i.vida, i.faixa, i.idade, i.dias, i.valor) AS line
  FROM item i JOIN fatura f ON f.id = i.fatura ORDER BY i.vida
) lines
"""


def run(lives: int = 100_000) -> Iterator[Figure]:
    """Yield what dry run, run, second run and undoing cost, the same lines made by hand in between."""
    part = billing.FILES["faturas/processes/faturar.yaml"].replace("part: 40\n", f"part: {PART}\n")
    files = billing.texts({"faturas/processes/faturar.yaml": part})
    with scratch_database() as engine:
        done = apply(engine, files, "bench")
        assert isinstance(done, Applied), done
        with engine.connect() as connection:
            runtime = load(connection, done.version)
        _fill(engine, lives)
        hand, wanted = _timed(lambda: _by_hand(engine)), _lines(engine)
        _empty(engine)
        dry = _timed(lambda: _run(engine, runtime, is_dry=True))
        _tidy(engine)
        ours = _timed(lambda: _run(engine, runtime))
        assert _lines(engine) == wanted, "the lines differ"
        second = _timed(lambda: _run(engine, runtime))
        back = _timed(lambda: _undo(engine, runtime))
        yield duration("billing run", ours, hand)
        yield duration("billing dry run", dry, hand)
        yield duration("billing second run", second, hand)
        yield duration("billing undone", back, hand)
        yield Figure("billing run, each life", round(ours / lives * 1e6, 2), "µs")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield Figure("billing, memory of Python at most", round(peak, 1), "MB")


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _fill(engine: Engine, lives: int) -> None:
    words = {"lives": lives, "contracts": max(lives // LIVES_OF_A_CONTRACT, 1)}
    with engine.begin() as connection:
        for statement in FILL:
            connection.execute(text(statement), words)
    _tidy(engine)


def _tidy(engine: Engine) -> None:
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("VACUUM ANALYZE"))
        alone.execute(text("CHECKPOINT"))


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE item, fatura, aroeira_audit, aroeira_audit_act"))
    _tidy(engine)


def _by_hand(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("SELECT set_config('aroeira.origin', :said, true)"),
            {"said": '{"operator": "bench", "kind": "command"}'},
        )
        for statement in BY_HAND:
            connection.execute(text(statement))


def _run(engine: Engine, runtime: Runtime, *, is_dry: bool = False) -> None:
    begun = begin(engine, runtime, at_present("bench"), "faturar", {"competencia": MONTH}, is_dry=is_dry)
    assert isinstance(begun, int), begun
    done = drive(engine, lambda version: runtime, begun)
    assert done.status == "finished", done


def _undo(engine: Engine, runtime: Runtime) -> None:
    with engine.connect() as connection:
        run = connection.scalar(
            text("SELECT min(r.id) FROM aroeira_process_run r JOIN aroeira_process_made m ON m.run = r.id")
        )
    problems = undo(engine, lambda version: runtime, at_present("bench"), run)
    assert problems == [], problems


def _lines(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text(BILLED)))
