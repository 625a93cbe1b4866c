"""Files of records: in the database or in a folder, refused by size, told when there is no room."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage import attachments
from metadata.problems import Refused
from tests import plans

ANA = at_present("ana")


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return plans.installed(database)


def kept(database: Engine, runtime: Runtime, content: bytes, folder: Path | None = None) -> attachments.Kept:
    found = attachments.keep(database, runtime, ANA, "a.txt", "text/plain", content, folder=folder)
    assert isinstance(found, attachments.Kept)
    return found


@pytest.mark.parametrize("in_folder", [False, True])
def test_a_file_comes_back_as_it_was(
    database: Engine, runtime: Runtime, tmp_path: Path, in_folder: bool
) -> None:
    folder = tmp_path if in_folder else None
    made = kept(database, runtime, b"\x00conte\xc3\xbado", folder)
    again = kept(database, runtime, b"\x00conte\xc3\xbado", folder)
    with database.connect() as connection:
        found = attachments.find(connection, runtime, made.id)
        assert found == made
        assert attachments.content(connection, runtime, made, folder) == b"\x00conte\xc3\xbado"
    assert again.id != made.id
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == (1 if in_folder else 0)


def test_a_file_beyond_the_limit_is_refused_by_name(database: Engine, runtime: Runtime) -> None:
    refused = attachments.keep(
        database, runtime, ANA, "x.pdf", "application/pdf", b"x" * 1_100_000, max_megabytes=1
    )
    assert isinstance(refused, Refused)
    assert refused.sentence() == "“x.pdf” tem 1,1 MB; o limite é 1 MB"


def test_no_room_is_told_and_leaves_nothing_behind(
    database: Engine, runtime: Runtime, tmp_path: Path
) -> None:
    place = tmp_path / "full"
    place.write_text("a file where the folder should be")
    refused = attachments.keep(database, runtime, ANA, "a.txt", "text/plain", b"x", folder=place)
    assert isinstance(refused, Refused)
    assert refused.code == "R171"
    with database.connect() as connection:
        assert attachments.find(connection, runtime, 1) is None


def test_a_removed_file_is_gone(database: Engine, runtime: Runtime) -> None:
    made = kept(database, runtime, b"x")
    with database.begin() as connection:
        attachments.forget(connection, runtime, made.id)
        assert attachments.find(connection, runtime, made.id) is None
