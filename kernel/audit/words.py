"""This file says what was done, by whom and from where, as parts of a Portuguese sentence."""

from __future__ import annotations

from collections.abc import Mapping

from kernel.audit.tables import DELETED, INSERTED, LINKED, UNLINKED, UPDATED

DONE: Mapping[str, str] = {
    INSERTED: "incluiu", UPDATED: "mudou", DELETED: "excluiu", LINKED: "ligou", UNLINKED: "desligou",
}  # fmt: skip
# What people search for; links of many are changes to them.
OPERATIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "inclusao": ("Inclusão", (INSERTED,)),
    "alteracao": ("Alteração", (UPDATED, LINKED, UNLINKED)),
    "exclusao": ("Exclusão", (DELETED,)),
}
_WHERE: Mapping[str, str] = {
    "page": "pela tela",
    "api": "pela API",
    "import": "por importação de {route}",
    "process": "pela execução {run}",
    "command": "por comando",
    "publication": "na publicação",
    "database": "direto no banco de dados",
}


def who(operator: str, database_user: str) -> str:
    """Return who did it; whoever did not say is the account of the database."""
    return operator or f"A conta {database_user} do banco"


def run_of(kind: str, route: str) -> int:
    """Return the number of the run of a process that did it; 0 where it was none."""
    number = route.removeprefix("run/")
    return int(number) if kind == "process" and number != route and number.isdecimal() else 0


def where(kind: str, route: str, address: str, run: str = "") -> str:
    """Return from where: `pela tela, de 10.0.0.7`; `run` is what a run of a process is called."""
    said = _WHERE.get(kind, kind).format(route=route, run=run or run_of(kind, route) or "de um processo")
    return f"{said}, de {address}" if address else said
