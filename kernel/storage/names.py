"""This file names columns, constraints and indexes; names follow from the metadata and never change alone."""

from __future__ import annotations

import hashlib

LIMIT = 63  # bytes PostgreSQL keeps of a name
SEARCH = "search_text"
FOUND = "search_text_all"
"""In what a profile sees of a table, the searched text of the whole record: it only serves the index."""


def derived(prefix: str, *parts: str) -> str:
    """Return `prefix_part_part`, shortened by a hash where PostgreSQL would cut it."""
    name = "_".join((prefix, *parts))
    if len(name) <= LIMIT:
        return name
    digest = hashlib.blake2s(name.encode(), digest_size=5).hexdigest()
    return f"{name[: LIMIT - 11]}_{digest}"


def bridge(entity: str, field: str) -> str:
    """Return the name of the table that holds the pairs of a many-links field."""
    return derived(entity, field, "links")
