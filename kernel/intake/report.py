"""This file writes the refused rows to a CSV that Excel opens: as they were, then line, column, reason.

What a spreadsheet would run as a formula gets a mark, which reading takes off again (read.py): corrected, the
file can be imported by the same mapping.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kernel.intake.read import REFUSED_COLUMNS
from kernel.intake.sql import REFUSED, STAGE, cell
from kernel.intake.stage import BATCH, Database
from metadata.problems import Problem, Problems
from metadata.system_errors import said_of
from metadata.values.formulas import marked

SEPARATOR = " | "


def count(database: Database) -> int:
    """Return how many rows were refused."""
    found = database.execute(f"SELECT count(DISTINCT line) FROM {REFUSED}").fetchone()
    return int(found[0]) if found else 0


def report(database: Database, header: tuple[str, ...], path: Path) -> None:
    """Write the refused rows beside `path`, as `path.part`; the caller gives the file its name at the end.

    Errors: Problems with R518.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow((*map(marked, header), *REFUSED_COLUMNS))
            writer.writerows(_rows(database, header))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Problems([Problem("R518", {"file": str(path), "reason": said_of(error)})]) from error


def _rows(database: Database, header: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    cells = ", ".join(f"s.{cell(position)}" for position in range(len(header)))
    reasons = (
        f"SELECT line, array_agg(place) AS places, array_agg(code) AS codes, array_agg(facts) AS facts "
        f"FROM {REFUSED} GROUP BY line"
    )
    with database.cursor("intake_refusals") as cursor:
        cursor.execute(
            f"SELECT s.line, f.places, f.codes, f.facts, {cells} "
            f"FROM ({reasons}) f JOIN {STAGE} s ON s.line = f.line ORDER BY s.line"
        )
        cursor.itersize = BATCH
        for line, places, codes, facts, *texts in cursor:
            problems = [Problem(code, told) for code, told in zip(codes, facts, strict=True)]
            reasons_told = dict.fromkeys(problem.said() for problem in problems)
            fields = dict.fromkeys(place for place in places if place)
            yield (
                *("" if one is None else marked(one) for one in texts),
                line,
                marked(SEPARATOR.join(fields)),
                marked(SEPARATOR.join(reasons_told)),
            )
