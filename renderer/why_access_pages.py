"""This file answers “por que não posso?”: what decides, role by role, whether somebody may do something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.access.access import Access
from kernel.access.effective import profile_of, roles_of
from kernel.access.rights import EXPLAIN
from kernel.access.why import Answer, Asked, why
from kernel.accounts import accounts
from kernel.accounts.signed import as_whom, operator_table
from kernel.accounts.viewing import OPERATOR
from kernel.query.lookup import texts
from kernel.runtime import Runtime
from metadata.package import Configuration
from metadata.problems import Problem
from metadata.role import LEVELS, Role
from renderer import screen
from renderer.access_gate import opened, tabs
from renderer.access_words import LEVEL_WORDS, thing
from renderer.visit import Visit

PAGE = "/acessos/porque"
LONGEST_NUMBER = 18
FILTERS = ("quem", "papel", "o", "registro", "campo", "nivel")


@dataclass(frozen=True, slots=True)
class Line:
    """What one role says, as it reads; effect: whether it grants, denies, or has no say here."""

    role: str
    address: str
    says: str
    effect: str


def show(request: Request) -> Response:
    """Show the question and, where it can be understood, its answer."""
    seen = opened(request, EXPLAIN)
    whole, configuration = seen.runtime.whole, seen.runtime.whole.configuration
    asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
    asked["nivel"] = asked["nivel"] if asked["nivel"] in LEVELS[1:] else "read"
    entity = configuration.entities.get(asked["o"])
    problems: dict[str, Problem] = {}
    if asked["registro"] and _number(asked["registro"]) is None:
        problems["registro"] = Problem("R110", {"text": asked["registro"], "example": "12"})
    if entity and asked["campo"] not in entity.fields:
        asked["campo"] = ""
    values: dict[str, Any] = {"asked": asked, "problems": problems, "answer": None}
    with seen.reading.connect() as connection:
        listed = [each for each in accounts.listed(connection, seen.context.now.date()) if each.is_active]
        who = _who(connection, seen, whole, asked)
        if entity and who and not problems:
            question = Asked(
                entity.name, LEVELS.index(asked["nivel"]), asked["campo"], _number(asked["registro"])
            )
            answer = why(connection, whole, who.roles, Access(record=who.record, asking=who.login), question)
            ids = (question.record,) if question.record else ()
            record = texts(connection, whole, seen.context, entity.name, ids).get(question.record or 0)
            values |= {
                "answer": answer,
                "verdict": _verdict(who, answer, asked, thing(configuration, "field", _path(asked)), record)
                + _masked(configuration, who, asked, answer),
                "lines": _lines(whole, answer, question),
                "advice": _advice(answer, who),
            }
    return screen.page(
        request,
        "why_access.html",
        title="Por que não posso?",
        tabs=tabs(seen),
        current=PAGE,
        operators=[(each.login, each.name) for each in listed],
        roles=[(name, role.label) for name, role in roles_of(configuration).items()],
        entities=sorted(
            ((name, each.label.many) for name, each in configuration.entities.items()), key=lambda p: p[1]
        ),
        fields=[(field.name, field.label) for field in entity.fields.values()] if entity else [],
        levels=[(name, LEVEL_WORDS[name]) for name in LEVELS[1:]],
        **values,
    )


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody with roles, or one role alone."""

    name: str
    login: str
    roles: list[Role]
    record: int | None


def _who(connection: Connection, seen: Visit, whole: Runtime, asked: dict[str, str]) -> Who | None:
    known = roles_of(whole.configuration)
    if asked["papel"] in known and not asked["quem"]:
        role = known[asked["papel"]]
        return Who(f"O papel {role.label}", "", [role], None)
    asked["quem"] = asked["quem"] or seen.signed.login
    today = seen.context.now.date()
    found = as_whom(connection, OPERATOR, asked["quem"], today, operator_table(whole.configuration))
    if found is None:
        return None
    return Who(found.label, found.name, [known[name] for name in found.roles if name in known], found.record)


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else None


def _path(asked: dict[str, str]) -> str:
    return f"{asked['o']}.{asked['campo']}" if asked["campo"] else asked["o"]


def _verdict(who: Who, answer: Answer, asked: dict[str, str], what: str, record: str | None) -> str:
    can = "pode" if answer.is_allowed else "não pode"
    number = asked["registro"]
    of = f", no registro {record or number}" if number else ""
    some = (
        ""
        if number or not answer.is_allowed
        else " (ao menos em alguns registros)" * any(reason.rows for reason in answer.reasons)
    )
    return f"{who.name} {can} {LEVEL_WORDS[LEVELS[LEVELS.index(asked['nivel'])]]} {what}{of}{some}."


def _masked(configuration: Configuration, who: Who, asked: dict[str, str], answer: Answer) -> str:
    """Return that a field may be read, but only as a mask."""
    if not asked["campo"] or not answer.is_allowed:
        return ""
    clear = profile_of(configuration, *who.roles).entities[asked["o"]].clear(asked["campo"])
    return " O valor aparece mascarado." if clear.is_nothing else ""


def _lines(whole: Runtime, answer: Answer, asked: Asked) -> list[Line]:
    known = roles_of(whole.configuration)
    return [_line(known[reason.role], reason, asked) for reason in answer.reasons]


def _line(role: Role, reason: Any, asked: Asked) -> Line:
    where = f", só onde {reason.rows}" if reason.rows else ""
    met = (
        ""
        if reason.is_met is None or not reason.rows
        else ("; este registro é um deles" if reason.is_met else "; este registro não é um deles")
    )
    word = LEVEL_WORDS[LEVELS[reason.level]]
    address = "" if role.everything else f"/acessos/papeis/{role.name}"
    if reason.denies:
        effect = "denies" if reason.is_met is not False else "silent"
        return Line(role.label, address, f"nega {word} e o que vem depois{where}{met}", effect)
    reaches = reason.level >= asked.level and reason.is_met is not False
    return Line(role.label, address, f"deixa {word}{where}{met}", "grants" if reaches else "silent")


def _advice(answer: Answer, who: Who) -> str:
    if answer.is_allowed:
        return ""
    if not answer.is_there:
        return "Não há registro com este número: foi excluído, ou nunca existiu."
    if answer.is_apart:
        return (
            "O registro é de outra empresa, que não está entre as deste operador, ou está fechado por sigilo."
        )
    if not who.roles:
        return "O operador não tem papel algum hoje. Dê-lhe um papel."
    if any(reason.denies and reason.is_met is not False for reason in answer.reasons):
        return "Uma negação vence o que outros papéis deixam. Tire-a do papel, ou tire o papel do operador."
    return "Nenhum papel deixa. Acrescente a um deles, ou dê ao operador um papel que deixe."


ROUTES = [Route(PAGE, show, methods=["GET"])]
