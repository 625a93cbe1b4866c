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
    """One kind of document; `folder` is also its name in a Configuration, `label` what people call many."""

    folder: str
    key: str
    label: str
    model: type[DocumentModel]


_ALL = (
    Kind("choices", "choices", "listas de opções", Choices),
    Kind("entities", "entity", "entidades", Entity),
    Kind("forms", "form", "formulários", Form),
    Kind("lists", "list", "listas", List),
    Kind("menus", "menu", "menus", Menu),
    Kind("data", "data", "conjuntos de dados", Data),
    Kind("help", "help", "textos de ajuda", Help),
    Kind("layouts", "layout", "mapas de importação", Layout),
)

KINDS: dict[str, Kind] = {kind.folder: kind for kind in _ALL}
