"""This file says which run of a process made a record, and which processes begin at one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from kernel.processes.possible import possible
from kernel.processes.telling import maker, some
from kernel.runtime import Runtime
from renderer.once import per_runtime
from renderer.process_gate import ALL, address_of, told_of
from renderer.visit import Visit
from renderer.when import named


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The run that made a record, in words and as an address."""

    text: str
    address: str


@per_runtime
def inserting(runtime: Runtime) -> Mapping[str, tuple[str, ...]]:
    """Return, by entity, the processes that make records of it."""
    found: dict[str, dict[str, None]] = {}
    for process in runtime.configuration.processes.values():
        for step in process.steps.values():
            if step.insert:
                found.setdefault(step.insert, {})[process.name] = None
    return {entity: tuple(names) for entity, names in found.items()}


def made_by(connection: Connection, seen: Visit, entity: str, record: int) -> MadeBy | None:
    """Return the run that made a record, where the operator may see runs of its process."""
    names = inserting(seen.runtime).get(entity)
    if not names:
        return None
    run = maker(connection, told_of(seen, *names), entity, record)
    process = seen.runtime.configuration.processes.get(run.process) if run else None
    if run is None or process is None:
        return None
    when = named(run.asked_at, seen.context.now)
    return MadeBy(f"execução {run.id} de {process.label}, {when}", address_of(run.id))


def at_work(connection: Connection, seen: Visit, runs: Iterable[int]) -> dict[int, MadeBy]:
    """Return number and process of runs, and where each is shown, as far as they may be told of."""
    wanted = set(runs) - {0}
    processes = seen.runtime.configuration.processes
    found = some(connection, told_of(seen), wanted) if wanted else []
    return {
        each.id: MadeBy(f"{each.id} de {processes[each.process].label}", address_of(each.id))
        for each in found
    }


@per_runtime
def _begun_from(runtime: Runtime, entity: str) -> Mapping[str, tuple[str, str, str]]:
    """Return label, address up to the id of the record, and help of the processes that begin at an entity."""
    asked = ((each, each.about(entity)) for each in runtime.configuration.processes.values())
    return {
        process.name: (process.label, f"{ALL}/{process.name}?f.{question}=", process.help)
        for process, question in asked
        if question
    }


def begun_at(seen: Visit, entity: str, record: int) -> list[tuple[str, str, str]]:
    """Return label, address and help of the processes that may begin at a record as it is."""
    known = _begun_from(seen.runtime, entity)
    if not known:
        return []
    with seen.reading.connect() as connection:
        found = possible(connection, seen.runtime, seen.context, entity, record)
    return [
        (label, f"{address}{record}", help) for name, (label, address, help) in known.items() if name in found
    ]
