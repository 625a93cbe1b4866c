"""Rules of what a package adds to processes: the process is there, and no step is said twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from metadata.addition import Addition
from metadata.check.scope import Scope
from metadata.problems import Problem


def additions_fit(scope: Scope) -> Iterator[Problem]:
    """M430, M479: steps are added to a process that is known, under names that nobody else gave."""
    for document in scope.documents("additions"):
        addition = cast("Addition", document.model)
        yield from scope.missing(document, "processes", addition.to, document.place("to"), "M430")
        process = scope.configuration.documents.get("processes", {}).get(addition.to)
        added = scope.configuration.added_steps.get(addition.to, {})
        for name in addition.steps if process else ():
            said = added.get(name, process)
            if said is not document and said is not None:
                facts = {"name": name, "process": addition.to, "other": said.source.file}
                yield Problem("M479", facts, document.place("steps", name, key=True))
