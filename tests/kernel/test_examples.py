"""Examples tell what they expected, what came, and which row said so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import aroeira
from kernel.examples import examples_of, run
from metadata.load import load_files, load_valid

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FILES = {
    "manifest": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "entities/plano": """entity: plano
label: {one: Plano, many: Planos}
fields:
  nome: text
  pai: {type: link, to: plano}
  valor: money
  filhos: {type: many links, to: plano}
  dobro: {type: money, is: valor * 2}
checks:
  caro: {when: dobro > pai.dobro, message: "Mais caro que {pai.nome}."}
  futuro:
    when: today() > date("2026-06-30") and filhos = []
    message: Sem filhos.
""",
    "functions/total": """function: total
of: plano
takes: {mais: decimal}
is: sum(filhos.valor) + pai.valor + mais
""",
    "functions/lista": "function: lista\ntakes: {de: integer}\nis: for i in de..3 return i * 10\n",
    "decisions/faixa": """decision: faixa
pick: first
inputs: {idade: integer, nasceu: date}
outputs: {nome: text, desde: date}
rows: |
  idade | nasceu             || nome      | desde
  < 18  | > @"2000-01-01"    || "criança" | nasceu
  -     | -                  || "adulto"  | @"2026-01-01"
""",
    "examples/faixa": """examples: faixa
of: decision faixa
cases:
  certo: {given: {idade: 3, nasceu: 2020-02-03}, expect: {nome: criança, desde: 2020-02-03}, row: 1}
  outra linha: {given: {idade: 30}, expect: {nome: adulto, desde: 2026-01-01}, row: 1}
  outro valor: {given: {idade: 30}, expect: {nome: criança, desde: 2026-01-01}}
  ilegível: {given: {idade: trinta}, expect: {nome: criança}}
  ilegível também: {given: {idade: 30}, expect: {nome: adulto, desde: ontem}}
""",
    "examples/total": """examples: total
of: function total
cases:
  certo: {given: {pai: {valor: 1.50}, filhos: [{valor: 2}, {valor: 3}], mais: 1}, expect: 7.5}
  sem pai: {given: {filhos: [{valor: 2}], mais: 1}, expect: ""}
""",
    "examples/plano": """examples: plano
of: entity plano
cases:
  certo: {given: {valor: 3, pai: {valor: 2}, filhos: [{nome: x}]}, expect: caro}
  as duas: {given: {valor: 3, pai: {valor: 2}}, expect: [futuro, caro]}
  antes: {given: {valor: 1, pai: {valor: 2}}, at: 2026-06-30, expect: []}
  errado: {given: {valor: 1}, expect: caro}
  de outro: {given: {pai: {preco: 2}}, expect: ""}
  sem registro: {given: {pai: 12}, expect: ""}
""",
    "examples/lista": """examples: lista
of: function lista
cases: {certo: {given: {de: 1}, expect: [10, 20, 30]}, errado: {given: {de: 2}, expect: [20]}}
""",
}  # fmt: skip


def files(**changed: str) -> dict[str, bytes]:
    return {f"loja/{path}.yaml": text.encode() for path, text in {**FILES, **changed}.items()}


def test_only_what_differs_is_told_with_its_place() -> None:
    configuration = load_valid(files())
    judge = run(configuration, NOW)
    told = [
        (example.title, str(problem.place).removeprefix("loja/examples/"), problem.code, problem.sentence())
        for example in examples_of(configuration)
        for problem in judge(example)
    ]
    wanted, found = (f'{{nome: "{name}", desde: 2026-01-01}}' for name in ("criança", "adulto"))
    assert told == [
        ("decision faixa: outra linha", "faixa.yaml:5:85", "M384",
         "o exemplo “outra linha” esperava a linha 1, e quem respondeu foi linha 2"),
        ("decision faixa: outro valor", "faixa.yaml:6:45", "M383",
         f"o exemplo “outro valor” esperava {wanted}, e a resposta é {found} (linha 2)"),
        ("decision faixa: ilegível", "faixa.yaml:7:13", "M382",
         'o exemplo “ilegível” não pode ser lido: o valor "trinta" não serve; é preciso um número inteiro'),
        ("decision faixa: ilegível também", "faixa.yaml:8:20", "M382",
         "o exemplo “ilegível também” não pode ser lido: “ontem” não é data"),
        ("entity plano: errado", "plano.yaml:7:39", "M383",
         "o exemplo “errado” esperava caro, e a resposta é futuro"),
        ("entity plano: de outro", "plano.yaml:8:13", "M382",
         "o exemplo “de outro” não pode ser lido: “preco” não existe em plano"),
        ("entity plano: sem registro", "plano.yaml:9:17", "M382",
         "o exemplo “sem registro” não pode ser lido: “12” não descreve um registro de plano"),
        ("function lista: errado", "lista.yaml:3:89", "M383",
         "o exemplo “errado” esperava [20], e a resposta é [20, 30]"),
    ]  # fmt: skip


PRICED = """entity: plano
label: {one: Plano, many: Planos}
fields:
  nome: {type: text, required: coletivo}
  coletivo: yes/no
  valor: money
  dobro: {type: money, is: valor * 2}
  pai: {type: link, to: plano}
  filhos: {type: many links, to: plano}
checks:
  caro: {when: dobro > pai.valor, message: "{dobro} passa de {pai.valor}."}
  negativo: {when: valor < 0, severity: warn, message: Confira o valor.}
"""


def checked(cases: str) -> dict[str, bytes]:
    """Return the package with examples of what its plans are told."""
    told = f"examples: plano\nof: entity plano\ncases: {{{cases}}}\n"
    return files(**{"entities/plano": PRICED, "examples/plano": told})


def test_examples_of_an_entity_name_the_checks_that_speak_and_the_fields_that_are_asked_for() -> None:
    configuration = load_valid(checked("""
      nada: {given: {valor: 10, pai: {valor: 20}}, expect: []},
      calculado: {given: {valor: 10.01, pai: {valor: 20}}, expect: caro},
      aviso: {given: {valor: -1}, expect: [negativo]},
      dois: {given: {coletivo: yes, valor: 11, pai: {valor: 1}}, expect: [nome, caro]},
      falta um: {given: {coletivo: yes, valor: 11, pai: {valor: 1}}, expect: caro},
      sobra um: {given: {valor: 1}, expect: [negativo]}"""))  # fmt: skip
    judge = run(configuration, NOW)
    examples = [one for one in examples_of(configuration) if one.title.startswith("entity")]
    told = [
        (one.name, problem.facts["wanted"], problem.facts["found"])
        for one in examples
        for problem in judge(one)
    ]
    assert told == [("falta um", "caro", "caro, nome"), ("sobra um", "negativo", "nenhuma verificação")]


def test_examples_of_an_entity_expect_only_checks_that_exist() -> None:
    told = load_files(
        checked("""a: {expect: [car, valor]}, b: {expect: caro}, c: {given: {preco: 1}, expect: []}""")
    )[1]
    assert [(problem.code, problem.facts["name"]) for problem in told] == [
        ("M381", "car"), ("M381", "valor"), ("M381", "preco"),
    ]  # fmt: skip


def test_examples_speak_of_what_there_is() -> None:
    told = load_files(files(**{
        "examples/faixa": "examples: faixa\nof: decision faxa\ncases: {}\n",
        "examples/lista": "examples: lista\nof: decisao lista\ncases: {}\n",
        "examples/total": "examples: total\nof: function total\ncases: {a: {given: {val: 1, mai: 2}, expect: 1}}\n",
        "examples/mais": "examples: mais\nof: decision faixa\ncases: {a: {at: 1/2/2026, expect: {nom: 1}}}\n",
        "examples/plano": "examples: plano\nof: entity plano\ncases: {a: {given: {x: 1}, expect: [car]}}\n",
        "examples/outra": "examples: outra\nof: decision faixa\ncases: {a: {expect: {nom: 1}}}\n",
    }))[1]  # fmt: skip
    assert [f"{problem.code} {problem.place}" for problem in told] == [
        "M380 loja/examples/faixa.yaml:2:5",
        "M380 loja/examples/lista.yaml:2:5",
        "M110 loja/examples/mais.yaml:3:17",
        "M381 loja/examples/outra.yaml:3:22",
        "M381 loja/examples/plano.yaml:3:21",
        "M381 loja/examples/plano.yaml:3:37",
        "M381 loja/examples/total.yaml:3:21",
        "M381 loja/examples/total.yaml:3:29",
    ]


def test_the_command_tells_examples_that_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, content in files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert aroeira.main(["examples", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("M383") == 3
    for name in ("faixa", "total", "lista", "plano"):
        (tmp_path / f"loja/examples/{name}.yaml").unlink()
    (tmp_path / "loja/examples/um.yaml").write_text(
        "examples: um\nof: function lista\ncases: {a: {given: {de: 3}, expect: 30}}\n"
    )
    assert aroeira.main(["examples", str(tmp_path)]) == 1, "a list of one is no value"
