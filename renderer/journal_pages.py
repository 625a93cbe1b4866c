"""This file shows who came in, what was refused, which parameters changed: searched, paged, exported."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, FromClause, Select
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kernel.accounts.tables import EVENT
from kernel.audit import journal, settings
from kernel.audit.refusals import REFUSAL
from kernel.query.plan import Line
from metadata.entity import Field
from metadata.problems import Problem
from renderer import audit_pages, audit_tabs, documents, export, export_pages, screen, visit
from renderer.parameter_gate import ADDRESS, may_see
from renderer.parameter_view import label_of, value_of
from renderer.visit import Visit
from renderer.when import said

FILTERS = ("operador", "tipo", "resultado", "endereco", "de", "ate")
KINDS = {
    "sign-in": "Entrada", "second-factor": "Código do segundo fator", "openid": "Entrada pelo provedor",
    "sign-out": "Saída", "session-revoked": "Sessão encerrada", "password-changed": "Troca de senha",
    "second-factor-on": "Segundo fator ligado", "second-factor-off": "Segundo fator desligado",
    "account-made": "Conta criada", "account-enabled": "Conta ligada", "account-disabled": "Conta desligada",
    "role-given": "Papel dado", "role-taken": "Papel tirado", "viewed-as": "Viu como outro",
    "role-changed": "Papel mudado", "role-removed": "Papel excluído",
    "token-made": "Chave de acesso criada", "token-revoked": "Chave de acesso revogada",
}  # fmt: skip
OUTCOMES = {"done": "Feito", "refused": "Recusado"}
LEVELS = {
    "read": "Ver", "add": "Incluir", "change": "Mudar", "remove": "Excluir", "open": "Abrir a página",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as it reads: who, when, what, from where; `times` where it came more than once."""

    who: str
    at: datetime
    when: str
    moment: str
    what: str
    outcome: str
    where: str
    times: int = 1
    address: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """One tab: where it stands, what it is of, and how its rows read."""

    path: str
    title: str
    about: str
    empty: str
    table: FromClause
    kinds: Mapping[str, str]
    outcomes: Mapping[str, str]
    select: Callable[[Visit, journal.Wanted], Select[Any]]
    tell: Callable[[Visit, Any], Told]

    @property
    def address(self) -> str:
        """The address of the tab."""
        return f"{audit_pages.ADDRESS}/{self.path}"


def _sign_in(seen: Visit, row: Any) -> Told:
    outcome = "Feito" if row.outcome == "done" else Problem(row.outcome, {}).code
    refused = "" if row.outcome == "done" else f"Recusado ({outcome})"
    what = KINDS.get(row.what, row.what)
    what += f": {row.detail}" if row.detail else ""
    return _told(seen, row, what, refused or outcome, row.address)


def _refusal(seen: Visit, row: Any) -> Told:
    what, address = _thing(seen, row)
    where = ", de ".join(filter(None, (row.route, row.address)))
    level = LEVELS.get(row.level, row.level)
    return replace(_told(seen, row, f"{level}: {what}", "Recusado", where), times=row.times, address=address)


def _thing(seen: Visit, row: Any) -> tuple[str, str]:
    """Return what was refused in words, and the address of the record where the reader may follow it."""
    entity = seen.runtime.configuration.entities.get(row.entity)
    if entity is None:
        return PLACES.sub("…", row.page) or row.entity, ""
    field = entity.fields.get(row.field)
    part = f", {field.label}" if field else ", um campo" if row.field else ""
    number = f" nº {row.record}" if row.record else ""
    list_name = documents.list_of(seen.runtime, entity.name)
    there = f"/registros/{list_name}/{row.record}" if list_name and row.record else ""
    return f"{entity.label.one}{number}{part}", there


def _told(seen: Visit, row: Any, what: str, outcome: str, where: str) -> Told:
    moment = f"{row.at.astimezone(seen.context.now.tzinfo):%d/%m/%Y %H:%M:%S}"
    who = row.login or "Usuário que não existe"
    return Told(who, row.at, said(row.at, seen.context.now), moment, what, outcome, where)


def _setting(seen: Visit, row: Any) -> Told:
    """Say a change of a parameter: what it was on that day, what it is, why."""
    whole = seen.runtime.whole
    parameter = whole.configuration.parameters.get(row.parameter)
    label = label_of(parameter) if parameter else row.parameter
    before = value_of(parameter, row.before)
    after = before if row.kind == settings.TAKEN_BACK else value_of(parameter, row.value)
    said_ = f"retirado o valor ({before})" if row.kind == settings.TAKEN_BACK else f"de {before} para {after}"
    what = f"{label}: {said_}, desde {row.since:%d/%m/%Y}" + (f" ({row.reason})" if row.reason else "")
    told = _told(
        seen, row, what, SETTINGS_KINDS[row.kind], ", de ".join(filter(None, (row.route, row.address)))
    )
    return replace(told, address=f"{ADDRESS}/{row.parameter}" if parameter and may_see(seen) else "")


SETTINGS_KINDS = {
    settings.SET: "Valor dado", settings.CORRECTED: "Valor corrigido", settings.TAKEN_BACK: "Valor retirado",
}  # fmt: skip
PLACES = re.compile(r"{[^}]*}")  # of a route: what stood there is in the address beside it
SIGN_INS = Journal(
    "entradas", "Entradas",
    "Quem entrou, quem foi recusado na porta e o que mudou em contas, senhas e chaves.",
    "Ninguém entrou ainda", EVENT, KINDS, OUTCOMES, lambda seen, wanted: journal.sign_ins(wanted), _sign_in,
)  # fmt: skip
REFUSALS = Journal(
    "recusas", "Recusas",
    "O que foi recusado a quem, contado por hora: telas, registros e campos além dos papéis de cada um.",
    "Nada foi recusado ainda", REFUSAL, LEVELS, {},
    lambda seen, wanted: journal.refusals(seen.runtime, seen.context, wanted), _refusal,
)  # fmt: skip
SETTINGS = Journal(
    "parametros", "Parâmetros",
    "Os valores dados aos parâmetros do sistema: o que era, o que passou a ser, desde quando e por quê.",
    "Ninguém mudou um parâmetro ainda", settings.SETTING, SETTINGS_KINDS, {},
    lambda seen, wanted: settings.changes(seen.context, wanted), _setting,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks: as written, as it is searched for, and what of it is not understood."""

    texts: dict[str, str]
    wanted: journal.Wanted
    problems: dict[str, Problem]

    @property
    def query(self) -> str:
        """The filters as part of an address."""
        return urlencode({name: text for name, text in self.texts.items() if text})


def _asked(request: Request, seen: Visit, of: Journal) -> Asked:
    params = request.query_params
    texts = {name: params.get(name, "").strip().replace("\0", "") for name in FILTERS}
    texts["tipo"] = texts["tipo"] if texts["tipo"] in of.kinds else ""
    texts["resultado"] = texts["resultado"] if texts["resultado"] in of.outcomes else ""
    since, until, problems = audit_pages.period(texts, seen.context.now)
    wanted = journal.Wanted(
        texts["operador"], texts["tipo"], texts["resultado"], texts["endereco"], since, until,
        audit_pages.number(params.get("antes", "")), audit_pages.number(params.get("depois", "")),
    )  # fmt: skip
    return Asked(texts, wanted, problems)


def _show(of: Journal, request: Request) -> Response:
    seen = visit.of(request)
    if not audit_tabs.may_open(seen):
        return audit_tabs.closed(request)
    asked = _asked(request, seen, of)
    with seen.reading.connect() as connection:
        found = journal.Page((), 0, 0)
        if not asked.problems:
            found = journal.page(connection, of.select(seen, asked.wanted), asked.wanted)
        logins = journal.logins(connection, of.table)
    turns = {"antes": found.before, "depois": found.after}
    return screen.page(
        request,
        "journal.html",
        title=of.title,
        crumbs=(("Auditoria", audit_pages.ADDRESS),),
        tabs=audit_tabs.TABS,
        current=of.address,
        journal=of,
        entries=[of.tell(seen, row) for row in found.rows],
        texts=asked.texts,
        problems=asked.problems,
        logins=[(login, login) for login in logins],
        turns={key: f"{of.address}?{asked.query}&{key}={id}" if id else "" for key, id in turns.items()},
        is_filtered=bool(asked.query),
        export=f"{of.address}/exportar.csv?{asked.query}",
    )


COLUMNS = {
    "at": ("Quando", "date and time"), "who": ("Quem", "text"), "what": ("O que", "text"),
    "outcome": ("Resultado", "text"), "times": ("Vezes", "integer"), "where": ("De onde", "text"),
}  # fmt: skip


def _lines(connection: Connection, seen: Visit, of: Journal, asked: Asked) -> Iterator[Line]:
    if asked.problems:
        return
    for row in journal.stream(connection, of.select(seen, asked.wanted)):
        told = of.tell(seen, row)
        yield Line(row.id, 0, {name: getattr(told, name) for name in COLUMNS}, {})


def _as_csv(of: Journal, request: Request) -> Response:
    seen = visit.of(request)
    if not audit_tabs.may_open(seen):
        return audit_tabs.closed(request)
    asked = _asked(request, seen, of)
    headings = [
        export.Heading(name, label, Field.model_validate({"type": kind, "label": label}))
        for name, (label, kind) in COLUMNS.items()
    ]

    def chunks() -> Iterator[bytes]:
        with seen.engine.connect() as connection:
            yield from export.csv_chunks(headings, _lines(connection, seen, of, asked))

    made = chunks()
    body: Iterable[bytes] = itertools.chain([next(made)], made)
    headers = export_pages.headers(seen, of.path, "csv")
    return StreamingResponse(body, media_type="text/csv; charset=utf-8", headers=headers)


def show_sign_ins(request: Request) -> Response:
    """Show who came in."""
    return _show(SIGN_INS, request)


def show_refusals(request: Request) -> Response:
    """Show what was refused."""
    return _show(REFUSALS, request)


def show_settings(request: Request) -> Response:
    """Show which parameters changed."""
    return _show(SETTINGS, request)


def settings_as_csv(request: Request) -> Response:
    """Answer which parameters changed as CSV."""
    return _as_csv(SETTINGS, request)


def sign_ins_as_csv(request: Request) -> Response:
    """Answer who came in as CSV."""
    return _as_csv(SIGN_INS, request)


def refusals_as_csv(request: Request) -> Response:
    """Answer what was refused as CSV."""
    return _as_csv(REFUSALS, request)


ROUTES = [
    Route(SIGN_INS.address, show_sign_ins, methods=["GET"]),
    Route(f"{SIGN_INS.address}/exportar.csv", sign_ins_as_csv, methods=["GET"]),
    Route(SETTINGS.address, show_settings, methods=["GET"]),
    Route(f"{SETTINGS.address}/exportar.csv", settings_as_csv, methods=["GET"]),
    Route(REFUSALS.address, show_refusals, methods=["GET"]),
    Route(f"{REFUSALS.address}/exportar.csv", refusals_as_csv, methods=["GET"]),
]
