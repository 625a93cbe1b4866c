"""Documents from anywhere: broken, hostile, huge. Each is refused in Portuguese, and nothing falls over."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.load import load_files, read_folder
from metadata.problems import Problem, Problems
from metadata.source import MAX_CHARACTERS, Source, read
from tests.metadata.plain_trees import NASTY

MODULES = Path(__file__).parents[2] / "modules"
MANIFEST = b"package: loja\nlabel: Loja\nversion: 1.0.0\n"
ENGLISH = re.compile(r"\b(the|should|found|expected|while|input|invalid|must|is not|unable)\b")
PIECES = (
    *(
        "entity: a\n",
        "label: {one: A, many: As}\n",
        "fields:\n",
        "  nome: text\n",
        "  b: {type: link, to: b}\n",
    ),
    *(
        "form: a\n",
        "tabs:\n",
        "  - ",
        "- ",
        "? ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&x ",
        "*x ",
        "!!map ",
        "|\n",
        ">\n",
    ),
    *(
        "\t",
        "\n",
        "  ",
        '"',
        "'",
        "#",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
        "<<: ",
        "\ufeff",
        "\x85",
        "é",
        "\\",
        "\r\n",
    ),
    *("type: ", "of: ", "choices: a\n", "options: ", "shown_as: ", "{x}", "default: ", "unique: ", "valid: "),
    *NASTY[:40],
)
soup = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=60)
KINDS = {
    "entities/a": "entity",
    "forms/a": "form",
    "choices/a": "choices",
    "menus/a": "menu",
    "lists/a": "list",
}


def problems_of(path: str, text: str) -> list[Problem]:
    files = {"loja/manifest.yaml": MANIFEST, f"loja/{path}.yaml": text.encode("utf-8", "surrogatepass")}
    return load_files(files)[1]


def tell(problems: list[Problem]) -> None:
    """Say every problem: each has a sentence, in Portuguese."""
    for problem in problems:
        assert not ENGLISH.search(problem.sentence()), problem
        assert "{" not in problem.hint()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(sorted(KINDS)), text=soup)
def test_any_text_is_a_document_or_a_problem(path: str, text: str) -> None:
    tell(problems_of(path, text))
    tell(problems_of(path, f"{KINDS[path]}: a\n{text}"))


def test_a_shipped_document_with_a_slip_is_a_document_or_a_problem() -> None:
    chance = random.Random(7)
    files = {
        path: content.decode() for path, content in read_folder(MODULES).items() if path.endswith(".yaml")
    }
    for path in chance.sample(sorted(files), 150):
        text = files[path]
        at = chance.randrange(len(text))
        slip = chance.choice(["", "", chance.choice(PIECES), text[at : at + 9] * 2])
        _, kind, name = path.split("/") if path.count("/") == 2 else ("", "", "")
        if kind:
            tell(problems_of(f"{kind}/{name.removesuffix('.yaml')}", text[:at] + slip + text[at + 1 :]))


BILLION = "a0: &a0 ha\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BILLION, "M104"),
        ("a: &a [*a]\n", "M104"),
        ("a: " + "[" * 100_000, "M116"),
        ("a: " + "{a: " * 100_000, "M116"),
        ("- " * 100_000, "M116"),
        ("? " * 100_000, "M116"),
        (": " * 100_000, "M116"),
        ("".join(" " * depth + "a:\n" for depth in range(1500)), "M116"),
        ("a: " + "[" * 60 + "]" * 60, "M116"),
        ("a: " + "x" * MAX_CHARACTERS, "M115"),
        ("{a" * 500, "M101"),
        ("a: !!python/object/apply:os.system [x]\n", "M104"),
        ("a: !!binary aGk=\n", "M104"),
        ("", "M105"),
        ("\0", "M101"),
        ("a: 1\n---\nb: 2\n", "M101"),
    ],
    ids=lambda part: part[:12],
)
def test_hostile_texts_are_refused(text: str, code: str) -> None:
    found = read(text, "x.yaml")
    assert isinstance(found, list)
    assert found[0].code == code
    tell(found[:5])


def test_a_document_of_almost_four_million_characters_is_read() -> None:
    row = "  - [campo, outro, {mais: {width: 3}}]\n"
    text = (
        "form: a\nentity: a\ntabs:\n  Um:\n" + row * (300_000 // len(row)) + "note: " + "x" * 3_000_000 + "\n"
    )
    assert isinstance(read(text, "x.yaml"), Source)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"entity: a\x80", "entity: a\n".encode("utf-16")])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    problems = load_files({"loja/manifest.yaml": MANIFEST, "loja/entities/a.yaml": content})[1]
    assert [problem.code for problem in problems] == ["M103"]


def test_files_at_odd_places_are_refused() -> None:
    files = {
        "manifest.yaml": MANIFEST,
        "loja/manifest.yaml": MANIFEST,
        "loja/x": b"",
        "loja/entities/a/b/c.yaml": b"",
    }
    tell(load_files(files)[1])


def test_a_folder_that_is_not_there_or_empty_says_so(tmp_path: Path) -> None:
    for folder, code in ((tmp_path / "nada", "A128"), (tmp_path, "M114")):
        with pytest.raises(Problems) as stopped:
            read_folder(folder)
        assert [problem.code for problem in stopped.value.problems] == [code]


def test_files_of_editors_are_left_alone(tmp_path: Path) -> None:
    package = tmp_path / "loja"
    for name in ("manifest.yaml", "entities/.a.yaml.swp", "entities/a.yaml~", ".git/x", "__pycache__/x.pyc"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(MANIFEST)
    assert list(read_folder(tmp_path)) == list(read_folder(package)) == ["loja/manifest.yaml"]
