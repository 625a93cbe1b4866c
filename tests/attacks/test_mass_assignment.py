"""Fields that nobody may write, sent all the same: in the API, forms, grids, bulk changes, imports and batches."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from metadata.outside import read_mapping
from metadata.problems import Problems
from tests import door
from tests.attacks.target import CLERK, CPF, Target
from tests.office import runtime

SYSTEM = {
    "id": 999, "created_at": "2001-01-01T00:00:00Z", "created_by": "mallory", "updated_at": "2001-01-01T00:00:00Z",
    "updated_by": "mallory", "search_text": "zuleica", "text": "x",
}  # fmt: skip
STAMPS = "SELECT id, created_by, updated_by, created_at, search_text FROM pessoa WHERE id = :id"


def stored(target: Target, id: int) -> Any:
    (row,) = door.rows(target.engine, "SELECT * FROM pessoa WHERE id = :id", id=id)
    return row


def test_what_the_system_writes_is_never_taken_from_a_body(target: Target) -> None:
    before = stored(target, target.shown)
    body = {"version": before.version, "nome": "Ana Nova", **SYSTEM}
    changed = target.admin.patch(f"/api/v1/pessoa/{target.shown}", json=body)
    assert changed.status_code in (200, 422), changed.text
    made = target.admin.post(
        "/api/v1/pessoa", json={"codigo": "77", "nome": "Feita", "version": 41, **SYSTEM}
    )
    assert made.status_code in (201, 422), made.text
    for row in door.rows(target.engine, "SELECT * FROM pessoa"):
        assert row.id != 999
        assert "mallory" not in (row.created_by, row.updated_by)
        assert row.created_at.year == row.updated_at.year == datetime.now().astimezone().year
        assert "zuleica" not in row.search_text or row.id == target.away
        assert row.version < 41


@pytest.mark.parametrize("prefix", ["f.", "c.telefones.0."])
def test_what_the_system_writes_is_never_taken_from_a_form(target: Target, prefix: str) -> None:
    before = stored(target, target.shown)
    (phone,) = door.rows(target.engine, "SELECT * FROM telefone WHERE pessoa = :id", id=target.shown)
    form = {
        "version": str(before.version), "f.nome": "Ana Nova", "c.telefones.0.id": str(phone.id),
        **{f"{prefix}{name}": str(value) for name, value in SYSTEM.items() if name != "id"},
        f"{prefix}version": "41", "f.telefones": "[]", "f.id": "999",
    }  # fmt: skip
    answer = target.admin.post(f"/registros/pessoa/{target.shown}", data=form)
    assert answer.status_code in (200, 303, 422), answer.text
    for row in (
        *door.rows(target.engine, "SELECT * FROM pessoa"),
        *door.rows(target.engine, "SELECT * FROM telefone"),
    ):
        assert "mallory" not in (row.created_by, row.updated_by)
        assert row.version < 41
        assert row.id != 999
        assert row.created_at.year > 2001


def test_a_row_of_somebody_else_is_neither_changed_nor_moved_nor_removed(target: Target) -> None:
    """By its id below a record that one may change: through the API and a posted form."""
    (other,) = door.rows(target.engine, "SELECT * FROM telefone WHERE pessoa = :id", id=target.away)
    before = target.everything()["telefone"]
    address, version = f"/api/v1/pessoa/{target.shown}", stored(target, target.shown).version
    rows: tuple[dict[str, Any], ...] = (
        {"id": other.id, "numero": "11900000000"},
        {"id": other.id, "_remove": True},
        {"id": other.id, "pessoa": target.shown},
        {"id": 2**62, "numero": "11900000000"},
    )
    for client in (target.admin, target.clerk):
        for row in rows:
            answer = client.patch(address, json={"version": version, "telefones": [row]})
            # A row that is none of this record is as good as removed already.
            assert answer.status_code == 200 if "_remove" in row else answer.status_code in (404, 409, 422), (
                row,
                answer.text,
            )
        for extra in ({"numero": "11900000000"}, {"removed": "1"}, {"pessoa": str(target.shown)}):
            named = {f"c.telefones.0.{name}": text for name, text in extra.items()}
            form = {"version": str(version), "c.telefones.0.id": str(other.id), **named}
            client.post(f"/registros/pessoa/{target.shown}", data=form)
        copied = {
            "version": str(version),
            "c.telefones.7.copy_of": str(other.id),
            "c.telefones.7.numero": "11933333333",
        }
        client.post(f"/registros/pessoa/{target.shown}", data=copied)
    (same,) = door.rows(target.engine, "SELECT * FROM telefone WHERE id = :id", id=other.id)
    assert same == other
    assert before  # what was copied may be there: it is a row of the record that is shown


def test_the_link_of_a_row_to_its_record_is_not_written_by_the_row(target: Target) -> None:
    """A clerk may change rows of the person that is shown, and must not carry them to another one."""
    (mine,) = door.rows(target.engine, "SELECT * FROM telefone WHERE pessoa = :id", id=target.shown)
    version = stored(target, target.shown).version
    row = {"id": mine.id, "pessoa": target.away}
    target.clerk.patch(f"/api/v1/pessoa/{target.shown}", json={"version": version, "telefones": [row]})
    target.clerk.patch(f"/api/v1/telefone/{mine.id}", json={"version": mine.version, "pessoa": target.away})
    new = {"numero": "11944444444", "pessoa": target.away}
    target.clerk.patch(f"/api/v1/pessoa/{target.shown}", json={"version": version, "telefones": [new]})
    target.clerk.post("/api/v1/telefone", json=new)
    form = {
        "version": str(version),
        "c.telefones.0.id": str(mine.id),
        "c.telefones.0.pessoa": str(target.away),
    }
    target.clerk.post(f"/registros/pessoa/{target.shown}", data=form)
    assert len(door.rows(target.engine, "SELECT 1 FROM telefone WHERE pessoa = :id", id=target.away)) == 1


def test_a_field_beyond_the_role_is_written_on_no_way(target: Target) -> None:
    """Hidden (cpf), read only (mensalidade), of a record out of sight, and a state that leads out of sight."""
    before = stored(target, target.shown), stored(target, target.away)
    version = before[0].version
    bodies: tuple[dict[str, Any], ...] = (
        {"cpf": None}, {"cpf": "11144477735"}, {"mensalidade": "1.00"}, {"mensalidade": None}, {"situacao": "cancelado"},
    )  # fmt: skip
    for body in bodies:
        answer = target.clerk.patch(f"/api/v1/pessoa/{target.shown}", json={"version": version, **body})
        assert answer.status_code in (404, 422), (body, answer.text)
        name, value = next(iter(body.items()))
        form = {"version": str(version), f"f.{name}": str(value or "")}
        target.clerk.post(f"/registros/pessoa/{target.shown}", data=form)
        # The base that the page carries cannot make a change look like none, or like somebody else's.
        base = f'{{"f": {{"{name}": "x"}}, "c": {{}}}}'
        target.clerk.post(
            f"/registros/pessoa/{target.shown}", data=form | {"base": base, f"conflito.f.{name}": "meu"}
        )
        for field in (
            name,
            "created_by",
            "version",
            "id",
            "search_text",
            "telefones",
            "cidade.nome",
            "nao_ha",
            "codigo",
        ):
            wanted = {
                "campo": field,
                "valor": str(value or ""),
                "ids": [str(target.shown), str(target.away)],
                "todos": "sim",
            }
            planned = target.clerk.post("/registros/pessoa/alterar", data=wanted)
            assert planned.status_code in (200, 303, 422), (field, planned.status_code)
            if planned.status_code == 303:
                target.clerk.post(f"{planned.headers['location'].partition('?')[0]}/andar")
    for address in (f"/api/v1/pessoa/{target.away}", f"/registros/pessoa/{target.away}"):
        for client_body in ({"nome": "Outra"}, {"telefones": []}):
            assert target.clerk.patch(
                address, json={"version": before[1].version, **client_body}
            ).status_code in (404, 405, 422)
    assert (stored(target, target.shown), stored(target, target.away)) == before


def test_nothing_is_added_changed_or_removed_beyond_the_level(target: Target) -> None:
    """Cities are to be read, reports to be added and not changed, people not to be removed."""
    (state,) = door.rows(target.engine, "SELECT min(id) AS id FROM estado")
    made = target.clerk.post("/api/v1/laudo", json={"titulo": "Um"})
    assert made.status_code == 201, made.text
    report = made.json()["id"]
    names = ("cidade", "laudo", "pessoa", "estado", "telefone")
    before = {name: target.everything()[name] for name in names}
    clerk, latest = target.clerk, {"If-Match": "*"}
    answers = [
        clerk.post("/api/v1/cidade", json={"nome": "Nova", "estado": state.id}),
        clerk.patch(f"/api/v1/cidade/{target.city}", json={"nome": "Outra"}, headers=latest),
        clerk.delete(f"/api/v1/cidade/{target.city}", headers=latest),
        clerk.patch(f"/api/v1/laudo/{report}", json={"titulo": "Outro"}, headers=latest),
        clerk.delete(f"/api/v1/laudo/{report}", headers=latest),
        clerk.delete(f"/api/v1/pessoa/{target.shown}", headers=latest),
        clerk.post("/api/v1/estado", json={"sigla": "RJ", "nome": "Rio de Janeiro"}),
    ]
    assert {answer.status_code for answer in answers} <= {403, 404, 422}
    clerk.post("/registros/cidade/novo", data={"version": "", "f.nome": "Nova", "f.estado": str(state.id)})
    clerk.post(f"/registros/cidade/{target.city}/duplicar", data={"version": "1", "f.nome": "Nova"})
    clerk.post(f"/registros/cidade/{target.city}", data={"version": "1", "f.nome": "Outra"})
    clerk.post(f"/registros/laudo/{report}", data={"version": "1", "f.titulo": "Outro"})
    clerk.post(f"/registros/pessoa/{target.shown}/excluir", data={"version": "1", "confirmar": "sim"})
    assert {name: target.everything()[name] for name in names} == before


def test_a_record_is_not_carried_out_of_sight_and_whoever_tries_is_told_why(target: Target) -> None:
    """It is there, and stays: to say that it were gone would send people looking for it."""
    before = stored(target, target.shown)
    told = "com estes valores o registro sairia do que você vê"
    body = {"version": before.version, "situacao": "cancelado"}
    answer = target.clerk.patch(f"/api/v1/pessoa/{target.shown}", json=body)
    assert answer.status_code == 422
    assert told in answer.text
    form = {"version": str(before.version), "f.situacao": "cancelado"}
    page = target.clerk.post(f"/registros/pessoa/{target.shown}", data=form)
    assert page.status_code == 422
    assert told in page.text.lower()
    assert stored(target, target.shown) == before
    away = target.clerk.patch(f"/api/v1/pessoa/{target.away}", json={"version": 1, "situacao": "ativo"})
    assert away.status_code == 404  # what was never in sight is not spoken of


def test_an_account_is_not_changed_by_what_a_form_says_of_it(target: Target) -> None:
    """Roles, names, other accounts: none of the pages of one's own account takes them."""
    accounts = "SELECT id, login, name, is_active, is_demo, totp_is_on FROM aroeira_account ORDER BY id"
    roles = "SELECT account, role FROM aroeira_account_role ORDER BY id"
    before = door.rows(target.engine, accounts), door.rows(target.engine, roles)
    more = {"account": "1", "conta": "1", "login": "root", "role": "administrador", "papel": "administrador", "is_demo": "1",
            "record": "1", "usuario": door.LOGIN, "operator": door.LOGIN}  # fmt: skip
    new = "outra frase bem comprida para entrar"
    forms = {
        "/conta/senha": {"atual": door.PASSWORD, "nova": new, "repetida": new},
        "/conta/chaves": {"nome": "x", "dias": "30", "senha": new, "entidades": "pessoa"},
        "/preferencias": {"tema": "dark"},
    }
    for address, form in forms.items():
        assert target.clerk.post(address, data=form | more).status_code in (200, 303), address
    assert (door.rows(target.engine, accounts), door.rows(target.engine, roles)) == before
    (made,) = door.rows(
        target.engine, "SELECT a.login FROM aroeira_api_token t JOIN aroeira_account a ON a.id = t.account"
    )
    assert made.login == CLERK


def test_a_token_does_no_more_than_its_account(target: Target) -> None:
    token = door.made_token(target.clerk, escrever="sim", entidades="pessoa,telefone")
    answer = door.bearer(target.address, token, path=f"/api/v1/pessoa/{target.shown}")
    assert answer.status_code in (200, 403)
    assert CPF not in answer.text
    for entity in ("aroeira_account", "aroeira_session", "aroeira_audit", "pg_user", "estado"):
        answer = door.bearer(target.address, token, path=f"/api/v1/{entity}")
        assert answer.status_code in (403, 404), entity


@pytest.mark.parametrize("column", ["id", "version", "created_by", "updated_at", "search_text", "telefones"])
def test_a_mapping_fills_nothing_that_the_system_writes(tmp_path: Path, column: str) -> None:
    wholes = (
        f"columns: {{Código: codigo, Nome: nome, X: {column}}}",
        f"columns: {{Código: codigo, Nome: nome}}\nset: {{{column}: '1'}}",
    )
    for whole in wholes:
        mapping = tmp_path / "carga.yaml"
        mapping.write_text(f"layout: carga\ninto: pessoa\nkey: codigo\n{whole}\n", encoding="utf-8")
        with pytest.raises(Problems):
            read_mapping(mapping, runtime().configuration)
    mapping.write_text(
        "layout: carga\ninto: pessoa\nkey: codigo\ncolumns: {Código: codigo, Nome: nome}\n", encoding="utf-8"
    )
    assert read_mapping(mapping, runtime().configuration).into == "pessoa"


def test_drafts_and_batches_of_others_are_out_of_reach(target: Target) -> None:
    kept = {"posted": {"f.nome": ["segredo de marina"]}}
    assert target.admin.put(f"/rascunhos/pessoa/{target.shown}", json=kept).status_code == 200
    assert "segredo" not in target.clerk.get(f"/rascunhos/pessoa/{target.shown}").text
    assert target.clerk.delete(f"/rascunhos/pessoa/{target.shown}").status_code == 204
    assert "segredo" in target.admin.get(f"/rascunhos/pessoa/{target.shown}").text
    planned = target.admin.post(
        "/registros/pessoa/alterar", data={"campo": "web", "valor": "sim", "ids": str(target.shown)}
    )
    batch = planned.headers["location"].partition("?")[0]
    answers: list[httpx.Response] = [
        target.clerk.get(batch), target.clerk.post(f"{batch}/andar"), target.clerk.post(f"{batch}/desfazer"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert stored(target, target.shown).web is None
