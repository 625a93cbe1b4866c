"""The command that shows what an expression means, reads and gives, and where it can be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from rule_commands import show_expression

FILES = {
    "manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "entities/plano.yaml": "entity: plano\nlabel: {one: Plano, many: Planos}\n"
    "fields: {nome: text, inicio: {type: date, label: Início}, fim: date}\n",
}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        file = tmp_path / "loja" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return tmp_path


def test_an_expression_is_shown_in_both_writings_with_its_level(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "se fim < inicio então 1,5 senão 2"
    assert show_expression(text, of="plano", pt=True, folder=packages) == 0
    shown = capsys.readouterr().out
    assert "if fim < inicio then 1.5 else 2" in shown
    assert "Fim é antes de Início" in shown
    assert "fim, inicio" in shown
    assert "em listas, filtros" in shown


def test_what_cannot_be_asked_of_many_records_says_why(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_expression('has right("X")', of="plano", folder=packages) == 0
    shown = capsys.readouterr().out
    assert "depende do que é do sistema" in shown
    assert "has right só responde sobre um registro por vez" in shown


def test_faults_are_told_with_their_column(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_expression("nome = 1 and inici = fim", of="plano", folder=packages) == 1
    told = capsys.readouterr().err
    assert "M326 expressão:1:1" in told
    assert "M320 expressão:1:14  “inici” não existe aqui; você quis dizer “inicio”?" in told


def test_without_an_expression_the_command_shows_what_can_be_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show_expression() == 0
    shown = capsys.readouterr().out
    assert "  um valor ou outro\n    if idade < 18 then" in shown
    assert "    se idade < 18 então “menor”".replace("“", '"').replace("”", '"') in shown
    assert "    dá 1260,5" in shown
    assert "  trecho(string: texto; start position: número; [length: número])" in shown
