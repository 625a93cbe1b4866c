"""Pages of other sites, and addresses that are none: nothing is done for them, and nothing falls over."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests import door
from tests.attacks.target import Target

FOREIGN = (
    {"Origin": "https://mal.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://[::1"},
    {"Origin": "http://[", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http:///"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
)


def test_no_changing_route_does_anything_for_a_page_of_another_site(target: Target) -> None:
    """With the cookie of the administrator, as a browser would send it."""
    cookie = {"Cookie": f"sessao={target.admin.cookies['sessao']}"}
    before = target.everything()
    routes = target.routes("POST", "PUT", "PATCH", "DELETE")
    assert len(routes) > 30
    with door.browser(target.address) as outside:
        del outside.headers["Origin"]
        for method, path in routes:
            for headers in FOREIGN:
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                body = b"version=1&f.nome=Mudado&campo=situacao&valor=cancelado&ids=1&todos=sim&nome=x"
                answer = outside.request(method, path, content=body, headers=cookie | headers | form)
                assert answer.status_code == 403, (method, path, headers, answer.status_code)
    assert target.everything() == before
    assert door.is_in(target.admin)


def test_a_token_in_a_page_of_another_site_does_nothing_either(target: Target) -> None:
    token = door.made_token(target.admin, escrever="sim")
    before = target.everything()
    for headers in FOREIGN[:-1]:
        sent = headers | {"Authorization": f"Bearer {token}"}
        values = {"sigla": "RJ", "nome": "Rio de Janeiro"}
        answer = httpx.post(f"{target.address}/api/v1/estado", json=values, headers=sent)
        assert answer.status_code == 403, headers
    assert target.everything() == before


def raw(target: Target, lines: str) -> str:
    """Send a request as it stands and return the first line of the answer."""
    place = urlsplit(target.address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(lines.encode("latin-1"))
        return connection.recv(4096).decode("latin-1").partition("\r\n")[0]


@pytest.mark.parametrize(
    "host", ["[", "[::1", "a[b", "]", "127.0.0.1@mal.example", "mal.example", "", " ", "127.0.0.1:x"]
)
def test_a_host_that_is_none_is_unknown(target: Target, host: str) -> None:
    for method in ("GET", "POST"):
        said = raw(
            target,
            f"{method} /entrar HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        )
        assert said.split()[1] in ("400", "403", "421", "303", "200"), said
        assert host == "127.0.0.1:x" or said.split()[1] in ("400", "421"), said


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /registros/pessoa\x00 HTTP/1.1", "GET //mal.example/ HTTP/1.1", "GET http://mal.example/ HTTP/1.1",
        "GET /\\mal.example HTTP/1.1", "TRACE / HTTP/1.1", "CONNECT mal.example:443 HTTP/1.1", "GET * HTTP/1.1", "OPTIONS * HTTP/1.1",
        "GET /registros/../../etc/passwd HTTP/1.1", "GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
        "GET /static/..%2f..%2frenderer%2fapp.py HTTP/1.1", "GET /static/%c0%ae%c0%ae/ HTTP/1.1", "GET /%ff%fe HTTP/1.1",
        "GET /anexos/%2e%2e%2f1 HTTP/1.1", "GET /registros/%00 HTTP/1.1",
    ],
)  # fmt: skip
def test_addresses_that_are_none_lead_nowhere(target: Target, request_line: str) -> None:
    host = urlsplit(target.address).netloc
    said = raw(target, f"{request_line}\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    status = said.split()[1]
    assert status.startswith(("3", "4")), said
