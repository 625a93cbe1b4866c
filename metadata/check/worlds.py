"""Rules of what examples of processes say of records: entities, fields, values and links that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.examples import PROCESS, Earlier, Examples
from metadata.package import Document
from metadata.problems import Problem, Refused, near
from metadata.worlds import NAMED, NOTHING, World, in_order, world_of

Path = tuple[Any, ...]


def world_fits(scope: Scope, document: Document, examples: Examples) -> Iterator[Problem]:
    """M345 to M349, M364: what is given, asked and expected can be read, and links to what there is."""
    if problems := list(_used(scope, document, examples)):
        yield from problems
        return
    documents = scope.configuration.examples
    world = world_of(documents, examples)
    told = _Told(scope, document, world)
    yield from told.usual(examples.usual, ("usual",))
    yield from told.records(examples.given, ("given",))
    yield from _circle(scope, document, world, ("given",))
    name = examples.subject[1]
    yield from told.answers(name, examples.asked, ("asked",))
    for title, case in examples.cases.items():
        path = ("cases", title)
        of_case = world_of(documents, examples, case)
        told = _Told(scope, document, of_case)
        yield from told.records(case.given, (*path, "given"))
        if not in_order(world, scope.entities)[1]:
            yield from _circle(scope, document, of_case, (*path, "given"))
        for index, earlier in enumerate(case.before):
            yield from told.earlier(earlier, (*path, "before", index))
            told = told.behind(earlier)
        yield from told.answers(name, case.asked, (*path, "asked"))
        yield from told.sentences(case.left_out, (*path, "left_out"))
        yield from told.sentences(case.refused, (*path, "refused"))
        yield from told.expected(case.expect, (*path, "expect"))
        yield from _steps(scope, document, name, case.steps, (*path, "steps"))
        yield from _reports(scope, document, name, case.reports, (*path, "reports"))


def _used(scope: Scope, document: Document, examples: Examples) -> Iterator[Problem]:
    """M345: a world that is used exists, and is of the same kind."""
    for index, name in enumerate(examples.use):
        place = document.place("use") if len(examples.use) == 1 else document.place("use", index)
        if problems := list(scope.missing(document, "examples", name, place, "M345")):
            yield from problems
            continue
        used = scope.configuration.examples.get(name)
        if used is not None and (name == examples.name or used.subject[0] not in ("", PROCESS)):
            yield Problem("M345", {"name": name, "near": ""}, place)


def _circle(scope: Scope, document: Document, world: World, path: Path) -> Iterator[Problem]:
    if circle := in_order(world, scope.entities)[1]:
        way = " → ".join(f"{entity} {name}" for entity, name in (*circle, circle[0]))
        yield Problem("M364", {"way": way}, document.place(*path))


def _steps(
    scope: Scope, document: Document, name: str, steps: Mapping[str, int], path: Path
) -> Iterator[Problem]:
    process = scope.configuration.processes.get(name)
    for step in steps if process else ():
        if process and step not in process.steps:
            facts = {"name": step, "near": near(step, process.steps)}
            yield Problem("M381", facts, document.place(*path, step, key=True))


def _reports(
    scope: Scope, document: Document, name: str, said: Mapping[str, Sequence[Mapping[str, str]]], path: Path
) -> Iterator[Problem]:
    """M381: what is expected of reports are columns of steps that have one."""
    process = scope.configuration.processes.get(name)
    if process is None:
        return
    known = {step: set(each.report.columns) for step, each in process.steps.items() if each.report}
    for step, rows in said.items():
        if step not in known:
            facts = {"name": step, "near": near(step, known)}
            yield Problem("M381", facts, document.place(*path, step, key=True))
        for index, row in enumerate(rows if step in known else ()):
            for column in row.keys() - known[step]:
                facts = {"name": column, "near": near(column, known[step])}
                yield Problem("M381", facts, document.place(*path, step, index, column, key=True))


class _Told:
    """What one document says of records, looked at in a world."""

    def __init__(self, scope: Scope, document: Document, world: World) -> None:
        self.scope = scope
        self.document = document
        self.world = world

    def usual(self, said: Any, path: Path) -> Iterator[Problem]:
        """Look at the values that records of entities begin with."""
        for entity, values in self._entities(said):
            yield from self._record(entity, values, (*path, entity.name))
        yield from self._unknown(said, path)

    def records(self, said: Any, path: Path) -> Iterator[Problem]:
        """Look at records by entity and short name."""
        for entity, named in self._entities(said):
            here = (*path, entity.name)
            if not isinstance(named, dict):
                yield self._shape(here, "registros, cada um com seu nome curto")
                continue
            for name, values in named.items():
                if values not in NOTHING:
                    yield from self._record(entity, values, (*here, name))
        yield from self._unknown(said, path)

    def expected(self, said: Any, path: Path) -> Iterator[Problem]:
        """Look at the rows that a run must make or change."""
        if said is not None and not isinstance(said, dict):
            yield self._shape(path, "linhas por entidade")
            return
        made = World({**self.world.records, **_made(said)})
        told = _Told(self.scope, self.document, made)
        for entity, rows in self._entities(said):
            here = (*path, entity.name)
            pairs = list(
                rows.items() if isinstance(rows, dict) else enumerate(rows) if isinstance(rows, list) else ()
            )
            if not isinstance(rows, (dict, list)):
                yield self._shape(here, "uma lista de linhas, ou linhas com o nome curto de cada uma")
            for key, values in pairs:
                if values not in NOTHING:
                    yield from told._record(entity, values, (*here, key), expected=True)
                elif (entity.name, key) not in self.world.records:
                    yield self._no_record(entity.name, str(key), (*here, key))
        yield from self._unknown(said, path)

    def earlier(self, said: Earlier, path: Path) -> Iterator[Problem]:
        """Look at what went before."""
        if said.process:
            place = self.document.place(*path, "process")
            yield from self.scope.missing(self.document, "processes", said.process, place, "M380")
            yield from self.answers(said.process, said.asked, (*path, "asked"))
        yield from self.expected(said.names, (*path, "names"))
        yield from self.behind(said).records(said.given, (*path, "given"))

    def behind(self, said: Earlier) -> _Told:
        """Return what is told behind something that went before."""
        world = self.world.with_records(said.names).with_records(said.given)
        return _Told(self.scope, self.document, world)

    def sentences(self, said: Sequence[str], path: Path) -> Iterator[Problem]:
        """Look at the records that sentences call by their short names."""
        for index, sentence in enumerate(said):
            for entity, name in NAMED.findall(sentence):
                if (entity, name) not in self.world.records:
                    yield self._no_record(entity, name, path if len(said) == 1 else (*path, index))

    def answers(self, process: str, said: Mapping[str, Any], path: Path) -> Iterator[Problem]:
        """Look at answers to the questions of a process."""
        found = self.scope.configuration.processes.get(process)
        for name, value in said.items() if found else ():
            field = found.ask.get(name) if found else None
            if field is None:
                facts = {"name": name, "near": near(name, found.ask if found else ())}
                yield Problem("M381", facts, self.document.place(*path, name, key=True))
            else:
                yield from self._value(field, value, (*path, name))

    # ── one record ────────────────────────────────────────────────────────────────────────────────

    def _entities(self, said: Any) -> Iterator[tuple[Entity, Any]]:
        for name, part in said.items() if isinstance(said, dict) else ():
            if name in self.scope.entities:
                yield self.scope.entities[name], part

    def _unknown(self, said: Any, path: Path) -> Iterator[Problem]:
        for name in said if isinstance(said, dict) else ():
            place = self.document.place(*path, name, key=True)
            yield from self.scope.missing(self.document, "entities", name, place, "M204")

    def _record(
        self, entity: Entity, values: Any, path: Path, *, expected: bool = False
    ) -> Iterator[Problem]:
        if not isinstance(values, dict):
            yield self._shape(path, f"valores de {entity.name}, por campo")
            return
        for name, said in values.items():
            place = self.document.place(*path, name, key=True)
            field = entity.fields.get(name)
            if field is None:
                yield from self.scope.unknown_field(entity, name, place)
            elif expected and field.is_ and not field.has_column:
                yield Problem(
                    "M349", {"name": name, "reason": "é calculado na hora, e não fica na linha"}, place
                )
            elif not expected and field.is_given:
                yield Problem("M349", {"name": name, "reason": "quem dá o valor é o sistema"}, place)
            else:
                yield from self._value(field, said, (*path, name), expected=expected)

    def _value(self, field: Field, said: Any, path: Path, *, expected: bool = False) -> Iterator[Problem]:
        if said in NOTHING:
            return
        if field.type in ("children", "many links"):
            if not isinstance(said, list):
                yield self._shape(path, "uma lista")
                return
            for index, each in enumerate(said):
                yield from self._linked(field, each, (*path, index), expected=expected)
        elif field.type == "link":
            yield from self._linked(field, said, path, expected=expected)
        elif not isinstance(said, str):
            yield self._shape(path, "um valor")
        else:
            read = field.canonical(said)
            if isinstance(read, Refused):
                facts = {"name": field.name, "reason": read.sentence()}
                yield Problem("M348", facts, self.document.place(*path))

    def _linked(self, field: Field, said: Any, path: Path, *, expected: bool) -> Iterator[Problem]:
        target = self.scope.entities.get(field.to or str(field.of))
        if target is None:
            return
        if isinstance(said, dict):
            is_row = field.type == "children"
            yield from self._record(target, said, path, expected=expected or not is_row)
        elif field.type == "children" or not isinstance(said, str):
            yield self._shape(path, f"valores de {target.name}, por campo")
        elif (target.name, said) not in self.world.records:
            yield self._no_record(target.name, said, path)

    def _no_record(self, entity: str, name: str, path: Path) -> Problem:
        facts = {"name": name, "entity": entity, "near": near(name, self.world.names(entity))}
        return Problem("M347", facts, self.document.place(*path))

    def _shape(self, path: Path, wanted: str) -> Problem:
        return Problem("M346", {"wanted": wanted}, self.document.place(*path))


def _made(said: Any) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the rows that are expected under short names, as records that others may link to."""
    return {
        (entity, name): values
        for entity, rows in (said or {}).items()
        if isinstance(rows, dict)
        for name, values in rows.items()
        if isinstance(values, dict)
    }
