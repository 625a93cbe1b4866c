"""This file writes and reads cursors: the sort keys of a row, as texts, in a form fit for a link."""

from __future__ import annotations

import base64
import binascii
import json

from metadata.problems import Problem, Problems


def write(keys: tuple[str, ...]) -> str:
    """Return the cursor of a row."""
    text = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str, wanted: int) -> dict[str, str]:
    """Return parameters c0, c1 … of a cursor with `wanted` keys.

    Errors: Problems with R403 when it is not a cursor of this list.
    """
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(keys, ensure_ascii=False).encode()  # half a character is none
    except (ValueError, binascii.Error, RecursionError):
        keys = None
    if not isinstance(keys, list) or len(keys) != wanted or not all(isinstance(key, str) for key in keys):
        raise Problems([Problem("R403", {})])
    return {f"c{index}": key for index, key in enumerate(keys)}
