"""This file reads what can begin an expression: values, names, parentheses, and the words of flow."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from metadata.expression import nodes as n
from metadata.expression.faults import unreadable
from metadata.expression.grammar import COMPARE, COMPARING, ENTRY, LOOPED, MAX_DIGITS, NEGATE, PARAMETER
from metadata.expression.scan import AT, MOMENT, NAME, NUMBER, TEXT, Token

if TYPE_CHECKING:
    from metadata.expression.parse import Parser


def _number(parser: Parser, token: Token) -> n.Node:
    value = Decimal(token.text)
    if len(value.as_tuple().digits) > MAX_DIGITS or abs(value.adjusted()) > 6000:
        raise unreadable("M310", parser.text, token.start, token.end, max=MAX_DIGITS)
    return n.Number(value, span=(token.start, token.end))


def _text(parser: Parser, token: Token) -> n.Node:
    return n.Text(token.text, span=(token.start, token.end))


def _at(parser: Parser, token: Token) -> n.Node:
    if parser.token.kind != TEXT:
        parser.unexpected("um texto entre aspas")
    return n.At(parser.advance().text, **parser.spanned(token.start))


def _moment(parser: Parser, token: Token) -> n.Node:
    return n.At(token.text, span=(token.start, token.end))


def _name(parser: Parser, token: Token) -> n.Node:
    if token.text == "?":
        return n.Input(span=(token.start, token.end))
    return n.Name(token.text, span=(token.start, token.end))


def _negative(parser: Parser, token: Token) -> n.Node:
    return n.Negative(parser.expression(NEGATE), **parser.spanned(token.start))


def _parenthesis(parser: Parser, token: Token) -> n.Node:
    if parser.is_next(*COMPARING):
        operator = parser.advance().text
        test = n.Test(operator, parser.expression(COMPARE), **parser.spanned(token.start))
        parser.expect(")")
        return test
    inner = parser.expression()
    if parser.accept(".."):
        return range_from(parser, token, inner, closed=False)
    parser.expect(")")
    return inner


def _bracket(parser: Parser, token: Token) -> n.Node:
    if parser.accept("]"):
        return n.ListOf((), **parser.spanned(token.start))
    items = [parser.test()]
    if not isinstance(items[0], n.Test):
        items = [rest(parser, items[0])]
    if parser.accept(".."):
        return range_from(parser, token, items[0], closed=True)
    while parser.accept(","):
        items.append(parser.test() if parser.is_next(*COMPARING) else parser.expression())
    parser.expect("]")
    return n.ListOf(tuple(items), **parser.spanned(token.start))


def rest(parser: Parser, left: n.Node) -> n.Node:
    """Read what follows a part that was read as one side of a comparison."""
    while strength := parser.strength():
        left = parser.infix(left, strength)
    return left


def _open_range(parser: Parser, token: Token) -> n.Node:
    low = parser.expression()
    parser.expect("..")
    return range_from(parser, token, low, closed=False)


def range_from(parser: Parser, token: Token, low: n.Node, *, closed: bool) -> n.Node:
    """Read the end of a range whose beginning was read."""
    parser.ranges += 1
    high = parser.expression()
    parser.ranges -= 1
    if not parser.is_next("]", ")", "["):
        parser.unexpected("]")
    high_closed = parser.advance().text == "]"
    return n.Range(low, high, closed, high_closed, **parser.spanned(token.start))


def _context(parser: Parser, token: Token) -> n.Node:
    entries: list[n.Entry] = []
    while not parser.is_next("}"):
        start = parser.token.start
        key = parser.key(ENTRY)
        entries.append(n.Entry(key, parser.expression(), **parser.spanned(start)))
        if not parser.accept(","):
            break
    parser.expect("}")
    return n.Context(tuple(entries), **parser.spanned(token.start))


# ── flow ──────────────────────────────────────────────────────────────────────────────────────────


def _if(parser: Parser, start: int) -> n.Node:
    condition = parser.expression()
    parser.expect("then")
    yes = parser.expression()
    parser.expect("else")
    return n.If(condition, yes, parser.expression(), **parser.spanned(start))


def _iterations(parser: Parser) -> tuple[n.Iteration, ...]:
    found = []
    while True:
        start = parser.token.start
        name = parser.key(LOOPED)
        source = parser.expression()
        to = parser.expression() if parser.accept("..") else None
        found.append(n.Iteration(name, source, to, **parser.spanned(start)))
        if not parser.accept(","):
            return tuple(found)


def _for(parser: Parser, start: int) -> n.Node:
    iterations = _iterations(parser)
    parser.expect("return")
    return n.For(iterations, parser.expression(), **parser.spanned(start))


def _quantified(quantifier: str) -> Callable[[Parser, int], n.Node]:
    def read(parser: Parser, start: int) -> n.Node:
        iterations = _iterations(parser)
        parser.expect("satisfies")
        return n.Quantified(quantifier, iterations, parser.expression(), **parser.spanned(start))

    return read


def _function(parser: Parser, start: int) -> n.Node:
    parser.expect("(")
    parameters: list[tuple[str, n.TypeName | None]] = []
    while not parser.is_next(")"):
        name = parser.key(PARAMETER)
        parameters.append((name, parser.type_name() if parser.accept(":") else None))
        if not parser.accept(","):
            break
    parser.expect(")")
    if parser.is_next("external"):
        raise unreadable("M312", parser.text, parser.token.start, parser.token.end)
    return n.Function(tuple(parameters), parser.expression(), **parser.spanned(start))


def _constant(make: Callable[..., n.Node], *values: Any) -> Callable[[Parser, int], n.Node]:
    return lambda parser, start: make(*values, **parser.spanned(start))


FLOW: dict[str, Callable[[Parser, int], n.Node]] = {
    "if": _if, "for": _for, "some": _quantified("some"), "every": _quantified("every"), "function": _function,
    "true": _constant(n.Boolean, True), "false": _constant(n.Boolean, False), "null": _constant(n.Null),
}  # fmt: skip
PREFIX: dict[str, Callable[[Parser, Token], n.Node]] = {
    NUMBER: _number, TEXT: _text, AT: _at, MOMENT: _moment, NAME: _name, "-": _negative, "(": _parenthesis,
    "[": _bracket, "]": _open_range, "{": _context,
}  # fmt: skip
