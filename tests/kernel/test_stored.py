"""Stored computed fields: worked out in order, right after every kind of change, under concurrent saves."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from kernel.context import Context, at_present
from kernel.query.plan import Filter, Query
from kernel.query.run import page
from kernel.runtime import Runtime, compile
from kernel.storage import system
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save
from metadata.load import load_valid
from tests.publications import files, publish

FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/entities/cliente.yaml": """
entity: cliente
label: {one: Cliente, many: Clientes}
fields:
  nome: {type: text, required: yes}
  desconto: {type: percent}
  notas: {type: children, of: nota}
  divida: {type: money, is: sum(notas.liquido), stored: yes}
  devedor: {type: yes/no, is: divida > 100, stored: yes}
  quantas: {type: integer, is: count(notas), stored: yes}
""",
    "loja/entities/nota.yaml": """
entity: nota
label: {one: Nota, many: Notas, gender: f}
search: [serie, nome_cliente]
fields:
  cliente: {type: link, to: cliente, required: yes}
  serie: text
  nome_cliente: {type: text, is: cliente.nome, stored: yes}
  itens: {type: children, of: item}
  bruto: {type: money, is: sum(itens.valor)}
  liquido: {type: money, is: bruto * (1 - (if cliente.desconto = null then 0 else cliente.desconto)), stored: yes}
""",
    "loja/entities/item.yaml": """
entity: item
label: {one: Item, many: Itens}
fields:
  nota: {type: link, to: nota, required: yes}
  quantidade: {type: integer, required: yes}
  preco: {type: money, required: yes}
  valor: {type: money, is: quantidade * preco, stored: yes}
  vez: {type: integer}
  lugar: {type: integer, is: if vez = null then null else nota.id * 1000 + vez, stored: yes, unique: yes}
""",
}


class Shop:
    """Saves and looks at what is stored."""

    def __init__(self, engine: Engine) -> None:
        configuration = load_valid({path: said.encode() for path, said in FILES.items()})
        self.engine = engine
        self.runtime: Runtime = compile(configuration, 1)
        self.context: Context = at_present("marina")
        with engine.begin() as connection:
            system.create(connection)
            self.runtime.metadata.create_all(connection)

    def save(self, entity: str, id: int | None = None, rows: Any = None, **values: Any) -> int:
        edit = Edit(entity, id, None, values, children=rows or {})
        outcome = save(self.engine, self.runtime, self.context, edit)
        assert isinstance(outcome, Saved), outcome
        return outcome.id

    def remove(self, entity: str, id: int) -> None:
        assert isinstance(remove(self.engine, self.runtime, self.context, entity, id, None), Saved)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def check(self) -> None:
        """Compare everything stored with the same sums written by hand."""
        wrong = self.rows(
            "SELECT i.id FROM item i WHERE i.valor IS DISTINCT FROM i.quantidade * i.preco UNION ALL "
            "SELECT n.id FROM nota n JOIN cliente c ON c.id = n.cliente WHERE n.liquido IS DISTINCT FROM "
            "(SELECT round(sum(i.quantidade * i.preco) * (1 - coalesce(c.desconto, 0)), 2) FROM item i "
            "WHERE i.nota = n.id) UNION ALL "
            "SELECT c.id FROM cliente c WHERE quantas <> (SELECT count(*) FROM nota n WHERE n.cliente = c.id) "
            "OR c.divida IS DISTINCT FROM (SELECT CASE WHEN count(*) = count(n.liquido) THEN sum(n.liquido) END "
            "FROM nota n WHERE n.cliente = c.id) OR c.devedor IS DISTINCT FROM (c.divida > 100)"
        )
        assert wrong == []


@pytest.fixture
def shop(database: Engine) -> Shop:
    return Shop(database)


def item(quantity: int, price: int) -> ChildEdit:
    return ChildEdit(None, {"quantidade": quantity, "preco": Decimal(price)})


def test_levels_follow_each_other_across_links_and_rows(shop: Shop) -> None:
    client = shop.save("cliente", nome="Ana", desconto=Decimal("0.1"))
    assert shop.rows("SELECT divida, devedor, quantas FROM cliente") == [(None, None, 0)]
    note = shop.save("nota", None, {"itens": (item(2, 50), item(1, 30))}, cliente=client)
    assert shop.rows("SELECT divida, devedor, quantas FROM cliente") == [(Decimal("117.00"), True, 1)]
    shop.save("cliente", client, desconto=Decimal("0.5"))
    assert shop.rows("SELECT divida, devedor FROM cliente") == [(Decimal("65.00"), False)]
    shop.save("item", 1, quantidade=10)
    assert shop.rows("SELECT divida, devedor FROM cliente") == [(Decimal("265.00"), True)]
    other = shop.save("cliente", nome="Bia")
    shop.save("nota", note, cliente=other)
    assert shop.rows("SELECT divida, quantas FROM cliente ORDER BY id") == [(None, 0), (Decimal(530), 1)]
    shop.remove("nota", note)
    assert shop.rows("SELECT divida, devedor, quantas FROM cliente ORDER BY id") == [(None, None, 0)] * 2


def test_records_exchange_values_of_a_key_that_is_worked_out(shop: Shop) -> None:
    def placed(*numbers: int) -> dict[str, Any]:
        return {"itens": tuple(ChildEdit(id, {"vez": number}) for id, number in enumerate(numbers, 1))}

    client = shop.save("cliente", nome="Ana")
    note = shop.save("nota", None, {"itens": (item(1, 1), item(1, 1), item(1, 1))}, cliente=client)
    for order in ((1, 2, 3), (2, 3, 1), (3, 2, 1)):
        shop.save("nota", note, placed(*order))
        assert shop.rows("SELECT lugar FROM item ORDER BY id") == [(note * 1000 + n,) for n in order]


def test_a_record_is_found_by_what_is_worked_out(shop: Shop) -> None:
    def found(words: str) -> list[Any]:
        query = Query(entity="nota", columns=("id",), search=words)
        with shop.engine.connect() as connection:
            return [row.id for row in page(connection, shop.runtime, shop.context, query).rows]

    client = shop.save("cliente", nome="Ana Luísa")
    note = shop.save("nota", cliente=client, serie="A1")
    assert found("luisa") == [note]
    shop.save("nota", note, serie="B2")
    assert found("luisa b2") == [note]
    shop.save("cliente", client, nome="Beatriz")
    assert found("luisa") == []
    assert found("beatriz b2") == [note]


def test_any_course_of_changes_leaves_the_right_values(shop: Shop) -> None:
    chance = random.Random(11)
    clients = [shop.save("cliente", nome=f"C{n}") for n in range(3)]
    notes: list[int] = []
    items: list[int] = []
    for _ in range(60):
        match chance.randrange(6):
            case 0:
                rows = {"itens": tuple(item(chance.randint(1, 9), chance.randint(1, 99)) for _ in range(2))}
                notes.append(shop.save("nota", None, rows, cliente=chance.choice(clients)))
            case 1 if notes:
                values = {"quantidade": chance.randint(1, 9), "preco": Decimal(chance.randint(1, 99))}
                items.append(shop.save("item", nota=chance.choice(notes), **values))
            case 2 if items:
                shop.save("item", chance.choice(items), nota=chance.choice(notes))
            case 3 if notes:
                shop.save("nota", chance.choice(notes), cliente=chance.choice(clients))
            case 4:
                shop.save("cliente", chance.choice(clients), desconto=Decimal(chance.randint(0, 9)) / 10)
            case 5 if items:
                shop.remove("item", items.pop(chance.randrange(len(items))))
        shop.check()


def test_rows_saved_at_the_same_time_are_all_counted(shop: Shop) -> None:
    client = shop.save("cliente", nome="Ana")
    note = shop.save("nota", cliente=client)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: shop.save("item", nota=note, quantidade=1, preco=Decimal(n)), range(1, 41)))
    shop.check()
    assert shop.rows("SELECT divida FROM cliente") == [(Decimal(820),)]


def test_a_publication_works_out_what_is_there_and_again_when_the_calculation_changes(
    database: Engine,
) -> None:
    plain = "nome: text\nnotas: {type: children, of: nota}\n"
    note = "cliente: {type: link, to: cliente, required: yes}\nvalor: money\n"
    publish(database, files(cliente=plain, nota=note))
    with database.begin() as connection:
        connection.execute(text("INSERT INTO cliente (nome) VALUES ('Ana'), ('Bia')"))
        connection.execute(text("INSERT INTO nota (cliente, valor) VALUES (1, 2), (1, 3), (2, 7)"))
    total = "total: {type: money, is: sum(notas.valor), stored: yes}\n"
    twice = "dobro: {type: money, is: total * 2, stored: yes}\n"
    publish(database, files(cliente=plain + twice + total, nota=note))

    def stored() -> list[tuple[Any, ...]]:
        with database.connect() as connection:
            found = connection.execute(text("SELECT total, dobro FROM cliente ORDER BY id"))
            return [tuple(row) for row in found]

    assert stored() == [(5, 10), (7, 14)]
    publish(database, files(cliente=plain + twice + total.replace("sum", "max"), nota=note))
    assert stored() == [(3, 6), (7, 14)]


def test_lists_show_filter_and_sort_by_what_is_computed_and_not_stored(shop: Shop) -> None:
    for name, price in (("Ana", 30), ("Bia", 10), ("Caio", 20)):
        client = shop.save("cliente", nome=name, desconto=Decimal("0.5"))
        shop.save("nota", None, {"itens": (item(1, price), item(2, price))}, cliente=client)

    def asked(query: Query) -> list[tuple[Any, Any]]:
        with shop.engine.connect() as connection:
            found = page(connection, shop.runtime, shop.context, query)
        return [(line.values["cliente.nome"], line.values["bruto"]) for line in found.rows]

    columns = ("cliente.nome", "bruto")
    assert asked(Query("nota", columns, order=("-bruto",))) == [("Ana", 90), ("Caio", 60), ("Bia", 30)]
    most = Query("nota", columns, (Filter("bruto", "from", (Decimal(60),)),), order=("bruto",))
    assert asked(most) == [("Caio", 60), ("Ana", 90)]
    first = Query("nota", columns, order=("bruto",), limit=2)
    with shop.engine.connect() as connection:
        onward = page(connection, shop.runtime, shop.context, first).next
    assert asked(replace(first, after=onward)) == [("Ana", 90)]
