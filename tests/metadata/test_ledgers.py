"""Ledgers and posting rules as documents: what is wrong is told where it stands, the rest is left alone."""

from __future__ import annotations

import pytest

from metadata.load import load_files
from tests.billing import texts
from tests.books import FILES, POSTED, files

ENTRY, LINE = "faturas/entities/lancamento.yaml", "faturas/entities/partida.yaml"
POSTING, PROCESS = "faturas/postings/faturamento.yaml", "faturas/processes/faturar.yaml"
ALL = files(POSTED)


def told(path: str, before: str, after: str) -> list[str]:
    """Return the problems of the configuration with one text in place of another."""
    text = ALL[path]
    assert text.count(before) == 1, before
    _, problems = load_files(texts({**ALL, path: text.replace(before, after)}))
    return [str(problem) for problem in problems]


def codes(path: str, before: str, after: str) -> list[str]:
    return sorted(line.split()[0] for line in told(path, before, after))


def test_the_documents_have_no_problems() -> None:
    assert load_files(texts(ALL))[1] == []
    assert load_files(texts(FILES))[1] == []


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        (ENTRY, "  day: data", "  day: dia", ["M205"]),
        (ENTRY, "  day: data", "  day: historico", ["M214"]),
        (ENTRY, "data: {type: date, required: yes}", "data: date", ["M420"]),
        (ENTRY, "data: {type: date, required: yes}", 'data: {type: date, is: date("2026-01-01"), stored: yes}', ["M423"]),
        (ENTRY, "  lines: partidas", "  lines: linhas", ["M205"]),
        (ENTRY, "  lines: partidas", "  lines: fatura", ["M214"]),
        (ENTRY, "  account: conta", "  account: debito", ["M214"]),
        (LINE, "conta: {type: link, to: conta, required: yes}", "conta: {type: link, to: conta}", ["M420"]),
        (ENTRY, "  debit: debito", "  debit: conta", ["M214"]),
        (ENTRY, "  debit: debito", "  debit: credito", ["M422"]),
        (LINE, "debito: money", "debito: decimal(9,2)", ["M214"]),
        (LINE, "debito: money", "debito: {type: money, is: 1 + 1, stored: yes}", ["M423"]),
        (ENTRY, "in: periodo_contabil", "in: periodo", ["M204"]),
        (ENTRY, "from: inicio, to: fim", "from: comeco, to: fim", ["M205"]),
        (ENTRY, "from: inicio, to: fim", "from: inicio, to: fechado", ["M214"]),
        (ENTRY, "when: fechado", "when: fim", ["M214"]),
    ],
)  # fmt: skip
def test_a_key_of_a_ledger_names_what_can_serve(
    path: str, before: str, after: str, expected: list[str]
) -> None:
    rules = {POSTING: None, PROCESS: None}
    kept = {name: text for name, text in FILES.items() if name not in rules}
    text = kept[path]
    assert text.count(before) == 1, before
    _, problems = load_files(texts({**kept, path: text.replace(before, after)}))
    assert [problem.code for problem in problems] == expected, [str(problem) for problem in problems]


def test_the_problem_stands_at_the_key() -> None:
    (problem,) = told(ENTRY, "when: fechado", "when: fechada")
    assert problem == (
        "M205 faturas/entities/lancamento.yaml:12:63  o campo “fechada” não existe em “periodo_contabil”; "
        "você quis dizer “fechado”?"
    )


def test_two_ledgers_have_lines_of_their_own() -> None:
    other = FILES[ENTRY].replace("entity: lancamento", "entity: outro").replace(
        "partidas: {type: children, of: partida}", "partidas: {type: children, of: partida, by: outro}"
    ).replace("count(partidas)", "1")  # fmt: skip
    line = FILES[LINE] + "  outro: {type: link, to: outro, required: yes}\n"
    _, problems = load_files(texts({**FILES, "faturas/entities/outro.yaml": other, LINE: line}))
    assert [problem.code for problem in problems] == ["M421"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("of: fatura", "of: faturas", ["M204"]),
        ("into: lancamento", "into: lancamentos", ["M204"]),
        ("into: lancamento", "into: contrato", ["M426"]),
        ("data: vencimento", "data: total", ["M325"]),
        ("data: vencimento, ", "", ["M398"]),
        ("data: vencimento", "dia: vencimento", ["M205", "M398"]),
        ("historico: '\"Fatura \" + numero'", "historico: numeros", ["M320"]),
        ("debit: total", "debit: totais", ["M320"]),
        ("debit: total", "debit: vencimento", ["M325"]),
        ("debit: total", "debit: total, credit: total", ["M424"]),
        ("debit: total, ", "", ["M424"]),
        ("account: caixa", "account: contrato", ["M325"]),
        ("set: {contrato: contrato}", "set: {contrato: caixa}", ["M325"]),
        ("set: {contrato: contrato}", "set: {contratos: contrato}", ["M205"]),
        ("when: total > 0", "when: totais > 0", ["M320"]),
        ("when: total > 0", "when: total", ["M325"]),
        ("para {numero}", "para {numeros}", ["M320"]),
        ("where: 'codigo = \"1.1\"'", "where: codigos = 1", ["M320"]),
    ],
)
def test_a_posting_rule_is_judged_by_itself_and_told_once(
    before: str, after: str, expected: list[str]
) -> None:
    problems = told(POSTING, before, after)
    assert sorted(line.split()[0] for line in problems) == expected, problems
    assert all(POSTING in line for line in problems)


def test_problems_of_a_rule_stand_to_the_character() -> None:
    (problem,) = told(POSTING, "debit: total", "debit: 1 + totais")
    assert problem.startswith("M320 faturas/postings/faturamento.yaml:12:40  ")
    (problem,) = told(POSTING, "para {numero}", "para {numeros}")
    assert problem.startswith("M320 faturas/postings/faturamento.yaml:14:")


def test_one_line_is_no_entry() -> None:
    text = ALL[POSTING]
    alone = text[: text.index("  receita: {account")]
    _, problems = load_files(texts({**ALL, POSTING: alone}))
    assert [problem.code for problem in problems] == ["M427"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("razao: {from: novas, post: faturamentos}", ["M429"]),
        ("razao: {from: linha, post: faturamento}", ["M401"]),
        ("razao: {from: linhas, post: faturamento}", ["M425"]),
        ("razao: {from: precos, post: faturamento}", ["M425"]),
        ("razao: {from: precos, record: vida, post: faturamento}", ["M325"]),
        ("razao: {from: linhas, record: fatura, post: faturamento}", []),
        ("razao: {from: novas, post: faturamento, where: total > 1}", ["M112"]),
        ("r" * 50 + ": {from: novas, post: faturamento}", ["M428"] * 3),
    ],
)
def test_a_step_that_posts_says_of_which_records(after: str, expected: list[str]) -> None:
    problems = told(PROCESS, "razao: {from: novas, post: faturamento}", after)
    assert sorted(line.split()[0] for line in problems) == expected, problems
    assert all(PROCESS in line for line in problems)


def test_what_a_step_stands_for_has_names_of_its_own() -> None:
    taken = ALL[PROCESS].replace("linhas:\n", "razao_due:\n")
    _, problems = load_files(texts({**ALL, PROCESS: taken}))
    assert "M428" in {problem.code for problem in problems}
