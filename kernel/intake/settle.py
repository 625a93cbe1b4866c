"""This file turns staged texts into values: plain rows by SQL in one pass; for the others see odd.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kernel.intake import convert
from kernel.intake.find import join
from kernel.intake.odd import CONVERTING, settle_odd
from kernel.intake.plain import WORDS, Cell, Plain, conditions
from kernel.intake.plan import Fill, Plan, sql_type
from kernel.intake.sql import REFUSED, ROWS, STAGE, cell, literal, text, value
from kernel.intake.stage import Database, Progress, Staged
from metadata.entity import Field


def settle(database: Database, plan: Plan, staged: Staged, progress: Progress) -> None:
    """Fill the table of values; rows that are refused are noted, with every reason."""
    rows = staged.rows
    progress(CONVERTING, 0, rows)
    columns = ", ".join(("line", *(value(field.name) for field in plan.filled)))
    plain = _plain_rows(plan, database.info.server_version, is_tidy=staged.is_tidy)
    taken = database.execute(f"CREATE TEMP TABLE {ROWS} ({columns}) ON COMMIT DROP AS {plain}").rowcount
    taken -= database.execute(f"DELETE FROM {ROWS} USING {REFUSED} f WHERE f.line = {ROWS}.line").rowcount
    if taken < rows:
        left = f"NOT EXISTS (SELECT FROM {ROWS} r WHERE r.line = s.line) AND NOT EXISTS "
        left += f"(SELECT FROM {REFUSED} f WHERE f.line = s.line)"
        padded = _plain_rows(plan, database.info.server_version, padded=True)
        taken += database.execute(f"INSERT INTO {ROWS} {padded} AND {left}").rowcount
    if taken < rows:
        settle_odd(database, plan, taken, rows, progress)
    progress(CONVERTING, rows, rows)


def _plain_rows(plan: Plan, server: int, *, padded: bool = False, is_tidy: bool = False) -> str:
    """Return the SELECT of the rows that are plain as they stand, or once blanks are taken away."""
    parts = [
        _sql_fill(fill, index, server, padded=padded, is_tidy=is_tidy)
        for index, fill in enumerate(plan.fills)
    ]
    constants = [literal(constant, plan.compiled.fields[name]) for name, constant in plan.constants.items()]
    found = [f"({part.value})::{sql_type(fill.field)}" for part, fill in zip(parts, plan.fills, strict=True)]
    values = ", ".join((*found, *constants))
    joins = " ".join(part.join for part in parts)
    needed = [f"NOT ({part.empty})" for part, fill in zip(parts, plan.fills, strict=True) if fill.is_needed]
    linked = [part.found for part in parts if part.found]
    wanted = [conditions([part.plain for part in parts]), *needed, *linked]
    # Blank cells are NULL in the stage, and rows come out as they went in.
    return f"SELECT s.line, {values} FROM {STAGE} s {joins} WHERE " + " AND ".join(
        f"({one})" for one in wanted
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one column gives to the statement of plain rows."""

    empty: str
    value: str
    plain: Plain
    join: str = ""
    found: str = ""


def trimmed(sql: str, field: Field) -> str:
    """Return a text without the blanks that its type does not see: around it, and in a line more than one."""
    if field.type in ("text", "sequence"):
        sql = f"regexp_replace({sql}, ' +', ' ', 'g')"
    return f"NULLIF(btrim({sql}), '')"


def _sql_fill(fill: Fill, index: int, server: int, *, padded: bool, is_tidy: bool) -> _Part:
    raw = f"s.{cell(fill.position)}"
    if padded:
        raw = trimmed(raw, fill.read_as)
    if part := fill.column.characters:
        raw = f"NULLIF(substr(btrim({raw}), {part[0]}, {part[1] - part[0] + 1}), '')"
    given = fill.given
    known = ", ".join(text(word) for word in given)
    sql = f"CASE WHEN {raw} IN ({known}) THEN NULL ELSE {raw} END" if given else raw
    read = fill.read_as
    plain = convert.plain(Cell(sql, read, fill.column.format, server))
    if is_tidy and not part:  # a part of a tidy text may end in a blank
        plain = replace(plain, only=tuple(one for one in plain.only if one[0] != WORDS))
    found = plain.value
    if given:
        whens = " ".join(f"WHEN {text(word)} THEN {literal(meant, read)}" for word, meant in given.items())
        found = f"CASE {raw} {whens} ELSE {found} END"
    nothing = ", ".join(text(word) for word, meant in given.items() if meant is None)
    empty = f"{raw} IS NULL" + (f" OR {raw} IN ({nothing})" if nothing else "")
    if fill.column.default:
        found = f"COALESCE({found}, {literal(fill.default, read)})"
    if fill.target is None:
        return _Part(empty, found, plain)
    allowed = "false" if fill.column.default else empty
    return _Part(
        empty,
        f"l{index}.id",
        plain,
        join(fill, found, plain, index),
        f"l{index}.id IS NOT NULL OR {allowed}",
    )
