"""This file has the plain texts of texts, lists of words, registers and addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kernel.intake.plain import LOWER, WORDS, Cell, Plain, never
from kernel.intake.sql import literal, text
from metadata.entity import Field
from metadata.problems import Refused


def read_text(cell: Cell) -> Plain:
    """Read one line without blanks at its ends or two together."""
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
        return never(cell)
    holds: tuple[str, ...] = (f"octet_length({bare}) = {len(kinds)}", *_sized(bare, field))
    group = {"9": "digits", "*": "code"}.get(kinds[:1], "code") if len(set(kinds)) == 1 else "code"
    if group == "code" and set(kinds) != {"*"}:
        pattern = "".join({"9": "[0-9]", "A": "[A-Za-z]", "*": "[0-9A-Za-z]"}[kind] for kind in kinds)
        holds = (*holds, f"{bare} ~ {text(f'^{pattern}$')}")
    return Plain(f'upper({bare} COLLATE "C")' if field.upper else bare, holds, ((group, bare),))


def read_long_text(cell: Cell) -> Plain:
    """Read a text that may have several lines."""
    trimmed = f"btrim({cell.sql}, E' \\n\\t') = {cell.sql}"
    return Plain(cell.sql, (trimmed, *_sized(cell.sql, cell.field)), (("lines", cell.sql),))


_ANSWERS = ("sim", "s", "yes", "true", "1", "não", "nao", "n", "no", "false", "0")


def read_words(cell: Cell) -> Plain:
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
        return never(cell)
    known = ", ".join(text(form) for form in read)
    same = [form for form, value in read.items() if form == value]
    value = _lookup(cell, {form: value for form, value in read.items() if form != value})
    if same:
        codes = ", ".join(text(form) for form in same)
        value = f"CASE WHEN {cell.sql} IN ({codes}) THEN {cell.sql} ELSE {value} END"
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


def register(marks: str, size: int, check: Callable[[str], str] | None = None) -> Callable[[Cell], Plain]:
    """Make the reading of a number of so many digits with its punctuation or without, check digits last."""

    def read(cell: Cell) -> Plain:
        stripped = cell.sql
        for mark in marks:
            stripped = f"replace({stripped}, {text(mark)}, '')"
        bare = f"CASE WHEN octet_length({cell.sql}) = {size} THEN {cell.sql} ELSE {stripped} END"
        holds = (f"octet_length({bare}) = {size}",)
        return Plain(bare, holds, (("digits", bare),), (check(bare),) if check else ())

    return read


def read_phone(cell: Cell) -> Plain:
    """Read a Brazilian number with area code."""
    bare = f"translate({cell.sql}, ' ().-', '')"
    return Plain(bare, (f"{bare} ~ '^[1-9][0-9]([2-8][0-9]{{7}}|9[0-9]{{8}})$'",))


def read_email(cell: Cell) -> Plain:
    """Read an address in small letters under a usual ending; all others are left to Python."""
    sql = cell.sql
    endings = " OR ".join(f"{sql} LIKE '%_.{end}'" for end in ("br", "com", "net", "org", "gov", "coop"))
    odd = " AND ".join(
        f"{sql} NOT LIKE '{part}'" for part in ("%@%@%", "%..%", "%.-%", "%-.%", "%@.%", "%@-%", "%.@%")
    )
    return Plain(
        sql, (f"octet_length({sql}) <= 254", f"{sql} LIKE '_%@_%'", endings, odd), (("address", sql),)
    )


def read_colour(cell: Cell) -> Plain:
    """Read #rrggbb in small letters."""
    return Plain(cell.sql, (f"{cell.sql} ~ '^#[0-9a-f]{{6}}$'",))
