"""This file has the plain texts of numbers, as people write them here or as programs do."""

from __future__ import annotations

from kernel.intake.plain import Cell, Plain, castable
from kernel.intake.sql import text
from metadata.layout import POINT


def read_integer(cell: Cell) -> Plain:
    """Read digits, with a minus where the field may be negative."""
    sql, least = cell.sql, cell.field.limit("min")
    if least is not None and least >= 0:
        return Plain(f"{sql}::bigint", (f"octet_length({sql}) <= 18",), (("digits", sql),))
    holds = (f"octet_length({sql}) <= 18", castable(sql, "bigint", cell.server, "^-?[0-9]+$"))
    return Plain(f"{sql}::bigint", holds, (("signed", sql),))


def read_decimal(cell: Cell) -> Plain:
    """Read 1234,56 and 1.234,56, and 1234.56 where it has one reading."""
    field = cell.field
    if cell.format == POINT:
        whole = " AND ".join(f"{cell.sql} NOT LIKE {text(part)}" for part in ("%,%", "%.", ".%", "-.%"))
        return _scaled(cell, cell.sql, whole, f"{cell.sql} NOT LIKE {_beyond('.', field.scale)}")
    return _scaled(cell, _with_point(cell.sql), *_readable(cell.sql, field.scale))


def read_percent(cell: Cell) -> Plain:
    """Read 30 and 30% as 0.3; in the format `point`, 0.3."""
    if cell.format == POINT:
        return read_decimal(cell)
    bare = f"replace({cell.sql}, '%', '')"
    once = f"{cell.sql} NOT LIKE '%!%_%' ESCAPE '!'"
    places = max(cell.field.scale - 2, 0)
    made = _scaled(cell, _with_point(bare), once, *_readable(bare, places), more=2)
    return Plain(
        f"({_with_point(bare)}::numeric * 0.01)::numeric({cell.field.precision},{cell.field.scale})",
        made.holds,
        (("number", bare),),
    )


def _with_point(sql: str) -> str:
    return (
        f"CASE WHEN {sql} NOT LIKE '%.%' THEN replace({sql}, ',', '.') "
        f"WHEN {sql} LIKE '%,%' THEN replace(replace({sql}, '.', ''), ',', '.') ELSE {sql} END"
    )


def _readable(sql: str, scale: int) -> tuple[str, ...]:
    """Return when a number has one reading: dots before a comma group by three, one alone is decimal."""
    grouped = text(r"^-?[0-9]{1,3}([.][0-9]{3})+,[0-9]*$")
    odd = ("'%,%'", "'%.'", "'%.___'", _beyond(".", scale))
    alone = " AND ".join(f"{sql} NOT LIKE {part}" for part in odd)
    return (
        f"{sql} NOT LIKE {_beyond(',', scale)}",
        f"{sql} NOT LIKE '%.%' OR {alone} OR {sql} ~ {grouped}",
    )


def _beyond(mark: str, scale: int) -> str:
    """Return the LIKE pattern of more decimals than `scale`."""
    return text("%" + mark + "_" * (scale + 1) + "%")


def _scaled(cell: Cell, number: str, *holds: str, more: int = 0) -> Plain:
    precision, scale = cell.field.precision, max(cell.field.scale - more, 0)
    kind = f"numeric({precision},{scale})"
    before = precision - scale
    form = rf"^-?([0-9]{{1,{before}}}[.]?|[0-9]{{0,{before}}}[.][0-9]{{1,{max(scale, 1)}}})$"
    valid = castable(f"({number})", kind, cell.server, form)
    return Plain(f"({number})::{kind}", (*holds, valid), (("number", cell.sql),))
