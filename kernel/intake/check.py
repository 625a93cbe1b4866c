"""This file checks converted rows as sets: keys, periods, required fields, links under a condition.

A row is looked at as it will be: what the file does not say comes from the record that it changes, or from
the defaults of a new one. Rows that fail are noted with the reason and taken out before the next check.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter

from kernel.intake.plan import Plan
from kernel.intake.sql import IDS, MATCHED, REFUSED, ROWS, literal, name, text, value
from kernel.intake.stage import Database, note
from metadata.problems import Problem


def check(database: Database, plan: Plan) -> None:
    """Take out every row that breaks a rule, and match the rest with the records that they change."""
    _repeated(database, plan, plan.key)
    _match(database, plan)
    _required(database, plan)
    _links_meet(database, plan)
    for group in plan.compiled.entity.unique_keys:
        if set(group) != set(plan.key) and any(field.name in group for field in plan.filled):
            _taken(database, plan, group)
            _repeated(database, plan, group)
    if plan.compiled.entity.valid:
        _order(database, plan)
        while _overlapping(database, plan):
            pass


def final(plan: Plan, field: str) -> str:
    """Return the SQL of a field as it will be; the row is `r`, its match `m`, the record it changes `t`."""
    if any(filled.name == field for filled in plan.filled):
        return f"r.{value(field)}"
    default = literal(plan.default_of(field), plan.compiled.fields[field])
    return f"CASE WHEN m.id IS NULL THEN {default} ELSE t.{name(field)} END"


def joined(plan: Plan) -> str:
    """Return the FROM of rows with the records that they change."""
    table = name(plan.compiled.name)
    return f"{ROWS} r LEFT JOIN {MATCHED} m ON m.line = r.line LEFT JOIN {table} t ON t.id = m.id"


def take_out(database: Database) -> None:
    """Remove the rows that were refused."""
    for table in (ROWS, MATCHED, IDS):
        found = database.execute("SELECT to_regclass(%s) IS NOT NULL", [f"pg_temp.{table}"]).fetchone()
        if found and found[0]:
            database.execute(f"DELETE FROM {table} x USING {REFUSED} f WHERE f.line = x.line")


def _refuse(database: Database, lines: str, place: str, problem: Problem, extra: str = "") -> None:
    """Note the rows whose lines a SELECT gives, and take them out.

    extra: a second column of the SELECT, which is a fact of the problem too.
    """
    facts = text(json.dumps({key: str(fact) for key, fact in problem.facts.items()})) + "::jsonb"
    facts += f" || jsonb_build_object({text(extra)}, q.{extra}::text)" if extra else ""
    noted = database.execute(
        f"INSERT INTO {REFUSED} SELECT q.line, {text(place)}, {text(problem.code)}, {facts} "
        f"FROM ({lines}) q (line{', ' + extra if extra else ''})"
    )
    if noted.rowcount:
        take_out(database)


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────


def _repeated(database: Database, plan: Plan, group: Sequence[str]) -> None:
    """Refuse all but the first row with the same values in a key; an empty value is equal to nothing."""
    in_file = {field.name for field in plan.filled}
    source = f"{ROWS} r" if in_file.issuperset(group) else joined(plan)
    keys = ", ".join(final(plan, part) for part in group)
    there = " AND ".join(f"({final(plan, part)}) IS NOT NULL" for part in group)
    twice = f"SELECT FROM {source} WHERE {there} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
    if not database.execute(twice).rowcount:
        return
    ranked = (
        f"SELECT r.line AS own, first_value(r.line) OVER w AS first, row_number() OVER w AS place "
        f"FROM {source} WHERE {there} WINDOW w AS (PARTITION BY {keys} ORDER BY r.line)"
    )
    problem = Problem("R522", {"labels": plan.labels(group)})
    _refuse(
        database,
        f"SELECT own, first FROM ({ranked}) k WHERE place > 1",
        plan.place(group[-1]),
        problem,
        "before",
    )


def _match(database: Database, plan: Plan) -> None:
    """Find the records with the keys of the rows, and whether the file differs from them."""
    table = name(plan.compiled.name)
    same = " AND ".join(f"t.{name(part)} = r.{value(part)}" for part in plan.key)
    others = [field.name for field in plan.filled if field.name not in plan.key]
    differs = " OR ".join(f"t.{name(part)} IS DISTINCT FROM r.{value(part)}" for part in others) or "false"
    database.execute(
        f"CREATE TEMP TABLE {MATCHED} ON COMMIT DROP AS "
        f"SELECT r.line, t.id, t.version, {differs} AS differs FROM {ROWS} r JOIN {table} t ON {same}"
    )
    many = f"SELECT line, count(*) FROM {MATCHED} GROUP BY line HAVING count(*) > 1"
    problem = Problem("R524", {"labels": plan.labels(plan.key)})
    _refuse(database, many, plan.place(plan.key[-1]), problem, "count")


def _taken(database: Database, plan: Plan, group: Sequence[str]) -> None:
    """Refuse rows whose values in another key belong to a record that they do not change."""
    table = name(plan.compiled.name)
    same = " AND ".join(f"o.{name(part)} = {final(plan, part)}" for part in group)
    lines = f"SELECT r.line FROM {joined(plan)} JOIN {table} o ON {same} WHERE o.id IS DISTINCT FROM m.id"
    facts = {"labels": plan.labels(group), "entity": plan.compiled.entity.label.one.lower()}
    _refuse(database, lines, plan.place(group[-1]), Problem("R160", facts))


# ── required fields, links ────────────────────────────────────────────────────────────────────────


def _required(database: Database, plan: Plan) -> None:
    """Refuse rows that leave a required field empty which is not in the file; untouched records stay."""
    for field in plan.unfilled:
        is_known = plan.default_of(field.name) is not None or field.name in plan.late
        if field.required and not field.is_given and not field.hidden_when and not is_known:
            empty = f"(m.id IS NULL OR m.differs AND t.{name(field.name)} IS NULL)"
            problem = Problem("R101", {"label": field.label})
            _refuse(
                database, f"SELECT r.line FROM {joined(plan)} WHERE {empty}", plan.place(field.name), problem
            )


def _links_meet(database: Database, plan: Plan) -> None:
    """Refuse links to targets that the link's condition leaves out."""
    names = {field.name for field in plan.filled}
    for field in plan.compiled.columns:
        if not field.where or not names & {field.name, *field.where.values()}:
            continue
        link, target = final(plan, field.name), name(field.to)
        meets = " AND ".join(
            f"(({final(plan, ours)}) IS NULL OR o.{name(theirs)} = {final(plan, ours)})"
            for theirs, ours in field.where.items()
        )
        lines = (
            f"SELECT r.line FROM {joined(plan)} WHERE ({link}) IS NOT NULL "
            f"AND NOT EXISTS (SELECT FROM {target} o WHERE o.id = {link} AND {meets})"
        )
        facts = {"label": field.label, "other": plan.labels(tuple(field.where.values()))}
        _refuse(database, lines, plan.place(field.name), Problem("R165", facts))


# ── periods ───────────────────────────────────────────────────────────────────────────────────────


def _order(database: Database, plan: Plan) -> None:
    valid = plan.compiled.entity.valid
    assert valid is not None
    labels = {"label": plan.compiled.fields[valid.to].label, "other": plan.compiled.fields[valid.from_].label}
    lines = f"SELECT r.line FROM {joined(plan)} WHERE {final(plan, valid.from_)} > {final(plan, valid.to)}"
    _refuse(database, lines, plan.place(valid.to), Problem("R109", labels))


def _overlapping(database: Database, plan: Plan) -> int:
    """Refuse rows whose period overlaps one already there or one of an earlier row; return how many.

    A refused row leaves its record as it was, which may get in the way of others: the caller asks again.
    """
    found = database.execute(_overlaps(plan)).fetchall()
    valid = plan.compiled.entity.valid
    assert valid is not None
    wrong = [
        (line, plan.place(valid.from_), problem)
        for _, group in groupby(found, itemgetter(0))
        for line, problem in _too_many([row[1:] for row in group], plan)
    ]
    if wrong:
        note(database, iter(wrong))
        take_out(database)
    return len(wrong)


def _overlaps(plan: Plan) -> str:
    """Return the SELECT of all rows and records of the keys within which two periods overlap.

    Shape:  (number of the keys, line or NULL for a record, start, end), a record before the rows.
    """
    valid = plan.compiled.entity.valid
    assert valid is not None
    own = [final(plan, part) for part in (*valid.within, valid.from_, valid.to)]
    theirs = [f"o.{name(part)}" for part in (*valid.within, valid.from_, valid.to)]
    table = name(plan.compiled.name)
    keys = ", ".join(f"k{index}" for index in range(len(valid.within))) or "true"
    same = (
        f"AND ({_texts(theirs[:-2])}) IN (SELECT {_texts(own[:-2])} FROM {joined(plan)})"
        if valid.within
        else ""
    )
    return f"""
        WITH every AS (
            SELECT r.line, {_period(own)} FROM {joined(plan)}
            UNION ALL SELECT NULL, {_period(theirs)} FROM {table} o
            WHERE NOT EXISTS (SELECT FROM {MATCHED} m WHERE m.id = o.id) {same}
        ), looked AS (
            SELECT *, dense_rank() OVER (ORDER BY {keys}) AS together, starts <= max(ends) OVER (
                PARTITION BY {keys} ORDER BY starts, line NULLS FIRST
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS crosses
            FROM every
        )
        SELECT together, line, starts, ends FROM looked
        WHERE together IN (SELECT together FROM looked WHERE crosses)
        ORDER BY together, line NULLS FIRST"""


def _period(values: Sequence[str]) -> str:
    """Return keys and both ends as columns; the first and last day that Python knows stand for open ends."""
    keys = [f"{one} AS k{index}" for index, one in enumerate(values[:-2])]
    starts, ends = (
        f"COALESCE({values[-2]}, {text(str(date.min))})",
        f"COALESCE({values[-1]}, {text(str(date.max))})",
    )
    return ", ".join([*keys, f"{starts} AS starts", f"{ends} AS ends"])


def _texts(values: Sequence[str]) -> str:
    return ", ".join(f"COALESCE(({one})::text, '')" for one in values)


def _too_many(rows: Sequence[tuple[int | None, date, date]], plan: Plan) -> list[tuple[int, Problem]]:
    """Return the rows that overlap a record or a row before them which stays."""
    valid = plan.compiled.entity.valid
    assert valid is not None
    facts = {"entity": plan.compiled.entity.label.one.lower(), "labels": plan.labels(valid.within)}
    stays: list[tuple[int | None, date, date]] = []
    wrong = []
    for line, starts, ends in rows:
        other = next((one for one in stays if starts <= one[2] and one[1] <= ends), None)
        if other is None or line is None:
            stays.append((line, starts, ends))
        elif other[0] is None:
            wrong.append((line, Problem("R161", facts)))
        else:
            wrong.append((line, Problem("R527", {"line": other[0]})))
    return wrong
