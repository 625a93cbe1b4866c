"""Where an expression can be answered, and why not for sets; every mark of a built-in keeps its word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import psycopg

from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import translated
from kernel.runtime import compile
from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS, LEVELS
from metadata.expression.faults import Fault
from metadata.expression.level import Level, level
from metadata.expression.parse import parse
from metadata.expression.sets.calls import CALLS
from metadata.expression.sets.reasons import NotForSets
from metadata.load import load_valid
from tests.kernel.shop import files
from tests.metadata.expression.strategies import expressions

RUNTIME = compile(load_valid(files()), 1)
ENTITIES = RUNTIME.configuration.entities
DIALECT = psycopg.dialect()


def judged(text: str) -> Level:
    """Return the level of an expression about a plan."""
    node = parse(text)
    assert not isinstance(node, Fault), node
    return level(node, ENTITIES, "plano")


def test_every_builtin_has_a_mark_and_those_for_sets_have_a_form() -> None:
    assert LEVELS.keys() == BUILTINS.keys()
    assert {name for name, mark in LEVELS.items() if mark == "sql"} == set(CALLS)


LEVEL = {
    'vidas > 10 and municipio.estado.sigla = "MG"': "sql",
    "sum(faixas[de > 18].valor) / vidas": "sql",
    "years between(inicio, today()) >= 18": "sql",
    'matches(codigo, "A.*")': "record",
    'extra.cor = "azul"': "record",
    "faixas[1].valor": "record",
    "add business days(inicio, 5)": "sql",
}  # fmt: skip


@pytest.mark.parametrize(("text", "name"), LEVEL.items(), ids=LEVEL)
def test_the_level_of_an_expression_is_known(text: str, name: str) -> None:
    found = judged(text)
    assert found.name == name
    assert bool(found.reasons) == (name != "sql")


def test_every_reason_is_told_with_its_place() -> None:
    text = 'matches(codigo, "A") or faixas[1].de > 3 or decimal(adesao, vidas) > 1'
    reasons = judged(text).reasons
    assert [(fault.code, text[slice(*fault.span)]) for fault in reasons] == [
        ("M331", 'matches(codigo, "A")'), ("M330", "faixas[1]"), ("M333", "decimal(adesao, vidas)"),
    ]  # fmt: skip
    assert all("{" not in fault.sentence() for fault in reasons)


# The names of random expressions, made such that they mean something for a plan.
MEANT = {
    "a": "faixas", "idade": "vidas", "nome": "codigo", "ção": "municipio", "x1": "adesao", "e": "inicio", "soma": "sum",
    "senao": "web", "dias": "count", "nome do titular": "redes", "É": "de", "if": "id",
}  # fmt: skip


def meaning(node: n.Node) -> n.Node:
    if isinstance(node, n.Name):
        return n.Name(MEANT.get(node.name, node.name), span=node.span)
    return n.Path(node.base, MEANT.get(node.name, node.name)) if isinstance(node, n.Path) else node


@settings(max_examples=1500, deadline=None)
@given(node=expressions)
def test_any_expression_has_a_level_and_its_sql_is_refused_exactly_where_it_says_so(node: n.Node) -> None:
    node = n.mapped(node, meaning)
    found = level(node, ENTITIES, "plano")
    assert all(fault.sentence() for fault in found.reasons)
    source = Source.of_table(RUNTIME, "plano")
    if found.name == "sql":
        str(select(translated(node, source)).select_from(source.from_).compile(dialect=DIALECT))
        return
    with pytest.raises(NotForSets) as refused:
        translated(node, source)
    assert refused.value.faults == found.reasons
