"""This file is the table of what SQL converts by itself: texts written plainly, by field type.

SQL takes the rows in which every text is plain: then its value is the one that metadata.types and
metadata.limits give. Every other row, good or bad, goes to judge.py, where those very functions decide: so an
import has the verdicts and the messages of the screens, and what is usual goes at the speed of the database.

How it is fast: conditions stand in the WHERE of one statement, so the casts of the SELECT cannot fail; and
the characters of many columns are checked by one regular expression over all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kernel.intake import digits
from kernel.intake.sql import literal, text
from metadata.entity import Field
from metadata.layout import DATE_PIECE, POINT
from metadata.problems import Refused
from metadata.values.moments import SITE_ZONE

# Letters that are in NFC by themselves, with no control characters and no blanks but the space.
LETTERS = " -~¡-ſ‐-‧‰-⁞"
LOWER = "ãáàâçéêíóôõúü"
CLASSES = {
    "digits": "[^0-9]",
    "signed": "[^0-9-]",
    "number": "[^0-9,.-]",
    "clock": "[^0-9:]",
    "day": "[^0-9/-]",
    "code": "[^0-9A-Za-z]",
    "address": "[^a-z0-9@._-]",
    "upper": f"[^ -~{LOWER}{LOWER.upper()}ªº°§–]",
    "lines": f"[^\n\t{LETTERS}]",
}
WORDS = "words"
WORDS_PATTERN = f"[^{LETTERS}]|[| ] | [|]"  # over texts joined by |: a blank at an end, or two together


@dataclass(frozen=True, slots=True)
class Plain:
    """How one text becomes a value when it is plain.

    value: the SQL of the value.  holds: conditions for being plain; NULL (nothing there) counts as true.
    only: (class of characters, SQL of the text that may have no others).  then: conditions with casts,
    which are looked at only where all others hold.
    """

    value: str
    holds: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """What a type is given to convert: the SQL of a text (NULL when empty), the field, the format, the server."""

    sql: str
    field: Field
    format: str
    server: int


def plain(cell: Cell) -> Plain:
    """Return how SQL reads a text for a field, limits of the field included."""
    made = _TYPES[cell.field.type](cell)
    return replace(made, then=(*made.then, *_limits(cell.field, made.value)))


def conditions(plains: list[Plain]) -> str:
    """Return the SQL condition that all of these are plain.

    The order in which PostgreSQL evaluates a WHERE is its own; only CASE keeps the casts for the end.
    """
    holds = [hold for one in plains for hold in one.holds]
    grouped: dict[str, list[str]] = {}
    for one in plains:
        for group, sql in one.only:
            grouped.setdefault(group, []).append(sql)
    for group, texts in grouped.items():
        if group == WORDS:
            holds.append(f"concat_ws('|', '', {', '.join(texts)}, '') !~ {text(WORDS_PATTERN)}")
        else:
            holds.append(f"concat({', '.join(texts)}) !~ {text(CLASSES[group])}")
    casts = [cast for one in plains for cast in one.then]
    return f"CASE WHEN ({_all(holds)}) IS NOT FALSE THEN ({_all(casts)}) IS NOT FALSE ELSE false END"


def _all(conditions: list[str]) -> str:
    return " AND ".join(f"({condition})" for condition in conditions) or "true"


def _limits(field: Field, value: str) -> tuple[str, ...]:
    if field.kind.counts or field.kind.storage not in ("numeric", "bigint", "date", "time", "timestamptz"):
        return ()
    signs = (("min", ">="), ("max", "<="))
    return tuple(
        f"{value} {sign} {literal(limit, field)}"
        for key, sign in signs
        if (limit := field.limit(key)) is not None
    )


def castable(sql: str, kind: str, server: int, form: str) -> str:
    """Return the SQL that tells whether a cast works; servers before 16 need the form of all that does."""
    return f"pg_input_is_valid({sql}, {text(kind)})" if server >= 160000 else f"{sql} ~ {text(form)}"


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────


def _text(cell: Cell) -> Plain:
    field = cell.field
    if field.mask:
        return _masked(cell)
    sized = _sized(cell.sql, field)
    if not field.upper:
        return Plain(cell.sql, sized, ((WORDS, cell.sql),))
    return Plain(_upper(cell.sql), sized, (("upper", cell.sql), (WORDS, cell.sql)))


def _upper(sql: str) -> str:
    ascii_only = f'upper({sql} COLLATE "C")'
    accented = f"translate({ascii_only}, {text(LOWER)}, {text(LOWER.upper())})"
    return f"CASE WHEN octet_length({sql}) = length({sql}) THEN {ascii_only} ELSE {accented} END"


def _sized(sql: str, field: Field) -> tuple[str, ...]:
    most, least = field.limit("max"), field.limit("min")
    sizes = []
    if most is not None:
        sizes.append(f"octet_length({sql}) <= {most} OR length({sql}) <= {most}")
    if least is not None:
        sizes.append(f"length({sql}) >= {least}")
    return tuple(sizes)


def _masked(cell: Cell) -> Plain:
    """Read a text with a mask of one kind of character; the punctuation of the mask may be there or not."""
    mask, field = cell.field.mask, cell.field
    kinds = "".join(character for character in mask if character in "9A*")
    bare = cell.sql
    for mark in sorted({character for character in mask if not character.isalnum() and character != "*"}):
        bare = f"replace({bare}, {text(mark)}, '')"
    if any(character.isalnum() and character not in "9A" for character in mask) or not mask.isascii():
        return _never(cell)
    holds: tuple[str, ...] = (f"octet_length({bare}) = {len(kinds)}", *_sized(bare, field))
    group = {"9": "digits", "*": "code"}.get(kinds[:1], "code") if len(set(kinds)) == 1 else "code"
    if group == "code" and set(kinds) != {"*"}:
        pattern = "".join({"9": "[0-9]", "A": "[A-Za-z]", "*": "[0-9A-Za-z]"}[kind] for kind in kinds)
        holds = (*holds, f"{bare} ~ {text(f'^{pattern}$')}")
    return Plain(f'upper({bare} COLLATE "C")' if field.upper else bare, holds, ((group, bare),))


def _long_text(cell: Cell) -> Plain:
    trimmed = f"btrim({cell.sql}, E' \\n\\t') = {cell.sql}"
    return Plain(cell.sql, (trimmed, *_sized(cell.sql, cell.field)), (("lines", cell.sql),))


def _never(cell: Cell) -> Plain:
    """Leave every filled cell to Python."""
    return Plain(literal(None, cell.field), (f"{cell.sql} IS NULL",))


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────


def _integer(cell: Cell) -> Plain:
    sql, least = cell.sql, cell.field.limit("min")
    if least is not None and least >= 0:
        return Plain(f"{sql}::bigint", (f"octet_length({sql}) <= 18",), (("digits", sql),))
    holds = (f"octet_length({sql}) <= 18", castable(sql, "bigint", cell.server, "^-?[0-9]+$"))
    return Plain(f"{sql}::bigint", holds, (("signed", sql),))


def _decimal(cell: Cell) -> Plain:
    field = cell.field
    if cell.format == POINT:
        whole = " AND ".join(f"{cell.sql} NOT LIKE {text(part)}" for part in ("%,%", "%.", ".%", "-.%"))
        return _scaled(cell, cell.sql, whole, f"{cell.sql} NOT LIKE {_beyond('.', field.scale)}")
    return _scaled(cell, _with_point(cell.sql), *_readable(cell.sql, field.scale))


def _percent(cell: Cell) -> Plain:
    if cell.format == POINT:
        return _decimal(cell)
    bare = f"replace({cell.sql}, '%', '')"
    once = f"{cell.sql} NOT LIKE '%!%_%' ESCAPE '!'"
    places = max(cell.field.scale - 2, 0)
    # `1.234 %` is 1234 %: the type has no third decimal here, so a point before three digits is left to Python.
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
    """Return when a number has one reading: dots before a comma group by three, a dot alone is a decimal point."""
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


# ── dates and times (DateStyle is ISO, DMY) ───────────────────────────────────────────────────────

_DAY = (
    r"^(((0[1-9]|1[0-9]|2[0-8])/(0[1-9]|1[0-2])|(29|30)/(0[13-9]|1[0-2])|31/(0[13578]|1[02]))/[1-9][0-9]{3}|"
)
_DAY += (
    r"[1-9][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31))$"
)
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


def _date(cell: Cell) -> Plain:
    sql = cell.sql
    if cell.format:
        return _formatted(cell)
    slashed = f"{sql} LIKE '__/__/____' AND {sql} NOT LIKE '%/%/%/%' AND {sql} NOT LIKE '%-%'"
    iso = f"{sql} LIKE '____-__-__' AND {sql} NOT LIKE '%-%-%-%' AND {sql} NOT LIKE '%/%'"
    holds = (f"{slashed} OR {iso}", castable(sql, "date", cell.server, _DAY))
    return Plain(f"{sql}::date", holds, (("day", sql),))


def _formatted(cell: Cell) -> Plain:
    """Read a date in the order of a format with two digits for day and month; month fields take its first day."""
    sql, form = cell.sql, cell.format
    bare = sql
    for mark in sorted(set(DATE_PIECE.sub("", form))):
        bare = f"replace({bare}, {text(mark)}, '')"
    at = {piece: form.index(piece) + 1 for piece in ("dd", "mm", "yyyy")}
    iso = f"(substr({sql}, {at['yyyy']}, 4) || '-' || substr({sql}, {at['mm']}, 2) || '-' || substr({sql}, {at['dd']}, 2))"
    direct = sql if form in ("dd/mm/yyyy", "yyyy-mm-dd") else iso
    shape = "".join("_" if character in "dmy" else "!" + character for character in form)
    holds = (
        f"{sql} LIKE {text(shape)} ESCAPE '!'",
        f"octet_length({bare}) = 8",
        castable(direct, "date", cell.server, _DAY),
    )
    day = f"{direct}::date"
    value = f"date_trunc('month', {day})::date" if cell.field.type == "month" else day
    return Plain(value, holds, (("digits", bare),))


def _month(cell: Cell) -> Plain:
    if cell.format:
        return _formatted(cell)
    sql = cell.sql
    day = f"CASE WHEN {sql} LIKE '__/____' THEN '01/' || {sql} WHEN {sql} LIKE '____-__' THEN {sql} || '-01' WHEN {sql} IS NOT NULL THEN '-' END"
    bare = f"replace(replace({sql}, '/', ''), '-', '')"
    holds = (f"octet_length({bare}) = 6", castable(f"({day})", "date", cell.server, _DAY))
    return Plain(f"({day})::date", holds, (("digits", bare),))


def _time(cell: Cell) -> Plain:
    sql = cell.sql
    holds = (
        f"{sql} LIKE '__:__' OR {sql} LIKE '__:__:__'",
        f"{sql} < '24' AND {sql} NOT LIKE '%:60%' AND octet_length(replace({sql}, ':', '')) % 2 = 0",
        f"octet_length(replace({sql}, ':', '')) IN (4, 6)",
        castable(sql, "time", cell.server, _CLOCK),
    )
    return Plain(f"{sql}::time", holds, (("clock", sql),))


def _instant(cell: Cell) -> Plain:
    """Read date and time of the site since 2020; before, the clocks went back once a year and one hour had two instants."""
    sql = cell.sql
    day, clock = f"left({sql}, 10)", f"substr({sql}, 12)"
    date = _date(Cell(day, cell.field, "", cell.server))
    time = _time(Cell(clock, cell.field, "", cell.server))
    year = f"CASE WHEN {sql} LIKE '____-%' THEN left({sql}, 4) ELSE substr({sql}, 7, 4) END"
    holds = (f"substr({sql}, 11, 1) = ' '", *date.holds, *time.holds, f"{year} BETWEEN '2020' AND '2999'")
    return Plain(f"({sql}::timestamp AT TIME ZONE {text(SITE_ZONE.key)})", holds, (*date.only, *time.only))


def _duration(cell: Cell) -> Plain:
    form = "^P([1-9][0-9]{0,4}[YMD]|T[1-9][0-9]{0,4}[HMS])$"
    return Plain(cell.sql, (f"{cell.sql} ~ {text(form)}",))


# ── words ─────────────────────────────────────────────────────────────────────────────────────────

_ANSWERS = ("sim", "s", "yes", "true", "1", "não", "nao", "n", "no", "false", "0")


def _words(cell: Cell) -> Plain:
    """Read yes/no and options by a list of all usual spellings, each read once by the type itself."""
    field = cell.field
    words = (
        [*field.choices, *(option.label for option in field.choices.values())] if field.choices else _ANSWERS
    )
    spelt = dict.fromkeys(
        form for word in words for form in (word, word.lower(), word.upper(), word.capitalize())
    )
    read: dict[str, Any] = {form: field.kind.parse(form, field, None) for form in spelt}  # type: ignore[arg-type]
    read = {form: value for form, value in read.items() if not isinstance(value, Refused)}
    if not read:
        return _never(cell)
    known = ", ".join(text(form) for form in read)
    same = [form for form, value in read.items() if form == value]
    value = _lookup(cell, {form: value for form, value in read.items() if form != value})
    if same:
        value = f"CASE WHEN {cell.sql} IN ({', '.join(text(form) for form in same)}) THEN {cell.sql} ELSE {value} END"
    return Plain(value, (f"{cell.sql} IN ({known})",))


def _lookup(cell: Cell, read: Mapping[str, Any]) -> str:
    if not read:
        return literal(None, cell.field)
    branches = {
        answer: ", ".join(text(form) for form, value in read.items() if value == answer)
        for answer in dict.fromkeys(read.values())
    }
    whens = " ".join(
        f"WHEN {cell.sql} IN ({forms}) THEN {literal(answer, cell.field)}"
        for answer, forms in branches.items()
    )
    return f"CASE {whens} END"


# ── registers ─────────────────────────────────────────────────────────────────────────────────────


def _register(marks: str, size: int, check: Callable[[str], str] | None = None) -> Callable[[Cell], Plain]:
    """Make the reading of a number of so many digits with its punctuation or without, check digits last."""

    def read(cell: Cell) -> Plain:
        stripped = cell.sql
        for mark in marks:
            stripped = f"replace({stripped}, {text(mark)}, '')"
        bare = f"CASE WHEN octet_length({cell.sql}) = {size} THEN {cell.sql} ELSE {stripped} END"
        holds = (f"octet_length({bare}) = {size}",)
        return Plain(bare, holds, (("digits", bare),), (check(bare),) if check else ())

    return read


def _phone(cell: Cell) -> Plain:
    bare = f"translate({cell.sql}, ' ().-', '')"
    return Plain(bare, (f"{bare} ~ '^[1-9][0-9]([2-8][0-9]{{7}}|9[0-9]{{8}})$'",))


def _email(cell: Cell) -> Plain:
    """Read an address in small letters under a usual ending; all others are left to Python."""
    sql = cell.sql
    endings = " OR ".join(f"{sql} LIKE '%_.{end}'" for end in ("br", "com", "net", "org", "gov", "coop"))
    odd = " AND ".join(
        f"{sql} NOT LIKE '{part}'" for part in ("%@%@%", "%..%", "%.-%", "%-.%", "%@.%", "%@-%", "%.@%")
    )
    return Plain(
        sql, (f"octet_length({sql}) <= 254", f"{sql} LIKE '_%@_%'", endings, odd), (("address", sql),)
    )


def _colour(cell: Cell) -> Plain:
    return Plain(cell.sql, (f"{cell.sql} ~ '^#[0-9a-f]{{6}}$'",))


_TYPES: Mapping[str, Callable[[Cell], Plain]] = {
    "text": _text,
    "long text": _long_text,
    "integer": _integer,
    "decimal": _decimal,
    "money": _decimal,
    "percent": _percent,
    "date": _date,
    "month": _month,
    "time": _time,
    "date and time": _instant,
    "duration": _duration,
    "yes/no": _words,
    "choice": _words,
    "link": _never,
    "children": _never,
    "many links": _never,
    "attachment": _never,
    "image": _never,
    "cpf": _register(".-", 11, digits.cpf),
    "cnpj": _register("./-", 14, digits.cnpj),
    "cns": _register(" ", 15, digits.cns),
    "cep": _register(".-", 8),
    "phone": _phone,
    "e-mail": _email,
    "colour": _colour,
    "formula": _long_text,
    "sequence": _text,
    "json": _never,
}
