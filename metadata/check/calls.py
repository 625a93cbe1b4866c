"""Rules of what begins a process by itself: its questions are answered by what fits; none calls itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from metadata.check.expressions import judged, taken
from metadata.check.scope import Scope
from metadata.expression import kinds as k
from metadata.expression.kinds import Kind
from metadata.package import Document
from metadata.problems import Problem, near
from metadata.process import Process


def calls_fit(scope: Scope) -> Iterator[Problem]:
    """M430 to M432, M442, M3: a process calls others, which are answered by its own answers."""
    for document in scope.documents("processes"):
        process = cast("Process", document.model)
        names = {name: k.of_field(field) for name, field in process.ask.items()}
        for name, call in process.calls.items():
            yield from answered(scope, document, ("calls", name), call.run, call.answers, names)
        if circle := _circle(scope.configuration.processes, process.name):
            yield Problem("M442", {"circle": " → ".join(circle)}, document.place("calls"))


def answered(
    scope: Scope, document: Document, path: tuple[Any, ...], run: str, answers: Mapping[str, str],
    names: Mapping[str, Kind] | None = None,
) -> Iterator[Problem]:  # fmt: skip
    """Yield what is wrong with the process that begins, and with its answers.

    names: what the expressions of the answers see.
    """
    yield from scope.missing(document, "processes", run, document.place(*path, "run"), "M430")
    process = scope.configuration.processes.get(run)
    if process is None:
        return
    for name, text in answers.items():
        field = process.ask.get(name)
        if field is None:
            place = document.place(*path, "answers", name, key=True)
            yield Problem("M431", {"name": name, "near": near(name, process.ask)}, place)
        else:
            where = (*path, "answers", name)
            yield from judged(scope, document, where, text, names=names, wanted=taken(field))[1]
    for name, field in process.ask.items():
        if field.required and not field.default and name not in answers:
            facts = {"name": name, "process": process.name}
            yield Problem("M432", facts, document.place(*path, "run"))


def _circle(processes: Mapping[str, Process], name: str) -> list[str]:
    """Return the way by which a process comes back to itself; empty where it does not."""

    def back(way: list[str]) -> list[str]:
        for call in processes[way[-1]].calls.values() if way[-1] in processes else ():
            if call.run == name:
                return [*way, name]
            if call.run not in way and (found := back([*way, call.run])):
                return found
        return []

    return back([name])
