"""This file keeps the rows of reports with their run, and reads them back.

They are copied out within the transaction of a part and in after it, past what a dry run takes back: as a
stream, so a report of a million rows needs no more memory than one of ten.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from sqlalchemy import Connection, Numeric, Select, Text, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from kernel.processes.plan import Plan
from kernel.processes.tables import REPORTED
from metadata.process import Process, StepReport

IN_MEMORY_BYTES = 1 << 20
AT_ONCE = 1_000
Taken = IO[bytes]


@dataclass(frozen=True, slots=True)
class Reported:
    """A page of a report: its rows from one on, how many there are, and what the sums come to."""

    rows: Sequence[Sequence[Any]]
    count: int
    sums: Sequence[Any]


def columns(process: Process) -> Iterator[tuple[str, str]]:
    """Yield the steps that have reports, with each column of them."""
    for name, report in reports(process).items():
        yield from ((name, column) for column in report.columns)


def reports(process: Process) -> dict[str, StepReport]:
    """Return the reports of a process by step."""
    return {name: step.report for name, step in process.steps.items() if step.report is not None}


# ── kept ──────────────────────────────────────────────────────────────────────────────────────────


def taken(connection: Connection, plan: Plan, run: int, part: int) -> Taken | None:
    """Return what the reports of a part come to, as it is copied in again; None where there are none."""
    found = reports(plan.process)
    if not found:
        return None
    driver: Any = connection.connection.driver_connection
    file: Taken = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (closed once it is kept)
    with driver.cursor() as cursor:
        for name, report in found.items():
            text = str(_copied(plan, name, report, run, part).compile(dialect=connection.dialect))
            with cursor.copy(f"COPY ({text}) TO STDOUT") as copy:
                for block in copy:
                    file.write(block)
    return file


def _copied(plan: Plan, name: str, report: StepReport, run: int, part: int) -> Select[Any]:
    table = plan.tables[name]
    of_part: list[Any] = [literal_column(text) for text in (f"{run:d}", f"{part:d}", f"'{name}'")]
    row = func.jsonb_build_array(*(table.c[each] for each in report.columns))
    return select(*of_part, row).order_by(table.c.id)


def keep(connection: Connection, found: Taken | None) -> None:
    """Keep what the reports of a part come to."""
    if found is None:
        return
    driver: Any = connection.connection.driver_connection
    with found, driver.cursor() as cursor:
        found.seek(0)
        with cursor.copy(f"COPY {REPORTED.name} (run, part, step, row) FROM STDIN") as copy:
            while block := found.read(IN_MEMORY_BYTES):
                copy.write(block)


# ── read ──────────────────────────────────────────────────────────────────────────────────────────


def page(connection: Connection, report: StepReport, run: int, step: str, skip: int, limit: int) -> Reported:
    """Return some rows of a report, in the order of their columns or as they were made."""
    rows = [_exact(row) for row in connection.scalars(_rows(report, run, step).offset(skip).limit(limit))]
    all_ = _rows(report, run, step).order_by(None).subquery("all_")
    sums = [func.sum(_number(cast(all_.c.row, JSONB), report, name)) for name in report.sum]
    count, *totals = connection.execute(select(func.count(), *sums).select_from(all_)).one()
    return Reported(rows, count, totals)


def every(connection: Connection, report: StepReport, run: int, step: str) -> Iterator[Sequence[Any]]:
    """Yield all rows of a report, as the server gives them."""
    asked = _rows(report, run, step).execution_options(stream_results=True, yield_per=AT_ONCE)
    yield from map(_exact, connection.scalars(asked))


def _rows(report: StepReport, run: int, step: str) -> Select[Any]:
    of_report = (REPORTED.c.run == run, REPORTED.c.step == step)
    if not report.sum:
        return select(cast(REPORTED.c.row, Text).label("row")).where(*of_report).order_by(REPORTED.c.id)
    keys = [REPORTED.c.row.op("->")(place) for place, _ in _keys(report)]
    summed = {name: func.sum(_number(REPORTED.c.row, report, name)) for name in report.sum}
    by_name = dict(zip((name for _, name in _keys(report)), keys, strict=True))
    row = func.jsonb_build_array(*(summed.get(name, by_name.get(name)) for name in report.columns))
    return select(cast(row, Text).label("row")).where(*of_report).group_by(*keys).order_by(*keys)


def _exact(row: str) -> list[Any]:
    """Return a row whose amounts are decimal, as they were."""
    return json.loads(row, parse_float=Decimal)  # type: ignore[no-any-return]


def _keys(report: StepReport) -> list[tuple[int, str]]:
    return [(place, name) for place, name in enumerate(report.columns) if name not in report.sum]


def _number(row: Any, report: StepReport, name: str) -> Any:
    return cast(row.op("->>")(report.columns.index(name)), Numeric)
