"""Texts as SQL: by code points, whatever language the database is set to."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Integer, Text, and_, case, cast, func, literal, literal_column

from kernel.expression import letters
from kernel.expression.functions.layout_texts import BLANKS
from kernel.expression.functions.texts import MAX_TEXT
from kernel.expression.sql.forms import FORMS, Form, Writes, form, plain
from kernel.expression.sql.logic import by_code_point
from kernel.expression.sql.writing import BOOLEAN, NUMERIC, SQL, TEXT, atom, infix, known, once, small, whole
from metadata.expression.sets.terms import Apply

LONGEST = 2**30  # no text in PostgreSQL has more characters
EMPTY: SQL = literal_column("''", TEXT)
_TRUE, _FALSE = (literal_column(f"'{text}'", TEXT) for text in ("true", "false"))


def join(left: SQL, right: SQL) -> SQL:
    """Return two texts as one."""
    return infix(left, "||", right, TEXT)


def _place(text: SQL, part: SQL) -> SQL:
    return func.strpos(text, part)


def _found(text: SQL, part: SQL) -> SQL:
    return infix(_place(text, part), ">", whole(0), BOOLEAN)


plain("join", join)
plain("string length", lambda text: func.length(text, type_=Integer()))
plain("contains", _found)
plain("starts with", lambda text, part: func.starts_with(text, part, type_=BOOLEAN))
plain("ends with", lambda text, part: infix(func.right(text, func.length(part)), "=", part, BOOLEAN))
plain("text of boolean", lambda value: case((value, _TRUE), (atom(value).is_(False), _FALSE)))
plain("text of date", lambda value: func.to_char(value, literal_column("'YYYY-MM-DD'"), type_=TEXT))


@form("substring before")
def _before(writes: Writes, term: Apply) -> SQL:
    text, part = map(writes.value, term.arguments)
    is_in = and_(infix(part, "!=", EMPTY, BOOLEAN), _found(text, part))
    found = func.left(text, infix(_place(text, part), "-", whole(1), NUMERIC))
    return case((is_in, found), (_both(text, part), EMPTY))


def _both(text: SQL, part: SQL) -> SQL:
    return and_(atom(text).is_not(None), atom(part).is_not(None))


@form("substring after")
def _after(writes: Writes, term: Apply) -> SQL:
    text, part = map(writes.value, term.arguments)
    start = infix(_place(text, part), "+", func.length(part), NUMERIC)
    found = func.substr(text, start)
    is_empty = infix(part, "=", EMPTY, BOOLEAN)
    return case((is_empty, text), (_found(text, part), found), (_both(text, part), EMPTY))


@form("substring")
def _substring(writes: Writes, term: Apply) -> SQL:
    """Return a part by places from 1, or from the end; null beyond the text."""
    first, *rest = term.arguments[1:]
    length = func.trunc(writes.number(rest[0])) if rest else None
    place = known(first)

    def cut(text: SQL) -> SQL:
        size = func.length(text)
        if place is not None:
            return _part(text, size, whole(int(place)), length, is_known=int(place))
        return once(func.trunc(writes.number(first)), lambda start: _part(text, size, start, length))

    if place is not None and not 0 < abs(int(place)) < 2**31:
        return cast(literal_column("NULL"), Text)
    return once(writes.value(term.arguments[0]), cut)


def _part(text: SQL, size: SQL, start: SQL, length: SQL | None, is_known: int = 0) -> SQL:
    back = infix(infix(size, "+", start, NUMERIC), "+", whole(1), NUMERIC)
    begin = (
        start
        if is_known > 0
        else back
        if is_known
        else case((infix(start, ">", whole(0), BOOLEAN), start), else_=back)
    )
    reach = start if is_known > 0 else func.abs(start)
    conditions = [infix(reach, "<=", size, BOOLEAN)]
    if not is_known:
        conditions.append(infix(start, "!=", whole(0), BOOLEAN))
    place = begin if is_known else small(begin, 0, LONGEST)
    if length is None:
        return case((and_(*conditions), func.substr(text, place, type_=TEXT)))

    def limited(amount: SQL) -> SQL:
        enough = infix(amount, ">=", whole(1), BOOLEAN)
        short = small(func.least(amount, size), 0, LONGEST)
        return case((and_(*conditions, enough), func.substr(text, place, short, type_=TEXT)))

    return once(length, limited)


# ── as file layouts need them ─────────────────────────────────────────────────────────────────────


def _sized(function: str) -> Form:
    """Return one end of a text; null for a length that no text may have."""

    def made(writes: Writes, term: Apply) -> SQL:
        text, length = term.arguments

        def of(size: SQL) -> SQL:
            found = getattr(func, function)(writes.value(text), small(size, 0, MAX_TEXT), type_=TEXT)
            return case((_is_size(size), found))

        return once(writes.number(length), of)

    return made


def _is_size(value: SQL) -> SQL:
    whole_one = infix(value, "=", func.trunc(value), BOOLEAN)
    return and_(value.between(whole(0), whole(MAX_TEXT)), whole_one)


def _padded(function: str) -> Form:
    """Return a text filled up to a length; one that is longer stays whole, which PostgreSQL would cut."""

    def made(writes: Writes, term: Apply) -> SQL:
        text, length, filler = term.arguments
        writes.value(filler)

        def of(value: SQL, size: SQL) -> SQL:
            filled = getattr(func, function)(
                value, small(size, 0, MAX_TEXT), writes.value(filler), type_=TEXT
            )
            is_whole = infix(func.length(value), ">=", size, BOOLEAN)
            return case((_is_size(size), case((is_whole, value), else_=filled)))

        return once(writes.value(text), lambda value: once(writes.number(length), lambda n: of(value, n)))

    return made


FORMS["left"], FORMS["right"] = _sized("left"), _sized("right")
FORMS["pad left"], FORMS["pad right"] = _padded("lpad"), _padded("rpad")
plain("trim", lambda text: func.btrim(text, literal(BLANKS, TEXT), type_=TEXT))


def digits(text: SQL) -> SQL:
    """Return the digits of a text, nothing else."""
    pieces = (literal_column(piece, TEXT) for piece in ("'[^0-9]'", "''", "'g'"))
    return func.regexp_replace(by_code_point(text), *pieces, type_=TEXT)


plain("digits of", digits)

# ── capitals ──────────────────────────────────────────────────────────────────────────────────────


def _changed(function: str, table: Mapping[str, str]) -> Form:
    """Return a change of letters: in ASCII by PostgreSQL, beyond by table, a short one if that will do."""
    latin = {letter: other for letter, other in table.items() if "\x7f" < letter <= chr(letters.LATIN)}
    others = {letter: other for letter, other in table.items() if letter > "\x7f"}

    def translated(text: SQL, pairs: Mapping[str, str]) -> SQL:
        return func.translate(text, literal("".join(pairs), TEXT), literal("".join(pairs.values()), TEXT))

    def made(writes: Writes, term: Apply) -> SQL:
        def of(text: SQL) -> SQL:
            plain_one = getattr(func, function)(by_code_point(text), type_=TEXT)
            is_ascii = infix(func.octet_length(text), "=", func.length(text), BOOLEAN)
            is_latin = infix(
                by_code_point(text), "!~", literal(f"[^\x01-{chr(letters.LATIN)}]", TEXT), BOOLEAN
            )
            return case(
                (is_ascii, plain_one),
                (is_latin, translated(plain_one, latin)),
                else_=translated(plain_one, others),
            )

        return once(writes.value(term.arguments[0]), of)

    return made


FORMS["upper case"] = _changed("upper", letters.UPPER)
FORMS["lower case"] = _changed("lower", letters.LOWER)
