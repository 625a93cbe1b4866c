"""This file writes refusals for programs: RFC 9457 problem details, all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from metadata.problems import Problem

# Empty, beyond a limit, dates the wrong way round: such a sentence says by itself what to do.
SAY_ALL = frozenset((*(f"R10{number}" for number in (1, 2, 3, 4, 5, 6, 7, 9)), "R167", "R169", "R603"))
MOST_TOLD = 500  # of one answer: a small body can be wrong in thousands of rows
MEDIA_TYPE = "application/problem+json"


def problem_response(
    status: int,
    title: str,
    detail: str = "",
    *,
    problems: Iterable[Problem] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return one problem document; `problems` become its list `problems`."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    found = list(problems)
    if found:
        body["problems"] = [describe(problem) for problem in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        body["problems_left_out"] = len(found) - MOST_TOLD
    body.update(more)
    return Response(
        orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def next_step(problem: Problem) -> str:
    """Return what to do, where the sentence does not say it by itself."""
    return "" if problem.code in SAY_ALL else problem.hint()


def at_its_field(problem: Problem) -> str:
    """Return the sentence as the field itself says it: short, without its own name."""
    sentence, hint = problem.sentence(), next_step(problem)
    label = str(problem.facts.get("label", ""))
    if label and sentence.startswith(label):
        sentence = sentence.removeprefix(label).lstrip()
    said = f"{sentence}; {hint}" if hint else sentence
    return said[:1].upper() + said[1:]


def describe(problem: Problem) -> dict[str, Any]:
    """Return one problem as plain data: code, field, what, what to do."""
    sentence = problem.sentence()
    is_whole = sentence.endswith((".", "!", "?"))  # an author's own, which says what to do itself
    said = {"code": problem.code, "detail": sentence, "hint": "" if is_whole else problem.hint()}
    return {
        **({"field": problem.field} if problem.field else {}),
        **{key: text for key, text in said.items() if text},
    }
