"""Pieces of SQL and of expressions, wherever something is asked: filters, order, columns, searches, cursors, views."""

from __future__ import annotations

import base64
import itertools
import json
import time
from urllib.parse import quote, urlencode

import pytest

from tests import door
from tests.attacks.target import CPF, Target

SECONDS = 5  # a piece that makes the database sleep would take ten
PIECES = (
    "'", '"', "';--", "' OR '1'='1", "1 OR 1=1", "') OR (1=1", "x'; DROP TABLE pessoa; --", "1; SELECT pg_sleep(10)",
    "' || pg_sleep(10) || '", "(SELECT pg_sleep(10))", "pg_sleep(10)", "$$;SELECT 1;$$", "\\", "\\'", "%", "_", "%%%", "\x00", "a\x00b", ":x",
    "%(x)s", "$1", "{0}", "{{7*7}}", "${7*7}", 'situacao = "ativo" or true', "true or true", "nome = null or 1 = 1",
    "if true then 1 else 2", "every x in pessoa satisfies true", 'has right("X")', "= 1 + 1", "=cmd|' /C calc'!A0", "1e999", "-1", "0x1F",
    "NaN", "Infinity", "9" * 400, "\ud7ff", "\ufeff", "\u202e", "\ue000v\ue001", "é" * 3000, "../../etc/passwd", "http://mal.example/",
    "<x-mal onmal=1>", "\r\nX-Mal: 1", "2026-02-30", "999999999999-01-01", "null", "[]", "{}", "*", "nome.nome.nome", "nome;", "nome,nome",
    "cidade.estado.sigla.x", "cpf", "-cpf", "telefones", "id", "search_text", "created_by", "t.nome", "pessoa.nome", "(1)",
)  # fmt: skip
KEYS = ("q", "order", "columns", "after", "before", "limit", "nome", "nome.contains", "nome.starts_with", "situacao", "situacao.is_not",
        "cidade", "cidade.estado", "mensalidade.from", "nascimento.between", "web", "visto.to", "expand", "children", "cidade.nome.empty",
        "rascunho", "volta", "visao", "campo", "grupo", "id", "dia")  # fmt: skip
LISTS = ("/registros/pessoa", "/registros/pessoa/contagem", "/registros/pessoa/filtro", "/registros/pessoa/exportar.csv",
         "/registros/pessoa/colunas", "/busca/cidade", "/paleta", "/ajuda", "/auditoria", "/registros/pessoa/novo", "/entrar", "/",
         "/auditoria/exportar.csv")  # fmt: skip
HIDDEN = ("Oculta", CPF, "529.982")


def ask(target: Target, client: str, address: str) -> None:
    start = time.monotonic()
    answer = getattr(target, client).get(address)
    assert answer.status_code < 500, (client, address, answer.text[:300])
    assert time.monotonic() - start < SECONDS, address
    assert "x-mal" not in answer.headers, address
    assert not answer.headers.get("location", "/").startswith(("http", "//")), address
    is_markup = "html" in answer.headers.get("content-type", "")
    assert not is_markup or "<x-mal" not in answer.text, address
    if client == "clerk":
        for secret in HIDDEN:
            assert secret not in answer.text, (address, secret)


def test_a_piece_as_a_value_is_a_value(target: Target) -> None:
    """Every parameter of every page that asks for something; the pieces go round."""
    before = target.everything()
    asked = (
        *LISTS,
        "/api/v1/pessoa",
        f"/api/v1/pessoa/{target.shown}",
        f"/registros/pessoa/{target.shown}/historico",
    )
    for turn, (key, path) in enumerate(itertools.product(KEYS, asked)):
        for piece in PIECES[turn % 11 :: 11]:
            ask(target, "clerk", f"{path}?{urlencode({key: piece})}")
    assert target.everything() == before


def test_a_piece_as_a_name_is_no_name(target: Target) -> None:
    before = target.everything()
    for piece in PIECES:
        for name in (piece, f"nome.{piece}", f"{piece}.contains"):
            for path in ("/registros/pessoa", "/api/v1/pessoa"):
                ask(target, "clerk", f"{path}?{urlencode({name: 'x'})}")
        for path in (
            "/registros/{}",
            "/api/v1/{}",
            "/busca/{}",
            "/modulos/{}",
            "/registros/pessoa/{}/historico",
            "/rascunhos/{}/1",
        ):
            ask(target, "clerk", path.format(quote(piece, safe="")))
    assert target.everything() == before


def test_many_unknown_names_are_answered_in_time(target: Target) -> None:
    for text in ("&".join(f"a{n}=1" for n in range(6000)), "order=" + ",".join(f"a{n}" for n in range(6000)),
                 "columns=" + ",".join(f"a{n}" for n in range(6000)), "expand=" + ",".join(f"a{n}" for n in range(6000)),
                 "&".join(["nome.contains=a"] * 3000), "&".join(f"id={n}" for n in range(6000)), "q=" + "+".join(["ab"] * 9000)):  # fmt: skip
        ask(target, "clerk", f"/registros/pessoa?{text}")
        ask(target, "clerk", f"/api/v1/pessoa?{text}")


def cursor(*keys: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "keys",
    [("x", "1"), ("", ""), ("a", "1; DROP TABLE pessoa"), ("a", "9" * 30), ("a\0", "1"), ("a", None), ({}, []), (), ("a",), ("a", "1", "2"),
     ("\ud800", "1"), ("a" * 30_000, "1")],
    ids=lambda keys: repr(keys)[:30],
)  # fmt: skip
def test_a_forged_cursor_tells_nothing(target: Target, keys: tuple[object, ...]) -> None:
    for order in (
        "",
        "&order=nascimento",
        "&order=-mensalidade",
        "&order=cidade",
        "&order=visto,nome",
        "&order=web",
    ):
        for way in ("after", "before"):
            for path in ("/registros/pessoa", "/api/v1/pessoa"):
                ask(target, "clerk", f"{path}?{way}={cursor(*keys)}{order}")


def test_a_search_finds_what_is_written_so_and_not_everything(target: Target) -> None:
    for piece in ("%", "_", "%%", "_____", "\\", "' OR '1'='1", "*", "."):
        answer = target.admin.get("/api/v1/pessoa", params={"q": piece})
        assert answer.status_code == 200
        names = [item["nome"] for item in answer.json()["items"]]
        assert names == [], (piece, names)
        found = target.admin.get("/api/v1/pessoa", params={"nome.contains": piece})
        assert found.status_code == 200, found.text
        assert found.json()["items"] == [], piece


def test_a_view_keeps_no_more_than_a_filter(target: Target) -> None:
    """What a view is saved with is an address: read again, by the same gate, whenever it is opened."""
    for piece in PIECES[:40]:
        form = {
            "nome": piece[:50] or "x",
            "filtro": f"{piece}&nome.contains={piece}&order={piece}&cpf={CPF}",
            "acao": "salvar",
            "todos": "sim",
        }
        kept = target.clerk.post("/registros/pessoa/visoes", data=form)
        assert kept.status_code in (200, 303, 400, 422), (piece, kept.status_code)
        there = kept.headers.get("location", "/")
        assert there.startswith("/registros/pessoa"), there
        assert not any(name.lower().startswith("x-mal") for name in kept.headers)
        ask(target, "clerk", there)
    ask(target, "clerk", "/registros/pessoa")
    ask(target, "clerk", "/")
    assert door.rows(target.engine, "SELECT count(*) FROM pessoa")[0][0] == 2


def test_a_piece_as_a_link_or_file_is_no_id(target: Target) -> None:
    version = door.rows(target.engine, "SELECT version FROM pessoa WHERE id = :id", id=target.shown)[
        0
    ].version
    for piece in PIECES:
        form = {
            "version": str(version),
            "f.cidade": piece,
            "f.cidade.texto": piece,
            "f.cidade.de": piece,
            "c.telefones.0.id": piece,
        }
        answer = target.clerk.post(f"/registros/pessoa/{target.shown}", data=form)
        assert answer.status_code in (200, 303, 400, 422), (piece, answer.status_code)
        assert (
            target.clerk.post(
                "/registros/laudo/novo", data={"version": "", "f.titulo": "x", "f.arquivo": piece}
            ).status_code
            < 500
        )
        for path in ("/registros/pessoa/novo/regras", f"/registros/pessoa/{target.shown}/regras"):
            assert target.clerk.post(path, data=form | {"mudou": piece}).status_code < 500, piece
        sent = {"version": version, "cidade": piece}
        assert target.clerk.patch(f"/api/v1/pessoa/{target.shown}", json=sent).status_code < 500, piece
