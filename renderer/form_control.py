"""This file makes the controls of a form from its fields: names, widths, data for the scripts, options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup

from metadata.entity import Entity, Field
from metadata.screen import Item
from renderer.widgets import WIDGETS, Widget

ROW = 12
# Types that take what is left of a row; the others keep their natural width.
ELASTIC = frozenset(("text", "e-mail", "link", "choice", "many links", "long text"))
SHORT = ((12, 2), (30, 3))  # up to so many characters, so many columns
SIZES = {2: "s", 3: "m"}  # columns of a short text on the form, width of its column in a grid
NUMBERED = "Numerado pelo sistema"
RADIO = Markup('<label><input type="radio" name="f.{}" value="{}"{}>{}</label>')
UNANSWERED = Markup(' aria-label="Sem resposta"')
YES_NO = (("sim", "Sim"), ("nao", "Não"))


def gap(kind: str) -> Markup:
    """Return the mark that a macro leaves where something will be filled in."""
    return Markup(f"\ue000{kind}\ue001")  # noqa: S704 (two private characters)


# The gaps of a control: text, words, changing part, attributes of state, classes of state, error line.
TEXT, WORDS, PART, STATE, CLASSES, ERROR = (gap(kind) for kind in "vsoace")
NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class Control:
    """What the macro of a field needs; v, s, o, a, c, e are its gaps."""

    field: Field
    widget: Widget
    id: Any
    name: Any
    label: str
    span: int = 3
    readonly: bool = False
    hint: str = ""
    head: str = ""
    prefix: str = ""
    suffix: str = ""
    lines: int = 3
    accept: str = ""
    starts: bool = False
    data: Markup = NOTHING
    options: Markup = NOTHING
    v: Markup = TEXT
    s: Markup = WORDS
    o: Markup = PART
    a: Markup = STATE
    c: Markup = CLASSES
    e: Markup = ERROR

    @property
    def required(self) -> bool:
        """A field that only the system writes cannot be missed by anybody."""
        return self.field.required and not self.readonly

    @property
    def is_file(self) -> bool:
        """Tell whether it takes a file: the number of one is its text."""
        return self.field.type in ("attachment", "image")

    @property
    def size(self) -> str:
        """The width of its column in a grid: s, m, l, or x for a text that takes the rest."""
        if self.field.type == "text":
            return SIZES.get(natural(self.field), self.widget.size)
        return self.widget.size

    @property
    def half(self) -> str:
        """Classes of place and of phone width."""
        is_short = self.span <= 3 and (self.field.type not in ELASTIC or natural(self.field) <= SHORT[0][1])
        return (" half" if is_short else "") + (" starts" if self.starts else "")


def spans(row: Sequence[Item], fields: Sequence[Field]) -> list[tuple[Item, int, bool]]:
    """Share the twelve columns of a row: written widths stay, elastic fields take what is left."""
    spans = [item.width or natural(field) for item, field in zip(row, fields, strict=True)]
    elastic = [
        n
        for n, (item, field) in enumerate(zip(row, fields, strict=True))
        if not item.width and field.type in ELASTIC and spans[n] > SHORT[0][1]
    ]
    left = ROW - sum(spans)
    if len(row) > 1 and elastic and 0 < left <= 2 * len(elastic) + 2:
        for turn in range(left):
            spans[elastic[turn % len(elastic)]] += 1
    return [(item, span, place == 0) for place, (item, span) in enumerate(zip(row, spans, strict=True))]


def natural(field: Field) -> int:
    """Return the width a field asks for; a text of few characters needs less than its type says."""
    if field.type == "text" and (field.mask or field.max):
        size = len(field.mask) or int(field.max)
        return next((span for most, span in SHORT if size <= most), field.kind.span)
    return field.kind.span


def on_form(entity: Entity, field: Field, item: Item, span: int, *, starts: bool) -> Control:
    """Return the control of a field on the form itself."""
    readonly = item.readonly or field.readonly or field.type == "sequence"
    hint = NUMBERED if field.type == "sequence" else ""
    return Control(
        field=field,
        widget=WIDGETS[field.type],
        id=f"f-{field.name}",
        name=f"f.{field.name}",
        label=item.label or field.label,
        span=span,
        starts=starts,
        readonly=readonly,
        hint=hint,
        prefix="R$" if field.type == "money" else "",
        suffix=field.unit or ("%" if field.type == "percent" else ""),
        lines=field.lines or 3,
        accept=_accept(field),
        data=_data(entity, field, f"f.{field.name}"),
        options=_options(field),
    )


def in_grid(grid: str, child: Entity, name: str) -> Control:
    """Return the control of a field in a row of a grid; its name has a gap for the number of the row."""
    field = child.fields[name]
    head = f"h-{grid}-{name}"
    post = Markup(f"c.{grid}.\ue000i\ue001.{name}")  # noqa: S704 (identifiers of the package)
    return Control(
        field=field,
        widget=WIDGETS[field.type],
        id=Markup(f"c-{grid}-\ue000i\ue001-{name}"),  # noqa: S704 (same)
        name=post,
        label=field.column_label,
        readonly=field.readonly or field.type == "sequence",
        head=head,
        data=_data(child, field, ""),
        options=_cell_options(field),
        suffix=field.unit,
        lines=1,
        accept=_accept(field),
    )


def _accept(field: Field) -> str:
    return ",".join(field.accept) or ("image/*" if field.type == "image" else "")


def _data(entity: Entity, field: Field, post: str) -> Markup:
    """Return the data attributes by which the scripts know how to treat the control."""
    widget = WIDGETS[field.type]
    found: dict[str, str] = {}
    if widget.kind:
        found["data-kind"] = widget.kind
    if widget.inputmode:
        found["inputmode"] = widget.inputmode
    if field.scale and widget.kind in ("decimal", "percent"):
        found["data-scale"] = str(field.scale)
    if mask := field.mask or (field.kind.mask if widget.kind == "mask" else ""):
        found["data-kind"], found["data-mask"] = "mask", mask
    if field.upper:
        found["data-upper"] = "yes"
    if field.max and widget.kind in ("text", "long"):
        found["data-max"] = field.max
    if field.type in ("link", "many links"):
        found["data-lookup"], found["data-campo"] = field.to, f"{entity.name}.{field.name}"
        if field.where:
            found["data-onde"] = orjson.dumps(field.where).decode()
    return NOTHING.join(Markup(' {}="{}"').format(key, text) for key, text in found.items())


def _options(field: Field) -> Markup:
    """Return the part of a choice that is the same for every record."""
    if field.type == "choice":
        return _option_list((code, option.label) for code, option in field.choices.items())
    if field.type == "yes/no":
        answers = YES_NO if field.required else (*YES_NO, ("", "–"))
        return NOTHING.join(
            RADIO.format(field.name, code, NOTHING if code else UNANSWERED, label) for code, label in answers
        )
    return NOTHING


def _option_list(options: Iterable[tuple[str, str]]) -> Markup:
    rows = (Markup('<option value="{}">{}</option>').format(code, label) for code, label in options)
    return Markup('<option value=""></option>') + NOTHING.join(rows)


def _cell_options(field: Field) -> Markup:
    return _option_list(YES_NO) if field.type == "yes/no" else _options(field)
