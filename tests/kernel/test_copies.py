"""Copies of records: every level below comes along, keys and numbers stay each one's own."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, event

from kernel.context import Context, at_present
from kernel.runtime import Runtime
from kernel.storage.copies import duplicate
from kernel.storage.record import ChildEdit, Edit, Refusal, Row, Saved
from kernel.storage.records import read
from kernel.storage.save import Outcome, save
from tests import prices


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return prices.installed(database)


@pytest.fixture
def context() -> Context:
    return at_present("marina")


def plan(tables: int, bands: int, code: str = "1") -> Edit:
    """Return a new plan with its tables, their bands, and a note on each band."""

    def band(number: int) -> ChildEdit:
        note = ChildEdit(None, {"texto": f"nota {number}"})
        return ChildEdit(None, {"de": number, "valor": Decimal(number)}, children={"notas": (note,)})

    rows = tuple(
        ChildEdit(
            None, {"nome": f"T{n}", "obs": f"obs {n}"}, children={"faixas": tuple(map(band, range(bands)))}
        )
        for n in range(tables)
    )
    return Edit("plano", None, None, {"codigo": code}, None, {"tabelas": rows})


def saved(outcome: Outcome) -> int:
    assert isinstance(outcome, Saved), outcome
    return outcome.id


def fetch(engine: Engine, runtime: Runtime, entity: str, id: int) -> Row:
    with engine.connect() as connection:
        row = read(connection, runtime, at_present("teste"), entity, id)
    assert row is not None
    return row


def copy_of(
    engine: Engine, runtime: Runtime, context: Context, id: int, code: str, **changes: Any
) -> Outcome:
    """Duplicate a plan as the screen does: the rows say what they show and whose copies they are."""
    with engine.connect() as connection:
        row = duplicate(connection, runtime, at_present("teste"), "plano", id, ("tabelas",))
    assert row is not None
    rows = tuple(
        ChildEdit(None, {"nome": each.values["nome"], **changes}, copy_of=each.id)
        for each in row.children["tabelas"]
    )
    return save(
        engine, runtime, context, Edit("plano", None, None, {"codigo": code}, None, {"tabelas": rows})
    )


def shape(engine: Engine, runtime: Runtime, id: int) -> list[Any]:
    """Return what a plan consists of, without ids."""
    return [
        (
            table.values["nome"],
            table.values["obs"],
            [
                (
                    band.values["de"],
                    band.values["valor"],
                    [
                        note.values["texto"]
                        for note in fetch(engine, runtime, "faixa", band.id).children["notas"]
                    ],
                )
                for band in fetch(engine, runtime, "tabela", table.id).children["faixas"]
            ],
        )
        for table in fetch(engine, runtime, "plano", id).children["tabelas"]
    ]


def test_rows_of_every_level_are_saved_at_once(database: Engine, runtime: Runtime, context: Context) -> None:
    id = saved(save(database, runtime, context, plan(2, 2)))
    notes = [(0, Decimal(0), ["nota 0"]), (1, Decimal(1), ["nota 1"])]
    assert shape(database, runtime, id) == [("T0", "obs 0", notes), ("T1", "obs 1", notes)]


def test_a_copy_has_all_levels_and_nothing_of_it_is_shared(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    first = saved(save(database, runtime, context, plan(3, 4)))
    second = saved(copy_of(database, runtime, context, first, "2"))
    assert shape(database, runtime, second) == shape(database, runtime, first)
    ours = {row.id for row in fetch(database, runtime, "plano", first).children["tabelas"]}
    theirs = {row.id for row in fetch(database, runtime, "plano", second).children["tabelas"]}
    assert not ours & theirs
    numbers = [
        row.values["protocolo"] for row in fetch(database, runtime, "plano", second).children["tabelas"]
    ]
    assert numbers == ["T004", "T005", "T006"]


def test_what_the_row_itself_says_comes_before_its_source(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    first = saved(save(database, runtime, context, plan(1, 1)))
    second = saved(copy_of(database, runtime, context, first, "2", obs="outra"))
    assert [row[1] for row in shape(database, runtime, second)] == ["outra"]


def test_copied_rows_point_to_each_other_as_their_sources_did(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    first = saved(save(database, runtime, context, plan(3, 0)))
    tables = fetch(database, runtime, "plano", first).children["tabelas"]
    links = tuple(ChildEdit(row.id, {"anterior": before.id}) for before, row in pairwise(tables))
    saved(save(database, runtime, context, Edit("plano", first, 1, {}, None, {"tabelas": links})))
    second = saved(copy_of(database, runtime, context, first, "2"))
    copies = fetch(database, runtime, "plano", second).children["tabelas"]
    assert [row.values["anterior"] for row in copies] == [None, copies[0].id, copies[1].id]
    assert [row.version for row in copies] == [1, 1, 1]


def test_a_problem_deep_below_says_where(database: Engine, runtime: Runtime, context: Context) -> None:
    edit = plan(2, 1)
    band = edit.children["tabelas"][1].children["faixas"][0]
    band.children["notas"][0].values["texto"] = None  # type: ignore[index]
    refusal = save(database, runtime, context, edit)
    assert isinstance(refusal, Refusal)
    assert [(p.field, p.code) for p in refusal.problems] == [("tabelas/1/faixas/0/notas/0/texto", "R101")]


def test_a_key_taken_deep_below_says_which_row(database: Engine, runtime: Runtime, context: Context) -> None:
    edit = plan(1, 2)
    for band in edit.children["tabelas"][0].children["faixas"]:
        band.values["de"] = 7  # type: ignore[index]
    refusal = save(database, runtime, context, edit)
    assert isinstance(refusal, Refusal)
    assert [(p.field, p.code) for p in refusal.problems] == [("tabelas/0/faixas/de", "R160")]


def test_rows_below_a_stored_row_change_and_renew_every_version_above(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    id = saved(save(database, runtime, context, plan(1, 2)))
    (table,) = fetch(database, runtime, "plano", id).children["tabelas"]
    zero, one = fetch(database, runtime, "tabela", table.id).children["faixas"]
    bands = (
        ChildEdit(zero.id, {"valor": Decimal("9.50")}),
        ChildEdit(one.id, {}, removed=True),
        ChildEdit(None, {"de": 1, "valor": Decimal(3)}),
    )
    rows = (ChildEdit(table.id, {}, children={"faixas": bands}),)
    result = save(database, runtime, context, Edit("plano", id, 1, {}, None, {"tabelas": rows}))
    assert result == Saved(id, 2)
    after = fetch(database, runtime, "tabela", table.id)
    assert after.version == 2
    assert [(row.values["de"], row.values["valor"]) for row in after.children["faixas"]] == [
        (0, Decimal("9.50")), (1, Decimal(3)),
    ]  # fmt: skip


def test_rows_of_another_parent_are_not_touched_from_here(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    first = saved(save(database, runtime, context, plan(1, 1)))
    second = saved(save(database, runtime, context, plan(1, 1, "2")))
    (ours,) = fetch(database, runtime, "plano", first).children["tabelas"]
    (theirs,) = fetch(database, runtime, "plano", second).children["tabelas"]
    (band,) = fetch(database, runtime, "tabela", theirs.id).children["faixas"]
    bands = (ChildEdit(band.id, {"valor": Decimal(99)}),)
    rows = (ChildEdit(ours.id, {}, children={"faixas": bands}),)
    result = save(database, runtime, context, Edit("plano", first, 1, {}, None, {"tabelas": rows}))
    assert not isinstance(result, Saved)
    assert fetch(database, runtime, "faixa", band.id).values["valor"] == 0


def test_a_copy_takes_few_statements_however_many_rows(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    small = saved(save(database, runtime, context, plan(1, 1)))
    large = saved(save(database, runtime, context, plan(5, 40, "2")))
    saved(copy_of(database, runtime, context, small, "warm"))
    statements: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *parts: statements.append(parts[2]))
    saved(copy_of(database, runtime, context, small, "c"))
    few = len(statements)
    saved(copy_of(database, runtime, context, large, "d"))
    assert len(statements) - few == few
