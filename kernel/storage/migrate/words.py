"""This file writes a plan, and what became of it, in lines for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kernel.storage.migrate.apply import Applied
from kernel.storage.migrate.look import number
from kernel.storage.migrate.plan import Plan
from kernel.storage.migrate.steps import Step

LONGEST_LIST = 40


def lines_of_plan(plan: Plan, *, sql: bool = False, everything: bool = False) -> Iterator[str]:
    """Yield the lines of a plan; problems and warnings are told apart from it."""
    yield _head(plan)
    most = len(plan.changes) if everything else LONGEST_LIST
    yield from (f"  {change.sentence()}" for change in plan.changes[:most])
    if len(plan.changes) > most:
        yield f"  … e mais {number(len(plan.changes) - most)}"
    if not plan.problems:
        most = len(plan.steps) if everything or sql else LONGEST_LIST
        yield from _steps("Na publicação, numa transação só:", plan.now, most, sql=sql)
        yield from _steps("Depois, sem parar ninguém:", plan.later, most, sql=sql)


def _head(plan: Plan) -> str:
    count = len(plan.changes)
    where = f"versão {plan.version} no ar" if plan.version else "nada publicado ainda"
    if not count and not plan.is_published:
        return f"0 alterações no que o sistema faz; só a escrita dos arquivos ({where})"
    return f"{'1 alteração' if count == 1 else f'{number(count)} alterações'} ({where})"


def _steps(title: str, steps: Sequence[Step], most: int, *, sql: bool) -> Iterator[str]:
    if not steps:
        return
    yield title
    for step in steps[:most]:
        rows = f" (cerca de {number(step.rows)} registros)" if step.rows > 1000 else ""
        yield f"  {step.says}{rows}"
        if sql:
            yield from (f"    {line}" for line in step.sql.splitlines())
    if len(steps) > most:
        yield f"  … e mais {number(len(steps) - most)}"


def lines_of_applied(applied: Applied) -> Iterator[str]:
    """Yield what was done."""
    for seeded in applied.seeded:
        new, corrected = number(seeded.inserted), number(seeded.changed)
        yield f"  dados de {seeded.document}: linhas novas: {new}; acertadas: {corrected}"
    yield f"Versão {applied.version} no ar."
