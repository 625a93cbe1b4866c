"""Rules while somebody types: what is looked at without writing, and what fills itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from kernel.context import at_present
from kernel.rules.live import look, look_at
from kernel.storage.record import ChildEdit, Edit
from kernel.storage.records import blank, read
from tests.kernel.contracts import Shop, life, shop

__all__ = ["shop"]


def test_what_is_typed_is_looked_at_without_writing(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual", idade_maxima=60)
    contract = shop.made("contrato", [life(valor=Decimal(10))], numero="1", plano=plan)
    rows = {"vidas": (life("Rui", date(1930, 1, 1), valor=Decimal(7)),)}
    edit = Edit("contrato", contract, None, {"desconto": Decimal(2)}, children=rows)
    with shop.engine.connect() as connection:
        seen = look(connection, shop.runtime, shop.context, edit)
    assert seen is not None
    record, row = seen.looks
    assert record.computed == {"total": Decimal("17.00"), "liquido": Decimal("15.00")}
    assert record.verdict.hidden == {"cnpj"}
    assert row.prefix == "vidas/0/"
    assert [problem.field for problem in row.verdict.problems] == ["vidas/0/nascimento"]
    assert shop.read("contrato", contract).values["total"] == Decimal("10.00")


def test_a_field_fills_others_from_a_link_and_from_a_record_found(shop: Shop) -> None:
    plan = shop.made("plano", codigo="7", nome="Individual", carencia=90)
    edit = Edit("contrato", None, None, {"numero": "1", "plano": plan, "codigo_plano": "7"})
    with shop.engine.connect() as connection:
        by_link = look(connection, shop.runtime, shop.context, edit, ["plano"])
        found = look(connection, shop.runtime, shop.context, edit, ["codigo_plano"])
        nothing = look(connection, shop.runtime, shop.context, edit, ["numero"])
    assert by_link is not None
    assert found is not None
    assert nothing is not None
    assert by_link.filled == {"carencia": 90}
    assert by_link.looks[0].values["carencia"] == 90
    assert found.filled == {"observacao": "Individual"}
    assert nothing.filled == {}


def test_a_fill_leaves_what_somebody_typed(shop: Shop) -> None:
    one = shop.made("plano", codigo="7", nome="Individual", carencia=90)
    two = shop.made("plano", codigo="8", nome="Familiar", carencia=120)
    contract = shop.made("contrato", numero="1", plano=one, carencia=90)
    own = shop.made("contrato", numero="2", plano=one, carencia=30)

    def filled(id: int | None, given: tuple[str, ...] = (), **values: Any) -> Any:
        edit = Edit("contrato", id, None, {"plano": two, **values})
        with shop.engine.connect() as connection:
            seen = look(connection, shop.runtime, shop.context, edit, ["plano"], given)
        assert seen is not None
        return seen.filled

    assert filled(contract) == {"carencia": 120}  # it held what the fill gives for the other plan
    assert filled(own) == {}
    assert filled(own, carencia=None) == {"carencia": 120}
    assert filled(None, carencia=90) == {}
    assert filled(None, carencia=180) == {}
    assert filled(None, given=("carencia",), carencia=90) == {"carencia": 120}


def test_what_was_filled_goes_when_nothing_is_found_and_fills_go_on(shop: Shop) -> None:
    plan = shop.made("plano", codigo="7", nome="Individual", carencia=90)

    def filled(code: str, given: tuple[str, ...] = (), **values: Any) -> Any:
        edit = Edit("contrato", None, None, {"codigo_plano": code, **values})
        with shop.engine.connect() as connection:
            seen = look(connection, shop.runtime, shop.context, edit, ["codigo_plano"], given)
        assert seen is not None
        return seen.filled

    assert filled("7") == {"plano": plan, "observacao": "Individual", "carencia": 90}
    gone = filled("9", ("plano", "observacao", "carencia"), plano=plan, observacao="Individual", carencia=90)
    assert gone == {"plano": None, "observacao": None, "carencia": None}


def test_a_row_fills_itself_from_what_the_form_holds_around_it(shop: Shop) -> None:
    plan = shop.made("plano", codigo="8", nome="Familiar", carencia=120)
    blank = {"codigo": "8", "padrinho": None, "espera": None}

    def filled(row: dict[str, Any], *given: str) -> Any:
        rows = {"vidas": (life(), life("Rui", **row))}
        edit = Edit("contrato", None, None, {"carencia": 1000}, children=rows)
        with shop.engine.connect() as connection:
            seen = look(connection, shop.runtime, shop.context, edit, ["vidas/1/codigo"], given)
        assert seen is not None
        assert seen.looks[2].values["padrinho"] == plan
        assert "padrinho" not in seen.looks[1].values
        return seen.filled

    both = {"vidas/1/padrinho": plan, "vidas/1/espera": 2120}
    assert filled(blank) == both
    assert filled(blank | {"espera": 5}) == both  # a new row began with it
    assert filled(blank | {"espera": 6}) == {"vidas/1/padrinho": plan}
    assert filled(blank | {"espera": 6}, "vidas/1/espera") == both
    assert filled(blank | {"espera": 6}, "vidas/0/espera", "espera") == {"vidas/1/padrinho": plan}


def test_a_stored_row_keeps_what_no_fill_gave_it(shop: Shop) -> None:
    one = shop.made("plano", codigo="7", nome="Individual", carencia=90)
    two = shop.made("plano", codigo="8", nome="Familiar", carencia=120)
    before = {"codigo": "7", "padrinho": one}
    rows = [life(espera=92, **before), life("Rui", espera=7, **before)]
    contract = shop.made("contrato", rows, numero="1", plano=one, carencia=1)
    filling, own = (row.id for row in shop.read("contrato", contract).children["vidas"])

    def filled(id: int | None, **row: Any) -> Any:
        edit = Edit("contrato", contract, None, {"carencia": 1000}, children={"vidas": (ChildEdit(id, row),)})
        with shop.engine.connect() as connection:
            seen = look(connection, shop.runtime, shop.context, edit, ["vidas/0/codigo"])
        assert seen is not None
        return seen.filled

    assert filled(filling, codigo="8") == {"vidas/0/padrinho": two, "vidas/0/espera": 2120}
    assert filled(own, codigo="8") == {"vidas/0/padrinho": two}
    # A row that the edit does not mention counts among the rows of the record.
    assert filled(None, codigo="8") == {"vidas/0/padrinho": two, "vidas/0/espera": 3120}


def test_a_record_that_was_read_is_looked_at(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual", idade_maxima=60)
    contract = shop.made("contrato", [life(valor=Decimal(10))], numero="1", plano=plan, situacao="fechado")
    with shop.engine.connect() as connection:
        row = read(connection, shop.runtime, at_present("teste"), "contrato", contract)
        assert row is not None
        record, life_row = look_at(connection, shop.runtime, shop.context, "contrato", row)
        empty = blank(shop.runtime, shop.context, "contrato")
        (new,) = look_at(connection, shop.runtime, shop.context, "contrato", empty)
    assert record.computed["total"] == Decimal("10.00")
    assert record.verdict.hidden == {"cnpj"}
    assert record.verdict.locked["desconto"].sentence == "Situacao é “fechado”"
    assert life_row.computed["idade"] is not None
    assert new.computed == {"total": None, "liquido": None}
