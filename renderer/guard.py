"""This file stands before every page: security headers, same-origin posts, known hosts, plain bodies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
# Once reached by https, a browser comes back by nothing else for a year.
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
# Pages show people's data: never in a shared cache, always asked again.
PRIVATE = (b"cache-control", b"private, no-cache")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MEBIBYTE = 1024 * 1024
# First prefix that fits decides; forms and attachments carry files.
BODY_LIMITS = (
    ("/anexos", 128 * MEBIBYTE),
    ("/registros", 128 * MEBIBYTE),
    ("/api", 16 * MEBIBYTE),
    ("/entrar", 8 * MEBIBYTE),  # a form that waits for the sign-in travels along
    ("", 4 * MEBIBYTE),
)
# Nothing is unpacked here, so that no small body becomes a huge one, and texts are read in one way only.
AS_IT_IS = frozenset({"", "identity"})
CHARSETS = frozenset({b"utf-8", b"utf8"})
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", "testserver"})


class Guard:
    """ASGI middleware around the whole application; `refuse(scope, status)` gives the page of a refusal."""

    def __init__(
        self, app: ASGIApp, refuse: Callable[[Scope, int], ASGIApp], hosts: Iterable[str] = ()
    ) -> None:
        self.app = app
        self.refuse = refuse
        self.hosts = LOCAL_HOSTS | frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on, with the headers on whatever is answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        status = self._refusal(scope, headers)
        app = self.refuse(scope, status) if status else self.app
        with contextlib.suppress(ClientDisconnect):  # nobody is there any more to be answered
            await app(scope, _limited(scope, receive), _with_headers(scope, send))

    def _refusal(self, scope: Scope, headers: Headers) -> int:
        """Return the status of a request that must not go on, else 0."""
        if "*" not in self.hosts and _host_name(headers.get("host", "")) not in self.hosts:
            return 421
        if scope["method"] in SAFE_METHODS:
            return 0
        if not _is_same_origin(headers):
            return 403
        if _declared(headers) > _limit(scope["path"]):
            return 413
        return 0 if _is_plain(headers) else 415


def _is_same_origin(headers: Headers) -> bool:
    """A browser always says where a post comes from; a program says nothing and has no cookies to steal."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or _part(origin, "netloc") == headers.get("host")


def _host_name(host: str) -> str:
    return _part(f"//{host}", "hostname")


def _part(address: str, name: str) -> str:
    """Return a part of an address; empty where it is none, as with brackets that do not close."""
    try:
        return getattr(urlsplit(address), name) or ""
    except ValueError:
        return ""


def _is_plain(headers: Headers) -> bool:
    """Tell whether a body comes as it is, in UTF-8; forms would be read in any codec that Python has."""
    if headers.get("content-encoding", "").strip().lower() not in AS_IT_IS:
        return False
    _, said = parse_options_header(headers.get("content-type", ""))
    return said.get(b"charset", b"utf-8").lower() in CHARSETS


def _limit(path: str) -> int:
    return next(limit for prefix, limit in BODY_LIMITS if path.startswith(prefix))


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Count the body as it comes: a chunked one declares no length."""
    if scope["method"] in SAFE_METHODS:
        return receive
    limit, taken = _limit(scope["path"]), 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return counted


def _with_headers(scope: Scope, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(PRIVATE)
            secure = (STRICT_TRANSPORT,) if scope.get("scheme") == "https" else ()
            message["headers"] = [*headers, *HEADERS, *secure]
        await send(message)

    return sending
