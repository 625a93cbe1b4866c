"""Functions, decisions and parameters: every slip of an author is told where it stands, and all at once."""

from __future__ import annotations

import pytest

from metadata.load import load_files

MANIFEST = "package: loja\nlabel: Loja\nversion: 1.0.0\n"
PLANO = """entity: plano
label: {one: Plano, many: Planos}
fields:
  nome: text
  tolerancia: integer
  empresa: {type: link, to: plano}
"""


def problems(**documents: str) -> list[str]:
    """Return code, place and sentence of every problem of a package with these documents (`kind__name`)."""
    files = {"manifest": MANIFEST, "entities__plano": PLANO, **documents}
    written = {f"loja/{name.replace('__', '/')}.yaml": text.encode() for name, text in files.items()}
    return [
        f"{problem.code} {str(problem.place).removeprefix('loja/')} {problem.said()}"
        for problem in load_files(written)[1]
    ]


TABLE = """decision: faixa
pick: {pick}
inputs: {{idade: integer, tipo: {{type: choice, of: {{a: A, b: B}}}}}}
outputs: {{valor: money, fonte: text}}
rows: |
"""


def table(rows: str, pick: str = "first") -> list[str]:
    return problems(decisions__faixa=TABLE.format(pick=pick) + rows)


def test_sound_definitions_have_no_problems() -> None:
    assert table('  idade | tipo || valor | fonte\n  < 18 | "a", "b" || 1 | "x" || nota | com barra\n') == []
    assert problems(functions__f="function: f\nof: plano\nis: empresa.tolerancia + g()\n",
                    functions__g="function: g\nis: 1\n") == []  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("", ["M358 decisions/faixa.yaml:5:7 a tabela está vazia; escreva o cabeçalho e ao menos uma linha, com || entre perguntas e respostas"]),
        (
            '  idade | tipo | valor | fonte\n  1 | - || 1 | "x"\n',
            ["M359 decisions/faixa.yaml:6:3 falta || entre as perguntas e as respostas; separe os dois lados com ||, e as colunas com |"],
        ),
        (
            '  idad | tipo || valor | fonte | outra\n  1 | - || 1 | "x" | 2\n',
            [
                "M361 decisions/faixa.yaml:6:3 a coluna “idad” não está em inputs; você quis dizer “idade”?",
                "M361 decisions/faixa.yaml:6:34 a coluna “outra” não está em outputs; corrija o nome, ou acrescente-o em outputs",
            ],
        ),
        (
            '  idade || valor | fonte | valor\n  1 || 1 | "x" | 2\n',
            [
                "M362 decisions/faixa.yaml:6:3 falta a coluna “tipo” no cabeçalho; acrescente a coluna, ou retire o nome do documento",
                "M363 decisions/faixa.yaml:6:28 a coluna “valor” aparece mais de uma vez no cabeçalho; deixe só uma",
            ],
        ),
        (
            '  idade | tipo || valor | fonte\n\n  1 || 1\n  < | "c" || "x | y" | 3 + idad\n',
            [
                "M360 decisions/faixa.yaml:8:3 a linha tem 1 respostas; o cabeçalho tem 2; confira as barras; o que não importa se escreve -",
                "M360 decisions/faixa.yaml:8:3 a linha tem 1 perguntas; o cabeçalho tem 2; confira as barras; o que não importa se escreve -",
                "M306 decisions/faixa.yaml:9:4 a expressão termina antes da hora; complete-a",
                "M329 decisions/faixa.yaml:9:7 “c” não está entre as opções; use o código de uma delas: a, b",
                "M325 decisions/faixa.yaml:9:14 o lugar pede número, e isto é texto; converta o valor ou escolha outro campo",
                "M320 decisions/faixa.yaml:9:28 “idad” não existe aqui; você quis dizer “idade”?",
            ],
        ),
        (
            '  idade | tipo || valor | fonte\n  1 | - || 1 | "x"\n  otherwise || 1 | "x"\n  otherwise || 2 | "x"\n',
            ["M368 decisions/faixa.yaml:9:3 otherwise aparece onde não serve: há mais de uma; deixe uma só linha otherwise, em tabelas que dão um só valor"],
        ),
    ],
)  # fmt: skip
def test_a_table_tells_all_that_is_wrong(rows: str, told: list[str]) -> None:
    assert table(rows) == told


def test_what_is_picked_fits_the_answers() -> None:
    rows = '  idade | tipo || valor | fonte\n  1 | - || 1 | "x"\n'
    assert [said.split()[0] for said in table(rows, "sum")] == ["M366"]
    assert [said.split()[0] for said in table(rows, "priority")] == ["M367"]


def test_the_chain_of_a_circle_is_told() -> None:
    told = problems(
        functions__a="function: a\nis: b() + 1\n",
        functions__b="function: b\ntakes: {x: integer}\nis: |\n  c(\n    1)\n",
        functions__c="function: c\ntakes: {x: integer}\nis: a()\n",
    )
    assert told[0] == (
        "M354 functions/a.yaml:1:1 as definições se chamam em círculo: a → b → c → a; retire uma das chamadas"
    )


def test_a_table_may_not_call_what_asks_the_table() -> None:
    told = problems(
        decisions__d="decision: d\ninputs: {x: integer}\noutputs: {y: integer}\nrows: |\n  x || y\n  - || f()\n",
        functions__f="function: f\nis: d(1)\n",
    )
    assert [said.split()[0] for said in told] == ["M354"]


def test_names_mean_one_thing() -> None:
    told = problems(
        functions__sum="function: sum\nis: 1\n",
        functions__f="function: f\nof: plano\ntakes: {plano: integer}\nis: 1\n",
        parameters__f="parameter: f\ntype: integer\n",
        decisions__d="decision: d\ninputs: {at: date}\noutputs: {at: date}\nrows: |\n  at || at\n  - || at\n",
    )
    assert [said.split()[0] for said in told] == ["M355", "M355", "M356", "M355", "M352", "M353"]


def test_calls_are_judged() -> None:
    told = problems(
        functions__um="function: um\nof: plano\ntakes: {x: integer}\nis: tolerancia + x\n",
        functions__dois="function: dois\nis: um(1)\n",
        functions__tres='function: tres\nof: plano\nis: um("x") + um() + um(empresa, 1) + um(1, 1) + umm(1) + um\n',
    )
    assert told == [
        "M350 functions/dois.yaml:2:5 “um” é sobre um registro de plano; dê o registro como primeiro argumento",
        "M325 functions/tres.yaml:3:8 o lugar pede número, e isto é texto; converta o valor ou escolha outro campo",
        "M323 functions/tres.yaml:3:15 um não se chama com esses argumentos; escreva um([plano], x)",
        "M325 functions/tres.yaml:3:42 o lugar pede plano, e isto é número; converta o valor ou escolha outro campo",
        "M322 functions/tres.yaml:3:50 a função “umm” não existe; você quis dizer “um”?",
        "M351 functions/tres.yaml:3:59 “um” precisa ser chamado; escreva os parênteses: um(…)",
    ]


def test_a_parameter_fits_what_its_cascade_leads_to() -> None:
    told = problems(
        parameters__p="""parameter: p
type: {type: integer, min: 0}
of: plano
cascade: [tolerancia, empresa.tolerancia, nome, empresa.nada, nome.x]
default: -1
""",
        parameters__q="parameter: q\ntype: {type: choice, of: nada}\ncascade: [x]\n",
        parameters__r="parameter: r\ntype: integer\nof: plan\n",
    )
    assert [said.split()[0] for said in told] == ["M375", "M205", "M213", "M209", "M210", "M376", "M204"]


def test_a_field_that_has_the_name_of_a_function_changes_no_rule() -> None:
    plano = PLANO + "  dobro: integer\n  sum: integer\n"
    told = problems(
        entities__plano=plano,
        functions__dobro="function: dobro\ntakes: {x: integer}\nis: 2 * x\n",
        functions__f="function: f\nof: plano\nis: dobro(sum([dobro, sum]))\n",
    )
    assert told == []
