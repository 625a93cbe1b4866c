"""Saving one record: defaults, verdicts, children, merging, conflicts, numbers, links."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.context import Context, at_present
from kernel.runtime import Runtime
from kernel.storage.copies import duplicate
from kernel.storage.record import ChildEdit, Conflict, Edit, Refusal, Row, Saved
from kernel.storage.records import blank, read
from kernel.storage.remove import remove
from kernel.storage.save import save
from tests.kernel.shop import installed


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return installed(database)


@pytest.fixture
def context() -> Context:
    return at_present("marina")


def make(engine: Engine, runtime: Runtime, context: Context, entity: str, **values: Any) -> int:
    saved = save(engine, runtime, context, Edit(entity, None, None, values))
    assert isinstance(saved, Saved), saved
    return saved.id


def plan(engine: Engine, runtime: Runtime, context: Context, code: str = "0288", **values: Any) -> int:
    return make(engine, runtime, context, "plano", codigo=code, descricao="Flex Empresarial", **values)


def fetch(engine: Engine, runtime: Runtime, entity: str, id: int) -> Row:
    with engine.connect() as connection:
        row = read(connection, runtime, at_present("teste"), entity, id)
    assert row is not None
    return row


def test_a_new_record_has_its_defaults_and_its_number(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    row = fetch(database, runtime, "plano", plan(database, runtime, context))
    assert row.values["situacao"] == "ativo"
    assert row.values["inicio"] == context.today
    assert row.values["protocolo"] == f"365218{context.today:%Y%m%d}000001"
    assert row.text == "0288 · Flex Empresarial"
    assert row.stamps is not None
    assert row.stamps.created_by == "marina"
    second = fetch(database, runtime, "plano", plan(database, runtime, context, "0289"))
    assert second.values["protocolo"].endswith("000002")


def test_all_problems_come_at_once_and_nothing_is_saved(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    rows = (ChildEdit(None, {"de": 130, "valor": Decimal("1.234")}), ChildEdit(None, {"de": 0}))
    values = {"codigo": "12345678901", "situacao": "x", "multa": Decimal(2), "carimbo": "a"}
    refusal = save(database, runtime, context, Edit("plano", None, None, values, children={"faixas": rows}))
    assert isinstance(refusal, Refusal)
    found = {(problem.field, problem.code) for problem in refusal.problems}
    assert found == {
        ("codigo", "R102"), ("descricao", "R101"), ("situacao", "R116"), ("multa", "R105"),
        ("faixas/0/de", "R105"), ("faixas/0/valor", "R106"), ("faixas/1/valor", "R101"),
    }  # fmt: skip
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM plano").scalar_one() == 0


def test_children_are_saved_with_their_parent_and_renew_its_version(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    rows = tuple(ChildEdit(None, {"de": n, "ate": n + 4, "valor": Decimal("10.50")}) for n in (19, 0))
    saved = save(
        database,
        runtime,
        context,
        Edit("plano", None, None, {"codigo": "1", "descricao": "A"}, None, {"faixas": rows}),
    )
    assert isinstance(saved, Saved)
    row = fetch(database, runtime, "plano", saved.id)
    assert [child.values["de"] for child in row.children["faixas"]] == [0, 19]
    first, second = row.children["faixas"]
    edits = (
        ChildEdit(first.id, {"de": 19}),
        ChildEdit(second.id, {}, removed=True),
        ChildEdit(None, {"de": 0, "valor": Decimal(7)}),
    )
    again = save(database, runtime, context, Edit("plano", saved.id, 1, {}, None, {"faixas": edits}))
    assert isinstance(again, Saved)
    assert again.version == 2
    row = fetch(database, runtime, "plano", saved.id)
    assert [(c.values["de"], c.values["valor"]) for c in row.children["faixas"]] == [
        (0, Decimal("7.00")),
        (19, Decimal("10.50")),
    ]


def test_saving_without_a_change_makes_no_new_version(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    id = plan(database, runtime, context)
    saved = save(database, runtime, context, Edit("plano", id, 1, {"descricao": "Flex Empresarial"}))
    assert saved == Saved(id, 1)


def test_different_fields_join_and_the_same_field_asks(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    id = plan(database, runtime, context)
    base = dict(fetch(database, runtime, "plano", id).values)
    theirs = save(database, runtime, at_present("paulo"), Edit("plano", id, 1, {"vidas": 5, "web": True}))
    assert isinstance(theirs, Saved)
    joined = save(database, runtime, context, Edit("plano", id, 1, base | {"descricao": "Nova"}, base))
    assert isinstance(joined, Saved)
    assert {difference.path for difference in joined.joined} == {"vidas", "web"}
    row = fetch(database, runtime, "plano", id)
    assert (row.values["descricao"], row.values["vidas"]) == ("Nova", 5)

    conflict = save(database, runtime, context, Edit("plano", id, 1, base | {"vidas": 9}, base))
    assert isinstance(conflict, Conflict)
    assert [(d.path, d.base, d.mine, d.theirs) for d in conflict.same] == [("vidas", None, 9, 5)]
    assert conflict.operator == "marina"
    assert {difference.path for difference in conflict.other} == {"descricao", "web"}
    assert fetch(database, runtime, "plano", id).values["vidas"] == 5


def test_without_a_base_a_stale_version_is_a_conflict(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    id = plan(database, runtime, context)
    save(database, runtime, context, Edit("plano", id, 1, {"vidas": 5}))
    conflict = save(database, runtime, context, Edit("plano", id, 1, {"descricao": "Outra"}))
    assert isinstance(conflict, Conflict)
    assert [difference.path for difference in conflict.same] == ["descricao"]


def test_child_rows_meet_by_id(database: Engine, runtime: Runtime, context: Context) -> None:
    rows = (ChildEdit(None, {"de": 0, "valor": Decimal(1)}), ChildEdit(None, {"de": 19, "valor": Decimal(2)}))
    saved = save(
        database,
        runtime,
        context,
        Edit("plano", None, None, {"codigo": "1", "descricao": "A"}, None, {"faixas": rows}),
    )
    assert isinstance(saved, Saved)
    first, second = fetch(database, runtime, "plano", saved.id).children["faixas"]
    save(
        database,
        runtime,
        context,
        Edit("plano", saved.id, 1, {}, None, {"faixas": (ChildEdit(first.id, {"valor": Decimal(9)}),)}),
    )
    save(
        database,
        runtime,
        context,
        Edit("plano", saved.id, 2, {}, None, {"faixas": (ChildEdit(second.id, {}, removed=True),)}),
    )
    mine = (
        ChildEdit(first.id, dict(first.values) | {"ate": 18}, first.values),
        ChildEdit(second.id, dict(second.values) | {"ate": 23}, second.values),
    )
    conflict = save(database, runtime, context, Edit("plano", saved.id, 1, {}, {}, {"faixas": mine}))
    assert isinstance(conflict, Conflict)
    assert [(d.path, d.theirs) for d in conflict.same] == [(f"faixas/{second.id}", None)]
    joined = save(database, runtime, context, Edit("plano", saved.id, 1, {}, {}, {"faixas": mine[:1]}))
    assert isinstance(joined, Saved)
    (row,) = fetch(database, runtime, "plano", saved.id).children["faixas"]
    assert (row.values["ate"], row.values["valor"]) == (18, Decimal(9))


def test_a_child_row_of_another_parent_is_out_of_reach(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    rows = (ChildEdit(None, {"de": 0, "valor": Decimal(1)}),)
    saved = save(
        database,
        runtime,
        context,
        Edit("plano", None, None, {"codigo": "1", "descricao": "A"}, None, {"faixas": rows}),
    )
    assert isinstance(saved, Saved)
    (row,) = fetch(database, runtime, "plano", saved.id).children["faixas"]
    other = plan(database, runtime, context, "2")
    stolen = (ChildEdit(row.id, {"plano": other, "valor": Decimal(5)}),)
    assert isinstance(
        save(database, runtime, context, Edit("plano", other, 1, {}, None, {"faixas": stolen})), Conflict
    )
    removed = (ChildEdit(row.id, {}, removed=True),)
    save(database, runtime, context, Edit("plano", other, 1, {}, None, {"faixas": removed}))
    assert len(fetch(database, runtime, "plano", saved.id).children["faixas"]) == 1


def test_keys_taken_and_links_to_nowhere_are_all_told(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    plan(database, runtime, context)
    values = {"codigo": "0288", "descricao": "B", "estado": 999}
    refusal = save(database, runtime, context, Edit("plano", None, None, values))
    assert isinstance(refusal, Refusal)
    assert {(p.field, p.code) for p in refusal.problems} == {("codigo", "R160"), ("estado", "R162")}
    twice = (ChildEdit(None, {"de": 0, "valor": Decimal(1)}),) * 2
    refusal = save(
        database,
        runtime,
        context,
        Edit("plano", None, None, {"codigo": "3", "descricao": "C"}, None, {"faixas": twice}),
    )
    assert isinstance(refusal, Refusal)
    assert [problem.code for problem in refusal.problems] == ["R160"]


def test_a_link_must_meet_its_where(database: Engine, runtime: Runtime, context: Context) -> None:
    mg = make(database, runtime, context, "estado", sigla="MG", nome="Minas Gerais")
    sp = make(database, runtime, context, "estado", sigla="SP", nome="São Paulo")
    town = make(database, runtime, context, "municipio", nome="Pouso Alegre", estado=mg)
    values = {"codigo": "1", "descricao": "A", "estado": sp, "municipio": town}
    refusal = save(database, runtime, context, Edit("plano", None, None, values))
    assert isinstance(refusal, Refusal)
    assert [(p.field, p.code) for p in refusal.problems] == [("municipio", "R165")]
    id = plan(database, runtime, context, "2", estado=mg, municipio=town)
    moved = save(database, runtime, context, Edit("plano", id, 1, {"estado": sp}))
    assert isinstance(moved, Refusal)
    row = fetch(database, runtime, "plano", id)
    assert row.shown["municipio"] == "Pouso Alegre / MG"


def test_periods_do_not_overlap(database: Engine, runtime: Runtime, context: Context) -> None:
    id = plan(database, runtime, context)
    make(database, runtime, context, "vigencia", plano=id, inicio=date(2026, 1, 1), fim=date(2026, 6, 30))
    make(database, runtime, context, "vigencia", plano=id, inicio=date(2026, 7, 1))
    other = Edit("vigencia", None, None, {"plano": id, "inicio": date(2027, 1, 1)})
    refusal = save(database, runtime, context, other)
    assert isinstance(refusal, Refusal)
    assert [problem.code for problem in refusal.problems] == ["R161"]
    backwards = Edit(
        "vigencia", None, None, {"plano": id, "inicio": date(2020, 2, 1), "fim": date(2020, 1, 1)}
    )
    refusal = save(database, runtime, context, backwards)
    assert isinstance(refusal, Refusal)
    assert [(p.field, p.code) for p in refusal.problems] == [("fim", "R109")]


def test_many_links_keep_their_order_of_text(database: Engine, runtime: Runtime, context: Context) -> None:
    b, a = (make(database, runtime, context, "rede", nome=name) for name in ("Zona Sul", "Ângulo"))
    id = plan(database, runtime, context, redes=(a, b), extra={"a": [1, None]})
    row = fetch(database, runtime, "plano", id)
    assert row.values["redes"] == (a, b)
    assert row.shown["redes"] == ("Ângulo", "Zona Sul")
    assert row.values["extra"] == {"a": [1, None]}
    save(database, runtime, context, Edit("plano", id, 1, {"redes": (b,)}))
    assert fetch(database, runtime, "plano", id).values["redes"] == (b,)


def test_a_record_in_use_is_not_removed_and_says_by_whom(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    mg = make(database, runtime, context, "estado", sigla="MG", nome="Minas Gerais")
    id = plan(database, runtime, context, estado=mg)
    refusal = remove(database, runtime, context, "estado", mg, 1)
    assert isinstance(refusal, Refusal)
    assert [(p.code, p.facts["count"], p.facts["example"]) for p in refusal.problems] == [
        ("R164", 1, "0288 · Flex Empresarial")
    ]
    assert isinstance(remove(database, runtime, context, "plano", id, 2), Conflict)
    assert isinstance(remove(database, runtime, context, "plano", id, 1), Saved)
    assert isinstance(remove(database, runtime, context, "plano", id, 1), Refusal)


def test_many_kinds_of_users_are_told_by_size_and_then_summed(database: Engine, context: Context) -> None:
    entity = "entity: {0}\nlabel: {{one: {1}, many: {1}s}}\nshown_as: '{{nome}}'\nfields: {{{2}}}\n"
    kinds = ("A", "B", "C", "D", "E", "F")
    files = {"loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n"} | {
        f"loja/entities/{kind.lower()}.yaml": entity.format(
            kind.lower(), kind, "nome: {type: text, max: 9}, cor: {type: link, to: cor}"
        )
        for kind in kinds
    }
    files["loja/entities/cor.yaml"] = entity.format("cor", "Cor", "nome: {type: text, max: 9}")
    runtime = installed(database, files)
    red = make(database, runtime, context, "cor", nome="Rubro")
    for count, kind in enumerate(kinds, 1):
        for number in range(count):
            make(database, runtime, context, kind.lower(), nome=f"{kind}{number}", cor=red)
    refusal = remove(database, runtime, context, "cor", red, 1)
    assert isinstance(refusal, Refusal)
    assert [(p.code, p.facts["count"]) for p in refusal.problems] == [
        ("R164", 6), ("R164", 5), ("R164", 4), ("R164", 3), ("R166", 3),
    ]  # fmt: skip
    assert refusal.problems[0].facts["example"] == "F0"
    assert refusal.problems[-1].sentence() == "em uso por mais 3 registros: 2 bs, 1 a"


def test_the_system_keeps_what_only_it_fills(database: Engine, runtime: Runtime, context: Context) -> None:
    id = plan(database, runtime, context)
    refusal = save(
        database, runtime, context, Edit("plano", id, 1, {"protocolo": "1", "carimbo": "x", "nada": 1})
    )
    assert isinstance(refusal, Refusal)
    assert {(p.field, p.code) for p in refusal.problems} == {
        ("protocolo", "R153"), ("carimbo", "R153"), ("nada", "R108"),
    }  # fmt: skip


def test_a_copy_leaves_what_must_stay_unique(database: Engine, runtime: Runtime, context: Context) -> None:
    rows = (ChildEdit(None, {"de": 0, "valor": Decimal(1)}),)
    saved = save(
        database,
        runtime,
        context,
        Edit("plano", None, None, {"codigo": "1", "descricao": "A", "vidas": 3}, None, {"faixas": rows}),
    )
    assert isinstance(saved, Saved)
    with database.connect() as connection:
        bare = duplicate(connection, runtime, at_present("teste"), "plano", saved.id, ())
        full = duplicate(connection, runtime, at_present("teste"), "plano", saved.id, ("faixas",))
    assert bare is not None
    assert full is not None
    assert (bare.values["codigo"], bare.values["protocolo"], bare.values["vidas"]) == (None, None, 3)
    assert bare.children["faixas"] == ()
    (row,) = full.children["faixas"]
    assert (row.values["de"], row.values["valor"]) == (0, Decimal(1))


def test_a_blank_record_has_defaults(runtime: Runtime, context: Context) -> None:
    row = blank(runtime, context, "plano", {"vidas": 2})
    assert (row.values["situacao"], row.values["vidas"], row.values["codigo"]) == ("ativo", 2, None)


def test_a_new_record_cannot_take_rows_that_exist(
    database: Engine, runtime: Runtime, context: Context
) -> None:
    rows = (ChildEdit(7, {"de": 0, "valor": Decimal(1)}),)
    edit = Edit("plano", None, None, {"codigo": "1", "descricao": "A"}, None, {"faixas": rows})
    refusal = save(database, runtime, context, edit)
    assert isinstance(refusal, Refusal)
    assert [(problem.field, problem.code) for problem in refusal.problems] == [("faixas/0", "R150")]
