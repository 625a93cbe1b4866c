"""The pages of parameters without script: found, given, corrected, taken back, explained, audited, closed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from metadata.values.moments import SITE_ZONE
from tests import door, office
from tests.attacks.target import Target, attacked

TODAY = datetime.now(SITE_ZONE).date()
LATER, BEFORE = TODAY + timedelta(days=30), TODAY - timedelta(days=30)
YESTERDAY = TODAY - timedelta(days=1)
ONE = "/parametros/tolerancia"
BALCAO = """
role: balcao
label: Balcão
{rights}entities:
  pessoa: {{level: change, rows: situacao = "ativo"}}
  cidade: read
fields:
  pessoa.cpf: none
"""
EXTRA = {
    "sede/parameters/tolerancia.yaml": """parameter: tolerancia
label: Tolerância
type: {type: integer, min: 0, max: 90, unit: {one: dia, many: dias}}
of: pessoa
cascade: [vidas, cidade.dias]
default: 5
help: Dias de atraso aceitos.
source: regulamento
""",
    "sede/parameters/multa.yaml": "parameter: multa\nlabel: Multa\ntype: percent\ndefault: 0.02\n",
    "sede/entities/cidade.yaml": office.FILES["sede/entities/cidade.yaml"] + "  dias: integer\n",
}


@pytest.fixture
def target(database: object, request: pytest.FixtureRequest) -> Iterator[Target]:
    rights = getattr(request, "param", "")
    role = BALCAO.format(rights=f"rights: [{rights}]\n" if rights else "")
    with attacked(database, EXTRA | {"sede/roles/balcao.yaml": role}) as made:  # type: ignore[arg-type]
        yield made


def give(client: httpx.Client, since: str, value: str = "", **more: str) -> httpx.Response:
    edit = re.search(r'name="edicao" value="(\d+)"', client.get(ONE).text)
    values = {"f.valor": value, "f.desde": since, "edicao": edit[1] if edit else "0"} | more
    return client.post(ONE, data=values)


def lines(client: httpx.Client, address: str, tag: str = "tr") -> list[str]:
    """Return the rows of the table of a page (or of its steps), in words."""
    text = client.get(address).text
    body = text[text.index("<ol class" if tag == "li" else "<tbody>") :]
    found = re.findall(rf"<{tag}\b.*?</{tag}>", body, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in found]


def test_the_list_says_what_counts_today_and_is_searched(target: Target) -> None:
    assert lines(target.admin, "/parametros") == [
        "Multa 2% sempre padrão do pacote Sede",
        "Tolerância Dias de atraso aceitos. 5 dias sempre padrão do pacote Sede",
    ]
    assert len(lines(target.admin, "/parametros?q=ATRASO+aceit")) == 1
    assert "Nenhum parâmetro tem estas palavras" in target.admin.get("/parametros?q=xyz").text


def test_a_value_is_given_corrected_and_taken_back(target: Target) -> None:
    admin = target.admin
    assert give(admin, f"{TODAY:%d/%m/%Y}", "10").status_code == 303
    assert give(admin, f"{LATER:%d/%m/%Y}", "20").status_code == 303
    refused = give(admin, f"{BEFORE:%d/%m/%Y}", "7")
    assert refused.status_code == 422
    assert "o que já contou só muda com o motivo" in refused.text
    assert 'value="7"' in refused.text
    assert give(admin, f"{BEFORE:%d/%m/%Y}", "7", **{"f.motivo": "regulamento de antes"}).status_code == 303
    assert give(admin, f"{TODAY:%d/%m/%Y}", "11", **{"f.motivo": "digitado errado"}).status_code == 303
    assert [re.sub(r" marina.prado, às \d\d:\d\d", "", row) for row in lines(admin, ONE)] == [
        f"{LATER:%d/%m/%Y} 20 dias vai valer Mudar Retirar",
        f"{TODAY:%d/%m/%Y} {LATER - timedelta(days=1):%d/%m/%Y} 11 dias vale hoje digitado errado Corrigir Retirar",
        f"{TODAY:%d/%m/%Y} 10 dias corrigido",
        f"{BEFORE:%d/%m/%Y} {YESTERDAY:%d/%m/%Y} 7 dias já contou regulamento de antes Corrigir Retirar",
    ]
    back = f"{ONE}/retirar"
    asked = admin.get(f"{back}?desde={LATER}").text
    assert f"A partir de {LATER:%d/%m/%Y} valerá: 11 dias" in asked
    edit = re.search(r'name="edicao" value="(\d+)"', asked)
    assert edit
    told = admin.post(back, data={"desde": str(LATER), "edicao": edit[1], "f.motivo": ""})
    assert told.headers["location"] == f"{ONE}?feito=retirado"
    assert "vai valer" not in admin.get(ONE).text
    assert admin.get(f"{back}?desde={LATER}").status_code == 404
    assert admin.get(f"{back}?desde=ontem").status_code == 404


def test_what_cannot_be_is_told_at_its_field(target: Target) -> None:
    day = f"{LATER:%d/%m/%Y}"
    cases = [
        ({"f.valor": "91", "f.desde": day}, "90"),
        ({"f.valor": "muito", "f.desde": day}, "“muito”"),
        ({"f.valor": "", "f.desde": day}, "está em branco"),
        ({"f.valor": "7", "f.desde": ""}, "está em branco"),
        ({"f.valor": "7", "f.desde": day, "f.padrao": "1"}, "não os dois"),
        ({"f.valor": "7", "f.desde": day, "edicao": "999"}, None),
    ]
    for values, said in cases:
        answer = target.admin.post(ONE, data={"edicao": "0"} | values)
        assert (answer.status_code, said is None or said in answer.text) == (
            303 if said is None else 422,
            True,
        ), values


def test_a_double_press_says_it_once_and_a_late_page_is_told(target: Target) -> None:
    values = {"f.valor": "7", "f.desde": f"{LATER:%d/%m/%Y}", "edicao": "0"}
    assert [target.admin.post(ONE, data=values).status_code for _ in range(3)] == [303] * 3
    assert len(door.rows(target.engine, "SELECT * FROM aroeira_parameter")) == 1
    late = target.admin.post(ONE, data=values | {"f.valor": "8"})
    assert late.status_code == 422
    assert "(marina.prado) mudou este parâmetro" in late.text


def test_a_value_gives_way_to_the_default_again(target: Target) -> None:
    give(target.admin, f"{TODAY:%d/%m/%Y}", "10")
    assert give(target.admin, f"{LATER:%d/%m/%Y}", **{"f.padrao": "1"}).status_code == 303
    assert "padrão (5 dias)" in target.admin.get(ONE).text


def test_the_cascade_is_drawn_and_says_where_a_record_has_its_value_from(target: Target) -> None:
    assert "Quem decide: Pessoa → Cidade → sistema → padrão" in target.admin.get(ONE).text
    assert lines(target.admin, ONE, "li") == [
        "1 Pessoa › Vidas nenhuma pessoa com valor próprio", "2 Cidade › Dias nenhuma cidade com valor próprio",
        "3 Sistema não diz nada hoje", "4 Padrão do pacote Sede: 5 dias",
    ]  # fmt: skip
    door.run(target.engine, "UPDATE cidade SET dias = 3 WHERE id = :id", id=target.city)
    ask = f"{ONE}?f.registro={target.shown}&f.registro.texto=Ana+Visível&f.registro.de=Ana+Visível&f.dia="
    answer = target.admin.get(ask).text
    assert "Ana Visível: 3 dias" in answer
    assert "quem dá o valor é Cidade › Dias" in answer
    assert "1 cidade com valor próprio" in answer
    unknown = target.admin.get(f"{ONE}?f.registro=&f.registro.texto=Zé&f.registro.de=")
    assert "Zé" in unknown.text
    assert target.admin.get(f"{ONE}?f.registro=99&f.registro.texto=a&f.registro.de=a").status_code == 404


def test_the_audit_tells_before_after_who_and_why(target: Target) -> None:
    give(target.admin, f"{TODAY:%d/%m/%Y}", "10")
    give(target.admin, f"{TODAY:%d/%m/%Y}", "11", **{"f.motivo": "digitado errado"})
    rows = lines(target.admin, "/auditoria/parametros")
    day = f"{TODAY:%d/%m/%Y}"
    assert (
        f"marina.prado Tolerância: de 10 dias para 11 dias, desde {day} (digitado errado) Valor corrigido"
        in rows[0]
    )
    assert f"Tolerância: de padrão para 10 dias, desde {day} Valor dado" in rows[1]
    assert len(lines(target.admin, "/auditoria/parametros?tipo=set")) == 1
    assert "de 10 dias para 11 dias" in target.admin.get("/auditoria/parametros/exportar.csv").text


def test_without_a_right_there_is_no_such_page_nor_a_way_to_it(target: Target) -> None:
    for address in ("/parametros", ONE, f"{ONE}/retirar?desde={TODAY}"):
        assert target.clerk.get(address).status_code == 404, address
    assert target.clerk.post(ONE, data={"f.valor": "1", "f.desde": f"{LATER:%d/%m/%Y}"}).status_code == 404
    assert target.clerk.post(f"{ONE}/retirar", data={"desde": str(LATER)}).status_code == 404
    assert "/parametros" not in target.clerk.get("/").text
    assert "/parametros" not in target.clerk.get("/paleta?q=parametros").text
    assert 'href="/parametros"' in target.admin.get("/").text
    assert 'href="/parametros"' in target.admin.get("/paleta?q=parametros").text
    assert target.admin.get("/parametros/outro").status_code == 404


@pytest.mark.parametrize("target", ["VER PARAMETROS"], indirect=True)
def test_who_may_only_see_changes_nothing(target: Target) -> None:
    told = target.clerk.get(ONE).text
    assert 'id="formulario"' not in told
    assert "Retirar" not in told
    assert target.clerk.post(ONE, data={"f.valor": "1", "f.desde": f"{LATER:%d/%m/%Y}"}).status_code == 404
    assert door.rows(target.engine, "SELECT * FROM aroeira_parameter") == []


@pytest.mark.parametrize("target", ["CONFIGURAR PARAMETROS"], indirect=True)
def test_who_configures_need_not_be_an_administrator(target: Target) -> None:
    assert give(target.clerk, f"{LATER:%d/%m/%Y}", "9").status_code == 303
    assert [row.set_by for row in door.rows(target.engine, "SELECT * FROM aroeira_parameter")] == [
        "caio.balcao"
    ]
