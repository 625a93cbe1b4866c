"""Check digits as SQL, and numbers that look drawn by chance: both follow from a text alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, and_, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, BIT

from kernel.expression.functions.layout_texts import DRAWN_DIGITS, MOST_DRAWN
from kernel.expression.sql.forms import Writes, form
from kernel.expression.sql.logic import by_code_point
from kernel.expression.sql.texts import digits as digits_of
from kernel.expression.sql.writing import BOOLEAN, INTEGER, SQL, TEXT, infix, known, once, whole
from metadata.expression.sets.terms import Apply, Items


@form("mod11")
def _mod11(writes: Writes, term: Apply) -> SQL:
    """Return the check digit of the digits of an ASCII text without letters, by remainder as written."""
    text, weights, digits = term.arguments
    assert isinstance(weights, Items)
    assert isinstance(digits, Items)
    factors = _array([str(int(known(each))) for each in weights.items], INTEGER)
    given = _array([_quoted(str(known(each))) for each in digits.items], TEXT)

    def of(value: SQL) -> SQL:
        found = by_code_point(value)
        is_plain = and_(
            infix(func.octet_length(value), "=", func.length(value), BOOLEAN),
            infix(found, "~", literal_column("'[0-9]'", TEXT), BOOLEAN),
            infix(found, "!~", literal_column("'[A-Za-z]'", TEXT), BOOLEAN),
        )
        return case((is_plain, once(func.reverse(digits_of(value), type_=TEXT), digit)))

    def digit(backwards: SQL) -> SQL:
        places = func.generate_series(whole(1), func.length(backwards)).table_valued("at").render_derived("p")
        sign = cast(func.substr(backwards, places.c.at, whole(1)), Integer)
        turn = infix(infix(places.c.at, "-", whole(1), INTEGER), "%", whole(len(weights.items)), INTEGER)
        weighted = infix(sign, "*", factors[infix(turn, "+", whole(1), INTEGER)], INTEGER)
        rest = infix(func.sum(weighted), "%", whole(11), INTEGER)
        found = given[infix(rest, "+", whole(1), INTEGER)]
        return select(found).select_from(places).correlate_except(places).scalar_subquery()

    return once(writes.value(text), of)


def _array(items: list[str], kind: Any) -> Any:
    return literal_column(f"(ARRAY[{', '.join(items)}])", ARRAY(kind))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@form("drawn")
def _drawn(writes: Writes, term: Apply) -> SQL:
    """Return the first bits of a hash of a text, brought below a bound."""
    text, below = term.arguments
    digits = func.substr(func.md5(writes.value(text)), whole(1), whole(DRAWN_DIGITS), type_=TEXT)
    bits = cast(infix(literal_column("'x'", TEXT), "||", digits, TEXT), BIT(4 * DRAWN_DIGITS))
    hashed = cast(bits, BigInteger)
    bound = known(below)
    if bound is not None and 1 <= bound <= MOST_DRAWN and bound == int(bound):
        return cast(infix(hashed, "%", whole(int(bound)), BigInteger()), BigInteger)

    def of(size: SQL) -> SQL:
        is_whole = infix(size, "=", func.trunc(size), BOOLEAN)
        limited = func.least(func.greatest(size, whole(1)), whole(MOST_DRAWN))
        found = infix(hashed, "%", cast(limited, BigInteger), BigInteger())
        return case((and_(size.between(whole(1), whole(MOST_DRAWN)), is_whole), found))

    return once(writes.number(below), of)
