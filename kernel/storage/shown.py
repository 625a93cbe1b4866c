"""This file makes the SQL for the text by which people know a record, joining linked records as needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Numeric,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
)

from metadata.entity import Entity, Field
from metadata.values import durations, masks
from metadata.values.moments import SITE_ZONE

SEPARATORS = " ·-–,/:()"


@dataclass
class Joins:
    """The tables of one SELECT: a base and one LEFT JOIN per path through links, shared by all who ask.

    prefix: of the aliases; a SELECT within another needs one of its own.
    """

    tables: Mapping[str, Table]
    entities: Mapping[str, Entity]
    base: Any
    prefix: str = "j"
    source: Any = attribute(init=False)
    reached: dict[str, Any] = attribute(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = self.base

    def reach(self, path: str, target: str, link: ColumnElement[Any]) -> Any:
        """Return the alias of the table at the end of `path`, joining it the first time."""
        if path not in self.reached:
            alias = self.tables[target].alias(f"{self.prefix}{len(self.reached) + 1}")
            self.reached[path] = alias
            self.source = self.source.outerjoin(alias, alias.c.id == link)
        return self.reached[path]

    def found(
        self,
        path: str,
        table: FromClause,
        condition: Callable[[], ColumnElement[Any]],
        *,
        inner: bool = False,
    ) -> None:
        """Join a table of the caller's by a condition, which may reach for other joins before it."""
        self.reached[path] = table
        met = condition()
        self.source = self.source.join(table, met) if inner else self.source.outerjoin(table, met)


def shown_text(entity: Entity, table: FromClause, joins: Joins, path: str = "") -> ColumnElement[str]:
    """Return the SQL of the display text; a separator before an empty piece is left out."""
    parts: list[ColumnElement[Any]] = []
    before = ""
    for index, piece in enumerate(entity.shown_pieces):
        if index % 2 == 0:
            before = piece
            continue
        value = _piece(entity, piece, table, joins, path)
        parts.append(func.coalesce(literal(before) + value if before else value, literal_column("''")))
        before = ""
    if before:
        parts.append(literal(before))
    if len(parts) == 1:
        return parts[0]
    return func.ltrim(func.concat(*parts), SEPARATORS)


def _piece(entity: Entity, name: str, table: FromClause, joins: Joins, path: str) -> ColumnElement[Any]:
    if name == "id":
        return cast(table.c.id, Text)
    field = entity.fields[name]
    if field.type == "link":
        return link_text(field, table.c[name], joins, f"{path}.{name}")
    return func.nullif(printed(field, table.c[name]), literal_column("''"))


def link_text(field: Field, column: ColumnElement[Any], joins: Joins, path: str) -> ColumnElement[str]:
    """Return the SQL of the text of a link's target; NULL where there is none, or none that may be seen."""
    if field.to not in joins.tables:
        return cast(null(), Text)
    target = joins.reach(path, field.to, column)
    text = shown_text(joins.entities[field.to], target, joins, path)
    return case((target.c.id.is_(None), None), else_=text)


def printed(field: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the SQL that prints a value as metadata.types does."""
    mask = field.mask or field.kind.mask
    if mask and field.kind.storage == "text":
        return _dressed(column, mask)
    if field.type == "choice":
        options = [(column == code, option.label) for code, option in field.choices.items()]
        return case(*options, else_=column) if options else column
    if number := _NUMBERS.get(field.type):
        return number(column, field)
    printer = _PRINTERS.get(field.type)
    return printer(column) if printer else column if field.kind.storage == "text" else cast(column, Text)


def _dressed(column: ColumnElement[Any], mask: str) -> ColumnElement[Any]:
    pieces: list[Any] = []
    position = 0
    for character in mask:
        if character in "9A*":
            position += 1
            pieces.append(func.substr(column, position, 1))
        else:
            pieces.append(literal(character))
    return case((func.length(column) == len(masks.slots(mask)), func.concat(*pieces)), else_=column)


_DIGITS = 33  # before the comma; a column has fewer


def _number(column: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    """Print 1948.22 as 1.948,22, whatever the database calls its separators."""
    pattern = "FM" + "999," * (_DIGITS // 3 - 1) + "990" + ("." + "0" * scale if scale else "")
    return func.translate(func.to_char(cast(column, Numeric), pattern), ",.", ".,")


def _percent(column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
    scale = max(field.scale - 2, 0)
    text = _number(cast(column, Numeric) * 100, scale)
    return func.rtrim(func.rtrim(text, "0"), ",").concat("%") if scale else text.concat("%")


def _time(column: ColumnElement[Any]) -> ColumnElement[Any]:
    pattern = case((func.extract("second", column) >= 1, "HH24:MI:SS"), else_="HH24:MI")
    return func.to_char(column, pattern)


def _instant(column: ColumnElement[Any]) -> ColumnElement[Any]:
    local = func.timezone(SITE_ZONE.key, column)
    return func.concat_ws(" ", func.to_char(local, "DD/MM/YYYY"), _time(local))


def _yes_no(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((column.is_(True), "Sim"), (column.is_(False), "Não"))


def _pattern(pattern: str) -> Callable[[ColumnElement[Any]], ColumnElement[Any]]:
    return lambda column: func.to_char(column, pattern)


def _phone(column: ColumnElement[Any]) -> ColumnElement[Any]:
    middle = func.substr(column, 3, func.length(column) - 6)
    dressed = func.concat("(", func.substr(column, 1, 2), ") ", middle, "-", func.right(column, 4))
    return case((column.like("+%"), column), (func.length(column).in_((10, 11)), dressed), else_=column)


def _duration(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Print P1Y6M as metadata.values.durations does: 1 ano e 6 meses."""
    words = []
    for part, names in enumerate((durations.DATE_NAMES, durations.TIME_NAMES), 1):
        side = func.split_part(column, "T", part)
        for letter, (one, many) in names.items():
            amount = cast(func.substring(side, f"([0-9]+){letter}"), Numeric)
            words.append(
                func.concat(cast(amount, Text), case((amount == 1, f" {one}"), (amount != 1, f" {many}")))
            )
    listed = func.concat_ws(", ", *(func.nullif(word, "") for word in words))
    text = func.concat(
        case((column.like("-%"), "-"), else_=""), func.regexp_replace(listed, ", ([^,]*)$", r" e \1")
    )
    return case((column.regexp_match(_ISO_DURATION), text), else_=column)


_ISO_DURATION = "^-?P(?=.)([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$"
_PRINTERS: dict[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    "date": _pattern("DD/MM/YYYY"),
    "month": _pattern("MM/YYYY"),
    "yes/no": _yes_no,
    "phone": _phone,
    "duration": _duration,
    "time": _time,
    "date and time": _instant,
}
_NUMBERS: dict[str, Callable[[ColumnElement[Any], Field], ColumnElement[Any]]] = {
    "integer": lambda column, field: _number(column, 0),
    "decimal": lambda column, field: _number(column, field.scale),
    "money": lambda column, field: _number(column, field.scale),
    "percent": _percent,
}
