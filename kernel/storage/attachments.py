"""This file keeps the files that records point to: in the database, or in a folder when one is set.

A file is kept before the record that will point to it is saved, so that choosing it is not lost.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.errors import DiskFull
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError

from kernel.access.files import sees_file
from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage.tables import ATTACHMENTS
from metadata.problems import Refused

MEGABYTE = 1024 * 1024
MAX_MEGABYTES = 25  # where the field says nothing
MAX_NAME = 200
_MIME = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,100}", re.ASCII)
UNKNOWN_MIME = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept."""

    id: int
    name: str
    mime: str
    size: int
    sha256: str


def keep(
    engine: Engine, runtime: Runtime, context: Context, name: str, mime: str, content: bytes, *,
    max_megabytes: int = 0, folder: Path | None = None,
) -> Kept | Refused:  # fmt: skip
    """Keep a file and return it with its id; R170 when it is too large, R171 when there is no room."""
    limit = max_megabytes or MAX_MEGABYTES
    if len(content) > limit * MEGABYTE:
        return Refused("R170", {"name": name, "size": _megabytes(len(content)), "limit": limit})
    table = runtime.metadata.tables[ATTACHMENTS]
    digest = hashlib.sha256(content).hexdigest()
    values: dict[str, Any] = {
        "name": bare(name)[-MAX_NAME:] or "arquivo", "mime": kind_of(mime), "size": len(content),
        "sha256": digest, "created_by": context.operator, "content": None if folder else content,
    }  # fmt: skip
    try:
        if folder:
            _write(folder, digest, content)
        with engine.begin() as connection:
            key = connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
    except OSError:
        return Refused("R171", {"name": name})
    except DBAPIError as error:
        if isinstance(error.orig, DiskFull):
            return Refused("R171", {"name": name})
        raise
    return Kept(key, values["name"], values["mime"], len(content), digest)


def bare(name: str) -> str:
    """Return a file's own name: no folders, no control or direction characters."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip(" .")


def kind_of(mime: str) -> str:
    """Return what a browser says of the kind of a file, where it is a kind and nothing more."""
    found = mime.partition(";")[0].strip().lower()
    return found if _MIME.fullmatch(found) else UNKNOWN_MIME


def _megabytes(size: int) -> str:
    # Rounded up: “1,0 MB is more than 1 MB” would explain nothing.
    return f"{math.ceil(size / MEGABYTE * 10) / 10:.1f}".replace(".", ",")


def _write(folder: Path, digest: str, content: bytes) -> None:
    """Write through a second name: a file that is only half there never has the right one."""
    place = folder / digest[:2] / digest
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_suffix(".part")
    try:
        half.write_bytes(content)
        half.replace(place)
    finally:
        half.unlink(missing_ok=True)


def find(connection: Connection, runtime: Runtime, context: Context, id: int) -> Kept | None:
    """Return what is known of a file that the operator sees, without its content."""
    if not sees_file(connection, runtime, context, id):
        return None
    table = runtime.metadata.tables[ATTACHMENTS]
    columns = (table.c.id, table.c.name, table.c.mime, table.c.size, table.c.sha256)
    row = connection.execute(select(*columns).where(table.c.id == id)).one_or_none()
    return Kept(*row) if row else None


def content(connection: Connection, runtime: Runtime, kept: Kept, folder: Path | None = None) -> bytes:
    """Return the bytes of a file, from wherever it was kept."""
    table = runtime.metadata.tables[ATTACHMENTS]
    stored = connection.scalar(select(table.c.content).where(table.c.id == kept.id))
    if stored is not None:
        return bytes(stored)
    if folder is None:
        raise FileNotFoundError(kept.sha256)
    return (folder / kept.sha256[:2] / kept.sha256).read_bytes()


def forget(connection: Connection, runtime: Runtime, id: int) -> None:
    """Remove a file that no record points to."""
    table = runtime.metadata.tables[ATTACHMENTS]
    connection.execute(delete(table).where(table.c.id == id))
