"""What people see of lives before anything is done: simulations say who, and until when; identity stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kernel.processes import reports
from kernel.processes.runs import begin
from kernel.storage.record import Edit, Refusal
from kernel.storage.save import save
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import demonstrated, office

IDENTITY = (
    ("beneficiario", "pessoa"), ("beneficiario", "contrato"), ("beneficiario", "titular"),
    ("carteirinha", "beneficiario"), ("contrato", "contratante"), ("contrato", "empresa"),
)  # fmt: skip


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield made


def told(made: Office, process: str, run: int, step: str) -> list[list[object]]:
    """Return the rows that a step of a run reports."""
    report = reports.reports(made.runtime.configuration.processes[process])[step]
    with made.engine.connect() as connection:
        return [list(row) for row in reports.every(connection, report, run, step)]


@pytest.mark.parametrize(("entity", "field"), IDENTITY)
def test_nobody_turns_a_record_into_another_one(installed: Office, entity: str, field: str) -> None:
    target = installed.runtime.entities[entity].fields[field].to
    asked = f"SELECT id, {field} FROM {entity} WHERE {field} IS NOT NULL ORDER BY id LIMIT 1"
    ((id, before),) = installed.rows(asked)
    ((other,),) = installed.rows(f"SELECT id FROM {target} WHERE id <> :b ORDER BY id LIMIT 1", b=before)
    refused = save(
        installed.engine, installed.runtime, installed.context, Edit(entity, id, None, {field: other})
    )
    assert isinstance(refused, Refusal)
    assert ("R640", field) in [(each.code, each.field) for each in refused.problems]


def test_what_is_missing_in_a_cancellation_is_told_at_its_question(installed: Office) -> None:
    life, asked = installed.rows(
        "SELECT b.id, m.id FROM beneficiario b JOIN contrato c ON c.id = b.contrato, motivo m "
        "WHERE m.codigo = 'EX01' AND b.situacao = 'ativo' AND b.exclusao IS NULL AND c.tipo = 'individual_familiar' "
        "ORDER BY b.id"
    )[0]
    answers = {
        "quem": life,
        "razao": asked,
        "quem_pediu": "beneficiario",
        "alcance": "familia",
        "informado": False,
    }
    answers |= {"pedido": installed.context.today, "internado": False}
    told = begin(
        installed.engine, installed.runtime, installed.context, "cancelar_beneficiario", answers, is_dry=True
    )
    assert isinstance(told, tuple | list)
    assert [problem.field for problem in told] == ["informado"]


def test_a_death_says_who_left_and_until_when_the_others_are_covered(installed: Office) -> None:
    life, contract = installed.rows(
        "SELECT b.id, b.contrato FROM beneficiario b JOIN contrato c ON c.id = b.contrato "
        "JOIN plano p ON p.id = coalesce(b.plano, c.plano) "
        "WHERE b.papel = 'titular' AND b.situacao = 'ativo' AND b.exclusao IS NULL AND p.remissao <> 'nao' "
        "AND EXISTS (SELECT 1 FROM beneficiario d WHERE d.titular = b.id AND d.situacao = 'ativo') ORDER BY b.id"
    )[0]
    day = installed.context.today - timedelta(days=1)
    covered = installed.context.today + timedelta(days=200)
    dry = installed.run(
        "registrar_falecimentos", is_dry=True, quem=life, falecido_em=day, remissao_ate=covered
    )
    assert dry.status == "finished", dry.trouble
    assert told(installed, "registrar_falecimentos", dry.id, "falecidos") == [[contract, life, str(day)]]
    dependants = installed.rows(
        "SELECT id FROM beneficiario WHERE titular = :b AND situacao = 'ativo' AND exclusao IS NULL ORDER BY id",
        b=life,
    )
    assert sorted(told(installed, "registrar_falecimentos", dry.id, "remidos")) == [
        [contract, id, str(covered)] for (id,) in dependants
    ]
