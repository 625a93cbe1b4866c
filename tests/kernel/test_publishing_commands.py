"""`./aroeira plan` and `./aroeira apply` as people use them: an edited file, a plan in words, a publication."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

from tests.publications import files, run

CHECKOUT = Path(__file__).resolve().parents[2]
FIRST = files(cliente="nome: {type: text, max: 40}")
SECOND = files(cliente="nome: {type: text, max: 40}\nidade: {type: integer, required: yes}")
NARROW = files(cliente="nome: {type: text, max: 2}\nidade: {type: integer, required: yes}")


def write(folder: Path, content: dict[str, bytes]) -> None:
    for path, text in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)


def command(engine: Engine, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
    program = [sys.executable, str(CHECKOUT / "aroeira.py"), *words]
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)


def test_an_edit_is_planned_applied_and_then_nothing_is_left(database: Engine, tmp_path: Path) -> None:
    folder = str(tmp_path)
    write(tmp_path, FIRST)
    first = command(database, "apply", folder, "--note", "começo")
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, "Versão 1 no ar.")
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")

    write(tmp_path, SECOND)
    planned = command(database, "plan", folder, "--sql")
    assert planned.returncode == 0
    assert planned.stdout.splitlines()[:6] == [
        "1 alteração (versão 1 no ar)",
        "  acrescenta o campo cliente.idade",
        "Na publicação, numa transação só:",
        "  acrescenta a coluna cliente.idade",
        '    ALTER TABLE "cliente" ADD COLUMN "idade" bigint;',
        "  anota as mudanças de cliente",
    ]
    assert planned.stderr.startswith("M523 ")
    assert "1 registro" in planned.stderr

    assert command(database, "apply", folder).stdout.splitlines()[-1] == "Versão 2 no ar."
    again = command(database, "apply", folder)
    assert (again.returncode, again.stdout) == (0, "0 alterações (versão 2 no ar)\nVersão 2 no ar.\n")


def test_what_blocks_is_told_with_its_place_and_status_one(database: Engine, tmp_path: Path) -> None:
    write(tmp_path, SECOND)
    assert command(database, "apply", str(tmp_path)).returncode == 0
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    write(tmp_path, NARROW)
    for word in ("plan", "apply"):
        done = command(database, word, str(tmp_path))
        assert done.returncode == 1
        assert "entities/cliente.yaml:4:3  em cliente.nome, 1 registro" in done.stderr


def test_problems_of_the_packages_come_before_any_plan(database: Engine, tmp_path: Path) -> None:
    write(tmp_path, files(cliente="nome: {type: testo}"))
    for word in ("plan", "apply"):
        done = command(database, word, str(tmp_path))
        assert (done.returncode, done.stdout) == (1, "")
        assert "M111" in done.stderr


def test_an_import_of_a_header_alone_says_so(database: Engine, tmp_path: Path) -> None:
    mapping = "layout: cliente\ninto: cliente\nkey: nome\ncolumns: {Nome: nome}\n"
    write(tmp_path / "pacotes", FIRST | {"loja/layouts/cliente.yaml": mapping.encode()})
    assert command(database, "apply", str(tmp_path / "pacotes")).returncode == 0
    (tmp_path / "vazio.csv").write_text("Nome;Cidade\n", encoding="utf-8")
    done = command(database, "import", "cliente", str(tmp_path / "vazio.csv"))
    assert done.returncode == 0, done.stderr
    assert "0 linhas lidas" in done.stdout
    told = (
        "R532  o arquivo vazio.csv só tem o cabeçalho, nenhuma linha de dados; confira se é o arquivo certo\n"
    )
    assert done.stderr == told
