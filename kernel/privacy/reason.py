"""This file judges reasons that people give: for a value shown, an export, the data of a person."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.problems import Problem
from metadata.types import tidy

LEAST, MOST = 5, 300
"""Characters: a reason must say something, and is no place to copy data to."""
REASONS: Sequence[str] = (
    "Atendimento à própria pessoa", "Conferência de cadastro", "Obrigação legal ou regulatória",
    "Ordem judicial", "Apuração de erro ou fraude",
)  # fmt: skip
PURPOSES: Sequence[str] = (
    "Obrigação legal ou regulatória", "Conferência interna", "Auditoria", "Execução de contrato",
    "Pedido da própria pessoa",
)  # fmt: skip


def judge(text: str, field: str = "motivo") -> tuple[str, Problem | None]:
    """Return a reason as it is noted, and what is wrong with it."""
    said = " ".join(tidy(text).split())
    if LEAST <= len(said) <= MOST:
        return said, None
    return said, Problem("R430", {"min": LEAST, "max": MOST}, field=field)
