"""This file says levels, lines of roles and differences between profiles as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.access.comparison import Difference
from kernel.access.effective import Effective
from kernel.access.rights import RIGHTS
from metadata.grants import DENY, GIVEN, Place
from metadata.package import Configuration
from metadata.role import LEVELS, PRIVACY

LEVEL_WORDS = dict(zip(LEVELS, ("nada", "ver", "incluir", "mudar", "excluir", "configurar"), strict=True))
PRIVACY_WORDS = dict(
    zip(PRIVACY, ("escondidos", "mascarados", "mascarados, e revelados com motivo", "à mostra"), strict=True)
)
PRIVACY_KINDS = {"personal": "Dados pessoais", "sensitive": "Dados sensíveis"}
ICONS = dict(zip(LEVELS, ("minus", "eye", "plus", "pencil", "trash-2", "settings-2"), strict=True))
WAYS = {"gains": "ganha", "loses": "perde", "differs": "muda"}


@dataclass(frozen=True, slots=True)
class Told:
    """A difference as it reads."""

    way: str
    what: str
    before: str
    after: str
    records: str = ""


def level(effective: Effective) -> str:
    """Return what is allowed in a word or two."""
    said = LEVEL_WORDS[effective.name]
    if effective.level and effective.is_partial:
        said += ", em parte"
    return said if effective.is_clear or not effective.level else f"{said}, mascarado"


def told(configuration: Configuration, difference: Difference, counts: Mapping[str, tuple[int, int]]) -> Told:
    """Return a difference as it reads."""
    what = thing(configuration, difference.kind, difference.name)
    if difference.kind in ("right", "menu"):
        before, after = ("tem" if each.level else "não tem" for each in (difference.before, difference.after))
    else:
        before, after = level(difference.before), level(difference.after)
    counted = counts.get(difference.name) if difference.kind == "entity" else None
    records = f"{counted[0]:,} → {counted[1]:,} registros".replace(",", ".") if counted else ""
    return Told(difference.way, what, before, after, records)


def thing(configuration: Configuration, kind: str, name: str) -> str:
    """Return what a right, a menu, an entity or a field is called."""
    if kind == "right":
        return f"Direito {configuration.right(name)}"
    if kind == "menu":
        return f"Menu {' › '.join(_menu(configuration, *name.split('/')))}"
    entity, _, field = name.partition(".")
    known = configuration.entities.get(entity)
    if known is None:
        return name
    found = known.fields.get(field)
    return f"{known.label.many} › {found.label if found else field}" if field else known.label.many


def _menu(configuration: Configuration, root: str, *below: str) -> Iterator[str]:
    """Yield what the steps of a part of the menu are called: menu, group, list."""
    menu = configuration.menus.get(root)
    yield menu.label if menu else root
    for step in below:
        listed = configuration.lists.get(step)
        entity = configuration.entities.get(listed.entity if listed else step)
        yield (listed.label if listed else "") or (entity.label.many if entity else step)


KINDS = {"rights": "right", "menus": "menu", "entities": "entity", "fields": "field"}
SAID = {
    "label": "Nome",
    "about": "Para que serve",
    "note": "Anotação",
    "everything": "Pode tudo",
}


def place(configuration: Configuration, at: Place) -> str:
    """Return what a line of a role is about."""
    if at[0] == DENY:
        return f"Nega: {place(configuration, at[1:])}"
    if len(at) == 1:
        return SAID[at[0]]
    if at[0] == "packages":
        package = configuration.packages.get(at[1])
        return f"Pacote {package.label if package else at[1]}"
    if at[0] == "privacy":
        return PRIVACY_KINDS.get(at[1], at[1])
    return thing(configuration, KINDS[at[0]], at[1])


def value(configuration: Configuration, at: Place, said: Any) -> str:
    """Return what a line of a role says."""
    if said is None:
        return "nada dito"
    if isinstance(said, Mapping):
        words = LEVEL_WORDS[said["level"]]
        if rows := said.get("rows"):
            words += f", só onde {rows}"
        return _unless(configuration, words, said.get("unless", ""))
    if said == GIVEN and (at[0] == "everything" or (at[-2:-1] and at[-2] in ("rights", "menus"))):
        return "sim"
    if at[-2:-1] == ("privacy",):
        return PRIVACY_WORDS[said]
    return LEVEL_WORDS.get(said, str(said)) if len(at) > 1 else str(said)


def _unless(configuration: Configuration, words: str, right: str) -> str:
    return f"{words}, salvo com o direito {configuration.right(right)}" if right else words


def right(configuration: Configuration, name: str) -> str:
    """Return what a right of the product is for; of packages the name, where it is called otherwise."""
    return RIGHTS.get(name, name if configuration.right(name) != name else "")
