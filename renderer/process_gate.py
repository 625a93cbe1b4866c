"""This file opens processes and their runs to those who have the right; to others it says which they lack."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kernel.access.rights import called
from kernel.processes import telling
from kernel.processes.plan import Plan, planned
from kernel.processes.runs import Run, run_of
from kernel.processes.sight import Told, may_be_told, told
from metadata.problems import Problem, Problems
from metadata.process import Process
from renderer import menu, visit
from renderer.failures import LACKS_RIGHT
from renderer.screen import Crumb
from renderer.visit import Visit

ALL = "/processos"


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run that may be seen: as it stands, with the process as it was when the run began.

    process: the one of today, as the operator sees it.
    """

    seen: Visit
    run: Run
    plan: Plan
    process: Process

    @property
    def address(self) -> str:
        """The address of the run."""
        return address_of(self.run.id)


def address_of(run: int) -> str:
    """Return the address of a run."""
    return f"/execucoes/{run}"


def opened(request: Request) -> tuple[Visit, Process]:
    """Return the visit and the process of an address."""
    seen = visit.of(request)
    return seen, process_of(seen, request.path_params["process"])


def process_of(seen: Visit, name: str) -> Process:
    """Return a process that the operator may run.

    Errors: 404 where there is none; Problems with R432 where the right is missing.
    """
    found = seen.runtime.configuration.processes.get(name)
    if found is not None:
        return found
    whole = seen.runtime.whole.configuration.processes.get(name)
    if whole is None:
        raise HTTPException(404)
    raise Problems([Problem(LACKS_RIGHT, {"right": called(seen.runtime.whole.configuration, whole.needs)})])


def opened_run(request: Request) -> OpenedRun:
    """Return the run of an address; one that names a record out of sight is not there."""
    seen = visit.of(request)
    with seen.reading.connect() as connection:
        run = run_of(connection, request.path_params["id"])
    if run is None:
        raise HTTPException(404)
    process = process_of(seen, run.process)
    plan = planned(request.app.state.versions(run.version), run.process)
    with seen.reading.connect() as connection:
        if not may_be_told(connection, seen.runtime, seen.context, plan.process, run):
            raise HTTPException(404)
    return OpenedRun(seen, run, plan, process)


def told_of(seen: Visit, *names: str) -> Told:
    """Return the runs that the operator may be told of: of some processes, or of all open to them."""
    open_ = seen.runtime.configuration.processes
    whole = seen.runtime.whole.configuration.processes
    return told(seen.runtime, seen.context, [whole[name] for name in names or open_ if name in open_])


def is_told(connection: Connection, seen: Visit, run: Run) -> bool:
    """Tell whether the operator may be told of a run, by the questions of its process today."""
    return bool(telling.some(connection, told_of(seen, run.process), [run.id]))


def place(seen: Visit, process: Process) -> tuple[str, tuple[Crumb, ...]]:
    """Return the module of a process, and the crumbs that lead to it."""
    module, module_label, group = menu.place_of_process(seen.runtime, process.name)
    crumbs = [(label, f"/modulos/{module}") for label in (module_label, group) if label]
    return module, tuple(crumbs or [("Processos", ALL)])


def place_of_run(opened: OpenedRun) -> tuple[str, tuple[Crumb, ...]]:
    """Return the module of a run's process, and the crumbs that lead to what hangs below the run."""
    module, crumbs = place(opened.seen, opened.process)
    of_process = (opened.process.label, f"{ALL}/{opened.process.name}")
    return module, (*crumbs, of_process, (f"Execução {opened.run.id}", opened.address))
