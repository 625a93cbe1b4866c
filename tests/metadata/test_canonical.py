"""The canonical form says the same as the document, and says it in one way only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.canonical import canonical_plain, canonical_text, rewritten
from metadata.choices import Choices
from metadata.content import Data, Help
from metadata.decision import Decision
from metadata.entity import Entity
from metadata.examples import Examples
from metadata.function import Function
from metadata.layout import Layout
from metadata.load import read_folder
from metadata.manifest import Manifest
from metadata.model import Model
from metadata.parameter import Parameter
from metadata.screen import Form, List, Menu
from metadata.source import Source, read
from metadata.yaml_text import WIDTH, flow, scalar, write_document
from tests.metadata import plain_trees as trees

MODULES = Path(__file__).parents[2] / "modules"
DOCUMENTS: list[tuple[type[Model], st.SearchStrategy[dict[str, Any]]]] = [
    (Choices, trees.choices),
    (Data, trees.data),
    (Decision, trees.decisions),
    (Entity, trees.entities),
    (Examples, trees.examples),
    (Form, trees.forms),
    (Function, trees.functions),
    (Help, trees.helps),
    (Layout, trees.layouts),
    (List, trees.lists),
    (Manifest, trees.manifests),
    (Menu, trees.menus),
    (Parameter, trees.parameters),
]


def reread(text: str) -> dict[str, Any]:
    source = read(text, "x.yaml")
    assert isinstance(source, Source), [str(problem) for problem in source]
    assert source.remarks == ()
    return source.plain


@pytest.mark.parametrize(("model", "documents"), DOCUMENTS, ids=lambda part: getattr(part, "__name__", ""))
@settings(max_examples=50, suppress_health_check=list(HealthCheck), deadline=None)
@given(draw=st.data())
def test_the_canonical_form_is_read_back_as_the_same_document(
    model: type[Model], documents: st.SearchStrategy[dict[str, Any]], draw: st.DataObject
) -> None:
    plain = draw.draw(documents)
    text = canonical_text(plain, model)
    again = reread(text)
    assert again == canonical_plain(plain, model)
    assert model.model_validate(again) == model.model_validate(plain)
    assert canonical_text(again, model) == text


@settings(max_examples=200, deadline=None)
@given(text=trees.texts)
def test_a_text_is_read_back_wherever_it_stands(text: str) -> None:
    document = {"key": text, "list": [text, [text]], "map": {"a": text, "b": {"c": text}}}
    written = write_document(document, {}, frozenset())
    assert reread(written) == document
    if "?" not in text:  # which the pure Python reader does not know within brackets
        assert yaml.load(written, Loader=yaml.BaseLoader) == document, "another reader reads it differently"


@pytest.mark.parametrize(
    ("text", "block", "inline"),
    [
        ("Código do plano", "Código do plano", "Código do plano"),
        ("00042", "00042", "00042"),
        ("no", "no", "no"),
        ("-inicio", "-inicio", "-inicio"),
        ("Vazio, vale para todas.", "Vazio, vale para todas.", '"Vazio, vale para todas."'),
        ("decimal(12,4)", "decimal(12,4)", '"decimal(12,4)"'),
        ("{codigo} · {nome}", '"{codigo} · {nome}"', '"{codigo} · {nome}"'),
        ("Atenção: vale", '"Atenção: vale"', '"Atenção: vale"'),
        ('diz "sim"', 'diz "sim"', 'diz "sim"'),
        ("", '""', '""'),
        ("Envia?", "Envia?", "Envia?"),
        ("14:30", "14:30", "14:30"),
        ("?0", '"?0"', '"?0"'),
        (":a", '":a"', '":a"'),
        ("-a", "-a", "-a"),
        ("nº 1 #2", '"nº 1 #2"', '"nº 1 #2"'),
    ],
)
def test_quotes_stand_only_where_they_must(text: str, block: str, inline: str) -> None:
    assert scalar(text, in_flow=False) == block
    assert flow(text) == inline


def test_an_entity_in_canonical_form() -> None:
    plain = reread("""
fields:
  nome: {label: Nome, type: text}
  valor: {type: "decimal( 18 , 6 )", required: no}
  tipo:
    of: {a: {label: Um}, b: {label: Dois, tone: good}}
    type: choice
    help: Uma frase comprida, que não cabe em uma linha só porque diz muitas coisas, todas importantes.
    note: ""
note: |
  Duas
  linhas
label: {gender: m, many: As, one: A}
unique: [[nome], [valor, tipo]]
search: [nome]
entity: a
""")
    assert (
        canonical_text(plain, Entity)
        == """\
entity: a
label: {one: A, many: As}
search: nome
unique: [nome, [valor, tipo]]

fields:
  nome: text
  valor: decimal
  tipo:
    type: choice
    of: {a: Um, b: {label: Dois, tone: good}}
    help: Uma frase comprida, que não cabe em uma linha só porque diz muitas coisas, todas importantes.
note: |
  Duas
  linhas
"""
    )


def test_a_form_in_canonical_form() -> None:
    plain = reread("""
form: a
entity: a
tabs:
  Um: {"": [nome, [valor]]}
  Dois:
    Seção: {rows: [{a: {width: 3}, b: {}}], about: ""}
    Outra: {rows: [a], about: Explica}
below: [{linhas: {columns: [x]}}]
""")
    assert (
        canonical_text(plain, Form)
        == """\
form: a
entity: a
tabs:
  Um:
    - nome
    - valor
  Dois:
    Seção:
      - [{a: {width: 3}}, b]
    Outra:
      about: Explica
      rows:
        - a
below: [{linhas: {columns: x}}]
"""
    )


def test_no_line_that_could_break_is_wider_than_the_page() -> None:
    changed, problems = rewritten(read_folder(MODULES))
    files = {**read_folder(MODULES), **changed}
    long = [
        (path, line)
        for path, content in files.items()
        for line in content.decode().splitlines()
        if path.endswith(".yaml") and len(line) > WIDTH and line.rstrip().endswith(("}", "]"))
    ]
    assert (problems, long) == ([], [])


def test_a_document_with_comments_or_problems_is_not_rewritten() -> None:
    files = {
        "p/manifest.yaml": b"version: 1.0.0\npackage: p\nlabel: P\n",
        "p/choices/a.yaml": b"# nota\noptions: {a: A}\nchoices: a\n",
        "p/choices/b.yaml": b"options: {a: A}\nchoise: b\n",
        "p/choices/c.yaml": b"options: {a: A\n",
        "p/data/d.csv": b"a;b\n",
    }
    changed, problems = rewritten(files)
    assert changed == {"p/manifest.yaml": b"package: p\nlabel: P\nversion: 1.0.0\n"}
    assert [problem.code for problem in problems] == ["M120", "M109", "M108", "M125"]
