"""This file begins, finds and stops runs of processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, update
from sqlalchemy.exc import IntegrityError

from kernel.access.rights import called
from kernel.context import Context, Origin
from kernel.processes.plan import Plan, planned
from kernel.processes.saying import refusal
from kernel.processes.statements import statements
from kernel.processes.tables import AT_WORK, CANCELLED, FAILED, PART, RUN, WAITING
from kernel.processes.watching import watch
from kernel.runtime import Runtime
from kernel.within import Transactions
from metadata.entity import Field
from metadata.expression.nodes import Name, Node
from metadata.expression.parse import parse
from metadata.limits import check_presence, check_value
from metadata.problems import Problem
from metadata.process import Process
from metadata.values.moments import SITE_ZONE

Also = Callable[[Connection, int], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a process, as it stands.

    answers: in their JSON form.  stop_asked_by: who wants it to stop.  doing: what is being done.
    trouble: why it failed.  only_of: the run of which it does only what was left out.  undone_at, undone_by:
    empty also where it was undone before these were noted.  parts, parts_done: how far it is.
    """

    id: int
    process: str
    version: int
    answers: Mapping[str, Any]
    key: str
    is_dry: bool
    status: str
    asked_by: str
    asked_at: datetime
    origin: Mapping[str, str]
    started_at: datetime | None
    finished_at: datetime | None
    stop_asked_by: str | None
    doing: Mapping[str, Any] | None
    trouble: Mapping[str, Any] | None
    only_of: int | None
    undone_at: datetime | None
    undone_by: str | None
    parts: int
    parts_done: int

    @property
    def context(self) -> Context:
        """On whose behalf the run works, always at the instant it was asked for."""
        origin = Origin("process", self.origin.get("address", ""), f"run/{self.id}")
        return Context(self.asked_by, self.asked_at.astimezone(SITE_ZONE), origin=origin)

    def values(self, process: Process) -> dict[str, Any]:
        """Return the answers as values; a question that nobody answered is empty."""
        return {name: _value(self.answers.get(name), field) for name, field in process.ask.items()}


def _value(said: Any, field: Field) -> Any:
    return None if said is None else field.kind.from_json(said, field)


def begin(
    engine: Transactions, runtime: Runtime, context: Context, name: str, answers: Mapping[str, Any], *,
    is_dry: bool = False, also: Also | None = None, only_of: int | None = None,
) -> int | list[Problem]:  # fmt: skip
    """Ask for a run and return its number; or everything that stands against it.

    also: what else belongs to the transaction that begins the run, such as putting it into the queue.
    only_of: a run; only what was left out of it is done.
    """
    plan = planned(runtime, name)
    process = plan.process
    if not context.has_right(process.needs):
        return [
            Problem(
                "R602",
                {"right": called(runtime.whole.configuration, process.needs), "process": process.label},
            )
        ]
    if problems := list(judged(process, answers)):
        return problems
    said = said_of(process, answers)
    row: dict[str, Any] = {
        "process": name, "version": runtime.version, "answers": said, "key": key_of(process, said),
        "is_dry": is_dry, "status": WAITING, "asked_by": context.operator, "asked_at": context.now,
        "today": context.today.isoformat(), "origin": asdict(context.origin), "only_of": only_of,
    }  # fmt: skip
    try:
        with engine.begin() as connection:
            if problems := list(_refused(connection, plan, context, answers)):
                return problems
            id: int = connection.execute(RUN.insert().values(row).returning(RUN.c.id)).scalar_one()
            watch(connection, id, [context.operator])
            if also is not None:
                also(connection, id)
    except IntegrityError:
        with engine.connect() as connection:
            return [_busy(connection, process, row["key"])]
    return id


def said_of(process: Process, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers in their JSON form, as runs keep them."""
    return {
        name: field.kind.to_json(answers[name], field)
        for name, field in process.ask.items()
        if answers.get(name) is not None
    }


def key_of(process: Process, said: Mapping[str, Any]) -> str:
    """Return the text by which runs that must not be at once are known."""
    return json.dumps({name: said.get(name) for name in process.key}, sort_keys=True, ensure_ascii=False)


def judged(process: Process, answers: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the answers that will not do."""
    for name, field in process.ask.items():
        value = answers.get(name)
        refused = check_presence(value, field)
        if refused is None and value not in (None, "", ()):
            refused = check_value(value, field)
        if refused:
            yield Problem(refused.code, refused.facts, field=name)


def _refused(
    connection: Connection, plan: Plan, context: Context, answers: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield why no run may begin, as the process itself says."""
    words = {f"ask_{name}": answers.get(name) for name in plan.process.ask} | context.bound()
    for name, asked in statements(plan).refusals:
        met, facts = asked.run(connection, words).one()
        if met:
            facts = {"says": refusal(connection, plan, context, name, facts), "refusal": name}
            yield Problem("R603", facts, field=_spoken_of(plan.process, name))


def _spoken_of(process: Process, refusal: str) -> str | None:
    """Return the question at which a refusal stands: as it says, else the first that its condition names."""
    if at := process.refuse[refusal].at:
        return at
    node = parse(process.refuse[refusal].when)
    parts = node.walk() if isinstance(node, Node) else ()
    return next((each.name for each in parts if isinstance(each, Name) and each.name in process.ask), None)


def _busy(connection: Connection, process: Process, key: str) -> Problem:
    asked = select(RUN.c.id, RUN.c.asked_by, RUN.c.asked_at).where(
        RUN.c.process == process.name, RUN.c.key == key, RUN.c.status.in_(AT_WORK), ~RUN.c.is_dry
    )
    found = connection.execute(asked).first()
    if found is None:  # it has ended meanwhile
        return Problem("R605", {"process": process.label})
    at = f"{found.asked_at.astimezone(SITE_ZONE):%H:%M}"
    return Problem("R604", {"process": process.label, "run": found.id, "by": found.asked_by, "at": at})


# ── finding and stopping ──────────────────────────────────────────────────────────────────────────


def run_of(connection: Connection, id: int) -> Run | None:
    """Return a run as it stands."""
    found = connection.execute(_runs().where(RUN.c.id == id)).mappings().first()
    return Run(**found) if found else None


def asked(connection: Connection, process: str) -> list[Run]:
    """Return the runs of a process that are no dry ones, as they stand, oldest first."""
    query = _runs().where(RUN.c.process == process, ~RUN.c.is_dry).order_by(RUN.c.id)
    return [Run(**found) for found in connection.execute(query).mappings()]


def _runs() -> Select[Any]:
    parts = select(func.count()).where(PART.c.run == RUN.c.id).scalar_subquery()
    done = select(func.count()).where(PART.c.run == RUN.c.id, PART.c.is_done).scalar_subquery()
    columns = [RUN.c[name] for name in _FIELDS]
    return select(*columns, parts.label("parts"), done.label("parts_done"))


_FIELDS = (
    "id", "process", "version", "answers", "key", "is_dry", "status", "asked_by", "asked_at", "origin",
    "started_at", "finished_at", "stop_asked_by", "doing", "trouble", "only_of", "undone_at", "undone_by",
)  # fmt: skip


def stop(connection: Connection, id: int, operator: str) -> bool:
    """Ask a run to stop; what it has done stays. Tell whether it was at work."""
    asked = update(RUN).where(RUN.c.id == id, RUN.c.status.in_(AT_WORK)).values(stop_asked_by=operator)
    return connection.execute(asked).rowcount > 0


def go_on(connection: Connection, id: int) -> bool:
    """Let a run that stopped or failed go on with the parts it has not done; tell whether it may."""
    asked = (
        update(RUN)
        .where(RUN.c.id == id, RUN.c.status.in_((CANCELLED, FAILED)))
        .values(status=WAITING, stop_asked_by=None, trouble=None, finished_at=None)
    )
    return connection.execute(asked).rowcount > 0
