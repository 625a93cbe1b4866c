"""This file reads filters, search and order from an address and writes them back, for lists and API alike.

`situacao=ativo` is · `situacao=a&situacao=b` one of · `inicio.from=2026-01-01` · `nome.contains=flex` ·
`fim.empty=1` · `q=` search · `order=-inicio` · `after=`/`before=` page · `limit=`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from kernel.query.plan import Filter, Query
from metadata.entity import Field
from metadata.problems import Problem, Refused, near
from renderer.documents import Target, target

Pair = tuple[str, str]
Read = Callable[[str, Field], Any]

# operator of the kernel → how it is written in an address (after the point)
WRITTEN = {
    "is": "",
    "one of": "one_of",
    "is not": "is_not",
    "contains": "contains",
    "starts with": "starts_with",
    "from": "from",
    "to": "to",
    "between": "between",
    "empty": "empty",
    "filled": "filled",
}
OPERATOR_OF = {written: operator for operator, written in WRITTEN.items() if written}
WITHOUT_VALUE = frozenset({"empty", "filled"})
# Operators that take several values; the others are asked once per value, and all must hold.
TOGETHER = frozenset({"one of", "between"})
COLUMNS, RUN = "columns", "execucao"
CONTROLS = frozenset({"q", "order", "after", "before", "limit"})
DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
MOST_ASKED = 200  # values of conditions, parts of an order: an address can hold thousands
MASKED = "R434"
_OFF = frozenset({"", "0", "não", "nao", "false"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One condition: where its path ends, the operator and its values as Python values."""

    target: Target
    operator: str
    values: tuple[Any, ...] = ()

    @property
    def filter(self) -> Filter:
        """The condition as plain data for a query."""
        return Filter(self.target.path, self.operator, self.values)

    def pairs(self) -> list[Pair]:
        """Write the condition back as parameters."""
        written = WRITTEN[self.operator]
        if self.operator == "one of" or not written:
            return [(self.target.path, written_value(value, self.target.field)) for value in self.values]
        key = f"{self.target.path}.{written}"
        if self.operator in WITHOUT_VALUE:
            return [(key, "1")]
        return [(key, written_value(value, self.target.field)) for value in self.values]


@dataclass(frozen=True, slots=True)
class OfRun:
    """The condition that a step of a run of a process made or changed the records.

    says: what the run is called.  address: where it is shown; empty where it may not be told of, and then
    the condition is met by nothing.
    """

    run: int
    step: str
    says: str = ""
    address: str = ""

    def filter(self, entity: str) -> Filter:
        """The condition as plain data for a query."""
        return Filter("id", "of run", (self.run if self.address else 0, entity, self.step))

    def pairs(self) -> list[Pair]:
        """Write the condition back as parameters."""
        return [(RUN, f"{self.run}.{self.step}")]


@dataclass(frozen=True, slots=True)
class Question:
    """Everything an address asks of a list, with what could not be understood.

    columns: those chosen instead of the list's own.  of_run: by whose work the records are there.  Both are
    read by list_question.py; the API has none.
    """

    filters: tuple[Asked, ...] = ()
    search: str = ""
    order: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    limit: int = DEFAULT_LIMIT
    columns: tuple[str, ...] = ()
    of_run: OfRun | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for some of the records only."""
        return bool(self.filters or self.search or self.of_run)

    def pairs(self, *, without: Asked | OfRun | None = None) -> list[Pair]:
        """Write the question back, in one spelling, without the place of the page."""
        conditions: list[Asked | OfRun] = [*([self.of_run] if self.of_run else []), *self.filters]
        made = [pair for asked in conditions if asked is not without for pair in asked.pairs()]
        made.extend([("q", self.search)] if self.search else [])
        made.extend([("order", ",".join(self.order))] if self.order else [])
        made.extend([(COLUMNS, ",".join(self.columns))] if self.columns else [])
        return made

    def query(
        self, entity: str, columns: Sequence[str], order: Sequence[str] = (), only: Sequence[Filter] = ()
    ) -> Query:
        """Make the logical query; `order` stands where the address asks for none, `only` in any case."""
        return Query(
            entity=entity,
            columns=tuple(columns),
            search=self.search,
            order=self.order or tuple(order),
            filters=(
                *only,
                *([self.of_run.filter(entity)] if self.of_run else []),
                *(asked.filter for asked in self.filters),
            ),
            after=self.after,
            before=self.before,
            limit=self.limit,
        )


def address(path: str, pairs: Iterable[Pair]) -> str:
    """Join a path and parameters; points and commas stay readable."""
    return joined(path, text_of(pairs))


def text_of(pairs: Iterable[Pair]) -> str:
    """Write parameters as the part of an address after the question mark."""
    return urlencode(list(pairs), safe=",/-")


def joined(path: str, text: str, more: str = "") -> str:
    """Join a path and parameters that are written already."""
    query = f"{text}&{more}" if text and more else text or more
    return f"{path}?{query}" if query else path


def written_value(value: Any, field: Field) -> str:
    """Write a value so that both a person and `parse` read it: numbers as typed here, the rest canonical."""
    if field.kind.is_number:
        return field.kind.print(value, field)
    if isinstance(value, bool):
        return "sim" if value else "não"
    return str(field.kind.to_json(value, field))


def read_question(
    runtime: Any, entity: str, pairs: Iterable[Pair], read: Read, controls: frozenset[str] = frozenset()
) -> Question:
    """Read an address. `controls` are further parameters that the caller reads itself."""
    single: dict[str, str] = {}
    grouped: dict[str, list[str]] = {}
    for key, value in pairs:
        if key in CONTROLS:
            single[key] = value
        elif key not in controls:
            grouped.setdefault(key, []).append(value)
    if sum(map(len, grouped.values())) > MOST_ASKED or single.get("order", "").count(",") > MOST_ASKED:
        return Question(problems=(too_much(),))
    problems: list[Problem] = []
    filters: list[Asked] = []
    for key, values in grouped.items():
        made = _conditions(runtime, entity, key, values, read)
        if isinstance(made, Problem):
            problems.append(made)
        else:
            filters.extend(made)
    order, wrong = _order(runtime, entity, single.get("order", ""))
    limit, unfit = _limit(single.get("limit", ""))
    return Question(
        filters=tuple(filters),
        search=single.get("q", "").strip(),
        order=order,
        limit=limit,
        after=single.get("after", ""),
        before=single.get("before", ""),
        problems=(*problems, *wrong, *unfit),
    )


def too_much() -> Problem:
    """Return that an address asks for more than one question has."""
    return Problem("R197", {"max": MOST_ASKED})


def _conditions(runtime: Any, entity: str, key: str, texts: list[str], read: Read) -> list[Asked] | Problem:
    found, operator = _split(runtime, entity, key)
    if found is None:
        names = [*runtime.configuration.entities[entity].fields, *CONTROLS]
        return Problem("R180", {"name": key, "near": near(key.partition(".")[0], names)}, field=key)
    if operator == "is" and len(texts) > 1:
        operator = "one of"
    if found.field.is_masked:
        return Problem(MASKED, {"label": found.label}, field=key)
    if operator not in found.field.operators:
        allowed = ", ".join(WRITTEN[each] or "is" for each in found.field.operators)
        return Problem("R181", {"field": found.label, "operator": operator, "operators": allowed}, field=key)
    if operator in WITHOUT_VALUE:
        return [] if texts[-1] in _OFF else [Asked(found, operator)]
    return _with_values(found, operator, key, [text for text in texts if text], read)


def _with_values(
    found: Target, operator: str, key: str, texts: list[str], read: Read
) -> list[Asked] | Problem:
    if operator == "between" and texts and len(texts) != 2:
        return Problem("R182", {"field": found.label}, field=key)
    values = [read(text, found.field) for text in texts]
    for value in values:
        if isinstance(value, Refused):
            return Problem(value.code, value.facts, field=key)
    together = [tuple(values)] if operator in TOGETHER and values else [(value,) for value in values]
    return [Asked(found, operator, group) for group in together]


def _split(runtime: Any, entity: str, key: str) -> tuple[Target | None, str]:
    """A path ends in an operator only when the whole of it is not a field."""
    whole = target(runtime, entity, key)
    path, _, last = key.rpartition(".")
    if whole is not None or last not in OPERATOR_OF:
        return whole, "is"
    return target(runtime, entity, path), OPERATOR_OF[last]


def _order(runtime: Any, entity: str, text: str) -> tuple[tuple[str, ...], list[Problem]]:
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [part for part in parts if not _sortable(runtime, entity, part.lstrip("-"))]
    problems = [_unsortable(runtime, entity, part) for part in wrong]
    return tuple(part for part in parts if part not in wrong), problems


def _unsortable(runtime: Any, entity: str, part: str) -> Problem:
    """Return why a list cannot be sorted by a path."""
    path = part.lstrip("-")
    found = target(runtime, entity, path)
    if found is not None and found.field.is_masked:
        return Problem(MASKED, {"label": found.label}, field="order")
    names = runtime.configuration.entities[entity].fields
    return Problem("R183", {"name": part, "near": near(path, names)}, field="order")


def _sortable(runtime: Any, entity: str, path: str) -> bool:
    if path == "id":
        return True
    found = target(runtime, entity, path)
    if found is None or not found.field.is_asked or found.field.is_masked:
        return False
    return found.field.kind.storage not in ("jsonb", "file")


def _limit(text: str) -> tuple[int, list[Problem]]:
    if not text:
        return DEFAULT_LIMIT, []
    is_short = len(text) <= len(str(MAX_LIMIT))
    if is_short and text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_LIMIT:
        return int(text), []
    return DEFAULT_LIMIT, [Problem("R184", {"value": text[:20], "max": MAX_LIMIT}, field="limit")]
