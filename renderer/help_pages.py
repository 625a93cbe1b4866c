"""This file answers F1: what a field or a screen means, and takes "não entendi" without any personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.context import Context
from kernel.storage import drafts
from metadata.content import Help
from metadata.entity import Entity, Field
from renderer import documents, posted, rule_help, screen, state_help, visit
from renderer.help_examples import Group, shown
from renderer.lists import ListView, list_view
from renderer.screen_helps import SCREENS

BOLD = re.compile(r"\*\*(.+?)\*\*")
KINDS = {
    "text": "texto",
    "long text": "texto longo",
    "integer": "número inteiro",
    "decimal": "número",
    "money": "valor em reais",
    "percent": "percentual",
    "date": "data",
    "month": "mês e ano",
    "time": "hora",
    "date and time": "data e hora",
    "duration": "prazo",
    "yes/no": "sim ou não",
    "choice": "uma das opções",
    "link": "um registro de {to}",
    "children": "linhas",
    "many links": "registros de {to}",
    "attachment": "arquivo",
    "image": "imagem",
    "cpf": "CPF",
    "cnpj": "CNPJ",
    "cns": "Cartão Nacional de Saúde",
    "cep": "CEP",
    "phone": "telefone com DDD",
    "e-mail": "e-mail",
    "colour": "cor",
    "formula": "fórmula",
    "sequence": "número dado pelo sistema",
    "json": "dados em JSON",
}
SHORTCUTS = {
    "date": "h é hoje, +7 daqui a sete dias, fm o fim do mês, 5/11 o dia deste ano.",
    "month": "h é o mês atual; 112026 também serve.",
    "link": "Digite parte do nome ou o código; F2 abre a lista.",
}


@dataclass(frozen=True, slots=True)
class FieldHelp:
    """What the drawer says of a field."""

    entity: str
    name: str
    label: str
    text: str
    example: str
    source: str
    facts: tuple[tuple[str, str], ...]
    shortcut: str
    options: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HelpText:
    """A help document as the drawer shows it."""

    title: str
    body: Markup
    examples: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class ListHelp:
    """What the drawer says of a list: its name and what each column means."""

    label: str
    columns: tuple[tuple[str, str], ...]


def show(request: Request) -> Response:
    """Show the help of a field, a document by name, a list or the screen; in the drawer or as a page."""
    seen = visit.of(request)
    query = request.query_params
    view = list_view(seen.runtime, query.get("list", ""), request.app.state.assets.address("icones.svg"))
    asked = seen.runtime.configuration.entities.get(query.get("entidade", ""))
    entity = view.entity if view else asked
    field = entity.fields.get(query.get("campo", "")) if entity else None
    about: dict[str, Any] = {
        "field": _field_help(seen.runtime, seen.context, entity, field) if entity and field else None,
        "entity": entity,
        "states": _states(seen, entity, field),
        "list": _list_help(seen.runtime, view) if view else None,
        "texts": _texts(seen.runtime, entity, query.get("sobre", ""), query.get("processo", "")),
        "screen": query.get("tela", ""),
    }
    if "x-aroeira" in request.headers:
        return screen.fragment(request, "help.html", **about)
    title = field.label if field else view.label if view else entity.label.one if entity else "Ajuda"
    return screen.page(request, "help_page.html", title=title, **about)


def _states(seen: visit.Visit, entity: Entity | None, field: Field | None) -> state_help.StateHelp | None:
    """Return the states of an entity, for its own help and for that of the field that holds them."""
    if entity is None or (field is not None and field.name != entity.state_field):
        return None
    return state_help.of_entity(seen.runtime, seen.context, entity)


def ask(request: Request) -> Response:
    """Note that a field was not understood: its name and the screen, nothing of the person or the record."""
    seen = visit.of(request)
    texts, _ = posted.form(request)
    given = {name: values[-1][:200] for name, values in texts.items()}
    entity = seen.runtime.configuration.entities.get(given.get("entidade", ""))
    if entity is None:
        raise HTTPException(400)
    field = given.get("campo", "")
    page = re.sub(r"/\d+(?=/|$)", "", given.get("tela", ""))  # the number of a record is nobody's business
    with seen.engine.begin() as connection:
        drafts.ask(connection, entity.name, field if field in entity.fields else "", page)
    if "x-aroeira" in request.headers:
        return Response(status_code=204)
    return RedirectResponse(f"/ajuda?entidade={entity.name}&campo={field}&anotado=1", status_code=303)


def _list_help(runtime: Any, view: ListView) -> ListHelp:
    columns = ((column.label, column.target.field) for column in view.columns)
    return ListHelp(
        view.label, tuple((label, field.help or _kind(runtime, field)) for label, field in columns)
    )


def _field_help(runtime: Any, context: Context, entity: Entity, field: Field) -> FieldHelp:
    facts = [("Tipo", _kind(runtime, field))]
    facts += [(label, text) for label, text in _limits(field) if text]
    return FieldHelp(
        entity.name,
        field.name,
        field.label,
        field.help,
        field.example,
        field.source,
        tuple(facts),
        SHORTCUTS.get(field.type, ""),
        tuple((option.label, option.help) for option in field.choices.values())[:12],
        tuple(rule_help.of_field(runtime, context, entity, field)),
    )


def _kind(runtime: Any, field: Field) -> str:
    target = runtime.configuration.entities.get(field.to)
    return KINDS[field.type].format(to=target.label.many if target else "")


def _limits(field: Field) -> Iterator[tuple[str, str]]:
    yield "Preenchimento", "obrigatório" if field.required else ""
    yield "Unidade", str(field.unit)
    yield "Forma", field.mask
    yield ("Tamanho máximo" if field.kind.is_text else "Máximo"), field.max
    yield ("Tamanho mínimo" if field.kind.is_text else "Mínimo"), field.min
    told = "mascarado; Alt+R o revela, com um motivo" if field.is_revealable else "mascarado"
    yield "Seu acesso", told if field.is_masked else ""
    yield "Sigilo", {"personal": "dado pessoal", "sensitive": "dado pessoal sensível"}.get(field.privacy, "")


def _texts(runtime: Any, entity: Entity | None, about: str, process: str) -> list[HelpText]:
    """Return the help documents of a screen, or the one asked by name; those of a process stand first."""
    helps = runtime.configuration.help
    found = [
        _text(runtime, each) for each in helps.values() if process and each.about == f"process {process}"
    ]
    if about in SCREENS:
        title, text = SCREENS[about]
        return [*found, HelpText(title, prose(text))]
    if about in helps:
        return [_text(runtime, helps[about])]
    if entity is None:
        return found
    list_name = documents.list_of(runtime, entity.name)
    wanted = {f"entity {entity.name}", f"form {entity.name}", f"list {list_name}"}
    return [_text(runtime, each) for each in helps.values() if each.about in wanted]


def _text(runtime: Any, help: Help) -> HelpText:
    groups = tuple(shown(runtime, name) for name in help.examples)
    return HelpText(help.title, prose(help.text), groups)


def prose(text: str) -> Markup:
    """Return paragraphs, lists and bold of a help text as markup."""
    blocks: list[tuple[bool, list[str]]] = []
    for line in text.strip().splitlines():
        words, is_item = line.strip(), line.lstrip().startswith("- ")
        is_more = bool(blocks) and blocks[-1][1] != [] and line.startswith("  ") and blocks[-1][0]
        if not words:
            blocks.append((False, []))
        elif is_more and not is_item:
            blocks[-1][1][-1] += f" {words}"
        elif blocks and blocks[-1][0] == is_item and blocks[-1][1]:
            blocks[-1][1].append(words)
        else:
            blocks.append((is_item, [words]))
    return Markup().join(_block(is_list, lines) for is_list, lines in blocks if lines)


def _block(is_list: bool, lines: list[str]) -> Markup:
    if not is_list:
        return Markup("<p>{}</p>").format(_bold(" ".join(lines)))
    items = Markup().join(Markup("<li>{}</li>").format(_bold(line.removeprefix("- "))) for line in lines)
    return Markup("<ul>{}</ul>").format(items)


def _bold(text: str) -> Markup:
    return Markup(BOLD.sub(r"<b>\1</b>", str(escape(text))))  # noqa: S704 (escaped before)


ROUTES = [
    Route("/ajuda", show, methods=["GET"]),
    Route("/ajuda", ask, methods=["POST"]),
]
