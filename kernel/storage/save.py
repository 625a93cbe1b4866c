"""This file saves one record with its child rows: joined with what others changed, judged, written.

All problems come back at once; nothing is written unless everything is. A child row that changes makes a
new version of its parent too, so that a stale page is always noticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select, text
from sqlalchemy.exc import DBAPIError

from kernel.context import Context
from kernel.runtime import Child, CompiledEntity, Runtime
from kernel.storage import numbering, write
from kernel.storage.links import misplaced, refused
from kernel.storage.merge import merge
from kernel.storage.record import ChildEdit, Conflict, Difference, Edit, Refusal, Saved
from kernel.storage.records import defaults
from kernel.storage.verdict import judge, rows_between
from kernel.storage.violations import explain, is_violation
from metadata.problems import Problem

Outcome = Saved | Refusal | Conflict


@dataclass(slots=True)
class _Work:
    """One record on its way: what it was, what is written, where it stands in the edit."""

    compiled: CompiledEntity
    prefix: str
    id: int | None
    current: Mapping[str, Any]
    values: dict[str, Any]
    removed: bool = False
    parent_link: str = ""

    @property
    def after(self) -> dict[str, Any]:
        """All values as they will be."""
        return {**self.current, **self.values}


@dataclass(slots=True)
class _Save:
    """The state of one save."""

    connection: Connection
    runtime: Runtime
    context: Context
    edit: Edit
    works: list[_Work] = attribute(default_factory=list)
    problems: list[Problem] = attribute(default_factory=list)
    same: list[Difference] = attribute(default_factory=list)
    other: list[Difference] = attribute(default_factory=list)


def save(engine: Engine, runtime: Runtime, context: Context, edit: Edit) -> Outcome:
    """Save an edit in one transaction."""
    with engine.connect() as connection:
        state = _Save(connection, runtime, context, edit)
        try:
            outcome = _saved(state)
        except DBAPIError as error:
            if not is_violation(error):
                raise
            connection.rollback()
            told = refused(connection, runtime, state.works)
            return Refusal(tuple(told or (explain(runtime, error, _prefixes(edit, runtime)),)))
        if isinstance(outcome, Saved):
            connection.commit()
        else:
            connection.rollback()
        return outcome


def _saved(state: _Save) -> Outcome:
    compiled = state.runtime.entities[state.edit.entity]
    current = _current(state, compiled)
    if current is None:
        return Refusal((Problem("R150", {"entity": compiled.entity.label.one}),))
    stale = (
        state.edit.version is not None
        and current["version"] != state.edit.version
        and state.edit.id is not None
    )
    root = _root(state, compiled, current, stale)
    children = {
        name: _child_works(state, compiled, name, edits, stale) for name, edits in state.edit.children.items()
    }
    if state.same:
        return _conflict(state, current)
    state.works = _all(root, children)
    _judge(state, root, children)
    if not state.problems:
        state.problems += misplaced(state.connection, state.runtime, state.works)
    if state.problems:
        return Refusal(tuple(state.problems))
    return _written(state, root, children, current)


def _all(root: _Work, children: Mapping[str, list[_Work]]) -> list[_Work]:
    return [
        work for work in (root, *(work for works in children.values() for work in works)) if not work.removed
    ]


def _current(state: _Save, compiled: CompiledEntity) -> Mapping[str, Any] | None:
    """Return the record as it is, locked until the end of the save; an empty one for a new record."""
    if state.edit.id is None:
        return {"version": 0}
    statement = write.locked(state.runtime, compiled)
    row = state.connection.execute(statement, {"ids": [state.edit.id]}).mappings().first()
    if row is None:
        return None
    return {**row, **write.bridged(state.connection, compiled, state.edit.id)}


def _root(state: _Save, compiled: CompiledEntity, current: Mapping[str, Any], stale: bool) -> _Work:
    edit = state.edit
    if edit.id is None:
        given = {name: value for name, value in edit.values.items() if value is not None}
        return _Work(
            compiled, "", None, {}, {**defaults(compiled, state.context), **_empty(edit.values), **given}
        )
    merged = merge("", edit.values, edit.base, current, stale=stale, ignored=compiled.children)
    state.same += merged.same
    state.other += merged.other
    return _Work(compiled, "", edit.id, current, merged.values)


def _empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None for name, value in values.items() if value is None}


def _child_works(
    state: _Save, parent: CompiledEntity, name: str, edits: tuple[ChildEdit, ...], stale: bool
) -> list[_Work]:
    child = parent.children.get(name)
    if child is None:
        state.problems.append(Problem("R108", {"name": name, "entity": parent.entity.label.one}, field=name))
        return []
    compiled = state.runtime.entities[child.entity]
    ids = [edit.id for edit in edits if edit.id is not None]
    rows: dict[int, Mapping[str, Any]] = {}
    if ids and state.edit.id is not None:
        found = state.connection.execute(write.locked(state.runtime, compiled), {"ids": ids}).mappings()
        rows = {row["id"]: dict(row) for row in found if row[child.by] == state.edit.id}
    works = []
    for index, edit in enumerate(edits):
        work = _child_work(state, compiled, child, f"{name}/{index}/", f"{name}/{edit.id}", edit, rows, stale)
        works += [work] if work else []
    return works


def _child_work(
    state: _Save, compiled: CompiledEntity, child: Child, prefix: str, path: str,
    edit: ChildEdit, rows: Mapping[int, Mapping[str, Any]], stale: bool,
) -> _Work | None:  # fmt: skip
    if edit.id is None:
        if edit.removed:
            return None
        given = {name: value for name, value in edit.values.items() if name != child.by}
        filled = {name: value for name, value in given.items() if value is not None}
        values = {**defaults(compiled, state.context), **_empty(given), **filled}
        return _Work(compiled, prefix, None, {}, values, parent_link=child.by)
    current = rows.get(edit.id)
    if current is None:
        if state.edit.id is None:  # a new record has no rows yet
            facts = {"entity": compiled.entity.label.one}
            state.problems.append(Problem("R150", facts, field=prefix.rstrip("/")))
        elif not edit.removed:
            state.same.append(Difference(path, edit.base, dict(edit.values), None))
        return None
    mine = {} if edit.removed else {name: value for name, value in edit.values.items() if name != child.by}
    merged = merge(f"{path}/", mine, edit.base, current, stale=stale and not edit.removed)
    if edit.removed and merged.other:
        state.same.append(
            Difference(path, edit.base, None, {d.path.rpartition("/")[2]: d.theirs for d in merged.other})
        )
    state.same += merged.same
    state.other += () if edit.removed else merged.other
    return _Work(compiled, prefix, edit.id, current, merged.values, edit.removed, child.by)


def _conflict(state: _Save, current: Mapping[str, Any]) -> Conflict:
    return Conflict(
        current["version"],
        current["updated_by"],
        current["updated_at"],
        tuple(state.same),
        tuple(state.other),
    )


def _judge(state: _Save, root: _Work, children: Mapping[str, list[_Work]]) -> None:
    for work in state.works:
        state.problems += judge(work.compiled, work.after, work.values, work.prefix, work.parent_link)
        state.problems += _untouchable(work)
    for name in root.compiled.children:
        works = children.get(name, [])
        if works or root.id is None:
            state.problems += rows_between(root.compiled, name, _rows_after(state, root, name, works))


def _untouchable(work: _Work) -> list[Problem]:
    """Report changes to fields that only the system fills."""
    return [
        Problem("R153", {"label": field.label}, field=work.prefix + name)
        for name, value in work.values.items()
        if (field := work.compiled.fields.get(name)) is not None
        and (field.type == "sequence" or (field.readonly and work.id is not None))
        and value is not None
    ]


def _rows_after(state: _Save, root: _Work, name: str, works: list[_Work]) -> int:
    field = root.compiled.fields[name]
    added = sum(1 for work in works if work.id is None) - sum(1 for work in works if work.removed)
    if root.id is None or not (field.min or field.max):
        return added
    child = root.compiled.children[name]
    table = state.runtime.entities[child.entity].table
    statement: Select[Any] = select(func.count()).where(table.c[child.by] == root.id)
    return added + int(state.connection.execute(statement).scalar_one())


def _written(
    state: _Save, root: _Work, children: Mapping[str, list[_Work]], current: Mapping[str, Any]
) -> Outcome:
    changed = [
        work for works in children.values() for work in works if work.values or work.removed or not work.id
    ]
    if root.id is not None and not root.values and not changed:
        return Saved(root.id, current["version"], tuple(state.other))
    _number(state, [work for work in (root, *changed) if work.id is None])
    if root.id is None:
        id = write.insert(state.connection, state.context, root.compiled, root.values)
        version = 1
    else:
        id = root.id
        version = write.update(state.connection, state.context, root.compiled, id, root.values, root.after)
    _write_children(state, changed, id)
    if any(work.compiled.entity.valid for work in (root, *changed)):
        state.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    return Saved(id, version, tuple(state.other))


def _write_children(state: _Save, works: list[_Work], parent: int) -> None:
    """Remove first, then change, then insert: a key given up by one row may be taken by another."""
    for work in works:
        if work.removed and work.id is not None:
            write.delete(state.connection, work.compiled, work.id)
    for work in works:
        if work.id is not None and not work.removed:
            write.update(state.connection, state.context, work.compiled, work.id, work.values, work.after)
    for work in works:
        if work.id is None:
            values = {**work.values, work.parent_link: parent}
            write.insert(state.connection, state.context, work.compiled, values)


def _number(state: _Save, works: list[_Work]) -> None:
    """Fill the sequence fields of new records."""
    for gapless in (False, True):
        numbered = [
            (work, field)
            for work in works
            for field in work.compiled.columns
            if field.type == "sequence" and field.gapless is gapless
        ]
        for work, field in numbered:
            number = _reserved(state, work.compiled, field, gapless)
            work.values[field.name] = numbering.write(field, number, state.context, work.after)


def _reserved(state: _Save, compiled: CompiledEntity, field: Any, gapless: bool) -> int:
    if gapless or state.edit.id is not None:
        return numbering.reserve(state.connection, compiled.name, field, state.context)
    # Nothing was locked or written yet for a new record: this commit ends only the counting.
    number = numbering.reserve(state.connection, compiled.name, field, state.context)
    state.connection.commit()
    return number


def _prefixes(edit: Edit, runtime: Runtime) -> dict[str, str]:
    """Return where a violation of an entity stands, where the edit has just one row of it."""
    compiled = runtime.entities[edit.entity]
    found = {edit.entity: ""}
    for name, edits in edit.children.items():
        if name in compiled.children and len(edits) == 1:
            found.setdefault(compiled.children[name].entity, f"{name}/0/")
        elif name in compiled.children:
            found.setdefault(compiled.children[name].entity, f"{name}/")
    return found
