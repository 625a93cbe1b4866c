"""This file answers what went wrong, in Portuguese and with the next step; the API gets a problem."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route

from metadata.problems import Problem, Problems
from renderer import screen, visit
from renderer.convertors import is_record
from renderer.documents import lists
from renderer.problem import problem_response

LACKS_RIGHT, MAY_NOT_ADD, UNMADE = "R432", "R420", "R630"
# What is told by itself, with its hint as the step: status, title, icon.
TOLD: dict[str, tuple[int, str, str]] = {
    LACKS_RIGHT: (403, "Isto não está aberto para você", "lock"),
    MAY_NOT_ADD: (403, "Isto não está aberto para você", "lock"),
    UNMADE: (400, "Isto não se inclui à mão", "circle-alert"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a person reads: what happened, why, what to do now."""

    title: str
    cause: str
    step: str
    icon: str = "circle-alert"


FAILURES: dict[int, Failure] = {
    400: Failure(
        "Não entendi o pedido", "O endereço ou o formulário veio incompleto.", "Volte e tente de novo."
    ),
    403: Failure(
        "Pedido recusado",
        "Ele veio de outro site ou de uma página que não é desta aplicação.",
        "Abra a tela por aqui e repita o que ia fazer.",
        "lock",
    ),
    404: Failure(
        "Página não encontrada",
        "O endereço mudou, ou o que há nele foi excluído ou não está entre o que você vê.",
        "Procure com Ctrl+K ou volte ao início.",
        "search-x",
    ),
    405: Failure(
        "Isto não se faz neste endereço",
        "A página existe, mas não aceita esse tipo de pedido.",
        "Volte à tela e use os botões dela.",
    ),
    409: Failure("O registro mudou", "Outra pessoa salvou antes.", "Abra de novo e confira."),
    413: Failure(
        "Arquivo ou texto grande demais",
        "O envio passou do limite desta tela.",
        "Divida o arquivo ou reduza a imagem e envie de novo.",
        "file-x",
    ),
    415: Failure(
        "Formato não aceito",
        "O conteúdo veio em um formato que esta tela não lê.",
        "Confira o tipo do arquivo.",
    ),
    421: Failure(
        "Endereço desconhecido",
        "Esta aplicação não atende por esse nome.",
        "Use o endereço que a sua equipe informou.",
    ),
    500: Failure(
        "Algo falhou do nosso lado",
        "O erro foi anotado com o código abaixo; nada foi gravado pela metade.",
        "Tente de novo. Se repetir, informe o código.",
        "circle-x",
    ),
    503: Failure(
        "O banco de dados não respondeu",
        "A conexão caiu ou está sendo refeita; o que foi salvo está a salvo.",
        "Espere alguns segundos e tente de novo. A tela volta sozinha.",
        "cloud-off",
    ),
}
# What a program reads instead of cause and step: it has no screen to go back to.
FOR_PROGRAMS: dict[int, str] = {
    400: "O pedido veio incompleto. Confira-o em /api/v1/openapi.json.",
    403: "O pedido não veio desta aplicação. Com a sessão, envie Origin; sem ela, use uma chave de acesso.",
    404: "O endereço não existe. Confira-o em /api/v1/openapi.json.",
    405: "O endereço existe, mas não aceita este método. Use um dos que estão em Allow.",
    413: "O conteúdo passou do limite. Divida-o e envie de novo.",
    415: "Este endereço não lê este formato. Confira Content-Type.",
    500: "Algo falhou do nosso lado; nada foi gravado pela metade. Tente de novo, ou informe o código.",
    503: "O banco de dados não respondeu. Espere os segundos de Retry-After e tente de novo.",
}
RETRY_SECONDS = 3
INSIDE = frozenset({400, 404, 405, 409, 415})  # the application is well: its rail and its palette help on
UNKNOWN_ENTITY = "R401"


def http(request: Request, error: Exception) -> Response:
    """Answer an HTTPException: the page of its status."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer(request, error.status_code, headers)


def _methods(request: Request) -> set[str]:
    """Return what the address of a request accepts: each method may have a route of its own."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    fitting = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in fitting for method in route.methods or ()}


def crash(request: Request, error: Exception) -> Response:
    """Answer what nobody expected; the traceback goes to the log with the same code."""
    return answer(request, 500, {}, code=secrets.token_hex(3).upper())


def database_gone(request: Request, error: Exception) -> Response:
    """Answer while the database is away; the engine connects again by itself."""
    return answer(request, 503, {"Retry-After": str(RETRY_SECONDS)})


def refused(request: Request, error: Exception) -> Response:
    """Answer a request that names what does not exist, such as a cursor of another list."""
    assert isinstance(error, Problems)
    if request.url.path.startswith("/api/"):
        codes = {problem.code for problem in error.problems}
        status = 404 if UNKNOWN_ENTITY in codes else 403 if codes == {LACKS_RIGHT} else 400
        return problem_response(status, FAILURES[status].title, problems=error.problems)
    first = error.problems[0]
    if first.code in TOLD and all(problem.code == first.code for problem in error.problems):
        status, title, icon = TOLD[first.code]
        failure = Failure(title, f"{capital(first.sentence())}.", f"{capital(first.hint())}.", icon)
        return answer(request, status, {}, failure=failure)
    return answer(request, 400, {}, said=tuple(problem.sentence() for problem in error.problems))


def capital(sentence: str) -> str:
    """Return a sentence with a capital in front."""
    return sentence[:1].upper() + sentence[1:]


def only_looks(request: Request, problem: Problem) -> Response:
    """Answer a change by somebody who sees as another for a while."""
    failure = Failure(
        "Só para ver", f"{capital(problem.sentence())}.", "Volte a ser você e faça de novo.", "eye"
    )
    return answer(request, 403, {}, failure=failure)


def _explained(request: Request) -> str:
    """Return where it is explained what somebody may do with the record of an address; empty for others."""
    _, _, rest = request.url.path.partition("/registros/")
    name, _, record = rest.partition("/")
    found = lists(visit.of(request).runtime.whole).get(name)
    if found is None:
        return ""
    number = record.partition("/")[0]
    asked = {"o": found.entity, "registro": number if is_record(number) else ""}
    return f"/acessos/porque?{urlencode(asked)}"


def answer(
    request: Request,
    status: int,
    headers: dict[str, str],
    code: str = "",
    said: tuple[str, ...] = (),
    failure: Failure | None = None,
) -> Response:
    """Return the failure as a page, or as a problem for a program."""
    is_of_rights = failure is not None
    failure = failure or FAILURES.get(status, FAILURES[500 if status >= 500 else 400])
    if request.url.path.startswith("/api/"):
        detail = FOR_PROGRAMS.get(status, f"{failure.cause} {failure.step}")
        more: dict[str, Any] = {"code": code} if code else {}
        return problem_response(status, failure.title, detail, headers=headers, **more)
    told: dict[str, Any] = {"failure": failure, "code": code, "said": said}
    # What a right is lacking for, or a role, is told by those who work here, with their menu beside it.
    if (status in INSIDE or is_of_rights) and visit.is_signed(request):
        told["explained"] = _explained(request)
        return screen.page(
            request, "failure.html", title=failure.title, status=status, headers=headers, **told
        )
    template = request.app.state.templates.get_template("error.html")
    retry = RETRY_SECONDS if status == 503 else 0
    here = request.url.path if request.method in ("GET", "HEAD") else "/"
    text = template.render(status=status, retry=retry, here=here, **told)
    return HTMLResponse(text, status_code=status, headers=headers)
