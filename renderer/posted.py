"""This file takes the body of a request inside a worker thread: forms, files, JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio.from_thread
import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_FIELDS = 200_000  # a grid of thousands of rows posts one text per cell
MAX_FILES = 1_000  # without script every row of a grid posts its file input, mostly empty
FILE = ".arquivo"

MAX_TEXT_BYTES = 8 * 1024 * 1024
Texts = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came."""

    name: str
    mime: str
    content: bytes


Files = dict[str, File]


def read(request: Request) -> Any:
    """Begin to read a form, to be awaited or entered; whoever reads one does it within the same limits."""
    return request.form(max_fields=MAX_FIELDS, max_files=MAX_FILES, max_part_size=MAX_TEXT_BYTES)


def form(request: Request) -> tuple[Texts, Files]:
    """Return posted texts by name, and the chosen files by the name of their field."""
    return anyio.from_thread.run(_form, request)


async def _form(request: Request) -> tuple[Texts, Files]:
    texts: Texts = {}
    files: Files = {}
    async with read(request) as posted:
        for name, value in posted.multi_items():
            if not isinstance(value, UploadFile):
                texts.setdefault(name, []).append(value)
            elif value.filename:
                mime = value.content_type or "application/octet-stream"
                files[name.removesuffix(FILE)] = File(value.filename, mime, await value.read())
    return texts, files


def last(texts: Texts, name: str) -> str:
    """Return the last text of a name, without blanks around it; empty where there is none."""
    return (texts.get(name) or [""])[-1].strip()


def json(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body; anything else is a bad request."""
    try:
        read = orjson.loads(anyio.from_thread.run(request.body))
    except orjson.JSONDecodeError:
        raise HTTPException(400) from None
    if not isinstance(read, dict):
        raise HTTPException(400)
    return read
