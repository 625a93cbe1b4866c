"""The situations of contracts and lives: people do not type them, processes go from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kernel.storage.record import Edit, Refusal, Saved
from kernel.storage.save import save
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import demonstrated, office

ENTITIES = ("contrato", "beneficiario")


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield made


def typed(made: Office, entity: str, id: int, **values: Any) -> set[str]:
    """Save what somebody types, and return the codes of what stands against it."""
    outcome = save(made.engine, made.runtime, made.context, Edit(entity, id, None, values))
    assert isinstance(outcome, Refusal), outcome
    return {problem.code for problem in outcome.problems}


def one(made: Office, entity: str, where: str) -> int:
    [found, *_] = made.rows(f"SELECT id FROM {entity} WHERE {where} ORDER BY id")
    return int(found[0])


@pytest.mark.parametrize("entity", ENTITIES)
def test_nobody_types_a_situation(installed: Office, entity: str) -> None:
    ways = {
        ("ativo", "suspenso"): "R177", ("ativo", "cancelado"): "R177", ("suspenso", "ativo"): "R177",
        ("suspenso", "cancelado"): "R177", ("cancelado", "ativo"): "R177", ("cancelado", "suspenso"): "R155",
    }  # fmt: skip
    for (before, after), code in ways.items():
        id = one(installed, entity, f"situacao = '{before}'")
        assert code in typed(installed, entity, id, situacao=after), (before, after)


def test_a_proposal_that_waits_for_nobody_is_activated_by_who_may_approve(installed: Office) -> None:
    proposal = one(installed, "contrato", "situacao = 'proposta' AND aprovado_operadora IS NULL")
    assert "R157" in typed(installed, "contrato", proposal, situacao="ativo")
    installed.say(
        "UPDATE contrato SET aprovado_operadora = :d, aprovado_operadora_por = (SELECT min(id) FROM operador), "
        "aprovado_cliente = :d, aprovado_cliente_por = 'Lúcia', "
        "aprovado_beneficiario = :d, aprovado_beneficiario_por = 'Lúcia', "
        "tabela_preco = (SELECT min(id) FROM tabela_preco t WHERE t.plano = contrato.plano AND situacao <> 'rascunho'), "
        "grupo_faturamento = (SELECT min(id) FROM grupo_faturamento WHERE empresa IS NULL OR empresa = contrato.empresa) "
        "WHERE id = :c",
        c=proposal, d=installed.context.today,
    )  # fmt: skip
    edit = Edit("contrato", proposal, None, {"situacao": "ativo"}, confirmed=frozenset())
    outcome = save(installed.engine, installed.runtime, installed.context, edit)
    assert isinstance(outcome, Saved), outcome
    [[since]] = installed.rows("SELECT situacao_since::date FROM contrato WHERE id = :c", c=proposal)
    assert since == installed.context.today


def test_who_must_still_be_approved_begins_suspended(installed: Office) -> None:
    contract = one(
        installed,
        "contrato",
        "situacao = 'ativo' AND tipo = 'coletivo_empresarial' AND NOT exige_aprovacao_operadora",
    )
    [like, *_] = installed.rows(
        "SELECT parentesco, lotacao, plano, tabela_preco, categoria FROM beneficiario WHERE contrato = :c AND papel = 'titular'",
        c=contract,
    )  # fmt: skip
    people = installed.rows(
        "SELECT id FROM pessoa p WHERE tipo = 'fisica' AND falecimento IS NULL AND nascimento < '2000-01-01' AND cpf IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM beneficiario b WHERE b.pessoa = p.id AND b.contrato = :c) ORDER BY id LIMIT 2",
        c=contract,
    )
    found = []
    for (person,), asks in zip(people, (False, True), strict=True):
        installed.say("UPDATE contrato SET exige_aprovacao_operadora = :a WHERE id = :c", a=asks, c=contract)
        values = {
            "contrato": contract, "pessoa": person, "papel": "titular", "parentesco": like[0], "lotacao": like[1],
            "plano": like[2], "tabela_preco": like[3], "categoria": like[4], "adesao": installed.context.today,
        }  # fmt: skip
        edit = Edit("beneficiario", None, None, values, confirmed=frozenset())
        outcome = save(installed.engine, installed.runtime, installed.context, edit)
        assert isinstance(outcome, Saved), outcome
        found += installed.rows("SELECT situacao FROM beneficiario WHERE id = :b", b=outcome.id)
    assert found == [("ativo",), ("suspenso",)]
