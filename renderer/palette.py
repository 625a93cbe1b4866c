"""This file answers the palette: records of searchable entities, commands, routines and help, one short list.

One statement asks which entities have such records at all; only those, a few, are searched.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.access.rights import OPEN_AUDIT
from kernel.fold import fold
from kernel.query import lookup
from kernel.query.plan import Hit
from kernel.runtime import Runtime
from kernel.storage import personal
from metadata.entity import Entity
from renderer import access_gate, audit_tabs, expression_pages, parameter_gate, screen, visit, work_view
from renderer.documents import list_of, lists
from renderer.environment import marked
from renderer.menu import PROCESS_ICON, Routine, modules
from renderer.once import per_runtime
from renderer.visit import Visit

ONLY_COMMANDS = ">"
SHORTEST_FRAGMENT = 2
PER_ENTITY = 4
RECORDS = 10
OTHERS = 8
NAMED = 6
FAR = 2
ENTITIES = 5
LONGEST_MORE = 110


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the palette.

    folded: what is searched; names: by what it is called, its label and its entity's.
    """

    label: str
    more: str
    icon: str
    address: str
    folded: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A choice with the searched words marked."""

    label: Markup
    more: str
    icon: str
    address: str


@dataclass(frozen=True, slots=True)
class Section:
    """Choices under one heading."""

    label: str
    choices: tuple[Shown, ...]


def show(request: Request) -> Response:
    """Answer the choices for what was typed; without script it is a page of its own."""
    seen = visit.of(request)
    text = request.query_params.get("q", "").strip()[:120]
    listed = request.query_params.get("list", "")
    sections = [each for each in _sections(seen, text, listed, work_command(request)) if each.choices]
    if "fragmento" in request.query_params:
        return screen.fragment(request, "palette_options.html", sections=sections, text=text)
    return screen.page(request, "palette.html", title="Buscar e comandar", sections=sections, text=text)


def _sections(seen: Visit, text: str, list_name: str, own: tuple[Choice, ...]) -> Iterable[Section]:
    wanted = text.removeprefix(ONLY_COMMANDS).strip()
    words = fold(wanted).split()
    here = f"/registros/{list_name}/novo"
    if text.startswith(ONLY_COMMANDS) or not words:
        known = (*commands(seen.runtime), *own)
        yield Section("Comandos", _shown(_ranked(known, words, first=here)[:OTHERS], words))
        if not text.startswith(ONLY_COMMANDS):
            yield Section("Rotinas", _shown(routines(seen.runtime)[:OTHERS], words))
        return
    # What is called so leads there with three letters, whatever records have these letters.
    places = _ranked((*routines(seen.runtime), *commands(seen.runtime), *own, *_screens(seen)), words)
    named = [choice for choice in places if _closeness(choice, words) < FAR][:NAMED]
    yield Section("Rotinas e comandos", _shown(named, words))
    if len(wanted) >= SHORTEST_FRAGMENT:
        yield Section("Registros", _records(seen, wanted))
    rest = [choice for choice in places if choice not in named]
    yield Section(
        "Ajuda e outras rotinas", _shown([*_ranked(helps(seen.runtime), words), *rest][:OTHERS], words)
    )


def _ranked(choices: Sequence[Choice], words: Sequence[str], first: str = "") -> list[Choice]:
    """The choices that have every word, those nearest to the text first."""
    found = [choice for choice in choices if all(word in choice.folded for word in words)]
    return sorted(found, key=lambda choice: (choice.address != first, _closeness(choice, words)))


def _closeness(choice: Choice, words: Sequence[str]) -> int:
    """0 where a name starts with the text, 1 where each word starts one of the label, else FAR."""
    text = " ".join(words)
    if any(name.startswith(text) for name in choice.names):
        return 0
    parts = choice.names[0].split() if choice.names else []
    return 1 if all(any(part.startswith(word) for part in parts) for word in words) else FAR


def _shown(choices: Sequence[Choice], words: Sequence[str]) -> tuple[Shown, ...]:
    return tuple(
        Shown(_marked(choice.label, words), choice.more, choice.icon, choice.address) for choice in choices
    )


def _marked(label: str, words: Sequence[str]) -> Markup:
    return marked(label, " ".join(words))


def _screens(seen: Visit) -> list[Choice]:
    """Return the screens of the system itself that who asks may open."""
    found = [(label, address, "Acessos") for label, address in access_gate.tabs(seen)]
    found += [("Auditoria", audit_tabs.CHANGES, "")] if seen.context.has_right(OPEN_AUDIT) else []
    found += (
        [("Parâmetros", parameter_gate.ADDRESS, "Valores do sistema")] if parameter_gate.may_see(seen) else []
    )
    found.append(("Minha conta", "/conta", ""))
    return [
        Choice(label, more, "shield", address, fold(f"{label} {more}"), (fold(label),))
        for label, address, more in found
    ]


# ── what never changes while a version is served ─────────────────────────────────────────────────


@per_runtime
def commands(runtime: Runtime) -> tuple[Choice, ...]:
    """Return one "Incluir …" per list of the menus."""
    made = []
    for module in modules(runtime):
        for routine in (each for each in module.routines if each.list):
            entity = _entity_of(runtime, routine.list)
            if not entity.allows("add"):
                continue
            one = entity.label.one.lower()
            label = f"Incluir {one}"
            names = (fold(label), fold(one))
            made.append(Choice(label, module.label, "plus", f"{routine.address}/novo", fold(label), names))
    return tuple({choice.address: choice for choice in made}.values())


def work_command(request: Request) -> tuple[Choice, ...]:
    """Return the command by which the company is changed, for whoever may work for several."""
    found = work_view.work(request)
    if found is None:
        return ()
    text = fold(f"{found.command} trabalhar")
    return (Choice(found.command, found.label, "building-2", work_view.PAGE, text, (fold(found.command),)),)


@per_runtime
def routines(runtime: Runtime) -> tuple[Choice, ...]:
    """Return every routine of the menus with its place."""
    made: list[Choice] = []
    for module in modules(runtime):
        for group in module.groups:
            place = " › ".join(filter(None, (module.label, group.label)))
            made.extend(_routine(runtime, routine, place) for routine in group.routines)
    return (*made, *_processes(runtime, {choice.address for choice in made}))


def _processes(runtime: Runtime, known: Container[str]) -> Iterator[Choice]:
    """Yield the processes that no menu has, and the page of all of them."""
    for process in runtime.configuration.processes.values():
        if (address := f"/processos/{process.name}") not in known:
            name = fold(process.label)
            yield Choice(process.label, "Processos", PROCESS_ICON, address, name, (name,))
    if runtime.configuration.processes:
        yield Choice("Processos", "", PROCESS_ICON, "/processos", "processos execucoes", ("processos",))
        yield Choice("Fila", "Processos", PROCESS_ICON, "/fila", "fila processos falhas", ("fila",))
    if runtime.whole.configuration.schedules and runtime.configuration.processes:
        yield Choice("Agendas", "", PROCESS_ICON, "/agendas", "agendas processos horarios", ("agendas",))


def _routine(runtime: Runtime, routine: Routine, place: str) -> Choice:
    many = _entity_of(runtime, routine.list).label.many if routine.list else routine.label
    names = (fold(routine.label), fold(many))
    return Choice(
        routine.label, place, routine.icon, routine.address, fold(f"{routine.label} {place}"), names
    )


@per_runtime
def helps(runtime: Runtime) -> tuple[Choice, ...]:
    """Return every help text."""
    found = {f"/ajuda?sobre={help.name}": help.title for help in runtime.configuration.help.values()}
    found[expression_pages.PAGE] = expression_pages.TITLE
    return tuple(
        Choice(title, "Ajuda", "circle-question-mark", address, fold(title), (fold(title),))
        for address, title in found.items()
    )


@per_runtime
def searchable(runtime: Runtime) -> tuple[tuple[Entity, str], ...]:
    """Return (entity, address of its list) for what can be searched and is in a menu."""
    routines = (routine for module in modules(runtime) for routine in module.routines if routine.list)
    listed = (_entity_of(runtime, routine.list) for routine in routines)
    unique = {entity.name: entity for entity in listed if entity.search}
    return tuple((entity, f"/registros/{list_of(runtime, entity.name)}") for entity in unique.values())


def _entity_of(runtime: Runtime, list_name: str) -> Entity:
    return runtime.configuration.entities[lists(runtime)[list_name].entity]


# ── records ──────────────────────────────────────────────────────────────────────────────────────


def _records(seen: Visit, text: str) -> tuple[Shown, ...]:
    """Look in the entities that have such records, those opened lately first; names before other texts."""
    words = fold(text).split()
    found: list[tuple[Entity, str, Hit]] = []
    with seen.reading.connect() as connection:
        known = _by_recency(connection, seen)
        names = tuple(sorted(entity.name for entity, _ in known))
        having = set(lookup.having(connection, seen.runtime, seen.context, names, text))
        for entity, address in [pair for pair in known if pair[0].name in having][:ENTITIES]:
            hits = lookup.lookup(connection, seen.runtime, seen.context, entity.name, text, {}, PER_ENTITY)
            found.extend((entity, address, hit) for hit in hits)
    found.sort(key=lambda each: _nearness(each[2], words))
    return tuple(_shown_hit(*each, words) for each in found[:RECORDS])


def _nearness(hit: Hit, words: Sequence[str]) -> int:
    """0 where the text of a record starts with what was typed, 1 where it has it, 2 where it is elsewhere."""
    text = fold(hit.text)
    return 0 if text.startswith(" ".join(words)) else 1 if all(word in text for word in words) else 2


def _shown_hit(entity: Entity, address: str, hit: Hit, words: Sequence[str]) -> Shown:
    more = shortened(" · ".join(filter(None, (entity.label.one, hit.more))))
    return Shown(_marked(shortened(hit.text), words), more, entity.icon, f"{address}/{hit.id}")


def shortened(text: str) -> str:
    """Return one line of a text: a contract's wording must not fill the palette."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_MORE else line[:LONGEST_MORE].rstrip() + "…"


def _by_recency(connection: Connection, seen: Visit) -> list[tuple[Entity, str]]:
    recent = [each.entity for each in personal.recents(connection, seen.context.operator, 30)]
    place = {name: index for index, name in reversed(list(enumerate(recent)))}
    return sorted(searchable(seen.runtime), key=lambda pair: place.get(pair[0].name, len(recent)))


def keys(request: Request) -> Response:
    """Show the keys of lists and forms; the script shows those of the current screen instead."""
    return screen.page(request, "keys.html", title="Teclas")


ROUTES = [Route("/paleta", show, methods=["GET"]), Route("/teclas", keys, methods=["GET"])]
