"""Rules of posting: what a record comes to can be worked out, and is an entry of a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from metadata.check.ledgers import problems_of
from metadata.check.processes import StepsCheck
from metadata.check.scope import Scope
from metadata.entity import Entity
from metadata.package import Document
from metadata.posting import Posting
from metadata.problems import Problem
from metadata.process import Process
from metadata.steps.posted import line_of

STEP = "posted"


def postings_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M424, M426, M427, M3, M4: a rule makes sound entries of the records it is about."""
    for document in scope.documents("postings"):
        posting = cast("Posting", document.model)
        yield from scope.missing(document, "entities", posting.of, document.place("of"), "M204")
        yield from scope.missing(document, "entities", posting.into, document.place("into"), "M204")
        yield from _lines(document, posting)
        into = scope.entities.get(posting.into)
        if into is not None and into.ledger is None:
            yield Problem("M426", {"name": posting.into}, document.place("into"))
        elif into is not None and posting.of in scope.entities and _is_sound(scope, into):
            yield from StepsCheck(scope, document, _alone(posting), is_rule=True).problems()


def _is_sound(scope: Scope, into: Entity) -> bool:
    """Tell whether nothing is wrong with a ledger: else that is told, and what follows from it is not."""
    document = scope.configuration.documents["entities"][into.name]
    return line_of(into, scope.entities) is not None and not any(problems_of(scope, document, into))


def _lines(document: Document, posting: Posting) -> Iterator[Problem]:
    if len(posting.lines) < 2:
        yield Problem("M427", {}, document.place("lines"))
    for name, line in posting.lines.items():
        if bool(line.debit) == bool(line.credit):
            yield Problem("M424", {"name": name}, document.place("lines", name))


def _alone(posting: Posting) -> Process:
    """Return a process that does nothing but post all records by a rule."""
    step = {"post": posting.name, "from": posting.of}
    return Process.model_validate(
        {"process": STEP, "label": posting.label, "needs": "-", "steps": {STEP: step}}
    )
