"""This file shows what expressions can say: each construct with a true example, and every function."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from metadata.expression.guide import RECORD, functions, portuguese, sections
from renderer import screen

PAGE = "/ajuda/expressoes"
TITLE = "Como se escrevem expressões"


def show(request: Request) -> Response:
    """Show the guide of the language; it is the same for everybody."""
    rows = [
        (
            section.title,
            [(each.what, each.text, each.in_portuguese, portuguese(each.gives)) for each in section.examples],
        )
        for section in sections()
    ]
    return screen.page(
        request,
        "expressions.html",
        title=TITLE,
        crumbs=(("Ajuda", "/ajuda?sobre=tela"),),
        record=portuguese(RECORD),
        sections=rows,
        functions=functions(),
    )


ROUTES = [Route(PAGE, show, methods=["GET"])]
