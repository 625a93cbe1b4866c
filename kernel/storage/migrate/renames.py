"""This file carries renames over to the database, so that the rest of a migration speaks new names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute

from kernel.storage import names
from kernel.storage.migrate.shape import LEADS, MARK, Column, Part, Shape, Table, literal, quoted
from kernel.storage.migrate.steps import ALONE, Stage, Step, note_of, together
from metadata.changes import Change, RenameEntity, RenameField
from metadata.entity import Entity

_WORD = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Renames:
    """New name → the name of now, for tables and, under the new name of their table, for columns."""

    tables: Mapping[str, str] = attribute(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = attribute(default_factory=dict)

    def table(self, name: str) -> str:
        """Return the present name of a table."""
        return self.tables.get(name, name)

    def column(self, table: str, name: str) -> str:
        """Return the present name of a column."""
        return self.columns.get(table, {}).get(name, name)


def gather(changes: Sequence[Change], old: Mapping[str, Entity], have: Shape) -> Renames:
    """Return what the renames among the changes mean for tables that exist, bridges included."""
    entities = {change.new: change.old for change in changes if isinstance(change, RenameEntity)}
    fields: dict[str, dict[str, str]] = {}
    for change in changes:
        if isinstance(change, RenameField):
            fields.setdefault(change.entity, {})[change.new] = change.old
    tables = dict(entities)
    columns: dict[str, dict[str, str]] = {}
    for name, entity in old.items():
        new = next((after for after, before in entities.items() if before == name), name)
        back = {before: after for after, before in fields.get(new, {}).items()}
        for field in entity.fields.values():
            after = back.get(field.name, field.name)
            if field.type == "many links":
                tables[names.bridge(new, after)] = names.bridge(name, field.name)
            elif field.has_column and after != field.name:
                columns.setdefault(new, {})[after] = field.name
    moved = {new: now for new, now in tables.items() if new != now and now in have}
    return Renames(moved, columns)


def carried(have: Shape, want: Shape, renames: Renames) -> tuple[dict[str, Table], list[Step]]:
    """Return the tables as they are after the renames, and the steps that rename."""
    new_names = {now: new for new, now in renames.tables.items()}
    shape: dict[str, Table] = {}
    steps: list[Step] = []
    for now, table in have.items():
        name = new_names.get(now, now)
        back = {
            before: after
            for after, before in renames.columns.get(name, {}).items()
            if before in table.columns
        }
        moved = _moved(table, name, back, new_names)
        if name != now:
            sql = [f"ALTER TABLE {quoted(now)} RENAME TO {quoted(name)}"]
            steps.append(together(f"renomeia a tabela {now} para {name}", Stage.RENAME, sql, {now: ALONE}))
        for before, after in back.items():
            sql = [f"ALTER TABLE {quoted(name)} RENAME COLUMN {quoted(before)} TO {quoted(after)}"]
            says = f"renomeia a coluna {name}.{before} para {after}"
            steps.append(together(says, Stage.RENAME, sql, {now: ALONE}))
        sql = list(_notes_renamed(table, moved, back))
        if name in want and (moved != table or name != now):
            moved, renamed = _parts_renamed(table, moved, want[name])
            sql.extend(renamed)
        if sql:
            says = f"acerta os nomes dos índices e restrições de {name}"
            steps.append(together(says, Stage.RENAME, sql, {now: ALONE}))
        shape[name] = moved
    return shape, steps


def _moved(table: Table, name: str, columns: Mapping[str, str], tables: Mapping[str, str]) -> Table:
    moved = {
        columns.get(old, old): replace(column, name=columns.get(old, old))
        for old, column in table.columns.items()
    }
    parts = {part.name: _said_anew(part, name, columns, tables) for part in table.parts.values()}
    noted = {key: replace(column, note=_note(column, columns, tables)) for key, column in moved.items()}
    return replace(table, name=name, columns=noted, parts=parts)


def _note(column: Column, columns: Mapping[str, str], tables: Mapping[str, str]) -> str:
    """Rename also within notes: the search of a table names its fields, a link set aside its target."""
    return _words(column.note, tables if column.note.startswith(LEADS) else columns)


def _words(text: str, renamed: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: renamed.get(found[0], found[0]), text)


def _said_anew(part: Part, table: str, columns: Mapping[str, str], tables: Mapping[str, str]) -> Part:
    if part.kind == "link":
        column, arrow, target = part.says.partition(" -> ")
        says = _words(column, columns) + arrow + _words(target, tables)
    else:
        says = _words(part.says, columns)
    renamed = tuple(columns.get(name, name) for name in part.columns)
    return replace(part, table=table, columns=renamed, says=says, target=tables.get(part.target, part.target))


def _parts_renamed(old: Table, table: Table, want: Table) -> tuple[Table, list[str]]:
    """Give constraints and indexes that only changed name their new one; others are left to be made again."""
    sql: list[str] = []
    parts: dict[str, Part] = {}
    for part in table.parts.values():
        made = _counterpart(part, table, want)
        if made is None:
            parts[part.name] = part
            continue
        parts[made.name] = replace(made, is_valid=part.is_valid)
        if made.name != part.name:
            sql.extend(_rename(part, made))
        if made.name != part.name or made.says != old.parts[part.name].says:
            sql.append(note_of(made))
    return replace(table, parts=parts), sql


def _notes_renamed(old: Table, table: Table, renamed: Mapping[str, str]) -> Iterator[str]:
    for before, column in old.columns.items():
        after = table.columns[renamed.get(before, before)]
        if after.note != column.note:
            name = f"{quoted(table.name)}.{quoted(after.name)}"
            yield f"COMMENT ON COLUMN {name} IS {literal(MARK + after.note)}"


def _counterpart(part: Part, table: Table, want: Table) -> Part | None:
    same = [made for made in want.parts.values() if made.kind == part.kind and made.says == part.says]
    free = [made for made in same if made.name == part.name or made.name not in table.parts]
    return free[0] if free and part.says else None


def _rename(part: Part, made: Part) -> Iterator[str]:
    if part.is_index:
        yield f"ALTER INDEX {quoted(part.name)} RENAME TO {quoted(made.name)}"
    else:
        yield f"ALTER TABLE {quoted(made.table)} RENAME CONSTRAINT {quoted(part.name)} TO {quoted(made.name)}"
