"""Functions, decisions and parameters are called in expressions like built-ins, and say where answers come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kernel.expression.definitions import compiled_of
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.functions.texts import written
from kernel.expression.scope import Run, Scope
from metadata.expression.faults import Fault
from metadata.expression.infer import infer
from metadata.expression.parse import parse
from metadata.load import load_valid

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/entities/plano.yaml": """entity: plano
label: {one: Plano, many: Planos}
fields: {nome: text, tolerancia: integer}
""",
    "loja/entities/contrato.yaml": """entity: contrato
label: {one: Contrato, many: Contratos}
fields: {plano: {type: link, to: plano}, dias: integer, dobro: integer}
""",
    "loja/functions/dobro.yaml": "function: dobro\ntakes: {valor: decimal}\nis: valor * 2\n",
    "loja/functions/atraso.yaml": """function: atraso
of: contrato
takes: {mais: integer}
is: dobro(dias) + mais + tolerancia()
""",
    "loja/functions/plano_que_vale.yaml": """function: plano_que_vale
of: contrato
is: coalesce(plano, null)
help: O plano do contrato.
""",
    "loja/functions/soma_tudo.yaml": """function: soma_tudo
takes: {contratos: {type: many links, to: contrato}}
is: sum(for c in contratos return atraso(c, 1))
""",
    "loja/parameters/tolerancia.yaml": """parameter: tolerancia
type: {type: integer, min: 0}
of: contrato
cascade: [plano.tolerancia]
default: 5
""",
    "loja/decisions/prazo.yaml": """decision: prazo
pick: first
inputs: {idade: integer, urgente: yes/no}
outputs: {dias: duration, fonte: text}
rows:
  1999-01-02: |
    idade | urgente || dias              | fonte
    -     | true    || duration("PT24H") | "lei"
    < 18  | -       || duration("P90D")  | "tabela | 1"
    otherwise       || duration("P180D") | "lei"
  2026-07-01: |
    idade | urgente || dias             | fonte
    -     | -       || duration("P30D") | "norma"
""",
    "loja/decisions/pontos.yaml": """decision: pontos
pick: sum
inputs: {idade: {type: integer, min: 0, max: 120}, tipo: {type: choice, of: {a: A, b: B}}}
outputs: {pontos: integer}
rows: |
  idade | tipo || pontos
  > 18  | -    || dobro(idade)
  -     | "a"  || 1
""",
}
CONFIGURATION = load_valid({path: text.encode() for path, text in FILES.items()})
DEFINITIONS = compiled_of(CONFIGURATION)
CONTRACT = {"plano": {"tolerancia": Decimal(7)}, "dias": Decimal(3), "dobro": Decimal(9)}
BARE = {**CONTRACT, "plano": None}


@dataclass(frozen=True)
class Seven:
    """A site where the tolerance has been 70 since the first of March."""

    value: Any = Decimal(70)
    since: date = date(2026, 3, 1)

    def on(self, name: str, day: date) -> Seven | None:
        return self if name == "tolerancia" and day >= self.since else None


def run(text: str, **values: Any) -> tuple[Any, Run]:
    node = parse(text)
    assert not isinstance(node, Fault), node
    made = Run(NOW, definitions=DEFINITIONS)
    return evaluate(compiled(node), made, Scope(values)), made


CASES = {
    "dobro(2)": "4",
    "dobro(valor: 2.5)": "5",
    "dobro(dobro(dias))": "12",
    "atraso(1)": "14",
    "atraso(contrato: outro, mais: 1)": "12",
    "atraso(outro, 1)": "12",
    "soma_tudo([outro, outro])": "24",
    "tolerancia()": "7",
    "tolerancia(outro)": "5",
    "(for dobro in [function(x) x] return dobro(4))[1]": "4",
    "prazo(30, true).dias": "P30D",
    'prazo(30, true, @"2026-01-01").dias': "P1D",
    'prazo(at: @"2026-01-01", idade: 17, urgente: false).fonte': "tabela | 1",
    'prazo(17, null, @"2026-01-01").dias': "P90D",
    'prazo(18, null, @"2026-01-01").dias': "P180D",
    'prazo(18, null, @"1990-01-01")': "null",
    'pontos(20, "a")': "41",
    'pontos(20, "x")': "null",
    'pontos(121, "a")': "null",
    "count([1, 2])": "2",
}


@pytest.mark.parametrize(("text", "value"), CASES.items(), ids=CASES)
def test_a_call_comes_to(text: str, value: str) -> None:
    found, _ = run(text, **CONTRACT, outro=BARE, count=Decimal(1))
    assert written(found) == value


def test_the_answer_of_a_decision_names_its_row() -> None:
    _, made = run('prazo(17, false, @"2026-01-01")')
    assert [(name, answer.rows) for name, answer in made.answers] == [("prazo", (2,))]


def test_before_its_first_day_a_decision_says_that_it_was_not_in_force() -> None:
    _, made = run('prazo(17, false, @"1990-01-01")')
    assert [note.sentence() for note in made.notes] == ["prazo ainda não valia em 01/01/1990"]


@pytest.mark.parametrize(
    ("record", "day", "value", "origin"),
    [
        (CONTRACT, date(2026, 11, 25), "7", "contrato.plano.tolerancia"),
        (BARE, date(2026, 11, 25), "70", "valor do sistema desde 01/03/2026"),
        (BARE, date(2026, 1, 31), "5", "padrão"),
    ],
)
def test_a_parameter_says_where_its_value_comes_from(
    record: dict[str, Any], day: date, value: str, origin: str
) -> None:
    made = Run(NOW, definitions=DEFINITIONS, site=Seven())
    answer = DEFINITIONS["tolerancia"].answer(made, {"at": day}, record)
    assert (written(answer.value), answer.origin) == (value, origin)


READS = {
    "tolerancia()": {"plano", "plano.tolerancia"},
    "atraso(1)": {"dias", "plano", "plano.tolerancia"},
    "dobro(dias)": {"dias"},
    "plano_que_vale().tolerancia": {"plano", "plano.tolerancia"},
}


@pytest.mark.parametrize(("text", "reads"), READS.items(), ids=READS)
def test_what_a_call_reads_of_the_record_is_seen(text: str, reads: set[str]) -> None:
    node = parse(text)
    assert not isinstance(node, Fault)
    found = infer(node, CONFIGURATION.entities, "contrato", None, CONFIGURATION.defined.definitions)
    assert found.faults == ()
    assert {".".join(read) for read in found.reads} == reads


def test_what_is_read_of_an_argument_is_read_where_the_argument_comes_from() -> None:
    node = parse("soma_tudo(outros)")
    assert not isinstance(node, Fault)
    names = {"outros": DEFINITIONS["soma_tudo"].definition.parameters[0][1]}
    found = infer(node, CONFIGURATION.entities, "", names, CONFIGURATION.defined.definitions)
    assert found.faults == ()
    assert (":outros", "plano", "tolerancia") in found.reads
