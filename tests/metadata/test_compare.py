"""What differs between two configurations is told once, by name, and a rename is a rename."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata import changes as c
from metadata.compare import compare
from metadata.load import load_files
from metadata.package import Configuration
from metadata.yaml_text import write_document

MANIFEST = "package: loja\nlabel: Loja\nversion: 1.0.0\n"


def configuration(*entities: dict[str, Any], **others: str) -> Configuration:
    """Return the package `loja` with these entities; other files come as kind__name=text."""
    files = {"loja/manifest.yaml": MANIFEST}
    for entity in entities:
        files[f"loja/entities/{entity['entity']}.yaml"] = write_document(entity, {}, frozenset())
    files |= {f"loja/{path.replace('__', '/')}.yaml": text for path, text in others.items()}
    found, problems = load_files({path: text.encode() for path, text in files.items()})
    # What was published before former names were checked is compared all the same.
    assert [str(problem) for problem in problems if problem.code not in ("M231", "M232")] == []
    return found


def entity(name: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"entity": name, "label": {"one": "Um", "many": "Muitos"}, **more, "fields": fields}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[c.Change]:
    """Return the changes of the entity `a` between two sets of fields."""
    return compare(configuration(entity("a", before)), configuration(entity("a", after)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"b": "text"}, c.AddField("a", "b", required=False)),
        ({}, {"b": {"type": "text", "required": "yes"}}, c.AddField("a", "b", required=True)),
        ({"b": "text"}, {}, c.RemoveField("a", "b")),
        ({"b": "text"}, {"b": "integer"}, c.ChangeType("a", "b", "text", "integer")),
        ({"b": "decimal"}, {"b": "decimal(9,2)"}, c.ChangeType("a", "b", "decimal", "decimal(9,2)")),
        (
            {"b": {"type": "text", "max": "9"}},
            {"b": {"type": "text", "max": "10"}},
            c.ChangeLimits("a", "b", "max", "9", "10", narrows=False),
        ),
        (
            {"b": {"type": "money", "min": "9"}},
            {"b": {"type": "money", "min": "10"}},
            c.ChangeLimits("a", "b", "min", "9", "10", narrows=True),
        ),
        (
            {"b": "date"},
            {"b": {"type": "date", "max": "2026-01-31"}},
            c.ChangeLimits("a", "b", "max", "", "2026-01-31", True),
        ),
        (
            {"b": {"type": "date", "max": "2026-01-31"}},
            {"b": "date"},
            c.ChangeLimits("a", "b", "max", "2026-01-31", "", False),
        ),
        (
            {"b": "text"},
            {"b": {"type": "text", "required": "yes"}},
            c.ChangeRequired("a", "b", required=True),
        ),
        ({"b": "text"}, {"b": {"type": "text", "unique": "yes"}}, c.ChangeUnique("a", ("b",), unique=True)),
        ({"b": {"type": "text", "unique": "yes"}}, {"b": "text"}, c.ChangeUnique("a", ("b",), unique=False)),
        (
            {"b": {"type": "choice", "of": {"x": "X", "y": "Y"}}},
            {"b": {"type": "choice", "of": {"y": "Y", "z": "Z"}}},
            c.ChangeOptions("a", "b", ("z",), ("x",)),
        ),
        (
            {"b": {"type": "choice", "of": {"x": "X"}}},
            {"b": {"type": "choice", "of": {"x": "Xis"}}},
            c.ChangeText("a", "b", "of", "x: X", "x: Xis"),
        ),
        ({"b": "text"}, {"b": {"type": "text", "mask": "999"}}, c.ChangeSetting("a", "b", "mask", "", "999")),
        (
            {"b": "text"},
            {"b": {"type": "text", "help": "Ajuda."}},
            c.ChangeText("a", "b", "help", "", "Ajuda."),
        ),
        ({"b": "text", "d": "date"}, {"d": "date", "b": "text"}, c.ReorderFields("a", ("nome", "d", "b"))),
    ],
    ids=str,
)
def test_one_difference_is_one_change(before: Any, after: Any, expected: c.Change) -> None:
    fixed = {"nome": "text"}
    assert changes(fixed | before, fixed | after) == [expected]


def test_a_renamed_field_keeps_all_that_named_it() -> None:
    keys: dict[str, Any] = {
        "search": "{0}",
        "unique": [["{0}", "dia"]],
        "order": "-{0}",
        "shown_as": "{{{0}}}",
    }
    keys["valid"] = {"from": "dia", "to": "fim", "within": "{0}"}

    def made(name: str, **more: str) -> Configuration:
        def named(value: Any) -> Any:
            if isinstance(value, str):
                return value.format(name)
            if isinstance(value, list):
                return [named(part) for part in value]
            return {key: named(part) for key, part in value.items()}

        fields = {name: {"type": "text", "label": "Nome", **more}, "dia": "date", "fim": "date"}
        return configuration(
            entity("a", fields, **{key: named(value) for key, value in keys.items()}),
            entity(
                "b",
                {
                    "a": {"type": "link", "to": "a", "required": "yes"},
                    "x": {"type": "link", "to": "a", "where": {name: "t"}},
                    "t": "text",
                },
            ),
        )

    assert compare(made("nome"), made("titulo", was="nome")) == [c.RenameField("a", "nome", "titulo")]


def test_a_renamed_entity_keeps_its_fields_and_the_links_to_it() -> None:
    def made(name: str, **more: str) -> Configuration:
        return configuration(
            entity(name, {"nome": "text", "filhos": {"type": "children", "of": "filho"}}, **more),
            entity("filho", {"pai": {"type": "link", "to": name, "required": "yes"}}),
        )

    assert compare(made("a"), made("b", was="a")) == [c.RenameEntity("a", "b")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"novo": "text"}, {"novo": {"type": "text", "was": "velho"}}),  # done in an earlier version
        ({"velho": "text", "novo": "text"}, {"velho": "text", "novo": {"type": "text", "was": "velho"}}),
    ],
)
def test_a_rename_that_is_done_or_never_was_is_no_change(before: Any, after: Any) -> None:
    assert changes(before, after) == []


def test_a_version_that_was_left_out_loses_no_name() -> None:
    twice = {"c": {"type": "text", "was": ["b", "a"]}}
    for once in ("a", "b"):
        found = changes({once: "text"}, twice)
        assert found == [c.RenameField("a", once, "c"), c.ChangeText("a", "c", "label", once.upper(), "C")]


def test_of_two_heirs_only_the_first_takes_the_name() -> None:
    after = {"um": {"type": "text", "was": "a"}, "dois": {"type": "text", "was": "a"}}
    found = changes({"a": "text"}, after)
    assert [change for change in found if not isinstance(change, c.ChangeText)] == [
        c.RenameField("a", "a", "um"),
        c.AddField("a", "dois", required=False),
    ]


def test_a_link_to_another_entity_is_told_and_touches_data() -> None:
    others = entity("x", {"n": "text"}), entity("y", {"n": "text"})
    made = [configuration(entity("a", {"l": {"type": "link", "to": to}}), *others) for to in ("x", "y")]
    assert compare(*made) == [c.ChangeTarget("a", "l", "x", "y")]
    assert compare(*made)[0].touches_data


def test_options_of_a_shared_list_are_told_for_each_field_and_for_the_document() -> None:
    def made(options: str) -> Configuration:
        text = f"choices: cor\noptions: {options}\n"
        return configuration(entity("a", {"b": {"type": "choice", "of": "cor"}}), choices__cor=text)

    assert compare(made("{x: X, y: Y}"), made("{x: X}")) == [
        c.ChangeOptions("a", "b", (), ("y",)),
        c.ChangeDocument("choices", "cor", ("options",)),
    ]


def test_other_documents_and_packages_are_told() -> None:
    base = entity("a", {"nome": "text"})
    before = configuration(base, lists__a="list: a\nentity: a\n", menus__m="menu: m\nlabel: M\nitems: [a]\n")
    after = configuration(base, lists__a="list: a\nentity: a\norder: nome\n", forms__a="form: a\nentity: a\n")
    assert compare(before, after) == [
        c.AddDocument("forms", "a"),
        c.ChangeDocument("lists", "a", ("order",)),
        c.RemoveDocument("menus", "m"),
    ]
    assert compare(Configuration(), before) == [
        c.AddPackage("loja", "1.0.0"),
        c.AddEntity("a"),
        c.AddDocument("lists", "a"),
        c.AddDocument("menus", "m"),
    ]
    assert compare(before, Configuration())[-1] == c.RemovePackage("loja")


def test_rows_of_a_data_document_are_told() -> None:
    def made(rows: bytes) -> Configuration:
        files = {"loja/manifest.yaml": MANIFEST.encode(), "loja/data/d.csv": rows}
        files["loja/entities/a.yaml"] = write_document(
            entity("a", {"nome": "text"}), {}, frozenset()
        ).encode()
        files["loja/data/d.yaml"] = b"data: d\nentity: a\nkey: nome\n"
        return load_files(files)[0]

    assert compare(made(b"nome\nx\n"), made(b"nome\ny\n")) == [c.ChangeRows("d")]


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────

_NAMES = ("a", "b", "c", "d")
_TYPES: tuple[dict[str, Any], ...] = (
    {"type": "text"},
    {"type": "text", "max": "10", "unique": "yes"},
    {"type": "decimal(9,2)", "min": "1"},
    {"type": "date", "required": "yes", "help": "Dia."},
    {"type": "choice", "of": {"x": "X", "y": "Y"}},
    {"type": "choice", "of": {"x": "X"}},
    {"type": "link", "to": "alvo"},
)
_fields = st.dictionaries(
    st.sampled_from(_NAMES),
    st.builds(
        lambda kind, was: kind | was,
        st.sampled_from(_TYPES),
        st.sampled_from([{}, {"was": ["a", "c"]}, *({"was": n} for n in _NAMES)]),
    ),
    min_size=1,
)
_versions = st.dictionaries(
    st.sampled_from(("e", "f", "g")),
    st.tuples(_fields, st.sampled_from([{}, {"was": "e"}, {"was": "f"}])),
)


def made_of(version: dict[str, tuple[dict[str, Any], dict[str, str]]]) -> Configuration:
    target = entity("alvo", {"nome": "text"})
    return configuration(target, *(entity(name, fields, **was) for name, (fields, was) in version.items()))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=_versions, after=_versions)
def test_laws_of_comparison(before: Any, after: Any) -> None:
    old, new = made_of(before), made_of(after)
    found = compare(old, new)
    assert compare(old, old) == []
    assert len(set(found)) == len(found)
    for change in found:
        _names_exist(change, old, new)
        assert change.sentence()
        assert "{" not in change.sentence()
    renamed = {change.old for change in found if isinstance(change, c.RenameEntity)}
    added = {change.entity for change in found if isinstance(change, c.AddEntity)}
    removed = {change.entity for change in found if isinstance(change, c.RemoveEntity)}
    assert not renamed & removed
    assert not added & {change.new for change in found if isinstance(change, c.RenameEntity)}
    assert len(old.entities) + len(added) - len(removed) == len(new.entities)


def _names_exist(change: c.Change, old: Configuration, new: Configuration) -> None:
    match change:
        case c.RemoveEntity(entity=name):
            assert name in old.entities
        case c.RenameEntity(old=before, new=after):
            assert before in old.entities
            assert after in new.entities
        case c.RemoveField(entity=name):
            assert name in new.entities
            assert change.field not in new.entities[name].fields
        case c.RenameField(entity=name):
            assert change.new in new.entities[name].fields
            assert change.old not in new.entities[name].fields
        case c.ChangeUnique(entity=name):
            assert name in new.entities
        case _:
            facts = change.facts()
            if facts.get("entity"):
                assert facts["entity"] in new.entities
            if facts.get("field"):
                assert facts["field"] in new.entities[facts["entity"]].fields


def test_every_change_has_a_sentence_with_its_facts() -> None:
    chance = random.Random(1)
    for kind in c.every_change():
        values = {
            name: True
            if hint == "bool"
            else ("x", "y")
            if hint.startswith("tuple")
            else f"v{chance.randrange(9)}"
            for name, hint in kind.__annotations__.items()
        }
        change = kind(**values)
        assert change.sentence()[0].islower() or change.sentence()[0] == "v"
        assert isinstance(change.touches_data, bool)
