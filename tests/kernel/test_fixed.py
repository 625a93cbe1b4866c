"""What only processes change: no way of writing by hand gets around it, and a process still may."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.context import Origin
from kernel.moving import open_moves
from kernel.storage.record import ChildEdit, Edit, Refusal, Saved
from kernel.storage.remove import obstacles, remove
from kernel.storage.save import save
from metadata.compare import compare
from metadata.load import load_files, load_valid
from tests.kernel.test_states import Shop
from tests.states import ENTITY, FILES, texts

SAID = "ele já foi liberado: peça ao processo Recolher parados"
FIXED = f"""fixed: {{when: situacao = "liberado", said: "{SAID}", free: prazo}}
states: {{field: situacao"""
ROWS = {
    "oficina/entities/peca.yaml": """
entity: peca
label: {one: Peça, many: Peças, gender: f}
shown_as: "{nome}"
fields:
  pedido: {type: link, to: pedido, required: yes}
  nome: {type: text, max: 20, required: yes}
""",
    ENTITY: FILES[ENTITY]
    .replace("states: {field: situacao", FIXED)
    .replace("to: preparo}", "to: preparo, by_hand: no}")
    .replace("  parado: {", "  pecas: {type: children, of: peca}\n  parado: {"),
}

NEW = "quem avisa é o processo Avisar o cliente"
AVISO, PECA = "oficina/entities/aviso.yaml", "oficina/entities/peca.yaml"
MADE = {
    **ROWS,
    AVISO: f"{FILES[AVISO]}fixed: {{when: id != null, said: ele já saiu, new: {NEW}}}\n",
    PECA: f"{ROWS[PECA]}fixed: {{when: id != null, said: ela já saiu, new: quem as põe é um processo}}\n",
    "oficina/layouts/aviso.yaml": """
layout: aviso
kind: delimited
delimiter: ";"
into: aviso
key: texto
columns: {texto: texto, numero: {to: pedido, find: numero}}
""",
}


@pytest.fixture
def shop(database: Engine, tmp_path: Path) -> Shop:
    return Shop(database, texts(ROWS), tmp_path)


def told(outcome: object) -> set[str]:
    assert isinstance(outcome, Refusal), outcome
    return {problem.code for problem in outcome.problems}


def released(shop: Shop) -> tuple[int, int]:
    """Return an order that is released, with one row."""
    values = {"numero": "P-1", "valor": Decimal(10)}
    edit = Edit("pedido", None, None, values, children={"pecas": (ChildEdit(None, {"nome": "Correia"}),)})
    outcome = save(shop.engine, shop.runtime, shop.context, edit)
    assert isinstance(outcome, Saved), outcome
    assert shop.moved(outcome.id, "liberado") == []
    with shop.engine.connect() as connection:
        return outcome.id, connection.exec_driver_sql("SELECT id FROM peca").scalar_one()


def test_fields_rows_and_the_record_itself_stay_by_every_way(shop: Shop) -> None:
    order, row = released(shop)
    refused = shop.save("pedido", order, {"valor": Decimal(20)})
    assert told(refused) == {"R168"}
    assert isinstance(refused, Refusal)
    assert refused.problems[0].sentence() == f"Valor não pode mudar quando {SAID}"
    for child in (
        ChildEdit(None, {"nome": "Vela"}), ChildEdit(row, {"nome": "Vela"}), ChildEdit(row, {}, removed=True),
    ):  # fmt: skip
        edit = Edit("pedido", order, None, {}, children={"pecas": (child,)})
        assert told(save(shop.engine, shop.runtime, shop.context, edit)) == {"R168"}
    assert told(shop.save("peca", None, {"pedido": order, "nome": "Vela"})) == {"R168"}
    assert told(shop.save("peca", row, {"nome": "Vela"})) == {"R168"}
    for entity, id, code in (("peca", row, "R168"), ("pedido", order, "R178")):
        gone = remove(shop.engine, shop.runtime, shop.context, entity, id, None)
        assert told(gone) == {code}
    before = obstacles(shop.engine, shop.runtime, shop.context, "pedido", order)
    assert [problem.sentence() for problem in before] == [f"Pedido não se exclui quando {SAID}"]
    header = "numero;valor;situacao;motivo"
    assert shop.load("pedido", [["P-1", "20,00", "liberado", ""]], header, shop.context).refused == 1
    assert isinstance(shop.save("pedido", order, {"prazo": shop.context.today}), Saved)


def test_what_is_not_fixed_changes_and_goes_and_a_process_changes_what_is(shop: Shop) -> None:
    order, row = released(shop)
    assert "não se faz à mão" in shop.moved(order, "preparo")[0]
    with shop.engine.connect() as connection:
        ways = open_moves(connection, shop.runtime, shop.context, "pedido", order, "liberado")
    assert [way.name for way in ways] == ["concluir", "cancelar"]
    assert shop.run("recolher").status == "finished"
    assert isinstance(shop.save("pedido", order, {"valor": Decimal(20)}), Saved)
    assert isinstance(shop.save("peca", row, {"nome": "Vela"}), Saved)
    assert isinstance(remove(shop.engine, shop.runtime, shop.context, "pedido", order, None), Saved)


def test_what_only_processes_make_is_made_by_no_hand_and_is_told_why(
    database: Engine, tmp_path: Path
) -> None:
    shop = Shop(database, texts(MADE), tmp_path)
    order = shop.save("pedido", None, {"numero": "P-1", "valor": Decimal(10), "prazo": shop.context.today})
    assert isinstance(order, Saved), order
    refused = shop.save("aviso", None, {"pedido": order.id, "texto": "à mão"})
    assert told(refused) == {"R630"}
    assert isinstance(refused, Refusal)
    assert refused.problems[0].sentence() == f"não se inclui aviso à mão: {NEW}"
    row = ChildEdit(None, {"nome": "Vela"})
    below = save(
        shop.engine,
        shop.runtime,
        shop.context,
        Edit("pedido", order.id, None, {}, children={"pecas": (row,)}),
    )
    assert told(below) == {"R630"}
    imported = replace(shop.context, origin=Origin("import"))
    assert shop.load("aviso", [["do arquivo", "P-1"]], "texto;numero", imported).refused == 1
    assert NEW in str(shop.refused)
    assert shop.rows("SELECT 1 FROM aviso") == []
    assert shop.run("avisar", qual=order.id).status == "finished"
    assert shop.rows("SELECT texto FROM aviso") == [("pronto",)]


def test_its_mistakes_are_told_once_and_it_is_one_change() -> None:
    for wrong, code in (
        (('situacao = "liberado"', "situaca = 1"), "M320"),
        (("free: prazo", "free: praso"), "M205"),
    ):
        files = texts({**ROWS, ENTITY: ROWS[ENTITY].replace(*wrong)})
        assert [each.code for each in load_files(files)[1]] == [code]
    old = texts({**ROWS, ENTITY: ROWS[ENTITY].replace(FIXED, "states: {field: situacao")})
    assert len(compare(load_valid(old), load_valid(texts(ROWS)))) == 1
