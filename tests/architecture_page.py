"""Writes the list of files in ARCHITECTURE.md from the first sentence of each file."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "ARCHITECTURE.md"
START, END = "<!-- files -->\n", "<!-- /files -->"
_SENTENCE = re.compile(r"(.+?\.)(?:\s|$)", re.DOTALL)
_SCRIPT_HEAD = re.compile(r"/\*\*?\s*(.+?)\*/|^//\s*(.+?)$", re.DOTALL | re.MULTILINE)


def page() -> str:
    """Return the page with its list of files as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + START + "".join(lines()) + END + after


def lines() -> Iterator[str]:
    """Yield one line a file, folder by folder."""
    folder = ""
    for path in tracked():
        parent = str(path.parent)
        if parent != folder:
            folder = parent
            yield f"\n**{folder}/**\n\n" if folder != "." else "\n**.**\n\n"
        yield f"- `{path.name}` {sentence(path)}\n"
    yield "\n"


def tracked() -> list[Path]:
    """Return the source files that git knows, tests and package data apart."""
    names = ("*.py", "renderer/static/js/*.js")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *names],
        cwd=CHECKOUT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    paths = {Path(name) for name in listed.stdout.split("\0") if name and (CHECKOUT / name).exists()}
    return sorted(
        (p for p in paths if p.parts[0] not in ("tests", "modules")), key=lambda p: (str(p.parent), p.name)
    )


def sentence(path: Path) -> str:
    """Return the first sentence of a file, without the words "This file"."""
    text = (CHECKOUT / path).read_text(encoding="utf-8")
    if path.suffix == ".js":
        found = _SCRIPT_HEAD.search(text)
        said = " ".join((found[1] or found[2]).replace("*", " ").split()) if found else ""
    else:
        said = " ".join((ast.get_docstring(ast.parse(text)) or "").split())
    match = _SENTENCE.match(said)
    first = (match[1] if match else said).rstrip(";:.")
    return first.removeprefix("This file ").removeprefix("This folder ") + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
