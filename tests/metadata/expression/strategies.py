"""Random expressions: as nodes that make sense, and as texts that mostly make none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS
from metadata.expression.grammar import KEYWORDS

names = st.sampled_from(
    (
        "a",
        "idade",
        "nome",
        "ção",
        "x1",
        "e",
        "soma",
        "senao",
        "dias",
        "string length",
        "days",
        "days between",
        "if",
        "nome do titular",
        "É",
    )
)
numbers = st.decimals(0, 10**9, places=2, allow_nan=False).map(lambda value: n.Number(Decimal(value)))
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
leaves: st.SearchStrategy[n.Node] = (
    st.just(n.Null())
    | st.booleans().map(n.Boolean)
    | numbers
    | texts.map(n.Text)
    | names.map(n.Name)
    | st.just(n.At("2026-01-31"))
    | st.just(n.Input())
)
types = st.recursive(
    st.sampled_from(("number", "string", "date and time", "Any")).map(n.TypeName),
    lambda inner: (
        inner.map(lambda one: n.TypeName("list", (one,)))
        | st.tuples(inner, inner).map(lambda pair: n.TypeName("context", pair, ("a", "b c")))
        | st.tuples(inner, inner).map(lambda pair: n.TypeName("function", pair[:1], result=pair[1]))
    ),
    max_leaves=3,
)


def _branches(inner: st.SearchStrategy[n.Node]) -> st.SearchStrategy[n.Node]:
    def of(kind: Any, *parts: Any) -> st.SearchStrategy[n.Node]:
        return st.builds(kind, *parts)

    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    iterations = st.lists(of(n.Iteration, names, inner, st.none() | inner), min_size=1, max_size=2).map(tuple)
    tests = st.lists(inner | of(n.Test, st.sampled_from((">", "<=", "!=")), inner), min_size=1, max_size=3)
    return (
        of(n.ListOf, st.lists(inner, max_size=3).map(tuple))
        | of(n.Context, st.dictionaries(names, inner, max_size=2).map(
            lambda pairs: tuple(n.Entry(key, value) for key, value in pairs.items())))
        | of(n.Range, inner, inner, st.booleans(), st.booleans())
        | of(n.Function, st.lists(st.tuples(names, st.none() | types), max_size=2).map(tuple), inner)
        | of(n.Path, inner, names)
        | of(n.Filter, inner, inner)
        | of(n.Call, inner, st.lists(inner, max_size=2).map(tuple))
        | of(n.Call, inner, st.tuples(inner), st.just(("start position",)))
        | of(n.Negative, inner)
        | of(n.Arithmetic, st.sampled_from(("+", "-", "*", "/", "**")), inner, inner)
        | of(n.Comparison, st.sampled_from(("=", "!=", "<", ">=")), inner, inner)
        | of(n.Between, inner, inner, inner)
        | of(n.In, inner, tests.map(tuple))
        | of(n.Logic, st.sampled_from(("and", "or")), st.lists(inner, min_size=2, max_size=3).map(tuple))
        | of(n.InstanceOf, inner, types)
        | of(n.If, inner, inner, inner)
        | of(n.For, iterations, inner)
        | of(n.Quantified, st.sampled_from(("some", "every")), iterations, inner)
        | several.map(n.ListOf)
    )  # fmt: skip


expressions = st.recursive(leaves, _branches, max_leaves=10)
pieces = st.sampled_from(
    (*KEYWORDS, *BUILTINS, *"()[]{}.,:;?-+*/=<>@\"'`\\ \n\t0123456789", "**", "..", "->", "<=", "!=", "//", "/*", "*/",
     '"x"', "\\u00e9", "ção", "\U0001f600", "\x00", "1e999", "1e99999999", "__class__", "a.b", "DROP TABLE"),
)  # fmt: skip
fragments = st.lists(pieces, max_size=40).map(" ".join) | st.lists(pieces, max_size=40).map("".join)
