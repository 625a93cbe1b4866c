"""The shape of the code: what no review should have to look for."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDERS = ("metadata", "kernel", "reports", "renderer", "designer")
LONGEST_FILE, LONGEST_FUNCTION = 500, 60
# Today's exceptions by name; these sets may only shrink.
LONG_FILES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()

# Written in pieces, so that this file does not find itself.
PLACES = ("/work" + "/", "/root" + "/", "/home" + r"/\w+/", "/tmp" + r"/(?:spec|venv)")
REGISTRIES = (
    "pypi" + r"\.org",
    "pythonhosted" + r"\.org",
    "npmjs" + r"\.(?:org|com)",
    "debian" + r"\.org",
)
TEXTS = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".css", ".js", ".html", ".sql", ".csv", ".json", ""}
SAYS_NOTHING = re.compile(r"(?:^|[_/])(?:utils?|helpers?|misc|common|base|manager|service)\.py$")


@cache
def tracked() -> tuple[str, ...]:
    """Return the files that a commit would have: tracked ones, and new ones that are not ignored."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    said = subprocess.run(words, cwd=CHECKOUT, capture_output=True, check=False)
    if said.returncode != 0:
        pytest.skip("esta cópia não está no git")
    names = said.stdout.decode().split("\0")
    return tuple(name for name in names if name and (CHECKOUT / name).is_file())


def python_files() -> list[str]:
    return [name for name in tracked() if name.endswith(".py")]


def text_files() -> list[str]:
    return [name for name in tracked() if Path(name).suffix in TEXTS]


def read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8", errors="replace")


def functions(name: str) -> list[tuple[str, int]]:
    """Return (file:function, lines) of every function in a file."""
    tree = ast.parse(read(name))
    defined = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(f"{name}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1) for node in defined]


def test_modules_hold_no_python() -> None:
    assert [name for name in python_files() if name.startswith("modules/")] == []


def test_no_file_is_longer_than_one_reading() -> None:
    long = {name for name in python_files() if len(read(name).splitlines()) > LONGEST_FILE}
    assert long == LONG_FILES


def test_no_function_is_longer_than_a_screen() -> None:
    long = {where for name in python_files() for where, lines in functions(name) if lines > LONGEST_FUNCTION}
    assert long == LONG_FUNCTIONS


def test_file_names_say_what_is_inside() -> None:
    assert [name for name in python_files() if SAYS_NOTHING.search(name)] == []


def test_no_file_names_a_place_of_one_machine() -> None:
    assert [name for name in text_files() if re.search("|".join(PLACES), read(name))] == []


def test_no_file_names_a_package_registry() -> None:
    assert [name for name in text_files() if re.search("|".join(REGISTRIES), read(name))] == []


def test_every_module_begins_by_saying_what_it_is() -> None:
    said = {name: ast.get_docstring(ast.parse(read(name))) for name in python_files() if read(name).strip()}
    assert [name for name, sentence in said.items() if not sentence] == []


def test_imports_go_down_only() -> None:
    words = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    checked = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*FOLDERS, exclude_type_checking_imports=True, cache_dir=None)
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while True:  # what imports nothing that is left, or is imported by nothing left, is in no circle
        imported = set().union(*left.values()) if left else set()
        free = {
            module for module, imports in left.items() if not imports & left.keys() or module not in imported
        }
        if not free:
            break
        left = {module: imports - free for module, imports in left.items() if module not in free}
    assert left == {}
