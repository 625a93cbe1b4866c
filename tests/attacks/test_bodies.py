"""Bodies that are broken, huge, deep, packed or in another charset: each has an answer, in bounded time and memory."""

from __future__ import annotations

import gzip
import itertools
import json
import resource
import time
import zlib
from collections.abc import Iterator

import pytest

from tests.attacks.target import Target

SECONDS = 20  # of one answer, on a busy machine
MEMORY = 700 << 20  # more than before, in the process that serves and attacks
FORM = "application/x-www-form-urlencoded"
MANY = "multipart/form-data; boundary=x"
JSON = "application/json"


def part(name: str, value: bytes, more: bytes = b"") -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + more + b"\r\n\r\n"
    return head + value + b"\r\n"


BROKEN: dict[str, tuple[str, bytes]] = {
    "nothing": ("", b""),
    "no boundary": ("multipart/form-data", part("f.nome", b"x") + b"--x--\r\n"),
    "empty boundary": ("multipart/form-data; boundary=", b"----\r\n"),
    "long boundary": ("multipart/form-data; boundary=" + "b" * 5000, b"--b\r\n"),
    "no end": (MANY, part("f.nome", b"x")),
    "only a beginning": (MANY, b"--x"),
    "no name": (MANY, b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n"),
    "header without colon": (MANY, b"--x\r\nContent-Disposition form-data\r\n\r\nx\r\n--x--\r\n"),
    "headers without end": (MANY, b"--x\r\n" + b"X-A: b\r\n" * 20_000),
    "a header without end": (MANY, b"--x\r\nX-A: " + b"b" * 500_000),
    "name of many bytes": (MANY, part("f." + "n" * 200_000, b"x") + b"--x--\r\n"),
    "latin letters": (MANY, part("f.nome", "ação".encode("latin-1")) + b"--x--\r\n"),
    "null bytes": (MANY, part("f.nome", b"a\0b") + b"--x--\r\n"),
    "half letters": (FORM, b"version=1&f.nome=%ed%a0%80%ff%fe"),
    "null in a form": (FORM, b"version=1&f.nome=a%00b&f.%00=x&c.telefones.0.numero=%00"),
    "percent alone": (FORM, b"%&%=%zz&&&=&=="),
    "form that is json": (FORM, b'{"nome": "x"}'),
    "json that is a form": (JSON, b"nome=x&version=1"),
    "json list": (JSON, b"[" * 10),
    "json null bytes": (JSON, b'{"nome": "a\\u0000b", "\\u0000": 1}'),
    "json half letter": (JSON, b'{"nome": "\\ud800", "\\udfff": "\\ud800"}'),
    "json broken utf-8": (JSON, b'{"nome": "\xff\xfe"}'),
    "json in utf-16": (JSON, '{"nome": "x"}'.encode("utf-16")),
    "json numbers": (JSON, b'{"vidas": 1e999, "version": -0.0, "mensalidade": 1e-999999999}'),
    "json endless number": (JSON, b'{"version": ' + b"9" * 100_000 + b"}"),
    "json twice": (JSON, b'{"nome": "a", "nome": "b"}'),
    "json of wrong kinds": (
        JSON,
        b'{"nome": {}, "cidade": [], "telefones": {}, "version": "x", "posted": 3, "linhas": {"a": 1}}',
    ),
    "another kind": ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    "no kind": ("", b"\x00\xff" * 100),
    "many kinds": ("application/json, multipart/form-data; boundary=x", b"{}"),
    "a kind with letters": ("aplicação/json".encode().decode("latin-1"), b"{}"),
}


def deep(levels: int) -> bytes:
    return b'{"telefones":' + b"[" * levels + b"]" * levels + b"}"


HUGE: dict[str, tuple[str, bytes]] = {
    "deep json": (JSON, deep(500_000)),
    "deep objects": (JSON, b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    "many unknown names": (JSON, json.dumps({f"campo{number}": 1 for number in range(400_000)}).encode()),
    "one long name": (JSON, json.dumps({"n" * 3_000_000: 1}).encode()),
    "many wrong rows": (JSON, json.dumps({"telefones": [{"x": 1}] * 19_000}).encode()),
    "many rows": (JSON, b'{"version": 1, "telefones": [' + b",".join([b"{}"] * 15_000) + b"]}"),
    "rows that are none": (JSON, b'{"telefones": [' + b",".join([b"1"] * 500_000) + b"]}"),
    "a long text": (JSON, b'{"nome": "' + b"a" * 3_500_000 + b'"}'),
    "digits": (JSON, b'{"mensalidade": "' + b"9" * 3_000_000 + b'"}'),
    "digits of a document": (JSON, b'{"cpf": "' + b"1" * 3_000_000 + b'"}'),
    "zeros": (JSON, b'{"mensalidade": 0.' + b"0" * 3_000_000 + b"1}"),
    "a form of many fields": (FORM, b"a&" * 1_900_000),
    "a form of many values": (FORM, b"f.nome=x&" * 400_000),
    "grid rows": (
        FORM,
        b"version=1&" + b"&".join(b"c.telefones.%d.numero=1" % number for number in range(100_000)),
    ),
    "many parts": (MANY, part("f.nome", b"x") * 50_000 + b"--x--\r\n"),
    "many files": (MANY, part("arquivo", b"x", b'; filename="a"') * 20_000 + b"--x--\r\n"),
    "a base that is deep": (FORM, b"version=1&f.nome=x&base=" + b"[" * 900_000),
    "a base that is large": (FORM, b"version=1&f.nome=x&base=" + b"%7B%22f%22:" * 300_000),
}


ENDING = ("/sair", "/conta/sessoes")  # they would end the session that attacks


@pytest.fixture(params=["admin", "stranger"])
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(target: Target, who: str, method: str, path: str, kind: str, body: bytes) -> None:
    """Send a body; whatever comes back is an answer, not a fault, in time."""
    client = getattr(target, who)
    headers = {"Content-Type": kind.encode("latin-1")} if kind else {}
    start = time.monotonic()
    answer = client.request(method, path, content=body, headers=headers)
    where = f"{method} {path} as {who}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    assert time.monotonic() - start < SECONDS, where
    assert len(answer.content) < 4 * len(body) + (1 << 20), where


def test_no_broken_body_makes_a_route_fall_over(target: Target, who: str) -> None:
    routes = [each for each in target.routes("POST", "PUT", "PATCH", "DELETE") if each[1] not in ENDING]
    for turn, (kind, body) in enumerate(BROKEN.values()):
        for method, path in routes[turn % 2 :: 2]:
            ask(target, who, method, path, kind, body)


def test_no_huge_body_fills_memory_or_time(target: Target, who: str) -> None:
    for case, (kind, body) in HUGE.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        for method, path in heavy(target, kind):
            ask(target, who, method, path, kind, body)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before
        assert grown < MEMORY, f"{case}: {grown >> 20} MB"


def heavy(target: Target, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the routes that read such a body in ways of their own."""
    record = f"/registros/pessoa/{target.shown}"
    if kind == JSON:
        yield from (("POST", "/api/v1/pessoa"), ("PATCH", f"/api/v1/pessoa/{target.shown}"))
        yield from (("PUT", f"/rascunhos/pessoa/{target.shown}"), ("POST", "/conferir/pessoa"))
    else:
        yield from (
            ("POST", record),
            ("POST", "/registros/pessoa/novo"),
            ("POST", "/registros/pessoa/alterar"),
        )
        yield from (
            ("POST", "/registros/pessoa/visoes"),
            ("POST", "/anexos"),
            ("POST", "/entrar"),
            ("POST", "/ajuda"),
        )


PACKED = {
    "gzip": gzip.compress(b"f.nome=x&" * 100),
    "deflate": zlib.compress(b"f.nome=x&" * 100),
    "br": b"\x0b\x02\x80x\x03",
    "gzip, gzip": gzip.compress(gzip.compress(b"f.nome=x")),
    "GZIP": gzip.compress(b"{}"),
}


def test_nothing_packed_is_unpacked(target: Target, who: str) -> None:
    before = target.everything()
    routes = target.routes("POST", "PUT", "PATCH", "DELETE")
    for (method, path), coding in itertools.product(routes, PACKED):
        headers = {"Content-Encoding": coding, "Content-Type": FORM}
        answer = getattr(target, who).request(method, path, content=PACKED[coding], headers=headers)
        assert answer.status_code == 415, (method, path, answer.status_code)
    assert target.everything() == before


CHARSETS = (
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "idna",
    "punycode",
    "utf-7",
    "utf-16",
    "latin-1",
    "zlib",
    "mbcs",
    "é",
)


def test_texts_are_in_one_charset(target: Target, who: str) -> None:
    """Any codec of Python would be one otherwise: some fail in ways of their own, some make letters of none."""
    body = part("usuario", b"\\ud800\xff+AGEAYg-" * 50) + part("f.nome", b"\\ud800xn--") + b"--x--\r\n"
    paths = ("/entrar", f"/registros/pessoa/{target.shown}", "/registros/pessoa/visoes", "/preferencias")
    for path, charset in itertools.product(paths, CHARSETS):
        headers = {"Content-Type": f'{MANY}; charset="{charset}"'.encode()}
        answer = getattr(target, who).request("POST", path, content=body, headers=headers)
        assert answer.status_code == 415, (path, answer.status_code)
    for said in ("utf-8", "UTF-8", '"utf-8"'):
        answer = target.admin.post(
            "/preferencias", content=b"tema=dark", headers={"Content-Type": f"{FORM}; charset={said}"}
        )
        assert answer.status_code == 303


def test_more_records_are_chosen_than_a_form_usually_has_fields(target: Target) -> None:
    form = {"campo": "web", "valor": "sim", "ids": [str(number) for number in range(1, 3000)]}
    assert target.admin.post("/registros/pessoa/alterar", data=form).status_code == 303


HEADERS = {
    "Cookie": [
        "sessao=é",
        "sessao=" + "a" * 7000,
        "sessao",
        "=",
        "aparencia=../../x; sessao=\"'",
        "navegador=é",
    ],
    "Authorization": [
        "Bearer é",
        "Bearer",
        "Bearer " + "a" * 7000,
        "Basic YTpi",
        "Bearer a b",
    ],
    "If-Match": ["é", '"' + "9" * 500 + '"', "W/", ",,,,", '"-1"', "*,*"],
    "If-None-Match": ["é", "*", '"' * 100],
    "Accept-Encoding": ["é", "gzip;q=x", "*" * 500],
    "Prefer": ["é", "return=representation;" * 100],
    "User-Agent": ["é" * 2000, "<script>", ""],
    "Referer": ["é", "javascript:alert(1)", "http://["],
    "X-Forwarded-For": ["é", "' OR 1=1", "1.2.3.4," * 200, "[::1"],
    "X-Forwarded-Proto": ["javascript", "é"],
    "X-Aroeira-Sessao": ["é"],
    "Range": ["bytes=0-,0-,0-", "é"],
    "Accept-Language": ["é"],
}


def test_odd_headers_are_answered(target: Target, who: str) -> None:
    client = getattr(target, who)
    asked = (
        ("GET", "/"), ("GET", "/entrar"), ("GET", f"/registros/pessoa/{target.shown}"), ("GET", "/api/v1/pessoa"),
        ("GET", "/api/v1/openapi.json"), ("PATCH", f"/api/v1/pessoa/{target.shown}"), ("POST", "/preferencias"), ("POST", "/entrar"),
    )  # fmt: skip
    for name, value in [(name, value) for name, values in HEADERS.items() for value in values]:
        for method, path in asked:
            answer = client.request(
                method,
                path,
                headers={name: value.encode("latin-1")},
                content=b"{}" if method == "PATCH" else b"",
            )
            assert answer.status_code < 500, (method, path, name, value)
            assert "<script>" not in answer.text
