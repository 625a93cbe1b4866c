"""check, fmt and schema, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import aroeira
from metadata.problems import near

MANIFEST = "version: 1.0.0\npackage: loja\nlabel: Loja\n"
ENTITY = "entity: a\nlabel: {one: A, many: As}\n\nfields:\n  nome: text\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pacotes/loja/entities").mkdir(parents=True)
    (tmp_path / "pacotes/loja/manifest.yaml").write_text(MANIFEST)
    (tmp_path / "pacotes/loja/entities/a.yaml").write_text(ENTITY)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pacotes/loja"


def test_check_counts_what_is_fine(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert aroeira.main(["check", "pacotes"]) == 0
    assert capsys.readouterr().out.startswith("Sem problemas em 1 pacote: 0 listas de opções, 1 entidades,")


def test_check_tells_problems_where_an_editor_finds_them(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "entities/a.yaml").write_text(ENTITY.replace("text", "texto"))
    for words in (["check", "pacotes"], ["check", "pacotes/loja"], ["check", str(shop)]):
        assert aroeira.main(words) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err == (
            "M111 pacotes/loja/entities/a.yaml:5:9  o tipo “texto” não existe; você quis dizer “text”?\n"
        )


def test_a_missing_folder_is_told_as_such(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "fmt"):
        assert aroeira.main([command, "nada"]) == 1
        told = "A128  a pasta “nada” não existe; confira o caminho; sem pasta, vale modules\n"
        assert capsys.readouterr().err == told
    assert aroeira.main(["check", "pacotes/loja/manifest.yaml"]) == 1
    assert "não é uma pasta" in capsys.readouterr().err


def test_what_many_places_have_in_common_is_said_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    links = "".join(f"  c{number}: {{type: link, to: loja}}\n" for number in range(3))
    (shop / "entities/a.yaml").write_text(ENTITY + links)
    assert aroeira.main(["check", "pacotes"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "M204 em 3 lugares: a entidade “loja” não existe; crie a entidade ou corrija o nome",
        *(f"     pacotes/loja/entities/a.yaml:{line}:24" for line in (6, 7, 8)),
    ]


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("plano", ["rede_plano"], ""),
        ("cobertura", ["tipo_cobertura"], ""),
        ("cep", ["cid"], ""),
        ("nmoe", ["nome", "note"], "nome"),
        ("beneficario", ["beneficiario"], "beneficiario"),
    ],
)
def test_only_a_word_with_few_slips_is_taken_for_another(word: str, known: list[str], meant: str) -> None:
    assert near(word, known) == meant


def test_fmt_rewrites_only_what_it_must_and_only_without_check(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aroeira.main(["fmt", "pacotes", "--check"]) == 1
    assert capsys.readouterr().out == "pacotes/loja/manifest.yaml\n"
    assert (shop / "manifest.yaml").read_text() == MANIFEST
    assert aroeira.main(["fmt", "pacotes"]) == 0
    assert (shop / "manifest.yaml").read_text() == "package: loja\nlabel: Loja\nversion: 1.0.0\n"
    capsys.readouterr()
    assert aroeira.main(["fmt", "pacotes", "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_fmt_leaves_a_document_with_comments_and_says_so(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "entities/a.yaml").write_text("# nota\n" + ENTITY)
    assert aroeira.main(["fmt", "pacotes"]) == 1
    assert capsys.readouterr().err.startswith("M120 pacotes/loja/entities/a.yaml:1:1  ")
    assert (shop / "entities/a.yaml").read_text().startswith("# nota\n")


def test_schema_prints_one_kind_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert aroeira.main(["schema", "entity"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Entity"
    assert aroeira.main(["schema"]) == 0
    assert "form" in json.loads(capsys.readouterr().out)
    assert aroeira.main(["schema", "entiti"]) == 1
    assert capsys.readouterr().err.endswith("você quis dizer “entity”?\n")
