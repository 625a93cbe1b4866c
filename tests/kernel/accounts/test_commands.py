"""The first administrator, the operators of the demonstration, and the commands about accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aroeira import main
from kernel.accounts import accounts, first, passwords, sealing, signed
from kernel.accounts.events import Origin
from kernel.accounts.sign_in import Attempt, Entered, enter
from kernel.storage import system
from metadata.problems import Problems, Refused

NOW = datetime.now(UTC)
GIVEN = re.compile(r": ([a-z2-9]{4}(?:-[a-z2-9]{4}){3})")


@pytest.fixture
def prepared(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with the product's tables, which commands find."""
    with database.begin() as connection:
        system.create(connection)
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    return database


def opens(engine: Engine, login: str, password: str, *, demo: bool = False) -> bool:
    attempt = Attempt(login, password, Origin("10.0.0.1"), demo=demo)
    return isinstance(enter(engine, attempt, NOW), Entered)


def test_a_database_without_accounts_gets_one_administrator_once(prepared: Engine) -> None:
    with prepared.begin() as connection:
        password = first.administrator(connection, NOW)
        assert first.administrator(connection, NOW) is None
        found = accounts.listed(connection, NOW.date())
    assert [(each.login, each.roles) for each in found] == [("administrador", ("administrador",))]
    assert password
    assert passwords.refusal(password) is None
    assert opens(prepared, "administrador", password)


def test_the_operators_of_the_demonstration_come_in_only_where_it_is_shown(prepared: Engine) -> None:
    with prepared.begin() as connection:
        first.demonstrate(connection, first.DEMONSTRATED, NOW)
        first.demonstrate(connection, first.DEMONSTRATED, NOW)
        shown = first.demonstrated(connection)
        assert not accounts.any_exists(connection)
    assert len(shown) == len(first.DEMONSTRATED)
    for each in shown:
        assert opens(prepared, each["login"], each["password"], demo=True)
        assert not opens(prepared, each["login"], each["password"])
    entered = enter(prepared, Attempt(shown[0]["login"], shown[0]["password"], Origin(), demo=True), NOW)
    assert isinstance(entered, Entered)
    with prepared.begin() as connection:
        assert signed.by_session(connection, entered.token, NOW, demo=True)
        assert signed.by_session(connection, entered.token, NOW) is None


def test_an_account_is_added_given_roles_another_password_and_switched_off(
    prepared: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert main(["account", *words]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    added = said("add", "ana.souza", "--name", "Ana Souza", "--role", "leitura", "--role", "cadastro")
    password = GIVEN.search(added)
    assert password
    assert opens(prepared, "ana.souza", password[1])
    assert "cadastro, leitura" in said("list")
    assert "1 sessão." in said("sessions", "ana.souza")
    assert "1 sessão encerrada." in said("sessions", "ana.souza", "--end")
    roles = said("roles", "ana.souza", "--take", "leitura", "--give", "cobranca", "--until", "31/12/2099")
    assert "leitura" not in roles
    assert "cobranca" in roles
    assert "até 31/12/2099" in roles
    other = GIVEN.search(said("password", "ana.souza", "--second-factor"))
    assert other
    assert not opens(prepared, "ana.souza", password[1])
    assert opens(prepared, "ana.souza", other[1])
    said("disable", "ana.souza")
    assert "desligada" in said("list")
    assert not opens(prepared, "ana.souza", other[1])
    said("enable", "ana.souza")
    assert opens(prepared, "ana.souza", other[1])
    assert "Sem uso: 30 minutos. No total: 12 horas." in said("limits", "--idle-minutes", "30")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "Ana Souza!"], "R475"),
        (["add", "administrador"], "R476"),
        (["password", "ninguem"], "R484"),
        (["roles", "administrador", "--give", "Não É"], "R483"),
        (["limits", "--idle-minutes", "0"], "R481"),
        (["sessions", "ninguem"], "R484"),
    ],
)
def test_a_mistake_says_what_to_do(
    prepared: Engine, capsys: pytest.CaptureFixture[str], words: list[str], code: str
) -> None:
    with prepared.begin() as connection:
        first.administrator(connection, NOW)
    assert main(["account", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{code} ")
    assert "; " in said


def test_a_role_counts_from_its_first_to_its_last_day(prepared: Engine) -> None:
    def in_force(day: str) -> tuple[str, ...]:
        found = accounts.find(connection, "ana", datetime.fromisoformat(day).date())
        assert found
        return found.roles

    with prepared.begin() as connection:
        made = accounts.add(connection, accounts.New("ana", "Ana", None), "testes")
        assert isinstance(made, int)
        day = datetime.fromisoformat
        accounts.give(connection, made, "a", day("2026-01-10").date(), day("2026-01-20").date(), "testes")
        accounts.give(connection, made, "b", day("2026-01-01").date(), None, "testes")
        accounts.take(connection, made, "b", day("2026-01-15").date())
        roles = [in_force(f"2026-01-{number:02}") for number in (9, 10, 14, 15, 20, 21)]
    assert roles == [("b",), ("a", "b"), ("a", "b"), ("a",), ("a",), ()]


def test_the_key_is_made_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    made = sealing.key(tmp_path / "dados", {})
    assert sealing.key(tmp_path / "dados", {}) == made
    assert (tmp_path / "dados" / sealing.FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "dados").iterdir()] == [sealing.FILE]
    other = sealing.new_key()
    assert sealing.key(tmp_path, {sealing.VARIABLE: other.decode()}) == other
    with pytest.raises(Problems, match="A140"):
        sealing.key(tmp_path, {sealing.VARIABLE: "segredo"})


def test_what_is_sealed_opens_only_with_its_key_for_its_purpose() -> None:
    seal = sealing.Seal(sealing.new_key())
    closed = seal.close("um fim", "segredo")
    assert seal.open("um fim", closed) == "segredo"
    for other, purpose, kept in (
        (sealing.Seal(sealing.new_key()), "um fim", closed),
        (seal, "outro fim", closed),
        (seal, "um fim", closed[:-1]),
        (seal, "um fim", b""),
    ):
        with pytest.raises(sealing.Unreadable):
            other.open(purpose, kept)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("curta", "R464"),
        ("x" * 201, "R465"),
        ("marina.prado", "R466"),
        ("MarinaPrado1984!", "R466"),
        ("odarp.aniram", "R466"),
        ("senha1234567", "R467"),
        ("Brasil!2026", "R467"),
        ("ababababababab", "R467"),
        ("1q2w3e4r5t", "R467"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_with_the_reason(password: str, code: str) -> None:
    refused = passwords.refusal(password, ("marina.prado", "Marina Prado", "marina@operadora.example"))
    assert isinstance(refused, Refused)
    assert refused.code == code


@pytest.mark.parametrize(
    "password", ["cavalo no pasto", "kx82-mmq1-zz", "ção ção ipê", "só letras minúsculas", "XXX-yz-wq-yz"]
)
def test_no_kind_of_character_is_demanded(password: str) -> None:
    assert passwords.refusal(password, ("marina.prado", "Marina Prado", "")) is None


def test_accents_count_the_same_however_they_are_typed() -> None:
    assert passwords.is_right(passwords.hash_of("ip\u00ea na montanha"), "ipe\u0302 na montanha")
    assert not passwords.is_right(None, "ipê na montanha")
