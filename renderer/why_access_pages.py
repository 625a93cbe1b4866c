"""This file answers “por que não posso?”: what decides, role by role, whether somebody may do something."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
from metadata.problems import Problem, near
from metadata.role import LEVELS, Role
from renderer import screen
from renderer.access_gate import opened, tabs
from renderer.access_words import LEVEL_WORDS, thing
from renderer.failures import capital
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
    unknown = list(_unknown(configuration, asked))
    problems: dict[str, Problem] = {}
    if asked["registro"] and _number(asked["registro"]) is None:
        problems["registro"] = Problem("R110", {"text": asked["registro"], "example": "12"})
    if entity and asked["campo"] not in entity.fields:
        asked["campo"] = ""
    values: dict[str, Any] = {"asked": asked, "problems": problems, "answer": None}
    with seen.reading.connect() as connection:
        listed = [each for each in accounts.listed(connection, seen.context.now.date()) if each.is_active]
        named = asked["quem"]
        who = _who(connection, seen, whole, asked)
        if who is None and named:
            unknown.append(
                Problem("R401", {"name": named, "near": near(named, (each.login for each in listed))})
            )
        if entity and who and not problems and not unknown:
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
        unknown=[capital(f"{each.sentence()}; {each.hint()}.") for each in unknown],
        levels=[(name, LEVEL_WORDS[name]) for name in LEVELS[1:]],
        **values,
    )


def _unknown(configuration: Configuration, asked: dict[str, str]) -> Iterator[Problem]:
    """Yield what a question names and is not there.

    A question that is not complete is none yet; a field is of the entity that was chosen before.
    """
    known: dict[str, Collection[str]] = {"o": configuration.entities, "papel": roles_of(configuration)}
    for name, there in known.items():
        if asked[name] and asked[name] not in there:
            yield Problem("R401", {"name": asked[name], "near": near(asked[name], there)})


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
