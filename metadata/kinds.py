"""This file is the table of document kinds: folder, first key, model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from metadata.choices import Choices
from metadata.content import Data, Help
from metadata.entity import Entity
from metadata.layout import Layout
from metadata.screen import Form, List, Menu

DocumentModel: TypeAlias = Choices | Entity | Form | List | Menu | Data | Help | Layout


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document; `folder` is also its name in a Configuration."""

    folder: str
    key: str
    model: type[DocumentModel]


_ALL = (
    Kind("choices", "choices", Choices),
    Kind("entities", "entity", Entity),
    Kind("forms", "form", Form),
    Kind("lists", "list", List),
    Kind("menus", "menu", Menu),
    Kind("data", "data", Data),
    Kind("help", "help", Help),
    Kind("layouts", "layout", Layout),
)

KINDS: dict[str, Kind] = {kind.folder: kind for kind in _ALL}
