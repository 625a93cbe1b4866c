"""This file checks rows against what ties them together: unique keys, periods, links, parents."""

# ruff: noqa: S608 (names come from checked metadata, values go as parameters)

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from sqlalchemy import text

from kernel.storage import names
from kernel.storage.migrate.look import EXAMPLES, Look, escaped, number, records
from kernel.storage.migrate.shape import LEADS, Part, quoted
from kernel.storage.migrate.steps import ALONE, Stage, Step, together
from kernel.storage.migrate.structure import SYSTEM
from metadata.problems import Problem

Revived = Collection[tuple[str, str]]


def key_checks(look: Look, revived: Revived) -> Iterator[Problem | Step]:
    """Yield what stands against constraints that the database does not have yet."""
    for name, table in look.want.items():
        present = look.after.get(name)
        if present is None:
            continue
        for column in table.columns.values():
            before = present.columns.get(column.name)
            if column.required and column.name not in SYSTEM and not (before and before.required):
                yield from _parents(look, name, column.name)
        for part in table.parts.values():
            if part.kind in _CHECKS and not _stands(look, part):
                yield from _CHECKS[part.kind](look, part, revived)


def _stands(look: Look, part: Part) -> bool:
    """Tell whether the database already holds rows to it, maybe under another name."""
    present, want = look.after[part.table], look.want[part.table]
    retyped = any(
        name in present.columns and present.columns[name].type != want.columns[name].type
        for name in part.columns
    )
    if retyped:
        return False
    if part.kind == "link":
        return any(p.is_valid and p.target == part.target for p in _links_of(look, part))
    kinds = (part.kind, "unique index") if part.kind == "unique" else (part.kind,)
    known = present.parts.get(part.name)
    return known is not None and known.kind in kinds and known.is_valid and known.says in ("", part.says)


def _parents(look: Look, table: str, column: str) -> Iterator[Problem]:
    """A child row must belong to somebody."""
    if column in look.after[table].columns:
        count = look.count(table, f"{look.now(table, column)} IS NULL")
        rows = records(count) if count else ""
    else:
        rows = "" if look.is_empty(table) else look.total(table)
    if rows:
        yield Problem("M509", {"target": f"{table}.{column}", "rows": rows}, look.place(table, column))


def _unique(look: Look, part: Part, revived: Revived) -> Iterator[Problem]:
    values = [look.value(part.table, name) for name in part.columns]
    if any(value is None or value.startswith("NULL::") for value in values):
        return
    keys = ", ".join(f"({value}) AS k{index}" for index, value in enumerate(values))
    filled = " AND ".join(f"({value}) IS NOT NULL" for value in values)
    group = ", ".join(str(index + 1) for index in range(len(values)))
    shown = "concat_ws(' · ', " + ", ".join(f"k{index}" for index in range(len(values))) + ")"
    sql = (
        f"WITH repeated AS (SELECT {keys}, count(*) AS rows FROM {look.table(part.table)} "
        f"WHERE {filled} GROUP BY {group} HAVING count(*) > 1) "
        f"SELECT (SELECT count(*) FROM repeated) AS keys, (SELECT sum(rows) FROM repeated) AS rows, "
        f"ARRAY(SELECT left({shown}, 60) FROM repeated ORDER BY 1 LIMIT {EXAMPLES}) AS examples"
    )
    found = look.connection.execute(text(escaped(sql))).one()
    if found.keys:
        hidden = any(look.field(part.table, name).privacy for name in part.columns)
        facts = {"entity": part.table, "fields": ", ".join(part.columns), "rows": records(int(found.rows))}
        facts["examples"] = (
            f"{number(found.keys)} chaves" if hidden else ", ".join(f"“{one}”" for one in found.examples)
        )
        yield Problem("M504", facts, look.place(part.table))


def _period(look: Look, part: Part, revived: Revived) -> Iterator[Problem]:
    valid = look.new.entities[part.table].valid
    assert valid is not None
    start, end = look.value(part.table, valid.from_), look.value(part.table, valid.to)
    if start is None or end is None:
        return
    within = (
        ", ".join(f"coalesce(({look.value(part.table, name)})::text, '')" for name in valid.within) or "1"
    )
    table = look.table(part.table)
    facts = {"entity": part.table, "fields": f"{valid.from_}, {valid.to}"}
    sql = f"SELECT id FROM {table} WHERE {start} > {end} ORDER BY id"
    if inverted := look.connection.scalars(text(escaped(sql))).all():
        yield Problem("M506", facts | _rows(inverted), look.place(part.table))
    sql = (
        f"SELECT id FROM (SELECT id, {start} AS start, max(coalesce({end}, 'infinity')) OVER ("
        f"PARTITION BY {within} ORDER BY coalesce({start}, '-infinity'), id "
        f"ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM {table}) AS dated "
        f"WHERE reached >= coalesce(start, '-infinity') ORDER BY id"
    )
    if overlapping := look.connection.scalars(text(escaped(sql))).all():
        yield Problem("M505", facts | _rows(overlapping), look.place(part.table))


def _rows(ids: Collection[int]) -> dict[str, str]:
    examples = ", ".join(f"registro {identity}" for identity in list(ids)[:EXAMPLES])
    return {"rows": records(len(ids)), "examples": examples}


def _links(look: Look, part: Part, revived: Revived) -> Iterator[Problem | Step]:
    (column,) = part.columns
    if column not in look.after[part.table].columns:
        return
    value = look.value(part.table, column)
    if value is None:
        return
    if _leads_elsewhere(look, part, revived):
        yield from _kept_target(look, part, value)
        return
    known = part.target in look.after
    # Values stand in a table of their own: in a link to itself, the subquery would take the target's column.
    missing = f"NOT EXISTS (SELECT FROM {look.table(part.target)} AS target WHERE target.id = source.link)"
    sql = (
        f"SELECT count(*) FROM (SELECT {value} AS link FROM {look.table(part.table)}) AS source "
        "WHERE link IS NOT NULL" + (f" AND {missing}" if known else "")
    )
    count = look.connection.scalar(text(escaped(sql)))
    if not count:
        return
    entity, field = look.owner(part.table, column)
    facts = {"target": f"{entity}.{field}", "to": part.target, "rows": records(count)}
    if _is_back(part, revived) and not (part.table in look.new.entities and _is_required(look, part)):
        yield Problem("M527", facts, look.place(entity, field))
        yield _let_go(look, part, column)
    else:
        yield Problem("M510", facts, look.place(entity, field))


def _is_back(part: Part, revived: Revived) -> bool:
    bridges = (names.bridge(entity, field) for entity, field in revived)
    return part.table in bridges or (part.table, part.columns[0]) in revived


def _is_required(look: Look, part: Part) -> bool:
    return look.want[part.table].columns[part.columns[0]].required


def _links_of(look: Look, part: Part) -> list[Part]:
    parts = look.after[part.table].parts.values()
    return [known for known in parts if known.kind == "link" and known.columns == part.columns]


def _leads_elsewhere(look: Look, part: Part, revived: Revived) -> bool:
    """Tell whether values that are there are of records of another entity, or never were links."""
    note = look.after[part.table].columns[part.columns[0]].note
    targets = {known.target for known in _links_of(look, part)}
    targets |= {note.removeprefix(LEADS)} if note else set()
    return targets != {part.target} if targets else _is_back(part, revived)


def _kept_target(look: Look, part: Part, value: str) -> Iterator[Problem]:
    if count := look.count(part.table, f"{value} IS NOT NULL"):
        entity, field = look.owner(part.table, part.columns[0])
        facts = {"target": f"{entity}.{field}", "to": part.target, "rows": records(count)}
        yield Problem("M508", facts, look.place(entity, field))


def _let_go(look: Look, part: Part, column: str) -> Step:
    """Empty links of a field that comes back whose target was removed while nobody could see them."""
    table, name = quoted(part.table), quoted(column)
    missing = f"NOT EXISTS (SELECT FROM {quoted(part.target)} AS target WHERE target.id = {table}.{name})"
    is_pair = part.table not in look.new.entities
    change = f"DELETE FROM {table}" if is_pair else f"UPDATE {table} SET {name} = NULL"
    sql = f"{change} WHERE {name} IS NOT NULL AND {missing}"
    says = f"esvazia ligações de {part.table}.{column} com registros que já foram excluídos"
    return together(says, Stage.REPAIR, [sql], {part.table: ALONE})


_CHECKS: dict[str, Callable[[Look, Part, Revived], Iterator[Problem | Step]]] = {
    "unique": _unique,
    "period": _period,
    "link": _links,
}
