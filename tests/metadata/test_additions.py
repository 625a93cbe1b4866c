"""Additions as documents: steps of other packages are judged with their process, and told where they stand."""

from __future__ import annotations

import pytest

from metadata.load import load_files
from metadata.todays_names import renewed
from tests.billing import texts

PATH = "acertos/additions/acerto.yaml"
MANIFEST = "package: acertos\nlabel: Acertos\nversion: 1.0.0\nrequires: [faturas]\n"
ADDITION = """
addition: acerto
label: Acerto
to: faturar
steps:
  caras:
    from: precos
    where: valor > 500 and competencia > dia_de_corte()
    lookup: {anterior: {in: fatura, where: fatura.contrato = precos.contrato, order: vencimento, expect: first}}
    columns: {dobro: valor * 2}
  baixadas:
    from: caras
    update: fatura
    record: anterior
    set: {total: dobro}
"""
FUNCTION = 'function: dia_de_corte\nlabel: Dia de corte\nis: date("2026-01-01")\n'


def files(addition: str = ADDITION, manifest: str = MANIFEST, **more: str) -> dict[str, bytes]:
    said = {
        "acertos/manifest.yaml": manifest,
        "acertos/functions/dia_de_corte.yaml": FUNCTION,
        PATH: addition,
    }
    return texts({**said, **more})


def told(before: str, after: str, manifest: str = MANIFEST) -> list[str]:
    """Return the problems of the addition with one text in place of another."""
    assert ADDITION.count(before) == 1, before
    return [str(problem) for problem in load_files(files(ADDITION.replace(before, after), manifest))[1]]


def test_added_steps_stand_behind_those_of_the_process() -> None:
    configuration, problems = load_files(files())
    assert [str(each) for each in problems] == []
    assert list(configuration.processes["faturar"].steps) == [
        "vidas", "cobertas", "precos", "novas", "linhas", "caras", "baixadas",
    ]  # fmt: skip
    alone, _ = load_files(texts())
    assert list(alone.processes["faturar"].steps)[-1] == "linhas"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("to: faturar", "to: fatura", "M430 acertos/additions/acerto.yaml:4:5 "),
        ("  caras:\n", "  precos:\n", "M479 acertos/additions/acerto.yaml:6:3 "),
        ("    where: valor > 500", "    where: valo > 500", "M320 acertos/additions/acerto.yaml:8:12 "),
        ("columns: {dobro: valor * 2}", "columns: {dobro: valor * nome}", "M32"),
        ("set: {total: dobro}", "set: {totais: dobro}", "M205 acertos/additions/acerto.yaml:15:11 "),
        ("    from: caras\n", "    from: cara\n", "M401 acertos/additions/acerto.yaml:12:11 "),
        ("  baixadas:\n", "  contrato:\n", "M409 acertos/additions/acerto.yaml:11:3 "),
        ("update: fatura", "insert: fatura", "M112 acertos/additions/acerto.yaml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_the_step_stands(before: str, after: str, expected: str) -> None:
    problems = told(before, after)
    assert any(each.startswith(expected) for each in problems), problems
    assert all(PATH in each for each in problems), problems


def test_a_process_of_a_package_that_is_not_required_is_refused() -> None:
    lonely = MANIFEST.replace("requires: [faturas]\n", "")
    problems = [str(each) for each in load_files(files(ADDITION, lonely))[1]]
    assert any(each.startswith(f"M211 {PATH}:4:5 ") for each in problems), problems


def test_two_additions_may_build_on_one_another_but_not_share_a_name() -> None:
    later = "package: depois\nlabel: Depois\nversion: 1.0.0\nrequires: [acertos]\n"
    third = ADDITION.replace("addition: acerto", "addition: mais").replace("  baixadas:", "  outras:")
    both = {"depois/manifest.yaml": later, "depois/additions/mais.yaml": third}
    problems = [str(each) for each in load_files(files(**both))[1]]
    assert [each.split()[0] for each in problems] == ["M479"]
    assert "depois/additions/mais.yaml:6:3" in problems[0]
    assert PATH in problems[0]
    built = third.replace("  caras:\n", "  dobradas:\n").replace("from: caras", "from: dobradas")
    built = built.replace("from: precos", "from: caras").replace("precos.contrato", "caras.contrato")
    configuration, problems_ = load_files(files(**{**both, "depois/additions/mais.yaml": built}))
    assert [str(each) for each in problems_] == []
    assert list(configuration.processes["faturar"].steps)[-4:] == ["caras", "baixadas", "dobradas", "outras"]


def test_an_addition_of_which_nothing_is_new_is_told() -> None:
    only = "addition: acerto\nlabel: Acerto\nto: faturar\nsteps: {precos: {from: vidas}}\n"
    problems = [str(each) for each in load_files(files(only))[1]]
    assert [each.split()[0] for each in problems] == ["M479"]


def test_former_names_are_renewed_where_the_step_stands() -> None:
    changed = files()
    path = "faturas/entities/fatura.yaml"
    changed[path] = changed[path].replace(
        b"  vencimento: {type: date, required: yes}", b"  vence: {type: date, required: yes, was: vencimento}"
    )
    changed[path] = (
        changed[path]
        .replace(
            b"  total: {type: money, required: yes}",
            b"  soma_final: {type: money, required: yes, was: total}",
        )
        .replace(b"total < 0", b"soma_final < 0")
        .replace(b"{total}", b"{soma_final}")
    )
    configuration, problems = load_files(changed)
    assert [str(each) for each in problems] == []
    steps = configuration.processes["faturar"].steps
    assert steps["caras"].lookup["anterior"].order == ("vence",)
    assert list(steps["baixadas"].set) == ["soma_final"]
    written = renewed(changed)
    assert {PATH, "faturas/processes/faturar.yaml"} <= written.keys()
    assert b"soma_final: dobro" in written[PATH]
    assert b"caras" not in written["faturas/processes/faturar.yaml"]
