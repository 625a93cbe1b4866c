"""This file compares what two runs came to, record by record and part by part, from the figures kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from decimal import Decimal

from sqlalchemy import Connection, text

from kernel.access.reach import Reach
from kernel.context import Context
from kernel.processes.clear import may_read
from kernel.processes.figures import ALL
from kernel.processes.plan import Plan
from kernel.processes.runs import Run, run_of
from kernel.processes.tables import BEFORE, FIGURE, FINISHED, MADE, RUN
from metadata.entity import Field

NEW, GONE, MORE, LESS, SAME = "new", "gone", "more", "less", "same"
KINDS = (NEW, GONE, MORE, LESS)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows and their sum, in the run before and in this one."""

    rows_before: int = 0
    before: Decimal = ZERO
    rows: int = 0
    now: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        """By how much the sum changed."""
        return self.now - self.before

    @property
    def kind(self) -> str:
        """What happened, as a word."""
        if not self.rows_before or not self.rows:
            return NEW if self.rows else GONE
        return MORE if self.difference > 0 else LESS if self.difference < 0 else SAME


Parts = Mapping[str, Mapping[str, Pair]]


@dataclass(frozen=True, slots=True)
class Change:
    """What changed of one record; of all together, where `unit` is 0.

    parts: by the column that explains, and by its value.
    """

    unit: int
    pair: Pair
    parts: Parts = attribute(default_factory=dict)


# ── with which run ────────────────────────────────────────────────────────────────────────────────

_BEFORE = text(
    f"SELECT id FROM {RUN.name} WHERE process = :process AND status = '{FINISHED}' AND NOT is_dry "
    "AND only_of IS NULL AND id < :run "
    # One that found nothing left to do says nothing of how much there is.
    f"AND (EXISTS (SELECT 1 FROM {MADE.name} m WHERE m.run = {RUN.name}.id) "
    f"OR EXISTS (SELECT 1 FROM {BEFORE.name} b WHERE b.run = {RUN.name}.id)) "
    "ORDER BY (answers - CAST(:keys AS text[])) = (CAST(:answers AS jsonb) - CAST(:keys AS text[])) DESC, "
    "key <> :key DESC, id DESC LIMIT 1"
)


def before_of(connection: Connection, plan: Plan, run: Run) -> Run | None:
    """Return the run with which one is compared: of as much, for another key, the last that did anything."""
    words = {
        "process": run.process, "run": run.id, "key": run.key, "keys": list(plan.process.key),
        "answers": json.dumps(dict(run.answers)),
    }  # fmt: skip
    found = connection.scalar(_BEFORE, words)
    return run_of(connection, found) if found else None


def has_figures(connection: Connection, run: int) -> bool:
    """Tell whether there is something of a run to compare."""
    asked = text(f"SELECT EXISTS (SELECT 1 FROM {FIGURE.name} WHERE run = :run)")
    return bool(connection.scalar(asked, {"run": run}))


# ── what changed ──────────────────────────────────────────────────────────────────────────────────


def _of(run: str) -> str:
    return (
        f"SELECT unit, sum(rows) AS n, sum(value) AS v FROM {FIGURE.name} "
        f"WHERE run = :{run} AND unit <> {ALL} GROUP BY unit"
    )


_BOTH = (
    f"WITH a AS ({_of('before')}), b AS ({_of('now')}), c AS (SELECT unit, coalesce(a.n, 0) AS rows_before, "
    "coalesce(a.v, 0) AS before, coalesce(b.n, 0) AS rows, coalesce(b.v, 0) AS now, "
    f"CASE WHEN a.unit IS NULL THEN '{NEW}' WHEN b.unit IS NULL THEN '{GONE}' WHEN b.v > a.v THEN '{MORE}' "
    f"WHEN b.v < a.v THEN '{LESS}' ELSE '{SAME}' END AS kind FROM a FULL JOIN b USING (unit)) "
)
_COUNTS = text(f"{_BOTH} SELECT kind, count(*) FROM c GROUP BY kind")
_CHANGES = text(
    f"{_BOTH} SELECT unit, rows_before, before, rows, now FROM c "
    f"WHERE kind <> '{SAME}' AND (:kind = '' OR kind = :kind) "
    "ORDER BY abs(now - before) DESC, unit OFFSET :skip LIMIT :limit"
)
_PARTS = text(
    "SELECT f.unit, p.key, k.key, "
    "coalesce(sum((k.value->>0)::bigint) FILTER (WHERE run = :before), 0), "
    "coalesce(sum((k.value->>1)::numeric) FILTER (WHERE run = :before), 0), "
    "coalesce(sum((k.value->>0)::bigint) FILTER (WHERE run = :now), 0), "
    "coalesce(sum((k.value->>1)::numeric) FILTER (WHERE run = :now), 0) "
    f"FROM {FIGURE.name} f CROSS JOIN jsonb_each(f.split) p CROSS JOIN jsonb_each(p.value) k "
    "WHERE run IN (:before, :now) AND unit = ANY(:units) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_TOTAL = text(
    "SELECT coalesce(sum(rows) FILTER (WHERE run = :before), 0), "
    "coalesce(sum(value) FILTER (WHERE run = :before), 0), coalesce(sum(rows) FILTER (WHERE run = :now), 0), "
    f"coalesce(sum(value) FILTER (WHERE run = :now), 0) FROM {FIGURE.name} "
    f"WHERE run IN (:before, :now) AND unit = {ALL}"
)


def counts(connection: Connection, before: int, now: int) -> dict[str, int]:
    """Return of how many records what happened."""
    found = connection.execute(_COUNTS, {"before": before, "now": now})
    return {str(kind): int(count) for kind, count in found}


def total(connection: Connection, before: int, now: int) -> Change:
    """Return what changed of all records together."""
    words = {"before": before, "now": now}
    rows_before, was, rows, came = connection.execute(_TOTAL, words).one()
    parts = _parts(connection, before, now, [ALL]).get(ALL, {})
    return Change(ALL, Pair(int(rows_before), was, int(rows), came), parts)


def changes(
    connection: Connection, before: int, now: int, kind: str = "", skip: int = 0, limit: int = 50
) -> list[Change]:
    """Return the records of which something changed, the largest differences first."""
    words = {"before": before, "now": now, "kind": kind, "skip": skip, "limit": limit}
    found = [(unit, Pair(int(a), b, int(c), d)) for unit, a, b, c, d in connection.execute(_CHANGES, words)]
    parts = _parts(connection, before, now, [unit for unit, _ in found])
    return [Change(unit, pair, parts.get(unit, {})) for unit, pair in found]


def every(connection: Connection, before: int, now: int, kind: str = "") -> Iterator[list[Change]]:
    """Yield all changes, some at a time."""
    skip, at_once = 0, 2_000
    while found := changes(connection, before, now, kind, skip, at_once):
        yield found
        skip += at_once


def _parts(
    connection: Connection, before: int, now: int, units: Iterable[int]
) -> dict[int, dict[str, dict[str, Pair]]]:
    found: dict[int, dict[str, dict[str, Pair]]] = {}
    words = {"before": before, "now": now, "units": list(units)}
    for unit, part, key, rows_before, was, rows, came in connection.execute(_PARTS, words):
        pair = Pair(int(rows_before), was, int(rows), came)
        found.setdefault(unit, {}).setdefault(part, {})[key] = pair
    return found


# ── of what, and who may see it ───────────────────────────────────────────────────────────────────


def field_of(plan: Plan, name: str) -> Field:
    """Return the column of the compared step."""
    assert plan.process.compare is not None
    return plan.steps.entities[plan.made[plan.process.compare.step].entity].fields[name]


def may_compare(connection: Connection, plan: Plan, context: Context) -> bool:
    """Tell whether an operator may read what figures are made of, of every record there is."""
    said = plan.process.compare
    if said is None:
        return False
    reach = Reach(connection, plan.runtime, context)
    return may_read(plan, reach, said.step, (said.by, said.sum, *said.parts))
