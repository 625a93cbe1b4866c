"""Decisions go out as DMN models and come back as the same documents; other tools' models come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import aroeira
from kernel.dmn.document import documents
from kernel.dmn.model import Model
from kernel.dmn.tck import same
from kernel.dmn.write import write
from kernel.expression.definitions import compiled_of
from kernel.expression.scope import Run
from kernel.expression.values import feel
from metadata.load import load_valid
from metadata.package import Configuration
from metadata.problems import Problems

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MANIFEST = "package: loja\nlabel: Loja\nversion: 1.0.0\n"
FUNCTIONS = {
    "functions/dobro": "function: dobro\ntakes: {valor: decimal}\nis: vezes(valor, 2)\n",
    "functions/vezes": "function: vezes\ntakes: {valor: decimal, fator: integer}\nis: valor * fator\n",
    "parameters/limite": "parameter: limite\ntype: integer\ndefault: 1\n",
}
INPUTS = "inputs:\n  idade: {type: integer, min: 0, max: 120}\n  web: {type: yes/no, label: Pela Web?}\n"
ONE = "outputs:\n  valor: money(12,2)\n"
TWO = "outputs:\n  nivel: {type: choice, of: {alto: Alto, medio: Médio, baixo: Baixo}}\n  fonte: {type: text, label: De onde vem}\n"
ROWS_OF_ONE = """rows: |
  idade | web  || valor
  < 18  | -    || 10
  >= 10 | true || dobro(idade)
  > 60  | -    || 3.5
"""
ROWS_OF_TWO = """rows: |
  idade   | web         || nivel   | fonte
  < 18    | -           || "baixo" | "a | b"         || ver a tabela
  >= 10   | true        || "alto"  | string(idade)
  [10..30] | not(false) || "medio" | "c"
"""
OTHERWISE = "  otherwise || 0\n"


def document(pick: str, outputs: str, rows: str, more: str = "") -> str:
    return f"decision: faixa\nlabel: Faixa de preço\nvalid_from: 2020-01-01\npick: {pick}\n{INPUTS}{outputs}{more}{rows}"


DOCUMENTS = {
    **{pick: document(pick, ONE, ROWS_OF_ONE) for pick in ("collect", "sum", "count", "min", "max")},
    **{pick: document(pick, TWO, ROWS_OF_TWO) for pick in ("priority", "output order", "rule order")},
    "first": document(
        "first", ONE, ROWS_OF_ONE + OTHERWISE, "help: Quanto se paga.\nsource: Contrato\nnote: x\n"
    ),
    "unique": document(
        "unique", ONE, "rows: |\n  idade | web || valor\n  < 18 | - || 1\n  > 18 | true || 2\n"
    ),
    "any": document("any", ONE, "rows: |\n  idade | web || valor\n  < 18 | - || 1\n  - | true || 1\n"),
}


def loaded(text: str) -> Configuration:
    files = {"manifest": MANIFEST, "decisions/faixa": text, **FUNCTIONS}
    return load_valid({f"loja/{path}.yaml": content.encode() for path, content in files.items()})


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_decision_comes_back_as_it_went(text: str) -> None:
    configuration = loaded(text)
    content = write(configuration, configuration.decisions["faixa"], NOW.date())
    (again,) = documents(content)[0].values()
    assert loaded(again).decisions == configuration.decisions


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_model_answers_as_the_document_does(text: str) -> None:
    configuration = loaded(text)
    definitions = compiled_of(configuration)
    model = Model(write(configuration, configuration.decisions["faixa"], NOW.date()), NOW)
    for idade, web in product((None, -1, 0, 5, 9, 10, 17, 18, 30, 31, 61, 120, 121), (None, True, False)):
        given: dict[str, Any] = {"idade": feel(idade), "web": web}
        ours = definitions["faixa"].answer(Run(NOW, definitions=definitions), dict(given)).value
        assert same(ours, model.ask("faixa", given)), (given, ours)


def test_a_decision_goes_out_as_it_is_on_a_day() -> None:
    text = document("first", ONE, "").replace("valid_from: 2020-01-01\n", "") + (
        "rows:\n  2020-01-01: |\n    idade | web || valor\n    - | - || 1\n"
        "  2026-01-01: |\n    idade | web || valor\n    - | - || 2\n"
    )
    configuration = loaded(text)
    decision = configuration.decisions["faixa"]
    for day, value in ((date(2025, 12, 31), 1), (date(2026, 1, 1), 2)):
        model = Model(write(configuration, decision, day), NOW)
        assert model.ask("faixa", {"idade": feel(1), "web": True}) == value
    with pytest.raises(Problems, match="M386"):
        write(configuration, decision, date(2019, 1, 1))


def test_what_the_standard_cannot_say_is_refused() -> None:
    configuration = loaded(document("first", ONE, "rows: |\n  idade | web || valor\n  - | - || limite()\n"))
    with pytest.raises(Problems, match="M385"):
        write(configuration, configuration.decisions["faixa"], NOW.date())


FOREIGN = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/DMN/20180521/MODEL/" name="x" namespace="x">
  <itemDefinition name="tRisk"><typeRef>string</typeRef>
    <allowedValues><text>"HIGH","LOW"</text></allowedValues></itemDefinition>
  <inputData name="Applicant Age" id="a"><variable name="Applicant Age" typeRef="number"/></inputData>
  <inputData name="Prior" id="b"><variable name="Prior" typeRef="string"/></inputData>
  <decision name="Risk Category" id="d">
    <variable name="Risk Category" typeRef="tRisk"/>
    <informationRequirement><requiredInput href="#a"/></informationRequirement>
    <informationRequirement><requiredInput href="#b"/></informationRequirement>
    <decisionTable hitPolicy="ANY">
      <input><inputExpression typeRef="number"><text>Applicant Age</text></inputExpression></input>
      <input><inputExpression typeRef="string"><text>Prior</text></inputExpression>
        <inputValues><text>"yes one", "no"</text></inputValues></input>
      <output><defaultOutputEntry><text>"LOW"</text></defaultOutputEntry></output>
      <rule><inputEntry><text>&gt; 10,
          &lt; 3</text></inputEntry><inputEntry><text>"yes one"</text></inputEntry>
        <outputEntry><text>if Applicant Age > 3 then "HIGH" else "LOW"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision name="Other" id="o"><literalExpression><text>1</text></literalExpression></decision>
</definitions>
"""


def test_a_model_of_another_tool_comes_in_with_our_names() -> None:
    assert documents(FOREIGN.encode())[0] == {
        "risk_category": """decision: risk_category
label: Risk Category
pick: any
inputs:
  applicant_age: {type: decimal, label: Applicant Age}
  prior: text
outputs:
  risk_category: {type: choice, of: {HIGH: HIGH, LOW: LOW}}
rows: |
  applicant_age | prior     || risk_category
  > 10, < 3     | "yes one" || if applicant_age > 3 then "HIGH" else "LOW"
  otherwise                 || "LOW"
"""
    }


def test_the_commands_write_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "carencia.dmn"
    assert aroeira.main(["decision", "export", "carencia_maxima", "--to", str(target)]) == 0
    assert aroeira.main(["decision", "import", str(target), "--to", str(tmp_path)]) == 0
    assert (tmp_path / "carencia_maxima.yaml").read_text().startswith("decision: carencia_maxima\n")
    assert aroeira.main(["decision", "export", "carencia", "--to", str(target)]) == 1
    target.write_text("<html/>")
    assert aroeira.main(["decision", "import", str(target)]) == 1
    target.write_text("nada")
    assert aroeira.main(["decision", "import", str(target)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in told] == ["A138", "M388", "M387"]


def table(head: str, rows: str, policy: str = "", more: str = "") -> bytes:
    return f"""<definitions xmlns="http://www.omg.org/spec/DMN/20180521/MODEL/" name="x" namespace="x">{more}
  <decision name="Taxa" id="t"><informationRequirement><requiredInput href="#a"/></informationRequirement>
    <decisionTable {policy}>{head}{rows}</decisionTable></decision></definitions>""".encode()


def row(test: str, answer: str) -> str:
    return (
        f"<rule><inputEntry><text>{test}</text></inputEntry>"
        f"<outputEntry><text>{answer}</text></outputEntry></rule>"
    )


ASKS = "<input><inputExpression><text>Idade</text></inputExpression></input>"


@pytest.mark.parametrize(
    ("test", "answer", "asked", "answered"),
    [
        ("&lt; 18", "1.5", "decimal", "decimal"),
        ("[1..5)", '"x"', "decimal", "text"),
        ('"a", "b"', "true", "text", "yes/no"),
        ('> date("2026-01-01")', '@"P3D"', "date", "duration"),
        ("-", "null", "text", "text"),
    ],
)
def test_types_that_nothing_declares_are_those_of_the_cells(
    test: str, answer: str, asked: str, answered: str
) -> None:
    (text,) = documents(table(f"{ASKS}<output/>", row(test, answer)))[0].values()
    decision = loaded(text.replace("decision: taxa", "decision: faixa")).decisions["faixa"]
    assert (decision.inputs["idade"].type, decision.outputs["taxa"].type) == (asked, answered)
    told = documents(table(f"{ASKS}<output/>", row(test, answer)))[1]
    assert [problem.code for problem in told] == (["M389", "M389"] if test == "-" else [])


def test_types_are_those_that_the_model_declares() -> None:
    more = (
        '<itemDefinition name="tPessoa"><itemComponent name="idade"><typeRef>number</typeRef></itemComponent>'
        '</itemDefinition><inputData id="a" name="Pessoa"><variable name="Pessoa" typeRef="tPessoa"/></inputData>'
    )
    asks = ASKS.replace("Idade", "Pessoa.idade")
    found, told = documents(table(f"{asks}<output/>", row("-", "1"), "", more))
    assert "pessoa_idade: {type: decimal, label: Pessoa.idade}" in found["taxa"]
    assert told == []


def test_a_value_that_only_cells_speak_of_becomes_a_column() -> None:
    more = '<inputData id="a" name="Teto"><variable name="Teto" typeRef="number"/></inputData>'
    found, told = documents(table(f"{ASKS}<output/>", row("&lt; Teto", "Teto * 2"), "", more))
    assert "  teto: decimal\n" in found["taxa"]
    assert [problem.facts["name"] for problem in told] == ["Idade", "taxa"]
    assert "< teto | -    || teto * 2" in found["taxa"]


def test_rows_of_priority_stand_in_its_order_where_answers_are_no_options() -> None:
    head = f'{ASKS}<output><outputValues><text>"muito alto", "bom"</text></outputValues></output>'
    rows = row("-", '"bom"') + row("> 1", '"muito alto"')
    (text,) = documents(table(head, rows, 'hitPolicy="PRIORITY"'))[0].values()
    assert "pick: first\n" in text
    assert text.index("> 1 ") < text.index("- ")


def test_a_default_of_a_table_that_lists_is_told() -> None:
    head = f"{ASKS}<output><defaultOutputEntry><text>0</text></defaultOutputEntry></output>"
    found, told = documents(table(head, row("> 1", "1"), 'hitPolicy="RULE ORDER"'))
    assert [problem.code for problem in told] == ["M379"]
    assert "otherwise" not in found["taxa"]
