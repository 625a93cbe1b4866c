"""This file has a SELECT that is not run: PostgreSQL only says how it would run it, and on how many rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class Explain(Select[Any]):
    """EXPLAIN of a SELECT of one column; the answer is the plan as JSON."""

    inherit_cache = True


@compiles(Explain)
def _explained(element: Explain, compiler: SQLCompiler, **given: Any) -> str:
    select: str = compiler.visit_select(element, **given)  # type: ignore[no-untyped-call]
    return f"EXPLAIN (FORMAT JSON) {select}"
