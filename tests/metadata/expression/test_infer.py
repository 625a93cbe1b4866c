"""What is known of an expression before there is data: its kind, what it reads, every fault with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.expression.values import kind as kind_of
from metadata.entity import Entity
from metadata.expression import builtins as b
from metadata.expression.faults import Fault
from metadata.expression.infer import Inferred, infer
from metadata.expression.kinds import FIELD_KINDS, Kind, fits
from metadata.expression.parse import parse
from metadata.load import load_valid
from metadata.types import TYPES
from tests.kernel.shop import files
from tests.metadata.expression.strategies import expressions
from tests.metadata.expression.typed import FIELDS, records, typed

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ENTITIES: dict[str, Entity] = load_valid(files()).entities


def judged(text: str, entity: str = "plano") -> Inferred:
    """Return what is known of an expression about a record."""
    node = parse(text)
    assert not isinstance(node, Fault), node
    return infer(node, ENTITIES, entity)


KINDS = {
    "vidas": "número",
    "inicio": "data",
    "web": "sim ou não",
    "estado": "estado",
    "estado.sigla": "texto",
    "municipio.estado.nome": "texto",
    "faixas": "lista de faixa",
    "faixas.valor": "lista de número",
    "faixas[de > 18]": "lista de faixa",
    "faixas[1]": "faixa",
    "faixas[1].valor": "número",
    "sum(faixas.valor)": "número",
    "max(faixas.valor)": "número",
    "count(faixas[valor > vidas])": "número",
    "redes.nome": "lista de texto",
    "inicio.year": "número",
    "today() - inicio": "duração em dias",
    'inicio + duration("P1M")': "data",
    "(today() - inicio).days": "número",
    "if web then vidas else null": "número",
    'if web then vidas else adesao + "x"': "qualquer valor",
    "some f in faixas satisfies f.de > vidas": "sim ou não",
    "for f in faixas return f.valor * 2": "lista de número",
    "{a: vidas, b: a + 1}.b": "número",
    "[1..vidas].start": "número",
    "vidas in (< 10, [20..30])": "sim ou não",
    'situacao in ("ativo", "cancelado")': "sim ou não",
    "extra.qualquer": "qualquer valor",
    "sort(faixas, function(a, c) a.de < c.de)": "lista de faixa",
    "string(vidas)": "texto",
    '@"P1D"': "duração em dias",
    "item": "qualquer valor",
}


@pytest.mark.parametrize(("text", "kind"), KINDS.items(), ids=KINDS)
def test_the_kind_of_an_expression_is_known(text: str, kind: str) -> None:
    found = judged(text)
    assert str(found.kind) == kind
    expected = {"item": 1, 'if web then vidas else adesao + "x"': 1}.get(text, 0)
    assert len(found.faults) == expected


FAULTS = {
    "vida > 1": [("M320", "vida")],
    "estado.sgila": [("M321", "estado.sgila")],
    "faixas.vlor": [("M321", "faixas.vlor")],
    "inicio.ano": [("M321", "inicio.ano")],
    "sun(faixas.valor)": [("M322", "sun")],
    "substring(descricao)": [("M323", "substring(descricao)")],
    "substring(text: descricao, start: 1)": [("M323", "substring(text: descricao, start: 1)")],
    "vidas + descricao": [("M324", "vidas + descricao")],
    "upper case(vidas)": [("M325", "vidas")],
    "vidas and web": [("M325", "vidas")],
    "if vidas then 1 else 2": [("M325", "vidas")],
    "-descricao": [("M325", "descricao")],
    "faixas[descricao]": [("M325", "descricao")],
    'vidas = "1"': [("M326", 'vidas = "1"')],
    'vidas in ("a", "b")': [("M326", '"a"'), ("M326", '"b"')],
    "vidas between inicio and 3": [("M326", "inicio")],
    "estado = municipio": [("M326", "estado = municipio")],
    'if web then 1 else "a"': [("M327", 'if web then 1 else "a"')],
    '@"ontem"': [("M328", '@"ontem"')],
    "{a: 1, a: 2}": [("M311", "a: 2")],
    'vida + upper case(vidas) = "x"': [("M320", "vida"), ("M325", "vidas")],
    "every f in faixas satisfies f.valr > 1": [("M321", "f.valr")],
}


@pytest.mark.parametrize(("text", "faults"), FAULTS.items(), ids=FAULTS)
def test_every_fault_is_told_with_its_place(text: str, faults: list[tuple[str, str]]) -> None:
    found = judged(text).faults
    assert [(fault.code, text[slice(*fault.span)]) for fault in found] == faults
    assert all("{" not in fault.sentence() for fault in found)


def test_a_near_name_is_offered() -> None:
    assert judged("vida > 1").faults[0].facts["near"] == "vidas"
    assert judged("sun(faixas.valor)").faults[0].facts["near"] == "sum"


READS = {
    "vidas > 1 and estado.sigla = descricao": {"vidas", "estado", "estado.sigla", "descricao"},
    "sum(faixas[de > vidas].valor)": {"faixas", "faixas.de", "faixas.valor", "vidas"},
    "some f in faixas satisfies f.de > 1": {"faixas", "faixas.de"},
    "{a: vidas}.a": {"vidas"},
    "today()": set(),
    "coalesce(estado, municipio.estado).sigla": {
        "estado", "municipio", "municipio.estado", "estado.sigla", "municipio.estado.sigla",
    },
    "(if web then estado else municipio.estado).nome": {
        "web", "estado", "municipio", "municipio.estado", "estado.nome", "municipio.estado.nome",
    },
    "for f in reverse(faixas) return f.valor": {"faixas", "faixas.valor"},
    "faixas[item.de > 18].valor": {"faixas", "faixas.de", "faixas.valor"},
    "(for f in faixas return f)[1].valor": {"faixas", "faixas.valor"},
}  # fmt: skip


@pytest.mark.parametrize(("text", "reads"), READS.items(), ids=READS)
def test_what_an_expression_reads_is_known(text: str, reads: set[str]) -> None:
    assert {".".join(path) for path in judged(text).reads} == reads


def test_every_type_of_field_has_a_kind() -> None:
    assert set(FIELD_KINDS) == set(TYPES)


@settings(max_examples=500, deadline=None)
@given(
    data=st.data(), wanted=st.sampled_from((b.NUMBER, b.TEXT, b.DATE, b.BOOLEAN, b.DURATION)), values=records
)
def test_a_value_is_of_the_kind_that_was_foretold(data: Any, wanted: str, values: dict[str, Any]) -> None:
    """What is made without faults has none, and gives the foretold kind, or nothing."""
    node = data.draw(typed(wanted))
    found = infer(node, {}, names=FIELDS)
    assert found.faults == ()
    assert found.kind.name in (wanted, "null", b.ANY)
    value = evaluate(compiled(node), Run(NOW), Scope(values))
    assert value is None or fits(Kind(kind_of(value)), Kind(wanted))
    if isinstance(value, Decimal) and found.kind.scale is not None:
        assert value == round(value, found.kind.scale)


@settings(max_examples=300, deadline=None)
@given(node=expressions)
def test_any_expression_is_judged(node: Any) -> None:
    found = infer(node, ENTITIES, "plano")
    assert all(fault.sentence() for fault in found.faults)
