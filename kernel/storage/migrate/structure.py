"""This file compares how tables look with how they should look, and says the steps between.

Renames are done before (see renames). After a publication was interrupted, the same comparison gives what
is left to do. No step removes rows, columns or tables.
"""

# ruff: noqa: S608 (names come from checked metadata, values go as parameters)

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy

from kernel.ledger.watch import ENTRY, GROUPS, check_of_all
from kernel.storage import since
from kernel.storage.migrate.conversions import conversion
from kernel.storage.migrate.shape import LEADS, MARK, TABLE_MARK, Column, Part, Shape, Table, literal, quoted
from kernel.storage.migrate.steps import (
    ALONE,
    NO_CHANGES,
    NO_WRITES,
    Mode,
    Stage,
    Statement,
    Step,
    later,
    note_of,
    together,
)
from kernel.storage.migrate.wanted import create_table, filled
from kernel.storage.names import SEARCH

SYSTEM = frozenset(("id", "version", "created_at", "created_by", "updated_at", "updated_by"))


def differences(have: Shape, want: Shape, made: sqlalchemy.MetaData) -> list[Step]:
    """Return the steps that lead from `have` to `want`, in the order in which they are run."""
    steps: list[Step] = []
    for name, table in want.items():
        if name in have:
            steps.extend(_changed(have[name], table, have))
        else:
            steps.extend(_created(table, made.tables[name], have))
    for name, table in have.items():
        if name not in want and table.is_ours:
            steps.extend(_retired(table, have))
    steps.extend(_worked_out(have, want))
    return sorted(steps, key=lambda step: step.stage)


# ── whole tables ──────────────────────────────────────────────────────────────────────────────────


def _created(table: Table, made: sqlalchemy.Table, have: Shape) -> Iterator[Step]:
    name = quoted(table.name)
    sql = [create_table(made), f"COMMENT ON TABLE {name} IS {literal(TABLE_MARK)}"]
    if table.search:
        sql.append(searched(table))
    sql.extend(_noted(table, name) for name in table.worked)
    for part in table.parts.values():
        if part.kind != "link":
            sql.extend((part.create, note_of(part)))
    yield together(f"cria a tabela {table.name}", Stage.CREATE, sql)
    links = [part for part in table.parts.values() if part.kind == "link"]
    if links:
        sql = [line for part in links for line in (part.create, note_of(part))]
        locks: dict[str, Mode] = {part.target: NO_WRITES for part in links if part.target in have}
        yield together(f"cria as ligações de {table.name}", Stage.LINK, sql, locks)


def _retired(table: Table, have: Shape) -> Iterator[Step]:
    """Let go of the records that a retired table leads to; its rows still go with their parents."""
    for part in table.parts.values():
        if part.kind == "link" and not part.cascades:
            yield _loosened(part, have, _remembered(part))
        elif part.kind in _HELD:
            yield _let_go(part)


def searched(table: Table) -> str:
    """Return the statement that notes the search text of all rows as filled."""
    note = f"IS {literal(MARK + table.search)}" if table.search else "IS NULL"
    return f"COMMENT ON COLUMN {quoted(table.name)}.{quoted(SEARCH)} {note}"


# ── one table ─────────────────────────────────────────────────────────────────────────────────────


def _changed(have: Table, want: Table, tables: Shape) -> Iterator[Step]:
    if not have.is_ours:
        return
    retyped: set[str] = set()
    for name, column in want.columns.items():
        present = have.columns.get(name)
        if present is None:
            yield _added(want, column)
        elif present.type != column.type:
            retyped.add(name)
            yield _converted(have, present, column)
        if present is not None and column.required != present.required and name not in SYSTEM:
            yield from _required(have, column)
    for name, column in have.columns.items():
        if name not in want.columns and name not in SYSTEM:
            yield from _set_aside(have, column)
    if want.search:  # before its index is made: rows go in faster without it
        yield from _search(have, want)
    yield from _parts(have, want, tables, retyped)


def _added(table: Table, column: Column) -> Step:
    rest = " NOT NULL" if column.required else ""
    sql = f"ALTER TABLE {quoted(table.name)} ADD COLUMN {quoted(column.name)} {column.type}{rest}"
    return together(
        f"acrescenta a coluna {table.name}.{column.name}", Stage.CHANGE, [sql], {table.name: ALONE}
    )


def _converted(table: Table, old: Column, new: Column) -> Step:
    how = conversion(old, new, quoted(new.name))
    using = f" USING {how.using}" if how else " USING NULL"  # only reached when no row has a value
    sql = f"ALTER TABLE {quoted(table.name)} ALTER COLUMN {quoted(new.name)} TYPE {new.type}{using}"
    says = f"converte {table.name}.{new.name} de {old.type} para {new.type}"
    return together(says, Stage.CHANGE, [sql], {table.name: ALONE}, table.rows)


def _required(table: Table, column: Column) -> Iterator[Step]:
    name, target = quoted(table.name), f"{table.name}.{column.name}"
    alter = f"ALTER TABLE {name} ALTER COLUMN {quoted(column.name)}"
    if not column.required:
        says = f"deixa {target} ficar sem valor"
        yield together(says, Stage.LOOSEN, [f"{alter} DROP NOT NULL"], {table.name: ALONE})
    elif table.is_small:
        yield together(f"exige {target}", Stage.TIGHTEN, [f"{alter} SET NOT NULL"], {table.name: ALONE})
    else:
        check = filled(table.name, column.name)
        validate = f"ALTER TABLE {name} VALIDATE CONSTRAINT {quoted(check.name)}"
        remove = f"ALTER TABLE {name} DROP CONSTRAINT {quoted(check.name)}"
        if check.name not in table.parts:
            sql = [f"{check.create} NOT VALID", note_of(check)]
            yield together(f"exige {target} daqui em diante", Stage.TIGHTEN, sql, {table.name: ALONE})
        tighten = f"{alter} SET NOT NULL; {remove}"
        yield later(
            f"confere e exige {target}",
            Statement(validate, "concurrently"),
            Statement(tighten, "briefly"),
            rows=table.rows,
        )


def _set_aside(table: Table, column: Column) -> Iterator[Step]:
    if column.required:
        yield from _required(table, Column(column.name, column.type, False))
    if column.name == SEARCH and column.note:
        yield together(
            f"esquece a busca de {table.name}", Stage.LOOSEN, [searched(Table(table.name, {}, {}))],
            {table.name: NO_CHANGES},
        )  # fmt: skip


# ── constraints and indexes ───────────────────────────────────────────────────────────────────────


def _parts(have: Table, want: Table, tables: Shape, retyped: set[str]) -> Iterator[Step]:
    for part in have.parts.values():
        if (part.is_trigger and part.name in want.parts) or not _is_stale(part, want):
            continue  # triggers are made anew in place: nothing goes unnoted between
        if part.is_trigger:
            yield _let_go(part)
        elif part.is_index:
            yield _dropped_index(have, part, retyped)
        elif part.kind == "link" and part.columns[0] not in want.columns:
            yield _loosened(part, tables, _remembered(part))
        else:
            yield _loosened(part, tables)
    for part in want.parts.values():
        present = have.parts.get(part.name)
        if present is None or _is_stale(present, want):
            yield from _MAKERS[part.kind](have, part, tables)
        elif present.kind == "unique index":
            yield later(f"garante que {_listed(part)} não se repita em {part.table}", _promoted(part))
        elif not present.is_valid:
            yield _validated(have, part)


def _is_stale(part: Part, want: Table) -> bool:
    made = want.parts.get(part.name)
    if part.kind == "filled":
        return not any(
            filled(want.name, name).name == part.name for name in part.columns if _is_required(want, name)
        )
    if made is not None and made.kind == "unique" and part.kind == "unique index":
        return not part.is_valid or (bool(part.says) and part.says != made.says)
    broken = (part.is_index or part.is_trigger) and not part.is_valid
    return made is None or made.kind != part.kind or made.says != part.says or broken


def _is_required(want: Table, name: str) -> bool:
    return name in want.columns and want.columns[name].required


def _dropped_index(table: Table, part: Part, retyped: set[str]) -> Step:
    says = f"apaga o índice {part.name}"
    if table.is_small or retyped.intersection(part.columns):
        return together(says, Stage.LOOSEN, [f"DROP INDEX {quoted(part.name)}"], {table.name: ALONE})
    return later(says, Statement(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(part.name)}", "concurrently"))


def _remembered(part: Part) -> str:
    """Return the statement that notes where a link led, for the day it comes back."""
    column = f"{quoted(part.table)}.{quoted(part.columns[0])}"
    return f"COMMENT ON COLUMN {column} IS {literal(MARK + LEADS + part.target)}"


def _loosened(part: Part, tables: Shape, *more: str) -> Step:
    sql = f"ALTER TABLE {quoted(part.table)} DROP CONSTRAINT {quoted(part.name)}"
    locks: dict[str, Mode] = {name: ALONE for name in (part.table, part.target) if name in tables}
    return together(f"retira a restrição {part.name} de {part.table}", Stage.LOOSEN, [sql, *more], locks)


def _made_index(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    says = f"cria o índice {part.name}"
    if table.is_small:
        yield together(says, Stage.TIGHTEN, [part.create, note_of(part)], {table.name: NO_WRITES})
    else:
        create = part.create.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)
        yield later(
            says, Statement(create, "concurrently"), Statement(note_of(part), "briefly"), rows=table.rows
        )


def _made_unique(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    says = f"garante que {_listed(part)} não se repita em {part.table}"
    if table.is_small:
        yield together(says, Stage.TIGHTEN, [part.create, note_of(part)], {table.name: ALONE})
    else:
        columns = ", ".join(quoted(name) for name in part.columns)
        create = f"CREATE UNIQUE INDEX CONCURRENTLY {quoted(part.name)} ON {quoted(part.table)} ({columns})"
        yield later(says, Statement(create, "concurrently"), _promoted(part), rows=table.rows)


def _promoted(part: Part) -> Statement:
    name = quoted(part.name)
    promote = (
        f"ALTER TABLE {quoted(part.table)} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}; {note_of(part)}"
    )
    return Statement(promote, "briefly")


def _made_link(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    locks: dict[str, Mode] = {name: NO_WRITES for name in (part.table, part.target) if name in tables}
    says = f"liga {part.table}.{part.columns[0]} a {part.target}"
    sql = [part.create + ("" if table.is_small else " NOT VALID"), note_of(part)]
    before = table.columns.get(part.columns[0])
    if before is not None and before.note:
        sql.append(f"COMMENT ON COLUMN {quoted(part.table)}.{quoted(before.name)} IS NULL")
    yield together(says, Stage.LINK, sql, locks)
    if not table.is_small:
        yield _validated(table, part)


def _made_period(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    says = f"impede períodos sobrepostos em {part.table}"
    if table.is_small:
        yield together(says, Stage.TIGHTEN, [part.create, note_of(part)], {table.name: ALONE})
    else:  # PostgreSQL has no concurrent way for it; the plan warns
        yield later(says, Statement(f"{part.create}; {note_of(part)}", "briefly"), rows=table.rows)


def _validated(table: Table, part: Part) -> Step:
    sql = f"ALTER TABLE {quoted(part.table)} VALIDATE CONSTRAINT {quoted(part.name)}"
    return later(f"confere {part.table}.{_listed(part)}", Statement(sql, "concurrently"), rows=table.rows)


def _listed(part: Part) -> str:
    return ", ".join(part.columns)


def _made_audit(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    """Make the triggers before any row is repaired: they speak the names that columns have from now on."""
    says = f"anota as mudanças de {part.table}"
    yield together(says, Stage.CHANGE, [part.create, note_of(part)], {table.name: NO_WRITES})


def _made_ledger(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    """Make the triggers as those of the audit; what stands there already is for the checks to look at."""
    says = f"confere lançamentos e períodos em {part.table}"
    yield together(says, Stage.CHANGE, [part.create, note_of(part)], {table.name: NO_WRITES})
    if part.name != ENTRY[0] or part.name in table.parts:
        return
    says, sql = f"confere os lançamentos que já estão em {part.table}", check_of_all(part.table)
    if table.is_small:  # somebody may have written since the checks looked
        yield together(says, Stage.TIGHTEN, [sql])
    else:
        yield later(says, Statement(sql, "concurrently"), rows=table.rows)


def _made_states(table: Table, part: Part, tables: Shape) -> Iterator[Step]:
    """Make the triggers; since when records are in their states that are there already, nobody knows."""
    says = f"anota desde quando é a situação em {part.table}"
    yield together(says, Stage.CHANGE, [part.create, note_of(part)], {table.name: NO_WRITES})


_HELD = {
    "ledger": "deixa de conferir lançamentos e períodos em",
    "states": "deixa de anotar desde quando é a situação em",
}


def _let_go(part: Part) -> Step:
    """Remove the triggers of a ledger that is none any more, or of states."""
    group = next(names for names in (*GROUPS, since.TRIGGERS) if names[0] == part.name)
    sql = [f"DROP TRIGGER IF EXISTS {name} ON {quoted(part.table)}" for name in group]
    says = f"{_HELD[part.kind]} {part.table}"
    return together(says, Stage.LOOSEN, sql, {part.table: ALONE})


_MAKERS = {
    "index": _made_index, "unique": _made_unique, "link": _made_link, "period": _made_period,
    "audit": _made_audit, "ledger": _made_ledger, "states": _made_states,
}  # fmt: skip


# ── stored computed columns ───────────────────────────────────────────────────────────────────────


def _noted(table: Table, name: str) -> str:
    """Return the statement that notes a column as worked out."""
    note = literal(MARK + table.worked[name].says)
    return f"COMMENT ON COLUMN {quoted(table.name)}.{quoted(name)} IS {note}"


def _worked_out(have: Shape, want: Shape) -> Iterator[Step]:
    """Work out, level by level, the columns of tables that are there; records are worked out when saved."""
    due = [
        (worked.level, table, name)
        for table in want.values()
        for name, worked in table.worked.items()
        if table.name in have and _note_of_column(have[table.name], name) != worked.says
    ]
    for _, table, name in sorted(due, key=lambda one: one[0]):
        says = f"calcula {table.name}.{name}"
        if have[table.name].size == 0:
            yield together(says, Stage.TIGHTEN, [_noted(table, name)], {table.name: NO_CHANGES})
            continue
        filling = Statement(table.worked[name].sql, "in batches", table.name)
        yield later(says, filling, Statement(_noted(table, name), "briefly"), rows=have[table.name].rows)


def _note_of_column(table: Table, name: str) -> str:
    column = table.columns.get(name)
    return column.note if column else ""


# ── the searched text ─────────────────────────────────────────────────────────────────────────────


def _search(have: Table, want: Table) -> Iterator[Step]:
    column = have.columns.get(SEARCH)
    if column is not None and column.note == want.search:
        return
    name, text = quoted(want.name), quoted(SEARCH)
    batch = (
        f"UPDATE {name} SET {text} = {want.search} "
        f"WHERE id BETWEEN :first AND :last AND {text} IS DISTINCT FROM {want.search}"
    )
    says = f"prepara a busca de {want.name}"
    if have.size == 0:
        yield together(says, Stage.TIGHTEN, [searched(want)], {want.name: NO_CHANGES})
        return
    filling = Statement(batch, "in batches", want.name)
    yield later(says, filling, Statement(searched(want), "briefly"), rows=have.rows)
