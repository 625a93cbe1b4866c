"""Changes of parameters: who may, what a day that counted asks for, taken back days, two at a time, the audit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select

from kernel import publish as published
from kernel.access.access import Access
from kernel.access.effective import profile_of
from kernel.audit import settings
from kernel.audit.journal import Wanted
from kernel.expression.sql.settings import setting
from kernel.expression.sql.writing import day as written
from kernel.parameter_change import Change, change
from kernel.parameters import Dated, all_values, counting, site_values
from kernel.runtime import Runtime
from metadata.expression import builtins as b
from tests.kernel.test_parameters import ANA, FILES
from tests.publications import publish

TODAY, BEFORE, LATER = date(2026, 11, 25), date(2026, 3, 1), date(2027, 1, 1)
WHY = "digitado errado em março"


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    publish(database, FILES)
    with database.connect() as connection:
        return published.load(connection, published.latest(connection))


def say(engine: Engine, runtime: Runtime, since: date, value: Any = None, **more: Any) -> list[str]:
    context = more.pop("context", ANA)
    with engine.begin() as connection:
        wanted = Change("tolerancia", since, value, **more)
        return [problem.code for problem in change(runtime, connection, context, wanted)]


def history(engine: Engine, runtime: Runtime) -> tuple[Dated, ...]:
    with engine.connect() as connection:
        return all_values(runtime, connection).get("tolerancia", ())


def counted(engine: Engine, runtime: Runtime) -> list[tuple[date, str]]:
    return [(one.since, one.shown) for one in counting(history(engine, runtime))]


def test_from_today_on_a_value_needs_no_reason_before_it_does(database: Engine, runtime: Runtime) -> None:
    assert say(database, runtime, TODAY, 10) == []
    assert say(database, runtime, LATER, 20) == []
    assert say(database, runtime, LATER, 25) == []
    assert say(database, runtime, BEFORE, 5) == ["R145"]
    assert say(database, runtime, TODAY, 11) == ["R145"]
    assert say(database, runtime, BEFORE, 5, reason=WHY) == []
    assert counted(database, runtime) == [(BEFORE, "5"), (TODAY, "10"), (LATER, "25")]


def test_a_corrected_day_keeps_what_it_was_and_why(database: Engine, runtime: Runtime) -> None:
    say(database, runtime, BEFORE, 5, reason=WHY)
    say(database, runtime, BEFORE, 6, reason="o contrato dizia 6")
    assert [(one.shown, one.reason) for one in history(database, runtime)] == [
        ("5", WHY), ("6", "o contrato dizia 6"),
    ]  # fmt: skip
    assert counted(database, runtime) == [(BEFORE, "6")]


def test_a_day_taken_back_counts_no_more_in_closures_and_sql(database: Engine, runtime: Runtime) -> None:
    say(database, runtime, BEFORE, 5, reason=WHY)
    say(database, runtime, LATER, 20)
    say(database, runtime, LATER, 21)
    assert say(database, runtime, LATER, is_taken_back=True) == []
    assert counted(database, runtime) == [(BEFORE, "5")]
    assert on(database, runtime, LATER) == (5, 5)
    assert say(database, runtime, LATER, is_taken_back=True) == ["R147"]
    assert say(database, runtime, BEFORE, is_taken_back=True) == ["R145"]
    assert say(database, runtime, LATER, 30) == []
    assert on(database, runtime, LATER) == (30, 30)


def on(engine: Engine, runtime: Runtime, day: date) -> tuple[Any, Any]:
    """Return what counts on a day: as closures ask for it, and as statements do."""
    with engine.connect() as connection:
        found = site_values(runtime, connection).on("tolerancia", day)
        asked = setting("tolerancia", b.NUMBER, written(day))
        return found.value if found else None, connection.scalar(select(asked))


def test_a_value_beyond_its_limits_is_refused(database: Engine, runtime: Runtime) -> None:
    assert say(database, runtime, LATER, 91) == ["R105"]
    assert history(database, runtime) == ()


def test_without_the_right_nothing_is_changed(database: Engine, runtime: Runtime) -> None:
    nobody = replace(ANA, access=Access(profile_of(runtime.configuration)))
    assert say(database, runtime, LATER, 20, context=nobody) == ["R432"]
    assert history(database, runtime) == ()


def test_of_two_who_saw_the_same_one_is_told_of_the_other(database: Engine, runtime: Runtime) -> None:
    bia = replace(ANA, operator="bia")
    assert say(database, runtime, LATER, 20, seen=0) == []
    assert say(database, runtime, LATER, 30, seen=0, context=bia) == ["R146"]
    last = history(database, runtime)[-1].id
    assert say(database, runtime, LATER, 30, seen=last, context=bia) == []


def test_the_same_change_sent_many_times_at_once_is_made_once(database: Engine, runtime: Runtime) -> None:
    def send(_: int) -> list[str]:
        return say(database, runtime, LATER, 20, seen=0)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [[]] * 4
    assert len(history(database, runtime)) == 1


def test_the_audit_has_who_when_before_and_after(database: Engine, runtime: Runtime) -> None:
    say(database, runtime, BEFORE, 5, reason=WHY)
    say(database, runtime, LATER, 20)
    say(database, runtime, LATER, 25)
    say(database, runtime, LATER, is_taken_back=True)
    with database.connect() as connection:
        rows = list(connection.execute(settings.changes(ANA, Wanted()).order_by("id")))
    assert [(row.login, row.kind, row.since, row.before, row.value, row.reason) for row in rows] == [
        ("ana", "corrected", BEFORE, None, 5, WHY),
        ("ana", "set", LATER, 5, 20, ""),
        ("ana", "set", LATER, 20, 25, ""),
        ("ana", "taken-back", LATER, 25, None, ""),
    ]
    nobody = replace(ANA, access=Access(profile_of(runtime.configuration)))
    with database.connect() as connection:
        assert list(connection.execute(settings.changes(nobody, Wanted()))) == []
