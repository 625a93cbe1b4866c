"""Tests of the history of a record and of the log: what they say, what they keep to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import Engine

from kernel.audit import history, log
from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save
from tests import office
from tests.access import all_but
from tests.publications import publish
from tests.renderer.html import find, page, texts

ANA = at_present("ana")


@pytest.fixture
def made(database: Engine) -> Runtime:
    return publish(database, {path: text.encode() for path, text in office.FILES.items()}).plan.runtime


@pytest.fixture
def site(database: Engine, made: Runtime) -> Iterator[httpx.Client]:
    with office.client(office.application(database, made, "marina.prado")) as client:
        yield client


def kept(engine: Engine, made: Runtime, id: int | None = None, **values: object) -> int:
    children = values.pop("children", {})
    done = save(engine, made, ANA, Edit("pessoa", id, None, values, children=children))
    assert isinstance(done, Saved), done
    return done.id


def person(engine: Engine, made: Runtime) -> int:
    phone = ChildEdit(None, {"numero": "11987654321"})
    return kept(engine, made, codigo="1", nome="Bia", situacao="ativo", children={"telefones": (phone,)})


def test_a_history_is_read_as_sentences(database: Engine, made: Runtime, site: httpx.Client) -> None:
    id = person(database, made)
    kept(database, made, id, situacao="inadimplente", cpf="52998224725")
    said = texts(page(site, f"/registros/pessoa/{id}/historico"), "article")
    assert "ana mudou Situação de Ativo para Inadimplente" in said[0]
    assert "ana mudou CPF de vazio para 529.982.247-25" in said[0]
    assert "ana incluiu o registro" in said[1]
    assert "ana incluiu Telefone (11) 98765-4321" in said[1]
    assert page(site, f"/registros/pessoa/{id}").xpath(f"//a[@href='/registros/pessoa/{id}/historico']")


def test_one_value_is_put_back_by_an_ordinary_save(
    database: Engine, made: Runtime, site: httpx.Client
) -> None:
    id = person(database, made)
    kept(database, made, id, situacao="inadimplente", nome="Bia Sá")
    root = page(site, f"/registros/pessoa/{id}/historico")
    (form,) = [f for f in find(root, "article form") if f.xpath(".//input[@name='campo'][@value='situacao']")]
    facts = {part.get("name"): part.get("value") for part in form.xpath(".//input")}
    answer = site.post(form.get("action"), data=facts)
    assert answer.status_code == 303
    root = page(site, answer.headers["location"])
    assert "marina.prado mudou Situação de Inadimplente para Ativo" in texts(root, "article")[0]
    assert texts(page(site, f"/registros/pessoa/{id}"), "h1") == ["Bia Sá"]  # the other change stays
    assert site.post(form.get("action"), data=facts | {"ato": "1"}).status_code == 422
    assert site.post(form.get("action"), data=facts | {"campo": "xx"}).status_code == 404


def test_how_it_was_on_a_day(database: Engine, made: Runtime, site: httpx.Client) -> None:
    id = person(database, made)
    today = f"{ANA.now:%d/%m/%Y}"
    assert "Bia" in page(site, f"/registros/pessoa/{id}/historico?em={today}").xpath(
        "string(//*[@role='region'])"
    )
    before = page(site, f"/registros/pessoa/{id}/historico?em=01/01/2020")
    assert before.xpath("//p[@role='status'][contains(., 'não existia em 01/01/2020')]")
    for odd in ("xx", "31/12/9999", "-99999999999"):
        assert page(site, f"/registros/pessoa/{id}/historico?em={odd}").xpath("//*[@id='em'][@aria-invalid]")


def test_a_removed_record_still_has_its_history(database: Engine, made: Runtime, site: httpx.Client) -> None:
    id = person(database, made)
    remove(database, made, ANA, "pessoa", id, None)
    said = texts(page(site, f"/registros/pessoa/{id}/historico"), "article")
    assert "ana excluiu" in said[0]
    assert site.get("/registros/pessoa/999/historico").status_code == 404


def test_the_log_is_searched_paged_and_exported(database: Engine, made: Runtime, site: httpx.Client) -> None:
    id = person(database, made)
    for number in range(60):
        kept(database, made, id, vidas=number)
    root = page(site, "/auditoria?entidade=pessoa&campo=vidas&operacao=alteracao&operador=ana")
    assert len(find(root, "article")) == 50
    following = page(site, root.xpath("//a[@rel='next']/@href")[0])
    assert len(find(following, "article")) == 10
    assert len(find(page(site, following.xpath("//a[@rel='prev']/@href")[0]), "article")) == 50
    assert texts(page(site, "/auditoria?operador=outro"), ".empty b") == ["Nada atende a estes filtros"]
    assert page(site, "/auditoria?de=xx").xpath("//*[@id='de'][@aria-invalid]")
    lines = site.get("/auditoria/exportar.csv?entidade=pessoa").text.splitlines()
    assert (lines[0], len(lines)) == ("\ufeffQuando;Quem;De onde;O que fez;De quê;Registros", 62)
    assert site.get("/auditoria/exportar.xlsx").content[:2] == b"PK"


def test_hidden_fields_and_records_leave_no_trace(database: Engine, made: Runtime) -> None:
    id = person(database, made)
    kept(database, made, id, mensalidade=None, vidas=7)
    kept(database, made, id, nome="Bia Sá")
    blind = replace(ANA, access=all_but(made, fields={"pessoa.vidas": "read"}))
    narrow = replace(
        ANA, access=all_but(made, entities={"pessoa": {"level": "read", "rows": 'nome != "outra"'}})
    )
    with database.connect() as connection:
        saves = history.history(connection, made, blind, "pessoa", id).saves
        said = {line.field.name for each in saves for entry in each.entries for line in entry.lines}
        assert "vidas" not in said
        assert len(saves) == 2
        assert len(log.page(connection, made, blind, log.Wanted(entity="pessoa")).acts) == 2
        assert log.page(connection, made, blind, log.Wanted(entity="pessoa", field="vidas")).acts == ()
        past = history.past(connection, made, blind, "pessoa", id, at_present("x").now)
        assert past is not None
        assert "vidas" not in {field.name for field, _ in past.lines}
        assert history.history(connection, made, narrow, "pessoa", id).saves == ()
        assert history.past(connection, made, narrow, "pessoa", id, at_present("x").now) is None
        assert log.page(connection, made, narrow, log.Wanted(entity="pessoa")).acts == ()
