"""Files of records: in the database or in a folder, refused by size, told when there is no room."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.context import Context, at_present
from kernel.runtime import Runtime
from kernel.storage import attachments
from kernel.storage.record import Edit, Refusal
from kernel.storage.save import save
from metadata.problems import Refused
from tests import plans
from tests.access import access

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
        found = attachments.find(connection, runtime, ANA, made.id)
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
        assert attachments.find(connection, runtime, ANA, 1) is None


def test_a_removed_file_is_gone(database: Engine, runtime: Runtime) -> None:
    made = kept(database, runtime, b"x")
    with database.begin() as connection:
        attachments.forget(connection, runtime, made.id)
        assert attachments.find(connection, runtime, ANA, made.id) is None


def test_a_file_is_seen_through_the_records_that_show_it(database: Engine, runtime: Runtime) -> None:
    """One that no record has yet belongs to who kept it; then it is whose who sees the record and the field."""
    made = kept(database, runtime, b"x")
    reader = {"entities": {"plano": {"level": "read", "rows": 'codigo = "0288"'}}}
    blind = {**reader, "fields": {"plano.contrato": {"level": "none"}}}
    writer = {"entities": {"plano": "change"}}
    ana, rui = (at_present(name, access=access(runtime, reader)) for name in ("ana", "rui"))
    cut = at_present("rui", access=access(runtime, blind))
    thief = at_present("rui", access=access(runtime, writer))

    def sees(context: Context) -> bool:
        with database.connect() as connection:
            return attachments.find(connection, runtime, context, made.id) is not None

    assert (sees(ana), sees(rui)) == (True, False)
    other = plans.plan(database, runtime, "0300")
    stolen = save(database, runtime, thief, Edit("plano", other, None, {"contrato": made.id}))
    assert isinstance(stolen, Refusal)
    assert [problem.code for problem in stolen.problems] == ["R162"]
    plans.plan(database, runtime, "0288", contrato=made.id)
    assert (sees(rui), sees(cut)) == (True, False)
