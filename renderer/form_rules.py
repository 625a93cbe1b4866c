"""This file puts on a form what rules make of it: hidden, required and locked fields, computed values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernel.context import Context
from kernel.rules.live import BLANK, Look
from kernel.rules.verdict import Verdict
from metadata.entity import Field
from metadata.types import TYPES
from renderer.form_content import EMPTY, Content, Entry, RowContent, Standing
from renderer.form_control import Control
from renderer.form_layout import FormLayout
from renderer.forms import blank_entries

Texts = Callable[[Field, int], str]  # (link field, id) → what people call the record


@dataclass(frozen=True, slots=True)
class Spot:
    """A record of the form: what is shown of it, its controls, how its fields are posted."""

    shown: Content | RowContent
    controls: Sequence[Control]
    stem: str


def spot_of(form: FormLayout, content: Content, prefix: str) -> Spot | None:
    """Return the record of the form that stands at a prefix; None for what the form does not show."""
    if not prefix:
        return Spot(content, tuple(form.controls.values()), "f.")
    name, _, rest = prefix.partition("/")
    place, _, below = rest.partition("/")
    row = None if below or name not in form.grids else _row_at(content.rows.get(name, ()), place)
    return Spot(row, form.grids[name].columns, f"c.{name}.{row.index}.") if row else None


def _row_at(rows: Sequence[RowContent], place: str) -> RowContent | None:
    if place == BLANK:
        return next((row for row in rows if row.is_blank), None)
    return rows[int(place)] if int(place) < len(rows) else None


def with_blanks(form: FormLayout, content: Content, context: Context, index: str = BLANK) -> Content:
    """Return what is shown with a blank row in each grid that rules are about."""
    rows = dict(content.rows)
    for name, grid in form.ruled.grids.items():
        blank = RowContent(index, "", blank_entries(grid, context), is_blank=True)
        rows[name] = [*rows.get(name, ()), blank]
    return replace(content, rows=rows)


def paths_of(form: FormLayout, content: Content, posts: Iterable[str]) -> Iterator[str]:
    """Yield the paths of fields and cells that were named as `nome` or `c.faixas.7.valor`."""
    stems = {
        f"c.{name}.{row.index}": f"{name}/{place}/"
        for name in form.grids
        for place, row in enumerate(content.rows.get(name, ()))
    }
    for post in posts:
        stem, _, name = post.rpartition(".")
        if stem in stems:
            yield stems[stem] + name
        elif name in form.controls and not stem:
            yield name


def apply(form: FormLayout, content: Content, looks: Iterable[Look], texts: Texts) -> None:
    """Put on a form what was seen of its record and rows."""
    for each in looks:
        spot = spot_of(form, content, each.prefix)
        if spot is None:
            continue
        spot.shown.standing = standing(spot.controls, each.verdict)
        if not each.prefix:
            spot.shown.standing |= standing_of_grids(form, each.verdict)
        entries = spot.shown.entries
        assert isinstance(entries, dict)
        entries.update(computed(spot.controls, each.computed, texts))


def standing(controls: Iterable[Control], verdict: Verdict) -> dict[str, Standing]:
    """Return how each field with a condition stands."""
    found = {}
    for control in controls:
        field = control.field
        if field.hidden_when or field.required_when or field.readonly_when:
            name, is_hidden = field.name, field.name in verdict.hidden
            required = (control.required or name in verdict.required) and not is_hidden
            locked = control.readonly or name in verdict.locked
            found[name] = Standing(is_hidden, required and not control.readonly, locked)
    return found


def standing_of_grids(form: FormLayout, verdict: Verdict) -> dict[str, Standing]:
    """Return how each grid with a condition stands, as a whole."""
    found = {}
    for name, grid in form.grids.items():
        field = grid.field
        if field.hidden_when or field.required_when or field.readonly_when:
            is_hidden = name in verdict.hidden
            required = (field.required or name in verdict.required) and not is_hidden
            found[name] = Standing(is_hidden, required, grid.readonly or name in verdict.locked)
    return found


def computed(
    controls: Iterable[Control], values: Mapping[str, Any], texts: Texts
) -> Iterator[tuple[str, Entry]]:
    """Yield the computed fields as their controls show them."""
    for control in controls:
        if control.is_computed:
            yield control.field.name, entry_of(control, values.get(control.field.name), texts)


def entry_of(control: Control, value: Any, texts: Texts) -> Entry:
    """Return a value that no person typed as its control shows it."""
    if value is None or value == "":
        return EMPTY
    field = control.field
    shown = texts(field, value) if field.type == "link" else ""
    if control.is_computed and not shown:
        shown = TYPES[field.type].print(value, field)
    return Entry(control.widget.write(value, field), shown)
