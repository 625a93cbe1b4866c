"""This file makes the first administrator of a database, and the operators of the demonstration."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from kernel.accounts import accounts, passwords
from kernel.accounts.accounts import New
from kernel.storage.system import SETTING
from metadata.problems import Refused

ADMINISTRATOR = "administrador"  # the login and the role
BY = "aroeira"
SHOWN = "demo_accounts"
TURN = 0x61726F66  # "arof": two servers that start together make one administrator


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An operator of the demonstration: what the sign-in page says of them, password and all."""

    login: str
    name: str
    roles: tuple[str, ...]
    says: str


DEMONSTRATED = (
    DemoAccount("marina.prado", "Marina Prado", (ADMINISTRATOR,), "Administra o sistema: vê e muda tudo."),
    DemoAccount(
        "teresa.lima",
        "Teresa Lima",
        ("faturamento", "contabilidade", "reajuste", "cadastro_beneficiarios", "consulta_planos"),
        "Fatura o mês, reajusta, e cuida de contratos e vidas das duas empresas.",
    ),
    DemoAccount(
        "ana.souza",
        "Ana Souza",
        ("cadastro_planos", "cadastro_beneficiarios"),
        "Cuida de planos, contratos e vidas: inclui e muda.",
    ),
    DemoAccount(
        "rui.lopes",
        "Rui Lopes",
        ("consulta_planos", "consulta_beneficiarios"),
        "Consulta planos e vidas das duas empresas, e nada muda; dados pessoais, mascarados.",
    ),
    DemoAccount(
        "clara.reis",
        "Clara Reis",
        ("encarregado_dados",),
        "Cuida dos dados pessoais: reúne os de uma pessoa, e a anonimiza.",
    ),
    DemoAccount(
        "lia.castro",
        "Lia Castro",
        ("tolerancia_inadimplencia",),
        "Muda só a tolerância com atrasos de um plano.",
    ),
    DemoAccount(
        "caio.reis",
        "Caio Reis",
        ("cadastro_planos", "cadastro_beneficiarios", "sigilo"),
        "Cuida de planos e vidas da outra empresa, Sapucaí Benefícios; põe e tira sigilo de pessoas.",
    ),
)


def administrator(connection: Connection, now: datetime) -> str | None:
    """Make the first administrator where there is no account yet; return the password, else None."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")
    if accounts.any_exists(connection):
        return None
    password = passwords.generated()
    made = accounts.add(connection, New(ADMINISTRATOR, "Administrador", password), BY)
    assert not isinstance(made, Refused)  # there is no account whose login it could have
    accounts.give(connection, made, ADMINISTRATOR, now.date(), None, BY)
    return password


def demonstrate(connection: Connection, wanted: Iterable[DemoAccount], now: datetime) -> None:
    """Make the operators of the demonstration that are missing, and write the setting that shows them.

    Their passwords are public, so they are accounts that only `demo` lets in.
    """
    shown = {each["login"]: each for each in demonstrated(connection)}
    for one in wanted:
        if one.login in shown or accounts.find(connection, one.login, now.date()):
            continue
        password = passwords.generated()
        new = New(one.login, one.name, password, must_change=False, is_demo=True)
        made = accounts.add(connection, new, BY)
        if isinstance(made, Refused):
            continue
        accounts.give_all(connection, made, one.roles, now.date(), BY)
        shown[one.login] = {"login": one.login, "name": one.name, "says": one.says, "password": password}
    text = json.dumps(list(shown.values()), ensure_ascii=False)
    statement = insert(SETTING).values(name=SHOWN, value=text)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": text}))


def demonstrated(connection: Connection) -> list[dict[str, str]]:
    """Return the operators of the demonstration with their passwords."""
    text = connection.scalar(select(SETTING.c.value).where(SETTING.c.name == SHOWN))
    return [dict(each) for each in json.loads(text)] if text else []
