"""Explanations agree with the gate, and comparisons with what they compare."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Engine, select

from kernel.access.access import Access
from kernel.access.comparison import compared
from kernel.access.effective import of_entity, of_field, profile_of
from kernel.access.profile import CHANGE, CONFIGURE, READ
from kernel.access.tables import Seen
from kernel.access.why import Asked, why
from metadata.role import Role
from tests.access import role
from tests.kernel.access.agency import compiled, installed
from tests.kernel.access.test_seen import FIELDS, roles

MIRRORED = {"gains": "loses", "loses": "gains", "differs": "differs"}


def made(seed: int) -> list[Role]:
    """Return some roles made by chance."""
    return [role(each) for each in roles(random.Random(seed))]


def test_an_explanation_says_what_the_gate_does_and_which_role_decides(database: Engine) -> None:
    runtime, data = installed(database)
    dice = random.Random(3)
    seen = {True: 0, False: 0}
    with database.connect() as connection:
        for seed in range(60):
            played, record = made(seed), dice.choice((1, 2, 3, None))
            together = profile_of(runtime.configuration, *played)
            for entity in ("cliente", "telefone", "plano"):
                level, field = dice.choice((READ, CHANGE)), dice.choice(("", *FIELDS[entity]))
                id = dice.choice(list(data[entity]))
                answer = why(
                    connection,
                    runtime,
                    played,
                    Access(record=record, asking=""),
                    Asked(entity, level, field, id),
                )
                mine = together.entities[entity]
                allowed = mine.field(field, level) if field else mine.record(level)
                table = runtime.entities[entity].table
                gate = Seen(runtime, together, entity, table)
                asked = select(gate.allows(allowed)).select_from(gate.from_).where(table.c.id == id)
                assert answer.is_allowed is (
                    connection.scalar(asked, Access(together, record, asking="").bound()) is True
                )
                seen[answer.is_allowed] += 1
                denied = any(reason.denies and reason.is_met for reason in answer.reasons)
                granted = any(
                    reason.level >= level and reason.is_met for reason in answer.reasons if not reason.denies
                )
                if not field:  # privacy may keep back what a role grants of a field
                    assert answer.is_allowed is (granted and not denied and not answer.is_apart)
    assert min(seen.values()) > 20


def test_a_record_that_is_not_there_is_told_to_be_none(database: Engine) -> None:
    runtime, _ = installed(database)
    with database.connect() as connection:
        answer = why(connection, runtime, made(1), Access(asking=""), Asked("cliente", READ, "", 10**9))
    assert (answer.is_there, answer.is_allowed, answer.is_apart) == (False, False, False)


def test_conditions_are_told_as_sentences(database: Engine) -> None:
    runtime, _ = installed(database)
    some = role({"entities": {"cliente": {"level": "read", "rows": "nivel >= 2"}}})
    with database.connect() as connection:
        (of_client,) = why(
            connection, runtime, [some], Access(asking=""), Asked("cliente", READ, "", 1)
        ).reasons
        (of_phone,) = why(connection, runtime, [some], Access(asking=""), Asked("telefone")).reasons
    assert of_client.rows == "Nivel é maior ou igual a 2"
    assert of_phone.rows == "Cliente: Nivel é maior ou igual a 2"
    assert (of_client.role, of_phone.is_met) == ("papel", None)


@pytest.mark.parametrize("seed", range(40))
def test_a_comparison_is_empty_for_the_same_and_mirrored_the_other_way(seed: int) -> None:
    configuration = compiled().configuration
    before = profile_of(configuration, *made(seed))
    after = profile_of(configuration, *made(seed + 500))
    assert compared(before, before, ()) == []
    there, back = compared(before, after, ()), compared(after, before, ())
    assert [(each.kind, each.name, MIRRORED[each.way]) for each in there] == [
        (each.kind, each.name, each.way) for each in back
    ]
    assert {each.name for each in there if each.kind == "entity"} == {
        name
        for name, access in before.entities.items()
        if any(
            access.record(level) != after.entities[name].record(level) for level in range(READ, CONFIGURE + 1)
        )
    }


@pytest.mark.parametrize("seed", range(40))
def test_a_field_of_which_more_is_allowed_is_told_or_follows_its_entity(seed: int) -> None:
    configuration = compiled().configuration
    before, after = (profile_of(configuration, *made(seed + step)) for step in (0, 500))
    told = {each.name: each for each in compared(before, after, ())}
    for entity, access in before.entities.items():
        for field in access.entity.fields:
            had, has = of_field(before, entity, field), of_field(after, entity, field)
            own = of_entity(before, entity).level, of_entity(after, entity).level
            if had != has and f"{entity}.{field}" not in told:
                assert entity in told
                assert (had.level, has.level) == own or not all(own)


def test_what_is_gained_and_lost_is_told_in_short() -> None:
    configuration = compiled().configuration
    before = role({"entities": {"plano": "read", "cliente": "change"}, "rights": ["A"]})
    after = role({"entities": {"plano": "change"}, "fields": {"plano.preco": "read"}, "rights": ["B"]})
    told = compared(profile_of(configuration, before), profile_of(configuration, after), ())
    assert {(each.kind, each.name, each.before.name, each.after.name, each.way) for each in told} == {
        ("right", "A", "read", "none", "loses"),
        ("right", "B", "none", "read", "gains"),
        ("entity", "plano", "read", "change", "gains"),
        ("entity", "cliente", "change", "none", "loses"),
        ("entity", "telefone", "remove", "none", "loses"),
    }
