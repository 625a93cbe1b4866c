"""This file puts rows that a fill made on a form as posted, and says which rows come and which go."""

from __future__ import annotations

from kernel.context import Context
from kernel.rules.filling import Filled
from renderer.form_content import RowContent
from renderer.form_layout import FormLayout
from renderer.form_post import NUMBER, Typed
from renderer.forms import blank_entries


def rows(form: FormLayout, typed: Typed, made: Filled, context: Context) -> dict[str, dict[str, list[str]]]:
    """Return, by grid, the numbers that new rows are posted under and those of rows to go.

    New rows are added to what the form shows, so that all else can be said of them as of any row.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for prefix in made.gone:
        name, _, place = prefix.rstrip("/").partition("/")
        if name in form.grids and place.isdecimal():
            index = typed.content.rows[name][int(place)].index
            found.setdefault(name, {"added": [], "gone": []})["gone"].append(index)
    for prefix in made.added:
        name, _, place = prefix.rstrip("/").partition("/")
        if name not in form.grids or not place.isdecimal():
            continue  # rows below rows stand on the page of their own row
        shown = typed.content.rows[name]
        assert isinstance(shown, list)
        index = str(max(_next(typed, name), *(int(row.index) + 1 for row in shown), 0))
        shown.append(RowContent(index, "", blank_entries(form.grids[name], context)))
        found.setdefault(name, {"added": [], "gone": []})["added"].append(index)
    return found


def _next(typed: Typed, grid: str) -> int:
    """Return the number that the page itself would give its next row."""
    told = (typed.texts.get(f"proxima.{grid}") or ("0",))[-1]
    return int(told) if NUMBER.fullmatch(told) else 0
