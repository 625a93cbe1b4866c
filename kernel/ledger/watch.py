"""This file makes the triggers that hold a ledger, so that no way of writing gets around it.

A statement notes the entries it touches as one row, whose deferred trigger (ground.py) has all of them
checked at the end of the transaction: an entry is written before its lines. Days of closed periods are
asked at once. Each question is planned anew: a session keeps the plan of its first statement, which was
for one row.
"""

# ruff: noqa: S608 (names come from checked metadata)

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kernel.ledger.books import Book
from kernel.ledger.ground import CLOSES, LOCK, fenced
from kernel.ledger.tables import CLOSING, DUE
from kernel.storage import names

CONSTRAINT = "aroeira_ledger"
"""By this name a refusal is known; its detail has the facts."""
_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}
ENTRY = tuple(f"{CONSTRAINT}_entry_{event[0].lower()}" for event in _EVENTS)
LINE = tuple(f"{CONSTRAINT}_line_{event[0].lower()}" for event in _EVENTS)
PERIOD = (f"{CONSTRAINT}_period",)
GROUPS = (ENTRY, LINE, PERIOD)
"""Triggers that come and go together; the first of a group carries the definition as its comment."""


# NaN is more than any number, and equal to itself.
_ONE_SIDED = (
    "(l.debit > 0 AND l.debit < 'NaN' AND coalesce(l.credit, 0) = 0)"
    " OR (l.credit > 0 AND l.credit < 'NaN' AND coalesce(l.debit, 0) = 0)"
)
_SUMS = (
    "SELECT count(*) AS lines, coalesce(sum(l.debit), 0) AS debit, coalesce(sum(l.credit), 0) AS credit, "
    f"min(l.id) FILTER (WHERE ({_ONE_SIDED}) IS NOT TRUE) AS wrong FROM {{lines}}"
)
_TOLD = "e.id AS entry, s.lines, s.debit, s.credit, s.wrong"
_WRONG = "s.debit <> s.credit OR s.lines < 2 OR s.wrong IS NOT NULL OR e.day IS NULL"


@dataclass(frozen=True, slots=True)
class Hold:
    """The triggers of a table; `create` makes them, or makes them anew in place."""

    table: str
    triggers: tuple[str, ...]
    create: str

    @property
    def says(self) -> str:
        """A digest of the definition."""
        return hashlib.sha256(self.create.encode()).hexdigest()[:16]


def holds(book: Book) -> Iterator[Hold]:
    """Yield the triggers that hold a ledger, table by table."""
    entries = _held(book, book.entry, ENTRY, _of_entries(book))
    yield replace(entries, create=f"{_checks(book)};\n{entries.create}")
    yield _held(book, book.line, LINE, _of_lines(book))
    if book.periods:
        yield of_periods(book.periods)


def of_periods(table: str) -> Hold:
    """Return the trigger of a table of periods, whatever ledgers ask it."""
    (name,) = PERIOD
    kept = f"INSERT INTO {CLOSING.name} VALUES ({_literal(table)}, 0) ON CONFLICT DO NOTHING"
    trigger = (
        f"CREATE OR REPLACE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE "
        f"ON {_quoted(table)} FOR EACH STATEMENT EXECUTE FUNCTION {CLOSES}()"
    )
    return Hold(table, PERIOD, f"{kept};\n{trigger}")


def checks_of(entry: str) -> str:
    """Return the name of the function that checks entries."""
    return names.derived("aroeira_ledger_checks", entry)


def check_of_all(entry: str) -> str:
    """Return the statement that checks every entry of a table."""
    everything = "int8multirange(int8range(-9223372036854775807, 9223372036854775807))"
    return f"SELECT {_quoted(checks_of(entry))}({everything})"


# ── whether entries balance ───────────────────────────────────────────────────────────────────────


def unbalanced(book: Book, touched: str) -> str:
    """Return the SELECT of entries that do not balance, with what they come to; `touched`: a multirange."""
    back, debit, credit = (_quoted(name) for name in (book.back, book.debit, book.credit))
    # OFFSET keeps the planner from walking all entries in the order of their ids.
    entries = (
        f"(SELECT e.id, e.{_quoted(book.day)} AS day FROM unnest({touched}) part "
        f"JOIN {_quoted(book.entry)} e ON e.id >= lower(part) AND e.id < upper(part) OFFSET 0)"
    )
    lines = f"(SELECT id, {back} AS back, {debit} AS debit, {credit} AS credit FROM {_quoted(book.line)})"
    sums = f"CROSS JOIN LATERAL ({_SUMS.format(lines=f'{lines} l WHERE l.back = e.id')}) s"
    return f"SELECT {_TOLD} FROM {entries} e {sums} WHERE {_WRONG}"


def unbalanced_of(entries: str, lines: str) -> str:
    """Return the same of all `entries` (id, day) with their `lines` (id, back, debit, credit) at once."""
    sums = f"(SELECT l.back, {_SUMS.format(lines=f'{lines} l GROUP BY l.back').removeprefix('SELECT ')})"
    return (
        f"SELECT {_TOLD} FROM {entries} e LEFT JOIN {sums} s ON s.back = e.id "
        f"WHERE ({_WRONG}) OR s.lines IS NULL"
    )


def _checks(book: Book) -> str:
    signature = f"{_quoted(checks_of(book.entry))}(int8multirange)"
    asked = unbalanced(book, "touched")
    # By index, whatever the planner thinks of ranges: how many ids lie in one it cannot know.
    create = f"""
CREATE OR REPLACE FUNCTION {_quoted(checks_of(book.entry))}(touched int8multirange) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET enable_seqscan = off SET jit = off AS $ledger$
DECLARE told jsonb;
BEGIN
SELECT to_jsonb(worst) || '{{"fault": "balance"}}' INTO told FROM ({asked} ORDER BY e.id LIMIT 1) worst;
{_refuse(book.entry)}
END $ledger$"""
    return ";\n".join((create.strip(), *fenced(signature)))


def _refuse(table: str) -> str:
    return (
        "IF told IS NOT NULL THEN\n"
        f"RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = '{CONSTRAINT}', TABLE = {_literal(table)}, "
        f"MESSAGE = {_literal(table)} || ' ' || told::text, DETAIL = told::text;\nEND IF;"
    )


# ── which entries a statement touches, and on which days ──────────────────────────────────────────


def _of_entries(book: Book) -> str:
    day = _quoted(book.day)
    both = f"unnest(ARRAY[o.{day}, n.{day}])"
    touched = {
        "INSERT": f"SELECT r.id AS entry, r.{day} AS day FROM new_rows r",
        "UPDATE": f"SELECT coalesce(n.id, o.id) AS entry, {both} AS day {_differing(book.entry_columns)}",
        "DELETE": f"SELECT r.id AS entry, r.{day} AS day FROM old_rows r",
    }
    days = "SELECT day, min(entry) AS entry FROM touched WHERE day IS NOT NULL GROUP BY day"
    return "\n".join(_asked(book, event, made, days) for event, made in touched.items())


def _of_lines(book: Book) -> str:
    back = _quoted(book.back)
    both = f"unnest(ARRAY[o.{back}, n.{back}])"
    touched = {
        "INSERT": f"SELECT DISTINCT r.{back} AS entry FROM new_rows r",
        "UPDATE": f"SELECT DISTINCT {both} AS entry {_differing(book.line_columns)}",
        "DELETE": f"SELECT DISTINCT r.{back} AS entry FROM old_rows r",
    }
    # The day of an entry that is gone was asked when it went.
    days = (
        f"SELECT e.{_quoted(book.day)} AS day, min(e.id) AS entry "
        f"FROM touched JOIN {_quoted(book.entry)} e ON e.id = touched.entry GROUP BY 1"
    )
    return "\n".join(_asked(book, event, made, days) for event, made in touched.items())


def _differing(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{side}.{_quoted(name)}" for name in columns) for side in ("o", "n"))
    # FULL: somebody may write ids, too.
    return f"FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE ROW({old}) IS DISTINCT FROM ROW({new})"


def _asked(book: Book, event: str, touched: str, days: str) -> str:
    closed = _closed(book, days) if book.periods else "NULL::jsonb"
    noted = (
        f"INSERT INTO {DUE.name} SELECT {_literal(checks_of(book.entry))}, "
        "range_agg(int8range(entry, entry, '[]')) FROM touched WHERE entry IS NOT NULL HAVING count(*) > 0"
    )
    query = f"WITH touched AS MATERIALIZED ({touched}), noted AS ({noted}) SELECT {closed}"
    return f"IF TG_OP = '{event}' THEN\nEXECUTE $asked${query}$asked$ INTO told;\nEND IF;"


def closing(book: Book) -> str:
    """Return the periods `p` that close a day, and how they are joined to `d.day`."""
    from_, to = f"p.{_quoted(book.from_)}", f"p.{_quoted(book.to)}"
    met = f"p.{_quoted(book.when)} IS TRUE AND " if book.when else ""
    return (
        f"{_quoted(book.periods)} p ON {met}({from_} IS NULL OR {from_} <= d.day) "
        f"AND ({to} IS NULL OR {to} >= d.day)"
    )


def _closed(book: Book, days: str) -> str:
    """Return the SQL of what is told of a day that lies in a closed period; null where none does."""
    from_, to = f"p.{_quoted(book.from_)}", f"p.{_quoted(book.to)}"
    facts = (
        f"jsonb_build_object('fault', 'closed', 'entry', d.entry, 'day', d.day, 'from', {from_}, 'to', {to})"
    )
    return f"(SELECT {facts} FROM ({days}) d JOIN {closing(book)} ORDER BY d.entry LIMIT 1)"


# ── triggers ──────────────────────────────────────────────────────────────────────────────────────


def _held(book: Book, table: str, triggers: tuple[str, ...], asked: str) -> Hold:
    function = _quoted(names.derived(triggers[0].rpartition("_")[0], table))
    create = f"""
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET jit = off AS $ledger$
DECLARE told jsonb;
BEGIN
{_kept_apart(book)}{asked}
{_refuse(book.entry)}
RETURN NULL;
END $ledger$"""
    made = (
        f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {_quoted(table)} {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for name, (event, rows) in zip(triggers, _EVENTS.items(), strict=True)
    )
    return Hold(table, triggers, ";\n".join((create.strip(), *fenced(f"{function}()"), *made)))


def _kept_apart(book: Book) -> str:
    """Return what keeps postings and closings apart: see ground.py."""
    if not book.periods:
        return ""
    periods = _literal(book.periods)
    again = "RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'periods were written meanwhile'"
    return f"""PERFORM pg_advisory_xact_lock_shared({LOCK}, hashtext(TG_TABLE_SCHEMA || '.' || {periods}));
IF current_setting('transaction_isolation') <> 'read committed' THEN
PERFORM FROM {CLOSING.name} WHERE periods = {periods} FOR SHARE;
IF NOT FOUND THEN {again}; END IF;
END IF;
"""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
