"""This file makes what `./aroeira demo` shows: packages, their demo data, a generated operator, billed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from command_parts import MODULES, shown_root
from metadata.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Engine

    from kernel.runtime import Runtime

OPERATOR = "demo"
GENERATE, BILL, SETTLE = "gerar_operadora", "faturamento_mensal", "quitar_faturas"
BILLED_MONTHS = 3  # closed ones; the one that runs is left to whoever looks at the demonstration
BILLED_AT = time(8)
TERMS, DAYS_TO_PAY = "prazo_para_pagar", 5
WHY_TERMS = "Na demonstração, o mês é faturado em qualquer dia."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run that there should be: of which process, with which answers, asked for when."""

    process: str
    answers: Mapping[str, Any]
    at: datetime


def install(engine: Engine, told: Callable[[str], None]) -> tuple[Problem, ...]:
    """Publish the packages and put the demo data in; what is there already is left alone.

    told: hears what is being done.
    """
    from kernel.storage.migrate.apply import apply
    from kernel.storage.seed import seed_demo
    from metadata.load import read_folder

    told("Pacotes…")
    applied = apply(engine, read_folder(MODULES), OPERATOR)
    if isinstance(applied, tuple):
        return tuple(problem.below(shown_root(None)) for problem in applied)
    told("Dados de demonstração…")
    seeded = seed_demo(engine, applied.plan.runtime)
    return tuple(problem for one in seeded for problem in one.problems)


def populate(engine: Engine, lives: int) -> None:
    """Generate an operator with some lives and bill its last months; what was done before stays as it is.

    Lives that come later are billed for the same months as those before them.

    Errors: Problems, when a run cannot begin or ends otherwise than well.
    """
    from kernel import publish
    from kernel.storage import system

    if not lives:
        return
    with engine.begin() as connection:
        system.create(connection)
    with engine.connect() as connection:
        runtime = publish.load(connection, publish.latest(connection))
    _give_terms(engine, runtime)
    is_new = False
    for wanted in _wanted(engine, lives):
        is_new |= _run(engine, runtime, wanted, again=is_new)


def _give_terms(engine: Engine, runtime: Runtime) -> None:
    """Let invoices be due some days after they are made, whatever the day on which somebody looks at this."""
    from kernel.context import at_present
    from kernel.parameters import all_values, set_value

    context = at_present(OPERATOR)
    with engine.begin() as connection:
        if TERMS not in all_values(runtime, connection):
            set_value(runtime, connection, context, TERMS, DAYS_TO_PAY, context.today, reason=WHY_TERMS)


def _wanted(engine: Engine, lives: int) -> Iterator[Wanted]:
    """Yield the runs in order; the months are those before the day of the first generation."""
    from kernel.context import at_present

    now = at_present(OPERATOR).now
    began = _first(engine) or now
    yield Wanted(GENERATE, {"quantas": lives}, now)
    for back in range(BILLED_MONTHS, 0, -1):
        month = _months_before(began.date(), back)
        yield Wanted(BILL, {"competencia": month}, datetime.combine(month, BILLED_AT, now.tzinfo))
    yield Wanted(SETTLE, {"dia": began.date()}, began)


def _months_before(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _first(engine: Engine) -> datetime | None:
    from kernel.processes.runs import asked
    from metadata.values.moments import SITE_ZONE

    with engine.connect() as connection:
        found = [run.asked_at for run in asked(connection, GENERATE)]
    return min(found).astimezone(SITE_ZONE) if found else None


def _run(engine: Engine, runtime: Runtime, wanted: Wanted, *, again: bool) -> bool:
    """Carry a run to its end, a new one or one that a crash left; tell whether there was anything to do.

    again: also where such a run has ended well before.
    """
    from kernel.context import Origin, at_present
    from kernel.processes.runs import asked, begin, said_of
    from kernel.processes.tables import AT_WORK, FINISHED
    from process_commands import driven

    process = runtime.configuration.processes[wanted.process]
    said = said_of(process, wanted.answers)
    with engine.connect() as connection:
        before = [run for run in asked(connection, wanted.process) if run.answers == said]
    if not again and any(run.status == FINISHED for run in before):
        return False
    context = replace(at_present(OPERATOR, origin=Origin("process", route="demo")), now=wanted.at)
    left = next((run.id for run in before if run.status in AT_WORK), None)
    number = left or begin(engine, runtime, context, wanted.process, wanted.answers)
    if isinstance(number, list):
        raise Problems(number)
    print(f"{process.label}: {', '.join(map(str, said.values()))}", flush=True)
    run = driven(engine, runtime, context, number)
    if run.status != FINISHED:
        raise Problems([Problem("A147", {"process": process.label, "run": run.id})])
    return True
