"""Tests of the application around the pages: headers, origins, sizes, failures, static files, an outage."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from sqlalchemy import Engine

from kernel import publish
from renderer.guard import MEBIBYTE
from tests import office
from tests.conftest import Cluster
from tests.renderer.html import find, page, shown, texts


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """The office with ten people."""
    made = office.installed(database)
    office.people(database, made, 10)
    with office.client(office.application(database, made)) as client:
        yield client


def test_every_answer_has_the_strict_policy_error_pages_too(site: httpx.Client) -> None:
    for address in ("/", "/registros/pessoa", "/nada", "/api/v1/pessoa", "/api/v1/nada", "/static/nada"):
        headers = site.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff", address


def test_pages_have_no_inline_script_or_style(site: httpx.Client) -> None:
    for address in ("/", "/registros/pessoa", "/paleta?q=ana", "/teclas", "/modulos/cadastro", "/nada"):
        root = shown(site.get(address))
        assert not [node for node in find(root, "script") if not node.get("src")], address
        assert not find(root, "style"), address
        assert not root.xpath("//@style | //@onclick | //@onload"), address


def test_posts_from_other_sites_are_refused(site: httpx.Client) -> None:
    form = {"tema": "dark"}
    for headers in (
        {"Origin": "https://outro.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = site.post("/preferencias", data=form, headers=headers)
        assert answer.status_code == 403, headers
        assert texts(shown(answer), "h1") == ["Pedido recusado"]
    own = {"Origin": str(site.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert site.post("/preferencias", data=form, headers=own).status_code == 303


def test_an_unknown_host_is_refused_so_that_no_other_name_leads_here(site: httpx.Client) -> None:
    assert site.get("/", headers={"Host": "mal.example"}).status_code == 421


def test_failures_say_what_to_do(site: httpx.Client) -> None:
    for address, method, status, title in (
        ("/nada", "GET", 404, "Página não encontrada"),
        ("/registros/nada", "GET", 404, "Página não encontrada"),
        ("/registros/pessoa/exportar.csv", "POST", 405, "Isto não se faz neste endereço"),
        ("/registros/pessoa?after=xyz", "GET", 400, "Não entendi o pedido"),
    ):
        answer = site.request(method, address)
        assert answer.status_code == status, address
        assert texts(shown(answer), "h1") == [title]
        assert len(texts(shown(answer), "p")) >= 2


def test_too_large_bodies_are_refused_declared_or_not(site: httpx.Client) -> None:
    large = b"x" * (4 * MEBIBYTE + 1)
    assert site.post("/preferencias", content=large).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield from (b" " * MEBIBYTE for _ in range(17))

    answer = site.post("/api/v1/pessoa", content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_theme_and_density_come_with_the_page(site: httpx.Client) -> None:
    assert page(site, "/").get("data-theme") is None
    answer = site.post("/preferencias", data={"tema": "dark", "volta": "/registros/pessoa?q=ana"})
    assert answer.headers["location"] == "/registros/pessoa?q=ana"
    assert page(site, "/").get("data-theme") == "dark"
    site.post("/preferencias", data={"densidade": "comfortable"})
    root = page(site, "/")
    assert (root.get("data-theme"), root.get("data-density")) == ("dark", "comfortable")
    for bad in ("//outro.example", "https://outro.example/", "/\\outro.example"):
        assert site.post("/preferencias", data={"volta": bad}).headers["location"] == "/"


def test_static_files_are_kept_for_ever_under_their_hash(site: httpx.Client) -> None:
    sheet = next(
        link.get("href") for link in find(page(site, "/"), "link") if link.get("rel") == "stylesheet"
    )
    answer = site.get(sheet)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert "--leaf" in answer.text
    again = site.get(sheet, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    plain = site.get("/static/icones.svg")
    assert plain.headers["cache-control"] == "no-cache"
    old = sheet.split("/")
    old[2] = "0" * 12
    assert site.get("/".join(old)).headers["cache-control"] == "no-cache"
    for outside in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/js/../../app.py"):
        assert site.get(outside).status_code == 404


def test_every_icon_that_pages_use_is_in_the_sprite(site: httpx.Client) -> None:
    sprite = site.get("/static/icones.svg").text
    for address in (
        "/",
        "/registros/pessoa",
        "/registros/pessoa?q=zzz",
        "/paleta?q=ana",
        "/modulos/cadastro",
    ):
        for use in shown(site.get(address)).xpath("//use/@href"):
            assert f'id="{use.rpartition("#")[2]}"' in sprite, (address, use)


def test_one_request_takes_one_version_and_the_next_one_the_new(database: Engine) -> None:
    made = office.installed(database)
    app = office.application(database, made)
    with office.client(app) as site:
        assert texts(page(site, "/registros/pessoa"), "h1") == ["Pessoas"]
        renamed = office.FILES["sede/lists/pessoa.yaml"].replace("label: Pessoas", "label: Gente")
        app.state.live = SimpleNamespace(runtime=office.runtime({"sede/lists/pessoa.yaml": renamed}, 2))
        assert texts(page(site, "/registros/pessoa"), "h1") == ["Gente"]
        assert "Versão 2" in texts(page(site, "/"), "#avisos")[0]


def test_while_the_database_is_away_pages_say_so_and_come_back_by_themselves(
    cluster: Cluster, database: Engine
) -> None:
    made = office.installed(database)
    office.people(database, made, 5)
    name = database.url.database
    assert name
    with office.client(office.application(database, made)) as site:
        assert site.get("/registros/pessoa").status_code == 200
        cluster.administer("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        with database.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        _hang_up(cluster, name)
        answer = site.get("/registros/pessoa")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "3"
        assert find(shown(answer), "meta")
        assert texts(shown(answer), "h1") == ["O banco de dados não respondeu"]
        refused = site.get("/api/v1/pessoa")
        assert (refused.status_code, refused.json()["status"]) == (503, 503)
        cluster.administer("ALTER DATABASE {} ALLOW_CONNECTIONS true", name)
        assert site.get("/registros/pessoa").status_code == 200


def _hang_up(cluster: Cluster, name: str) -> None:
    place = {"host": str(cluster.server.sockets()), "port": 5432, "user": "aroeira", "dbname": "postgres"}
    with psycopg.connect(**place, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )


def test_recently_opened_records_stand_on_the_home_page(site: httpx.Client) -> None:
    row = find(page(site, "/registros/pessoa"), "tbody tr")[3]
    name = texts(row, "td.k-name")[0]
    assert site.get(f"/registros/pessoa/{row.get('data-id')}").status_code == 200
    assert any(name in text for text in texts(page(site, "/"), "a.thing"))


def test_modules_show_their_routines(site: httpx.Client) -> None:
    root = page(site, "/modulos/cadastro")
    assert texts(root, "a.thing") == ["Pessoas", "Cidades", "Estados"]
    assert [link.text_content().strip() for link in find(root, "nav.rail a") if link.get("aria-current")] == [
        "Cadastro"
    ]
    lost = site.get("/modulos/nada")
    assert lost.status_code == 404
    assert 'data-command="palette"' in lost.text
    assert 'class="rail"' in lost.text


def test_the_palette_finds_records_commands_routines_and_help(site: httpx.Client) -> None:
    found = site.get("/paleta?fragmento=1&q=pess")
    labels = texts(shown(found), "a.opt")
    assert labels[0].startswith("Pessoas")  # a routine whose name starts so comes before everything
    assert any(label.startswith("Incluir pessoa") for label in labels)
    assert any(label.startswith("O que é uma pessoa") for label in labels)
    only = texts(shown(site.get("/paleta?fragmento=1&q=%3Epess")), "a.opt")
    assert all(label.startswith("Incluir") for label in only)
    people = texts(shown(site.get("/paleta?fragmento=1&q=celia")), "a.opt")
    assert people[0].startswith("Célia")
    assert "Nada encontrado" in site.get("/paleta?fragmento=1&q=zzzz").text
    assert texts(page(site, "/paleta?q=celia"), "section h2") == ["Registros"]


def test_the_palette_puts_what_is_called_so_before_what_only_has_the_text(database: Engine) -> None:
    """A routine, then its "Incluir", then records by their names, then those that have the text elsewhere."""
    made = office.installed(database)
    places = office.cities(database, made)
    for code, name in (("pess1", "Ana Alves"), ("00002", "Célia Pessanha"), ("00003", "Pessoa Lima")):
        office.put(database, made, "pessoa", {"codigo": code, "nome": name, "cidade": places["Itajubá"]})
    with office.client(office.application(database, made)) as site:
        root = shown(site.get("/paleta?fragmento=1&q=pess"))
        assert texts(root, "p.opts-h") == ["Rotinas e comandos", "Registros", "Ajuda e outras rotinas"]
        labels = [label.split(" Cadastro")[0].split(" Pessoa ·")[0] for label in texts(root, "a.opt")]
        assert labels[:5] == ["Pessoas", "Incluir pessoa", "Pessoa Lima", "Célia Pessanha", "Ana Alves"]
        several = texts(shown(site.get("/paleta?fragmento=1&q=pes+inc")), "a.opt")
        assert several[0].startswith("Incluir pessoa")


def test_the_home_page_tells_what_was_published(database: Engine) -> None:
    made = office.installed(database)
    with database.begin() as connection:
        version = publish.write(connection, {"sede/manifest.yaml": b"package: sede"}, "luciana", "campo novo")
    assert version == made.version
    with office.client(office.application(database, made)) as site:
        notice = texts(page(site, "/"), "#avisos")[0]
        assert "Versão 1" in notice
        assert "por luciana: campo novo" in notice
