"""Tiny packages with exactly the problems that they have: one file of cases per code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from metadata.load import load_files
from metadata.messages import catalogue

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CHECKOUT = Path(__file__).parents[2]
CODE = re.compile(r'"([A-Z]\d{3})"')
PLACEHOLDER = re.compile(r"\{(\w+)\}")
MANIFEST = "package: {name}\nlabel: {name}\nversion: 1.0.0\n"


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader))


def package(case: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of a case; `loja` gets a manifest where the case is not about manifests."""
    pad = int(case.get("pad", 0))
    files = {path: text.ljust(pad) for path, text in case["files"].items()}
    if "loja" not in case.get("bare", ""):
        files = {"loja/manifest.yaml": MANIFEST.format(name="loja"), **files}
    return {path: text.encode(case.get("charset", "utf-8")) for path, text in files.items()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_package_has_exactly_these_problems(path: Path) -> None:
    case = read(path)
    assert [str(problem) for problem in load_files(package(case))[1]] == case["problems"]
    assert any(problem.startswith(path.stem) for problem in case["problems"]), "the case shows another code"


def test_every_code_of_reading_and_of_references_has_a_case() -> None:
    codes = {code for code in catalogue() if code.startswith(("M1", "M2"))}
    assert codes == {path.stem for path in CASES}


def raised() -> Iterator[str]:
    for folder in ("metadata", "kernel", "reports", "renderer", "designer"):
        for path in (CHECKOUT / folder).rglob("*.py"):
            yield from CODE.findall(path.read_text(encoding="utf-8"))
    commands = (
        "account_commands", "aroeira", "command_parts", "command_words", "demonstration", "process_commands",
        "rule_commands",
    )  # fmt: skip
    for name in (f"{each}.py" for each in commands):
        yield from CODE.findall((CHECKOUT / name).read_text(encoding="utf-8"))


def test_every_raised_code_has_a_sentence_and_every_sentence_is_raised() -> None:
    assert set(raised()) == set(catalogue())


def test_the_catalogue_is_sorted_and_every_sentence_says_what_to_do() -> None:
    entries = catalogue()
    assert list(entries) == sorted(entries)
    for code, entry in entries.items():
        assert set(entry) == {"says", "do"}, code
        assert not entry["says"].endswith("."), code
        assert not entry["says"][0].isupper() or entry["says"].split()[0].isupper(), code
