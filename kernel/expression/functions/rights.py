"""Built-ins about who asks: the named rights of the operator."""

from __future__ import annotations

from kernel.expression.functions.registry import builtin
from kernel.expression.scope import Run


@builtin("has right", needs_run=True)
def _has_right(run: Run, name: str) -> bool:
    return run.rights is None or name in run.rights
