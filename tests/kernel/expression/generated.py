"""Random expressions without faults about the people of people.py: every construct that has a form in SQL."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from metadata.expression import builtins as b
from metadata.expression import nodes as n
from tests.kernel.expression.people import AMOUNTS, Chance

ONES = {
    b.NUMBER: ("idade", "valor", "taxa", "valor", "empresa.capital", "empresa.sede.populacao", "id", "grande", "empresa.id", "saldo", "empresa.cota", "total"),
    b.TEXT: ("nome", "codigo", "empresa.nome", "empresa.sede.nome", "outra.nome", "rotulo"),
    b.DATE: ("inicio", "fim", "empresa.abertura", "outra.sede.fundacao"),
    b.BOOLEAN: ("ativo", "web", "empresa.ativa"),
    b.TIME: ("hora",),
    b.INSTANT: ("registro",),
    b.DURATION: ("prazo", "prazo", "dobro"),
}  # fmt: skip
ROWS = {
    b.NUMBER: ("valor", "quantidade", "valor", "cidade.populacao", "subtotal"),
    b.TEXT: ("nome", "cidade.nome"),
    b.DATE: ("dia", "cidade.fundacao"),
    b.BOOLEAN: ("ativo",),
    b.DURATION: ("espera",),
}
NUMBER, TEXT, DATE, BOOLEAN = b.NUMBER, b.TEXT, b.DATE, b.BOOLEAN
RELATIONS = ("before", "after", "coincides")
SPANS = (
    "overlaps", "meets", "met by", "overlaps before", "overlaps after", "finishes", "starts", "includes", "during",
)  # fmt: skip
PICKED = {NUMBER: "capital", TEXT: "nome", DATE: "abertura", BOOLEAN: "ativa"}


def reach(path: str) -> n.Node:
    """Return the node of a path."""
    first, *rest = path.split(".")
    node: n.Node = n.Name(first)
    for name in rest:
        node = n.Path(node, name)
    return node


def call(name: str, *arguments: n.Node) -> n.Node:
    """Return a call of a built-in."""
    return n.Call(n.Name(name), tuple(arguments))


def whole(value: int) -> n.Node:
    """Return a whole number, as an author writes it."""
    return n.Negative(n.Number(Decimal(-value))) if value < 0 else n.Number(Decimal(value))


class Generator:
    """Makes expressions from one seed; `names` are the loop variables in scope by kind."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed)
        self.loops = 0
        self.names: dict[str, list[n.Node]] = {}

    def make(self, kind: str, depth: int = 3) -> n.Node:
        """Return an expression of a kind."""
        makers = self.leaves(kind)
        if depth > 0 and self.chance.random() < 0.9:
            makers = self.composed(kind, depth - 1)
        return self.chance.choice(makers)()

    def leaves(self, kind: str) -> list[Callable[[], n.Node]]:
        near = self.names.get(kind, [])
        found: list[Callable[[], n.Node]] = (
            [lambda: reach(self.chance.choice(ONES[kind]))] * 3 if kind in ONES else []
        )
        found += [lambda: self.chance.choice(near)] * 4 if near else []
        found += [lambda: n.Path(self.picked(), PICKED[kind])] if kind in PICKED else []
        return [*found, lambda: self.literal(kind)]

    def picked(self) -> n.Node:
        """Return a record that is one or another."""
        one, other = n.Name("empresa"), n.Name("outra")
        if self.chance.random() < 0.5:
            return call("coalesce", one, other)
        return n.If(reach("ativo"), one, self.chance.choice((other, n.Null())))

    def literal(self, kind: str) -> n.Node:
        if self.chance.random() < 0.08:
            return n.Null()
        return {
            NUMBER: lambda: self._number(self.chance.choice(AMOUNTS)),
            TEXT: lambda: n.Text(self.chance.text()),
            DATE: lambda: self.chance.choice((n.At, lambda text: call("date", n.Text(text))))(self.chance.day().isoformat()),
            BOOLEAN: lambda: n.Boolean(self.chance.yes()),
            b.TIME: lambda: n.At(self.chance.choice(("10:30:00", "00:00:00", "23:59:59.5"))),
            b.INSTANT: lambda: n.At(self.chance.choice(("2026-11-26T10:00:00Z", "1999-12-31T23:00:00-03:00"))),
            b.DAYS: lambda: n.At(self.chance.choice(("P1D", "P30D", "-P10D", "PT36H", "P365D", "PT0S", "-PT1H", "P4000000D"))),
            b.MONTHS: lambda: call("duration", n.Text(self.chance.choice(("P1M", "P1Y", "-P1M", "P18M", "P0M", "P9999Y")))),
            b.DURATION: lambda: call("duration", n.Text(self.chance.choice(("P1D", "P1M", "-P18M", "PT36H", "P2Y", "P0D")))),
        }[kind]()  # fmt: skip

    def _number(self, value: Decimal) -> n.Node:
        return n.Negative(n.Number(-value)) if value < 0 else n.Number(value)

    # ── by kind ───────────────────────────────────────────────────────────────────────────────────

    def composed(self, kind: str, depth: int) -> list[Callable[[], n.Node]]:
        some = lambda wanted: self.make(wanted, depth)  # noqa: E731 (short, used everywhere below)
        pick = self.chance.choice
        own = {
            NUMBER: self.numbers, TEXT: self.texts, DATE: self.dates, BOOLEAN: self.conditions, b.DAYS: self.days,
            b.MONTHS: self.months, b.TIME: self.times, b.INSTANT: self.instants,
            b.DURATION: self.lengths,
        }[kind](some, pick, depth)  # fmt: skip
        return [
            *own,
            pick(self.leaves(kind)),
            lambda: n.If(some(BOOLEAN), some(kind), some(kind)),
        ]

    def numbers(self, some: Any, pick: Any, depth: int) -> list[Callable[[], n.Node]]:
        rounding = (
            "decimal",
            "round up",
            "round down",
            "round half up",
            "round half down",
            "floor",
            "ceiling",
        )
        return [
            *[lambda: n.Arithmetic(pick("+-*/"), some(NUMBER), some(NUMBER))] * 3,
            lambda: n.Negative(some(NUMBER)),
            lambda: call(pick(rounding), n.Arithmetic("/", some(NUMBER), some(NUMBER)), whole(pick((0, 1, 2)))),
            lambda: call(pick(rounding), some(NUMBER), whole(pick((0, 1, 2, -1, -2)))),
            lambda: call(pick(("floor", "ceiling", "abs")), some(NUMBER)),
            lambda: call("modulo", some(NUMBER), some(NUMBER)),
            lambda: n.Arithmetic("**", reach(pick(("taxa", "taxa"))), n.Number(Decimal(pick((1, 2, 3))))) if pick((0, 1, 1, 1)) == 0 else some(NUMBER),
            lambda: call("string length", some(TEXT)),
            lambda: call("drawn", some(TEXT), pick((whole(100), some(NUMBER)))),
            lambda: call(pick(("years between", "months between", "days between")), some(DATE), some(DATE)),
            lambda: call("coalesce", some(NUMBER), some(NUMBER), some(NUMBER)),
            lambda: call("business days between", some(DATE), some(DATE)),
            lambda: call(pick(("min", "max", "sum", "mean")), n.ListOf((some(NUMBER), some(NUMBER)))),
            lambda: call(pick(("min", "max", "sum", "mean")), some(NUMBER), some(NUMBER), some(NUMBER)),
            lambda: n.Path(some(DATE), pick(("year", "month", "day", "weekday"))),
            lambda: call(pick(("day of year", "week of year")), some(DATE)),
            lambda: n.Path(some(b.DAYS), pick(("days", "hours", "minutes", "seconds"))),
            lambda: n.Path(some(b.MONTHS), pick(("years", "months"))),
            lambda: n.Path(some(b.DURATION), pick(("years", "months", "days", "hours", "minutes", "seconds"))),
            lambda: n.Arithmetic("/", *(some(pick((b.DAYS, b.DURATION))), some(b.DURATION))),
            lambda: n.Arithmetic("/", *map(some, [pick((b.DAYS, b.MONTHS))] * 2)),
            lambda: n.Path(some(b.TIME), pick(("hour", "minute", "second"))),
            lambda: call("count", pick((n.Name("itens"), n.Name("cidades"), self.filtered(depth)))),
            *[lambda: call(pick(("sum", "min", "max", "mean", "count")), n.Path(self.filtered(depth), pick(("valor", "quantidade"))))] * 2,
            lambda: call(pick(("min", "max", "sum")), self.looped(NUMBER, depth)),
        ]  # fmt: skip

    def texts(self, some: Any, pick: Any, depth: int) -> list[Callable[[], n.Node]]:
        return [
            lambda: n.Arithmetic("+", some(TEXT), some(TEXT)),
            lambda: call("substring", some(TEXT), whole(pick((1, 2, 3, -1, -2, 0, 9)))),
            lambda: call("substring", some(TEXT), some(NUMBER), some(NUMBER)),
            lambda: call("substring", some(TEXT), whole(pick((1, 2, -2))), whole(pick((0, 1, 3, 99)))),
            lambda: call(pick(("upper case", "lower case")), some(TEXT)),
            lambda: call(pick(("substring before", "substring after")), some(TEXT), some(TEXT)),
            lambda: call("string", some(pick((TEXT, NUMBER, DATE, BOOLEAN, b.DAYS, b.MONTHS, b.DURATION)))),
            lambda: call(pick(("day of week", "month of year")), some(DATE)),
            lambda: call(pick(("min", "max", "coalesce")), some(TEXT), some(TEXT)),
            lambda: call(pick(("left", "right", "pad left")), some(TEXT), pick((whole(3), some(NUMBER)))),
            lambda: call("pad right", some(TEXT), whole(6), n.Text(pick(("0", "é", "xx")))),
            lambda: call(pick(("trim", "digits of", "mod11")), some(TEXT)),
            lambda: call(pick(("min", "max")), n.Path(self.filtered(depth), "nome")),
        ]

    def dates(self, some: Any, pick: Any, depth: int) -> list[Callable[[], n.Node]]:
        return [
            lambda: n.Arithmetic(pick("+-"), some(DATE), some(b.DAYS)),
            lambda: n.Arithmetic("+", some(b.MONTHS), some(DATE)),
            *[lambda: n.Arithmetic(pick("+-"), some(DATE), some(b.DURATION))] * 2,
            lambda: n.Arithmetic(pick("+-"), some(DATE), self.literal(b.MONTHS)),
            lambda: call(
                pick(("last day of month", "first day of month", "first day of year", "last day of year")),
                some(DATE),
            ),
            lambda: call("next business day", some(DATE)),
            lambda: call("add business days", some(DATE), whole(pick((-30, -1, 0, 1, 2, 10)))),
            lambda: call("coalesce", some(DATE), some(DATE)),
            lambda: call("today"),
            lambda: call("date", some(NUMBER), some(NUMBER), some(NUMBER)),
            lambda: call(
                "date", n.Path(some(DATE), "year"), whole(pick((1, 2, 12, 13))), whole(pick((1, 28, 29, 31)))
            ),
            lambda: call(pick(("min", "max")), some(DATE), some(DATE)),
            lambda: call(pick(("min", "max")), n.Path(self.filtered(depth), "dia")),
        ]

    def times(self, some: Any, pick: Any, _depth: int) -> list[Callable[[], n.Node]]:
        return [lambda: n.Arithmetic(pick("+-"), some(b.TIME), some(b.DAYS))]

    def sums(self, some: Any, pick: Any, kind: str) -> list[Callable[[], n.Node]]:
        """Return what is made of lengths of a kind, and of numbers."""
        return [
            lambda: n.Arithmetic(pick("+-"), some(kind), some(kind)),
            lambda: n.Arithmetic("*", some(kind), some(NUMBER)),
            lambda: n.Arithmetic("*", self.literal(NUMBER), some(kind)),
            lambda: n.Arithmetic("/", some(kind), pick((some(NUMBER), self.literal(NUMBER)))),
            lambda: n.Negative(some(kind)),
            lambda: call(pick(("min", "max", "coalesce")), some(kind), some(kind)),
            lambda: call(pick(("sum", "mean", "max")), n.ListOf((some(kind), some(kind)))),
        ]

    def lengths(self, some: Any, pick: Any, depth: int) -> list[Callable[[], n.Node]]:
        """Return lengths of which only the row says the kind."""
        kind = b.DURATION
        return [
            *self.sums(some, pick, kind),
            lambda: n.If(some(BOOLEAN), some(b.DAYS), some(kind)),
            lambda: n.Arithmetic(pick("+-"), some(kind), some(pick((b.DAYS, b.MONTHS)))),
            lambda: call("abs", some(kind)),
            lambda: call("duration", pick((some(TEXT), call("string", some(kind)), n.Text("P1M")))),
            lambda: call(pick(("min", "max", "sum", "mean")), n.Path(self.filtered(depth), "espera")),
            lambda: call(pick(("min", "max", "sum")), self.looped(kind, depth)),
        ]

    def days(self, some: Any, pick: Any, _depth: int) -> list[Callable[[], n.Node]]:
        return [
            *self.sums(some, pick, b.DAYS),
            lambda: n.Arithmetic("-", *pick(((some(DATE), some(b.INSTANT)), (some(b.INSTANT), some(DATE))))),
            *[lambda: n.Arithmetic("-", some(DATE), some(DATE))] * 2,
            lambda: n.Arithmetic("-", some(b.INSTANT), some(b.INSTANT)),
            lambda: n.Arithmetic("-", some(b.TIME), some(b.TIME)),
            lambda: call("abs", some(b.DAYS)),
        ]

    def months(self, some: Any, pick: Any, _depth: int) -> list[Callable[[], n.Node]]:
        return [
            *[lambda: call("years and months duration", some(DATE), some(DATE))] * 2,
            *self.sums(some, pick, b.MONTHS),
        ]

    def instants(self, some: Any, pick: Any, _depth: int) -> list[Callable[[], n.Node]]:
        return [lambda: n.Arithmetic(pick("+-"), some(b.INSTANT), some(b.DAYS)), lambda: call("now")]

    def conditions(self, some: Any, pick: Any, depth: int) -> list[Callable[[], n.Node]]:
        ordered = (NUMBER, NUMBER, TEXT, DATE, b.DAYS, b.MONTHS, b.TIME, b.INSTANT, b.DURATION, b.DURATION)

        def comparison(*signs: str) -> n.Node:
            kind = pick(ordered)
            return n.Comparison(pick(signs), some(kind), some(kind))

        def related() -> n.Node:
            kind = pick((NUMBER, DATE))
            return call(pick(SPANS + RELATIONS), self.span(some, kind), self.span(some, kind))

        def points() -> n.Node:
            kind = pick((NUMBER, DATE, TEXT))
            return call(pick(RELATIONS), some(kind), some(kind))

        def quantified() -> n.Node:
            kind = pick((NUMBER, TEXT))
            items = (n.Iteration("z", n.ListOf((some(kind), some(kind)))),)
            return n.Quantified(
                pick(("some", "every")), items, n.Comparison(pick(("=", "<")), n.Name("z"), some(kind))
            )

        return [
            *[lambda: comparison("=", "!=", "<", "<=", ">", ">=")] * 3,
            lambda: n.Comparison(pick(("=", "!=")), some(BOOLEAN), some(BOOLEAN)),
            lambda: n.Comparison(pick(("=", "!=")), n.Name("empresa"), pick((n.Name("outra"), n.Null()))),
            lambda: n.Logic(pick(("and", "or")), (some(BOOLEAN), some(BOOLEAN))),
            lambda: n.Logic(pick(("and", "or")), (some(BOOLEAN), some(BOOLEAN), some(BOOLEAN))),
            *[lambda: call("not", some(BOOLEAN))] * 2,
            *[lambda: self.rounded(some, pick)] * 2,
            lambda: n.Between(some(NUMBER), some(NUMBER), some(NUMBER)),
            lambda: n.Between(some(DATE), some(DATE), some(DATE)),
            lambda: n.Between(some(b.DURATION), some(b.DURATION), some(b.DURATION)),
            lambda: n.Comparison(pick(("=", "!=", "<")), some(b.DURATION), some(pick((b.DAYS, b.MONTHS)))),
            lambda: n.Comparison(pick(("=", "!=")), some(b.DURATION), n.Null()),
            *[lambda: self.within(some, pick, depth)] * 2,
            lambda: call(pick(("contains", "starts with", "ends with")), some(TEXT), some(TEXT)),
            lambda: call(pick(("odd", "even")), some(NUMBER)),
            lambda: call("is business day", some(DATE)),
            lambda: call("is", *map(some, [pick((NUMBER, TEXT, DATE, BOOLEAN))] * 2)),
            lambda: call("list contains", n.ListOf((some(TEXT), some(TEXT))), some(TEXT)),
            lambda: call("list contains", n.Path(self.filtered(depth), "valor"), some(NUMBER)),
            lambda: call(pick(("all", "any")), some(BOOLEAN), some(BOOLEAN)),
            lambda: call(pick(("all", "any")), n.Path(self.filtered(depth), "ativo")),
            related,
            points,
            quantified,
            *[lambda: self.over_rows(depth)] * 3,
        ]  # fmt: skip

    def rounded(self, some: Any, pick: Any) -> n.Node:
        """Return a rounded number or quotient beside a written one."""
        rounding = (
            "decimal",
            "round up",
            "round down",
            "round half up",
            "round half down",
            "floor",
            "ceiling",
        )
        value = (
            n.Arithmetic("/", some(NUMBER), pick((some(NUMBER), self.literal(NUMBER))))
            if pick((0, 1))
            else some(NUMBER)
        )
        sides = call(pick(rounding), value, whole(pick((0, 1, 2)))), self._number(pick(AMOUNTS))
        left, right = sides if pick((0, 1)) else sides[::-1]
        return n.Comparison(pick(("<", "<=", ">", ">=")), left, right)

    def within(self, some: Any, pick: Any, depth: int) -> n.Node:
        kind = pick((NUMBER, DATE, TEXT, b.DURATION))
        tests = [
            lambda: some(kind),
            lambda: self.span(some, kind),
            lambda: n.Test(pick(("<", ">=", ">", "<=", "=", "!=")), some(kind)),
            lambda: n.ListOf((some(kind), some(kind))),
            lambda: n.Comparison("=", n.Input(), some(kind)),
        ]
        if kind == NUMBER:
            tests.append(lambda: n.Path(self.filtered(depth), "valor"))
        return n.In(some(kind), tuple(pick(tests)() for _ in range(pick((1, 2, 3)))))

    def span(self, some: Any, kind: str) -> n.Node:
        low, high = some(kind), some(kind)
        if self.chance.random() < 0.2:
            low = n.Null()
        return n.Range(low, high, self.chance.yes(), self.chance.yes())

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────

    def filtered(self, depth: int) -> n.Node:
        """Return the rows of a person, mostly with a condition on them."""
        if self.chance.random() < 0.4:
            return n.Name("itens")
        condition = self.inside(
            {kind: [reach(path) for path in paths] for kind, paths in ROWS.items()}, BOOLEAN, depth
        )
        if not isinstance(condition, n.Comparison | n.Logic | n.Between | n.In | n.Boolean | n.Quantified):
            condition = n.Logic("and", (condition, n.Boolean(True)))
        return n.Filter(n.Name("itens"), condition)

    def looped(self, kind: str, depth: int) -> n.Node:
        """Return what each row comes to."""
        name = self.loop()
        near = {each: [reach(f"{name}.{path}") for path in paths] for each, paths in ROWS.items()}
        return n.For((n.Iteration(name, self.filtered(depth)),), self.inside(near, kind, depth))

    def over_rows(self, depth: int) -> n.Node:
        """Return a condition on some or every row, or on pairs of rows."""
        name, other = self.loop(), self.loop()
        near = {kind: [reach(f"{name}.{path}") for path in paths] for kind, paths in ROWS.items()}
        iterations = [n.Iteration(name, self.filtered(depth))]
        if self.chance.random() < 0.2:
            iterations.append(n.Iteration(other, n.Name("cidades")))
            near[TEXT] = [*near[TEXT], reach(f"{other}.nome")]
        return n.Quantified(
            self.chance.choice(("some", "every")), tuple(iterations), self.inside(near, BOOLEAN, depth)
        )

    def loop(self) -> str:
        self.loops += 1
        return f"r{self.loops}"

    def inside(self, near: dict[str, list[n.Node]], kind: str, depth: int) -> n.Node:
        """Return an expression that also sees the names of a row."""
        before, self.names = self.names, near
        try:
            return self.make(kind, min(depth, 2))
        finally:
            self.names = before
