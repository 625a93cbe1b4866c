"""This file says which run of a process made a record, and which processes begin at one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from kernel.processes.possible import possible
from kernel.processes.telling import maker
from kernel.runtime import Runtime
from renderer.once import per_runtime
from renderer.process_gate import ALL, address_of
from renderer.visit import Visit
from renderer.when import named


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The run that made a record, in words and as an address."""

    text: str
    address: str


@per_runtime
def inserted(runtime: Runtime) -> frozenset[str]:
    """Return the entities of which some process makes records."""
    processes = runtime.configuration.processes.values()
    return frozenset(step.insert for process in processes for step in process.steps.values() if step.insert)


def made_by(connection: Connection, seen: Visit, entity: str, record: int) -> MadeBy | None:
    """Return the run that made a record, where the operator may see runs of its process."""
    if entity not in inserted(seen.runtime):
        return None
    run = maker(connection, entity, record)
    process = seen.runtime.configuration.processes.get(run.process) if run else None
    if run is None or process is None:
        return None
    when = named(run.asked_at, seen.context.now)
    return MadeBy(f"execução {run.id} de {process.label}, {when}", address_of(run.id))


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
