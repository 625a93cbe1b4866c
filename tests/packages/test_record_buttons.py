"""Which processes the shipped packages offer at a record of the demonstration, by its state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from kernel.processes.possible import possible
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import demonstrated, office

BUTTONS_OF_WHO_IS_ACTIVE = {"cancelar_beneficiario", "suspender_beneficiario", "registrar_falecimentos"}


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        made.run("faturamento_mensal", competencia=date(2026, 11, 1))
        for state, end in (("paga", "pagamento"), ("cancelada", "cancelamento")):
            made.say(
                f"UPDATE fatura SET situacao = '{state}', {end} = emissao WHERE id = "
                "(SELECT min(id) FROM fatura WHERE situacao = 'aberta')"
            )
        yield made


@pytest.mark.parametrize(
    ("entity", "record", "found"),
    [
        ("beneficiario", "situacao = 'ativo' AND exclusao IS NULL AND papel = 'dependente'", BUTTONS_OF_WHO_IS_ACTIVE),
        ("beneficiario", "situacao = 'suspenso' AND papel = 'dependente'", {"cancelar_beneficiario", "reativar_beneficiario", "registrar_falecimentos"}),
        ("contrato", "situacao = 'ativo' AND fim IS NULL", {"cancelar_contrato", "suspender_contrato"}),
        ("contrato", "situacao = 'suspenso' AND fim IS NULL", {"cancelar_contrato", "reativar_contrato"}),
        ("contrato", "situacao = 'cancelado'", {"reativar_contrato"}),
        ("contrato", "situacao = 'proposta'", {"cancelar_contrato", "aprovar_contratos"}),
        ("fatura", "situacao = 'aberta'", {"cancelar_fatura", "emitir_nota", "mudar_vencimento"}),
        ("fatura", "situacao = 'paga'", {"emitir_nota", "estornar_pagamento"}),
        ("fatura", "situacao = 'cancelada'", set()),
    ],
)  # fmt: skip
def test_only_what_applies_to_a_record_begins_at_it(
    installed: Office, entity: str, record: str, found: set[str]
) -> None:
    ids = [row[0] for row in installed.rows(f"SELECT id FROM {entity} WHERE {record}")]
    assert ids
    with installed.engine.connect() as connection:
        offered = {
            frozenset(possible(connection, installed.runtime, installed.context, entity, id)) for id in ids
        }
    assert offered == {frozenset(found)}
