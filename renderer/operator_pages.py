"""This file answers the pages of operators: their accounts, the roles they have, and what ends or begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.access.effective import roles_of
from kernel.access.playing import access_of
from kernel.access.rights import MANAGE, RIGHTS, VIEW_AS, has_right
from kernel.accounts import accounts, events, passwords, second_factor, sessions, viewing
from kernel.accounts.accounts import Account, New
from kernel.accounts.signed import as_whom, operator_table
from metadata.problems import Problem, Refused
from metadata.values.moments import parse_date
from renderer import posted, screen, session_cookies, visit
from renderer.access_gate import may, opened, tabs
from renderer.own_address import own_page
from renderer.posted import last
from renderer.visit import Visit

PAGE = "/acessos/operadores"
CRUMBS = (("Acessos", "/acessos/papeis"), ("Operadores", PAGE))
TOLD = {
    "papel": "Papel dado; já vale.",
    "tirado": "Papel tirado; já vale.",
    "desligada": "Conta desligada; as sessões dela terminaram.",
    "ligada": "Conta ligada de novo.",
    "fator": "Segundo fator desligado; ao entrar, basta a senha.",
    "sessoes": "Sessões encerradas.",
}


def overview(request: Request) -> Response:
    """Show every account with its roles of today."""
    seen = opened(request, MANAGE)
    wanted = request.query_params.get("q", "").strip().casefold()
    with seen.reading.connect() as connection:
        listed = accounts.listed(connection, seen.context.now.date())
    found = [each for each in listed if wanted in f"{each.login} {each.name} {each.email or ''}".casefold()]
    return _page(
        request, seen, "operators.html", "Operadores", accounts=found, labels=_labels(seen), wanted=wanted
    )


def begin(request: Request) -> Response:
    """Show the form of a new account."""
    seen = opened(request, MANAGE)
    return _new_page(request, seen, {}, {})


def create(request: Request) -> Response:
    """Make an account and show its first password once."""
    seen, (texts, _) = opened(request, MANAGE), posted.form(request)
    typed = {name: last(texts, name) for name in ("login", "nome", "email", "papel")}
    password = passwords.generated()
    new = New(typed["login"], typed["nome"], password, typed["email"] or None)
    with seen.engine.begin() as connection:
        made = accounts.add(connection, new, seen.signed.login)
        if isinstance(made, Refused):
            at = "email" if made.facts.get("login") == typed["email"] != typed["login"] else "login"
            return _new_page(request, seen, typed, {at: Problem(made.code, made.facts)}, 422)
        if typed["papel"] in roles_of(seen.runtime.whole.configuration):
            accounts.give(connection, made, typed["papel"], seen.context.now.date(), None, seen.signed.login)
        events.note(
            connection,
            seen.context.now,
            session_cookies.origin(request),
            "account-made",
            account=made,
            login=typed["login"],
        )
    return _password_page(request, seen, made, typed["nome"] or typed["login"], password)


def show(request: Request) -> Response:
    """Show one account."""
    return _one(request, opened(request, MANAGE))


def _one(request: Request, seen: Visit, problem: Problem | None = None, status: int = 200) -> Response:
    account = _account(request, seen)
    with seen.reading.connect() as connection:
        given = accounts.given(connection, account.id)
    labels = _labels(seen)
    return _page(
        request,
        seen,
        "operator.html",
        account.name,
        status=status,
        crumbs=CRUMBS,
        account=account,
        given=[(each, labels.get(each.role, each.role)) for each in reversed(given)],
        labels=labels,
        problem=problem,
        today=seen.context.now.date(),
        is_self=account.id == seen.signed.account,
        may_view_as=may(seen, VIEW_AS),
        told=TOLD.get(request.query_params.get("feito", ""), ""),
    )


# ── what is done to an account ────────────────────────────────────────────────────────────────────


def give(request: Request) -> Response:
    """Give a role, from a day and maybe until one."""
    seen, (texts, _) = opened(request, MANAGE), posted.form(request)
    account, role = _account(request, seen), last(texts, "papel")
    days: dict[str, date | None] = {"de": seen.context.now.date(), "ate": None}
    for name in days:
        if text := last(texts, name):
            day = parse_date(text, seen.context.now)
            if isinstance(day, Refused):
                return _one(request, seen, Problem(day.code, day.facts), 422)
            days[name] = day
    since, until = days["de"], days["ate"]
    assert since is not None
    if until and until < since:
        return _one(request, seen, Problem("R493", {}), 422)
    if role not in roles_of(seen.runtime.whole.configuration):
        return _one(request, seen, Problem("R101", {"label": "Papel"}), 422)
    with seen.engine.begin() as connection:
        accounts.give(connection, account.id, role, since, until, seen.signed.login)
        _note(request, seen, connection, "role-given", account, role)
    return _back(account, "papel")


def take(request: Request) -> Response:
    """Take a role away from today on."""
    seen, (texts, _) = opened(request, MANAGE), posted.form(request)
    account, role = _account(request, seen), last(texts, "papel")
    if account.id == seen.signed.account and not _manages_without(seen, account, role):
        return _one(request, seen, Problem("R494", {"right": RIGHTS[MANAGE]}), 422)
    with seen.engine.begin() as connection:
        accounts.take(connection, account.id, role, seen.context.now.date())
        _note(request, seen, connection, "role-taken", account, role)
    return _back(account, "tirado")


def _manages_without(seen: Visit, account: Account, role: str) -> bool:
    """Tell whether somebody still looks after accesses when a role is gone."""
    others = tuple(each for each in account.roles if each != role)
    return has_right(access_of(seen.runtime.whole, others, None), MANAGE)


def renew_password(request: Request) -> Response:
    """Give another first password, shown once; what the account has open ends."""
    seen = opened(request, MANAGE)
    account, password = _account(request, seen), passwords.generated()
    origin = session_cookies.origin(request)
    with seen.engine.begin() as connection:
        accounts.end_pauses(connection, account)
        refused = accounts.change_password(
            connection, account.id, password, seen.context.now, origin, must_change=True
        )
    if refused:
        return _one(request, seen, Problem(refused.code, refused.facts), 422)
    return _password_page(request, seen, account.id, account.name, password)


def act(request: Request) -> Response:
    """Switch the account off or on, its second factor off, or end its sessions."""
    seen = opened(request, MANAGE)
    account, what = _account(request, seen), request.path_params["what"]
    if what not in ACTS or (what == "desligar" and account.id == seen.signed.account):
        raise HTTPException(404)
    told, done = ACTS[what]
    with seen.engine.begin() as connection:
        done(connection, account, seen, session_cookies.origin(request))
    return _back(account, told)


Act = Callable[[Connection, Account, Visit, events.Origin], object]
ACTS: dict[str, tuple[str, Act]] = {
    "desligar": (
        "desligada",
        lambda connection, account, seen, origin: accounts.activate(
            connection, account, False, seen.context.now, origin
        ),
    ),
    "ligar": (
        "ligada",
        lambda connection, account, seen, origin: accounts.activate(
            connection, account, True, seen.context.now, origin
        ),
    ),
    "fator": (
        "fator",
        lambda connection, account, seen, origin: second_factor.turn_off(
            connection, account.id, seen.context.now, origin
        ),
    ),
    "sessoes": (
        "sessoes",
        lambda connection, account, seen, origin: sessions.revoke(
            connection, account.id, seen.context.now, origin, login=account.login
        ),
    ),
}


# ── ver como ──────────────────────────────────────────────────────────────────────────────────────


def view_as(request: Request) -> Response:
    """See the screens as another operator or as a role, until told otherwise."""
    seen, (texts, _) = opened(request, VIEW_AS), posted.form(request)
    kind, name = last(texts, "tipo"), last(texts, "nome")
    known = roles_of(seen.runtime.whole.configuration)
    if seen.signed.session is None or kind not in (viewing.OPERATOR, viewing.ROLE):
        raise HTTPException(404)
    with seen.engine.begin() as connection:
        whom = as_whom(
            connection, kind, name, seen.context.now.date(), operator_table(seen.runtime.whole.configuration)
        )
        if whom is None or (kind == viewing.ROLE and name not in known):
            raise HTTPException(404)
        viewing.begin(
            connection, seen.signed.session, seen.signed.login, kind, name, seen.context.now,
            session_cookies.origin(request),
        )  # fmt: skip
    return RedirectResponse("/", status_code=303)


def end_view(request: Request) -> Response:
    """Be oneself again."""
    seen = visit.of(request)
    if seen.signed.session is not None:
        with seen.engine.begin() as connection:
            viewing.end(connection, seen.signed.session)
    (texts, _) = posted.form(request)
    return RedirectResponse(own_page(last(texts, "volta")), status_code=303)


# ── what is known ─────────────────────────────────────────────────────────────────────────────────


def _page(request: Request, seen: Visit, template: str, title: str, **values: Any) -> Response:
    return screen.page(request, template, title=title, tabs=tabs(seen), current=PAGE, **values)


def _new_page(
    request: Request, seen: Visit, typed: dict[str, str], problems: dict[str, Problem], status: int = 200
) -> Response:
    return _page(
        request, seen, "operator_new.html", "Novo operador", status=status, crumbs=CRUMBS,
        typed=typed, problems=problems, labels=_labels(seen),
    )  # fmt: skip


def _password_page(request: Request, seen: Visit, account: int, name: str, password: str) -> Response:
    return _page(
        request, seen, "operator_password.html", "Senha de uma vez", crumbs=CRUMBS,
        name=name, password=password, address=f"{PAGE}/{account}",
    )  # fmt: skip


def _labels(seen: Visit) -> dict[str, str]:
    return {name: role.label for name, role in roles_of(seen.runtime.whole.configuration).items()}


def _account(request: Request, seen: Visit) -> Account:
    with seen.reading.connect() as connection:
        listed = accounts.listed(connection, seen.context.now.date())
    found = next((each for each in listed if each.id == request.path_params["account"]), None)
    if found is None:
        raise HTTPException(404)
    return found


def _note(
    request: Request, seen: Visit, connection: Connection, what: str, account: Account, role: str
) -> None:
    origin = session_cookies.origin(request)
    detail = f"{_labels(seen).get(role, role)}, por {seen.signed.name}"
    events.note(
        connection, seen.context.now, origin, what, account=account.id, login=account.login, detail=detail
    )


def _back(account: Account, told: str) -> Response:
    return RedirectResponse(f"{PAGE}/{account.id}?feito={told}", status_code=303)


ONE = f"{PAGE}/{{account:record}}"
ROUTES = [
    Route(PAGE, overview, methods=["GET"]),
    Route(f"{PAGE}/novo", begin, methods=["GET"]),
    Route(f"{PAGE}/novo", create, methods=["POST"]),
    Route(ONE, show, methods=["GET"]),
    Route(f"{ONE}/papeis", give, methods=["POST"]),
    Route(f"{ONE}/papeis/tirar", take, methods=["POST"]),
    Route(f"{ONE}/senha", renew_password, methods=["POST"]),
    Route(f"{ONE}/{{what}}", act, methods=["POST"]),
    Route("/ver-como", view_as, methods=["POST"]),
    Route("/ver-como/fim", end_view, methods=["POST"]),
]
