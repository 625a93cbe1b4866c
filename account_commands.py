"""This file has the commands about accounts: an administrator's way in when the pages cannot be reached."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from command_parts import Data, settings
from metadata.problems import Problem, Problems, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from kernel.accounts.accounts import Account

accounts_app = App(name="account", help="Contas de quem entra no sistema, com papéis, senhas e sessões.")
PARTS = (accounts_app,)

Login = Annotated[str, Parameter(help="O usuário, como se digita para entrar.")]


@contextmanager
def opened(data: Data) -> Iterator[Connection]:
    """Give a connection to a database that has the tables of accounts."""
    from kernel.database import connect
    from kernel.storage import system

    with connect(settings(data)) as engine, engine.begin() as connection:
        system.create(connection)
        yield connection


def now() -> datetime:
    """Return this moment at the site."""
    from kernel.context import at_present

    return at_present("").now


def by() -> str:
    """Return who runs the command."""
    from getpass import getuser

    return getuser()


def account_of(connection: Connection, login: str) -> Account:
    """Return the account of a login; one that does not exist ends the command."""
    from kernel.accounts import accounts

    found = accounts.find(connection, login, now().date())
    if found is None:
        raise Problems([Problem("R484", {"login": login})])
    return found


def refused(result: object) -> None:
    """End the command where something was refused."""
    if isinstance(result, Refused):
        raise Problems([Problem(result.code, result.facts)])


@accounts_app.command(name="list")
def list_accounts(*, data: Data = None) -> int:
    """Mostra as contas: usuário, nome, papéis de hoje, como cada uma entra."""
    from kernel.accounts import accounts

    with opened(data) as connection:
        found = accounts.listed(connection, now().date())
    for each in found:
        notes = [
            said
            for said, holds in (
                ("desligada", not each.is_active),
                ("demonstração", each.is_demo),
                ("sem senha", not each.has_password),
                ("segundo fator", each.has_second_factor),
            )
            if holds
        ]
        line = f"{each.login:<24} {each.name:<28} {', '.join(each.roles) or 'sem papel'}"
        print(line + (f"  ({', '.join(notes)})" if notes else ""))
    print(f"{len(found)} {'contas' if len(found) != 1 else 'conta'}.")
    return 0


@accounts_app.command(name="add")
def add_account(
    login: Login,
    *,
    name: Annotated[str, Parameter(help="O nome da pessoa.")] = "",
    email: Annotated[str, Parameter(help="O e-mail, por onde o provedor de identidade a reconhece.")] = "",
    role: Annotated[tuple[str, ...], Parameter(help="Um papel; pode vir mais de uma vez.")] = (),
    without_password: Annotated[
        bool, Parameter(negative=(), help="Entra só pelo provedor de identidade.")
    ] = False,
    data: Data = None,
) -> int:
    """Cria uma conta e mostra, só esta vez, a senha com que ela entra e que precisa trocar."""
    from kernel.accounts import accounts, events, passwords
    from kernel.accounts.accounts import New

    password = None if without_password else passwords.generated()
    with opened(data) as connection:
        made = accounts.add(connection, New(login, name, password, email), by())
        refused(made)
        assert isinstance(made, int)
        for each in role:
            refused(accounts.give(connection, made, each, now().date(), None, by()))
        events.note(connection, now(), events.Origin(), "account-made", account=made, login=login)
    print(f"Conta de {login} criada." + (f" Senha: {password}" if password else ""))
    return 0


@accounts_app.command(name="password")
def give_password(
    login: Login,
    *,
    second_factor: Annotated[
        bool, Parameter(negative=(), help="Desliga também o segundo fator, se o telefone se perdeu.")
    ] = False,
    data: Data = None,
) -> int:
    """Dá outra senha a uma conta e a mostra só esta vez; as sessões abertas terminam."""
    from kernel.accounts import accounts, events, passwords
    from kernel.accounts import second_factor as factor

    password = passwords.generated()
    with opened(data) as connection:
        found, origin = account_of(connection, login), events.Origin()
        refused(accounts.change_password(connection, found.id, password, now(), origin, must_change=True))
        if second_factor:
            factor.turn_off(connection, found.id, now(), origin)
        accounts.end_pauses(connection, found)
    print(f"Senha de {found.login}: {password}")
    return 0


@accounts_app.command(name="roles")
def change_roles(
    login: Login,
    *,
    give: Annotated[tuple[str, ...], Parameter(help="Um papel a dar; pode vir mais de uma vez.")] = (),
    take: Annotated[tuple[str, ...], Parameter(help="Um papel a tirar; pode vir mais de uma vez.")] = (),
    since: Annotated[str, Parameter(name="--from", help="Primeiro dia; sem ele, hoje.")] = "",
    until: Annotated[
        str, Parameter(name="--until", help="Último dia do que se dá; sem ele, não acaba.")
    ] = "",
    data: Data = None,
) -> int:
    """Mostra os papéis de uma conta, ou dá e tira papéis a partir de um dia."""
    from kernel.accounts import accounts, events

    first = _day(since, "--from") if since else now().date()
    last = _day(until, "--until") if until else None
    with opened(data) as connection:
        found = account_of(connection, login)
        for role in give:
            refused(accounts.give(connection, found.id, role, first, last, by()))
        for role in take:
            accounts.take(connection, found.id, role, first)
        if give or take:
            origin = events.Origin()
            events.note(connection, now(), origin, "roles-changed", account=found.id, login=found.login)
        given = accounts.given(connection, found.id)
    for each in given:
        end = f" até {each.valid_to:%d/%m/%Y}" if each.valid_to else ""
        print(f"{each.role:<28} desde {each.valid_from:%d/%m/%Y}{end}, por {each.given_by}")
    if not given:
        print(f"{found.login} não tem papéis.")
    return 0


def _day(written: str, option: str) -> date:
    from metadata.values.moments import parse_date

    day = parse_date(written, now())
    if isinstance(day, Refused):
        raise Problems([Problem(day.code, day.facts, field=option)])
    return day


@accounts_app.command(name="sessions")
def show_sessions(
    login: Login,
    *,
    end: Annotated[bool, Parameter(negative=(), help="Encerra todas.")] = False,
    data: Data = None,
) -> int:
    """Mostra as sessões abertas de uma conta, ou as encerra."""
    from datetime import timedelta

    from kernel.accounts import events, limits, sessions

    with opened(data) as connection:
        found = account_of(connection, login)
        idle = timedelta(minutes=limits.chosen(connection)["session_idle_minutes"])
        shown = sessions.open_ones(connection, found.id, now() - idle)
        if end:
            sessions.revoke(connection, found.id, now(), events.Origin(), login=found.login)
    zone = now().tzinfo
    for each in shown:
        begun, seen = (at.astimezone(zone).strftime("%d/%m/%Y %H:%M") for at in (each.begun_at, each.seen_at))
        print(f"desde {begun}, usada {seen}, de {each.address}  {each.agent[:60]}")
    count = f"{len(shown)} {'sessões' if len(shown) != 1 else 'sessão'}"
    print(f"{count} {'encerradas' if len(shown) != 1 else 'encerrada'}." if end else f"{count}.")
    return 0


@accounts_app.command(name="enable")
def enable_account(login: Login, *, data: Data = None) -> int:
    """Deixa uma conta desligada entrar de novo."""
    return _activate(login, data, is_active=True)


@accounts_app.command(name="disable")
def disable_account(login: Login, *, data: Data = None) -> int:
    """Desliga uma conta: ela não entra mais, e o que tem aberto termina."""
    return _activate(login, data, is_active=False)


def _activate(login: str, data: Data, *, is_active: bool) -> int:
    from kernel.accounts import accounts, events

    with opened(data) as connection:
        found = account_of(connection, login)
        accounts.activate(connection, found, is_active, now(), events.Origin())
    print(f"{found.login}: {'ligada' if is_active else 'desligada'}.")
    return 0


@accounts_app.command(name="limits")
def change_limits(
    *,
    idle_minutes: Annotated[int | None, Parameter(help="Sem uso, uma sessão termina depois disto.")] = None,
    absolute_hours: Annotated[int | None, Parameter(help="E de todo modo depois disto.")] = None,
    data: Data = None,
) -> int:
    """Mostra quanto dura uma sessão, ou muda os limites; valem também para as abertas."""
    from kernel.accounts import limits

    asked = {"session_idle_minutes": idle_minutes, "session_absolute_hours": absolute_hours}
    with opened(data) as connection:
        for name, value in asked.items():
            if value is not None:
                refused(limits.choose(connection, name, value))
        kept = limits.chosen(connection)
    print(
        f"Sem uso: {kept['session_idle_minutes']} minutos. No total: {kept['session_absolute_hours']} horas."
    )
    return 0
