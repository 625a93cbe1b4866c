"""Rules on forms over HTTP: at first paint, while typing, why, warnings before saving."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from kernel.runtime import Runtime
from tests import rules
from tests.office import application, client


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return rules.installed(database)


@pytest.fixture
def plan(database: Engine, runtime: Runtime) -> dict[str, int]:
    return rules.plans(database, runtime)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def box(page: str, field: str) -> str:
    """Return the markup of one field of the form, to the begin of the next."""
    start = page.index('<form id="formulario"')
    begin = page.index(f'data-field="{field}"', start)
    begin = page.rindex("<", 0, begin)
    return page[begin : page.find('data-field="', begin + 60)]


def posted(**values: Any) -> dict[str, Any]:
    return {"version": "", **{f"f.{name}": str(value) for name, value in values.items()}}


def link(name: str, id: int, text: str = "1 · Individual") -> dict[str, str]:
    return {f"f.{name}": str(id), f"f.{name}.texto": text, f"f.{name}.de": text}


def test_conditions_hold_before_any_script(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    values = {"desconto": Decimal(5), "situacao": "fechado", "forma": "boleto", "web": True}
    alone = rules.contract(
        database, runtime, plan["pessoa"], rules.life(10), **values, padrinho=plan["empresa"]
    )
    page = web.get(f"/registros/contrato/{alone}").text
    assert " hidden>" in box(page, "cnpj").split("\n")[0]
    assert re.search(r'id="aba-2-t"[^>]* hidden>', page)
    assert " readonly" in box(page, "desconto")
    assert "disabled><select" in box(page, "forma").replace("\n", "")
    assert '<span data-kept><input type="hidden" name="f.forma" value="boleto"></span>' in box(page, "forma")
    assert '<input type="hidden" name="f.web" value="sim">' in box(page, "web")
    assert re.search(r'name="f.padrinho.texto"[^>]* readonly', box(page, "padrinho"))
    assert "segredo" not in page
    group = rules.contract(database, runtime, plan["empresa"], cnpj="11")
    page = web.get(f"/registros/contrato/{group}").text
    assert " hidden>" not in box(page, "cnpj").split("\n")[0]
    assert 'aria-required="true"' in box(page, "cnpj")
    assert " readonly" not in box(page, "desconto")
    assert "disabled" not in box(page, "forma")


def test_a_locked_form_saved_as_it_is_changes_nothing(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    values = {"situacao": "fechado", "forma": "boleto", "web": True, "padrinho": plan["empresa"]}
    made = rules.contract(database, runtime, plan["pessoa"], **values)
    page = web.get(f"/registros/contrato/{made}").text
    form = page[
        page.index('<form id="formulario"') : page.index("</form>", page.index('<form id="formulario"'))
    ]
    fields = re.findall(r"<fieldset[^>]*disabled>.*?</fieldset>", form, re.DOTALL)
    for part in fields:
        form = form.replace(part, "")
    pairs = re.findall(r'name="([^"]+)"(?:[^>]* value="([^"]*)")', form)
    base = re.search(r"name=\"base\" value='([^']*)'", page)
    assert base
    data = {name: value for name, value in pairs if "arquivo" not in name} | {"f.nota": "oi"}
    data |= {"version": "1", "base": base[1].replace("&amp;", "&")}
    data.pop("c.vidas.0.nascimento", None)
    answer = web.post(f"/registros/contrato/{made}", data=data)
    assert answer.status_code == 303, answer.text
    with database.connect() as connection:
        row = connection.execute(text("SELECT forma, web, padrinho, nota FROM contrato")).one()
    assert tuple(row) == ("boleto", True, plan["empresa"], "oi")


def test_computed_values_are_shown_and_never_posted(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(
        database, runtime, plan["pessoa"], rules.life(10), rules.life(5), desconto=Decimal(1)
    )
    page = web.get(f"/registros/contrato/{made}").text
    assert 'readonly value="15,00"' in box(page, "total")
    assert "Calculado" in box(page, "total")
    assert 'readonly value="14,00"' in box(page, "liquido")
    assert 'value="20,00"' in box(page, "dobro")
    assert 'name="f.total"' not in page
    assert '.dobro"' not in page.replace('data-field="dobro"', "")


def asked(web: httpx.Client, data: dict[str, Any], changed: str, record: int | None = None) -> Any:
    answer = web.post(f"/registros/contrato/{record or 'novo'}/regras", data=data | {"mudou": changed})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_one_answer_says_all_that_follows_from_a_change(web: httpx.Client, plan: dict[str, int]) -> None:
    row = {"c.vidas.7.nome": "A", "c.vidas.7.valor": "10", "c.vidas.7.titular": "sim"}
    data = posted(desconto="12", situacao="fechado") | link("plano", plan["empresa"]) | row
    patch = asked(web, data, "plano,situacao")
    assert patch["fields"]["f.cnpj"] == {"hidden": False, "required": True, "locked": False}
    # What a check speaks about is not locked; without the check it is.
    assert not patch["fields"]["f.desconto"]["locked"]
    assert asked(web, data | {"f.desconto": "9"}, "situacao")["fields"]["f.desconto"]["locked"]
    assert patch["fields"]["c.vidas.7.parentesco"] == {"hidden": False, "required": False, "locked": True}
    assert patch["fields"]["c.vidas.7.valor"]["locked"]
    assert patch["values"] == {"f.total": "10,00", "f.liquido": "-2,00", "c.vidas.7.dobro": "20,00"}
    assert patch["filled"] == {"f.carencia": {"text": "0", "shown": ""}}
    assert patch["told"] == [
        {"at": "f.desconto", "says": "O desconto de 12,00 passa do total de 10,00.", "warns": False},
        {"at": "c.vidas.7.nome", "says": "O nome “A” é curto demais.", "warns": False},
    ]


def test_what_cannot_be_read_counts_as_missing_and_is_not_told(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(database, runtime, plan["pessoa"], rules.life(10), desconto=Decimal(1))
    patch = asked(web, posted(desconto="muito"), "desconto", made)
    assert patch["values"]["f.liquido"] == ""
    assert patch["told"] == []


def test_a_link_is_filled_with_its_words_and_a_typed_value_stays(
    web: httpx.Client, plan: dict[str, int]
) -> None:
    patch = asked(web, posted(codigo_plano="1"), "codigo_plano")
    assert patch["filled"]["f.plano"] == {"text": str(plan["pessoa"]), "shown": "1 · Individual"}
    assert patch["filled"]["f.carencia"]["text"] == "90"
    own = posted(codigo_plano="1", carencia="7")
    assert "f.carencia" not in asked(web, own, "codigo_plano")["filled"]
    assert "f.carencia" in asked(web, own | {"preenchido": "carencia"}, "codigo_plano")["filled"]


def test_a_cell_fills_others_of_its_row(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(database, runtime, plan["pessoa"], carencia=1)
    rows = {
        "c.vidas.3.nome": "Rui",
        "c.vidas.3.codigo": "1",
        "c.vidas.7.nome": "Ana",
        "c.vidas.7.codigo": "1",
    }
    data = posted(carencia="1000") | rows
    filled = {
        "c.vidas.7.tabela": {"text": str(plan["pessoa"]), "shown": "1 · Individual"},
        "c.vidas.7.espera": {"text": "1.092", "shown": ""},
    }
    assert asked(web, data, "c.vidas.7.codigo", made)["filled"] == filled
    assert asked(web, data, "c.vidas.7.nome,c.vidas.8.codigo,vidas,vidas.7.codigo", made)["filled"] == {}
    own = data | {"c.vidas.7.espera": "3"}
    assert asked(web, own, "c.vidas.7.codigo", made)["filled"].keys() == {"c.vidas.7.tabela"}
    held = own | {"preenchido": "c.vidas.7.espera"}
    assert asked(web, held, "c.vidas.7.codigo", made)["filled"] == filled


def test_a_refused_page_keeps_the_marks_of_filled_cells(web: httpx.Client, plan: dict[str, int]) -> None:
    row = {"c.vidas.7.nome": "Ana", "c.vidas.7.codigo": "1", "c.vidas.7.espera": "92"}
    page = web.post("/registros/contrato/novo", data=posted() | row | {"preenchido": "c.vidas.7.espera"}).text
    marks = re.findall(r'<span class="cell-filled"[^>]*>.*?</span><input[^>]*></span>', page)
    assert len(marks) == 1
    assert 'title="Preenchido automaticamente"' in marks[0]
    (posts,) = re.findall(r'name="preenchido" value="([^"]*)"', marks[0])
    assert f'name="{posts}"' in page
    assert posts.startswith("c.vidas.")
    assert posts.endswith(".espera")


def test_only_fields_that_rules_read_ask(web: httpx.Client) -> None:
    page = web.get("/registros/contrato/novo").text
    found = re.search(r'data-rules="([^"]*)"', page)
    assert found
    triggers = found[1].replace("&#34;", '"').replace("&quot;", '"')
    assert triggers == (
        '{"f":["carencia","codigo_plano","desconto","plano","situacao"],'
        '"c":{"vidas":["codigo","nome","tabela","titular","valor"]},"r":{"vidas":["codigo","tabela"]}}'
    )
    assert "data-rules" not in web.get("/registros/plano/novo").text


def test_why_names_the_rule_and_what_it_read(web: httpx.Client, plan: dict[str, int]) -> None:
    data = posted(desconto="12", situacao="fechado", carencia="400") | link("plano", plan["empresa"])
    row = {"c.vidas.7.nome": "Ana", "c.vidas.7.titular": "sim"}

    def why(field: str) -> str:
        answer = web.post(f"/registros/contrato/novo/porque?campo={field}", data=data | row)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text)).strip()

    assert why("f.desconto") == ("Não pode mudar porque Situação é Fechado . Situação Fechado")
    assert why("f.cnpj").startswith("Obrigatório porque Coletivo do plano é Sim .")
    assert "Calculado: soma de Valor das vidas" in why("f.total")
    assert why("c.vidas.7.parentesco").startswith("Não pode mudar porque Titular é Sim")
    assert "Avisa quando Carência é maior que 300 . Regra “carencia longa”." in why("f.carencia")
    hidden = web.post("/registros/contrato/novo/porque", data=link("plano", plan["pessoa"])).text
    assert "<b>CNPJ</b>" in hidden
    assert "Não aparece porque" in hidden


def test_warnings_are_read_before_saving(web: httpx.Client, database: Engine, plan: dict[str, int]) -> None:
    data = posted(numero="1", carencia="400") | link("plano", plan["pessoa"]) | {"depois": "novo"}
    answer = web.post("/registros/contrato/novo", data=data)
    assert answer.status_code == 422
    page = answer.text
    assert 'id="avisos"' in page
    assert "A carência de 400 dias passa de 300." in page
    assert 'class="warning" id="f-carencia-w"' in page
    button = re.search(r'name="confirmado" value="([^"]*)" formaction="([^"]*)"', page)
    assert button
    assert button.groups() == ("carencia_longa", "?depois=novo")
    del data["depois"]
    other = web.post("/registros/contrato/novo", data=data | {"confirmado": "outra"})
    assert other.status_code == 422
    saved = web.post("/registros/contrato/novo?depois=novo", data=data | {"confirmado": button[1]})
    assert saved.status_code == 303
    assert saved.headers["location"].startswith("/registros/contrato/novo?salvo=")


def test_a_refused_page_keeps_what_rules_make_of_it(web: httpx.Client, plan: dict[str, int]) -> None:
    data = posted(desconto="12", situacao="aberto", carencia="0") | link("plano", plan["empresa"])
    answer = web.post("/registros/contrato/novo", data=data | {"preenchido": "carencia"})
    assert answer.status_code == 422
    page = answer.text
    assert "CNPJ</a> está em branco e é obrigatório quando Coletivo do plano é Sim" in page
    assert '<p class="error" id="f-cnpj-e" data-rule>' in page
    assert 'aria-required="true"' in box(page, "cnpj")
    assert "Preenchido automaticamente" in box(page, "carencia")
    assert "is-computed" in box(page, "total")


def test_a_new_record_from_a_link_is_judged_with_it(web: httpx.Client, plan: dict[str, int]) -> None:
    page = web.get(f"/registros/contrato/novo?f.plano={plan['empresa']}").text
    assert " hidden>" not in box(page, "cnpj").split("\n")[0]


def test_what_rules_say_is_told_beside_what_cannot_be_read(web: httpx.Client, plan: dict[str, int]) -> None:
    row = {"c.vidas.0.nome": "A", "c.vidas.0.nascimento": "ontem?", "c.vidas.0.valor": "10"}
    data = posted(numero="1", desconto="muito", carencia="x") | link("plano", plan["empresa"]) | row
    page = web.post("/registros/contrato/novo", data=data).text
    summary = page[page.index('id="erros"') : page.index("</ul>", page.index('id="erros"'))]
    told = re.findall(r"<li>(.*?)</li>", summary)
    assert len(told) == 5, told
    assert "CNPJ" in summary
    assert "O nome “A” é curto demais." in summary
    # What reads the unreadable discount has nothing to say of it.
    assert "passa do total" not in summary


def test_help_says_the_rules_of_a_field_in_words(web: httpx.Client) -> None:
    def rules_of(field: str, entity: str = "contrato") -> str:
        page = web.get(f"/ajuda?entidade={entity}&campo={field}").text
        return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page[page.index("<h3>Regras") :]))

    assert "Obrigatório quando Coletivo do plano é Sim" in rules_of("cnpj")
    assert "Não pode mudar quando Situação é Fechado" in rules_of("desconto")
    assert "Não é aceito quando Desconto é maior que Total (Resolução 1, art. 2)" in rules_of("desconto")
    assert "Avisa quando Carência é maior que 300" in rules_of("carencia")
    assert "Preenchido sozinho quando você informa Plano." in rules_of("carencia")
    assert "Calculado Valor × 2." in rules_of("dobro", "vida")
