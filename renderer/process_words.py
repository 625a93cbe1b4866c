"""This file says runs in words: their state, how long they took, what was answered, what steps came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.processes import telling
from kernel.processes.plan import Plan
from kernel.processes.runs import Run
from kernel.processes.saying import HIDDEN, texts_of
from kernel.processes.tables import CANCELLED, FAILED, FINISHED, RUNNING, UNDONE, WAITING
from metadata.problems import Refused
from metadata.process import INSERT, RELATION, REMOVE, UPDATE
from metadata.values.numbers import print_integer, print_money
from renderer.counted import counted

UNANSWERED = "—"
NOTHING = "nada a fazer"
SHORTEST = 0.05  # seconds worth telling


@dataclass(frozen=True, slots=True)
class State:
    """How a state of a run is called and shown."""

    label: str
    tone: str
    icon: str


STATES = {
    WAITING: State("Na fila", "info", "clock"),
    RUNNING: State("Em execução", "info", "loader"),
    FINISHED: State("Terminada", "good", "circle-check"),
    CANCELLED: State("Parada", "warn", "circle-pause"),
    FAILED: State("Falhou", "bad", "circle-x"),
    UNDONE: State("Desfeita", "", "rotate-ccw"),
}
STOPPING = State("Parando", "warn", "circle-pause")
UNDOING = State("Desfazendo", "info", "loader")
DID = {INSERT: "incluíd", UPDATE: "alterad", REMOVE: "excluíd"}  # the ending agrees with the records


def state(run: Run | telling.RunLine) -> State:
    """Return how the state of a run is shown."""
    if run.status == RUNNING and isinstance(run, Run) and run.stop_asked_by:
        return STOPPING
    return STATES[run.status]


def seconds(value: float) -> str:
    """Return a length of time as it is read: 0,4 s · 12 s · 2 min 5 s · 1 h 4 min."""
    if value < 10:
        return f"{value:.1f} s".replace(".", ",")
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def is_end_known(run: Run) -> bool:
    """Tell whether it is known when a run ended: of one undone long ago only when that was done is."""
    return run.status != UNDONE or run.undone_at is not None


def lasted(run: Run) -> str:
    """Return how long a run has been at work; empty before it begins."""
    if run.started_at is None or run.finished_at is None:
        return ""
    return seconds(max(0.0, (run.finished_at - run.started_at).total_seconds()))


# ── answers ───────────────────────────────────────────────────────────────────────────────────────


def answers(
    connection: Connection, plan: Plan, context: Context, said: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """Return label and text of each question by its name; links as far as the operator may see them."""
    wanted: dict[str, set[int]] = {}
    read: dict[str, Any] = {}
    for name, field in plan.process.ask.items():
        value = None if said.get(name) is None else field.kind.from_json(said[name], field)
        value = None if isinstance(value, Refused) else value  # the question had another type then
        read[name] = value
        ids = value if field.type == "many links" else (value,) if field.type == "link" else ()
        wanted.setdefault(field.to, set()).update(id for id in ids or () if id is not None)
    wanted.pop("", None)
    known = texts_of(connection, plan, context, wanted)
    return {
        name: (field.label, _answer(read[name], field, known)) for name, field in plan.process.ask.items()
    }


def _answer(value: Any, field: Any, known: Mapping[tuple[str, int], str]) -> str:
    if value is None or value == ():
        return UNANSWERED
    if field.type == "link":
        return known.get((field.to, value), HIDDEN)
    if field.type == "many links":
        return ", ".join(known.get((field.to, each), HIDDEN) for each in value)
    return str(field.kind.print(value, field))


def title(plan: Plan, told: Mapping[str, tuple[str, str]]) -> str:
    """Return what a run is called: the process with the answers that name it."""
    named = [told[name][1] for name in plan.process.key if name in told and told[name][1] != UNANSWERED]
    return " ".join((plan.process.label, *named))


# ── steps ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as it is shown; `is_inner` where it only prepares rows for others."""

    label: str
    is_done: bool
    is_current: bool
    is_stuck: bool
    more: str
    sums: tuple[str, ...] = ()
    is_inner: bool = False


def steps(plan: Plan, run: Run, told: Mapping[str, telling.StepTold]) -> Iterator[StepLine]:
    """Yield the steps of a run; once it is over, those that had something to do."""
    current = str((run.doing or {}).get("step", "")) if run.status == RUNNING else ""
    is_over = run.status in (FINISHED, UNDONE)
    for name, made in plan.made.items():
        step = told.get(name)
        is_idle = is_over and not (step and (step.rows or step.left_out))
        if is_idle or is_between(plan, name):
            continue
        yield StepLine(
            made.step.label or _capital(name),
            is_done=is_over or (step is not None and name != current),
            is_current=name == current,
            is_stuck=run.status in (CANCELLED, FAILED) and step is None,
            more=_came_to(plan, name, step) if step else "aguarda" if not is_over else NOTHING,
            sums=tuple(sums(plan, name, step)) if step else (),
            is_inner=is_inner(plan, name, told) and name != current,
        )


def is_inner(plan: Plan, name: str, told: Mapping[str, telling.StepTold]) -> bool:
    """Tell whether a step only prepares rows: not the first with any, nor one that left some out."""
    step = told.get(name)
    first = next((each for each in plan.made if each in told and told[each].rows), next(iter(plan.made)))
    return plan.made[name].step.kind == RELATION and name != first and not (step and step.left_out)


def records(plan: Plan, entity: str, count: int) -> str:
    """Return how many records of an entity: 1 fatura, 240 faturas."""
    label = plan.runtime.whole.entities[entity].entity.label
    one, many = (f"{word[:1].lower()}{word[1:]}" for word in (label.one, label.many))
    return counted(count, one, many)


def _came_to(plan: Plan, name: str, step: telling.StepTold) -> str:
    made = plan.made[name]
    parts = [counted(step.rows, "linha", "linhas") if step.rows or step.left_out else NOTHING]
    if made.step.kind in DID and step.rows:
        is_female = plan.runtime.whole.entities[made.entity].entity.label.gender == "f"
        ending = ("a" if is_female else "o") + ("" if step.rows == 1 else "s")
        parts = [f"{records(plan, made.entity, step.rows)} {DID[made.step.kind]}{ending}"]
    parts += [f"{print_integer(step.left_out)} de fora"] if step.left_out else []
    parts += [seconds(step.seconds)] if step.seconds >= SHORTEST else []
    return " · ".join(parts)


def sums(plan: Plan, name: str, step: telling.StepTold) -> Iterator[str]:
    """Yield the sums of money of a step, with the labels of their fields."""
    fields = plan.steps.entities[plan.made[name].entity].fields
    for key, value in step.totals.items():
        yield f"{fields[key].label} {print_money(value)}" if key in fields else print_money(value)


def is_between(plan: Plan, name: str) -> bool:
    """Tell whether a step stands only between others: of one that posts, what makes no record."""
    posted = plan.steps.posted
    made = plan.made[name]
    return name in posted.owners and posted.owners[name] != name and made.step.kind != INSERT


def _capital(name: str) -> str:
    return name.replace("_", " ").capitalize()


def step_label(plan: Plan, name: str) -> str:
    """Return what a step is called."""
    made = plan.made.get(name)
    return (made.step.label if made else "") or _capital(name)
