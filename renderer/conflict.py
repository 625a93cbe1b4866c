"""This file settles two people saving one record: other fields join, the same field asks, rows go by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson

from metadata.entity import Field
from metadata.problems import Problem
from metadata.types import TYPES
from renderer.form_content import EMPTY, Entry, RowContent
from renderer.form_control import Control
from renderer.form_layout import FormLayout
from renderer.form_post import Typed

JOINED = "juntado"
# (link field, id) → what people call the record
Texts = Callable[[Field, int], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One field that both changed, in words."""

    path: str
    label: str
    base: str
    mine: str
    theirs: str
    mine_text: str = ""
    theirs_text: str = ""
    target: str = ""
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the banner says: who, when, what joined by itself, what must be chosen."""

    operator: str
    when: str
    joined: tuple[str, ...]
    items: tuple[Choice, ...]

    @property
    def posted(self) -> str:
        """The whole question as text: it goes along in the page, to be asked again as it was."""
        return orjson.dumps(asdict(self)).decode()


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a path leads: the control, and the row when it is in a grid."""

    control: Control
    row: RowContent | None
    grid: str
    label: str


def settle(form: FormLayout, typed: Typed, conflict: Any, when: str, texts: Texts) -> Asked:
    """Bring the typed form to the version of the other person; what only they changed comes in at once."""
    joined = [label for item in conflict.other if (label := _join(form, typed, item, texts))]
    items = [choice for item in conflict.same if (choice := _ask(form, typed, item, texts))]
    typed.version = conflict.version
    return Asked(conflict.operator, when, tuple(dict.fromkeys(joined)), tuple(items))


def answer(form: FormLayout, typed: Typed, texts: Texts) -> list[Problem]:
    """Apply what was chosen for fields asked about; one without an answer is a problem, and then none is."""
    problems = [problem for path in _asked_paths(typed) for problem in _unanswered(form, typed, path)]
    if problems:
        return problems
    for path in _asked_paths(typed):
        chosen = _chosen(typed, path)
        if whole := _whole_row(form, typed, path):
            _answer_row(form, typed, whole, chosen, texts)
            continue
        spot = _spot(form, typed, path)
        if spot is not None and chosen == "deles":
            entries = _entries(typed, spot)
            entries[spot.control.field.name] = _stored(spot.control, _base_text(typed, spot), texts)
    return []


def pending(form: FormLayout, typed: Typed) -> Asked | None:
    """Return the question of the page while any part of it has no answer, with what was chosen so far.

    The page already stands on the version of the other person: without the question it would save over it.
    """
    paths = _asked_paths(typed)
    if not any(_unanswered(form, typed, path) for path in paths):
        return None
    sent = _sent(typed)
    known = {
        item["path"]: item for item in sent.get("items", ()) if isinstance(item, dict) and "path" in item
    }
    items = tuple(item for path in paths if (item := _again(form, typed, path, known.get(path, {}))))
    joined = tuple(str(label) for label in sent.get("joined") or ())
    return Asked(str(sent.get("operator") or "Outra pessoa"), str(sent.get("when") or ""), joined, items)


def _asked_paths(typed: Typed) -> list[str]:
    return list(dict.fromkeys(typed.texts.get("perguntado", ())))


def _chosen(typed: Typed, path: str) -> str:
    chosen = (typed.texts.get(f"escolha.{path}") or ("",))[-1]
    return chosen if chosen in ("meu", "deles") else ""


def _unanswered(form: FormLayout, typed: Typed, path: str) -> list[Problem]:
    if _chosen(typed, path):
        return []
    if whole := _whole_row(form, typed, path):
        return [Problem("R141", {"label": _row_label(form, typed, whole)}, field=whole[0])]
    spot = _spot(form, typed, path)
    if spot is None:
        return []
    return [Problem("R141", {"label": spot.label}, field=_problem_path(form, typed, path, spot))]


def _sent(typed: Typed) -> dict[str, Any]:
    """Read the question as the page had it; one that was tampered with counts as none."""
    try:
        read = orjson.loads((typed.texts.get("pergunta") or ("{}",))[-1])
    except orjson.JSONDecodeError:
        return {}
    lists = isinstance(read, dict) and all(isinstance(read.get(key, []), list) for key in ("items", "joined"))
    return read if lists else {}


def _again(form: FormLayout, typed: Typed, path: str, known: Mapping[str, Any]) -> Choice | None:
    spot = _spot(form, typed, path)
    if whole := _whole_row(form, typed, path):
        label, mine, theirs = _row_label(form, typed, whole), "o que fiz com a linha", "como ela está agora"
    elif spot is not None:
        label, theirs = spot.label, _base_text(typed, spot)
        mine = _entries(typed, spot).get(spot.control.field.name, EMPTY).text
    else:
        return None
    words = {each.name: str(known[each.name]) for each in fields(Choice) if each.name in known}
    told = {"label": label, "base": "", "mine": mine, "theirs": theirs} | words
    return Choice(**told | {"path": path, "chosen": _chosen(typed, path)})


def _join(form: FormLayout, typed: Typed, item: Any, texts: Texts) -> str:
    spot = _spot(form, typed, item.path)
    if spot is None:
        return ""
    entry = _entry_of(spot.control, item.theirs, texts)
    _entries(typed, spot)[spot.control.field.name] = replace_mark(entry)
    _put_base(typed, spot, entry.text)
    return spot.label


def replace_mark(entry: Entry) -> Entry:
    """Return the entry marked as changed, so that the person sees what came in."""
    return entry._replace(mark=JOINED)


def _ask(form: FormLayout, typed: Typed, item: Any, texts: Texts) -> Choice | None:
    if whole := _whole_row(form, typed, item.path):
        return _ask_row(form, typed, item, whole, texts)
    spot = _spot(form, typed, item.path)
    if spot is None:
        return None
    theirs = _entry_of(spot.control, item.theirs, texts)
    mine = _entries(typed, spot).get(spot.control.field.name, EMPTY)
    _put_base(typed, spot, theirs.text)
    target = spot.control.id if spot.row is None else ""
    base, own, other = (
        said(spot.control.field, value, texts) for value in (item.base, item.mine, item.theirs)
    )
    return Choice(item.path, spot.label, base, own, other, mine.text, theirs.text, str(target))


# ── a row that one changed and the other removed ──────────────────────────────────────────────────


def _whole_row(form: FormLayout, typed: Typed, path: str) -> tuple[str, RowContent] | None:
    """Return (grid, row) of a path such as `faixas/12`."""
    name, _, row_id = path.partition("/")
    if name not in form.grids or "/" in row_id:
        return None
    return next(((name, row) for row in typed.content.rows[name] if row.id == row_id), None)


def _ask_row(
    form: FormLayout, typed: Typed, item: Any, whole: tuple[str, RowContent], texts: Texts
) -> Choice:
    name, row = whole
    grid = form.grids[name]
    label = _row_label(form, typed, whole)
    if not row.removed:
        return Choice(item.path, label, "", mine="manter a linha com o que digitei", theirs="linha excluída")
    changed = {c.field.name: c for c in grid.columns if c.field.name in (item.theirs or {})}
    known = typed.base["c"].setdefault(name, {}).setdefault(row.id, {})
    known.update({field: _entry_of(c, item.theirs[field], texts).text for field, c in changed.items()})
    words = ", ".join(f"{c.label} {said(c.field, item.theirs[field], texts)}" for field, c in changed.items())
    return Choice(item.path, label, "", mine="excluir a linha", theirs=f"manter, com {words}")


def _row_label(form: FormLayout, typed: Typed, whole: tuple[str, RowContent]) -> str:
    name, row = whole
    return f"{form.grids[name].label}, linha {typed.content.rows[name].index(row) + 1}"


def _answer_row(
    form: FormLayout, typed: Typed, whole: tuple[str, RowContent], chosen: str, texts: Texts
) -> None:
    name, row = whole
    rows = typed.content.rows[name]
    assert isinstance(rows, list)
    if row.removed and chosen == "deles":
        row.removed = False
        known = typed.base["c"].get(name, {}).get(row.id, {})
        columns = {c.field.name: c for c in form.grids[name].columns}
        row.entries = {field: _stored(c, str(known.get(field, "")), texts) for field, c in columns.items()}
    elif not row.removed and chosen == "deles":
        rows.remove(row)
    elif not row.removed:
        row.id = ""  # the stored row is gone: what was typed becomes a new one


def said(field: Field, value: Any, texts: Texts) -> str:
    """Return a value in words; a link by the text of its target."""
    if value in (None, (), ""):
        return ""
    if field.type in ("link", "many links"):
        return ", ".join(_named(field, value, texts).values())
    printed = TYPES[field.type].print(value, field)
    return f"nº {printed}" if field.type in ("attachment", "image") else printed


def _named(field: Field, value: Any, texts: Texts) -> dict[str, str]:
    ids = value if isinstance(value, tuple) else (value,)
    return {str(one): texts(field, one) or f"nº {one}" for one in ids}


def _entry_of(control: Control, value: Any, texts: Texts) -> Entry:
    if value in (None, ()):
        return EMPTY
    field = control.field
    shown: Any = said(field, value, texts) if field.type != "many links" else _named(field, value, texts)
    return Entry(control.widget.write(value, field), shown)


def _spot(form: FormLayout, typed: Typed, path: str) -> _Spot | None:
    """Follow `nome` or `faixas/12/valor`, where 12 is the id of the child."""
    name, _, rest = path.partition("/")
    if not rest:
        control = form.controls.get(name)
        return _Spot(control, None, "", control.label) if control else None
    grid = form.grids.get(name)
    row_id, _, column = rest.partition("/")
    if grid is None:
        return None
    control = next((c for c in grid.columns if c.field.name == column), None)
    place, row = next(
        ((n, row) for n, row in enumerate(typed.content.rows[name], 1) if row.id == row_id), (0, None)
    )
    if control is None or row is None:
        return None
    return _Spot(control, row, name, f"{grid.label}, linha {place}, {control.label}")


def _entries(typed: Typed, spot: _Spot) -> dict[str, Entry]:
    entries = spot.row.entries if spot.row else typed.content.entries
    assert isinstance(entries, dict)
    return entries


def _stored(control: Control, text: str, texts: Texts) -> Entry:
    """Return the entry of a text of the base, with the words of links."""
    if control.field.type not in ("link", "many links"):
        return Entry(text)
    ids = tuple(int(part) for part in text.split(",") if part.isdecimal())
    named = _named(control.field, ids, texts)
    return Entry(text, named if control.field.type == "many links" else ", ".join(named.values()))


def _base_text(typed: Typed, spot: _Spot) -> str:
    known = _base_row(typed, spot)
    return str(known.get(spot.control.field.name, ""))


def _put_base(typed: Typed, spot: _Spot, text: str) -> None:
    _base_row(typed, spot)[spot.control.field.name] = text


def _base_row(typed: Typed, spot: _Spot) -> dict[str, Any]:
    if spot.row is None:
        found = typed.base["f"]
    else:
        found = typed.base["c"].setdefault(spot.grid, {}).setdefault(spot.row.id, {})
    assert isinstance(found, dict)
    return found


def _problem_path(form: FormLayout, typed: Typed, path: str, spot: _Spot) -> str:
    if spot.row is None:
        return path
    place = next(n for n, row in enumerate(typed.content.rows[spot.grid]) if row is spot.row)
    return f"{spot.grid}/{place}/{spot.control.field.name}"


def words_of_joined(form: FormLayout, paths: Iterable[str]) -> str:
    """Return the labels of the fields that joined by themselves, for the notice after saving."""
    labels = []
    for path in paths:
        name = path.partition("/")[0]
        if control := form.controls.get(name):
            labels.append(control.label)
        elif grid := form.grids.get(name):
            labels.append(grid.label)
    return ", ".join(dict.fromkeys(labels))


__all__ = ["Asked", "Choice", "answer", "pending", "settle", "words_of_joined"]
