"""Examples of processes speak of entities, fields, values, questions and records that there are; else it is told where."""

from __future__ import annotations

import pytest

from metadata.canonical import rewritten
from metadata.check import hints
from metadata.load import load_files, load_valid
from metadata.todays_names import renewed
from metadata.worlds import in_order, world_of
from tests.billing import texts

WORLD = """examples: mundo
usual:
  vida: {contrato: silva, inicio: 2026-01-01}
given:
  vida:
    ana: {nome: Ana}
  tabela:
    t: {nome: Tabela}
  contrato:
    silva: {numero: 1, cliente: Silva, tabela: t}
"""
HEAD = """examples: faturas
of: process faturar
use: mundo
asked: {competencia: 2026-11}
cases:
"""


def told(cases: str, **more: str) -> list[str]:
    """Return what is told of cases of a process: code, line and column, sentence."""
    documents = {"mundo": WORLD, "faturas": f"{HEAD}{cases}\n", **more}
    files = texts({f"faturas/examples/{name}.yaml": text for name, text in documents.items()})
    return [
        f"{problem.code} {str(problem.place).partition('examples/')[2]} {problem.sentence()}"
        for problem in load_files(files)[1]
    ]


@pytest.mark.parametrize(("case", "wanted"), [
    ("{given: {vidas: {}}, expect: {}}", "M204 faturas.yaml:6:15 a entidade “vidas” não existe"),
    ("{given: {vida: {ana: {nom: A}}}, expect: {}}",
     "M205 faturas.yaml:6:28 o campo “nom” não existe em “vida”"),
    ("{given: {vida: {ana: {nascimento: ontem}}}, expect: {}}",
     "M348 faturas.yaml:6:40 o valor de nascimento não serve: “ontem” não é uma data"),
    ("{given: {vida: {ana: {contrato: souza}}}, expect: {}}",
     "M347 faturas.yaml:6:38 “souza” não é registro de contrato neste mundo"),
    ("{given: {vida: {ana: {contrato: {numer: 1}}}}, expect: {}}",
     "M205 faturas.yaml:6:39 o campo “numer” não existe em “contrato”"),
    ("{given: {vida: [ana]}, expect: {}}", "M346 faturas.yaml:6:21 aqui se espera registros, cada um com seu nome curto"),
    ("{given: {vida: {ana: Ana}}, expect: {}}", "M346 faturas.yaml:6:27 aqui se espera valores de vida, por campo"),
    ("{given: {fatura: {f: {numero: 1}}}, expect: {}}",
     "M349 faturas.yaml:6:28 um exemplo não pode falar de “numero”: quem dá o valor é o sistema"),
    ("{given: {contrato: {silva: {vidas: ana}}}, expect: {}}", "M346 faturas.yaml:6:41 aqui se espera uma lista"),
    ("{given: {vida: {ana: {nome: [A]}}}, expect: {}}", "M346 faturas.yaml:6:34 aqui se espera um valor"),
    ("{asked: {mes: 2026-11}, expect: {}}",
     "M381 faturas.yaml:6:15 “mes” não é um valor de que os exemplos possam falar"),
    ("{asked: {contrato_unico: souza}, expect: {}}",
     "M347 faturas.yaml:6:31 “souza” não é registro de contrato neste mundo"),
    ("{expect: [fatura]}", "M346 faturas.yaml:6:15 aqui se espera linhas por entidade"),
    ("{expect: {fatura: nada}}",
     "M346 faturas.yaml:6:24 aqui se espera uma lista de linhas, ou linhas com o nome curto de cada uma"),
    ("{expect: {fatura: [{totl: 1}]}}", "M205 faturas.yaml:6:26 o campo “totl” não existe em “fatura”"),
    ("{expect: {item: [{fatura: nova}]}}", "M347 faturas.yaml:6:32 “nova” não é registro de fatura neste mundo"),
    ("{expect: {fatura: [{itens: [{valor: um}]}]}}",
     'M348 faturas.yaml:6:42 o valor de valor não serve: o valor "um" não serve; é preciso um decimal com ponto, como 1234.50'),
    ('{expect: {vida: {bia: ""}}}', "M347 faturas.yaml:6:28 “bia” não é registro de vida neste mundo"),
    ("{expect: {}, steps: {vida: 1}}", "M381 faturas.yaml:6:27 “vida” não é um valor de que os exemplos possam falar"),
    ("{given: {}}", "M344 faturas.yaml:6:3 o exemplo “a” não diz o que espera"),
    ("{expect: {}, row: 1}", "M343 faturas.yaml:6:24 “row” não serve em exemplos de process"),
    ("{before: [{process: fatura}], expect: {}}", "M380 faturas.yaml:6:26 os exemplos são de “fatura”, que não existe"),
    ("{before: [{process: faturar, asked: {competencia: 11}}], expect: {}}",
     "M348 faturas.yaml:6:56 o valor de competencia não serve: “11” não é um mês"),
    ("{before: [{names: {fatura: {f: {totl: 1}}}}], expect: {}}",
     "M205 faturas.yaml:6:38 o campo “totl” não existe em “fatura”"),
    ("{before: [{given: {fatura: {f: {contrato: g}}}}], expect: {}}",
     "M347 faturas.yaml:6:48 “g” não é registro de contrato neste mundo"),
])  # fmt: skip
def test_every_mistake_has_its_place(case: str, wanted: str) -> None:
    assert told(f"  a: {case}") == [wanted]


def test_what_is_right_has_no_problem() -> None:
    cases = """  a:
    given: {vida: {bia: {nome: Bia, nascimento: ""}, ana: ""}}
    before:
      - {process: faturar, asked: {competencia: 2026-10}, at: 2026-10-03, names: {fatura: {outubro: {contrato: silva}}}}
      - given: {fatura: {outubro: {situacao: paga}}}
    expect: {fatura: {outubro: {situacao: paga}, nova: {soma: 1}}, item: [{fatura: nova}, {fatura: outubro}]}"""
    assert told(cases) == []


def test_documents_of_another_kind_have_no_worlds() -> None:
    more = {
        "outro": "examples: outro\nof: entity vida\nuse: mundo\ncases: {a: {given: {}, asked: {x: 1}, expect: []}, b: {}}\n",
        "sem": "examples: sem\nuse: [outro, sem, falta]\ncases: {a: {expect: 1}}\n",
        "roda": "examples: roda\ngiven: {vida: {a: {contrato: c}}, contrato: {c: {vidas: [{nome: a, contrato: c}]}}}\n",
    }
    assert told("  a: {expect: {}}", **more) == [
        "M343 outro.yaml:3:6 “use” não serve em exemplos de entity",
        "M343 outro.yaml:4:31 “asked” não serve em exemplos de entity",
        "M344 outro.yaml:4:52 o exemplo “b” não diz o que espera",
        "M364 roda.yaml:2:8 os registros do mundo se ligam em círculo: contrato c → contrato c",
        "M345 sem.yaml:2:7 “outro” não é um mundo que se possa usar aqui",
        "M345 sem.yaml:2:14 “sem” não é um mundo que se possa usar aqui",
        "M345 sem.yaml:2:19 “falta” não é um mundo que se possa usar aqui",
        "M343 sem.yaml:3:8 “cases” não serve em exemplos de nada, que só dão registros a outros",
    ]


def test_a_case_differs_from_its_world_and_records_come_behind_those_they_link_to() -> None:
    case = "  a: {given: {vida: {bia: {nome: Bia}, ana: {nome: Outra}}}, expect: {}}"
    documents = {"mundo": WORLD, "faturas": f"{HEAD}{case}\n"}
    configuration = load_valid(
        texts({f"faturas/examples/{name}.yaml": text for name, text in documents.items()})
    )
    faturas = configuration.examples["faturas"]
    world = world_of(configuration.examples, faturas, faturas.cases["a"])
    silva = {"contrato": "silva", "inicio": "2026-01-01"}
    assert world.records["vida", "ana"] == {**silva, "nome": "Outra"}
    assert world.records["vida", "bia"] == {**silva, "nome": "Bia"}
    order, circle = in_order(world, configuration.entities)
    assert [name for _, name in order] == ["t", "silva", "ana", "bia"]
    assert circle == []


def test_renamed_entities_and_fields_are_found_in_worlds() -> None:
    case = "  a: {expect: {vida: {ana: {nome: A}}, item: [{vida: ana}]}, before: [{names: {vida: {v: {nome: A}}}}]}"
    files = texts({"faturas/examples/mundo.yaml": WORLD, "faturas/examples/faturas.yaml": f"{HEAD}{case}\n"})
    path = "faturas/entities/vida.yaml"
    files[path] = (
        files[path]
        .replace(b"  nome: {", b"  nome_civil: {was: nome, ")
        .replace(b'"{nome}"', b'"{nome_civil}"')
    )
    configuration, problems = load_files(files)
    assert [str(each) for each in problems] == []
    assert {each.code for each in hints(configuration)} == {"M399"}
    written = files | renewed(files)
    assert written["faturas/examples/mundo.yaml"].decode() == WORLD.replace("nome: Ana", "nome_civil: Ana")
    assert written["faturas/examples/faturas.yaml"].count(b"nome_civil: A") == 2


def test_a_world_in_its_canonical_form_is_what_it_was() -> None:
    path = "faturas/examples/mundo.yaml"
    assert rewritten({path: WORLD.encode()}) == ({}, [])
