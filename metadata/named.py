"""This file is the table of where documents name entities and fields outside of expressions, kind by kind.

It finds those that say a former name; `metadata.renewal` puts today's in their place. A new key that names
a field needs a line here, which tests/packages/test_renames.py asks for by renaming every field there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from metadata.entity import Field
from metadata.examples import PROCESS
from metadata.expression.faults import Fault
from metadata.expression.infer import infer
from metadata.expression.parse import parse
from metadata.layout import RANGE
from metadata.package import Configuration, Document, Outdated
from metadata.today import Said, Today
from metadata.worlds import NAMED

Path = tuple[Any, ...]


def named(document: Document, configuration: Configuration, today: Today) -> list[Outdated]:
    """Return the former names that a document says outside of expressions."""
    finder = _Finder(document, configuration, today)
    if kind := _KINDS.get(document.folder):
        kind(finder)
    return finder.found


class _Finder:
    """Walks one document; each step notes the former names that it meets."""

    def __init__(self, document: Document, configuration: Configuration, today: Today) -> None:
        self.document = document
        self.configuration = configuration
        self.today = today
        self.found: list[Outdated] = []

    def at(self, path: Path) -> Any:
        """Return what stands at a path; None where nothing does."""
        node: Any = self.document.source.plain
        for step in path:
            known = step in node if isinstance(node, dict) else isinstance(node, list)
            if not known:
                return None
            node = node[step]
        return node

    def note(self, path: Path, said: Iterable[Said], *, is_key: bool = False) -> None:
        """Note former names of the text or the key at a path."""
        self.found.extend(Outdated(self.document, path, each, is_key) for each in said)

    def leaves(self, path: Path) -> Iterator[tuple[Path, str]]:
        """Yield every text of a text or a list, with its path."""
        value = self.at(path)
        if isinstance(value, str):
            yield path, value
        for index in range(len(value)) if isinstance(value, list) else ():
            yield from self.leaves((*path, index))

    def parts(self, *path: Any) -> list[str]:
        """Return the keys of a mapping; none where there is no mapping."""
        value = self.at(path)
        return list(value) if isinstance(value, dict) else []

    def entity(self, *path: Any, behind: str = "") -> str:
        """Return today's name of the entity named at a path, behind some other words."""
        text = self.at(path)
        if not isinstance(text, str) or not text.startswith(behind):
            return ""
        written = text.removeprefix(behind)
        name = self.today.entity(written)
        if name != written:
            self.note(path, [Said(len(behind), written, name)])
        return name

    def fields(self, entity: str, *path: Any) -> None:
        """Look at paths of fields: one, or a list of them; what is behind, as `desc`, stays."""
        for place, text in self.leaves(path):
            self.note(place, self.today.in_path(entity, text.removesuffix(" desc")))

    def keys(self, entity: str, *path: Any) -> list[tuple[str, str]]:
        """Look at paths of fields that are keys; return each with what it says today."""
        found = []
        for key in self.parts(*path):
            said = list(self.today.in_path(entity, key))
            self.note((*path, key), said, is_key=True)
            found.append((key, said[-1].name if said else key))
        return found

    def pairs(self, theirs: str, ours: str, *path: Any) -> None:
        """Look at fields of one entity, each with one of another."""
        for key, _ in self.keys(theirs, *path):
            self.fields(ours, *path, key)

    def values(self, *path: Any) -> None:
        """Look at typed values by name."""
        for name in self.parts(*path):
            target = self.entity(*path, name, "to")
            for key in ("where", "only"):
                self.keys(target, *path, name, key)

    def record(self, entity: str, path: Path) -> None:
        """Look at a record that is written out, or several, with what is written of others in it."""
        value = self.at(path)
        for index in range(len(value)) if isinstance(value, list) else ():
            self.record(entity, (*path, index))
        for key, name in self.keys(entity, *path):
            self.record(self.today.target(entity, name), (*path, key))


# ── one by one ────────────────────────────────────────────────────────────────────────────────────


def _entity(find: _Finder) -> None:
    own = find.document.name
    for path, text in find.leaves(("shown_as",)):
        find.note(path, find.today.in_pattern(own, text))
    places: tuple[Path, ...] = (
        ("search",), ("unique",), ("order",), ("holidays",), ("holidays", "day"),
        ("valid", "from"), ("valid", "to"), ("valid", "within"), ("operators",), ("operators", "login"),
        ("apart",), ("subject",), ("fixed", "free"), ("states",), ("states", "field"),
        *(("states", "deadline", state) for state in find.parts("states", "deadline")),
        *(("transitions", name, key) for name in find.parts("transitions") for key in ("asks", "shows")),
    )  # fmt: skip
    for path in places:
        find.fields(own, *path)
    _ledger(find, own)
    for name in find.parts("fields"):
        path = ("fields", name)
        target = find.entity(*path, "to")
        find.pairs(target, own, *path, "where")
        find.keys(target, *path, "only")
        if find.at((*path, "type")) == "children":
            child = find.entity(*path, "of")
            find.fields(child, *path, "by")
            find.fields(child, *path, "order")
    for name in find.parts("transitions"):
        find.keys(own, "transitions", name, "proposes")
    for name in find.parts("fills"):
        path = ("fills", name)
        find.fields(own, *path, "on")
        find.pairs(find.entity(*path, "from"), own, *path, "where")
        find.keys(own, *path, "set")
        for rows, today in find.keys(own, *path, "rows"):
            child = find.today.target(own, today)
            find.keys(child, *path, "rows", rows, "set")
            find.fields(child, *path, "rows", rows, "key")
    for name in find.parts("checks"):
        find.fields(_spoken_of(find, own, name), "checks", name, "at")


def _ledger(find: _Finder, own: str) -> None:
    lines = find.today.target(own, find.today.field(own, str(find.at(("ledger", "lines")))))
    periods = find.entity("ledger", "closed", "in")
    for entity, keys in ((own, ("day", "lines")), (lines, ("account", "debit", "credit"))):
        for key in keys:
            find.fields(entity, "ledger", key)
    for key in ("from", "to", "when"):
        find.fields(periods, "ledger", "closed", key)


def _spoken_of(find: _Finder, own: str, check: str) -> str:
    """Return the entity at whose fields a check speaks: its own, or that of a row below."""
    row = find.at(("checks", check, "row"))
    node = parse(row) if row else None
    if node is None or isinstance(node, Fault):
        return own
    definitions = find.configuration.defined.definitions
    return infer(node, find.today.entities, own, None, definitions).kind.entity or own


def _form(find: _Finder) -> None:
    entity = find.entity("entity")
    _items(find, entity, ("below",))
    for tab in find.parts("tabs"):
        _items(find, entity, ("tabs", tab))
        for section in find.parts("tabs", tab):
            path = ("tabs", tab, section)
            _items(find, entity, (*path, "rows") if find.parts(*path) else path)


def _items(find: _Finder, entity: str, path: Path) -> None:
    """Look at rows of items; an item is the name of a field, or has it as its key."""
    value = find.at(path)
    for index in range(len(value)) if isinstance(value, list) else ():
        here = (*path, index)
        find.fields(entity, *here) if isinstance(value[index], str) else _items(find, entity, here)
        for key, name in find.keys(entity, *here):
            for columns in ("columns", "totals"):
                find.fields(find.today.target(entity, name), *here, key, columns)


def _list(find: _Finder) -> None:
    entity = find.entity("entity")
    for key in ("columns", "filters", "order"):
        find.fields(entity, key)
    find.keys(entity, "only")
    for view in find.parts("views"):
        find.keys(entity, "views", view)


def _look(find: _Finder) -> None:
    entity = find.entity("entity")
    for title in find.parts("facts"):
        find.fields(entity, "facts", title)
    for title in find.parts("rows"):
        path = ("rows", title)
        other = find.entity(*path, "of")
        find.pairs(other, entity, *path, "by")
        find.keys(other, *path, "only")
        for key in ("columns", "order", "empty"):
            find.fields(other, *path, key)


def _menu(find: _Finder) -> None:
    known = {**find.configuration.lists, **find.configuration.processes}
    groups: list[Path] = [("items", group) for group in find.parts("items")]
    for group in groups or [("items",)]:
        for path, name in find.leaves(group):
            if name not in known:
                find.entity(*path)


def _data(find: _Finder) -> None:
    find.fields(find.entity("entity"), "key")


def _help(find: _Finder) -> None:
    kind, _, name = str(find.at(("about",))).partition(" ")
    documents = find.configuration.documents.get(
        {"form": "forms", "list": "lists", "process": "processes"}.get(kind, ""), {}
    )
    if name not in documents:
        find.entity("about", behind=f"{kind} ")


def _layout(find: _Finder) -> None:
    into = find.entity("into")
    find.fields(into, "key")
    find.keys(into, "set")
    for name in find.parts("columns"):
        path = ("columns", name)
        find.fields(into, *path)
        find.fields(into, *path, "to")
        to, finders = str(find.at((*path, "to"))), str(find.at((*path, "find")) or "")
        target, start = find.today.target(into, find.today.field(into, to)), 0
        for each in finders.split(RANGE):
            find.note((*path, "find"), find.today.in_path(target, each, start))
            start += len(each) + len(RANGE)


def _function(find: _Finder) -> None:
    find.entity("of")
    find.values("takes")


def _decision(find: _Finder) -> None:
    find.values("inputs")
    find.values("outputs")


def _parameter(find: _Finder) -> None:
    find.entity("type", "to")
    find.fields(find.entity("of"), "cascade")


def _action(find: _Finder) -> None:
    find.entity("of")
    find.values("ask")
    for name in find.parts("makes"):
        path = ("makes", name)
        entity = find.entity(*path, "entity")
        find.keys(entity, *path, "set")
        for rows, today in find.keys(entity, *path, "rows"):
            find.keys(find.today.target(entity, today), *path, "rows", rows, "set")


def _process(find: _Finder) -> None:
    find.entity("of")
    find.values("ask")
    _steps(find, set(find.parts("steps")))


def _addition(find: _Finder) -> None:
    process = find.configuration.processes.get(str(find.at(("to",))))
    _steps(find, {*find.parts("steps"), *(process.steps if process else ())})


def _steps(find: _Finder, steps: set[str]) -> None:
    """Look at the steps that a document says; steps: all that its process has."""
    for name in find.parts("steps"):
        path: Path = ("steps", name)
        for place, text in find.leaves((*path, "from")):
            if text not in steps:
                find.entity(*place)
        for key in find.parts(*path, "lookup"):
            looked: Path = (*path, "lookup", key)
            if not steps.intersection(text for _, text in find.leaves((*looked, "in"))):
                find.fields(find.entity(*looked, "in"), *looked, "order")
        for kind in ("insert", "update", "remove"):
            entity = find.entity(*path, kind)
            if entity:
                find.keys(entity, *path, "set")
                find.fields(entity, *path, "key")
                if kind == "insert" and find.at(("compare", "step")) == name:
                    for compared in ("by", "sum", "parts"):
                        find.fields(entity, "compare", compared)


def _posting(find: _Finder) -> None:
    find.entity("of")
    into = find.entity("into")
    find.keys(into, "set")
    for key in find.parts("lookup"):
        find.fields(find.entity("lookup", key, "in"), "lookup", key, "order")
    known = find.today.entities.get(into)
    line = (
        find.today.target(into, find.today.field(into, known.ledger.lines)) if known and known.ledger else ""
    )
    for name in find.parts("lines"):
        find.keys(line, "lines", name, "set")


def _role(find: _Finder) -> None:
    parts: tuple[Path, ...] = ((), ("deny",))
    for part in parts:
        for key in find.parts(*part, "entities"):
            name = find.today.entity(key)
            if name != key:
                find.note((*part, "entities", key), [Said(0, key, name)], is_key=True)
        for key in find.parts(*part, "fields"):
            entity, dot, field = key.partition(".")
            name = find.today.entity(entity)
            said = [Said(0, entity, name)] if name != entity else []
            said += find.today.in_path(name, field, len(entity) + len(dot))
            find.note((*part, "fields", key), said, is_key=True)


def _examples(find: _Finder) -> None:
    if str(find.at(("of",)) or PROCESS).partition(" ")[0] == PROCESS:
        _world(find)
        return
    entity = find.entity("of", behind="entity ")
    name = str(find.at(("of",))).partition(" ")[2]
    takes = {} if entity else _taken(find, name)
    definition = find.configuration.defined.definitions.get(name)
    of = entity or (find.today.entity(definition.of) if definition else "")
    for title in find.parts("cases"):
        path = ("cases", title, "given")
        for key in find.parts(*path):
            if key in takes:
                find.record(find.today.entity(takes[key].to), (*path, key))
                continue
            today = find.today.field(of, key)
            if today != key:
                find.note((*path, key), [Said(0, key, today)], is_key=True)
            find.record(find.today.target(of, today), (*path, key))
        known = find.today.entities.get(entity)
        for place, text in find.leaves(("cases", title, "expect")) if known else ():
            if known and text not in known.checks:
                find.note(place, find.today.in_path(entity, text))


def _world(find: _Finder) -> None:
    """Look at the records of examples of a process."""
    process = str(find.at(("of",))).partition(" ")[2]
    for entity, path in _by_entity(find, "usual"):
        find.record(entity, path)
    _records(find, "given")
    _answers(find, process, "asked")
    for title in find.parts("cases"):
        case = ("cases", title)
        _records(find, *case, "given")
        _records(find, *case, "expect")
        _answers(find, process, *case, "asked")
        for index in range(len(find.at((*case, "before")) or ())):
            earlier = (*case, "before", index)
            _answers(find, str(find.at((*earlier, "process"))), *earlier, "asked")
            _records(find, *earlier, "names")
            _records(find, *earlier, "given")
        for key in ("left_out", "refused"):
            for path, text in find.leaves((*case, key)):
                find.note(path, _of_sentence(find, text))


def _records(find: _Finder, *path: Any) -> None:
    """Look at records by entity: under short names, or in a list."""
    for entity, place in _by_entity(find, *path):
        if isinstance(find.at(place), list):
            find.record(entity, place)
        for name in find.parts(*place):
            find.record(entity, (*place, name))


def _answers(find: _Finder, process: str, *path: Any) -> None:
    """Look at records that answers tell by their values."""
    known = find.configuration.processes.get(process)
    for question in find.parts(*path):
        if known and question in known.ask:
            find.record(find.today.entity(known.ask[question].to), (*path, question))


def _of_sentence(find: _Finder, text: str) -> Iterator[Said]:
    """Yield the former names of entities by whose records a sentence is filled."""
    for found in NAMED.finditer(text):
        name = find.today.entity(found[1])
        if name != found[1]:
            yield Said(found.start(1), found[1], name)


def _by_entity(find: _Finder, *path: Any) -> Iterator[tuple[str, Path]]:
    """Yield the parts of a mapping by entity, each under today's name of it."""
    for key in find.parts(*path):
        name = find.today.entity(key)
        if name != key:
            find.note((*path, key), [Said(0, key, name)], is_key=True)
        yield name, (*path, key)


def _taken(find: _Finder, name: str) -> Mapping[str, Field]:
    """Return what a definition is given, by name."""
    model = find.configuration.defined.models.get(name)
    return model.values if model else {}


_KINDS: Mapping[str, Callable[[_Finder], None]] = {
    "entities": _entity, "forms": _form, "lists": _list, "looks": _look, "menus": _menu, "data": _data,
    "help": _help, "layouts": _layout, "functions": _function, "decisions": _decision,
    "parameters": _parameter, "examples": _examples, "actions": _action, "processes": _process,
    "additions": _addition, "postings": _posting, "roles": _role,
}  # fmt: skip
