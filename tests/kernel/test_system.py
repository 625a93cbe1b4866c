"""The product's own tables come to an installation as versions bring them: tables, and columns of old ones."""

from __future__ import annotations

from sqlalchemy import Engine, text

from kernel.accounts import events
from kernel.accounts.events import Origin
from kernel.context import at_present
from kernel.storage import system

COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = current_schema() ORDER BY 1, 2
"""


def test_a_column_of_a_later_version_is_added_and_rows_stay(database: Engine) -> None:
    with database.begin() as connection:
        system.create(connection)
        whole = connection.execute(text(COLUMNS)).all()
        now = at_present("").now
        events.note(connection, now, Origin(), "sign-out", login="ana")
        connection.execute(text("ALTER TABLE aroeira_sign_in_event DROP COLUMN detail"))
        system.create(connection)
        assert connection.execute(text(COLUMNS)).all() == whole
        system.create(connection)  # and again: nothing to do
        events.note(connection, now, Origin(), "viewed-as", login="ana", detail="rui")
        kept = connection.execute(text("SELECT login, detail FROM aroeira_sign_in_event ORDER BY id")).all()
    assert [tuple(row) for row in kept] == [("ana", ""), ("ana", "rui")]
