"""Reading expressions: how tightly operators bind, where texts go wrong, and that nothing else can happen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from metadata.expression.faults import Fault
from metadata.expression.grammar import MAX_DEPTH
from metadata.expression.parse import parse, parse_tests
from metadata.expression.write import write
from metadata.problems import Place
from tests import own_time
from tests.metadata.expression.strategies import expressions, fragments

CANONICAL = {
    "1+2*3": "1 + 2 * 3",
    "(1+2)*3": "(1 + 2) * 3",
    "2 - (3 - 4) - 5": "2 - (3 - 4) - 5",
    "-2**2": "-2 ** 2",
    "a or b and not(c)": "a or b and not(c)",
    "(a or b) and c": "(a or b) and c",
    "a = 1 and b": "a = 1 and b",
    "x between 1 and 3 and y": "x between 1 and 3 and y",
    "idade in (<18,>65)": "idade in (< 18, > 65)",
    "x in ([1..5), 9)": "x in ([1..5), 9)",
    "x in (1+2)*3": "x in (1 + 2) * 3",
    "]1..3[": "(1..3)",
    "if a then b else c+1": "if a then b else c + 1",
    "some x in xs satisfies x>1": "some x in xs satisfies x > 1",
    "for i in 1..3, j in ys return i*j": "for i in 1..3, j in ys return i * j",
    "{a:1,`b c`:2}.a": '{a: 1, "b c": 2}.a',
    "`nome do titular`": "`nome do titular`",
    "`if`": "`if`",
    'faturas[situacao="aberta"].valor': 'faturas[situacao = "aberta"].valor',
    "substring(string:nome,start position:2)": "substring(string: nome, start position: 2)",
    'date and time("2026-01-01T00:00:00")': 'date and time("2026-01-01T00:00:00")',
    "years between(a, b)": "years between(a, b)",
    "years between (1) and (9)": "years between 1 and 9",
    "`years between` = x": "`years between` = x",
    "x in words": "x in words",
    "x instance of list<number>": "x instance of list<number>",
    "function(a:number,b)a+b": "function(a: number, b) a + b",
    "0.50 + .5 + 1e3": "0.50 + 0.5 + 1000",
    '"\\u00e9\\n"': '"é\\n"',
    "a // até o fim\n + /* no meio */ b": "a + b",
}
TESTS = {
    "-": "-",
    "< 5, > 9": "< 5, > 9",
    'not("A","B")': 'not("A", "B")',
    "not(true) and a": "not(true) and a",
    "[1..5]": "[1..5]",
    "? > 5 and ? < 9": "? > 5 and ? < 9",
    "-5": "-5",
}
FAULTS = {
    "": ("M306", (0, 0)),
    "1 +": ("M306", (3, 3)),
    '"abc': ("M301", (0, 4)),
    "a /* b": ("M302", (2, 6)),
    "a # b": ("M303", (2, 3)),
    "a b": ("M304", (2, 3)),
    "x" * 20_001: ("M305", (0, 20_001)),
    "if a then b": ("M306", (11, 11)),
    "if a b": ("M307", (5, 6)),
    "(" * 100: ("M308", (MAX_DEPTH, MAX_DEPTH + 1)),
    "f(a: 1, 2)": ("M309", (0, 10)),
    "1" * 40: ("M310", (0, 40)),
    "1e99999": ("M310", (0, 7)),
    "function() external {}": ("M312", (11, 19)),
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items(), ids=CANONICAL)
def test_a_text_has_one_canonical_form(text: str, canonical: str) -> None:
    node = parse(text)
    assert not isinstance(node, Fault), node
    assert write(node) == canonical
    assert parse(canonical) == node


@pytest.mark.parametrize(("text", "canonical"), TESTS.items(), ids=TESTS)
def test_unary_tests_have_one_canonical_form(text: str, canonical: str) -> None:
    node = parse_tests(text)
    assert not isinstance(node, Fault), node
    assert write(node) == canonical


@pytest.mark.parametrize(("text", "fault"), FAULTS.items(), ids=[text[:20] for text in FAULTS])
def test_what_is_wrong_is_told_with_its_place(text: str, fault: tuple[str, tuple[int, int]]) -> None:
    found = parse(text)
    assert isinstance(found, Fault)
    assert (found.code, found.span) == fault
    assert found.sentence()
    assert "{" not in str(found.problem(text))


def test_a_place_in_a_document_counts_lines_of_the_expression() -> None:
    found = parse("a and\n  b c")
    assert isinstance(found, Fault)
    assert found.problem("a and\n  b c", Place("x.yaml", 7, 12)).place == Place("x.yaml", 8, 5)
    assert found.problem("a b", Place("x.yaml")).place == Place("x.yaml")


def test_names_with_blanks_are_those_of_the_scope() -> None:
    assert isinstance(parse("nome do titular"), Fault)
    node = parse("valor-desconto - 1", ["valor-desconto"])
    assert not isinstance(node, Fault)
    assert write(node) == "`valor-desconto` - 1"
    assert write(parse("valor-desconto")) == "valor - desconto"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["a in (" * 25 + "1" + ") * 2" * 25, "x[" * 50, "f(a b c d e f g h " * 55, "{a b c: " * 55, "[1..[" * 25],
)
def test_texts_made_to_be_slow_are_not(text: str) -> None:
    with own_time.within(0.5):
        parse(text)
        parse(text * 10)


@settings(max_examples=500, deadline=None)
@given(node=expressions)
def test_what_is_written_reads_as_the_same(node: object) -> None:
    text = write(node)  # type: ignore[arg-type]
    assert parse(text) == node


@settings(max_examples=10_000, deadline=None)
@given(text=fragments)
def test_any_text_is_read_or_refused_quickly(text: str) -> None:
    with own_time.within(1):
        for reader in (parse, parse_tests):
            found = reader(text)
            if isinstance(found, Fault):
                assert 0 <= found.span[0] <= found.span[1] <= len(text)
                assert found.sentence()
            else:
                assert write(found)
