"""Signing in by an OpenID Connect provider that really runs; and what a false one, or a false way back, gets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Engine

from kernel.accounts import openid
from metadata.problems import Problems
from tests import door, provider
from tests.door import is_in
from tests.provider import Person, Provider
from tests.renderer.html import shown, texts

EMAIL = "marina@operadora.example"


@pytest.fixture
def known() -> Iterator[Provider]:
    """A provider that runs."""
    with provider.running() as made:
        yield made


@pytest.fixture
def client(database: Engine, known: Provider) -> Iterator[httpx.Client]:
    """A browser before the office, whose one account has an e-mail that the provider knows."""
    settings = openid.Settings(known.issuer, provider.CLIENT, provider.SECRET, "Conta da Operadora X")
    with door.site(database, openid=settings) as address, door.browser(address) as client:
        door.run(database, "UPDATE aroeira_account SET email = :email", email=EMAIL)
        yield client


def through(client: httpx.Client, back: str = "/registros/pessoa?q=ana") -> httpx.Response:
    """Go to the provider and come back, as a browser follows."""
    return client.get(way_back(client, back))


def way_back(client: httpx.Client, back: str = "/") -> str:
    """Go to the provider and return the address it sends the browser back to."""
    gone = client.get("/entrar/openid", params={"volta": back})
    assert gone.status_code == 303, gone.text
    there = httpx.get(gone.headers["location"])
    assert there.status_code == 302, there.text
    return there.headers["location"]


def test_the_provider_lets_in_the_account_with_the_verified_email(
    client: httpx.Client, known: Provider
) -> None:
    assert "Conta da Operadora X" in texts(shown(client.get("/entrar")), "a")
    answer = through(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/registros/pessoa?q=ana")
    assert is_in(client)
    asked = known.requests[0]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) > 40
    assert len(asked["nonce"]) > 40
    assert "marina.prado" in client.get("/conta").text


def test_once_linked_the_subject_counts_whatever_the_email_becomes(
    client: httpx.Client, known: Provider, database: Engine
) -> None:
    through(client)
    client.cookies.clear()
    known.person = Person("1", "outro@operadora.example")
    through(client)
    assert is_in(client)
    # The address went to somebody else: that is not Marina.
    client.cookies.clear()
    known.person = Person("2", EMAIL)
    assert through(client).status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize(
    "person",
    [Person("1", EMAIL, is_verified=False), Person("1", "ninguem@operadora.example"), Person("1", "")],
)
def test_whom_no_account_fits_does_not_come_in(
    client: httpx.Client, known: Provider, database: Engine, person: Person
) -> None:
    known.person = person
    answer = through(client)
    assert answer.status_code == 401
    assert "peça o acesso a um administrador" in answer.text
    assert not is_in(client)
    assert door.rows(database, "SELECT what, outcome FROM aroeira_sign_in_event") == [("openid", "R472")]


def test_an_account_that_is_off_does_not_come_in(client: httpx.Client, database: Engine) -> None:
    door.run(database, "UPDATE aroeira_account SET is_active = false")
    assert through(client).status_code == 401


def test_the_second_factor_of_the_account_is_asked_for_here_too(
    client: httpx.Client, database: Engine
) -> None:
    door.run(database, "UPDATE aroeira_account SET totp_is_on = true")
    assert "Código de acesso" in through(client).text
    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "outro"},
        {"aud": ["outra aplicação"]},
        {"iss": "https://mal.example"},
        {"exp": int(time.time()) - 3600},
        {"sub": ""},
        {"sub": 7},
        {"aud": [provider.CLIENT, "outra"], "azp": "outra"},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: httpx.Client, known: Provider, claims: dict[str, object]
) -> None:
    known.claims = claims
    answer = through(client)
    assert answer.status_code == 502
    assert not is_in(client)


def test_a_token_signed_by_another_key_is_refused_and_a_new_key_is_fetched(
    client: httpx.Client, known: Provider
) -> None:
    through(client)
    client.cookies.clear()
    real, known.publishes = known.signs_with, known.signs_with
    known.signs_with = provider.key()
    assert through(client).status_code == 502
    known.publishes = None  # the provider changed its key, and says so
    assert through(client).status_code == 303
    assert real is not known.signs_with


def test_only_the_browser_that_went_may_come_back_and_only_once(
    client: httpx.Client, database: Engine
) -> None:
    address = way_back(client)
    with door.browser(str(client.base_url)) as victim:
        assert victim.get(address).status_code == 401
        assert not is_in(victim)
    flow = client.cookies["caminho"]
    parts = urlsplit(address)
    state = parse_qs(parts.query)["state"][0]
    for forged in (
        address.replace(state, "x" * 43),
        address.replace("state=", "estado="),
        f"{parts.path}?state={state}&error=access_denied",
    ):
        assert client.get(forged, headers={"Cookie": f"caminho={flow}"}).status_code == 502, forged
    client.cookies.set("caminho", flow, domain="127.0.0.1", path="/")
    assert client.get(address).status_code == 303
    with door.browser(str(client.base_url), Cookie=f"caminho={flow}") as replay:
        assert replay.get(address).status_code == 502
        assert not is_in(replay)
    with door.browser(str(client.base_url), Cookie="caminho=" + flow[:-2] + "AA") as forged_flow:
        assert forged_flow.get(address).status_code == 401


def test_the_way_back_stays_on_this_site(client: httpx.Client) -> None:
    assert through(client, "https://mal.example/").headers["location"] == "/"


def test_without_a_provider_there_is_no_way_to_one(database: Engine) -> None:
    with door.site(database) as address, door.browser(address) as client:
        assert client.get("/entrar/openid").status_code == 404
        assert "openid" not in client.get("/entrar").text


def test_a_provider_that_is_away_leaves_the_password(
    client: httpx.Client, known: Provider, database: Engine
) -> None:
    made = openid.Provider(openid.Settings("http://127.0.0.1:9", provider.CLIENT, provider.SECRET))
    with pytest.raises(openid.Unusable):
        made.start("/", "http://127.0.0.1/entrar/openid/volta")
    other = replace(openid.Settings(known.issuer, "x", "y"), issuer=known.issuer + "/")
    with pytest.raises(openid.Unusable, match="issuer"):
        openid.Provider(other).start("/", "http://127.0.0.1/entrar/openid/volta")


def test_settings_of_the_environment_are_complete_or_say_what_is_missing() -> None:
    assert openid.from_environment({}) is None
    names = openid.VARIABLES
    with pytest.raises(Problems) as raised:
        openid.from_environment({names["issuer"]: "http://entrar.example"})
    assert [problem.code for problem in raised.value.problems] == ["A141", "A141", "A142"]
    read = openid.from_environment(
        {names["issuer"]: "https://entrar.example", names["client_id"]: "a", names["client_secret"]: "b"}
    )
    assert read == openid.Settings("https://entrar.example", "a", "b")
