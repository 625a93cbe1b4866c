"""This file copies records: what goes along, what stays each one's own, the rows of every level below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.runtime import Child, CompiledEntity, Runtime
from kernel.storage import records
from kernel.storage.record import ChildEdit, Edit, Row

GIVEN_BY_THE_SYSTEM = frozenset(("sequence", "attachment", "image"))


def duplicate(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, parts: Collection[str]
) -> Row | None:
    """Return a copy of a record that is not saved yet, with the child rows of the named parts.

    What must stay its own is left empty: unique keys, numbers given by the system, files, the state, in
    which the copy begins anew. The rows keep
    their ids, for ChildEdit.copy_of: what stands below them is copied on saving.
    """
    found = records.read(connection, runtime, context, entity, id)
    if found is None:
        return None
    compiled = runtime.entities[entity]
    children = dict.fromkeys(compiled.children, ()) | {
        name: tuple(
            replace(row, values=_kept(runtime, compiled.children[name], row.values))
            for row in found.children[name]
        )
        for name in parts
        if name in compiled.children
    }
    values = _without(own(compiled), found.values)
    return Row(0, 0, values, found.shown, "", None, children)


def own(compiled: CompiledEntity, parent: str = "") -> frozenset[str]:
    """Return the fields that a copy does not take over; a key within the parent may stay as it is."""
    keys = {key[-1] for key in compiled.entity.unique_keys if parent not in key}
    given = {f.name for f in compiled.columns if f.readonly or f.is_given or f.type in GIVEN_BY_THE_SYSTEM}
    state = compiled.entity.state_field
    return frozenset(keys | given | ({state} if state else set()))


def _without(names: Collection[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if name in names else value for name, value in values.items()}


def _kept(runtime: Runtime, child: Child, values: Mapping[str, Any]) -> dict[str, Any]:
    return _without(own(runtime.entities[child.entity], child.by), values)


def filled(connection: Connection, runtime: Runtime, context: Context, edit: Edit) -> Edit:
    """Return the edit with every copied row complete: what it does not say itself, and the rows below.

    Only what the operator sees is copied.
    """
    seen = seen_by(runtime, context.access.profile)
    compiled = seen.entities.get(edit.entity)
    if compiled is None:
        return edit
    return replace(edit, children=_filled(connection, seen, context, compiled, edit.children))


def _filled(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    parent: CompiledEntity,
    children: Mapping[str, tuple[ChildEdit, ...]],
) -> Mapping[str, tuple[ChildEdit, ...]]:
    if not any(edit.copy_of for edits in children.values() for edit in edits):
        return children
    return {
        name: _completed(connection, runtime, context, parent.children[name], edits)
        if name in parent.children
        else edits
        for name, edits in children.items()
    }


def _completed(
    connection: Connection, runtime: Runtime, context: Context, child: Child, edits: Iterable[ChildEdit]
) -> tuple[ChildEdit, ...]:
    """Complete the copied rows of one children field, one query a level for all of them."""
    edits = tuple(edits)
    asked = [edit.copy_of for edit in edits if edit.copy_of and edit.id is None and not edit.removed]
    sources = {
        row.id: row for row in records.several(connection, runtime, context, child.entity, "id", asked)
    }
    below = _below(connection, runtime, context, runtime.entities[child.entity], list(sources))
    return tuple(
        replace(
            edit,
            values={**_kept(runtime, child, sources[edit.copy_of].values), **edit.values},
            children={**below[edit.copy_of], **edit.children},
        )
        if edit.copy_of in sources
        else edit
        for edit in edits
    )


def _below(
    connection: Connection, runtime: Runtime, context: Context, parent: CompiledEntity, ids: list[int]
) -> dict[int, dict[str, tuple[ChildEdit, ...]]]:
    """Return for each record the copies of its child rows, by children field."""
    found: dict[int, dict[str, tuple[ChildEdit, ...]]] = {id: {} for id in ids}
    for name, child in parent.children.items():
        rows = list(records.several(connection, runtime, context, child.entity, child.by, ids))
        deeper = _below(
            connection, runtime, context, runtime.entities[child.entity], [row.id for row in rows]
        )
        for row in rows:
            copy = ChildEdit(None, _kept(runtime, child, row.values), None, copy_of=row.id)
            line = found[row.values[child.by]]
            line[name] = (*line.get(name, ()), replace(copy, children=deeper[row.id]))
    return found
