"""This file reads the JSON body of a record into values; every problem has the path of its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit
from metadata.entity import SYSTEM_FIELDS, Field
from metadata.json_text import read_json
from metadata.problems import Problem, Refused, near, shortened

REMOVE = "_remove"
# What a record carries when it is read may come back unchanged.
TRANSITIONS = "transitions"
IGNORED = SYSTEM_FIELDS | {"text", TRANSITIONS}
MAX_CHILDREN = 20_000
MOST_PROBLEMS = 500  # of one body; the same slip in thousands of rows is told often enough
MAX_STEPS = 40  # of a path: rows below rows, twenty levels deep
_END = 2**63  # of what the database counts in
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(slots=True)
class Reading:
    """What a body says; one that is no object says nothing of a record."""

    values: dict[str, Any] = attribute(default_factory=dict)
    children: dict[str, tuple[ChildEdit, ...]] = attribute(default_factory=dict)
    version: int | None = None
    problems: list[Problem] = attribute(default_factory=list)
    is_object: bool = True


def read(runtime: Runtime, entity: str, body: bytes) -> Reading:
    """Read a body; the values are those that were sent, no others."""
    reading = Reading()
    sent = read_json(body or b"{}")
    if not isinstance(sent, dict):
        wrong = Refused("R187", {"wanted": "um objeto com os campos do registro"})
        refused = sent if isinstance(sent, Refused) else wrong
        return Reading(problems=[Problem(refused.code, refused.facts)], is_object=False)
    version = sent.get("version")
    reading.version = version if _is_id(version) else None
    _record(runtime, entity, sent, "", reading)
    return reading


def _record(runtime: Runtime, entity: str, sent: Mapping[str, Any], prefix: str, reading: Reading) -> None:
    """Read what was sent of one record, rows below it included."""
    compiled = runtime.entities[entity]
    for name, value in sent.items():
        if len(reading.problems) >= MOST_PROBLEMS:
            return
        if name in compiled.children:
            rows = _children(runtime, compiled.children[name].entity, prefix + name, value, reading.problems)
            reading.children[name] = rows
        else:
            read_value(compiled.fields, name, value, prefix, reading.values, reading.problems)


def read_answers(fields: Mapping[str, Field], body: bytes) -> Reading:
    """Read a body with answers to questions; links are ids."""
    reading = Reading()
    sent = read_json(body or b"{}")
    if not isinstance(sent, dict):
        wrong = Refused("R187", {"wanted": "um objeto com as respostas"})
        refused = sent if isinstance(sent, Refused) else wrong
        return Reading(problems=[Problem(refused.code, refused.facts)], is_object=False)
    version = sent.get("version")
    reading.version = version if _is_id(version) else None
    for name, value in sent.items():
        if len(reading.problems) < MOST_PROBLEMS:
            read_value(fields, name, value, "", reading.values, reading.problems)
    return reading


def read_value(
    fields: Mapping[str, Any],
    name: str,
    value: Any,
    prefix: str,
    values: dict[str, Any],
    problems: list[Problem],
) -> None:
    """Read one value into `values`, or say what is wrong with it."""
    if name in IGNORED and name not in fields:
        return
    field = fields.get(name)
    if field is None or field.type == "children":
        short = shortened(name)
        facts = {"name": short, "entity": "registro", "near": near(name, fields)}
        problems.append(Problem("R402", facts, field=prefix + short))
        return
    if isinstance(value, str) and (control := _CONTROL.search(value)):
        # What a person pastes may be tidied; a program that sends such a thing has a fault to be told.
        shown = f"U+{ord(control[0]):04X}"
        problems.append(Problem("R119", {"character": shown}, field=prefix + name))
        return
    found = None if value is None else field.kind.from_json(value, field)
    if isinstance(found, Refused):
        problems.append(Problem(found.code, found.facts, field=prefix + name))
    else:
        values[name] = found


def _children(
    runtime: Runtime, entity: str, path: str, rows: Any, problems: list[Problem]
) -> tuple[ChildEdit, ...]:
    if not isinstance(rows, list) or len(rows) > MAX_CHILDREN or path.count("/") > MAX_STEPS:
        problems.append(Problem("R187", {"wanted": f"uma lista de até {MAX_CHILDREN} linhas"}, field=path))
        return ()
    edits = []
    for index, row in enumerate(rows):
        if len(problems) >= MOST_PROBLEMS:
            break
        place = f"{path}/{index}"
        if not isinstance(row, dict) or not _is_id(row.get("id")):
            problems.append(Problem("R187", {"wanted": "um objeto com os campos da linha"}, field=place))
            edits.append(ChildEdit(None, {}, None, removed=True))  # so that the others keep their places
            continue
        told = {key: value for key, value in row.items() if key != REMOVE}
        line = Reading(problems=problems)
        _record(runtime, entity, told, f"{place}/", line)
        removed = row.get(REMOVE) is True
        edits.append(ChildEdit(row.get("id"), line.values, None, removed, children=line.children))
    return tuple(edits)


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < _END)
