"""This file reads the rows that SQL did not take, good or bad, by the types themselves, as a screen would."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, TypeAlias

from psycopg.types.json import Jsonb

from kernel.intake.find import targets
from kernel.intake.plan import Fill, Plan
from kernel.intake.sql import REFUSED, ROWS, STAGE, cell, value
from kernel.intake.stage import BATCH, Database, Progress, note
from metadata.layout import DATE_PIECE, POINT
from metadata.limits import check_presence, check_value
from metadata.problems import Problem, Refused

CONVERTING = "Conferindo"
Row: TypeAlias = dict[str, Any]
Wrong: TypeAlias = tuple[int, str, Problem]


def settle_odd(database: Database, plan: Plan, taken: int, rows: int, progress: Progress) -> None:
    """Read the rows that SQL did not take, batch by batch, as a screen would."""
    readers = [_reader(fill, plan) for fill in plan.fills]
    cells = ", ".join(f"s.{cell(fill.position)}" for fill in plan.fills)
    left = (
        f"SELECT s.line, {cells} FROM {STAGE} s "
        f"WHERE NOT EXISTS (SELECT FROM {ROWS} r WHERE r.line = s.line) "
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
    found = targets(database, fill, asked) if asked else {}
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
