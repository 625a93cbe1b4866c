"""This file turns a text into the nodes of an expression: a Pratt parser over the tokens of scan.py.

It knows no metadata: whether names exist and types fit is judged by check.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from metadata.expression import nodes as n
from metadata.expression.begin import FLOW, PREFIX, range_from, rest
from metadata.expression.faults import Fault, Unreadable, unreadable
from metadata.expression.grammar import (
    AND,
    COMPARE,
    COMPARING,
    ENDS,
    ENTRY,
    INFIX,
    KEYWORDS,
    MAX_DEPTH,
    OR,
    PARAMETER,
)
from metadata.expression.scan import END, MAX_LENGTH, NAME, SIGN, TEXT, Token, composed
from metadata.expression.words import ENGLISH, Words


def parse(text: str, names: Iterable[str] = (), words: Words = ENGLISH) -> n.Node | Fault:
    """Return the expression, or what is wrong with the text.

    names: names of the scope with blanks or signs inside, where a model of another tool has such.
    """
    return _read(text, names, words, lambda parser: parser.expression())


def parse_tests(text: str, names: Iterable[str] = (), words: Words = ENGLISH) -> n.UnaryTests | Fault:
    """Return the unary tests of a cell (`-`, `< 5, > 9`, `not("A")`), or what is wrong with the text."""
    read = _read(text, names, words, lambda parser: parser.unary_tests())
    assert isinstance(read, n.UnaryTests | Fault)
    return read


def _read(text: str, names: Iterable[str], words: Words, rule: Callable[[Parser], n.Node]) -> n.Node | Fault:
    if len(text) > MAX_LENGTH:
        return Fault("M305", (0, len(text)), {"max": MAX_LENGTH})
    parser = Parser(text, composed(names), words)
    try:
        parser.advance()
        found = rule(parser)
        if parser.token.kind != END:
            parser.unexpected()
    except Unreadable as stopped:
        return stopped.fault
    return found


class Parser:
    """One reading of one text; `token` is the one to look at, `behind` is where the last one ended."""

    def __init__(self, text: str, names: frozenset[str], words: Words) -> None:
        self.text = text
        self.words = words
        self.scanner = words.scanner(text, names | words.spoken)
        self.token = Token(END, "", 0, 0)
        self.behind = 0
        self.depth = 0
        self.ranges = 0  # how many ranges wait for their end

    # ── tokens ────────────────────────────────────────────────────────────────────────────────────

    def advance(self, at: int | None = None) -> Token:
        """Go on to the next token, or to the one at a place, and return the one before."""
        last = self.token
        self.behind = last.end
        self.token = self.scanner.token(last.end if at is None else at)
        return last

    def is_next(self, *texts: str) -> bool:
        """Tell whether the token is one of these signs or keywords."""
        token = self.token
        return token.kind in (SIGN, NAME) and token.text in texts and not token.is_quoted

    def accept(self, *texts: str) -> bool:
        """Go past one of these signs or keywords, if it is there."""
        if not self.is_next(*texts):
            return False
        self.advance()
        return True

    def expect(self, text: str) -> None:
        """Go past a sign or keyword that must be there."""
        if not self.accept(text):
            self.unexpected(text)

    def unexpected(self, wanted: str = "") -> None:
        """Refuse the token."""
        token = self.token
        if token.kind == END:
            missing = f" com {self.words.asked(wanted)}" if wanted else ""
            raise unreadable("M306", self.text, token.start, token.end, wanted=missing)
        code = "M307" if wanted else "M304"
        raise unreadable(code, self.text, token.start, token.end, wanted=self.words.asked(wanted))

    def know(self, name: str) -> None:
        """Take a name with blanks or signs inside into the scope of what follows."""
        if new := composed((name,)) - self.scanner.names:
            self.scanner.names |= new

    # ── expressions ───────────────────────────────────────────────────────────────────────────────

    def expression(self, binding: int = 0) -> n.Node:
        """Read an expression whose operators bind tighter than `binding`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise unreadable("M308", self.text, self.token.start, self.token.end, max=MAX_DEPTH)
        left = self.prefix()
        while (strength := self.strength()) > binding:
            left = self.infix(left, strength)
        self.depth -= 1
        return left

    def strength(self) -> int:
        """Return how strongly the token binds as an infix operator; 0 where it is none."""
        token = self.token
        if token.is_quoted or token.kind not in (SIGN, NAME) or (token.text == "[" and self.ends_a_range()):
            return 0
        return INFIX.get(token.text, 0)

    def ends_a_range(self) -> bool:
        """Tell whether `[` closes a range and leaves its end out: nothing that could be a filter follows."""
        if not self.ranges:
            return False
        after = self.scanner.token(self.token.end)
        is_word = after.kind == NAME and not after.is_quoted and after.text in INFIX
        return after.kind == END or is_word or (after.kind == SIGN and after.text not in "-([{")

    def prefix(self) -> n.Node:
        """Read what can begin an expression."""
        token = self.token
        if token.kind == NAME and not token.is_quoted and token.text in FLOW:
            self.advance()
            return FLOW[token.text](self, token.start)
        reader = PREFIX.get(token.text if token.kind == SIGN else token.kind)
        if reader is None or (token.kind == NAME and not token.is_quoted and token.text in KEYWORDS):
            self.unexpected()
        assert reader is not None
        self.advance()
        return reader(self, token)

    def spanned(self, start: int) -> dict[str, Any]:
        """Return the span from a place to the end of the last token."""
        return {"span": (start, self.behind)}

    def infix(self, left: n.Node, strength: int) -> n.Node:
        """Read what follows `left`, beginning with an operator."""
        operator = self.advance().text
        start = left.span[0]
        if operator in _INFIX:
            return _INFIX[operator](self, left)
        if strength in (OR, AND):
            operands = [left, self.expression(strength)]
            while self.accept(operator):
                operands.append(self.expression(strength))
            return n.Logic(operator, tuple(operands), **self.spanned(start))
        right = self.expression(strength)
        kind = n.Comparison if strength == COMPARE else n.Arithmetic
        return kind(operator, left, right, **self.spanned(start))

    # ── what may follow ───────────────────────────────────────────────────────────────────────────

    def between(self, left: n.Node) -> n.Node:
        """Read `between low and high`."""
        low = self.expression(COMPARE)
        self.expect("and")
        high = self.expression(COMPARE)
        return n.Between(left, low, high, **self.spanned(left.span[0]))

    def within(self, left: n.Node) -> n.Node:
        """Read `in` and its tests."""
        token = self.token
        if not self.accept("("):
            return n.In(left, (self.test(),), **self.spanned(left.span[0]))
        tests = [self.inner_test()]
        if self.accept(".."):
            tests = [range_from(self, token, tests[0], closed=False)]
        else:
            while self.accept(","):
                tests.append(self.inner_test())
            self.expect(")")
        if len(tests) == 1 and not isinstance(tests[0], n.Test):
            # The parenthesis may only begin the value: `in (a + b) * 2`.
            while (strength := self.strength()) > COMPARE:
                tests = [self.infix(tests[0], strength)]
        return n.In(left, tuple(tests), **self.spanned(left.span[0]))

    def inner_test(self) -> n.Node:
        """Read one test within parentheses, where any operator may follow."""
        found = self.test()
        return found if isinstance(found, n.Test) else rest(self, found)

    def test(self) -> n.Node:
        """Read one unary test: `< 5`, a range, or any expression."""
        start = self.token.start
        if self.is_next(*COMPARING):
            operator = self.advance().text
            return n.Test(operator, self.expression(COMPARE), **self.spanned(start))
        return self.expression(COMPARE)

    def unary_tests(self) -> n.UnaryTests:
        """Read all that a cell asks."""
        if self.accept("-"):
            if self.token.kind == END:
                return n.UnaryTests((), **self.spanned(0))
            self.advance(0)
        if self.is_next("not") and self.scanner.token(self.token.end).text == "(":
            first = self.token
            self.advance()
            self.advance()
            tests = self.listed(self.whole_test)
            self.expect(")")
            if self.token.kind == END:
                return n.UnaryTests(tests, negated=True, **self.spanned(0))
            self.advance(first.start)
        return n.UnaryTests(self.listed(self.whole_test), **self.spanned(0))

    def whole_test(self) -> n.Node:
        """Read one test of a cell; `?` may be asked anything."""
        start = self.token.start
        if self.is_next(*COMPARING):
            operator = self.advance().text
            return n.Test(operator, self.expression(COMPARE), **self.spanned(start))
        return self.expression()

    def listed(self, item: Callable[[], n.Node]) -> tuple[n.Node, ...]:
        """Read items between commas."""
        items = [item()]
        while self.accept(","):
            items.append(item())
        return tuple(items)

    def instance(self, left: n.Node) -> n.Node:
        """Read `instance of type`."""
        self.expect(self.words.of)
        return n.InstanceOf(left, self.type_name(), **self.spanned(left.span[0]))

    def reach(self, left: n.Node) -> n.Node:
        """Read `.name`."""
        token = self.token
        if token.kind != NAME:
            self.unexpected("um nome")
        self.advance()
        return n.Path(left, token.source or token.text, **self.spanned(left.span[0]))

    def filtered(self, left: n.Node) -> n.Node:
        """Read `[condition]`."""
        condition = self.expression()
        self.expect("]")
        return n.Filter(left, condition, **self.spanned(left.span[0]))

    def called(self, left: n.Node) -> n.Node:
        """Read `(arguments)`."""
        arguments, names = [], []
        while not self.is_next(")"):
            found = self.scanner.match(self.words.patterns[ENTRY], self.token.start)
            if found:
                names.append(" ".join(found[1].split()))
                self.advance(found.end())
            arguments.append(self.expression())
            if not self.accept(","):
                break
        self.expect(")")
        if names and len(names) != len(arguments):
            raise unreadable("M309", self.text, left.span[0], self.behind)
        return n.Call(left, tuple(arguments), tuple(names), **self.spanned(left.span[0]))

    # ── types ─────────────────────────────────────────────────────────────────────────────────────

    def type_name(self) -> n.TypeName:
        """Read a type: `number`, `list<number>`, `context<a: number>`, `function<number> -> number`."""
        token = self.scanner.type_at(self.token)
        if token.kind != NAME:
            self.unexpected("um tipo")
        self.token = token
        self.advance()
        name = token.text
        while self.is_next("."):  # a type of an imported model
            self.advance()
            name = f"{name}.{self.advance().text}"
        items: list[n.TypeName] = []
        keys: list[str] = []
        if self.accept("<"):
            while not self.is_next(">"):
                if name == "context":
                    keys.append(self.key(ENTRY))
                items.append(self.type_name())
                if not self.accept(","):
                    break
            self.expect(">")
        result = self.type_name() if self.accept("->") else None
        return n.TypeName(name, tuple(items), tuple(keys), result, **self.spanned(token.start))

    def key(self, place: str) -> str:
        """Read a name up to what ends it at such a place, and go past that."""
        if self.token.kind == TEXT:
            text = self.advance().text
            self.know(text)
            self.expect(":")
            return text
        if self.token.kind == NAME and self.token.is_quoted:
            after = self.scanner.token(self.token.end)
            if after.text in ENDS[place]:
                name = self.token.text
                self.advance(after.start if place == PARAMETER else after.end)
                return name
        found = self.scanner.match(self.words.patterns[place], self.token.start)
        if found is None:
            self.unexpected("um nome")
        assert found is not None
        self.advance(found.end())
        name = " ".join(found[1].split())
        self.know(name)
        return name


_INFIX: dict[str, Callable[[Parser, n.Node], n.Node]] = {
    "between": Parser.between, "in": Parser.within, "instance": Parser.instance, ".": Parser.reach,
    "[": Parser.filtered, "(": Parser.called,
}  # fmt: skip
