"""The JSON Schemas accept what the product accepts, as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.json_schema import schemas
from metadata.kinds import KINDS
from metadata.load import read_folder
from metadata.messages import key_texts
from metadata.model import Model
from metadata.source import Source, read, read_bytes
from tests.metadata.test_canonical import DOCUMENTS

MODULES = Path(__file__).parents[2] / "modules"
VALIDATORS = {key: jsonschema.Draft202012Validator(schema) for key, schema in schemas().items()}
LABEL = "label: {one: A, many: As}\n"


def plain(text: str) -> dict[str, Any]:
    source = read(text, "x.yaml")
    assert isinstance(source, Source)
    return source.plain


def test_there_is_a_sound_schema_for_every_kind() -> None:
    assert set(VALIDATORS) == {"package", *(kind.key for kind in KINDS.values())}
    for validator in VALIDATORS.values():
        validator.check_schema(validator.schema)


def test_every_shipped_document_is_valid() -> None:
    wrong = []
    for path, content in read_folder(MODULES).items():
        source = read_bytes(content, path) if path.endswith(".yaml") else None
        if isinstance(source, Source):
            validator = VALIDATORS[next(iter(source.plain))]
            wrong += [
                f"{path} {error.json_path} {error.message}" for error in validator.iter_errors(source.plain)
            ]
    assert wrong == []


@pytest.mark.parametrize(("model", "documents"), DOCUMENTS, ids=lambda part: getattr(part, "__name__", ""))
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(draw=st.data())
def test_what_the_model_accepts_the_schema_accepts(
    model: type[Model], documents: st.SearchStrategy[dict[str, Any]], draw: st.DataObject
) -> None:
    document = draw.draw(documents)
    model.model_validate(document)
    key = next(iter(model.model_fields))
    assert [error.message for error in VALIDATORS[key].iter_errors(document)] == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("entity", "entity: a\n" + LABEL),
        ("entity", "entity: A\n" + LABEL + "fields: {}\n"),
        ("entity", "entity: a\n" + LABEL + "fields: {a: texto}\n"),
        ("entity", "entity: a\n" + LABEL + "fields: {a: {type: text, required: true}}\n"),
        ("entity", "entity: a\n" + LABEL + "fields: {a: {type: text, to: b}}\n"),
        ("entity", "entity: a\n" + LABEL + "fields: {a: {type: link}}\n"),
        ("entity", "entity: a\n" + LABEL + "fields: {a: {type: text, colour: blue}}\n"),
        ("entity", "entity: a\n" + LABEL + "fields: [a]\n"),
        ("choices", "choices: a\noptions: {}\n"),
        ("choices", "choices: a\noptions: {a: {label: A, tone: pink}}\n"),
        ("form", "form: a\nentity: a\ntabs: [a]\n"),
        ("form", "form: a\nentity: a\ntabs: {A: [{a: {largura: 3}}]}\n"),
        ("list", "list: a\nentity: a\ncolumn: a\n"),
        ("menu", "menu: a\nlabel: A\n"),
        ("package", "package: a\nlabel: A\nversion: um\n"),
        ("layout", "layout: a\ninto: a\nkey: a\ncolumns: {A: a}\nkind: xml\n"),
    ],
)
def test_nonsense_is_not_valid(key: str, text: str) -> None:
    assert not VALIDATORS[key].is_valid(plain(text))


def test_every_key_is_described_in_portuguese_and_no_description_is_left_over() -> None:
    for model in models():
        keys = {info.alias or name for name, info in model.model_fields.items()} - {model.named_by}
        told = set(key_texts(model.__name__)) - {"_", "note", "was"}
        assert told == keys - {"note", "was"}, model.__name__


def models() -> list[type[Model]]:
    def below(model: type[Model]) -> list[type[Model]]:
        return [found for one in model.__subclasses__() for found in (one, *below(one))]

    return [model for model in below(Model) if model.__name__ != "Tab"]
