"""Files of strangers: their names lead nowhere, their kinds run nothing, and nobody gets those of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from tests import door
from tests.attacks.target import Target, attacked

NAMES = (
    "../../../../etc/cron.d/x", "..\\..\\windows\\x.exe", "/etc/passwd", "C:\\x.txt", "..", ".", "", " ", "a\0.txt", "a\r\nX-Mal: 1",
    'a"; filename="b.html', "a'b", "a;b", "a%2e%2e%2fb", "%00", "\u202egpj.exe", "a" * 5000, "ação ☂.txt", "<x-mal>.html", "a\tb", "\u2028x",
    "con", "=1+1.csv",
)  # fmt: skip
KINDS = ("text/html", "image/svg+xml", "text/html; charset=utf-7", "application/xhtml+xml", "text/xml", "IMAGE/PNG", "image/png, text/html",
         "text/javascript", "", "é", "image/png\x01", "a/b" * 3000, "multipart/form-data", "application/pdf\x00")  # fmt: skip
PAGE = b"<script>alert(1)</script>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "guardados"


@pytest.fixture
def kept(database: Engine, folder: Path) -> Iterator[Target]:
    """The office with files in a folder, where names could do harm."""
    with attacked(database) as made:
        object.__setattr__(made.app.state.settings, "attachments", folder)
        yield made


def send(
    client: httpx.Client, name: str, kind: str, content: bytes = PAGE, campo: str = "laudo.arquivo"
) -> httpx.Response:
    head = b'--xx\r\nContent-Disposition: form-data; name="arquivo"; filename="'
    told = name.replace('"', '\\"').encode("utf-8", "surrogatepass")
    mime = kind.encode("utf-8")
    field = b'--xx\r\nContent-Disposition: form-data; name="campo"\r\n\r\n' + campo.encode() + b"\r\n"
    body = field + head + told + b'"\r\nContent-Type: ' + mime + b"\r\n\r\n" + content + b"\r\n--xx--\r\n"
    return client.post("/anexos", content=body, headers={"Content-Type": "multipart/form-data; boundary=xx"})


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_a_name_leads_to_no_other_place(kept: Target, folder: Path, name: str) -> None:
    answer = send(kept.clerk, name, "text/plain")
    assert answer.status_code in (201, 400, 422), answer.text
    inside = [path for path in folder.rglob("*") if path.is_file()]
    assert all(len(path.name) == 64 for path in inside)
    assert {path.name for path in folder.parent.iterdir()} <= {folder.name}
    if answer.status_code != 201:
        return
    got = kept.clerk.get(f"/anexos/{answer.json()['id']}")
    assert got.content == PAGE
    assert "x-mal" not in got.headers
    said = got.headers["content-disposition"]
    assert said.isascii()
    assert not set(said) & set('\r\n\0<>\\"')
    assert "/" not in said.partition("filename")[2]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[:20])
def test_a_kind_runs_nothing_here(kept: Target, kind: str) -> None:
    for field in ("laudo.arquivo", "laudo.foto"):
        answer = send(kept.clerk, "a.png", kind, campo=field)
        assert answer.status_code in (201, 400, 422), answer.text
        if answer.status_code == 201:
            got = kept.clerk.get(f"/anexos/{answer.json()['id']}")
            assert got.status_code == 200
            shown = got.headers["content-disposition"].startswith("inline")
            assert not shown or got.headers["content-type"] in (
                "image/png",
                "application/pdf",
                "text/plain; charset=utf-8",
            )
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "script-src 'self'" in got.headers["content-security-policy"]


@pytest.mark.parametrize(
    "field",
    [
        "",
        "laudo",
        "laudo.titulo",
        "pessoa.cpf",
        "laudo.nada",
        "x.y.z",
        "aroeira_account.totp_secret",
        "laudo.arquivo.x",
        "\0",
    ],
)
def test_a_file_of_no_file_field_is_not_kept(kept: Target, folder: Path, field: str) -> None:
    assert send(kept.clerk, "a.txt", "text/plain", campo=field).status_code == 400
    assert not folder.exists()


def test_files_of_others_are_not_there_nor_taken_over(kept: Target) -> None:
    """By their number in an address, in a form of one's own, and in a body."""
    mine = send(kept.admin, "segredo.txt", "text/plain", b"segredo de marina").json()["id"]
    assert kept.clerk.get(f"/anexos/{mine}").status_code == 404
    assert kept.stranger.get(f"/anexos/{mine}").status_code == 303
    made = kept.clerk.post("/api/v1/laudo", json={"titulo": "meu", "arquivo": mine})
    assert made.status_code == 422, made.text
    kept.clerk.post(
        "/registros/laudo/novo",
        data={"version": "", "f.titulo": "meu", "f.arquivo": str(mine), "f.arquivo.texto": "x"},
    )
    assert kept.clerk.get(f"/anexos/{mine}").status_code == 404
    assert door.rows(kept.engine, "SELECT id FROM laudo WHERE arquivo = :id", id=mine) == []


def test_too_large_and_too_many_files_are_refused(kept: Target, folder: Path) -> None:
    assert send(kept.clerk, "a.txt", "text/plain", b"a" * (3 << 20)).status_code == 422
    assert not folder.exists()
