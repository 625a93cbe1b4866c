"""The Portuguese form of expressions: the same nodes, other words; field names are never translated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS, TYPE_NAMES
from metadata.expression.faults import Fault
from metadata.expression.parse import parse, parse_tests
from metadata.expression.surface.names import FUNCTIONS, TYPES
from metadata.expression.surface.portuguese import SAID, bare, parse_pt, parse_tests_pt, write_pt
from metadata.expression.write import write
from tests import own_time
from tests.metadata.expression.strategies import expressions, pieces
from tests.metadata.expression.typed import typed


def read(text: str) -> n.Node:
    node = parse_pt(text)
    assert not isinstance(node, Fault), node
    return node


# Portuguese → the standard's canonical form
READ = {
    "se idade >= 60 então preco * 1,3 senão preco": "if idade >= 60 then preco * 1.3 else preco",
    "se a entao b senao c": "if a then b else c",
    "a ou b e não(c)": "a or b and not(c)",
    "nao(a)": "not(a)",
    "idade entre 18 e 24 e ativo": "idade between 18 and 24 and ativo",
    'parentesco em ("titular"; "conjuge")': 'parentesco in ("titular", "conjuge")',
    "algum x em itens satisfaz x.valor > 1,5": "some x in itens satisfies x.valor > 1.5",
    "alguma f em faixas satisfaz f.de > 1": "some f in faixas satisfies f.de > 1",
    "toda f em faixas satisfaz f.de > 1": "every f in faixas satisfies f.de > 1",
    "para i em 1..3; j em ys retorna i * j": "for i in 1..3, j in ys return i * j",
    "verdadeiro ou falso ou nulo = x": "true or false or null = x",
    "x instância de número": "x instance of number",
    "x instancia de lista<data com hora>": "x instance of list<date and time>",
    "instancia + de": "instancia + de",
    "soma(itens.valor)": "sum(itens.valor)",
    "média(a; b)": "mean(a, b)",
    "media (a; b)": "mean(a, b)",
    'começa com(nome; "A")': 'starts with(nome, "A")',
    'comeca com (nome; "A")': 'starts with(nome, "A")',
    "anos entre(nascimento; hoje()) < 18": "years between(nascimento, today()) < 18",
    "anos entre 1 e 3": "anos between 1 and 3",
    "anos entre (1) e (3)": "anos between 1 and 3",
    "dias úteis entre(a; b)": "business days between(a, b)",
    "último dia do mês(hoje())": "last day of month(today())",
    "ultimo dia do mes(hoje())": "last day of month(today())",
    "vencimento > 31/01/2026": 'vencimento > @"2026-01-31"',
    "1/1/2026": '@"2026-01-01"',
    "31 / 1 / 2026": "31 / 1 / 2026",
    '@"P1M"': '@"P1M"',
    "[1,5; 2]": "[1.5, 2]",
    "[1,5..2,5)": "[1.5..2.5)",
    '{a: 1; "b c": a}': '{a: 1, "b c": a}',
    "função(a: número; b) a + b": "function(a: number, b) a + b",
    "soma > 1 e `e` = 2": "soma > 1 and e = 2",
    "`soma`(1)": "soma(1)",
    "sum(a)": "sum(a)",
    "if + then": "`if` + `then`",
    "x.e + x.soma + x.if": "x.e + x.soma + x.`if`",
    "x.time offset": "x.time offset",
    "trecho(string: nome; start position: 2)": "substring(string: nome, start position: 2)",
    "conta(itens[valor > 0])": "count(itens[valor > 0])",
    "a // até o fim\n + b": "a + b",
}
# the standard → canonical Portuguese
WRITTEN = {
    "if a then b else c": "se a então b senão c",
    "x in (< 1.5, [2..3])": "x em (< 1,5; [2..3])",
    "some x in xs satisfies not(x)": "algum x em xs satisfaz não(x)",
    'mean([1, 2]) + string length("a,b")': 'média([1; 2]) + tamanho("a,b")',
    '@"2026-01-31" > @"2026-02-30"': '31/01/2026 > @"2026-02-30"',
    "e = soma and se(1) and `soma`(1)": "`e` = soma e `se`(1) e `soma`(1)",
    "`if` = `senao`": "if = `senao`",
    "days between(a, b) between 1 and 2": "dias entre(a; b) entre 1 e 2",
    "dias between (if a then 1 else 2) and 3": "dias entre (se a então 1 senão 2) e 3",
    "x instance of context<a: number, b: list<string>>": "x instância de contexto<a: número; b: lista<texto>>",
}
FAULTS = {
    "se a então b": ("M306", (12, 12), "senão"),
    "se a b": ("M307", (5, 6), "então"),
    "soma(a b)": ("M307", (7, 8), ";"),
    "[1, 2]": ("M342", (2, 3), "ponto e vírgula"),
    "1.234,56": ("M340", (0, 8), "1.234,56"),
    "31/02/2026": ("M341", (0, 10), "31/02/2026"),
    "ação > > 1": ("M304", (7, 8), ">"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "canonical"), READ.items(), ids=READ)
def test_portuguese_reads_as_the_standard(text: str, canonical: str) -> None:
    node = read(text)
    assert write(node) == canonical
    assert read(write_pt(node)) == node


@pytest.mark.parametrize(("text", "portuguese"), WRITTEN.items(), ids=WRITTEN)
def test_the_standard_is_written_in_portuguese(text: str, portuguese: str) -> None:
    node = parse(text)
    assert not isinstance(node, Fault), node
    assert write_pt(node) == portuguese
    assert read(portuguese) == node


@pytest.mark.parametrize(("text", "fault"), FAULTS.items(), ids=FAULTS)
def test_what_is_wrong_is_told_with_its_place(text: str, fault: tuple[str, tuple[int, int], str]) -> None:
    found = parse_pt(text)
    assert isinstance(found, Fault)
    assert (found.code, found.span) == fault[:2]
    assert fault[2] in str(found.problem(text))


TESTS = {"-": "-", "< 5; > 9": "< 5, > 9", 'não("A"; "B")': 'not("A", "B")', "[1,5..2]": "[1.5..2]"}


@pytest.mark.parametrize(("text", "canonical"), TESTS.items(), ids=TESTS)
def test_cells_are_read_and_written(text: str, canonical: str) -> None:
    node = parse_tests_pt(text)
    assert node == parse_tests(canonical)
    assert isinstance(node, n.Node)
    assert write_pt(node) == text


def test_every_builtin_and_every_type_has_one_portuguese_name() -> None:
    assert set(FUNCTIONS) == set(BUILTINS)
    assert len({bare(name) for name in FUNCTIONS.values()}) == len(BUILTINS)
    assert set(TYPES) >= TYPE_NAMES
    assert len({bare(name) for name in TYPES.values()}) == len(TYPES)


def test_no_portuguese_name_is_read_as_something_else() -> None:
    keywords = {bare(word) for word in SAID.values()}
    for name, said in FUNCTIONS.items():
        assert bare(said) not in BUILTINS or bare(said) == name
        assert bare(said).split()[0] not in keywords
        called = read(f"x > {bare(said)}(1)")
        assert isinstance(called, n.Comparison)
        assert called.right == n.Call(n.Name(name), (n.Number(1),))  # type: ignore[arg-type]


@settings(max_examples=1000, deadline=None)
@given(node=expressions)
def test_what_is_written_in_portuguese_reads_as_the_same(node: n.Node) -> None:
    portuguese = read(write_pt(node))
    assert portuguese == node
    assert parse(write(portuguese)) == node


@settings(max_examples=500, deadline=None)
@given(data=st.data(), wanted=st.sampled_from((b.NUMBER, b.TEXT, b.DATE, b.BOOLEAN, b.DURATION)))
def test_what_makes_sense_keeps_it(data: Any, wanted: str) -> None:
    node = data.draw(typed(wanted))
    assert read(write_pt(node)) == node


spoken = st.sampled_from(
    (*SAID.values(), *FUNCTIONS.values(), *TYPES.values(), "31/01/2026", "1,5", "instância de")
)


@settings(max_examples=3000, deadline=None)
@given(parts=st.lists(pieces | spoken, max_size=40))
def test_any_text_is_read_or_refused_quickly(parts: list[str]) -> None:
    text = " ".join(parts)
    with own_time.within(1):
        for reader in (parse_pt, parse_tests_pt):
            found = reader(text)
            if isinstance(found, Fault):
                assert 0 <= found.span[0] <= found.span[1] <= len(text)
                assert found.sentence()
            else:
                assert write_pt(found)
