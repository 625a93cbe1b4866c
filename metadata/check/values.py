"""Rules of values: defaults and limits have the form of their field and stand in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from metadata.check.scope import Scope
from metadata.entity import Field
from metadata.limits import check_value
from metadata.package import Document
from metadata.problems import Problem, Refused

_MAX_COUNT = 1_000_000


def defaults_fit(scope: Scope) -> Iterator[Problem]:
    """M209: a default is a value of its field, within its limits."""
    for document, field in scope.fields():
        if field.default and not field.default_is:
            yield from _value_fits(document, field, "default", limits=True)


def limits_fit(scope: Scope) -> Iterator[Problem]:
    """M207, M208, M209: min and max are values, or counts of characters or rows, and stand in order."""
    for document, field in scope.fields():
        for key in ("min", "max"):
            text = getattr(field, key)
            if not text:
                continue
            if not field.kind.counts:
                yield from _value_fits(document, field, key, limits=False)
            elif not _is_count(text):
                facts = {"key": key, "value": text, "type": field.type, "least": 0, "most": _MAX_COUNT}
                yield Problem("M207", facts, document.place("fields", field.name, key))
        if _upside_down(field):
            yield Problem("M208", {"name": field.name}, document.place("fields", field.name, "min"))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= _MAX_COUNT


def _upside_down(field: Field) -> bool:
    low, high = field.limit("min"), field.limit("max")
    return low is not None and high is not None and bool(low > high)


def _value_fits(document: Document, field: Field, key: str, *, limits: bool) -> Iterator[Problem]:
    text = getattr(field, key)
    if field.type == "choice" and not field.choices:
        return
    value: Any = field.canonical(text)
    refused = value if isinstance(value, Refused) else check_value(value, field) if limits else None
    if refused:
        facts = {"key": key, "value": text, "reason": refused.sentence()}
        yield Problem("M209", facts, document.place("fields", field.name, key))
