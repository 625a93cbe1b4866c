"""This file compiles actions once for a version: the closures of what they make, and what these read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kernel.rules.making import Part, Said, part, said
from kernel.rules.needs import Needs, in_full, real, target, tree
from metadata.action import Action
from metadata.check.actions import seen_by
from metadata.entity import Entity, Field
from metadata.package import Configuration

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """An action, ready to run; `needs` says, by name, what to load: of the record, and of linked answers."""

    action: Action
    defaults: Mapping[str, Said]
    parts: tuple[Part, ...]
    needs: Mapping[str, Needs]

    @property
    def questions(self) -> Mapping[str, Field]:
        """The questions by name."""
        return self.action.ask


def compile(
    configuration: Configuration, reads: Mapping[tuple[str, str], frozenset[Path]]
) -> dict[str, CompiledAction]:
    """Return the actions of a configuration without problems; `reads` are those of computed fields."""
    return {name: _action(action, configuration, reads) for name, action in configuration.actions.items()}


def _action(
    action: Action, configuration: Configuration, computed: Mapping[tuple[str, str], frozenset[Path]]
) -> CompiledAction:
    names = seen_by(action, configuration.entities)
    record = {name: kind for name, kind in names.items() if name not in action.ask}
    defaults = {
        name: said(field.default_is, configuration, record)
        for name, field in action.ask.items()
        if field.default_is
    }
    entities = configuration.entities
    parts = tuple(
        part(name, entities[making.entity], making, configuration, names)
        for name, making in action.makes.items()
    )
    read = [path for each in parts for path in each.reads()]
    read += [path for each in defaults.values() for path in each.reads]
    return CompiledAction(action, defaults, parts, _needs(action, read, entities, computed))


def of_record(action: CompiledAction, said: Said) -> Said:
    """Return an expression whose paths begin with fields of the record, however it names them."""
    of = action.action.of
    return replace(said, reads=frozenset(path[1:] if path[0] == of else path for path in said.reads))


def _needs(
    action: Action, read: Iterable[Path], entities: Mapping[str, Entity],
    computed: Mapping[tuple[str, str], frozenset[Path]],
) -> dict[str, Needs]:  # fmt: skip
    """Sort what is read by the record and the linked answers, each with what computed fields need."""
    sorted_: dict[str, list[Path]] = {action.of: []}
    for head, *rest in read:
        field = action.ask.get(head)
        if field is not None:
            if target(field):
                sorted_.setdefault(head, []).append(tuple(rest))
        elif head == action.of:
            sorted_[head].append(tuple(rest))
        else:
            sorted_[action.of].append((head, *rest))
    of = {name: target(field) for name, field in action.ask.items()} | {action.of: action.of}
    return {
        name: in_full(tree(real(paths, entities, of[name])), of[name], entities, computed, own=False)
        for name, paths in sorted_.items()
    }
