"""The way from a fresh checkout to a running command: the script `aroeira` and the two lock files.

How the locks are written again after a change stands beside the dependencies in pyproject.toml.
"""

from __future__ import annotations

import ast
import errno
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import aroeira
from metadata.problems import Problems
from metadata.system_errors import said_of, translated
from renderer.serving import listen, refusal

CHECKOUT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-test.txt")
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;]+)", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    return dict(PINNED.findall((CHECKOUT / lock).read_text(encoding="utf-8")))


def normal(requirement: str) -> str:
    return re.split(r"[\[<>=~! ]", requirement)[0].lower().replace("_", "-")


def small_checkout(folder: Path) -> Path:
    """Make a checkout of few files whose environment needs no installation."""
    shutil.copy(CHECKOUT / "aroeira", folder)
    (folder / "metadata").mkdir()
    shutil.copy(CHECKOUT / "metadata" / "system_errors.py", folder / "metadata")
    (folder / "aroeira.py").write_text("import sys; print(sys.prefix, *sys.argv[1:])", encoding="utf-8")
    for lock in LOCKS:
        (folder / lock).write_text("", encoding="utf-8")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return small_checkout(tmp_path)


@pytest.fixture
def open_checkout() -> Iterator[Path]:
    """A checkout that every account may read, and only its owner write."""
    with tempfile.TemporaryDirectory(prefix="aroeira-tests-") as folder:
        Path(folder).chmod(0o755)
        yield small_checkout(Path(folder))


def start_as_plain_user(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Start as somebody whom permissions hold: as another account where this one is root."""
    program = (
        (checkout / "aroeira").read_text(encoding="utf-8").replace("OLDEST = (3, 11)", "OLDEST = (3, 4)")
    )
    (checkout / "aroeira").write_text(program, encoding="utf-8")
    # root's own Python may lie in a home that is closed to others.
    python, user = ("/usr/bin/python3", "nobody") if os.geteuid() == 0 else (sys.executable, None)
    command = [python, str(checkout / "aroeira"), "serve"]
    return subprocess.run(command, user=user, capture_output=True, text=True, check=False)


def start(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "aroeira"), *words]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_every_dependency_is_locked_with_hashes_and_no_address() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    running = {normal(name) for name in project["dependencies"]}
    testing = {normal(name) for name in project["optional-dependencies"]["test"]}
    assert running <= pinned(LOCKS[0]).keys()
    assert running | testing <= pinned(LOCKS[1]).keys()
    for lock in LOCKS:
        content = (CHECKOUT / lock).read_text(encoding="utf-8")
        assert content.count("--hash=sha256:") >= len(pinned(lock))
        assert "://" not in content


def test_tests_run_on_the_versions_that_users_run() -> None:
    run, tests = pinned(LOCKS[0]), pinned(LOCKS[1])
    assert {name: tests.get(name) for name in run} == run


def test_the_script_is_one_that_old_pythons_can_read() -> None:
    for name in ("aroeira", "metadata/system_errors.py", "metadata/__init__.py"):
        ast.parse((CHECKOUT / name).read_text(encoding="utf-8"), feature_version=(3, 4))


def test_the_first_start_makes_the_environment_and_hands_the_words_on(checkout: Path) -> None:
    first = start(checkout, "apply", "--now")
    assert first.stdout.split() == [str(checkout / ".venv"), "apply", "--now"]
    assert "Preparando o ambiente" in first.stderr
    again = start(checkout, "apply")
    assert again.stderr == ""


def test_a_changed_lock_is_installed_and_the_tests_extras_stay(checkout: Path) -> None:
    stamp = checkout / ".venv" / "aroeira-lock"
    start(checkout, "serve")
    assert stamp.read_text(encoding="utf-8").startswith("requirements.txt ")
    start(checkout, "test")
    assert stamp.read_text(encoding="utf-8").startswith("requirements-test.txt ")
    before = stamp.read_text(encoding="utf-8")
    (checkout / LOCKS[1]).write_text("# changed\n", encoding="utf-8")
    start(checkout, "serve")
    assert stamp.read_text(encoding="utf-8").startswith("requirements-test.txt ")
    assert stamp.read_text(encoding="utf-8") != before


def test_two_first_starts_at_once_make_one_environment(checkout: Path) -> None:
    command = [sys.executable, str(checkout / "aroeira"), "serve"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Preparando" in errors for _, errors in answers) == 1


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path) -> None:
    start(checkout, "serve")
    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / "bin" / "python").symlink_to("/nonexistent/python")
    assert start(checkout, "serve").returncode == 0


def test_a_failed_installation_says_where_to_look_and_is_tried_again(checkout: Path) -> None:
    (checkout / LOCKS[0]).write_text("this is no requirement at all\n", encoding="utf-8")
    failed = start(checkout, "serve")
    assert failed.returncode == 1
    assert "A004" in failed.stderr
    assert "install.log" in failed.stderr
    (checkout / LOCKS[0]).write_text("", encoding="utf-8")
    assert start(checkout, "serve").returncode == 0


def test_an_incomplete_checkout_is_told_apart(checkout: Path) -> None:
    (checkout / LOCKS[0]).unlink()
    assert "A001" in start(checkout, "serve").stderr


def test_a_folder_without_write_access_is_named(open_checkout: Path) -> None:
    open_checkout.chmod(0o555)
    refused = start_as_plain_user(open_checkout)
    open_checkout.chmod(0o755)
    assert "A005" in refused.stderr
    assert f"{open_checkout}/.venv (falta permissão)" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="só root é outro usuário para alguém")
def test_an_environment_of_another_user_is_left_to_its_owner(open_checkout: Path) -> None:
    start(open_checkout, "serve")
    python = open_checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")  # as when uv keeps its Pythons in a home that is closed
    for mode in (0o755, 0o777):
        open_checkout.chmod(mode)
        refused = start_as_plain_user(open_checkout)
        assert "A007" in refused.stderr
        assert "(root)" in refused.stderr
        assert python.is_symlink()


def test_the_system_is_quoted_in_portuguese() -> None:
    assert said_of(PermissionError(errno.EACCES, "Permission denied")) == "falta permissão"
    assert said_of(OSError(999, "Strange")) == "o sistema recusou, erro 999"
    refused = f"could not connect: {os.strerror(errno.ECONNREFUSED)}"
    assert translated(refused) == "could not connect: a conexão foi recusada"


def test_an_old_python_gets_a_kind_message(checkout: Path) -> None:
    program = (
        (checkout / "aroeira").read_text(encoding="utf-8").replace("OLDEST = (3, 11)", "OLDEST = (3, 99)")
    )
    (checkout / "aroeira").write_text(program, encoding="utf-8")
    refused = start(checkout, "serve", PATH="/nonexistent")
    assert "A002" in refused.stderr
    assert "apt-get install" in refused.stderr


def test_a_start_with_nothing_to_do_loads_little(checkout: Path) -> None:
    start(checkout, "serve")
    loaded = "import sys; print(*sys.modules)"
    (checkout / "aroeira.py").write_text(loaded, encoding="utf-8")
    command = [sys.executable, "-X", "importtime", str(checkout / "aroeira"), "serve"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "subprocess" not in said
    assert "shutil" not in said


LINE = re.compile(r"^(A\d{3})(?: \S+)?  .+; .+$")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["databse"], "A121"),
        (["database", "--wrong"], "A122"),
        (["database", "--data"], "A123"),
        (["database", "surplus"], "A124"),
        (["serve", "--port", "abc"], "A125"),
        (["import", "--mapping", "a", "b", "c"], "A126"),
        (["serve", "--port", "1", "--port", "2"], "A137"),
        (["demo", "--port", "99999"], "A134"),
        (["import"], "A123"),
    ],
)
def test_mistyped_commands_get_one_line_with_a_next_step(words: list[str], code: str) -> None:
    command = [sys.executable, str(CHECKOUT / "aroeira.py"), *words]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    found = LINE.match(refused.stderr.strip())
    assert refused.returncode == 1
    assert found is not None
    assert found[1] == code
    assert "COMANDO" not in refused.stderr


ENGLISH = re.compile(
    r"usage|option|command|default|required|display|\b(?:argument|args|str|int|path|folder|file|name)\b"
)


@pytest.mark.parametrize(
    "command", ["", "apply", "bench", "check", "demo", "fmt", "import", "schema", "serve"]
)
def test_the_help_has_no_word_of_the_library(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert aroeira.main([*command.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Uso: ./aroeira {command or 'COMANDO'}")
    # What is typed stays as it is typed: options are part of the language of the command line.
    assert not ENGLISH.findall(re.sub(r"--[a-z]+|modules", "", said.lower()))


def test_a_missing_word_is_named_as_the_help_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert aroeira.main(["import"]) == 1
    told = "A123  falta MAPA; veja o que o comando espera com ./aroeira import --help\n"
    assert capsys.readouterr().err == told


def test_a_port_that_is_refused_comes_with_one_that_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Problems) as refused:
            listen(port)
    told = refused.value.problems[0]
    assert (told.code, told.facts["other"]) == ("A131", port + 1 if port < 65535 else 8000)


def test_a_port_of_the_administrator_is_told_as_such() -> None:
    told = str(refusal(80, PermissionError(errno.EACCES, "Permission denied")))
    assert told == (
        "A134  não posso usar a porta 80 (abaixo de 1024, só o administrador da máquina pode); "
        "escolha outra, por exemplo --port 8000"
    )
    assert refusal(80, OSError(errno.EADDRINUSE, "in use")).facts["other"] == 8000


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("arquivo/dados", "A105  não consigo usar a pasta {0} (uma parte do caminho não é uma pasta)"),
        ("dados", "A135  não consigo usar {0}/postgres/PG_VERSION (é uma pasta)"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_in_portuguese(tmp_path: Path, folder: str, told: str) -> None:
    (tmp_path / "arquivo").touch()
    (tmp_path / "dados" / "postgres" / "PG_VERSION").mkdir(parents=True)
    place = tmp_path / folder
    command = [sys.executable, str(CHECKOUT / "aroeira.py"), "database", "--data", str(place)]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith(told.format(place) + ";")
