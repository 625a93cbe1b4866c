"""This file is the table of conversions between column types: how, and which values fit.

`{c}` is the column, `{precision}` and `{scale}` are those of the new type. What stands in no line is not
converted. A condition is only asked of filled values; it must never fail itself, so casts hide behind CASE.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernel.storage.migrate.shape import Column
from metadata.values.moments import SITE_ZONE

_INSTANT = "timestamp with time zone"
_TIME = "time without time zone"
_LIKE_A_DATE = "^(?!0000)[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_DAYS_OF_MONTH = "extract(day FROM (substr({c}, 1, 8) || '01')::date + interval '1 month - 1 day')"


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value is converted, and which values can be."""

    using: str
    fits: str


_NUMERIC_FITS = "abs({n}) < power(10::numeric, {precision} - {scale}) AND {n} = round({n}, {scale})"
_CONVERSIONS: dict[tuple[str, str], Conversion] = {
    ("text", "bigint"): Conversion("nullif({c}, '')::bigint", "{c} ~ '^-?[0-9]{{0,18}}$'"),
    ("text", "numeric"): Conversion(
        "nullif({c}, '')::{type}",
        "CASE WHEN {c} = '' THEN true WHEN {c} ~ '^-?[0-9]{{1,40}}([.][0-9]{{1,40}})?$' THEN "
        + _NUMERIC_FITS.replace("{n}", "{c}::numeric") + " ELSE false END",
    ),
    ("text", "date"): Conversion(
        "nullif({c}, '')::date",
        f"CASE WHEN {{c}} = '' THEN true WHEN {{c}} ~ '{_LIKE_A_DATE}' "
        f"THEN substr({{c}}, 9, 2)::int <= {_DAYS_OF_MONTH} ELSE false END",
    ),
    ("text", _TIME): Conversion(
        "nullif({c}, '')::time", "{c} = '' OR {c} ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'"
    ),
    ("text", "boolean"): Conversion(
        "CASE WHEN {c} = '' THEN NULL ELSE {c} IN ('yes', 'true') END",
        "{c} IN ('', 'yes', 'no', 'true', 'false')",
    ),
    ("bigint", "numeric"): Conversion("{c}::{type}", _NUMERIC_FITS.replace("{n}", "{c}::numeric")),
    ("numeric", "numeric"): Conversion("{c}::{type}", _NUMERIC_FITS.replace("{n}", "{c}")),
    ("numeric", "bigint"): Conversion("{c}::bigint", "{c} = trunc({c}) AND abs({c}) < 9223372036854775807"),
    ("date", _INSTANT): Conversion(f"{{c}}::timestamp AT TIME ZONE '{SITE_ZONE}'", "true"),
    (_INSTANT, "date"): Conversion(
        f"({{c}} AT TIME ZONE '{SITE_ZONE}')::date", f"({{c}} AT TIME ZONE '{SITE_ZONE}')::time = '00:00'"
    ),
    ("bigint", "text"): Conversion("{c}::text", "true"),
    ("numeric", "text"): Conversion("{c}::text", "true"),
    ("date", "text"): Conversion("to_char({c}, 'YYYY-MM-DD')", "true"),
    (_TIME, "text"): Conversion("{c}::text", "true"),
    (_INSTANT, "text"): Conversion(
        "to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')", "true"
    ),
    ("boolean", "text"): Conversion("CASE WHEN {c} THEN 'yes' WHEN NOT {c} THEN 'no' END", "true"),
    ("jsonb", "text"): Conversion("{c}::text", "true"),
}  # fmt: skip
_SIZES = re.compile(r"\((\d+),(\d+)\)")


def conversion(old: Column, new: Column, expression: str) -> Conversion | None:
    """Return how values of `expression`, the old column, become those of the new one; None if they cannot."""
    if old.type == new.type:
        return Conversion(expression, "true")
    found = _CONVERSIONS.get((old.family, new.family))
    if found is None:
        return None
    sizes = _SIZES.search(new.type)
    precision, scale = (sizes[1], sizes[2]) if sizes else ("0", "0")
    facts = {"c": expression, "type": new.type, "precision": precision, "scale": scale}
    return Conversion(found.using.format(**facts), found.fits.format(**facts))


def rewrites(old: Column, new: Column) -> bool:
    """Tell whether the table is written anew: not when a number only gets more digits before the point."""
    if old.family != "numeric" or new.family != "numeric":
        return old.type != new.type
    before, after = _SIZES.search(old.type), _SIZES.search(new.type)
    return not (before and after and before[2] == after[2] and int(before[1]) <= int(after[1]))
