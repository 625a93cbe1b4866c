"""What every folder in modules/ owes its users; a new package gets these tests for free."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kernel.rules.ways import end, paths
from metadata.canonical import rewritten
from metadata.entity import Entity
from metadata.load import read_folder
from metadata.package import Document
from metadata.values.masks import slots
from tests.shipped import MODULES, configuration, runtime

CHECKOUT = Path(__file__).parents[2]
ICONS = CHECKOUT / "renderer" / "static" / "icones.svg"
PACKAGES = sorted(folder.name for folder in MODULES.iterdir() if (folder / "manifest.yaml").is_file())
MAX_HELP = 300
PRIVACIES = ("", "personal", "sensitive")

pytestmark = pytest.mark.parametrize("package", PACKAGES)


def documents(package: str, folder: str) -> list[Document]:
    found = configuration().documents[folder].values()
    return [document for document in found if document.package == package]


def entities(package: str) -> list[Entity]:
    return [configuration().entities[document.name] for document in documents(package, "entities")]


def test_the_package_has_no_problems(package: str) -> None:
    assert package in configuration().packages


def test_every_document_is_in_canonical_form(package: str) -> None:
    changed, _ = rewritten(read_folder(MODULES / package))
    assert list(changed) == [], "./aroeira fmt"


def test_the_package_has_a_glossary(package: str) -> None:
    assert (MODULES / package / "glossario.md").is_file()


def test_every_entity_says_what_a_record_is(package: str) -> None:
    mute = [
        entity.name
        for entity in entities(package)
        if not (entity.help and entity.label.one and entity.label.many)
    ]
    assert mute == []


def test_what_is_worked_out_of_protected_data_is_protected_as_well(package: str) -> None:
    made = runtime()
    open_ = []
    for one in entities(package):
        for name, formula in made.rules.sets[one.name].computed.items():
            ends = {end(made, one.name, path) for path in paths(made, one.name, formula)}
            fields = (made.entities[entity].fields.get(field) for entity, field in ends)
            most = max((PRIVACIES.index(field.privacy) for field in fields if field), default=0)
            if PRIVACIES.index(one.fields[name].privacy) < most:
                open_.append(f"{one.name}.{name}: {PRIVACIES[most]}")
    assert open_ == []


def test_a_protected_copy_is_protected_where_it_comes_from(package: str) -> None:
    """The same datum stands on the record that it is copied from, which has pages of its own."""
    made = runtime()
    open_ = []
    for one in entities(package):
        for name, formula in made.rules.sets[one.name].computed.items():
            ends = {end(made, one.name, path) for path in paths(made, one.name, formula)}
            fields = [made.entities[entity].fields.get(field) for entity, field in ends]
            most = max((PRIVACIES.index(field.privacy) for field in fields if field), default=0)
            if PRIVACIES.index(one.fields[name].privacy) > most:
                open_.append(f"{one.name}.{name}: {sorted(ends)}")
    assert open_ == []


def test_every_label_starts_with_a_capital(package: str) -> None:
    texts = {
        f"{one.name}.{field.name}": field.label for one in entities(package) for field in one.fields.values()
    }
    for one in entities(package):
        texts |= {f"{one.name} one": one.label.one, f"{one.name} many": one.label.many}
        for field in one.fields.values():
            texts |= {
                f"{one.name}.{field.name}={code}": option.label for code, option in field.choices.items()
            }
    assert {
        where: text for where, text in texts.items() if not (text[:1].isupper() or text[:1].isdigit())
    } == {}


def test_every_help_text_is_short_and_ends(package: str) -> None:
    texts = {
        f"{one.name}.{field.name}": field.help for one in entities(package) for field in one.fields.values()
    }
    texts |= {entity.name: entity.help for entity in entities(package)}
    wrong = {
        where: text
        for where, text in texts.items()
        if text and (len(text) > MAX_HELP or text[-1] not in ".?!")
    }
    assert wrong == {}


def test_every_entity_can_be_reached(package: str) -> None:
    reached = _in_menus()
    waiting = list(reached)
    while waiting:
        for field in configuration().entities[waiting.pop()].fields.values():
            for name in (field.to, field.of if field.type == "children" else ""):
                if isinstance(name, str) and name and name not in reached:
                    reached.add(name)
                    waiting.append(name)
    lost = [entity.name for entity in entities(package) if entity.name not in reached]
    assert lost == [], "in no menu, and neither children nor linked from what is"


def _in_menus() -> set[str]:
    """Return the entities whose list stands in a menu."""
    lists, known = configuration().lists, configuration().entities
    named = {
        name for menu in configuration().menus.values() for group in menu.items.values() for name in group
    }
    return {lists[name].entity if name in lists else name for name in named} & known.keys()


def test_every_icon_exists(package: str) -> None:
    known = set(re.findall(r'id="([^"]+)"', ICONS.read_text(encoding="utf-8")))
    used = {f"entities/{entity.name}": entity.icon for entity in entities(package)}
    for document in documents(package, "menus"):
        used[f"menus/{document.name}"] = configuration().menus[document.name].icon
    for document in documents(package, "choices"):
        for code, option in configuration().choices[document.name].options.items():
            used[f"choices/{document.name}={code}"] = option.icon
    assert {where: icon for where, icon in used.items() if icon and icon not in known} == {}


def test_every_example_is_a_value_of_its_field(package: str) -> None:
    """An example is shown beside the field as people write it; one that is refused would teach a mistake."""
    wrong = []
    for entity in entities(package):
        for field in entity.fields.values():
            if field.example and field.mask and field.type == "text":
                clean = "".join(character for character in field.example if character.isalnum())
                wrong += [f"{entity.name}.{field.name}"] if len(clean) != len(slots(field.mask)) else []
    assert wrong == []
