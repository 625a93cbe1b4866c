"""Conditions of a children field: a locked, hidden or required grid, and whoever changes rows around it."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.context import at_present
from kernel.rules.foresight import verdicts
from kernel.rules.live import BLANK, look, look_at
from kernel.storage import system
from kernel.storage.record import ChildEdit, Edit, Refusal, Saved
from kernel.storage.records import blank
from kernel.storage.remove import remove
from tests.compiled import compiled
from tests.kernel.contracts import FILES, Shop, life, told

GRID = "vidas: {type: children, of: vida}"
BELOW = {
    "loja/entities/exame.yaml": """
entity: exame
label: {one: Exame, many: Exames}
fields:
  vida: {type: link, to: vida, required: yes}
  nome: {type: text, required: yes}
""",
}


def made(database: Engine, grid: str, of_life: str = "") -> Shop:
    """Return the shop with another grid of lives, and exams in each life."""
    contract = FILES["loja/entities/contrato.yaml"].replace(
        GRID, f"vidas: {{type: children, of: vida, {grid}}}"
    )
    lives = FILES["loja/entities/vida.yaml"].replace(
        "  espera:", f"{of_life}  exames: {{type: children, of: exame}}\n  espera:"
    )
    texts = {**FILES, **BELOW, "loja/entities/contrato.yaml": contract, "loja/entities/vida.yaml": lives}
    runtime = compiled(texts)
    with database.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
    return Shop(database, runtime, at_present("marina"))


@pytest.fixture
def locked(database: Engine) -> Shop:
    return made(database, 'readonly: situacao = "fechado"')


def contract(shop: Shop, *names: str, **values: Any) -> tuple[int, list[int]]:
    """Save a contract with lives of these names; return its id and theirs."""
    plan = shop.made("plano", codigo="1", nome="Individual")
    id = shop.made("contrato", [life(n, valor=Decimal(9)) for n in names], numero="1", plano=plan, **values)
    return id, [row.id for row in shop.read("contrato", id).children["vidas"]]


def test_rows_of_a_locked_grid_neither_come_nor_go_nor_change(locked: Shop) -> None:
    id, (ana, rui) = contract(locked, "Ana", "Rui")
    # The grid is locked behind the save that locks it.
    last = [ChildEdit(ana, {"valor": Decimal(8)})]
    assert isinstance(locked.save("contrato", id, last, situacao="fechado"), Saved)
    for rows in (
        [life("Bia")],
        [ChildEdit(rui, {}, removed=True)],
        [ChildEdit(ana, {"nome": "Outra"})],
        [ChildEdit(ana, {}, children={"exames": (ChildEdit(None, {"nome": "Sangue"}),)})],
    ):
        refused = locked.save("contrato", id, rows)
        assert told(refused) == {("vidas", "R168")}
    assert isinstance(refused, Refusal)
    assert refused.problems[0].sentence() == "Vidas não pode mudar quando Situacao é “fechado”"
    # Rows that are sent as they are change nothing.
    assert isinstance(locked.save("contrato", id, [ChildEdit(ana, {"nome": "Ana"})], numero="2"), Saved)
    # It is unlocked and changed in one go.
    assert isinstance(locked.save("contrato", id, [life("Bia")], situacao="aberto"), Saved)
    assert len(locked.read("contrato", id).children["vidas"]) == 3


def test_a_new_record_with_rows_counts_as_it_began(locked: Shop) -> None:
    plan = locked.made("plano", codigo="1", nome="Individual")
    typed = {"numero": "1", "plano": plan, "situacao": "fechado"}
    assert isinstance(locked.save("contrato", rows=[life()], **typed), Saved)


def test_rows_saved_or_removed_alone_are_kept_out_of_a_locked_grid(locked: Shop) -> None:
    closed, (ana,) = contract(locked, "Ana")
    exam = locked.made("exame", vida=ana, nome="Sangue")
    open_, (rui,) = contract(locked, "Rui")
    assert isinstance(locked.save("contrato", closed, situacao="fechado"), Saved)
    refused = {("contrato", "R168")}
    new = {"nome": "Bia", "nascimento": life().values["nascimento"]}
    assert told(locked.save("vida", contrato=closed, **new)) == refused
    assert told(locked.save("vida", ana, nome="Outra")) == refused
    # Neither out of the locked grid nor into it.
    assert told(locked.save("vida", ana, contrato=open_)) == refused
    assert told(locked.save("vida", rui, contrato=closed)) == refused
    # Nor in a row below a row.
    assert told(locked.save("exame", exam, nome="Outro")) == {("vida", "R168")}
    for entity, id in (("vida", ana), ("exame", exam)):
        gone = remove(locked.engine, locked.runtime, locked.context, entity, id, None)
        assert isinstance(gone, Refusal)
        assert [problem.code for problem in gone.problems] == ["R168"]
    assert isinstance(locked.save("vida", contrato=open_, **new), Saved)
    assert isinstance(locked.save("vida", ana, nome="Ana"), Saved), "nothing changes"
    assert isinstance(locked.save("contrato", closed, situacao="aberto"), Saved)
    assert isinstance(locked.save("exame", exam, nome="Outro"), Saved)


def test_a_change_of_many_rows_foresees_the_locked_ones(locked: Shop) -> None:
    closed, (ana,) = contract(locked, "Ana")
    _, (rui,) = contract(locked, "Rui")
    assert isinstance(locked.save("contrato", closed, situacao="fechado"), Saved)
    rows = {id: locked.read("vida", id).values for id in (ana, rui)}
    changes = [(id, values, {"codigo": "7"}) for id, values in rows.items()]
    with locked.engine.connect() as connection:
        found = list(verdicts(connection, locked.runtime, locked.context, "vida", changes))
    assert [[problem.code for problem in verdict.problems] for verdict in found] == [["R168"], []]


def test_a_required_grid_has_a_row_and_a_hidden_one_needs_none(database: Engine) -> None:
    shop = made(database, "required: plano.coletivo, hidden: numero = null, min: 1")
    group = shop.made("plano", codigo="2", nome="Empresarial", coletivo=True)
    alone = shop.made("plano", codigo="1", nome="Individual")
    values = {"cnpj": "11", "plano": group}
    assert told(shop.save("contrato", numero="1", **values)) == {("vidas", "R167"), ("vidas", "R151")}
    assert told(shop.save("contrato", numero="1", plano=alone)) == {("vidas", "R151")}
    assert told(shop.save("contrato", plano=alone)) == {("numero", "R101")}
    saved = shop.made("contrato", [life()], numero="1", **values)
    (row,) = shop.read("contrato", saved).children["vidas"]
    gone = [ChildEdit(row.id, {}, removed=True)]
    assert told(shop.save("contrato", saved, gone)) == {("vidas", "R167"), ("vidas", "R151")}
    assert isinstance(shop.save("contrato", saved, [*gone, life("Bia")]), Saved)


def test_an_always_required_grid_has_a_row_and_an_always_locked_one_keeps_its_own(database: Engine) -> None:
    shop = made(database, "required: yes, readonly: yes")
    plan = shop.made("plano", codigo="1", nome="Individual")
    assert told(shop.save("contrato", numero="1", plano=plan)) == {("vidas", "R151")}
    id = shop.made("contrato", [life(), life("Rui")], numero="1", plano=plan)
    ana, _ = shop.read("contrato", id).children["vidas"]
    assert told(shop.save("contrato", id, [ChildEdit(ana.id, {}, removed=True)])) == {("vidas", "R153")}
    assert isinstance(shop.save("contrato", id, [ChildEdit(ana.id, {"nome": "Ana"})], numero="2"), Saved)


def test_what_is_typed_locks_the_grid_at_once(locked: Shop) -> None:
    id, _ = contract(locked, "Ana")
    edit = Edit("contrato", id, None, {"situacao": "fechado"})
    with locked.engine.connect() as connection:
        seen = look(connection, locked.runtime, locked.context, edit)
    assert seen is not None
    assert seen.looks[0].verdict.locked["vidas"].sentence == "Situacao é “fechado”"


def test_a_blank_row_is_seen_as_if_it_were_added_and_no_other_row_sees_it(database: Engine) -> None:
    shop = made(database, "min: 0", "  senha: {type: text, readonly: count(contrato.vidas) < 2}\n")
    id, (ana,) = contract(shop, "Ana")

    def fixed(*rows: ChildEdit) -> dict[str, bool]:
        edit = Edit("contrato", id, None, {}, children={"vidas": rows})
        with shop.engine.connect() as connection:
            seen = look(connection, shop.runtime, shop.context, edit, blank=("vidas",))
        assert seen is not None
        return {each.prefix: "senha" in each.verdict.locked for each in seen.looks}

    assert fixed(ChildEdit(ana, {})) == {"": False, "vidas/0/": True, f"vidas/{BLANK}/": False}
    assert fixed(ChildEdit(ana, {}, removed=True)) == {"": False, f"vidas/{BLANK}/": True}
    with shop.engine.connect() as connection:
        row = blank(shop.runtime, shop.context, "contrato")
        *_, new = look_at(connection, shop.runtime, shop.context, "contrato", row, ("vidas",))
    assert (new.prefix, "senha" in new.verdict.locked) == (f"vidas/{BLANK}/", True)


@pytest.mark.parametrize("seed", range(3))
def test_rows_filled_together_get_what_each_gets_alone(locked: Shop, seed: int) -> None:
    dice = random.Random(seed)
    plan = locked.made("plano", codigo="1", nome="Individual", carencia=90)
    for code in ("2", "2", "3"):  # a code that two have finds none
        locked.made("plano", codigo=code, nome="Outro", carencia=dice.randrange(300))
    stored = [life("Ana", codigo="1", padrinho=plan, espera=7), life("Rui", codigo="1", padrinho=plan)]
    id = locked.made("contrato", stored, numero="1", plano=plan, carencia=2)
    ids = [row.id for row in locked.read("contrato", id).children["vidas"]] + [None] * 6
    rows = tuple(ChildEdit(each, {"codigo": dice.choice([*"1234", None])}) for each in ids)
    edit = Edit("contrato", id, None, {}, children={"vidas": rows})
    changed = [f"vidas/{place}/codigo" for place in range(len(rows))]

    def filled(*paths: str) -> dict[str, Any]:
        with locked.engine.connect() as connection:
            seen = look(connection, locked.runtime, locked.context, edit, paths)
        assert seen is not None
        return dict(seen.filled)

    alone = {path: value for each in changed for path, value in filled(each).items()}
    assert filled(*changed) == alone
    assert alone
