"""This file keeps what a browser shows at the door: its session, that it is known, a way to the provider."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kernel.accounts.events import Origin
from kernel.accounts.openid import Flow
from kernel.accounts.sealing import Seal, Unreadable
from kernel.accounts.sessions import DEVICE_KNOWN
from kernel.accounts.sign_in import Entered

SESSION, DEVICE, FLOW = "sessao", "navegador", "caminho"
HOST_ONLY = "__Host-"  # browsers take such a name only over https, for this host and all of its paths
FLOW_SECONDS = 600


def is_https(request: Request) -> bool:
    """Tell whether the browser reaches us by https, also through a proxy that uvicorn trusts."""
    return request.url.scheme == "https"


def _name(request: Request, name: str) -> str:
    return HOST_ONLY + name if is_https(request) else name


def _read(request: Request, name: str) -> str:
    return request.cookies.get(_name(request, name), "")


def session(request: Request) -> str:
    """Return the token of the session that a browser shows."""
    return _read(request, SESSION)


def device(request: Request) -> str:
    """Return the token by which a browser is known."""
    return _read(request, DEVICE)


def origin(request: Request) -> Origin:
    """Return where a request comes from, for the log."""
    agent = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Origin(request.client.host if request.client else "", agent[:300])


def give(request: Request, answer: Response, entered: Entered) -> None:
    """Let a browser keep its session until it is closed, and what it is known by for longer."""
    _set(request, answer, SESSION, entered.token)
    if entered.device:
        _set(request, answer, DEVICE, entered.device, int(DEVICE_KNOWN.total_seconds()))


def take(request: Request, answer: Response) -> None:
    """Have a browser forget its session."""
    _forget(request, answer, SESSION)


def give_flow(request: Request, answer: Response, flow: Flow, seal: Seal) -> None:
    """Let a browser carry what its way to the provider must find again."""
    _set(request, answer, FLOW, seal.close(FLOW, flow.to_text()).decode(), FLOW_SECONDS)


def flow(request: Request, seal: Seal) -> Flow | None:
    """Return what a browser carried to the provider and back; None when it is not ours or too old."""
    try:
        return Flow.of_text(seal.open(FLOW, _read(request, FLOW).encode(), FLOW_SECONDS))
    except Unreadable:
        return None


def take_flow(request: Request, answer: Response) -> None:
    """Have a browser forget a way that ended."""
    _forget(request, answer, FLOW)


def _set(request: Request, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
    # Lax, not Strict: links from an e-mail and the way back from a provider must find the session.
    answer.set_cookie(
        _name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def _forget(request: Request, answer: Response, name: str) -> None:
    answer.delete_cookie(
        _name(request, name), path="/", secure=is_https(request), httponly=True, samesite="lax"
    )
