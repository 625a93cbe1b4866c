"""Any expression becomes a Portuguese sentence with the labels people know; what it read is listed beside."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.entity import Entity
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.describe import described, readings
from metadata.expression.faults import Fault
from metadata.expression.grammar import KEYWORDS
from metadata.expression.parse import parse, parse_tests
from metadata.load import load_valid
from tests.kernel.shop import FILES, files
from tests.metadata.expression.strategies import expressions
from tests.metadata.expression.typed import typed

MORE = {
    "loja/entities/dependente.yaml": """
entity: dependente
label: {one: Dependente, many: Dependentes}
fields:
  nome: {type: text, max: 80}
  mae: {type: text, max: 80, label: Nome da mãe}
  parentesco: {type: choice, of: {titular: Titular, conjuge: Cônjuge, filho: Filho}}
  idade: {type: integer, unit: {one: ano, many: anos}}
  cpf: {type: cpf, label: CPF}
  nascimento: {type: date, label: Data de nascimento}
  competencia: {type: month, label: Competência}
  plano: {type: link, to: plano}
  indicado: {type: link, to: plano, label: Quem indicou}
""",
}
ENTITIES: dict[str, Entity] = load_valid(files(FILES | MORE)).entities


def expression(text: str) -> n.Node:
    node = parse(text)
    assert not isinstance(node, Fault), node
    return node


SENTENCES = {
    'parentesco = "filho" and idade < 18': "Parentesco é Filho e Idade é menor que 18 anos",
    "mae = null": "Nome da mãe está em branco",
    "mae != null": "Nome da mãe não está em branco",
    "not(mae = null)": "Nome da mãe não está em branco",
    'parentesco in ("titular", "conjuge")': "Parentesco é Titular ou Cônjuge",
    'parentesco in ["titular", "conjuge"] and idade >= 18': "(Parentesco é Titular ou Cônjuge) e Idade é maior ou"
    " igual a 18 anos",
    'not(parentesco in ("titular", "conjuge"))': "Parentesco não é Titular ou Cônjuge",
    'parentesco != "filho"': "Parentesco não é Filho",
    'not(parentesco != "filho")': "Parentesco é Filho",
    'parentesco = "outro"': "Parentesco é “outro”",
    "idade in [18..24]": "Idade está entre 18 e 24 anos",
    "idade in [18..24)": "Idade é maior ou igual a 18 anos e menor que 24 anos",
    "idade in (< 18, > 65)": "Idade é menor que 18 anos ou maior que 65 anos",
    "idade in (? > 18 and ? < 24)": "Idade cumpre a condição: (Idade é maior que 18 anos e Idade é menor que 24 anos)",
    "idade between 1 and 2 and mae = null": "(Idade está entre 1 e 2 anos) e Nome da mãe está em branco",
    "18 > idade": "Idade é menor que 18 anos",
    "not(idade > 18)": "Idade não é maior que 18 anos",
    'cpf = "52998224725"': "CPF é “529.982.247-25”",
    'nascimento < @"2008-11-25"': "Data de nascimento é antes de 25/11/2008",
    'nascimento >= date("2008-11-25")': "Data de nascimento é a partir de 25/11/2008",
    'nascimento between @"2000-01-01" and today()': "Data de nascimento está entre 01/01/2000 e hoje",
    'competencia = @"2026-11-01"': "Competência é 11/2026",
    'nascimento + @"P1M" < today()': "Data de nascimento + 1 mês é antes de hoje",
    "nascimento.year = 2008": "Ano de Data de nascimento é 2008",
    "years between(nascimento, today()) >= 18": "Anos entre Data de nascimento e hoje é maior ou igual a 18",
    'plano.situacao = "ativo"': "Situação do plano é Registro ativo",
    'plano.municipio.estado.sigla = "MG"': "Sigla do estado do municipio do plano é “MG”",
    'indicado.codigo = "1"': "Quem indicou › Codigo é “1”",
    "plano.web": "Web do plano é Sim",
    "not(plano.web)": "Web do plano é Não",
    "plano.adesao > 1234.5": "Adesao do plano é maior que R$\u00a01.234,50",
    "plano.multa = 0.025": "Multa do plano é 2,5%",
    "sum(plano.faixas.valor) > 100": "Soma de Valor das faixas do plano é maior que R$\u00a0100",
    "count(plano.faixas[de > 18]) = 0": "Quantidade de Faixas do plano em que De é maior que 18 é 0",
    "some f in plano.faixas satisfies f.de > idade": "Em alguma faixa, De é maior que Idade",
    "every f in plano.faixas satisfies f.de > 1 and f.valor != null": "Em toda faixa, (De é maior que 1 e Valor não está"
    " em branco)",
    "some f in plano.faixas[de > 1] satisfies f.de > 2": "Em algum item de Faixas do plano em que De é maior que 1,"
    " De é maior que 2",
    "some i in [1, 2] satisfies i > idade": "Em algum i de 1 e 2, i é maior que Idade",
    'contains(nome, "x") and not(starts with(nome, "y"))': "Nome contém “x” e Nome não começa com “y”",
    "is cpf(cpf)": "CPF é um CPF válido",
    "not(is cpf(cpf))": "CPF não é um CPF válido",
    "idade = 1 and (mae = null or nome = null)": "Idade é 1 ano e (Nome da mãe está em branco ou Nome está em branco)",
    "not(idade = 1 and mae = null)": "Não é verdade que (Idade é 1 ano e Nome da mãe está em branco)",
    "if idade < 18 then mae != null else true": "Se Idade é menor que 18 anos, então Nome da mãe não está em branco;"
    " senão, sempre",
    "substring(nome, 1, 3)": "Trecho(Nome; 1; 3)",
    "carencia_cumprida(plano, 3)": "Carencia cumprida(Plano; 3)",
    "idade * 2 + 1": "(Idade × 2) + 1",
    "true": "Sempre",
    "nome instance of string": "Nome é do tipo texto",
    "plano.faixas[1].valor > 3": "Valor de 1º de Faixas do plano é maior que R$\u00a03",
}


@pytest.mark.parametrize(("text", "sentence"), SENTENCES.items(), ids=SENTENCES)
def test_an_expression_is_said(text: str, sentence: str) -> None:
    assert described(expression(text), ENTITIES, "dependente") == sentence


CELLS = {
    "-": "Qualquer valor",
    "< 5, > 9": "O valor é menor que 5 ou maior que 9",
    'not("A")': "O valor não é “A”",
}


@pytest.mark.parametrize(("text", "sentence"), CELLS.items(), ids=CELLS)
def test_a_cell_is_said(text: str, sentence: str) -> None:
    node = parse_tests(text)
    assert not isinstance(node, Fault)
    assert described(node, ENTITIES) == sentence


@settings(max_examples=500, deadline=None)
@given(data=st.data(), wanted=st.sampled_from((b.NUMBER, b.TEXT, b.DATE, b.BOOLEAN, b.DURATION)))
def test_what_makes_sense_is_said_without_english(data: Any, wanted: str) -> None:
    said = described(data.draw(typed(wanted)), {})
    assert said.strip()
    outside = re.sub("“[^”]*”", "", said)
    assert not set(re.findall(r"\w+", outside)) & (KEYWORDS | {"not"}), said


@settings(max_examples=500, deadline=None)
@given(node=expressions)
def test_any_expression_is_said(node: n.Node) -> None:
    assert described(node, ENTITIES, "plano").strip()
    readings(node, ENTITIES, "plano", {})


def test_the_deepest_expression_is_said_or_refused_in_words() -> None:
    node: n.Node = n.Name("idade")
    for _ in range(5000):
        node = n.Negative(node)
    assert described(node, {}) == "Regra longa demais para ser dita em palavras"


# ── what was read ─────────────────────────────────────────────────────────────────────────────────

VALUES: dict[str, Any] = {
    "idade": 17,
    "parentesco": "filho",
    "mae": None,
    "nascimento": date(2009, 1, 31),
    "plano": {
        "codigo": "10",
        "descricao": "Básico",
        "adesao": Decimal("1.5"),
        "faixas": [{"de": 1}, {"de": 9}],
    },
}
READINGS = {
    'parentesco = "filho" and idade < 18': [("Parentesco", "Filho"), ("Idade", "17 anos")],
    "mae = null": [("Nome da mãe", "vazio")],
    'nascimento > @"2008-01-01"': [("Data de nascimento", "31/01/2009")],
    "plano != null": [("Plano", "10 · Básico")],
    "plano.adesao > 1": [("Adesao do plano", "1,50")],
    "count(plano.faixas) > 1": [("Faixas do plano", "2 linhas")],
    "some f in plano.faixas satisfies f.de > 3": [("De das faixas do plano", "1, 9")],
    "indicado.codigo = null": [("Quem indicou › Codigo", "vazio")],
}


@pytest.mark.parametrize(("text", "found"), READINGS.items(), ids=READINGS)
def test_what_an_expression_read_is_listed(text: str, found: list[tuple[str, str]]) -> None:
    assert readings(expression(text), ENTITIES, "dependente", VALUES) == found
