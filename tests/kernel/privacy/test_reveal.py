"""A masked value is shown to who may, for a reason, and only once that is on record; the value never is."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, text

from kernel import working_role
from kernel.access.access import Access
from kernel.context import Context, Origin, at_present
from kernel.database import Settings
from kernel.privacy.reveal import Revealed, reveal
from kernel.runtime import Runtime
from kernel.storage.record import Refusal
from tests import clinic
from tests.access import access
from tests.clinic import CPF, put

REASON = "Conferência de cadastro"
VALUES = {
    "registro": "A1",
    "nome": "Ana Reis",
    "cpf": CPF,
    "nascimento": date(1990, 5, 6),
    "alergia": "Pólen",
}


@pytest.fixture
def made(database: Engine) -> Runtime:
    return clinic.installed(database)


def by(allowed: Access) -> Context:
    """Return the context of somebody at the desk."""
    return at_present("rita", access=allowed, origin=Origin("page", "10.0.0.7", "/revelar", "3"))


def desk(made: Runtime, **privacy: str) -> Access:
    """Return the access of who reads everything, with people's data as said."""
    return access(made, {"packages": {"clinica": "change"}, "privacy": privacy})


def deeds(engine: Engine) -> list[tuple[object, ...]]:
    """Return what was noted."""
    with engine.connect() as connection:
        asked = "SELECT operator, kind, address, deed, entity, record, reason, detail FROM aroeira_audit_deed ORDER BY id"
        return [tuple(row) for row in connection.execute(text(asked))]


def test_the_value_is_given_and_the_giving_is_noted(database: Engine, made: Runtime) -> None:
    one = put(database, made, "paciente", VALUES)
    with working_role.working(database, Settings()) as engine:  # as which the application works
        found = reveal(
            engine, made, by(desk(made, personal="revealable")), "paciente", one, "cpf", f"  {REASON} "
        )
    assert isinstance(found, Revealed)
    assert (found.value, found.text) == (CPF, "529.982.247-25")
    assert deeds(database) == [
        ("rita", "page", "10.0.0.7", "reveal", "paciente", one, REASON, {"fields": ["cpf"]})
    ]


@pytest.mark.parametrize(
    ("privacy", "field", "reason", "codes"),
    [
        ({"personal": "revealable"}, "cpf", "", {"R430"}),
        ({"personal": "revealable"}, "cpf", "x" * 301, {"R430"}),
        ({"personal": "masked"}, "cpf", REASON, {"R431"}),
        ({"personal": "masked"}, "cpf", " ", {"R430", "R431"}),
        ({"personal": "hidden"}, "cpf", REASON, {"R402"}),
        ({"personal": "shown"}, "cpf", REASON, {"R431"}),
        ({"personal": "revealable"}, "alergia", REASON, {"R431"}),
        ({"personal": "revealable"}, "plano", REASON, {"R431"}),
        ({"personal": "revealable"}, "retrato", REASON, {"R431"}),
        ({"personal": "revealable"}, "nada", REASON, {"R402"}),
    ],
)
def test_nothing_is_given_or_noted_otherwise(
    database: Engine, made: Runtime, privacy: dict[str, str], field: str, reason: str, codes: set[str]
) -> None:
    one = put(database, made, "paciente", VALUES)
    told = reveal(database, made, by(desk(made, **privacy)), "paciente", one, field, reason)
    assert isinstance(told, Refusal)
    assert {problem.code for problem in told.problems} == codes
    assert deeds(database) == []


def test_a_record_out_of_sight_is_not_there(database: Engine, made: Runtime) -> None:
    one = put(database, made, "paciente", VALUES)
    rows = {
        "entities": {"paciente": {"level": "read", "rows": 'plano = "Ouro"'}},
        "privacy": {"personal": "revealable"},
    }
    told = reveal(database, made, by(access(made, rows)), "paciente", one, "cpf", REASON)
    assert isinstance(told, Refusal)
    assert told.problems[0].code == "R150"


def test_two_roles_reveal_no_more_than_either(database: Engine, made: Runtime) -> None:
    """One role sees golden records with what may be revealed, another all of them without."""
    gold = put(database, made, "paciente", {**VALUES, "plano": "Ouro"})
    other = put(database, made, "paciente", {**VALUES, "registro": "B", "cpf": clinic.OTHER_CPF})
    first = {
        "entities": {"paciente": {"level": "read", "rows": 'plano = "Ouro"'}},
        "privacy": {"personal": "revealable"},
    }
    second = {"entities": {"paciente": "read"}, "privacy": {"personal": "masked"}}
    both = by(access(made, first, second))
    assert isinstance(reveal(database, made, both, "paciente", gold, "cpf", REASON), Revealed)
    assert isinstance(reveal(database, made, both, "paciente", other, "cpf", REASON), Refusal)
    assert [deed[5] for deed in deeds(database)] == [gold]


@pytest.mark.parametrize(
    "harm",
    [
        (
            "INSERT INTO aroeira_audit_deed (at, transaction, operator, kind, address, route, session, database_user, deed, "
            "entity, reason, detail) VALUES (now(), 1, '', '', '', '', '', '', 'reveal', '', '', '{}')"
        ),
        "UPDATE aroeira_audit_deed SET operator = 'outra'",
        "DELETE FROM aroeira_audit_deed",
        "TRUNCATE aroeira_audit_deed",
        "UPDATE aroeira_audit SET changes = '{}'",
    ],
)
def test_the_application_cannot_rewrite_the_notes(database: Engine, made: Runtime, harm: str) -> None:
    with (
        working_role.working(database, Settings()) as engine,
        pytest.raises(Exception, match="permission denied"),
        engine.begin() as connection,
    ):
        connection.execute(text(harm))


def test_the_audit_is_blanked_only_by_what_was_just_noted(database: Engine, made: Runtime) -> None:
    put(database, made, "paciente", VALUES)
    with working_role.working(database, Settings()) as engine:
        with engine.begin() as connection:
            noted = connection.execute(
                text("SELECT aroeira_audit_did('anonymise', 'paciente', 1, '', '{\"blanks\": []}')")
            ).scalar_one()
        for wrong in (noted, 0):  # of an earlier transaction, and of none
            with pytest.raises(Exception, match="nothing was noted"), engine.begin() as connection:
                connection.execute(text("SELECT aroeira_audit_blank(:deed)"), {"deed": wrong})
