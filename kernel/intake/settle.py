"""This file turns staged texts into values: plain rows by SQL in one pass, all others by the types themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from psycopg.types.json import Jsonb

from kernel.intake import convert
from kernel.intake.plan import Fill, Plan, sql_type
from kernel.intake.sql import REFUSED, ROWS, STAGE, cell, literal, name, text, value
from kernel.intake.stage import BATCH, Database, Progress, note
from metadata.layout import DATE_PIECE, POINT
from metadata.limits import check_presence, check_value
from metadata.problems import Problem, Refused

CONVERTING = "Conferindo"
Row: TypeAlias = dict[str, Any]
Wrong: TypeAlias = tuple[int, str, Problem]


def settle(database: Database, plan: Plan, rows: int, progress: Progress) -> None:
    """Fill the table of values; rows that are refused are noted, with every reason."""
    progress(CONVERTING, 0, rows)
    columns = ", ".join(("line", *(value(field.name) for field in plan.filled)))
    plain = _plain_rows(plan, database.info.server_version)
    taken = database.execute(f"CREATE TEMP TABLE {ROWS} ({columns}) ON COMMIT DROP AS {plain}").rowcount
    taken -= database.execute(f"DELETE FROM {ROWS} USING {REFUSED} f WHERE f.line = {ROWS}.line").rowcount
    progress(CONVERTING, taken, rows)
    if taken < rows:
        _others(database, plan, taken, rows, progress)


# ── plain rows ────────────────────────────────────────────────────────────────────────────────────


def _plain_rows(plan: Plan, server: int) -> str:
    parts = [_sql_fill(fill, index, server) for index, fill in enumerate(plan.fills)]
    constants = [literal(constant, plan.compiled.fields[name]) for name, constant in plan.constants.items()]
    found = [f"({part.value})::{sql_type(fill.field)}" for part, fill in zip(parts, plan.fills, strict=True)]
    values = ", ".join((*found, *constants))
    joins = " ".join(part.join for part in parts)
    needed = [f"NOT ({part.empty})" for part, fill in zip(parts, plan.fills, strict=True) if fill.is_needed]
    linked = [part.found for part in parts if part.found]
    wanted = [convert.conditions([part.plain for part in parts]), *needed, *linked]
    # Blank cells are NULL in the stage, and rows come out as they went in.
    return f"SELECT s.line, {values} FROM {STAGE} s {joins} WHERE " + " AND ".join(
        f"({one})" for one in wanted
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one column gives to the statement of plain rows."""

    empty: str
    value: str
    plain: convert.Plain
    join: str = ""
    found: str = ""


def _sql_fill(fill: Fill, index: int, server: int) -> _Part:
    raw = f"s.{cell(fill.position)}"
    if part := fill.column.characters:
        raw = f"NULLIF(substr(btrim({raw}), {part[0]}, {part[1] - part[0] + 1}), '')"
    given = fill.given
    known = ", ".join(text(word) for word in given)
    sql = f"CASE WHEN {raw} IN ({known}) THEN NULL ELSE {raw} END" if given else raw
    read = fill.read_as
    plain = convert.plain(convert.Cell(sql, read, fill.column.format, server))
    found = plain.value
    if given:
        whens = " ".join(f"WHEN {text(word)} THEN {literal(meant, read)}" for word, meant in given.items())
        found = f"CASE {raw} {whens} ELSE {found} END"
    nothing = ", ".join(text(word) for word, meant in given.items() if meant is None)
    empty = f"{raw} IS NULL" + (f" OR {raw} IN ({nothing})" if nothing else "")
    if fill.column.default:
        found = f"COALESCE({found}, {literal(fill.default, read)})"
    if fill.target is None:
        return _Part(empty, found, plain)
    allowed = "false" if fill.column.default else empty
    return _Part(
        empty,
        f"l{index}.id",
        plain,
        _join(fill, found, plain, index),
        f"l{index}.id IS NOT NULL OR {allowed}",
    )


def _join(fill: Fill, key: str, plain: convert.Plain, index: int) -> str:
    """Join the one target of each value; a value with several targets finds none here."""
    target, first = name(fill.field.to), name(fill.finders[0].name)
    if len(fill.finders) == 2:
        asked = f"SELECT DISTINCT {key} AS k FROM {STAGE} s WHERE {convert.conditions([plain])}"
        inner = f"SELECT k AS key, ({narrowest(fill, 'k')}) AS id FROM ({asked}) AS d"
        return f"LEFT JOIN ({inner}) l{index} ON l{index}.key = {key}"
    assert fill.target is not None
    if (fill.finders[0].name,) in fill.target.entity.unique_keys:
        return f"LEFT JOIN {target} l{index} ON l{index}.{first} = {key}"
    one = f"SELECT {first} AS key, min(id) AS id FROM {target} GROUP BY {first} HAVING count(*) = 1"
    return f"LEFT JOIN ({one}) l{index} ON l{index}.key = {key}"


def narrowest(fill: Fill, key: str) -> str:
    """Return the SELECT of the target whose range has a value: of several, the one that starts last."""
    # Codes are compared as such, whatever the language of the database.
    first, last = (
        name(finder.name) + (' COLLATE "C"' if finder.kind.storage == "text" else "")
        for finder in fill.finders
    )
    within = f"{first} <= {key} AND {key} <= {last}"
    return f"SELECT id FROM {name(fill.field.to)} WHERE {within} ORDER BY {first} DESC, {last} LIMIT 1"


# ── all others ────────────────────────────────────────────────────────────────────────────────────


def _others(database: Database, plan: Plan, taken: int, rows: int, progress: Progress) -> None:
    """Read the rows that SQL did not take, batch by batch, as a screen would."""
    readers = [_reader(fill, plan) for fill in plan.fills]
    cells = ", ".join(f"s.{cell(fill.position)}" for fill in plan.fills)
    left = (
        f"SELECT s.line, {cells} FROM {STAGE} s WHERE NOT EXISTS (SELECT FROM {ROWS} r WHERE r.line = s.line) "
        f"AND NOT EXISTS (SELECT FROM {REFUSED} f WHERE f.line = s.line) ORDER BY s.line"
    )
    with database.cursor("intake_left") as cursor:
        cursor.execute(left)
        while batch := cursor.fetchmany(BATCH):
            wrong: list[Wrong] = []
            read = [_row(line, texts, readers, plan, wrong) for line, *texts in batch]
            for fill in plan.fills:
                if fill.target is not None:
                    _follow(database, plan, fill, read, wrong)
            bad = {line for line, _, _ in wrong}
            _write(database, plan, [row for row in read if row["line"] not in bad])
            note(database, iter(wrong))
            taken += len(batch)
            progress(CONVERTING, taken, rows)


def _row(
    line: int, texts: list[str | None], readers: list[Callable[[str], Any]], plan: Plan, wrong: list[Wrong]
) -> Row:
    row: Row = {"line": line, **plan.constants}
    for fill, raw, read in zip(plan.fills, texts, readers, strict=True):
        found = read(raw or "")
        problem = _wrong_value(fill, found)
        if problem:
            wrong.append((line, fill.column.from_, problem))
        row[fill.field.name] = found
    return row


def _wrong_value(fill: Fill, found: Any) -> Problem | None:
    field = fill.field
    refused: Refused | None
    if isinstance(found, Refused):
        refused = found
    elif found is None:
        if fill.is_key:
            return Problem("R523", {"label": field.label})
        refused = check_presence(found, field)
    else:
        refused = None if fill.target else check_value(found, field)
    return Problem(refused.code, {"label": field.label, **refused.facts}) if refused else None


def _reader(fill: Fill, plan: Plan) -> Callable[[str], Any]:
    """Return what reads a text of this column: a value, None when empty, or Refused."""
    parse, given, default, now = _parser(fill), fill.given, fill.default, plan.context.now
    first, last = fill.column.characters or (1, None)

    def read(raw: str) -> Any:
        word = raw.strip()[first - 1 : last].strip()
        if not word:
            return default
        if word in given:
            return given[word] if given[word] is not None else default
        found = parse(raw if last is None else word, fill.read_as, now)
        return default if found == "" else found

    return read


def _parser(fill: Fill) -> Callable[..., Any]:
    form, field = fill.column.format, fill.read_as
    if form == POINT:
        return lambda text, field, now: field.kind.from_json(text.strip(), field)
    return _dated(form, is_month=field.type == "month") if form else field.kind.parse


def _dated(form: str, *, is_month: bool) -> Callable[..., Any]:
    """Return the reading of dates in one order; ISO is understood too, because sheets hold real dates."""
    wide = {"dd": r"(?P<dd>\d{1,2})", "mm": r"(?P<mm>\d{1,2})", "yyyy": r"(?P<yyyy>\d{4})"}
    tight = {"dd": r"(?P<dd>\d{2})", "mm": r"(?P<mm>\d{2})", "yyyy": r"(?P<yyyy>\d{4})"}
    pieces = wide if DATE_PIECE.sub("", form) else tight
    pattern = re.compile(
        "".join(pieces.get(part, re.escape(part)) for part in re.split("(dd|mm|yyyy)", form)), re.ASCII
    )
    iso = re.compile(r"(?P<yyyy>\d{4})-(?P<mm>\d{2})-(?P<dd>\d{2})", re.ASCII)

    def read(text: str, field: Any, now: Any) -> Any:
        match = pattern.fullmatch(text.strip()) or iso.fullmatch(text.strip())
        if not match:
            return Refused("R120", {"text": text})
        try:
            day = date(int(match["yyyy"]), int(match["mm"]), int(match["dd"]))
        except ValueError:
            return Refused("R122", {"text": text})
        return day.replace(day=1) if is_month else day

    return read


def _follow(database: Database, plan: Plan, fill: Fill, rows: list[Row], wrong: list[Wrong]) -> None:
    """Put the id of the target in the place of the text by which it was named."""
    named = fill.field.name
    asked = {row[named] for row in rows if row[named] is not None and not isinstance(row[named], Refused)}
    found = _targets(database, fill, asked) if asked else {}
    for row in rows:
        key = row[named]
        if key is None or isinstance(key, Refused):
            continue
        count, target = found.get(key, (0, None))
        row[named] = target
        if count != 1:
            wrong.append((row["line"], fill.column.from_, _not_one(fill, key, count)))


def _not_one(fill: Fill, key: Any, count: int) -> Problem:
    assert fill.target is not None
    label, finder = fill.target.entity.label, fill.finders[0]
    names = {"entity": label.one if count == 0 else label.many, "label": finder.label}
    return Problem(
        "R526" if count else "R525", {**names, "text": finder.kind.print(key, finder), "count": count}
    )


def _targets(database: Database, fill: Fill, keys: Iterable[Any]) -> Mapping[Any, tuple[int, int]]:
    """Return key → (how many targets, the first of them)."""
    target, first = name(fill.field.to), name(fill.finders[0].name)
    kind = sql_type(fill.finders[0])
    if len(fill.finders) == 1:
        one = f"SELECT {first}, count(*), min(id) FROM {target} WHERE {first} = ANY(%s::{kind}[]) GROUP BY {first}"
    else:
        one = f"SELECT k, 1, t.id FROM unnest(%s::{kind}[]) AS k, LATERAL ({narrowest(fill, 'k')}) AS t"
    return {key: (count, id) for key, count, id in database.execute(one, [list(keys)])}


def _write(database: Database, plan: Plan, rows: list[Row]) -> None:
    if not rows:
        return
    fields = plan.filled
    names = ", ".join(("line", *(value(field.name) for field in fields)))
    with database.cursor() as cursor, cursor.copy(f"COPY {ROWS} ({names}) FROM STDIN") as target:
        for row in rows:
            target.write_row((row["line"], *_cells(row, fields)))


def _cells(row: Row, fields: Iterable[Any]) -> Iterator[Any]:
    for field in fields:
        found = row[field.name]
        yield Jsonb(found) if field.kind.storage == "jsonb" and found is not None else found
