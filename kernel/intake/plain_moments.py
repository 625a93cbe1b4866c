"""This file has the plain texts of dates, months, times, instants and durations. DateStyle is ISO, DMY."""

from __future__ import annotations

from kernel.intake.plain import Cell, Plain, castable
from kernel.intake.sql import text
from metadata.layout import DATE_PIECE
from metadata.values.moments import SITE_ZONE

_DAY = (
    r"^(((0[1-9]|1[0-9]|2[0-8])/(0[1-9]|1[0-2])|(29|30)/(0[13-9]|1[0-2])|31/(0[13578]|1[02]))/[1-9][0-9]{3}|"
)
_DAY += (
    r"[1-9][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31))$"
)
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


def read_date(cell: Cell) -> Plain:
    """Read 05/11/2026 and 2026-11-05."""
    sql = cell.sql
    if cell.format:
        return _formatted(cell)
    slashed = f"{sql} LIKE '__/__/____' AND {sql} NOT LIKE '%/%/%/%' AND {sql} NOT LIKE '%-%'"
    iso = f"{sql} LIKE '____-__-__' AND {sql} NOT LIKE '%-%-%-%' AND {sql} NOT LIKE '%/%'"
    holds = (f"{slashed} OR {iso}", castable(sql, "date", cell.server, _DAY))
    return Plain(f"{sql}::date", holds, (("day", sql),))


def _formatted(cell: Cell) -> Plain:
    """Read a date in the order of a format, two digits for day and month; months take the first day."""
    sql, form = cell.sql, cell.format
    bare = sql
    for mark in sorted(set(DATE_PIECE.sub("", form))):
        bare = f"replace({bare}, {text(mark)}, '')"
    at = {piece: form.index(piece) + 1 for piece in ("dd", "mm", "yyyy")}
    year, month, day = (f"substr({sql}, {at[piece]}, {len(piece)})" for piece in ("yyyy", "mm", "dd"))
    iso = f"({year} || '-' || {month} || '-' || {day})"
    direct = sql if form in ("dd/mm/yyyy", "yyyy-mm-dd") else iso
    shape = "".join("_" if character in "dmy" else "!" + character for character in form)
    holds = (
        f"{sql} LIKE {text(shape)} ESCAPE '!'",
        f"octet_length({bare}) = 8",
        castable(direct, "date", cell.server, _DAY),
    )
    value = f"{direct}::date"
    if cell.field.type == "month":
        value = f"date_trunc('month', {value})::date"
    return Plain(value, holds, (("digits", bare),))


def read_month(cell: Cell) -> Plain:
    """Read 11/2026 and 2026-11."""
    if cell.format:
        return _formatted(cell)
    sql = cell.sql
    day = (
        f"CASE WHEN {sql} LIKE '__/____' THEN '01/' || {sql} WHEN {sql} LIKE '____-__' THEN {sql} || '-01' "
        f"WHEN {sql} IS NOT NULL THEN '-' END"
    )
    bare = f"replace(replace({sql}, '/', ''), '-', '')"
    holds = (f"octet_length({bare}) = 6", castable(f"({day})", "date", cell.server, _DAY))
    return Plain(f"({day})::date", holds, (("digits", bare),))


def read_time(cell: Cell) -> Plain:
    """Read 14:30 and 14:30:15."""
    sql = cell.sql
    holds = (
        f"{sql} LIKE '__:__' OR {sql} LIKE '__:__:__'",
        f"{sql} < '24' AND {sql} NOT LIKE '%:60%' AND octet_length(replace({sql}, ':', '')) % 2 = 0",
        f"octet_length(replace({sql}, ':', '')) IN (4, 6)",
        castable(sql, "time", cell.server, _CLOCK),
    )
    return Plain(f"{sql}::time", holds, (("clock", sql),))


def read_instant(cell: Cell) -> Plain:
    """Read date and time of the site since 2020.

    Before, the clocks went back once a year and one hour had two instants; those are left to Python.
    """
    sql = cell.sql
    day, clock = f"left({sql}, 10)", f"substr({sql}, 12)"
    date = read_date(Cell(day, cell.field, "", cell.server))
    time = read_time(Cell(clock, cell.field, "", cell.server))
    year = f"CASE WHEN {sql} LIKE '____-%' THEN left({sql}, 4) ELSE substr({sql}, 7, 4) END"
    holds = (f"substr({sql}, 11, 1) = ' '", *date.holds, *time.holds, f"{year} BETWEEN '2020' AND '2999'")
    return Plain(f"({sql}::timestamp AT TIME ZONE {text(SITE_ZONE.key)})", holds, (*date.only, *time.only))


def read_duration(cell: Cell) -> Plain:
    """Read one piece of ISO 8601, as P30D."""
    form = "^P([1-9][0-9]{0,2}Y|[1-9][0-9]{0,3}M|[1-9][0-9]{0,4}D|T[1-9][0-9]{0,4}[HMS])$"
    return Plain(cell.sql, (f"{cell.sql} ~ {text(form)}",))
