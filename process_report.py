"""This file says on the command line what a run of a process came to: steps, totals, what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kernel.processes import calling, leftovers, telling
from kernel.processes.plan import Plan, planned
from kernel.processes.saying import Saying
from kernel.processes.tables import CANCELLED, FAILED, FINISHED
from kernel.processes.work import Versions
from metadata.values.numbers import print_integer, print_money

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from kernel.context import Context
    from kernel.processes.runs import Run
    from kernel.runtime import Runtime

MOST_EXAMPLES = 3
ENDED = {FINISHED: "terminou", CANCELLED: "parou a pedido", FAILED: "parou por um erro"}


def lines_of(engine: Engine, runtime: Runtime, context: Context, run: Run) -> Iterator[str]:
    """Yield what is printed of a run that has ended."""
    plan = planned(Versions(engine, _Served(runtime))(run.version), run.process)
    simulated = " (simulação: nada foi gravado)" if run.is_dry else ""
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0
    said = ENDED.get(run.status, run.status)
    yield f"Execução {run.id} de {plan.process.label} {said} em {_seconds(seconds)}{simulated}."
    if run.trouble:
        yield f"  {run.trouble.get('code', '')} {run.trouble.get('says', '')}".rstrip()
    with engine.connect() as connection:
        yield from _steps(connection, plan, run)
        yield from _warnings(connection, plan, run)
        yield from _left_out(connection, plan, context, run)
        yield from _calls(connection, plan, run)
    if run.status in (CANCELLED, FAILED):
        kept = "nada foi gravado" if run.is_dry else "o que foi feito está guardado"
        yield f"{run.parts_done} de {run.parts} partes feitas; {kept}. Para continuar:"
        yield f"  ./aroeira run --continue {run.id}"
        if not run.is_dry and run.parts_done:
            yield f"Para desfazer o que foi feito: ./aroeira run --undo {run.id}"


def _calls(connection: Connection, plan: Plan, run: Run) -> Iterator[str]:
    for each in calling.called(connection, run.id):
        label = plan.runtime.configuration.processes[each.process].label
        says = (
            f"execução {each.run}, na fila"
            if each.run
            else f"não começou: {(each.trouble or {}).get('says')}"
        )
        yield f"Chamou {label}: {says}"


class _Served:
    """The version that is at hand."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime


def _steps(connection: Connection, plan: Plan, run: Run) -> Iterator[str]:
    told = telling.steps(connection, run.id)
    if not told:
        return
    yield f"  {'Passo':<28} {'Linhas':>10} {'De fora':>9} {'Tempo':>9}  Somas"
    for name, made in plan.made.items():
        step = told.get(name, telling.NOTHING)
        fields = plan.steps.entities[made.entity].fields
        sums = ", ".join(f"{fields[key].label} {print_money(value)}" for key, value in step.totals.items())
        left = print_integer(step.left_out) if step.left_out else ""
        label = made.step.label or name.replace("_", " ").capitalize()
        yield (
            f"  {label:<28} {print_integer(step.rows):>10} {left:>9} {_seconds(step.seconds):>9}  {sums}"
        ).rstrip()


def _warnings(connection: Connection, plan: Plan, run: Run) -> Iterator[str]:
    for each in telling.warnings(plan, telling.steps(connection, run.id)):
        yield f"Confira: {print_integer(each.rows)} · {each.says}"


def _left_out(connection: Connection, plan: Plan, context: Context, run: Run) -> Iterator[str]:
    found = leftovers.reasons(connection, run.id)
    if not found:
        return
    count = sum(reason.count for reason in found)
    yield f"{'Ficou' if count == 1 else 'Ficaram'} de fora {print_integer(count)}:"
    saying = Saying(connection, plan, context)
    for reason in found:
        yield f"  {print_integer(reason.count):>8}  {saying.reason(reason.step, reason.name)}"
        rows = leftovers.rows(connection, run.id, reason.step, reason.name, limit=MOST_EXAMPLES)
        for said in saying.rows(rows):
            of = " · ".join(dict.fromkeys(filter(None, (said.unit, said.text))))
            yield f"  {'':>8}  - {f'{of}: ' if of else ''}{said.sentence}"


def _seconds(seconds: float) -> str:
    if seconds >= 60:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    return f"{seconds:.1f} s".replace(".", ",")
