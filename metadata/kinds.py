"""This file is the table of document kinds: folder, first key, model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from metadata.action import Action
from metadata.addition import Addition
from metadata.choices import Choices
from metadata.content import Data, Help
from metadata.decision import Decision
from metadata.entity import Entity
from metadata.examples import Examples
from metadata.function import Function
from metadata.layout import Layout
from metadata.look import Look
from metadata.parameter import Parameter
from metadata.posting import Posting
from metadata.process import Process
from metadata.role import Role
from metadata.schedule import Schedule
from metadata.screen import Form, List, Menu

DocumentModel: TypeAlias = (
    Choices
    | Entity
    | Form
    | List
    | Look
    | Menu
    | Data
    | Help
    | Layout
    | Function
    | Decision
    | Parameter
    | Examples
    | Action
    | Process
    | Addition
    | Posting
    | Schedule
    | Role
)


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
    Kind("looks", "look", "consultas rápidas", Look),
    Kind("menus", "menu", "menus", Menu),
    Kind("data", "data", "conjuntos de dados", Data),
    Kind("help", "help", "textos de ajuda", Help),
    Kind("layouts", "layout", "mapas de importação", Layout),
    Kind("functions", "function", "funções", Function),
    Kind("decisions", "decision", "decisões", Decision),
    Kind("parameters", "parameter", "parâmetros", Parameter),
    Kind("examples", "examples", "grupos de exemplos", Examples),
    Kind("actions", "action", "ações", Action),
    Kind("processes", "process", "processos", Process),
    Kind("additions", "addition", "acréscimos a processos", Addition),
    Kind("postings", "posting", "regras de contabilização", Posting),
    Kind("schedules", "schedule", "agendas", Schedule),
    Kind("roles", "role", "papéis", Role),
)

KINDS: dict[str, Kind] = {kind.folder: kind for kind in _ALL}
