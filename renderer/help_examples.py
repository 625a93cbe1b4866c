"""This file says examples as help shows them: the situation, the arithmetic, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.runtime import Runtime
from metadata.entity import Entity, Field, usual_label
from metadata.examples import PROCESS, Case, Examples
from metadata.package import Configuration
from metadata.problems import Refused
from metadata.worlds import NAMED, NOTHING, used
from renderer.once import per_runtime

NOTHING_MADE, GONE = "nada", "deixa de existir"
Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One example: what it is called, the arithmetic, and what comes of it: labels, each with its texts."""

    title: str
    note: str
    lines: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of examples; `notes` say the world in which they happen."""

    label: str
    notes: tuple[str, ...]
    examples: tuple[Shown, ...]


@per_runtime
def shown(runtime: Runtime, name: str) -> Group:
    """Return a group of examples."""
    configuration = runtime.whole.configuration
    examples = configuration.examples[name]
    lines = _of_process if examples.subject[0] == PROCESS else _of_rule
    cases = (
        Shown(title, case.note, _together(lines(configuration, examples, case)))
        for title, case in examples.cases.items()
    )
    notes = (each.note for each in used(configuration.examples, examples) if each.note)
    return Group(examples.label or usual_label(name), tuple(notes), tuple(cases))


def _together(lines: Iterator[Line]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return lines with those of one label together."""
    found: dict[str, list[str]] = {}
    for label, text in lines:
        found.setdefault(label, []).append(text)
    return tuple((label, tuple(texts)) for label, texts in found.items())


# ── of a process: what it makes, what is left out, why it does not begin ──────────────────────────


def _of_process(configuration: Configuration, examples: Examples, case: Case) -> Iterator[Line]:
    for entity, rows in (case.expect or {}).items():
        known = configuration.entities[entity]
        named = rows.items() if isinstance(rows, dict) else (("", row) for row in rows)
        for name, row in named:
            label = f"{known.label.one} ({_name(name)})" if name else known.label.one
            yield (
                label,
                "; ".join(_values(configuration, known, row)) if row not in NOTHING else "deixa de existir",
            )
        if not rows:
            yield known.label.many, NOTHING_MADE
    yield from (("Fica de fora", _sentence(each)) for each in case.left_out)
    yield from (("Recusa", _sentence(each)) for each in case.refused)


def _values(configuration: Configuration, entity: Entity, row: Mapping[str, Any]) -> Iterator[str]:
    for name, said in row.items():
        field = entity.fields[name]
        if field.type == "children":
            below = configuration.entities[str(field.of)]
            rows = (", ".join(_values(configuration, below, each)) for each in said)
            yield f"{field.label}: {' · '.join(rows)}"
        else:
            yield f"{field.label} {_value(field, said)}"


def _value(field: Field, said: Any) -> str:
    if said in NOTHING:
        return NOTHING_MADE
    if isinstance(said, list):
        return ", ".join(_value(field, each) for each in said)
    if isinstance(said, dict):
        return " ".join(str(part) for part in said.values())
    if field.type in ("link", "many links"):
        return _name(said)
    value = field.canonical(said)
    return said if isinstance(value, Refused) else field.kind.print(value, field)


def _name(short: str) -> str:
    return short.replace("_", " ").capitalize()


def _sentence(said: str) -> str:
    return NAMED.sub(lambda found: _name(found[2]), said)


# ── of a rule: what it is given, and what it answers ──────────────────────────────────────────────


def _of_rule(configuration: Configuration, examples: Examples, case: Case) -> Iterator[Line]:
    yield from ((usual_label(name), _plain(said)) for name, said in case.given.items())
    yield "Resposta", _plain(case.expect)


def _plain(said: Any) -> str:
    if isinstance(said, dict):
        return ", ".join(f"{usual_label(name)} {_plain(part)}" for name, part in said.items())
    if isinstance(said, list):
        return ", ".join(map(_plain, said)) or NOTHING_MADE
    return str(said) or NOTHING_MADE
