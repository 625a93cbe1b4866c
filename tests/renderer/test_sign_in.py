"""Signing in: passwords, pauses, sessions that end, codes, tokens; and what attackers try."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from itertools import accumulate, chain
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import Engine

from kernel.accounts import lockout
from tests import door
from tests.door import bearer, is_in, made_token, with_session

ATTEMPTS, ATTACKERS = 10_000, 20


@pytest.fixture
def address(database: Engine) -> Iterator[str]:
    """The office as it is served, with one account."""
    with door.site(database) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """A browser that nobody signed in with yet."""
    with door.browser(address) as client:
        yield client


# ── passwords ────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(client: httpx.Client) -> None:
    answers = [door.sign_in(client, login, "senha errada aqui") for login in (door.LOGIN, "ninguem")]
    said = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert said[0] == said[1]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert (
        "Usuário ou senha não conferem; confira os dois; restam 4 tentativas antes de uma pausa." in said[0]
    )


def test_a_login_is_known_without_capitals_and_accents(client: httpx.Client) -> None:
    assert door.sign_in(client, " Marina.PRADO ").status_code == 303


def test_an_account_that_is_off_or_of_the_demonstration_does_not_come_in(
    address: str, database: Engine
) -> None:
    door.account(database, "demo.um", is_demo=True)
    with door.browser(address) as client:
        assert door.sign_in(client, "demo.um").status_code == 401
        assert door.sign_in(client).status_code == 303
        door.run(database, "UPDATE aroeira_account SET is_active = false")
        assert not is_in(client)
        assert door.sign_in(client).status_code == 401


def test_a_given_password_has_to_be_changed_before_anything_else(address: str, database: Engine) -> None:
    door.account(database, "novo", name="Novo Operador", must_change=True)
    with door.browser(address) as client:
        door.sign_in(client, "novo")
        assert client.get("/registros/pessoa").headers["location"] == "/conta/senha"
        assert client.get("/api/v1/pessoa").json()["problems"][0]["code"] == "R479"
        form = {"atual": "errada", "nova": "curta", "repetida": "outra"}
        refused = client.post("/conta/senha", data=form)
        assert refused.status_code == 422
        for said in ("tem menos de 10", "não são iguais", "A senha atual não confere"):
            assert said in refused.text
        for bad in (
            "novo operador",
            "Novo2026!!",
            "senha12345",
            "1234567890",
            "aaaaaaaaaaaa",
            "flamengo2026",
        ):
            form = {"atual": door.PASSWORD, "nova": bad, "repetida": bad}
            assert client.post("/conta/senha", data=form).status_code == 422, bad
        same = {"atual": door.PASSWORD, "nova": door.PASSWORD, "repetida": door.PASSWORD}
        assert "é a de antes" in client.post("/conta/senha", data=same).text
        good = {
            "atual": door.PASSWORD,
            "nova": "quatro cavalos no pasto",
            "repetida": "quatro cavalos no pasto",
        }
        assert client.post("/conta/senha", data=good).status_code == 303
        assert is_in(client)


def test_another_password_ends_the_other_sessions_and_keeps_this_one(address: str) -> None:
    with door.browser(address) as one, door.browser(address) as other:
        door.sign_in(one)
        door.sign_in(other)
        form = {
            "atual": door.PASSWORD,
            "nova": "quatro cavalos no pasto",
            "repetida": "quatro cavalos no pasto",
        }
        one.post("/conta/senha", data=form)
        assert (is_in(one), is_in(other)) == (True, False)


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_ten_thousand_attempts_are_refused_cheaply_and_keep_no_known_browser_out(
    address: str, database: Engine, usual_passwords: None
) -> None:
    with door.browser(address) as operator:
        door.sign_in(operator)
        known = operator.cookies["navegador"]
        begun = time.monotonic()
        with ThreadPoolExecutor(ATTACKERS) as attackers:
            statuses = Counter(
                chain.from_iterable(attackers.map(partial(_attack, address), range(ATTACKERS)))
            )
        took = time.monotonic() - begun
        # 503 is for those that came while as many passwords as may be were being checked.
        assert statuses.keys() <= {401, 429, 503}
        assert statuses[503] < 60
        # Only as many passwords were checked as are free for one address, however they came together.
        assert statuses[401] <= lockout.ADDRESS.free + 1 + _pauses_within(took)
        assert sum(statuses.values()) == ATTEMPTS
        assert took < 300
        print(f"{ATTEMPTS} attempts in {took:.1f} s: {statuses}")
        assert is_in(operator)
        with door.browser(address) as stranger:
            # A pause may have ended with the attack: one more wrong password, and there is the next.
            assert door.sign_in(stranger, password="errada, de novo").status_code in (401, 429)
            paused = door.sign_in(stranger)
            assert paused.status_code == 429
            assert "muitas tentativas" in paused.text
        with door.browser(address, Cookie=f"navegador={known}") as same_browser:
            assert door.sign_in(same_browser).status_code == 303
    written = door.rows(database, "SELECT count(*) FROM aroeira_sign_in_event")[0][0]
    assert written < 60
    refused = door.rows(database, "SELECT sum(refused) FROM aroeira_lockout")[0][0]
    assert refused >= ATTEMPTS - 60 - statuses[503]


def _attack(address: str, number: int) -> list[int]:
    """Try logins that exist and that do not, one after the other over one connection."""
    statuses = []
    host = address.removeprefix("http://")
    headers = {"Origin": address, "Content-Type": "application/x-www-form-urlencoded"}
    connection = HTTPConnection(host, timeout=300)
    for each in range(number, ATTEMPTS, ATTACKERS):
        login = door.LOGIN if each // ATTACKERS % 2 else f"u{each}"
        connection.request(
            "POST", "/entrar", urlencode({"usuario": login, "senha": f"senha {each}"}), headers
        )
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def _pauses_within(seconds: float) -> int:
    """Return how many pauses end in this time; after each, one more try counts."""
    ends = accumulate(
        min(lockout.FIRST_PAUSE_SECONDS * 2**nth, lockout.LONGEST_PAUSE_SECONDS) for nth in range(20)
    )
    return sum(end <= seconds for end in ends)


def test_failures_against_one_login_pause_it_for_strangers_and_longer_each_time(
    client: httpx.Client, database: Engine
) -> None:
    for _ in range(lockout.LOGIN.free + 1):
        assert door.sign_in(client, password="errada demais").status_code == 401
    assert re.search(r"a próxima só conta em \d+ segundos", door.sign_in(client).text)
    pauses = []
    for _ in range(7):
        door.run(database, "UPDATE aroeira_lockout SET until = now() - interval '1 second'")
        assert door.sign_in(client, password="errada demais").status_code == 401
        asked = (
            "SELECT round(extract(epoch FROM until - last_at)) FROM aroeira_lockout WHERE key LIKE 'login:%'"
        )
        pauses.append(int(door.rows(database, asked)[0][0]))
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    door.run(database, "UPDATE aroeira_lockout SET until = now() - interval '1 second'")
    assert door.sign_in(client).status_code == 303
    assert door.rows(database, "SELECT * FROM aroeira_lockout WHERE key LIKE 'login:%'") == []


def test_addresses_of_one_network_count_as_one() -> None:
    assert lockout.network("2001:db8::1") == lockout.network("2001:db8::ffff:2")
    assert lockout.network("2001:db8:0:1::1") != lockout.network("2001:db8::1")
    assert lockout.network("::ffff:10.0.0.1") == "10.0.0.1"
    assert lockout.network("testclient") == "testclient"


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────


def test_a_session_is_new_at_each_sign_in_so_none_can_be_planted(address: str, database: Engine) -> None:
    planted = "a" * 43
    with door.browser(address) as victim:
        victim.cookies.set("sessao", planted, domain="127.0.0.1", path="/")
        door.sign_in(victim)
        first = victim.cookies["sessao"]
        door.sign_in(victim)
        second = victim.cookies["sessao"]
    assert len({planted, first, second}) == 3
    assert [with_session(address, token) for token in (planted, first, second)] == [False, False, True]
    kept = door.rows(database, "SELECT encode(token_hash, 'escape') || agent FROM aroeira_session")
    assert not any(second in row[0] for row in kept)


def test_forged_sessions_open_nothing(address: str) -> None:
    with door.browser(address) as client:
        door.sign_in(client)
        token = client.cookies["sessao"]
    swapped = ("A" if token[0] != "A" else "B") + token[1:]
    for forged in (
        swapped,
        token[:-1],
        token + "A",
        token.upper(),
        "",
        "null",
        "0",
        "' OR 1=1 --",
        "%00",
        "é" * 40,
    ):
        if forged != token:
            header = {"Cookie": f"sessao={forged}".encode("latin-1")}
            assert httpx.get(f"{address}/api/v1/pessoa", headers=header).status_code == 401, forged


def test_a_session_does_not_outlive_sign_out_revocation_nor_its_limits(
    address: str, database: Engine
) -> None:
    def fresh(client: httpx.Client) -> str:
        client.cookies.clear()
        door.sign_in(client)
        assert is_in(client)
        return client.cookies["sessao"]

    with door.browser(address) as client, door.browser(address) as other:
        token = fresh(client)
        left = client.post("/sair")
        assert left.headers["location"] == "/entrar"
        assert left.headers["clear-site-data"] == '"storage"'
        assert "sessao" not in client.cookies
        assert not with_session(address, token)

        token = fresh(client)
        fresh(other)
        number = door.rows(database, "SELECT min(id) FROM aroeira_session WHERE ended_at IS NULL")[0][0]
        other.post("/conta/sessoes", data={"sessao": str(number)})
        assert not with_session(address, token)
        assert is_in(other)

        token = fresh(client)
        other.post("/conta/sessoes", data={})
        assert not with_session(address, token)
        assert is_in(other)

        for column, age in (("seen_at", "61 minutes"), ("begun_at", "721 minutes")):
            token = fresh(client)
            door.run(database, f"UPDATE aroeira_session SET {column} = now() - interval '{age}'")
            assert not with_session(address, token), column

        token = fresh(client)
        door.run(database, "UPDATE aroeira_session SET seen_at = now() - interval '10 minutes'")
        door.run(database, "INSERT INTO aroeira_setting VALUES ('session_idle_minutes', '9')")
        assert not with_session(address, token)


def test_nobody_ends_sessions_nor_tokens_of_somebody_else(address: str, database: Engine) -> None:
    door.account(database, "bento")
    with door.browser(address) as marina, door.browser(address) as bento:
        door.sign_in(marina)
        door.sign_in(bento, "bento")
        token = made_token(marina)
        for number in range(1, 5):
            bento.post("/conta/sessoes", data={"sessao": str(number)})
            bento.post("/conta/chaves/revogar", data={"chave": str(number)})
        assert is_in(marina)
        assert bearer(address, token).status_code == 200


def test_what_happens_at_the_door_is_recorded(client: httpx.Client, database: Engine) -> None:
    door.sign_in(client, password="errada demais")
    door.sign_in(client, "senha digitada no lugar errado")
    door.sign_in(client)
    client.post("/sair")
    written = door.rows(
        database, "SELECT what, outcome, login, address FROM aroeira_sign_in_event ORDER BY id"
    )
    assert [tuple(row) for row in written] == [
        ("sign-in", "R460", door.LOGIN, "127.0.0.1"),
        ("sign-in", "R460", "", "127.0.0.1"),
        ("sign-in", "done", door.LOGIN, "127.0.0.1"),
        ("sign-out", "done", door.LOGIN, "127.0.0.1"),
    ]


def test_the_page_for_scripts_asks_over_the_form(client: httpx.Client) -> None:
    script = {"X-Aroeira": "script"}
    form = {"usuario": door.LOGIN, "senha": "errada demais"}
    refused = client.post("/entrar", data=form, headers=script)
    assert (refused.status_code, refused.json()["code"]) == (401, "R460")
    entered = client.post("/entrar", data=form | {"senha": door.PASSWORD}, headers=script)
    assert (entered.status_code, entered.headers.get("x-falta")) == (204, None)
    assert is_in(client)
