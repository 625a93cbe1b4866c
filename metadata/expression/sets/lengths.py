"""This file makes terms of lengths of time, of which only the row may say whether they are months or days.

A field holds either kind as a text. Such a value is two, one of each kind, of which at least one is null;
what is done with it is done with both, and what mixes the kinds is null, as it is for closures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.sets import shapes as s
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Constant, Length, Term

NO_MONTHS, NO_DAYS = Constant(s.MONTHS, None), Constant(s.DAYS, None)
KINDS = frozenset((b.DAYS, b.MONTHS, b.DURATION))
# What a length is counted in, and how large that gets: no larger than kernel.expression.moments lets it.
COUNTS: dict[str, Shape] = {b.MONTHS: s.number(12, 0), b.DAYS: s.number(20, 0)}


def read(text: Term) -> Term:
    """Return the length that a text says; none where it says none."""
    months, days = (
        Apply(shape, f"{shape.kind} of text", (replace(text, shape=replace(text.shape, kind=b.TEXT)),))
        for shape in (s.MONTHS, s.DAYS)
    )
    return Length(s.DURATION, months, days)


def seen(term: Term) -> Term:
    """Return a value that comes as its column holds it, as expressions work with it."""
    return read(term) if term.shape.kind == b.DURATION and not isinstance(term, Length) else term


def stored(term: Term) -> Term:
    """Return a value as a column holds it: lengths as the text that says them."""
    if term.shape.kind not in KINDS:
        return term
    there = (part for part in parts(term) if part not in (NO_MONTHS, NO_DAYS))
    said = [Apply(s.TEXT, f"text of {part.shape.kind}", (part,)) for part in there]
    if len(said) < 2:
        return said[0] if said else Constant(s.TEXT, None)
    return Apply(s.TEXT, "coalesce", tuple(said))


def parts(term: Term) -> tuple[Term, Term]:
    """Return the months and the days of a length; null has neither."""
    if isinstance(term, Length):
        return term.months, term.days
    if term.shape.kind == k.NULL:
        return NO_MONTHS, NO_DAYS
    return (term, NO_DAYS) if term.shape.kind == b.MONTHS else (NO_MONTHS, term)


def is_open(*terms: Term) -> bool:
    """Tell whether values are lengths, of which not all are known to be of one and the same kind."""
    kinds = {term.shape.kind for term in terms} - {k.NULL}
    return bool(kinds) and kinds <= KINDS and (b.DURATION in kinds or len(kinds) > 1)


def each(work: Callable[..., Term], *terms: Term) -> Term:
    """Return the length that is made of the months of several, or of the days of several."""
    months, days = (work(*side) for side in zip(*map(parts, terms), strict=True))
    return Length(s.DURATION, _of(months, NO_MONTHS), _of(days, NO_DAYS))


def _of(made: Term, none: Term) -> Term:
    return none if made.shape.kind == k.NULL else made
