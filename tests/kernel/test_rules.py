"""Rules of records on saving: conditions, checks with their messages, computed fields, defaults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

from sqlalchemy import Engine, text

from kernel.context import at_present
from kernel.rules.live import look
from kernel.storage import system
from kernel.storage.record import ChildEdit, Edit, Refusal, Saved
from kernel.storage.remove import remove
from metadata.load import load_files
from tests.access import with_rights
from tests.compiled import compiled
from tests.kernel.contracts import FILES, Shop, life, shop, told

__all__ = ["shop"]


def test_a_field_is_required_and_shown_under_a_condition(shop: Shop) -> None:
    alone = shop.made("plano", codigo="1", nome="Individual")
    group = shop.made("plano", codigo="2", nome="Empresarial", coletivo=True)
    assert isinstance(shop.save("contrato", numero="1", plano=alone), Saved)
    assert told(shop.save("contrato", numero="2", plano=group)) == {("cnpj", "R167")}
    assert isinstance(shop.save("contrato", numero="3", plano=group, cnpj="11"), Saved)


def test_defaults_are_worked_out_from_what_is_known(shop: Shop) -> None:
    group = shop.made("plano", codigo="2", nome="Empresarial", coletivo=True)
    assert shop.read("plano", group).values["carencia"] == 0
    plan = shop.made("plano", codigo="1", nome="Individual")
    row = shop.read("contrato", shop.made("contrato", numero="1", plano=plan, inicio=date(2024, 2, 29)))
    assert row.values["fim"] == date(2025, 2, 28)
    assert row.values["carencia"] == 180


def test_computed_fields_follow_the_rows_below(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    lives = [life(valor=Decimal("10.50")), life("Bia", valor=Decimal(20))]
    row = shop.read("contrato", shop.made("contrato", lives, numero="1", plano=plan, desconto=Decimal(3)))
    assert row.values["total"] == Decimal("30.50")
    assert row.values["liquido"] == Decimal("27.50")
    assert row.children["vidas"][0].values["idade"] is not None


def test_a_check_says_the_values_and_sees_rows_and_links_as_they_will_be(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual", idade_maxima=60)
    lives = [life(valor=Decimal(10))]
    refused = shop.save("contrato", rows=lives, numero="1", plano=plan, desconto=Decimal("10.10"))
    assert isinstance(refused, Refusal)
    assert [(p.field, p.sentence()) for p in refused.problems] == [
        ("desconto", "O desconto de 10,10 passa do total de 10,00 em 0,10; o plano é 1 · Individual.")
    ]
    saved = shop.made("contrato", lives, numero="1", plano=plan, desconto=Decimal(9))
    # A row added later counts beside the stored one; one that is removed no longer does.
    assert isinstance(shop.save("contrato", saved, [life(valor=Decimal(5))], desconto=Decimal(15)), Saved)
    old = shop.read("contrato", saved).children["vidas"][0]
    gone = [ChildEdit(old.id, {}, removed=True)]
    assert told(shop.save("contrato", saved, gone)) == {("desconto", "R169")}


def test_a_row_is_checked_against_the_record_above_it(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual", idade_maxima=60)
    old = life("Rui", date(1930, 1, 1))
    inicio = date(2026, 1, 1)
    refused = shop.save("contrato", rows=[life(), old], numero="1", plano=plan, inicio=inicio)
    assert isinstance(refused, Refusal)
    assert [(p.field, p.sentence()) for p in refused.problems] == [
        ("vidas/1/nascimento", "Rui tem 96 anos; o plano Individual aceita até 60.")
    ]
    contract = shop.made("contrato", [life()], numero="1", plano=plan, inicio=inicio)
    values = {"contrato": contract, "nome": "Rui", "nascimento": date(1930, 1, 1)}
    assert told(shop.save("vida", **values)) == {("nascimento", "R169")}


def test_a_check_across_the_rows_of_the_same_record(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    two = [life(titular=True), life("Bia", titular=True)]
    fields = {"vidas/0/titular", "vidas/1/titular"}
    assert {field for field, _ in told(shop.save("contrato", rows=two, numero="1", plano=plan))} == fields
    contract = shop.made("contrato", [life(titular=True)], numero="1", plano=plan)
    values = {"contrato": contract, "nome": "Bia", "nascimento": date(2000, 1, 1), "titular": True}
    assert told(shop.save("vida", **values)) == {("titular", "R169")}


def test_a_check_of_the_whole_stands_on_the_row_at_fault(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    lives = [life(valor=Decimal(10)), life("Bia", valor=Decimal(2000))]
    assert told(shop.save("contrato", rows=lives, numero="1", plano=plan)) == {("vidas/1/valor", "R169")}
    contract = shop.made("contrato", [life()], numero="1", plano=plan)
    with shop.engine.begin() as connection:
        connection.execute(text("UPDATE vida SET valor = 3000"))
    # The row at fault is no part of this edit: the message stands at the rows as a whole.
    assert told(shop.save("contrato", contract, desconto=Decimal(1))) == {("vidas", "R169")}


def test_the_row_of_a_check_is_a_row_and_its_place_a_field_of_it() -> None:
    contract = FILES["loja/entities/contrato.yaml"]
    contract = contract.replace("row: vidas[valor > 1000][1]", "row: plano")
    told = load_files(
        {p: said.encode() for p, said in {**FILES, "loja/entities/contrato.yaml": contract}.items()}
    )[1]
    assert [(problem.code, problem.facts.get("wanted")) for problem in told] == [
        ("M325", "uma linha abaixo de contrato"), ("M205", None),
    ]  # fmt: skip


def test_a_locked_field_keeps_its_value_until_it_is_unlocked(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    contract = shop.made("contrato", [life(valor=Decimal(9))], numero="1", plano=plan)
    # What locks a field takes effect behind the same save.
    assert isinstance(shop.save("contrato", contract, desconto=Decimal(5), situacao="fechado"), Saved)
    assert told(shop.save("contrato", contract, desconto=Decimal(6))) == {("desconto", "R168")}
    assert isinstance(shop.save("contrato", contract, numero="2"), Saved)
    assert isinstance(shop.save("contrato", contract, desconto=Decimal(6), situacao="aberto"), Saved)


def test_a_warning_waits_for_a_person_and_only_tells_a_program(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    lives = [life("A"), life("B"), life("C")]
    asked = shop.save("contrato", rows=lives, numero="1", plano=plan, confirmed=frozenset())
    assert isinstance(asked, Refusal)
    assert not asked.problems
    assert [w.sentence() for w in asked.warnings] == ["Há 3 vidas; confira se não é um contrato coletivo."]
    names = frozenset(warning.facts["check"] for warning in asked.warnings)
    assert isinstance(shop.save("contrato", rows=lives, numero="1", plano=plan, confirmed=names), Saved)
    told_only = shop.save("contrato", rows=lives, numero="2", plano=plan)
    assert isinstance(told_only, Saved)
    assert len(told_only.warnings) == 1


def test_a_right_turns_a_refusal_into_a_warning(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    contract = shop.made("contrato", numero="1", plano=plan)
    shop.context = at_present("bruno", access=with_rights(shop.runtime))
    assert told(shop.save("contrato", contract, fim=None)) == {("fim", "R169")}
    shop.context = at_present("bruno", access=with_rights(shop.runtime, "SALVAR SEM FIM"))
    assert isinstance(shop.save("contrato", contract, fim=None), Saved)


def test_nobody_writes_a_computed_field(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    assert told(shop.save("contrato", numero="1", plano=plan, total=Decimal(1))) == {("total", "R153")}


def test_a_row_saved_alone_is_judged_with_the_record_above_it(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    contract = shop.made("contrato", [life(valor=Decimal(10))], numero="1", plano=plan, desconto=Decimal(9))
    row = shop.read("contrato", contract).children["vidas"][0]
    refused = shop.save("vida", row.id, valor=Decimal(8))
    assert told(refused) == {(None, "R169")}
    assert shop.read("vida", row.id).values["valor"] == Decimal(10)
    assert isinstance(shop.save("vida", row.id, valor=Decimal(9)), Saved)
    gone = remove(shop.engine, shop.runtime, shop.context, "vida", row.id, None)
    assert isinstance(gone, Saved), "an empty total is unknown, and nothing is said about it"


def test_a_changed_record_is_judged_with_the_rows_it_does_not_show(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual", idade_maxima=60)
    young = life("Rui", date(1980, 1, 1))
    contract = shop.made("contrato", [young, life()], numero="1", plano=plan, inicio=date(2026, 1, 1))
    refused = shop.save("contrato", contract, inicio=date(2050, 1, 1))
    assert told(refused) == {("vidas", "R169")}
    assert isinstance(shop.save("contrato", contract, inicio=date(2030, 1, 1)), Saved)


def test_what_locks_a_field_of_a_new_record_counts_as_it_began(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    lives = [life(valor=Decimal(9))]
    typed = {"numero": "1", "plano": plan, "desconto": Decimal(5), "situacao": "fechado"}
    assert isinstance(shop.save("contrato", rows=lives, **typed), Saved)
    assert told(shop.save("contrato", numero="2", plano=plan, observacao="livre")) == {("observacao", "R168")}
    assert isinstance(shop.save("contrato", numero="3", plano=plan, codigo_plano="1", observacao="x"), Saved)


def test_rights_and_holidays_of_the_site_are_asked_by_rules(database: Engine) -> None:
    texts = {
        "loja/manifest.yaml": FILES["loja/manifest.yaml"],
        "loja/entities/feriado.yaml": """
entity: feriado
label: {one: Feriado, many: Feriados}
holidays: {day: data, when: nacional}
fields: {data: {type: date, required: yes}, nacional: yes/no}
""",
        "loja/entities/conta.yaml": """
entity: conta
label: {one: Conta, many: Contas}
fields:
  vence: {type: date, required: yes}
  prazo: {type: date, is: "add business days(vence, 1)"}
  valor: {type: money, readonly: not(has right("MUDAR VALOR"))}
checks:
  dia_util: {when: not(is business day(vence)), message: "{vence} não é dia útil."}
""",
    }
    runtime = compiled(texts)
    with database.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
    shop = Shop(database, runtime, at_present("bruno", access=with_rights(runtime)))
    shop.made("feriado", data=date(2026, 12, 25), nacional=True)
    shop.made("feriado", data=date(2026, 12, 24), nacional=False)
    assert told(shop.save("conta", vence=date(2026, 12, 25))) == {("vence", "R169")}
    account = shop.made("conta", vence=date(2026, 12, 24))
    assert shop.read("conta", account).values["prazo"] == date(2026, 12, 28)
    assert told(shop.save("conta", account, valor=Decimal(1))) == {("valor", "R168")}
    shop.context = at_present("bruno", access=with_rights(runtime, "MUDAR VALOR"))
    assert isinstance(shop.save("conta", account, valor=Decimal(1)), Saved)


def test_rows_of_one_parent_saved_at_the_same_time_are_judged_in_turn(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    for number in range(6):
        lives = [life("A", valor=Decimal(10)), life("B", valor=Decimal(10))]
        contract = shop.made("contrato", lives, numero=str(number), plano=plan, desconto=Decimal(15))
        rows = [row.id for row in shop.read("contrato", contract).children["vidas"]]
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda row: shop.save("vida", row, valor=Decimal(6)), rows))
        assert sorted(isinstance(one, Saved) for one in outcomes) == [False, True]


def test_a_check_that_takes_too_long_refuses_instead_of_passing(database: Engine) -> None:
    texts = {
        "loja/manifest.yaml": FILES["loja/manifest.yaml"],
        "loja/entities/conta.yaml": """
entity: conta
label: {one: Conta, many: Contas}
fields: {valor: integer}
checks:
  longa: {when: "count(for i in 1..999999999 return i) > valor", message: Nunca., at: valor}
""",
    }
    runtime = compiled(texts)
    with database.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
    shop = Shop(database, runtime, at_present("bruno"))
    assert told(shop.save("conta", valor=1)) == {("valor", "R173")}


def test_a_field_at_which_a_check_speaks_is_not_locked(shop: Shop) -> None:
    plan = shop.made("plano", codigo="1", nome="Individual")
    contract = shop.made("contrato", [life(valor=Decimal(9))], numero="1", plano=plan, desconto=Decimal(5))
    edit = Edit("contrato", contract, None, {"situacao": "fechado", "desconto": Decimal(50)})
    with shop.engine.connect() as connection:
        seen = look(connection, shop.runtime, shop.context, edit)
    assert seen is not None
    assert "desconto" not in seen.looks[0].verdict.locked
