"""This file says of which kind the parts of an expression are: what fields give, and what fits what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metadata.expression import builtins as b

if TYPE_CHECKING:
    from metadata.entity import Field

RECORD, FUNCTION, NULL, FILE = "record", "function", "null", "file"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a value before there is one.

    scale: digits after the point of a number, None where that is open.  item: of a list or range.
    parts: of a context, by key.  entity: of a record.  options: the codes that a text can be, where they are
    known.
    """

    name: str
    scale: int | None = None
    item: Kind | None = None
    parts: tuple[tuple[str, Kind], ...] = ()
    entity: str = ""
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write the kind as an author knows it."""
        if self.item is not None:
            return f"{_SAID[self.name]} de {self.item}"
        return self.entity or _SAID.get(self.name, self.name)


ANY, NOTHING = Kind(b.ANY), Kind(NULL)
NUMBER, TEXT, BOOLEAN = Kind(b.NUMBER), Kind(b.TEXT), Kind(b.BOOLEAN)
DATE, TIME, INSTANT = Kind(b.DATE), Kind(b.TIME), Kind(b.INSTANT)
DAYS, MONTHS, DURATION = Kind(b.DAYS), Kind(b.MONTHS), Kind(b.DURATION)
WHOLE = Kind(b.NUMBER, scale=0)
_SAID = {
    b.ANY: "qualquer valor", NULL: "nada", b.NUMBER: "número", b.TEXT: "texto", b.BOOLEAN: "sim ou não",
    b.DATE: "data", b.TIME: "hora", b.INSTANT: "data e hora", b.DAYS: "duração em dias",
    b.MONTHS: "duração em meses", b.DURATION: "duração", b.LIST: "lista", b.CONTEXT: "contexto",
    b.RANGE: "faixa", RECORD: "registro", FUNCTION: "função", FILE: "arquivo",
}  # fmt: skip


def listed(item: Kind) -> Kind:
    """Return the kind of a list."""
    return Kind(b.LIST, item=item)


def record(entity: str) -> Kind:
    """Return the kind of a record of an entity."""
    return Kind(RECORD, entity=entity)


# ── what the fields of a record give ──────────────────────────────────────────────────────────────


def _always(kind: Kind) -> Callable[[Field], Kind]:
    return lambda field: kind


def _sized(field: Field) -> Kind:
    return Kind(b.NUMBER, scale=field.scale)


_TEXTS = (
    "text", "long text", "cpf", "cnpj", "cns", "cep", "phone", "e-mail", "colour", "formula",
    "sequence",
)  # fmt: skip
FIELD_KINDS: dict[str, Callable[[Field], Kind]] = {
    **dict.fromkeys(_TEXTS, _always(TEXT)),
    **dict.fromkeys(("decimal", "money", "percent"), _sized),
    "choice": lambda field: Kind(b.TEXT, options=tuple(field.choices)),
    "integer": _always(WHOLE),
    "date": _always(DATE),
    "month": _always(DATE),
    "time": _always(TIME),
    "date and time": _always(INSTANT),
    "duration": _always(DURATION),
    "yes/no": _always(BOOLEAN),
    "link": lambda field: record(field.to),
    "children": lambda field: listed(record(str(field.of))),
    "many links": lambda field: listed(record(field.to)),
    "attachment": _always(Kind(FILE)),
    "image": _always(Kind(FILE)),
    "json": _always(ANY),
}


def of_field(field: Field) -> Kind:
    """Return what a field of a record gives."""
    return FIELD_KINDS[field.type](field)


# ── what can be reached from a value ────────────────────────────────────────────────────────────────────


def range_parts(item: Kind) -> dict[str, Kind]:
    """Return what can be reached from a range."""
    return {"start": item, "end": item, "start included": BOOLEAN, "end included": BOOLEAN}


_DAY = dict.fromkeys(("year", "month", "day", "weekday"), WHOLE)
_CLOCK = dict.fromkeys(("hour", "minute", "second"), WHOLE) | {
    "time offset": DAYS, "timezone": TEXT,
}  # fmt: skip
_LENGTHS = dict.fromkeys(("days", "hours", "minutes", "seconds"), WHOLE)
PARTS: dict[str, dict[str, Kind]] = {
    b.DATE: _DAY,
    b.TIME: _CLOCK,
    b.INSTANT: _DAY | _CLOCK,
    b.DAYS: _LENGTHS,
    b.MONTHS: {"years": WHOLE, "months": WHOLE},
    b.DURATION: _LENGTHS | {"years": WHOLE, "months": WHOLE},
}


# ── what fits what ────────────────────────────────────────────────────────────────────────────────


def fits(kind: Kind, wanted: Kind) -> bool:
    """Tell whether a value of one kind may stand where another is asked for; what is open fits everything."""
    if b.ANY in (kind.name, wanted.name) or kind.name == NULL:
        return True
    if b.DURATION in (wanted.name, kind.name):
        return {kind.name, wanted.name} <= {b.DAYS, b.MONTHS, b.DURATION}
    if kind.name != wanted.name:
        return False
    if kind.item is not None and wanted.item is not None:
        return fits(kind.item, wanted.item)
    return not (kind.entity and wanted.entity and kind.entity != wanted.entity)


def common(kinds: Iterable[Kind]) -> Kind | None:
    """Return the kind that several have in common; None where two do not go together."""
    found = NOTHING
    for kind in kinds:
        if found.name == NULL:
            found = kind
        elif kind.name == NULL:
            continue
        elif not fits(kind, found):
            return None
        elif found.name == b.NUMBER and kind.name == b.NUMBER:
            scales = (found.scale, kind.scale)
            found = replace(found, scale=None if None in scales else max(scale or 0 for scale in scales))
        elif kind.name in (b.ANY, b.DURATION):
            found = kind
        elif kind.options != found.options:
            is_known = kind.options and found.options
            found = replace(
                found, options=tuple(dict.fromkeys((*found.options, *kind.options))) if is_known else ()
            )
    return found


def written(text: str) -> Kind | None:
    """Return the kind of a moment or length as it is written behind @; None where it looks like none."""
    return next((kind for shape, kind in _WRITTEN if shape(text)), None)


_WRITTEN: tuple[tuple[Callable[[str], bool], Kind], ...] = (
    (lambda text: "P" in text[:2] and any(sign in text for sign in "DT"), DAYS),
    (lambda text: "P" in text[:2], MONTHS),
    (lambda text: "T" in text and "-" in text, INSTANT),
    (lambda text: text.count("-") >= 2 and ":" not in text, DATE),
    (lambda text: ":" in text, TIME),
)
