"""This file is the table of field types: how each is stored, read, printed, shown, filtered and exported.

`parse` reads what a person typed, `from_json` reads the API, data files and defaults; both answer with
a value or with a Refused. Python values: text types str, integer int, decimals Decimal, date and month
date, time time, date and time aware UTC datetime, yes/no bool, duration ISO text, link int (id of the
target), many links tuple of ids, attachment int (id of the file), json any JSON value.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from metadata.json_text import read_json
from metadata.problems import Refused, near, shortened
from metadata.values import durations, masks, moments, numbers, registers

if TYPE_CHECKING:
    from metadata.entity import Field

Parse = Callable[[str, "Field", datetime], Any]
FromJson = Callable[[Any, "Field"], Any]
Print = Callable[[Any, "Field"], str]

_EQUALITY = ("is", "is not", "one of")
_TEXT = ("contains", "starts with", *_EQUALITY, "empty", "filled")
_ORDERED = ("is", "is not", "from", "to", "between", "empty", "filled")
_CHOSEN = (*_EQUALITY, "empty", "filled")
_PRESENCE = ("empty", "filled")
_COMMON = frozenset(
    (
        "type",
        "label",
        "short",
        "help",
        "example",
        "source",
        "required",
        "readonly",
        "once",
        "hidden",
        "privacy",
        "anonymise",
        "note",
        "was",
    )
)
_CANONICAL_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CANONICAL_INTEGER = re.compile(r"-?[0-9]{1,19}")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FieldType:
    """One line of the table.

    storage: the kind of column (kernel.storage.tables turns it into SQL); `none` has no column.
    widget: the control of the form (renderer.widgets).  cell: number format of a spreadsheet cell.
    span: natural width in twelfths of a row.  options: keys a field of this type may have.
    counts: `min` and `max` count characters or rows, instead of being values.
    needs: keys that a field of this type cannot do without.
    """

    name: str
    storage: str
    parse: Parse
    print: Print
    to_json: Callable[[Any, Field], Any]
    from_json: FromJson
    json_schema: Callable[[Field], dict[str, Any]]
    mask: str
    widget: str
    operators: tuple[str, ...]
    cell: str
    span: int
    options: frozenset[str]
    is_text: bool = False
    is_number: bool = False
    counts: bool = False
    needs: tuple[str, ...] = ()


# ── text ──────────────────────────────────────────────────────────────────────────────────────────


def tidy(text: str) -> str:
    """Return a text in NFC, without control characters and without blanks at its ends."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if c >= " " or c in "\n\t").strip()


def _parse_text(text: str, field: Field, now: datetime) -> str | Refused:
    value = " ".join(tidy(text).split())
    if field.mask:
        value = masks.undress(value, field.mask)
        if value and not masks.fits(value, field.mask):
            return Refused("R113", {"text": text, "mask": field.mask})
    return value.upper() if field.upper else value


def _parse_long_text(text: str, field: Field, now: datetime) -> str:
    return tidy(text.replace("\r\n", "\n").replace("\r", "\n"))


def _print_text(value: Any, field: Field) -> str:
    return masks.dress(value, field.mask) if field.mask else str(value)


def _same(value: Any, field: Field) -> Any:
    return value


def _printed(value: Any, field: Field) -> str:
    return str(value)


def _text_schema(field: Field) -> dict[str, Any]:
    return {"type": "string"} | ({"maxLength": int(field.max)} if field.max else {})


def _plain_schema(**schema: Any) -> Callable[[Field], dict[str, Any]]:
    return lambda field: dict(schema)


def _read_json_text(parse: Parse) -> FromJson:
    """Make the JSON reader of a type whose JSON form is a text that `parse` understands."""

    def from_json(value: Any, field: Field) -> Any:
        return parse(value, field, _EPOCH) if isinstance(value, str) else _not_json(value, "um texto")

    return from_json


def _not_json(value: Any, wanted: str) -> Refused:
    # A float in digits: people do not read 1e+30.
    shown = f"{Decimal(repr(value)):f}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    return Refused("R114", {"value": shortened(shown), "wanted": wanted})


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────


def _integer_from_json(value: Any, field: Field) -> int | Refused:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _CANONICAL_INTEGER.fullmatch(value):
        return int(value)
    return _not_json(value, "um número inteiro")


def _decimal_from_json(value: Any, field: Field) -> Decimal | Refused:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return _not_json(value, 'um decimal entre aspas, como "1234.50"')
    if len(text) > numbers.MAX_CHARACTERS or not _CANONICAL_DECIMAL.fullmatch(text):
        return _not_json(value, "um decimal com ponto, como 1234.50")
    return Decimal(text)


def _decimal_to_json(value: Decimal, field: Field) -> str:
    return f"{value:.{field.scale}f}"


def _parse_percent(text: str, field: Field, now: datetime) -> Decimal | Refused:
    number = numbers.parse_decimal(text, 0)
    return number if isinstance(number, Refused) else number.scaleb(-2)


def _print_percent(value: Decimal, field: Field) -> str:
    return numbers.print_decimal(value.scaleb(2), max(field.scale - 2, 0), trim=True) + "%"


def _decimal_schema(field: Field) -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": rf"^-?\d{{1,{field.precision - field.scale}}}(\.\d+)?$",
    }


# ── yes/no, choice, links, json ───────────────────────────────────────────────────────────────────

_YES = {"sim": True, "s": True, "yes": True, "true": True, "1": True}
_NO = {"não": False, "nao": False, "n": False, "no": False, "false": False, "0": False}


def _parse_yes_no(text: str, field: Field, now: datetime) -> bool | Refused:
    answer = (_YES | _NO).get(text.strip().lower())
    return Refused("R115", {"text": text}) if answer is None else answer


def _yes_no_from_json(value: Any, field: Field) -> bool | Refused:
    if isinstance(value, bool):
        return value
    return (
        _parse_yes_no(value, field, _EPOCH) if isinstance(value, str) else _not_json(value, "true ou false")
    )


def _parse_choice(text: str, field: Field, now: datetime) -> str | Refused:
    word = text.strip()
    if word in field.choices:
        return word
    labels = {option.label.lower(): code for code, option in field.choices.items()}
    if word.lower() in labels:
        return labels[word.lower()]
    names = [option.label for option in field.choices.values()]
    return Refused(
        "R116",
        {"text": text, "near": near(word, names), "options": ", ".join(names[:12])},
    )


def _print_choice(value: str, field: Field) -> str:
    option = field.choices.get(value)
    return option.label if option else value


def _choice_schema(field: Field) -> dict[str, Any]:
    return {"type": "string", "enum": list(field.choices)} if field.choices else {"type": "string"}


def _parse_id(text: str, field: Field, now: datetime) -> int | Refused:
    word = text.strip()
    if word.isascii() and word.isdigit() and len(word) <= 18 and int(word) > 0:
        return int(word)
    return Refused("R117", {"text": text})


def _id_from_json(value: Any, field: Field) -> int | Refused:
    target = value.get("id") if isinstance(value, dict) else value
    if isinstance(target, int) and not isinstance(target, bool) and 0 < target < 2**63:
        return target
    return (
        _parse_id(target, field, _EPOCH) if isinstance(target, str) else _not_json(value, "o id do registro")
    )


def _parse_ids(text: str, field: Field, now: datetime) -> tuple[int, ...] | Refused:
    parts = [_parse_id(part, field, now) for part in text.replace(";", ",").split(",") if part.strip()]
    refused = [part for part in parts if isinstance(part, Refused)]
    return refused[0] if refused else tuple(sorted({part for part in parts if isinstance(part, int)}))


def _ids_from_json(value: Any, field: Field) -> tuple[int, ...] | Refused:
    if isinstance(value, str):
        return _parse_ids(value, field, _EPOCH)
    if not isinstance(value, list | tuple):
        return _not_json(value, "uma lista de ids")
    parts = [_id_from_json(part, field) for part in value]
    refused = [part for part in parts if isinstance(part, Refused)]
    return refused[0] if refused else tuple(sorted({part for part in parts if isinstance(part, int)}))


def _print_ids(value: Any, field: Field) -> str:
    return ", ".join(str(part) for part in value)


def _parse_json(text: str, field: Field, now: datetime) -> Any:
    value = read_json(text)
    return value if isinstance(value, Refused) else _storable(value)


def _storable(value: Any) -> Any:
    """Refuse what jsonb cannot hold: the character NUL and halves of characters, anywhere inside."""
    try:
        written = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return Refused("R118", {"what": "há níveis demais, um dentro do outro"})
    if "\\u0000" in written.replace("\\\\", "") or any("\ud800" <= c <= "\udfff" for c in written):
        return Refused("R118", {"what": "há um caractere que não pode ser guardado"})
    return value


def _json_from_json(value: Any, field: Field) -> Any:
    return _storable(value)


def _print_json(value: Any, field: Field) -> str:
    return json.dumps(value, ensure_ascii=False)


def _iso(value: date | time, field: Field) -> str:
    return value.isoformat()


def _iso_instant(value: datetime, field: Field) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _simple(read: Callable[[str], Any]) -> Parse:
    return lambda text, field, now: read(text)


def _dated(read: Callable[[str, datetime], Any]) -> Parse:
    return lambda text, field, now: read(text, now)


def _shown(write: Callable[[Any], str]) -> Print:
    return lambda value, field: write(value)


def _dressed(mask: str) -> Print:
    return lambda value, field: masks.dress(value, mask)


def _type(name: str, storage: str, *, read: Parse, write: Print, **rest: Any) -> FieldType:
    rest.setdefault("to_json", _same)
    rest.setdefault("from_json", _read_json_text(read))
    rest.setdefault("json_schema", _plain_schema(type="string"))
    rest.setdefault("mask", "")
    rest.setdefault("cell", "@")
    default = ("default", "is", "stored") if rest.pop("has_default", True) else ()
    options = _COMMON | frozenset((*rest.pop("keys", "").split(), *default))
    return FieldType(name, storage, read, write, options=options, **rest)


def _register(
    name: str,
    read: Callable[[str], Any],
    mask: str,
    span: int,
    write: Print | None = None,
) -> FieldType:
    return _type(
        name, "text", read=_simple(read), write=write or _dressed(mask), mask=mask, widget="text",
        operators=_TEXT, span=span, keys="unique", is_text=True,
    )  # fmt: skip


def _number(name: str, read: Parse, write: Print, cell: str, keys: str = "") -> FieldType:
    return _type(
        name, "numeric", read=read, write=write, to_json=_decimal_to_json, from_json=_decimal_from_json,
        json_schema=_decimal_schema, widget="number", operators=_ORDERED, cell=cell, span=2,
        keys=f"min max unit unique {keys}", is_number=True,
    )  # fmt: skip


def _decimal(text: str, field: Field, now: datetime) -> Decimal | Refused:
    return numbers.parse_decimal(text, field.scale)


_ALL = (
    _type("text", "text", read=_parse_text, write=_print_text, json_schema=_text_schema, widget="text",
          operators=_TEXT, span=4, keys="max min mask upper unique unit", is_text=True, counts=True),
    _type("long text", "text", read=_parse_long_text, write=_printed, json_schema=_text_schema,
          widget="long text", operators=("contains", *_PRESENCE), span=12, keys="max lines", is_text=True,
          counts=True),
    _type("integer", "bigint", read=_simple(numbers.parse_integer), write=_shown(numbers.print_integer),
          from_json=_integer_from_json, json_schema=_plain_schema(type="integer"), widget="number",
          operators=_ORDERED, cell="#,##0", span=2, keys="min max unit unique", is_number=True),
    _number("decimal", _decimal, lambda v, f: numbers.print_decimal(v, f.scale), "#,##0.00"),
    _number("money", _decimal, lambda v, f: numbers.print_decimal(v, f.scale), '"R$" #,##0.00'),
    _number("percent", _parse_percent, _print_percent, "0.00%"),
    _type("date", "date", read=_dated(moments.parse_date), write=_shown(moments.print_date), to_json=_iso,
          json_schema=_plain_schema(type="string", format="date"), mask="99/99/9999", widget="date",
          operators=_ORDERED, cell="dd/mm/yyyy", span=2, keys="min max unique"),
    _type("month", "date", read=_dated(moments.parse_month), write=_shown(moments.print_month),
          to_json=lambda v, f: v.isoformat()[:7],
          json_schema=_plain_schema(type="string", pattern=r"^\d{4}-\d{2}$"),
          mask="99/9999", widget="month", operators=_ORDERED, cell="mm/yyyy", span=2, keys="min max unique"),
    _type("time", "time", read=_simple(moments.parse_time), write=_shown(moments.print_time), to_json=_iso,
          json_schema=_plain_schema(type="string", format="time"), mask="99:99", widget="time",
          operators=_ORDERED, cell="hh:mm", span=2, keys="min max"),
    _type("date and time", "timestamptz", read=_dated(moments.parse_instant),
          write=_shown(moments.print_instant), to_json=_iso_instant,
          json_schema=_plain_schema(type="string", format="date-time"), widget="instant", operators=_ORDERED,
          cell="dd/mm/yyyy hh:mm", span=3, keys="min max"),
    _type("duration", "text", read=_simple(durations.parse_duration), write=_shown(durations.print_duration),
          json_schema=_plain_schema(type="string", format="duration"), widget="duration",
          operators=_CHOSEN, span=2, keys=""),
    _type("yes/no", "boolean", read=_parse_yes_no, write=lambda v, f: "Sim" if v else "Não",
          from_json=_yes_no_from_json, json_schema=_plain_schema(type="boolean"), widget="yes/no",
          operators=("is", "empty", "filled"), span=2, keys=""),
    _type("choice", "text", read=_parse_choice, write=_print_choice, json_schema=_choice_schema,
          widget="choice", operators=_CHOSEN, span=3, keys="of unique", needs=("of",)),
    _type("link", "link", read=_parse_id, write=_printed, from_json=_id_from_json,
          json_schema=_plain_schema(type="integer"), widget="link", operators=_CHOSEN, cell="@", span=4,
          keys="to where only unique", has_default=False, needs=("to",)),
    _type("children", "none", read=lambda t, f, n: _not_json(t, "linhas"), write=_printed,
          json_schema=_plain_schema(type="array"), widget="grid", operators=_PRESENCE, span=12,
          keys="of by order min max", has_default=False, counts=True, needs=("of",)),
    _type("many links", "bridge", read=_parse_ids, write=_print_ids, from_json=_ids_from_json,
          to_json=lambda v, f: list(v), json_schema=_plain_schema(type="array", items={"type": "integer"}),
          widget="many links", operators=_PRESENCE, span=6, keys="to where only", has_default=False,
          needs=("to",)),
    _type("attachment", "file", read=_parse_id, write=_printed, from_json=_id_from_json,
          json_schema=_plain_schema(type="integer"), widget="file", operators=_PRESENCE, span=4,
          keys="max_size accept", has_default=False),
    _type("image", "file", read=_parse_id, write=_printed, from_json=_id_from_json,
          json_schema=_plain_schema(type="integer"), widget="image", operators=_PRESENCE, span=4,
          keys="max_size", has_default=False),
    _register("cpf", registers.parse_cpf, registers.CPF_MASK, 3),
    _register("cnpj", registers.parse_cnpj, registers.CNPJ_MASK, 3),
    _register("cns", registers.parse_cns, registers.CNS_MASK, 3),
    _register("cep", registers.parse_cep, registers.CEP_MASK, 2),
    _register("phone", registers.parse_phone, "", 3, _shown(registers.print_phone)),
    _type("e-mail", "text", read=_simple(registers.parse_email), write=_printed,
          json_schema=_plain_schema(type="string", format="email"), widget="e-mail", operators=_TEXT,
          span=4, keys="unique", is_text=True),
    _type("colour", "text", read=_simple(registers.parse_colour), write=_printed, widget="colour",
          operators=_CHOSEN, span=2, keys=""),
    _type("formula", "text", read=_parse_long_text, write=_printed, widget="formula",
          operators=("contains", *_PRESENCE), span=12, keys="max lines", counts=True),
    _type("sequence", "text", read=_parse_text, write=_print_text, widget="text", operators=_TEXT,
          span=2, keys="pattern restart gapless unique mask", has_default=False, is_text=True),
    _type("json", "jsonb", read=_parse_json, write=_print_json, from_json=_json_from_json,
          json_schema=_plain_schema(), widget="json", operators=_PRESENCE, span=12, keys="lines"),
)  # fmt: skip

TYPES: dict[str, FieldType] = {kind.name: kind for kind in _ALL}


def read_typed(text: str, field: Field, now: datetime) -> Any | Refused:
    """Read what a person typed: as `parse`, and a year of two digits has its century where it is clear."""
    is_dated = field.type in ("date", "date and time")
    return field.kind.parse(moments.in_full(text, now) if is_dated else text, field, now)
