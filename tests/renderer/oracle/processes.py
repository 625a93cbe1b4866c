"""What the routes of processes and of their runs are asked, by whoever sees the client of one of them and not."""

from __future__ import annotations

from collections.abc import Iterator

from tests.renderer.oracle.asks import NOTHING, Ask, Asks
from tests.renderer.oracle.world import ABSENT, CHARGE, FOR_ONE, World


def run(suffix: str = "", base: str = "/execucoes", *, both: bool = False, **body: str) -> Asks:
    """Ask about the runs of the process: all clients were left out, and it is said why; one was for one."""

    def asks(world: World) -> Iterator[Ask]:
        for id in (world.run, world.run - 1, ABSENT) if both else (world.run, ABSENT):
            # The run for one client is not there for whoever does not see the client.
            is_there = id == world.run or (id != ABSENT and world.oracle.sees("cliente", FOR_ONE))
            shown = None if world.has(CHARGE) and is_there else NOTHING
            status = 404 if world.has(CHARGE) and not is_there else 0
            yield Ask(f"{base}/{id}{suffix}", shown, status=status, body=body)

    return asks


def charge(world: World) -> Iterator[Ask]:
    """Ask for the questions of the process, begun at every client; the client is named where it is seen."""
    for id in (*world.data["cliente"], ABSENT):
        shown = None if world.has(CHARGE) else NOTHING
        yield Ask(f"/processos/cobrar?f.um={id}", shown, leads=_runs(world))


def runs(world: World) -> Iterator[Ask]:
    """Ask for the runs of the process: the one for a client is in the list of whoever sees the client."""
    shown = None if world.has(CHARGE) else NOTHING
    yield Ask("/processos/cobrar/execucoes", shown, leads=_runs(world))


def queue(world: World) -> Iterator[Ask]:
    """Ask for the queue, which has something of both runs."""
    shown = None if world.has(CHARGE) else NOTHING
    yield Ask("/fila", shown, leads=_runs(world) if world.has(CHARGE) else {})


def _runs(world: World) -> dict[str, bool]:
    sees = world.oracle.sees("cliente", FOR_ONE)
    return {f"/execucoes/{world.run}": True, f"/execucoes/{world.run - 1}": sees}


def charged(world: World) -> Iterator[Ask]:
    """Simulate the process for clients that are not seen: they are not there."""
    for id in (*world.data["cliente"], ABSENT):
        if id == ABSENT or not world.oracle.sees("cliente", id):
            body = {"f.um": str(id), "f.um.texto": "x", "f.um.de": "x", "passo": "simular"}
            yield Ask("/processos/cobrar", None if world.has(CHARGE) else NOTHING, body=body)


def charged_by_program(world: World) -> Iterator[Ask]:
    """Ask the API to simulate the process for clients that are not seen."""
    for id in (*world.data["cliente"], ABSENT):
        if id == ABSENT or not world.oracle.sees("cliente", id):
            yield Ask("/api/v1/processos/cobrar", NOTHING, json={"answers": {"um": id}, "dry_run": True})
