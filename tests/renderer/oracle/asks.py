"""What each route of the application is asked, and which values its answer must have; nothing else may be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.renderer.oracle.cells import FIELDS, LINKED, Cell, word
from tests.renderer.oracle.world import ABSENT, LISTED, World

LINKS = {"empresa": "empresa", "plano": "plano", "cliente": "cliente"}
SHOWN_AS = {
    "empresa": ("nome",), "plano": ("nome",), "cliente": ("nome", "apelido"),
    "operador": ("login",), "telefone": ("numero",),
}  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """One request.

    wants: the values that must be in the answer, all others must not; None: any that may be seen.
    record: which one is asked for; one out of sight answers as one that does not exist.
    opens: whether the answer must be there (200) exactly where the record is seen.  status: that it must
    have.  counts: the number that it must tell.  reveals: whether it is a value, or a refusal.
    finds: values that must be in it, among others that may.  body, json: what is sent.  follows: to where
    it leads.  leads: addresses, and whether the page must have a link to each.
    """

    address: str
    wants: frozenset[Cell] | None = None
    record: tuple[str, int] | None = None
    opens: bool = False
    status: int = 0
    counts: int | None = None
    reveals: bool | None = None
    finds: frozenset[Cell] = frozenset()
    body: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    follows: bool = False
    leads: Mapping[str, bool] = field(default_factory=dict)


Asks = Callable[[World], Iterator[Ask]]


# ── what a field, a row, a text shows ─────────────────────────────────────────────────────────────


def text_of(world: World, entity: str, id: int) -> Iterator[Cell]:
    """Yield the values in the text by which a record is called."""
    if world.oracle.sees(entity, id):
        yield from (cell for name in SHOWN_AS[entity] for cell in own(world, entity, id, name))


def own(world: World, entity: str, id: int, name: str) -> Iterator[Cell]:
    """Yield the value of a field, where there is one and it may be seen."""
    value = world.data[entity][id].get("renda" if name == "dobro" else name)
    if value is not None and world.oracle.cell(entity, id, name):
        if name in LINKS and entity != name:
            yield from text_of(world, name, value)
        elif name in ("dobro", "renda", "preco", "laudo") or value == word(entity, id, name):
            yield Cell(entity, id, name)


def path(world: World, entity: str, id: int, name: str) -> Iterator[Cell]:
    """Yield the value at a path of one or two steps."""
    link, _, there = name.partition(".")
    if not there:
        yield from own(world, entity, id, name)
    elif world.oracle.cell(entity, id, link):
        target = world.data[entity][id][link]
        yield from own(world, link, target, there) if target and world.oracle.sees(link, target) else ()


def row(world: World, entity: str, id: int, names: Iterable[str]) -> set[Cell]:
    """Return the values that a row shows of some fields."""
    return {cell for name in names for cell in path(world, entity, id, name)}


def many(world: World, entity: str, id: int, name: str, target: str) -> set[Cell]:
    """Return the values in the texts of many links."""
    if not world.oracle.cell(entity, id, name):
        return set()
    return {cell for linked in world.data[entity][id][name] for cell in text_of(world, target, linked)}


def columns(entity: str) -> tuple[str, ...]:
    """Return the columns of a list."""
    return (*FIELDS[entity], *LINKED.get(entity, ()))


def table(world: World, entity: str, names: Iterable[str]) -> frozenset[Cell]:
    """Return the values that a list of some columns shows."""
    names = tuple(names)
    return frozenset(cell for id in world.ids(entity) for cell in row(world, entity, id, names))


# ── ways of asking ────────────────────────────────────────────────────────────────────────────────

NOTHING: frozenset[Cell] = frozenset()


def once(address: str, wants: frozenset[Cell] | None = NOTHING, json: Any = None, **body: Any) -> Asks:
    """Ask for one address."""
    return lambda world: iter([Ask(address, wants, body=body, json=json)])


def of_lists(suffix: str = "", query: str = "limit=200", *, shows: bool = True) -> Asks:
    """Ask for every list, which shows its columns of the records that are seen."""

    def asks(world: World) -> Iterator[Ask]:
        for entity in LISTED:
            wants = table(world, entity, columns(entity)) if shows else NOTHING
            yield Ask(f"/registros/{entity}{suffix}?{query}", wants)

    return asks


def of_records(
    suffix: str, *, opens: bool = False, base: str = "/registros/{entity}/{id}", only: Iterable[str] = LISTED,
    wants: Callable[[World, str, int], set[Cell]] | None = None, hidden_only: bool = False,
    json: Any = None, **body: Any,
) -> Asks:  # fmt: skip
    """Ask for every record, and for one that does not exist.

    hidden_only: what would change a record that is seen is asked of the others only.
    """

    def asks(world: World) -> Iterator[Ask]:
        for entity in only:
            for id in (*world.data[entity], ABSENT):
                sees = id != ABSENT and world.oracle.sees(entity, id)
                if sees and hidden_only:
                    continue
                shown = wants(world, entity, id) if wants and sees else set()
                asked = None if wants is None and sees else frozenset(shown)
                address = base.format(entity=entity, id=id) + suffix
                yield Ask(address, asked, (entity, id), opens, body=body, json=json)

    return asks


def all_of(*parts: Asks) -> Asks:
    """Ask all of it."""
    return lambda world: (ask for part in parts for ask in part(world))
