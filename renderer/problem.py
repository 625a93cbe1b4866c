"""This file writes refusals for programs: RFC 9457 problem details, all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from metadata.problems import Problem

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
    listed = [describe(problem) for problem in problems]
    if listed:
        body["problems"] = listed
    body.update(more)
    return Response(
        orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def describe(problem: Problem) -> dict[str, Any]:
    """Return one problem as plain data: code, field, what, what to do."""
    said = {"code": problem.code, "detail": problem.sentence(), "hint": problem.hint()}
    return {
        **({"field": problem.field} if problem.field else {}),
        **{key: text for key, text in said.items() if text},
    }
