"""A field that is renamed, be it twice, breaks no rule that nobody touched: former names mean today's field."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from kernel.expression.definitions import compiled_of
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.rules.formula import formula
from metadata.entity import Entity, EntityLabel, Field
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.infer import Inferred, infer
from metadata.expression.parse import parse
from metadata.expression.renames import said_of
from metadata.expression.write import write
from metadata.load import load_valid
from metadata.package import Configuration
from metadata.today import renewed_text
from tests.metadata.expression.strategies import expressions

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SITE = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "site/manifest.yaml": "package: site\nlabel: Site\nversion: 1.0.0\nrequires: [loja]\n",
    "site/functions/caro.yaml": "function: caro\nof: pedido\nis: sum(itens.preco) > limite\n",
    "site/entities/prova.yaml": """
entity: prova
label: {one: Prova, many: Provas}
fields:
  pedido: {type: link, to: pedido}
checks:
  teto: {when: pedido.limite > 5, message: É muito.}
""",
}
FUNCTION = "site/functions/caro.yaml"


def configured(limit: str, price: str, items: str = "itens: {type: children, of: item}") -> Configuration:
    entities = {
        "loja/entities/pedido.yaml": f"""
entity: pedido
label: {{one: Pedido, many: Pedidos}}
fields:
  {limit}
  cliente: {{type: text}}
  {items}
""",
        "loja/entities/item.yaml": f"""
entity: item
label: {{one: Item, many: Itens}}
fields:
  pedido: {{type: link, to: pedido, required: yes}}
  {price}
""",
    }
    return load_valid({path: text.encode() for path, text in (SITE | entities).items()})


FIRST = configured("limite: {type: money}", "preco: {type: money}")
TWICE = configured("teto: {type: money, was: [maximo, limite]}", "valor: {type: money, was: [custo, preco]}")
ENTITIES = TWICE.entities

# as it was written once → as it is said today
RENAMED = {
    "limite > 1": "teto > 1",
    "maximo > limite": "teto > teto",
    "sum(itens.preco) > 1": "sum(itens.valor) > 1",
    "itens[custo > limite]": "itens[valor > teto]",
    "itens[item.custo > 1][1].preco": "itens[item.valor > 1][1].valor",
    "some i in itens satisfies i.preco > limite": "some i in itens satisfies i.valor > teto",
    "for limite in [1, 2] return limite": "for limite in [1, 2] return limite",
    "for limite in itens return limite.preco": "for limite in itens return limite.valor",
    "{limite: limite, b: limite}": "{limite: teto, b: limite}",
    "function(limite) limite": "function(limite) limite",
    "sort(itens, function(a, b) a.preco < b.preco)": "sort(itens, function(a, b) a.valor < b.valor)",
    "itens.pedido.limite": "itens.pedido.teto",
    "limite in (? > maximo)": "teto in (? > teto)",
    "teto + cliente.limite": "teto + cliente.limite",
    '"limite"': '"limite"',
}


def parsed(text: str) -> n.Node:
    node = parse(text)
    assert not isinstance(node, Fault)
    return node


def judged(text: str) -> tuple[n.Node, Inferred]:
    node = parsed(text)
    return node, infer(node, ENTITIES, "pedido")


def retold(text: str) -> str:
    return renewed_text(text, said_of(text, judged(text)[1]))


@pytest.mark.parametrize(("text", "today"), RENAMED.items(), ids=RENAMED)
def test_former_names_become_those_of_today(text: str, today: str) -> None:
    found = judged(text)[1]
    node, after = judged(retold(text))
    assert write(node) == today
    assert after.renames == ()
    assert (after.kind, after.reads) == (found.kind, found.reads)
    assert [fault.code for fault in after.faults] == [fault.code for fault in found.faults]


def test_the_text_of_a_rule_changes_only_in_its_names() -> None:
    text = "itens [ `custo`>1 ]. preco = limite // o maximo\n  + maximo"
    assert retold(text) == "itens [ valor>1 ]. valor = teto // o maximo\n  + teto"
    assert retold("itens.`preco`") == "itens.valor"


def test_a_former_name_is_no_name_to_be_offered() -> None:
    faults = judged("limitte > 1")[1].faults
    assert [(fault.code, fault.facts["near"]) for fault in faults] == [("M320", "")]


def answer(configuration: Configuration, values: dict[str, Any]) -> Any:
    found = compiled_of(configuration)["caro"]
    return found.answer(Run(NOW), {}, values).value


def test_a_rule_of_another_package_holds_through_two_renames() -> None:
    assert TWICE.files[FUNCTION] == FIRST.files[FUNCTION]
    assert answer(FIRST, {"limite": Decimal(5), "itens": [{"preco": Decimal(6)}]}) is True
    assert answer(TWICE, {"teto": Decimal(5), "itens": [{"valor": Decimal(6)}]}) is True
    assert answer(TWICE, {"teto": Decimal(7), "itens": [{"valor": Decimal(6)}]}) is False


def test_a_rule_of_an_entity_is_compiled_with_todays_names() -> None:
    rule = TWICE.entities["prova"].checks["teto"].when
    made = formula(rule, TWICE, "prova")
    assert made.node == parse("pedido.teto > 5")
    assert made.reads == {("pedido",), ("pedido", "teto")}
    assert "Teto" in made.sentence
    assert "é maior que" in made.sentence
    assert evaluate(made.closure, Run(NOW), Scope({"pedido": {"teto": Decimal(6)}})) is True


def test_a_field_of_today_comes_before_a_former_name() -> None:
    """The checker refuses this (M231); what was published so reads the field that has the name."""
    limit, top = (Field(type="money", was=was) for was in ((), ("limite",)))
    pedido = Entity(
        entity="pedido", label=EntityLabel(one="P", many="P"), fields={"limite": limit, "teto": top}
    )
    node = parse("limite")
    assert not isinstance(node, Fault)
    found = infer(node, {"pedido": pedido}, "pedido")
    assert (found.reads, found.renames) == ({("limite",)}, ())


@settings(max_examples=500, deadline=None)
@given(node=expressions)
def test_any_expression_keeps_its_meaning(node: n.Node) -> None:
    """Names that were never those of a field stay."""
    text = write(node)
    assert renewed_text(text, said_of(text, infer(parsed(text), ENTITIES, "pedido"))) == text
    compiled(parsed(text))
