"""This file carries a posted form over the sign-in, so that nothing typed is lost, without any script too."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from starlette.datastructures import UploadFile
from starlette.requests import Request

from renderer import posted

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELD = "guardado"
# Whoever is not signed in cannot have more than this read: the largest plan has 300 KB.
LARGEST_BYTES = 4 * 1024 * 1024

Pairs = Sequence[tuple[str, str]]


def is_kept(request: Request) -> bool:
    """Tell whether a request is a form whose fields can be carried on."""
    length = request.headers.get("content-length", "")
    small = length.isdecimal() and int(length) <= LARGEST_BYTES
    return request.method == "POST" and small and request.headers.get("content-type", "").startswith(FORMS)


async def fields(request: Request) -> Pairs:
    """Return the fields of a form in their order; files have to be chosen again."""
    async with posted.read(request) as given:
        return [(name, value) for name, value in given.multi_items() if not isinstance(value, UploadFile)]


def as_text(pairs: Pairs) -> str:
    """Return fields as the text of one hidden field."""
    return orjson.dumps(pairs).decode() if pairs else ""


def of_text(text: str) -> Pairs:
    """Return the fields that a hidden field carried; whatever else stands there is nothing."""
    try:
        read = orjson.loads(text or "[]")
        return [(str(name), str(value)) for name, value in read]
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return []
