"""This file reads for which company a request of the API works: a header that counts for that request."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request

from kernel.access.access import Access
from kernel.access.working import Wish, targets
from kernel.runtime import Runtime
from metadata.problems import Problem, Problems, near

API = "/api/"
HEADER = "Aroeira-Trabalho"
TOGETHER = "juntas"
LONGEST_NUMBER = 18


def asked(request: Request, runtime: Runtime) -> Wish | None:
    """Return what a request of the API says it works for: `empresa=2; filial=5`, `juntas`, or nothing."""
    text = request.headers.get(HEADER)
    if text is None or not request.url.path.startswith(API):
        return None
    records: dict[str, int] = {}
    together = False
    for part in filter(None, (each.strip() for each in text.split(";"))):
        name, _, number = (each.strip() for each in part.partition("="))
        if part == TOGETHER:
            together = True
        elif name not in targets(runtime) or not is_number(number):
            raise Problems(
                [Problem("R401", {"name": part, "near": near(name, targets(runtime))}, field=HEADER)]
            )
        else:
            records[name] = int(number)
    return Wish(records, together)


def must_be_theirs(runtime: Runtime, asked: Wish, found: Access) -> None:
    """Refuse what is not theirs as what does not exist."""
    if problems := list(_not_theirs(asked, found)):
        raise Problems(problems)


def _not_theirs(asked: Wish, found: Access) -> Iterator[Problem]:
    for name, id in asked.records.items():
        if found.working.get(name) != id:
            yield Problem("R401", {"name": f"{name}={id}", "near": ""}, field=HEADER)


def is_number(text: str) -> bool:
    """Tell whether a text may be the id of a record."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
