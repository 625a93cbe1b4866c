"""This file keeps what runs are compared by: of each record how many rows, which sum, and its parts.

The figures are taken within the transaction of a part, packed into one text, and kept after it: so those of
a dry run outlive what it takes back. They are sums by record, never rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, delete, select, text

from kernel.processes.plan import Plan
from kernel.processes.tables import FIGURE, REPORTED, RUN
from metadata.process import Process

ALL = 0  # the unit of all records together
KEPT_RUNS = 40  # of each process


def compared(process: Process) -> tuple[tuple[str, str], ...]:
    """Return the step, with each of its columns, that runs are compared by."""
    said = process.compare
    return () if said is None else tuple((said.step, name) for name in (said.by, said.sum, *said.parts))


def packed(connection: Connection, plan: Plan) -> str:
    """Return the figures of the part whose steps were just done, as JSON; empty where nothing is compared."""
    if plan.process.compare is None:
        return ""
    key = "figures"
    if key not in plan.runtime.views:
        plan.runtime.views[key] = text(_select(plan))
    return str(connection.scalar(plan.runtime.views[key]) or "")


def _select(plan: Plan) -> str:
    said = plan.process.compare
    assert said is not None
    table, by, value = plan.tables[said.step].name, f'"{said.by}"', f'coalesce("{said.sum}", 0)'
    sets = [f"({by})", "()"] + [f'({by}, "{part}")' for part in said.parts]
    sets += [f'("{part}")' for part in said.parts]
    keys = "".join(
        f', "{part}"::text AS k{n}, grouping("{part}") AS g{n}' for n, part in enumerate(said.parts)
    )
    whole = " AND ".join([f"g{n} = 1" for n, _ in enumerate(said.parts)] or ["true"])
    return (
        f"WITH g AS (SELECT CASE WHEN grouping({by}) = 1 THEN {ALL} ELSE {by} END AS unit{keys}, "
        f'count(*) AS n, sum({value}) AS v FROM "{table}" WHERE {by} IS NOT NULL '
        f"GROUP BY GROUPING SETS ({', '.join(sets)})), "
        f"u AS (SELECT unit, max(n) FILTER (WHERE {whole}) AS n, max(v) FILTER (WHERE {whole}) AS v, "
        f"jsonb_build_object({', '.join(_objects(said.parts))}) AS s FROM g WHERE n > 0 GROUP BY unit) "
        "SELECT jsonb_agg(jsonb_build_array(unit, n, v, s))::text FROM u"
    )


def _objects(parts: tuple[str, ...]) -> Iterator[str]:
    for n, part in enumerate(parts):
        yield (
            f"'{part}', coalesce(jsonb_object_agg(coalesce(k{n}, ''), jsonb_build_array(n, v)) "
            f"FILTER (WHERE g{n} = 0), '{{}}')"
        )


def keep(connection: Connection, run: int, part: int, figures: str) -> None:
    """Keep the figures of a part."""
    if figures:
        connection.execute(
            text(
                f"INSERT INTO {FIGURE.name} (run, part, unit, rows, value, split) "
                "SELECT :run, :part, (f->>0)::bigint, (f->>1)::bigint, (f->>2)::numeric, f->3 "
                "FROM jsonb_array_elements(CAST(:figures AS jsonb)) f"
            ),
            {"run": run, "part": part, "figures": figures},
        )


def prune(connection: Connection, process: str) -> None:
    """Let go of the figures and reports of runs of long ago."""
    newest = select(RUN.c.id).where(RUN.c.process == process).order_by(RUN.c.id.desc())
    oldest = connection.scalar(newest.offset(KEPT_RUNS - 1).limit(1))
    if oldest is not None:
        old = select(RUN.c.id).where(RUN.c.process == process, RUN.c.id < oldest)
        for table in (FIGURE, REPORTED):
            connection.execute(delete(table).where(table.c.run.in_(old)))
