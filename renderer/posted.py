"""This file takes the body of a request inside a worker thread: forms, files, JSON."""

from __future__ import annotations

import functools
from typing import Any

import anyio.from_thread
import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_FIELDS = 200_000  # a grid of thousands of rows posts one text per cell
MAX_FILES = 50
FILE = ".arquivo"

Texts = dict[str, list[str]]
Files = dict[str, UploadFile]


def form(request: Request) -> tuple[Texts, Files]:
    """Return posted texts by name, and the chosen files by the name of their field."""
    read = functools.partial(request.form, max_fields=MAX_FIELDS, max_files=MAX_FILES, max_part_size=8 * 1024 * 1024)
    texts: Texts = {}
    files: Files = {}
    for name, value in anyio.from_thread.run(read).multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files[name.removesuffix(FILE)] = value
        else:
            texts.setdefault(name, []).append(value)
    return texts, files


def content(file: UploadFile) -> bytes:
    """Return the bytes of a file."""
    return anyio.from_thread.run(file.read)


def json(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body; anything else is a bad request."""
    try:
        read = orjson.loads(anyio.from_thread.run(request.body))
    except orjson.JSONDecodeError:
        raise HTTPException(400) from None
    if not isinstance(read, dict):
        raise HTTPException(400)
    return read
