"""Actions: what they ask begins filled, what they make is seen first, kept as a whole, and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel import actions
from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage import records
from kernel.storage.record import Edit
from metadata.problems import Problem
from tests import tariffs
from tests.publications import one

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ANA = Context("ana", NOW)


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return tariffs.installed(database)


@pytest.fixture
def plan(database: Engine, runtime: Runtime) -> int:
    return tariffs.plan(database, runtime)


def planned(engine: Engine, runtime: Runtime, plan: int, **answers: Any) -> actions.Planned:
    answers = {"quantas": 2, "prefixo": "X", "inicio": date(2027, 1, 1), "modelo": None, **answers}
    with engine.connect() as connection:
        return actions.plan(connection, runtime, ANA, runtime.actions["criar"], plan, answers)


def codes(problems: tuple[Problem, ...]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in problems]


def test_questions_begin_with_fixed_values_and_with_those_of_the_record(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    with database.connect() as connection:
        begins = actions.defaults(connection, runtime, ANA, runtime.actions["criar"], plan)
    assert begins == {"quantas": 1, "prefixo": "P1", "inicio": date(2026, 11, 25)}


def test_each_item_becomes_a_record_with_rows_from_a_linked_answer(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    model = tariffs.table(database, runtime, plan, "M", (0, "10.00"), (19, "20.00"))
    found = planned(database, runtime, plan, quantas=3, modelo=model, reajuste=Decimal("0.1"))
    assert found.problems == ()
    assert [edit.values["codigo"] for edit in found.edits] == ["X-1", "X-2", "X-3"]
    assert {edit.values["plano"] for edit in found.edits} == {plan}
    assert [edit.values["porte"] for edit in found.edits] == ["grande"] * 3
    rows = [[(row.values["idade"], row.values["valor"]) for row in e.children["faixas"]] for e in found.edits]
    assert rows == [[(0, Decimal("11.00")), (19, Decimal("22.00"))]] * 3
    made = actions.make(database, runtime, ANA, found.edits)
    assert [each.text for each in made] == ["X-1", "X-2", "X-3"]
    with database.connect() as connection:
        kept = records.read(connection, runtime, ANA, "tabela", made[2].id or 0)
    assert kept is not None
    assert [row.values["valor"] for row in kept.children["faixas"]] == [Decimal("11.00"), Decimal("22.00")]


def test_a_look_says_the_same_as_making_and_keeps_nothing(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    found = planned(database, runtime, plan)
    seen = actions.look(database, runtime, ANA, found.edits)
    assert [(each.text, each.problems) for each in seen] == [("X-1", ()), ("X-2", ())]
    assert [codes(each.warnings) for each in seen] == [[("R169", "codigo")]] * 2
    assert one(database, "SELECT count(*) FROM tabela") == 0
    made = actions.make(database, runtime, ANA, found.edits)
    assert [each.text for each in made] == [each.text for each in seen]
    assert one(database, "SELECT count(*) FROM tabela") == 2


def test_one_refused_record_keeps_all_from_being_made_and_the_others_are_judged(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    tariffs.table(database, runtime, plan, "X-2")
    edits = planned(database, runtime, plan, quantas=3).edits
    cheap = replace(edits[2], values={**edits[2].values, "taxa": Decimal(-1)})
    for run in (actions.look, actions.make):
        made = run(database, runtime, ANA, (*edits[:2], cheap))
        assert [codes(each.problems) for each in made] == [[], [("R160", "codigo")], [("R169", "taxa")]]
        assert [each.text for each in made] == ["X-1", "X-2", "X-3"]
        assert one(database, "SELECT count(*) FROM tabela") == 1


def test_records_of_one_action_are_judged_with_each_other(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    edit = planned(database, runtime, plan, quantas=1).edits[0]
    made = actions.make(database, runtime, ANA, (edit, edit))
    assert [codes(each.problems) for each in made] == [[], [("R160", "codigo")]]
    assert one(database, "SELECT count(*) FROM tabela") == 0


def test_numbers_taken_in_a_transaction_that_is_taken_back_are_free_again(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    edits = planned(database, runtime, plan).edits
    actions.look(database, runtime, ANA, edits)
    actions.make(database, runtime, ANA, edits)
    assert one(database, "SELECT string_agg(numero, ',' ORDER BY id) FROM tabela") == "T1,T2"


def test_every_answer_that_will_not_do_is_told(database: Engine, runtime: Runtime, plan: int) -> None:
    wrong = planned(database, runtime, plan, quantas=13, prefixo=None, modelo=99)
    assert sorted(codes(wrong.problems)) == [("R101", "prefixo"), ("R105", "quantas"), ("R117", "modelo")]
    assert wrong.edits == ()


def test_too_many_and_none_are_told(database: Engine, runtime: Runtime, plan: int) -> None:
    assert codes(planned(database, runtime, plan, vezes=101).problems) == [("R198", None)]
    assert len(planned(database, runtime, plan, vezes=100, quantas=1).edits) == 100
    assert codes(planned(database, runtime, plan, vezes=0).problems) == [("R199", None)]


def test_what_was_made_is_undone_unless_somebody_changed_it(
    database: Engine, runtime: Runtime, plan: int
) -> None:
    made = actions.make(database, runtime, ANA, planned(database, runtime, plan).edits)
    ids = [("tabela", each.id or 0) for each in made]
    first = Edit("tabela", ids[0][1], None, {"taxa": Decimal(5)})
    tariffs.saved(database, runtime, first)
    told = actions.undo(database, runtime, ANA, ids)
    assert [(entity, id, problem.code) for entity, id, problem in told] == [("tabela", ids[0][1], "R142")]
    assert one(database, "SELECT count(*) FROM tabela") == 2
    assert actions.undo(database, runtime, ANA, ids[1:]) == ()
    assert one(database, "SELECT count(*) FROM tabela") == 1
    assert [problem.code for _, _, problem in actions.undo(database, runtime, ANA, ids[1:])] == ["R150"]


def test_the_mark_of_a_plan_follows_what_it_makes(database: Engine, runtime: Runtime, plan: int) -> None:
    once, again = planned(database, runtime, plan), planned(database, runtime, plan)
    assert once.mark == again.mark
    assert once.mark != planned(database, runtime, plan, prefixo="Y").mark
