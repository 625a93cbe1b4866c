"""This file keeps published configurations in the database: each version is the files of all its packages.

A content is kept once, however many versions have it. What a version means for tables is for
kernel.storage.migrate; who is told of a new version, for kernel.live.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, func, select, text
from sqlalchemy.dialects.postgresql import insert

from kernel.runtime import Runtime, compile
from kernel.storage.system import FILE, PUBLICATION, PUBLICATION_FILE, is_present
from metadata.load import load_served
from metadata.package import Configuration

CHANNEL = "aroeira_publication"


def latest(connection: Connection) -> int:
    """Return the newest version, 0 when nothing was published."""
    if not is_present(connection):
        return 0
    return connection.scalar(select(func.max(PUBLICATION.c.version))) or 0


def packages(connection: Connection) -> frozenset[str]:
    """Return the names of the packages of the newest version."""
    version = latest(connection)
    package = func.split_part(PUBLICATION_FILE.c.path, "/", 1, type_=Text)
    asked = select(package).where(PUBLICATION_FILE.c.version == version).distinct()
    return frozenset(connection.scalars(asked)) if version else frozenset()


@dataclass(frozen=True, slots=True)
class Publication:
    """When a version was published, by whom and with which note."""

    published_at: datetime
    published_by: str
    note: str


def described(connection: Connection, version: int) -> Publication | None:
    """Return how a version came; None for one that was never published."""
    columns = (PUBLICATION.c.published_at, PUBLICATION.c.published_by, PUBLICATION.c.note)
    row = connection.execute(select(*columns).where(PUBLICATION.c.version == version)).one_or_none()
    return Publication(*row) if row else None


def read(connection: Connection, version: int) -> dict[str, bytes]:
    """Return path → content of one version; version 0 is empty."""
    if version == 0:
        return {}
    statement = (
        select(PUBLICATION_FILE.c.path, FILE.c.content)
        .join(FILE, FILE.c.sha256 == PUBLICATION_FILE.c.sha256)
        .where(PUBLICATION_FILE.c.version == version)
        .order_by(PUBLICATION_FILE.c.path)
    )
    return {path: bytes(content) for path, content in connection.execute(statement)}


def read_file(connection: Connection, version: int, path: str) -> bytes:
    """Return the content of one file of one version, empty when it had none."""
    statement = (
        select(FILE.c.content)
        .join(PUBLICATION_FILE, FILE.c.sha256 == PUBLICATION_FILE.c.sha256)
        .where(PUBLICATION_FILE.c.version == version, PUBLICATION_FILE.c.path == path)
    )
    return bytes(connection.scalar(statement) or b"")


def configuration(connection: Connection, version: int, *, by_this_program: bool = False) -> Configuration:
    """Return the configuration of one version; `by_this_program` as in `load_served`.

    Errors: Problems, when this program no longer understands a document of that version.
    """
    if not version:
        return Configuration()
    return load_served(read(connection, version), by_this_program=by_this_program)


def load(connection: Connection, version: int, *, by_this_program: bool = False) -> Runtime:
    """Return one version ready to serve; `by_this_program` as in `load_served`.

    Errors: as `configuration`.
    """
    return compile(configuration(connection, version, by_this_program=by_this_program), version)


def write(connection: Connection, files: Mapping[str, bytes], operator: str, note: str = "") -> int:
    """Add a version within the caller's transaction and return its number; nobody is told yet."""
    version = latest(connection) + 1
    connection.execute(PUBLICATION.insert().values(version=version, published_by=operator, note=note))
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    known = set(connection.scalars(select(FILE.c.sha256).where(FILE.c.sha256.in_(set(digests.values())))))
    fresh = {digests[path]: content for path, content in files.items() if digests[path] not in known}
    if fresh:
        rows = [{"sha256": digest, "content": content} for digest, content in fresh.items()]
        connection.execute(insert(FILE).on_conflict_do_nothing(), rows)
    places = [{"version": version, "path": path, "sha256": digest} for path, digest in digests.items()]
    if places:
        connection.execute(PUBLICATION_FILE.insert(), places)
    return version


def tell(connection: Connection, version: int) -> None:
    """Have every server told of a version as soon as the caller's transaction commits."""
    connection.execute(
        text("SELECT pg_notify(:channel, :version)"), {"channel": CHANNEL, "version": str(version)}
    )
