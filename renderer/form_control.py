"""This file makes the controls of a form from its fields: names, widths, data for the scripts, options."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
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
COMPUTED = "Calculado"
COVERED = "Mascarado: seu papel não vê este dado"
WHY, HOW = "por quê?", "como?"
LOCKED, REQUIRED = Markup(" readonly"), Markup(' aria-required="true"')
RADIO = Markup('<label><input type="radio" name="f.{}" value="{}"{}>{}</label>')
UNANSWERED = Markup(' aria-label="Sem resposta"')
YES_NO = (("sim", "Sim"), ("nao", "Não"))


# Another mark in each process, so that no label can hold one.
GAP_BEGINS, GAP_ENDS = f"\ue000{secrets.token_hex(4)}", "\ue001"


def gap(kind: str) -> Markup:
    """Return the mark that a macro leaves where something will be filled in."""
    return Markup(f"{GAP_BEGINS}{kind}{GAP_ENDS}")  # noqa: S704 (private characters and letters)


# The gaps of a control: text, words, changing part, attributes of state, classes of state, error line.
TEXT, WORDS, PART, STATE, CLASSES, ERROR = (gap(kind) for kind in "vsoace")
NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class Control:
    """What the macro of a field needs; v, s, o, a, c, e are its gaps, and so is what its conditions decide.

    asks: the question that is answered beside it, where there is something to answer.
    """

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
    asks: str = ""
    hides: Markup = NOTHING
    star: Markup = NOTHING
    needs: Markup = NOTHING
    locks: Markup = NOTHING
    held: Markup = NOTHING
    kept: Markup = NOTHING
    asked: Markup = NOTHING
    cell: Markup = NOTHING
    fixed: Markup = NOTHING

    @property
    def answers(self) -> str:
        """What `asks` is asked about: which of these the field can be."""
        able = {
            "computed": self.field.is_,
            "required": self.field.required_when,
            "locked": self.field.readonly_when,
        }
        return " ".join(name for name, says in able.items() if says)

    @property
    def is_computed(self) -> bool:
        """Tell whether the system works its value out of others."""
        return bool(self.field.is_)

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


def on_form(
    entity: Entity, field: Field, item: Item, span: int, *, starts: bool, checked: Collection[str] = ()
) -> Control:
    """Return the control of a field on the form itself; `checked` are the fields at which checks speak."""
    readonly = item.readonly or is_fixed(entity, field)
    hint = (
        COVERED
        if field.is_masked
        else COMPUTED
        if field.is_
        else NUMBERED
        if field.type == "sequence"
        else ""
    )
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
        suffix=str(field.unit) or ("%" if field.type == "percent" else ""),
        lines=field.lines or 3,
        accept=_accept(field),
        data=_data(entity, field, f"f.{field.name}"),
        options=_options(field),
        **_conditions(field, readonly=readonly, is_checked=field.name in checked),
    )


def is_fixed(entity: Entity, field: Field) -> bool:
    """Tell whether nobody writes a field on a form: a state changes by transitions only."""
    return field.readonly or field.is_given or field.name == entity.state_field


def _conditions(field: Field, *, readonly: bool, is_checked: bool) -> dict[str, Any]:
    """Return what the conditions of a field decide: gaps where there is one, else what always holds."""
    found = {"hides": gap("hides") if field.hidden_when else NOTHING}
    if readonly:
        found["locks"] = LOCKED
    else:
        found["needs"] = REQUIRED if field.required else gap("needs") if field.required_when else NOTHING
        found["star"] = gap("star") if field.required_when else NOTHING
        found |= {key: gap(key) for key in ("locks", "held", "kept") if field.readonly_when}
    if field.is_:
        return found | {"asks": HOW}
    may_ask = is_checked or (not readonly and (field.required_when or field.readonly_when))
    return found | ({"asks": WHY, "asked": gap("asked")} if may_ask else {})


def _cell_conditions(field: Field, *, readonly: bool) -> dict[str, Any]:
    """Return what the conditions of a field decide in a cell."""
    found = _conditions(field, readonly=readonly, is_checked=False)
    if field.required_when or field.readonly_when or field.hidden_when:
        found["cell"] = gap("cell")
    if not readonly and (field.readonly_when or field.hidden_when):
        found["fixed"] = gap("fixed")
    return found


def in_grid(grid: str, child: Entity, name: str) -> Control:
    """Return the control of a field in a row of a grid; its name has a gap for the number of the row."""
    field = child.fields[name]
    head = f"h-{grid}-{name}"
    post = Markup(f"c.{grid}.{gap('i')}.{name}")  # noqa: S704 (identifiers of the package)
    return Control(
        field=field,
        widget=WIDGETS[field.type],
        id=Markup(f"c-{grid}-{gap('i')}-{name}"),  # noqa: S704 (same)
        name=post,
        label=field.column_label,
        readonly=is_fixed(child, field),
        head=head,
        data=_data(child, field, ""),
        options=_cell_options(field),
        suffix=str(field.unit),
        lines=1,
        accept=_accept(field),
        **_cell_conditions(field, readonly=is_fixed(child, field)),
    )


def _accept(field: Field) -> str:
    return ",".join(field.accept) or ("image/*" if field.type == "image" else "")


def _data(entity: Entity, field: Field, post: str) -> Markup:
    """Return the data attributes by which the scripts know how to treat the control."""
    widget = WIDGETS[field.type]
    found: dict[str, str] = {}
    if field.is_masked:
        asked = f"{entity.name}/{field.name}"
        return Markup(' data-unmask="{}"').format(asked) if field.is_revealable else NOTHING
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
