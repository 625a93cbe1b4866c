"""This file shows the runs of a process, newest first, filtered by state."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.processes import telling
from renderer import screen
from renderer.convertors import is_record
from renderer.filters import address
from renderer.process_gate import ALL, opened, place, told_of
from renderer.process_pages import lines
from renderer.process_words import STATES

PAGE = 50
STATE, BEFORE = "situacao", "antes"


def show(request: Request) -> Response:
    """Show runs, a page at a time."""
    seen, process = opened(request)
    status = request.query_params.get(STATE, "")
    status = status if status in STATES else ""
    text = request.query_params.get(BEFORE, "")
    before = int(text) if is_record(text) else 0
    told = told_of(seen, process.name)
    with seen.reading.connect() as connection:
        counts = telling.counts(connection, told)
        wanted = (status,) if status else ()
        found = telling.runs(connection, told, wanted, before, PAGE + 1)
        shown = lines(connection, seen, found[:PAGE])
    here = f"{ALL}/{process.name}/execucoes"
    states = [("Todas", "", sum(counts.values()), here)]
    states += [
        (state.label, name, counts[name], address(here, [(STATE, name)]))
        for name, state in STATES.items()
        if counts.get(name)
    ]
    asked = [(STATE, status)] if status else []
    older = address(here, [*asked, (BEFORE, str(found[PAGE - 1].id))]) if len(found) > PAGE else ""
    module, crumbs = place(seen, process)
    return screen.page(
        request,
        "process_history.html",
        title="Execuções",
        crumbs=(*crumbs, (process.label, f"{ALL}/{process.name}")),
        module=module,
        process=process,
        lines=shown,
        states=states,
        status=200,
        chosen=status,
        older=older,
        first=address(here, asked) if before else "",
    )


ROUTES = [Route(f"{ALL}/{{process}}/execucoes", show, methods=["GET"])]
