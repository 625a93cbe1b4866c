"""The second factor: asked for, taken once, not guessed, sealed; and what asks for the password again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pyotp
import pytest
import zxingcpp
from sqlalchemy import Engine

from tests import door, office
from tests.door import is_in, with_session
from tests.renderer.html import shown, texts


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


def enrol(client: httpx.Client) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second factor on, reading the QR code as a telephone does; return it with the recovery codes."""
    page = shown(client.post("/conta/segundo-fator", data={"senha": door.PASSWORD}))
    secret = texts(page, "code")[0].replace(" ", "")
    totp = pyotp.TOTP(secret)
    codes = shown(client.post("/conta/segundo-fator/confirmar", data={"codigo": totp.now()}))
    return totp, texts(codes, ".codes code")


def later(totp: pyotp.TOTP, steps: int = 1) -> str:
    """Return the code of a step to come: the one of now was used for turning it on."""
    return totp.at(datetime.now(UTC), counter_offset=steps)


def test_the_second_factor_is_asked_for_and_no_code_counts_twice(address: str, database: Engine) -> None:
    with door.browser(address) as client, door.browser(address) as thief:
        door.sign_in(client)
        totp, recovery = enrol(client)
        assert len(recovery) == 10
        door.run(database, "UPDATE aroeira_account SET totp_step = totp_step - 1")
        code = totp.now()
        for browser in (client, thief):
            browser.cookies.clear()
            assert "Código de acesso" in door.sign_in(browser).text
            assert not is_in(browser)
            assert browser.get("/registros/pessoa").status_code == 303
        waiting = client.cookies["sessao"]
        assert client.post("/entrar/codigo", data={"codigo": code}).status_code == 303
        assert is_in(client)
        assert client.cookies["sessao"] != waiting
        assert not with_session(address, waiting)
        replayed = thief.post("/entrar/codigo", data={"codigo": code})
        assert replayed.status_code == 401
        assert "já foi usado" in replayed.text
        assert thief.post("/entrar/codigo", data={"codigo": recovery[0]}).status_code == 303
        thief.cookies.clear()
        door.sign_in(thief)
        assert thief.post("/entrar/codigo", data={"codigo": recovery[0]}).status_code == 401


def test_codes_are_not_guessed(address: str, database: Engine) -> None:
    with door.browser(address) as client:
        door.sign_in(client)
        totp, _ = enrol(client)
        client.cookies.clear()
        door.sign_in(client)
        statuses = [client.post("/entrar/codigo", data={"codigo": f"{n:06}"}).status_code for n in range(8)]
        assert statuses[:6].count(429) == 0
        assert statuses[6:] == [429, 429]
        assert client.post("/entrar/codigo", data={"codigo": later(totp)}).status_code == 429


def test_a_trusted_browser_is_not_asked_for_thirty_days(address: str, database: Engine) -> None:
    with door.browser(address) as client:
        door.sign_in(client)
        totp, _ = enrol(client)
        client.post("/sair")
        door.sign_in(client)
        assert (
            client.post("/entrar/codigo", data={"codigo": later(totp), "confiar": "sim"}).status_code == 303
        )
        client.post("/sair")
        assert door.sign_in(client).status_code == 303
        assert is_in(client)
        client.post("/sair")
        door.run(database, "UPDATE aroeira_device SET trusted_until = now() - interval '1 second'")
        assert "Código de acesso" in door.sign_in(client).text


def test_the_secret_lies_sealed_and_another_key_does_not_read_it(database: Engine) -> None:
    made = office.installed(database)
    door.account(database)
    with office.served(door.closed(database, made)) as address, door.browser(address) as client:
        door.sign_in(client)
        totp, _ = enrol(client)
    kept = bytes(door.rows(database, "SELECT totp_secret FROM aroeira_account")[0][0])
    assert totp.secret.encode() not in kept
    with office.served(door.closed(database, made)) as address, door.browser(address) as client:
        door.sign_in(client)
        refused = client.post("/entrar/codigo", data={"codigo": later(totp)})
        assert refused.status_code == 401
        assert "outra chave" in refused.text


def test_the_qr_code_says_the_secret_to_a_telephone(client: httpx.Client) -> None:
    door.sign_in(client)
    page = shown(client.post("/conta/segundo-fator", data={"senha": door.PASSWORD}))
    secret = texts(page, "code")[0].replace(" ", "")
    picture = page.xpath("//*[local-name()='svg' and @class='qr']")[0]
    side = int((picture.get("viewBox") or picture.get("viewbox")).split()[-1])
    dark = {
        (int(x), int(y))
        for path in picture.xpath("./*[@fill='#000']/@d")
        for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)
    }
    scale = 4
    pixels = bytes(
        0 if (x // scale, y // scale) in dark else 255
        for y in range(side * scale)
        for x in range(side * scale)
    )
    image = memoryview(pixels).cast("B", shape=[side * scale, side * scale])
    read = zxingcpp.read_barcodes(image)
    assert len(read) == 1
    assert f"secret={secret}" in read[0].text
    assert "marina.prado" in read[0].text


def test_who_is_signed_in_still_says_the_password_before_what_lasts(client: httpx.Client) -> None:
    door.sign_in(client)
    wrong = {"senha": "errada demais", "nome": "x", "dias": "9"}
    for path in (
        "/conta/segundo-fator",
        "/conta/segundo-fator/desligar",
        "/conta/segundo-fator/recuperacao",
        "/conta/chaves",
    ):
        refused = client.post(path, data=wrong)
        assert refused.status_code == 422, path
        assert "A senha atual não confere" in refused.text, path
    statuses = [client.post("/conta/chaves", data=wrong).status_code for _ in range(12)]
    assert "muitas tentativas" in client.post("/conta/chaves", data=wrong | {"senha": door.PASSWORD}).text
    assert set(statuses) == {422}
