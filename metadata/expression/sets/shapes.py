"""This file says what is known of a value before there is one, as narrowly as exact SQL needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.grammar import MAX_DIGITS

if TYPE_CHECKING:
    from metadata.entity import Field

MOST_DIGITS = 1000
WHOLE_DIGITS = 19  # of what a column for whole numbers holds


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind; of a number how large it can get; whether it can be null; of a record its entity.

    whole, scale: the number is smaller than 10 ** whole, and a multiple of 10 ** -scale.
    """

    kind: str
    whole: int = 0
    scale: int = 0
    nullable: bool = True
    entity: str = ""

    @property
    def digits(self) -> int:
        """How many digits a number can have."""
        return self.whole + self.scale

    @property
    def is_exact(self) -> bool:
        """Tell whether every number of this shape can be held without rounding."""
        return self.digits <= MAX_DIGITS

    def maybe(self, *others: Shape) -> Shape:
        """Return the shape, null where one of the others is."""
        return replace(self, nullable=any(other.nullable for other in others))


def number(whole: int, scale: int, *, nullable: bool = True) -> Shape:
    """Return the shape of a number."""
    return Shape(b.NUMBER, max(whole, 0), max(scale, 0), nullable)


NULL = Shape(k.NULL)
LIST, RANGE, CONTEXT = Shape(b.LIST), Shape(b.RANGE), Shape(b.CONTEXT)
TEXT, DATE, TIME, INSTANT = Shape(b.TEXT), Shape(b.DATE), Shape(b.TIME), Shape(b.INSTANT)
DAYS, MONTHS, DURATION = Shape(b.DAYS), Shape(b.MONTHS), Shape(b.DURATION)
BOOLEAN, DECIDED = Shape(b.BOOLEAN), Shape(b.BOOLEAN, nullable=False)
ID = number(WHOLE_DIGITS, 0, nullable=False)
SMALL = number(7, 0)
ORDERED = frozenset((b.NUMBER, b.TEXT, b.DATE, b.TIME, b.INSTANT, b.DAYS, b.MONTHS))
SCALAR = ORDERED | {b.BOOLEAN}


def of_number(value: Decimal) -> Shape:
    """Return the shape of one number."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return number(value.adjusted() + 1 if value else 0, -exponent, nullable=False)


_TEXTS = (
    "text", "long text", "choice", "cpf", "cnpj", "cns", "cep", "phone", "e-mail", "colour", "formula",
    "sequence",
)  # fmt: skip
_FIELDS: dict[str, Callable[[Field], Shape]] = {
    **dict.fromkeys(_TEXTS, lambda field: TEXT),
    **dict.fromkeys(
        ("decimal", "money", "percent"), lambda field: number(field.precision - field.scale, field.scale)
    ),
    "integer": lambda field: number(WHOLE_DIGITS, 0),
    "date": lambda field: DATE,
    "month": lambda field: DATE,
    "time": lambda field: TIME,
    "date and time": lambda field: INSTANT,
    "duration": lambda field: DURATION,
    "yes/no": lambda field: BOOLEAN,
    "link": lambda field: Shape(k.RECORD, entity=field.to),
}


def of_field(field: Field) -> Shape | None:
    """Return the shape of a field with a value of its own; None where there is none for SQL."""
    made = _FIELDS.get(field.type)
    return made(field) if made else None


def of_kind(kind: k.Kind) -> Shape | None:
    """Return the widest shape of a kind, as parameters have it; None where there is none for SQL."""
    if kind.name == b.NUMBER:
        return number(MAX_DIGITS - (kind.scale or 0), kind.scale) if kind.scale is not None else None
    if kind.name == k.RECORD:
        return Shape(k.RECORD, entity=kind.entity)
    return Shape(kind.name) if kind.name in SCALAR | {b.DURATION} else None


# ── what operations make of shapes ────────────────────────────────────────────────────────────────


def added(left: Shape, right: Shape) -> Shape:
    """Return the shape of a sum or difference, not yet rounded."""
    return number(max(left.whole, right.whole) + 1, max(left.scale, right.scale)).maybe(left, right)


def multiplied(left: Shape, right: Shape) -> Shape:
    """Return the shape of a product, not yet rounded."""
    return number(left.whole + right.whole, left.scale + right.scale).maybe(left, right)


def places_of_quotient(left: Shape, right: Shape) -> int:
    """Return how many digits after the point hold a quotient of as many digits as numbers have, and one."""
    return MAX_DIGITS + 1 + right.whole + left.scale


def divided(left: Shape, right: Shape) -> Shape:
    """Return the shape of a quotient, rounded to as many digits as numbers have."""
    return number(left.whole + right.scale + 1, places_of_quotient(left, right) - 1)


def rounds_once(left: Shape, right: Shape, places: int) -> bool:
    """Tell whether a quotient can be rounded to some places at once.

    It is first rounded to 34 digits, by less than |left| x 10 ** -33 / |right|. What it is compared with are
    multiples of 10 ** -(places + 1); from those it is 0 or at least 10 ** -steps / |right| away.
    """
    steps = max(left.scale, right.scale + places + 1)
    return left.whole + steps < MAX_DIGITS


def wider(one: Shape, other: Shape) -> Shape:
    """Return the shape of what is one or the other, of one kind."""
    nullable = one.nullable or other.nullable
    first, second = (other, one) if one.kind == k.NULL else (one, other)
    if second.kind == k.NULL:
        return replace(first, nullable=True)
    return replace(
        first, whole=max(one.whole, other.whole), scale=max(one.scale, other.scale), nullable=nullable
    )
