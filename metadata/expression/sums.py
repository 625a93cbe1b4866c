"""This file is the table of arithmetic: of which kind is what an operator makes of two kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.kinds import NUMBER, Kind

_LENGTH = (b.DAYS, b.MONTHS, b.DURATION)
_SUMS: dict[str, dict[tuple[str, str], Kind]] = {
    "+": {(b.TEXT, b.TEXT): k.TEXT, (b.TIME, b.DAYS): k.TIME, (b.DAYS, b.TIME): k.TIME},
    "-": {(b.TIME, b.TIME): k.DAYS, (b.TIME, b.DAYS): k.TIME},
    "*": {},
    "/": {},
    "**": {(b.NUMBER, b.NUMBER): NUMBER},
}
for _moment, _kind in ((b.DATE, k.DATE), (b.INSTANT, k.INSTANT)):
    for _length in _LENGTH:
        _SUMS["+"] |= {(_moment, _length): _kind, (_length, _moment): _kind}
        _SUMS["-"][_moment, _length] = _kind
    _SUMS["-"] |= {(_moment, _other): k.DAYS for _other in (b.DATE, b.INSTANT)}
for _length in _LENGTH:
    _kind = Kind(_length)
    _SUMS["*"] |= {(_length, b.NUMBER): _kind, (b.NUMBER, _length): _kind}
    _SUMS["/"] |= {(_length, b.NUMBER): _kind, (_length, _length): NUMBER}
    for _open in {b.DURATION} - {_length}:  # of one kind or the other, which only its text says
        _SUMS["/"] |= {(_length, _open): NUMBER, (_open, _length): NUMBER}
        for _sign in "+-":
            _SUMS[_sign] |= {(_length, _open): _kind, (_open, _length): _kind}
    for _sign in "+-":
        _SUMS[_sign][_length, _length] = _kind

# Digits after the point: sums take the longer, products both; of a quotient they are open.
_SCALES: dict[str, Callable[[int, int], int | None]] = {
    "+": max, "-": max, "*": lambda left, right: left + right, "/": lambda left, right: None,
    "**": lambda left, right: None,
}  # fmt: skip


def calculated(operator: str, left: Kind, right: Kind) -> Kind | None:
    """Return what two kinds come to; None where the operator does not go between them."""
    if left.name == right.name == b.NUMBER:
        known = left.scale is not None and right.scale is not None
        scale = _SCALES[operator](left.scale or 0, right.scale or 0) if known else None
        return replace(NUMBER, scale=scale)
    return _SUMS[operator].get((left.name, right.name))
