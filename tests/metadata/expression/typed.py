"""Random expressions without faults, of a wanted kind, over a record with a field of each plain kind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from kernel.expression import moments
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.kinds import BOOLEAN, DATE, DURATION, NUMBER, TEXT, Kind

FIELDS: dict[str, Kind] = {
    "idade": NUMBER, "valor": NUMBER, "nome": TEXT, "cidade": TEXT, "inicio": DATE, "fim": DATE,
    "ativo": BOOLEAN, "web": BOOLEAN, "prazo": DURATION, "espera": DURATION,
}  # fmt: skip
LENGTHS = ("P1D", "P30D", "PT36H", "-P10D", "P1M", "P18M", "-P1Y", "P0D")
Draw = Callable[[Any], Any]


def _call(name: str, *arguments: n.Node) -> n.Node:
    return n.Call(n.Name(name), tuple(arguments))


def _literal(kind: str) -> st.SearchStrategy[n.Node]:
    numbers = st.decimals(-1000, 1000, places=2).map(abs).map(lambda value: n.Number(Decimal(value)))
    return {
        b.NUMBER: numbers,
        b.TEXT: st.text("abcç é", max_size=4).map(n.Text),
        b.DATE: st.dates().map(lambda day: n.At(day.isoformat())),
        b.BOOLEAN: st.booleans().map(n.Boolean),
        b.DURATION: st.sampled_from(LENGTHS).map(lambda text: _call("duration", n.Text(text))),
    }[kind]


@st.composite
def typed(draw: Draw, kind: str, depth: int = 3) -> n.Node:
    """Return an expression of a kind."""
    fields = [name for name, found in FIELDS.items() if found.name == kind]
    leaf = st.sampled_from(fields).map(n.Name) | _literal(kind) | st.just(n.Null())
    if depth == 0:
        return draw(leaf)

    def some(wanted: str) -> n.Node:
        return draw(typed(wanted, depth - 1))

    makers = [
        lambda: draw(leaf),
        lambda: n.If(some(b.BOOLEAN), some(kind), some(kind)),
        *_makers(draw, kind, some),
    ]
    return makers[draw(st.integers(0, len(makers) - 1))]()


def _lengths(pick: Callable[..., str], some: Callable[[str], n.Node]) -> list[Callable[[], n.Node]]:
    return [
        lambda: n.Arithmetic(pick("+", "-"), some(b.DURATION), some(b.DURATION)),
        lambda: n.Arithmetic(pick("*", "/"), some(b.DURATION), some(b.NUMBER)),
        lambda: n.Negative(some(b.DURATION)),
        lambda: _call("abs", some(b.DURATION)),
        lambda: _call(pick("min", "max", "sum", "mean"), n.ListOf((some(b.DURATION), some(b.DURATION)))),
    ]


def _makers(draw: Draw, kind: str, some: Callable[[str], n.Node]) -> list[Callable[[], n.Node]]:
    def pick(*choices: str) -> str:
        return str(draw(st.sampled_from(choices)))

    def comparison() -> n.Node:
        wanted = pick(b.NUMBER, b.TEXT, b.DATE, b.DURATION)
        return n.Comparison(pick("=", "!=", "<", "<=", ">", ">="), some(wanted), some(wanted))

    def within() -> n.Node:
        wanted = pick(b.NUMBER, b.DATE, b.DURATION)
        tests = (n.Range(some(wanted), some(wanted), True, False), n.Test(pick("<", ">="), some(wanted)))
        return n.In(some(wanted), tests)

    def days() -> n.Node:
        return n.Path(n.Arithmetic("-", some(b.DATE), some(b.DATE)), "days")

    made: dict[str, list[Callable[[], n.Node]]] = {
        b.NUMBER: [
            lambda: n.Arithmetic(pick("+", "-", "*", "/"), some(b.NUMBER), some(b.NUMBER)),
            lambda: n.Negative(some(b.NUMBER)),
            lambda: _call("string length", some(b.TEXT)),
            lambda: _call(pick("floor", "ceiling", "abs"), some(b.NUMBER)),
            lambda: _call("modulo", some(b.NUMBER), some(b.NUMBER)),
            lambda: _call(pick("min", "max", "sum"), n.ListOf((some(b.NUMBER), some(b.NUMBER)))),
            lambda: n.Path(some(b.DATE), pick("year", "month", "day")),
            lambda: n.Path(some(b.DURATION), pick("years", "months", "days", "hours")),
            lambda: n.Arithmetic("/", some(b.DURATION), some(b.DURATION)),
            days,
        ],
        b.TEXT: [
            lambda: n.Arithmetic("+", some(b.TEXT), some(b.TEXT)),
            lambda: _call("substring", some(b.TEXT), n.Number(Decimal(draw(st.integers(1, 3))))),
            lambda: _call(pick("upper case", "lower case"), some(b.TEXT)),
        ],
        b.DATE: [
            lambda: n.Arithmetic(pick("+", "-"), some(b.DATE), n.At(pick("P1M", "P2Y", "P10D"))),
            lambda: n.Arithmetic(pick("+", "-"), some(b.DATE), some(b.DURATION)),
            lambda: _call("last day of month", some(b.DATE)),
        ],
        b.DURATION: _lengths(pick, some),
        b.BOOLEAN: [
            comparison,
            within,
            lambda: n.Logic(pick("and", "or"), (some(b.BOOLEAN), some(b.BOOLEAN))),
            lambda: _call("not", some(b.BOOLEAN)),
            lambda: n.Between(some(b.NUMBER), some(b.NUMBER), some(b.NUMBER)),
            lambda: _call(pick("contains", "starts with"), some(b.TEXT), some(b.TEXT)),
            lambda: n.Quantified(
                pick("some", "every"),
                (n.Iteration("i", n.ListOf((some(b.NUMBER), some(b.NUMBER)))),),
                n.Comparison(">", n.Name("i"), some(b.NUMBER)),
            ),
        ],
    }
    return made[kind]


records = st.fixed_dictionaries(
    {
        "idade": st.none() | st.integers(0, 120).map(Decimal),
        "valor": st.none() | st.decimals(-10_000, 10_000, places=2),
        "nome": st.none() | st.text("abç", max_size=4),
        "cidade": st.none() | st.text("abç", max_size=4),
        "inicio": st.none() | st.dates(),
        "fim": st.none() | st.dates(),
        "ativo": st.none() | st.booleans(),
        "web": st.none() | st.booleans(),
        "prazo": st.none() | st.sampled_from(LENGTHS).map(moments.read_duration),
        "espera": st.none() | st.sampled_from(LENGTHS).map(moments.read_duration),
    }
)
