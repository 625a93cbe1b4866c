"""This file lists the tabs of the audit, where each is shown, and keeps them to those who may open it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kernel.access.rights import OPEN_AUDIT, RIGHTS
from metadata.problems import Problem
from renderer import screen
from renderer.failures import Failure, capital
from renderer.visit import Visit

CHANGES, PEOPLE = "/auditoria", "/auditoria/dados-pessoais"
SIGN_INS, REFUSALS, PARAMETERS = "/auditoria/entradas", "/auditoria/recusas", "/auditoria/parametros"
TABS = (
    ("Alterações", CHANGES),
    ("Dados pessoais", PEOPLE),
    ("Entradas", SIGN_INS),
    ("Recusas", REFUSALS),
    ("Parâmetros", PARAMETERS),
)
TITLE_CLOSED = "A auditoria está fechada para você"


def may_open(seen: Visit) -> bool:
    """Tell whether the operator may open the log; what of it they see is another question."""
    return seen.context.has_right(OPEN_AUDIT)


def closed(request: Request) -> Response:
    """Answer whoever may not open the log."""
    problem = Problem("R429", {"right": RIGHTS[OPEN_AUDIT]})
    failure = Failure(TITLE_CLOSED, f"{capital(problem.sentence())}.", f"{capital(problem.hint())}.", "lock")
    return screen.page(
        request,
        "failure.html",
        title=failure.title,
        status=403,
        failure=failure,
        code="",
        said=(),
        explained="",
    )
