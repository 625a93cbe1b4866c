"""This file makes the triggers that note since when a record is in its state, whoever writes it.

Of two designs, each writer setting the column would leave out what is written around them; reading it from
the audit would cost a search for each record of a list. The instant is that of the change itself: what
writers stamp the record with, else the clock.
"""

from __future__ import annotations

from kernel.storage import names

TRIGGERS = ("aroeira_since_i", "aroeira_since_u")
"""They come and go together; the first carries the definition as its comment."""
NAME = "aroeira_since"


def noted(table: str, state: str, since: str) -> str:
    """Return the statements that make the triggers of a table, or make them anew in place."""
    function, table, state, since = (
        _quoted(each) for each in (names.derived(NAME, table), table, state, since)
    )
    return f"""CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $since$
BEGIN
IF TG_OP = 'UPDATE' AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
NEW.{since} := clock_timestamp();
ELSE
NEW.{since} := coalesce(NEW.updated_at, clock_timestamp());
END IF;
RETURN NEW;
END $since$;
CREATE OR REPLACE TRIGGER {TRIGGERS[0]} BEFORE INSERT ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER {TRIGGERS[1]} BEFORE UPDATE ON {table}
FOR EACH ROW WHEN (OLD.{state} IS DISTINCT FROM NEW.{state}) EXECUTE FUNCTION {function}()"""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
