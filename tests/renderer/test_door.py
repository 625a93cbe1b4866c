"""Nobody gets past the door: every route of the application answers a stranger with the sign-in or 401."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from starlette.routing import Route

from renderer import assets
from tests import door, office
from tests.renderer.html import shown, texts

OPEN = {
    "/static/{path:path}",
    "/entrar",
    "/entrar/codigo",
    "/entrar/openid",
    "/entrar/openid/volta",
    "/entrar/pronto",
}
PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
SAMPLES = {"id": "1", "record": "1", "int": "1", "entity": "pessoa", "list": "pessoa"}


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """The office, and somebody who is not signed in."""
    with door.site(database) as address, door.browser(address) as client:
        yield client


def filled(path: str) -> str:
    return PARAMETER.sub(lambda found: SAMPLES.get(found[2] or "", SAMPLES.get(found[1], "pessoa")), path)


def test_every_route_sends_a_stranger_to_the_sign_in(database: Engine) -> None:
    app = door.closed(database, office.installed(database))
    routes = [route for route in app.routes if isinstance(route, Route)]
    assert len(routes) == len(app.routes), "a kind of route that this test does not know"
    asked = {(route.path, method) for route in routes for method in route.methods or ()}
    assert len(asked) > 60
    with office.served(app) as address, door.browser(address) as client:
        for path, method in sorted(asked):
            if path in OPEN:
                continue
            answer = client.request(method, filled(path), content=b"")
            where = f"{method} {path}"
            if path.startswith("/api/"):
                assert answer.status_code == 401, where
                assert method == "HEAD" or answer.json()["problems"][0]["code"] == "R477", where
            else:
                assert answer.status_code in (303, 401), where
                assert answer.headers.get("location", "/entrar").startswith("/entrar"), where
            assert "Ana" not in answer.text
            script = client.request(method, filled(path), content=b"", headers={"X-Aroeira-Sessao": "avisar"})
            assert script.status_code == 401, where


def test_what_no_route_answers_is_closed_too(site: httpx.Client) -> None:
    for address in ("/nada", "/entrarx", "/staticx", "/api/v1/nada", "/entrar;/x", "/ENTRAR/"):
        assert site.get(address).status_code in (303, 401), address
    # Only what is below the open addresses is: a dot or a slash too many leads nowhere else.
    for address in ("/entrar%2f..%2fregistros%2fpessoa", "/static%2f..%2fregistros%2fpessoa", "/entrar/nada"):
        answer = site.get(address)
        assert answer.status_code in (303, 404), address
        assert "Pessoas" not in answer.text


def test_the_sign_in_leads_back_to_where_somebody_wanted_to_go(site: httpx.Client) -> None:
    asked = site.get("/registros/pessoa?q=ana")
    assert asked.headers["location"] == "/entrar?volta=%2Fregistros%2Fpessoa%3Fq%3Dana"
    page = shown(site.get(asked.headers["location"]))
    assert page.xpath("//input[@name='volta']/@value") == ["/registros/pessoa?q=ana"] * len(
        page.xpath("//input[@name='volta']")
    )
    answer = door.sign_in(site, volta="/registros/pessoa?q=ana")
    assert (answer.status_code, answer.headers["location"]) == (303, "/registros/pessoa?q=ana")
    assert texts(shown(site.get("/registros/pessoa")), "h1") == ["Pessoas"]
    assert site.get("/api/v1/pessoa").status_code == 200
    assert site.get("/entrar?volta=/registros/pessoa").headers["location"] == "/registros/pessoa"


@pytest.mark.parametrize(
    "bad",
    [
        "https://mal.example/", "//mal.example", "/\\mal.example", "\\\\mal.example", "/\t/mal.example", "javascript:alert(1)",
        "/x\r\nSet-Cookie: sessao=abc", "/x\nLocation: https://mal.example", "", "mal.example", "/" + "a" * 5000, "/\u2028x",
    ],
)  # fmt: skip
def test_the_way_back_never_leads_to_another_site_nor_into_a_header(site: httpx.Client, bad: str) -> None:
    answer = door.sign_in(site, volta=bad)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    names = [name for name, _ in answer.headers.multi_items() if name == "set-cookie"]
    assert len(names) == 2
    assert "abc" not in answer.headers["set-cookie"]


def test_a_login_with_header_lines_is_only_a_wrong_login(site: httpx.Client, database: Engine) -> None:
    for login in (
        "marina\r\nSet-Cookie: a=b",
        "\0marina.prado",
        "<script>alert(1)</script>",
        "'; DROP TABLE x;--",
        "\ud7ff" * 9000,
    ):
        answer = door.sign_in(site, login)
        assert answer.status_code == 401, login
        assert "set-cookie" not in answer.headers
        assert "<script>alert" not in answer.text
    assert {row.login for row in door.rows(database, "SELECT login FROM aroeira_sign_in_event")} == {""}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: httpx.Client) -> None:
    cookies = door.sign_in(site).headers.get_list("set-cookie")
    session = next(each for each in cookies if each.startswith("sessao="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Path=/" in session
    assert "Max-Age" not in session


def test_over_https_cookies_are_secure_and_the_browser_comes_back_by_https(site: httpx.Client) -> None:
    # uvicorn believes a proxy on this machine.
    secure = {
        "X-Forwarded-Proto": "https",
        "Origin": str(site.base_url).rstrip("/").replace("http:", "https:"),
    }
    answer = site.post("/entrar", data={"usuario": door.LOGIN, "senha": door.PASSWORD}, headers=secure)
    session = next(each for each in answer.headers.get_list("set-cookie") if "sessao=" in each)
    assert session.startswith("__Host-sessao=")
    assert "Secure" in session
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in site.get("/entrar").headers


def test_a_change_by_cookie_says_where_it_comes_from_or_is_refused(database: Engine) -> None:
    with door.site(database) as address, door.browser(address) as client:
        door.sign_in(client)
        token = client.cookies["sessao"]
        cookie = {"Cookie": f"sessao={token}"}
        with httpx.Client(base_url=address) as old:
            assert old.post("/preferencias", data={"tema": "dark"}, headers=cookie).status_code == 403
            assert (
                old.post("/api/v1/estado", json={"sigla": "MG", "nome": "Minas"}, headers=cookie).status_code
                == 403
            )
            assert (
                old.post("/entrar", data={"usuario": door.LOGIN, "senha": door.PASSWORD}).status_code == 403
            )
            own = cookie | {"Sec-Fetch-Site": "same-origin"}
            assert old.post("/preferencias", data={"tema": "dark"}, headers=own).status_code == 303
            cross = cookie | {"Origin": "https://mal.example"}
            assert (
                old.post("/api/v1/estado", json={"sigla": "MG", "nome": "Minas"}, headers=cross).status_code
                == 403
            )
            assert old.get("/registros/pessoa", headers=cookie).status_code == 200


def test_a_form_posted_after_the_end_of_the_session_is_not_lost(site: httpx.Client, database: Engine) -> None:
    door.sign_in(site)
    door.run(database, "UPDATE aroeira_session SET ended_at = now()")
    typed = {"version": "", "f.sigla": "MG", "f.nome": "Minas “Gerais” & <b>ç"}
    stopped = site.post("/registros/estado/novo", data=typed)
    assert stopped.status_code == 401
    page = shown(stopped)
    assert "O que você digitou está guardado" in stopped.text
    kept = {name: page.xpath(f"//form[1]//input[@name='{name}']/@value")[0] for name in ("volta", "guardado")}
    assert site.get("/api/v1/estado").status_code == 401
    entered = door.sign_in(site, **kept)
    assert entered.status_code == 200
    again = shown(entered).xpath("//form")[0]
    assert again.get("action") == "/registros/estado/novo"
    sent = {each.get("name"): each.get("value") for each in again.xpath(".//input")}
    assert sent == typed
    assert site.post(again.get("action"), data=sent).status_code == 303
    assert site.get("/api/v1/estado").json()["items"][0]["nome"] == typed["f.nome"]


def test_what_waits_for_the_sign_in_cannot_be_forged_into_a_page_of_ours(site: httpx.Client) -> None:
    for kept in ("x", "[1]", '{"a": 1}', '[["<b>", "\\"><script>"]]', "[[[]]]", "[" * 5000):
        answer = door.sign_in(site, guardado=kept, volta="https://mal.example/x")
        assert answer.status_code in (200, 303), kept
        assert "<script>" not in answer.text.replace("&lt;script&gt;", "")
        assert "mal.example" not in answer.text
        site.cookies.clear()


def test_every_request_of_a_page_can_ask_for_the_sign_in() -> None:
    scripts = Path(assets.FOLDER / "js").glob("*.js")
    asking = {
        script.name
        for script in scripts
        if re.search(r"(?<![\w.])fetch\(", script.read_text(encoding="utf-8"))
    }
    assert asking == {"session.js"}
