"""What people fill once: no way of writing by hand changes it afterwards, and a process still may."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.context import Origin
from kernel.rules.live import look_at
from kernel.storage.record import Refusal, Row, Saved
from metadata.compare import compare
from metadata.load import load_files, load_valid
from tests.kernel.test_states import Shop
from tests.states import ENTITY, FILES, texts

USE = "Para trocar o motivo, peça ao processo Trocar motivo."
PLAIN = "  motivo: {type: text, max: 80}\n"
ONCE = f"  motivo: {{type: text, max: 80, once: '{USE}', default: sem}}\n"
CHANGED = """
process: trocar
label: Trocar motivo
needs: AVISAR
ask: {qual: {type: link, to: pedido, required: yes}}
key: qual
steps:
  escolhidos: {from: pedido, where: pedido = qual, columns: {pedido: pedido}}
  trocados: {from: escolhidos, update: pedido, record: pedido, set: {motivo: "\\"outro\\""}}
"""
FILLED = {
    **FILES,
    ENTITY: FILES[ENTITY].replace(PLAIN, ONCE),
    "oficina/processes/trocar.yaml": CHANGED,
}
HEADER = "numero;valor;situacao;motivo"


@pytest.fixture
def shop(database: Engine, tmp_path: Path) -> Shop:
    return Shop(database, texts(FILLED), tmp_path)


def order(shop: Shop, motive: str | None, number: str = "P-1") -> int:
    outcome = shop.save("pedido", None, {"numero": number, "valor": Decimal(10), "motivo": motive})
    assert isinstance(outcome, Saved), outcome
    return outcome.id


def motive(shop: Shop, id: int) -> str | None:
    return next(row[0] for row in shop.rows("SELECT motivo, id FROM pedido") if row[1] == id)


@pytest.mark.parametrize("wanted", ["outro", None])
def test_what_is_filled_is_neither_changed_nor_emptied(shop: Shop, wanted: str | None) -> None:
    id = order(shop, "troca de peça")
    refused = shop.save("pedido", id, {"motivo": wanted})
    assert isinstance(refused, Refusal)
    assert [(each.code, each.field) for each in refused.problems] == [("R640", "motivo")]
    assert refused.problems[0].sentence() == "Motivo não muda depois de informado"
    assert refused.problems[0].hint() == USE
    imported = replace(shop.context, origin=Origin("import"))
    assert shop.load("pedido", [["P-1", "10,00", "preparo", wanted or ""]], HEADER, imported).refused == 1
    assert motive(shop, id) == "troca de peça"
    assert isinstance(shop.save("pedido", id, {"valor": Decimal(20)}), Saved)


def test_it_is_given_at_the_beginning_and_filled_while_empty(shop: Shop) -> None:
    begun = order(shop, "outro que o de costume")
    assert motive(shop, begun) == "outro que o de costume"
    empty = order(shop, None, "P-2")
    shop.rows("UPDATE pedido SET motivo = NULL RETURNING id")
    assert isinstance(shop.save("pedido", empty, {"motivo": "agora sim"}), Saved)
    assert motive(shop, empty) == "agora sim"
    refused = shop.save("pedido", empty, {"motivo": "e não de novo"})
    assert isinstance(refused, Refusal)
    imported = replace(shop.context, origin=Origin("import"))
    assert shop.load("pedido", [["P-3", "10,00", "preparo", "do arquivo"]], HEADER, imported).refused == 0


def test_a_process_changes_it(shop: Shop) -> None:
    id = order(shop, "troca de peça")
    assert shop.run("trocar", qual=id).status == "finished"
    assert motive(shop, id) == "outro"


def test_a_form_locks_it_by_what_is_stored(shop: Shop) -> None:
    values = {"numero": "P-1", "valor": Decimal(10), "motivo": "troca", "situacao": "preparo"}
    with shop.engine.connect() as connection:
        for id, says, is_locked in ((0, "troca", False), (order(shop, "troca"), "troca", True)):
            row = Row(id, 1, {**values, "motivo": says}, {}, "P-1", None)
            (seen,) = look_at(connection, shop.runtime, shop.context, "pedido", row)
            assert ("motivo" in seen.verdict.locked) == is_locked


def test_where_it_means_nothing_it_is_told_and_it_is_one_change() -> None:
    for wrong in ("once: x, readonly: yes", "once: x, readonly: valor > 0", "once: x, is: numero"):
        files = texts(
            {
                **FILES,
                ENTITY: FILES[ENTITY].replace(PLAIN, f"{PLAIN}  codigo: {{type: text, max: 9, {wrong}}}\n"),
            }
        )
        assert [each.code for each in load_files(files)[1]] == ["M500"]
    changes = compare(load_valid(texts(FILES)), load_valid(texts({**FILES, ENTITY: FILLED[ENTITY]})))
    assert len(changes) == 2  # once, and its default
