"""Processes as documents: what is wrong with a step is told at its place, all of it at once."""

from __future__ import annotations

import pytest

from metadata.canonical import rewritten
from metadata.load import load_files
from metadata.steps.judge import Sound
from metadata.steps.walk import Steps
from tests.billing import FILES, texts

PROCESS = "faturas/processes/faturar.yaml"


def told(before: str, after: str) -> list[str]:
    """Return the problems of the process with one text in place of another."""
    text = FILES[PROCESS]
    assert text.count(before) == 1, before
    _, problems = load_files(texts({PROCESS: text.replace(before, after)}))
    return [str(problem) for problem in problems]


def codes(before: str, after: str) -> list[str]:
    return sorted(line.split()[0] for line in told(before, after))


def test_the_process_has_no_problems_and_its_steps_are_known() -> None:
    configuration, problems = load_files(texts())
    assert problems == []
    process = configuration.processes["faturar"]
    steps = Steps(process, configuration.entities, Sound(configuration.defined)).walk()
    prices = steps.rows_of(steps.made["precos"])
    types = {field.name: field.type_text for field in prices.fields.values()}
    assert types == {
        "contrato": "link", "vida": "link", "tabela": "link", "ultimo": "date", "idade": "decimal(7,0)",
        "dias": "decimal(8,0)", "faixa": "link", "valor": "money",
    }  # fmt: skip
    assert {name: made.about for name, made in steps.made.items()} == {
        "vidas": "vida", "cobertas": "vida", "precos": "vida", "novas": "", "linhas": "vida",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("from: vida\n", "from: vid\n", ["M401"]),
        ("from: cobertas\n", "from: cobertos\n", ["M401"]),
        ("group: [contrato]", "group: [contratos]", ["M402"]),
        ("type: money}", "type: link}", ["M403"]),
        ("valor: {is: faixa.valor * dias / ultimo.day, type: money}", "valor: faixa.valor / dias", ["M404"]),
        ("tabela: contrato.tabela", "tabela: contrato.vidas", ["M336"]),
        ("tabela: contrato.tabela", 'tabela: "null"', ["M405"]),
        ("      contrato: contrato\n      vida: vida\n", "      vida: vida\n", ["M402", "M406"]),
        ("key: [vida, competencia]", "key: [vida, numero]", ["M408"]),
        ("  vidas:\n", "  contrato:\n", ["M401", "M409"]),
        ("        at: competencia\n", "        at: contrato\n", ["M325"]),
        ("in: faixa\n", "in: tabela\n", ["M320", "M320", "M412"]),
        ("where: tabela = cobertas.tabela and", 'where: tabela.nome = "A" and', ["M413"]),
        ("where: tabela = cobertas.tabela and", "where: tabela = tabela and", ["M416"]),
        ("where: tabela = cobertas.tabela and idade in [idade_de..idade_ate]", "where: idade > 3", ["M477"]),
        ("item.competencia = competencia,", "item.vida = vida and competencia = competencia,", ["M417"]),
        ("key: [competencia]", "key: [competencias]", ["M414"]),
        ("expect: none", "expect: first", ["M415"]),
        ("in: item, where", "in: itens, where", ["M204"]),
        ("in: faixa\n        where: tabela = cobertas.tabela and", "in: linhas\n        where:", ["M204"]),
        ("where: dias > 0", "where: dias", ["M325"]),
        ("total: sum(valor)", "total: valor", ["M325"]),
        ("fatura: novas, vida: vida, competencia", "fatura: vida, vida: vida, competencia", ["M325"]),
        ("      total: sum(valor)\n", "", ["M398"]),
        ("insert: fatura", "insert: faturas", ["M204"]),
        ("{vida} não tem", "{vidas} não tem", ["M320"]),
        ("label: Faturar competência\n", "", ["M109"]),
        (
            "    where: dias > 0\n",
            "    where: dias > 0\n    warn: Veja {process faturar} e {list nada}.\n",
            ["M481"],
        ),
        ("    from: cobertas\n", '    from: cobertas\n    numbers: "3"\n', ["M112"]),
        ("    from: vida\n", "    numbers: contrato_unico\n", ["M325"]),
        (
            "      contrato: contrato\n      competencia",
            "      numero: string(3)\n      contrato: contrato\n      competencia",
            [],
        ),
        (
            "      contrato: contrato\n      competencia",
            '      soma: "3"\n      contrato: contrato\n      competencia',
            ["M396"],
        ),
    ],
)
def test_what_is_wrong_is_told(before: str, after: str, expected: list[str]) -> None:
    assert codes(before, after) == expected


def test_all_is_told_at_once_with_line_and_column() -> None:
    text = FILES[PROCESS].replace("where: dias > 0", "where: dia > 0").replace("sum(valor)", "sum(valores)")
    _, problems = load_files(texts({PROCESS: text}))
    found = [str(problem) for problem in problems]
    assert len(found) == 1  # steps behind a broken one are not judged by what it did not make
    line = text.splitlines().index("    where: dia > 0") + 1
    assert found[0].startswith(f"M320 {PROCESS}:{line}:12")


def test_a_process_written_canonically_stays_as_it_is() -> None:
    files = texts()
    changed, problems = rewritten(files)
    assert problems == []
    once = changed.get(PROCESS, files[PROCESS])
    assert PROCESS not in rewritten({**files, PROCESS: once})[0]
    configuration, problems = load_files({**files, PROCESS: once})
    assert problems == []
    whole, _ = load_files(texts())
    assert configuration.processes["faturar"] == whole.processes["faturar"]


def test_a_default_that_only_one_record_can_work_out_must_be_said() -> None:
    entity = FILES["faturas/entities/fatura.yaml"].replace(
        "  itens:", '  obs: {type: text, default: "= string join([situacao], \\",\\")"}\n  itens:'
    )
    _, problems = load_files(texts({"faturas/entities/fatura.yaml": entity}))
    assert [problem.code for problem in problems] == ["M418"]


def test_a_broken_entity_is_told_where_it_is_broken() -> None:
    """What a process reads of it cannot be known; nothing falls over."""
    for path in [path for path in FILES if "/entities/" in path]:
        _, problems = load_files(texts({path: FILES[path] + "outra_chave: 1\n"}))
        assert path in {str(problem).split()[1].partition(":")[0] for problem in problems}
