"""Rows that fill themselves from the rows of another record: made, replaced, and kept where a person wrote."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text

from kernel.context import at_present
from kernel.rules.filling_rows import MOST, arranged
from kernel.rules.live import Seen, look
from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.save import save
from kernel.storage.work import Work
from tests import waits

PARTO, CONSULTA, EXAME = "parto", "consulta", "exame"


class Office:
    """Two plans, and looks at contracts of them."""

    def __init__(self, engine: Engine, runtime: Runtime) -> None:
        self.engine, self.runtime, self.context = engine, runtime, at_present("testes")
        self.one = waits.plan(engine, runtime, "1", (PARTO, 300), (CONSULTA, 30))
        self.two = waits.plan(engine, runtime, "2", (CONSULTA, 60), (EXAME, 90))

    def saved(self, edit: Edit) -> int:
        outcome = save(self.engine, self.runtime, self.context, edit)
        assert isinstance(outcome, Saved), outcome
        return outcome.id

    def contract(self, plan: int, *rows: dict[str, Any]) -> int:
        edit = Edit("contrato", None, None, {"plano": plan}, children={"carencias": _new(rows)})
        return self.saved(edit)

    def ids(self, contract: int) -> list[int]:
        asked = text("SELECT id FROM carencia WHERE contrato = :contract ORDER BY id")
        with self.engine.connect() as connection:
            return list(connection.execute(asked, {"contract": contract}).scalars())

    def look(
        self, values: dict[str, Any], *rows: ChildEdit, id: int | None = None, given: tuple[str, ...] = (),
        on: tuple[str, ...] = ("plano",),
    ) -> Seen:  # fmt: skip
        edit = Edit("contrato", id, None, values, children={"carencias": rows})
        with self.engine.connect() as connection:
            seen = look(connection, self.runtime, self.context, edit, on, given)
        assert seen is not None
        return seen


def _new(rows: Any) -> tuple[ChildEdit, ...]:
    return tuple(ChildEdit(None, row) for row in rows)


@pytest.fixture
def office(database: Engine) -> Office:
    return Office(database, waits.installed(database))


def rows_of(seen: Seen) -> list[tuple[Any, ...]]:
    """Return the rows as they will be, without those that go."""
    shown = (look.values for look in seen.looks if look.entity == "carencia")
    return [(values["grupo"], values["dias"], values.get("meses")) for values in shown]


FIRST = {"grupo": PARTO, "dias": 300, "meses": 10}
SECOND = {"grupo": CONSULTA, "dias": 30, "meses": 1}
MARKS = ("grupo", "dias", "meses")


def marked(*places: int) -> tuple[str, ...]:
    return tuple(f"carencias/{place}/{name}" for place in places for name in MARKS)


def test_rows_come_from_the_rows_of_another_record_and_fill_themselves(office: Office) -> None:
    seen = office.look({"plano": office.one})
    assert seen.made.added == ["carencias/0/", "carencias/1/"]
    assert seen.filled == {
        "carencias/0/grupo": PARTO, "carencias/0/dias": 300, "carencias/0/meses": 10,
        "carencias/1/grupo": CONSULTA, "carencias/1/dias": 30, "carencias/1/meses": 1,
    }  # fmt: skip
    assert rows_of(seen) == [(PARTO, 300, 10), (CONSULTA, 30, 1)]
    assert seen.looks[0].computed == {"soma": 330}


def test_new_rows_of_the_fill_are_replaced_and_those_of_a_person_stay(office: Office) -> None:
    rows = _new([FIRST, SECOND])
    seen = office.look({"plano": office.two}, *rows, given=marked(0, 1))
    assert rows_of(seen) == [(CONSULTA, 60, 2), (EXAME, 90, 3)]
    assert seen.made.gone == ["carencias/0/"]
    assert seen.made.added == ["carencias/2/"]
    assert seen.filled["carencias/1/dias"] == 60
    edited = _new([FIRST, SECOND | {"dias": 10}, {"grupo": "minha", "dias": 1}])
    held = tuple(path for path in marked(0, 1) if path != "carencias/1/dias")
    seen = office.look({"plano": office.two}, *edited, given=held)
    assert rows_of(seen) == [(CONSULTA, 10, 1), ("minha", 1, None), (EXAME, 90, 3)]
    noted = _new([FIRST | {"motivo": "acordo"}])
    seen = office.look({"plano": office.two}, *noted, given=marked(0))
    assert rows_of(seen) == [(PARTO, 300, 10), (CONSULTA, 60, 2), (EXAME, 90, 3)]


def test_a_cell_that_was_emptied_is_a_persons(office: Office) -> None:
    held = tuple(path for path in marked(0) if path != "carencias/0/dias")
    seen = office.look({"plano": office.two}, *_new([FIRST | {"dias": None}]), given=held)
    assert seen.made.gone == []


def test_without_the_other_record_only_the_rows_of_the_fill_go(office: Office) -> None:
    rows = _new([FIRST, {"grupo": "minha", "dias": 1}])
    seen = office.look({"plano": None}, *rows, given=marked(0))
    assert rows_of(seen) == [("minha", 1, None)]


def test_stored_rows_go_while_they_are_what_the_fill_makes_of_the_stored_record(office: Office) -> None:
    own = {"grupo": PARTO, "dias": 300, "motivo": "acordo"}
    contract = office.contract(office.one, own, SECOND, {"grupo": "minha", "dias": 1})
    ids = office.ids(contract)
    rows = tuple(ChildEdit(id, {}) for id in ids)
    seen = office.look({"plano": office.two}, *rows, id=contract)
    assert rows_of(seen)[0] == (PARTO, 300, None)  # it says more than the fill had given
    # `meses` is what the fill of the row made, which no fill of rows knows again: the row is a person's
    assert rows_of(seen)[1:] == [(CONSULTA, 30, 1), ("minha", 1, None), (EXAME, 90, 3)]
    plain = office.contract(office.one, *({"grupo": g, "dias": d} for g, d in ((PARTO, 300), (CONSULTA, 30))))
    rows = tuple(ChildEdit(id, {}) for id in office.ids(plain))
    seen = office.look({"plano": office.two}, *rows, id=plain)
    assert seen.made.gone == ["carencias/0/"]
    assert rows_of(seen) == [(CONSULTA, 60, 2), (EXAME, 90, 3)]
    changed = (rows[0], ChildEdit(rows[1].id, {"dias": 5}))
    assert rows_of(office.look({"plano": office.two}, *changed, id=plain))[0] == (CONSULTA, 5, None)


def test_where_the_condition_does_not_hold_nothing_is_done(office: Office) -> None:
    rows = _new([FIRST])
    seen = office.look({"plano": office.two, "livre": True}, *rows, given=marked(0))
    assert (rows_of(seen), seen.filled) == ([(PARTO, 300, 10)], {})


def test_rows_of_a_record_that_is_looked_up(office: Office) -> None:
    seen = office.look({"codigo": "2"}, on=("codigo",))
    assert rows_of(seen) == [(CONSULTA, 61, 2), (EXAME, 91, 3), ("inativa", 2, 0)]
    seen = office.look({"codigo": "9"}, *_new([FIRST]), given=marked(0), on=("codigo",))
    assert rows_of(seen) == []


def test_too_many_rows_are_refused_and_those_there_stay(office: Office) -> None:
    with office.engine.begin() as connection:
        rows = text(
            "INSERT INTO espera (plano, grupo, dias, ativa, created_by, updated_by, created_at, updated_at)"
            " SELECT :plan, 'g' || n, 1, true, '', '', now(), now() FROM generate_series(1, 100000) n"
        )
        connection.execute(rows, {"plan": office.two})
    seen = office.look({"plano": office.two}, *_new([FIRST]), given=marked(0))
    assert rows_of(seen) == [(PARTO, 300, 10)]
    (problem,) = seen.made.refused.values()
    assert (problem.code, problem.field) == ("R174", "carencias")
    assert f"mais de {MOST} linhas em Carências" in problem.sentence().replace(".", "")


def test_pasted_rows_and_those_of_a_fill_are_filled_together(office: Office) -> None:
    pasted = _new([{"grupo": PARTO, "dias": 120}, {"grupo": "minha", "dias": 150}])
    on = ("plano", "carencias/0/dias", "carencias/1/dias")
    seen = office.look({"plano": office.two}, *pasted, on=on)
    assert rows_of(seen) == [(PARTO, 120, 4), ("minha", 150, 5), (CONSULTA, 60, 2), (EXAME, 90, 3)]
    assert seen.made.added == ["carencias/2/", "carencias/3/"]


def test_many_made_rows_are_filled_with_as_many_statements_as_few(office: Office) -> None:
    large = waits.plan(office.engine, office.runtime, "3", *((f"g{n}", 30 * n) for n in range(200)))
    said: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *facts: said.append(facts[2]))
    assert len(rows_of(office.look({"plano": office.one}))) == 2
    few = len(said)
    rows = rows_of(office.look({"plano": large}))
    assert (rows[0], rows[199], len(rows)) == (("g0", 0, 0), ("g199", 5970, 199), 200)
    assert len(said) == 2 * few


def test_saving_fills_nothing(office: Office) -> None:
    contract = office.saved(Edit("contrato", None, None, {"plano": office.one}))
    assert office.ids(contract) == []


KEYS = st.sampled_from("abcd")
ROWS = st.lists(st.fixed_dictionaries({"k": KEYS, "v": st.integers(0, 3)}), max_size=8)


@given(ROWS, ROWS, st.integers(0, 255), st.booleans())
def test_a_persons_rows_stay_and_every_key_is_there_once(
    wanted: list[dict[str, Any]], there: list[dict[str, Any]], owned: int, keyed: bool
) -> None:
    rows = [Work(None, f"r/{n}/", None, {}, dict(values)) for n, values in enumerate(there)]  # type: ignore[arg-type]
    own = {id(row) for n, row in enumerate(rows) if owned >> n & 1}
    found = arranged(wanted, rows, own, ("k",) if keyed else ())
    touched = [row for row, _ in found.changed] + list(found.gone)
    assert all(id(row) in own for row in touched)
    assert len({id(row) for row in touched}) == len(own)  # each of the fill's own is used or goes
    after = [row.values | dict(news) for row, news in found.changed] + [
        dict(values) for values in found.added
    ]
    persons = [row.values for row in rows if id(row) not in own]
    if keyed:
        made = [row["k"] for row in after]
        assert len(made) == len(set(made))
        assert set(made) == {row["k"] for row in wanted} - {row["k"] for row in persons}
    else:
        every = [*after, *persons]
        assert all(every.count(row) >= wanted.count(row) for row in wanted)
    again = [Work(None, f"n/{n}/", None, {}, dict(values)) for n, values in enumerate(after)]  # type: ignore[arg-type]
    rest = [row for row in rows if id(row) not in own]
    twice = arranged(wanted, rest + again, {id(row) for row in again}, ("k",) if keyed else ())
    assert not twice.added
    assert not twice.gone
    assert not any(news for _, news in twice.changed)
