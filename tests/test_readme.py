"""The README does what it says: its commands exist, its ten minutes work on a running server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aroeira import app as commands
from aroeira import main as run
from kernel.live import Live
from renderer.app import Settings, create
from tests import architecture_page, office

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def aroeira(database: Engine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the test's database."""
    address = database.url.render_as_string(hide_password=False)
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "aroeira.py"), *words],
        env={**os.environ, "DATABASE_URL": address}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"\./aroeira ([a-z]+)", README))
    named |= set(re.findall(r"· `([a-z]+)`", README)) - {
        "import",
        "metadata",
        "expressions",
        "access",
        "billing",
    }
    assert named <= set(commands), named - set(commands)


def test_every_file_of_the_readme_exists() -> None:
    links = re.findall(r"\]\(([A-Za-z./]+)\)", README)
    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


def test_the_architecture_page_lists_every_file_as_it_says_itself() -> None:
    written = architecture_page.PAGE.read_text(encoding="utf-8")
    assert written == architecture_page.page(), "run python -m tests.architecture_page"


def test_a_field_of_your_own_reaches_the_running_server(database: Engine, tmp_path: Path) -> None:
    line = re.search(r"```yaml\n\s*(apelido: .+?)\n", README)
    assert line
    modules = tmp_path / "modules"
    shutil.copytree(CHECKOUT / "modules", modules)
    first = aroeira(database, "apply", str(modules))
    assert first.returncode == 0, first.stderr
    app = Settings(signed_in_as="ana.souza")
    with Live(database) as live, office.client(create(live, database, app)) as browser:
        assert "Apelido interno" not in browser.get("/registros/plano/novo").text
        entity = modules / "planos" / "entities" / "plano.yaml"
        text = entity.read_text(encoding="utf-8")
        entity.write_text(text.replace("fields:\n", f"fields:\n  {line[1]}\n", 1), encoding="utf-8")
        assert aroeira(database, "check", str(modules)).returncode == 0
        planned = aroeira(database, "plan", str(modules))
        assert "acrescenta o campo plano.apelido" in planned.stdout
        assert aroeira(database, "apply", str(modules)).returncode == 0
        assert _within_a_second(lambda: "Apelido interno" in browser.get("/registros/plano/novo").text)
        refused = browser.post(
            "/registros/plano/novo", data={"version": "", "f.codigo": "9999", "f.descricao": "Sem apelido"}
        )
        assert refused.status_code == 422
        assert "Apelido interno</a> está em branco" in refused.text
        again = aroeira(database, "apply", str(modules))
        assert "0 alterações" in again.stdout


def test_the_rule_of_your_own_is_read_and_its_expression_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    block = re.search(r"```yaml\n(  apelido: .+?)\nchecks:\n(.+?)```", README, re.DOTALL)
    assert block
    modules = tmp_path / "modules"
    shutil.copytree(CHECKOUT / "modules", modules)
    entity = modules / "planos" / "entities" / "plano.yaml"
    text = entity.read_text(encoding="utf-8")
    text = text.replace("fields:\n", f"fields:\n{block[1]}\n", 1).replace(
        "\nchecks:\n", f"\nchecks:\n{block[2]}", 1
    )
    entity.write_text(text, encoding="utf-8")
    assert run(["check", str(modules)]) == 0, capsys.readouterr().err
    shown = re.search(r"\./aroeira expression '(.+)' --of plano", README)
    assert shown
    asked = [shown[1], "--of", "plano", "--folder", str(modules)]
    assert run(["expression", *asked]) == 0, capsys.readouterr().err
    assert "Apelido interno" in capsys.readouterr().out


def _within_a_second(holds: object) -> bool:
    """Tell whether something comes true within the second that a server has to change over."""
    until = time.monotonic() + 1.5  # the second, and a page
    while time.monotonic() < until:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("words", [["check", "nada"], ["plan", "nada"], ["naoexiste"]])
def test_a_wrong_command_says_what_to_do(database: Engine, words: list[str]) -> None:
    answer = aroeira(database, *words)
    assert answer.returncode == 1
    assert "; " in answer.stderr
    assert "Traceback" not in answer.stderr
