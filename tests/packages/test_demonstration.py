"""The generated operator: the same in two databases, sound for every rule, billed without anything left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import demonstration
from kernel.context import at_present
from metadata.load import load_valid, read_folder, without_demonstrations
from metadata.values.registers import parse_cnpj, parse_cns, parse_cpf
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import demonstrated, office

MODULES = Path(__file__).resolve().parents[2] / "modules"
LIVES, MORE = 90, 110
PACKAGE = "demonstracao"
# What was generated, by names that are the same in every database.
MADE = """
SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
  SELECT concat_ws('|', 'vida', b.codigo, b.nome, b.cpf, b.nascimento, b.sexo, p.mae, p.cns, p.email, c.inscricao, t.codigo,
    b.papel, b.situacao, b.adesao, b.exclusao, b.matricula, b.carteirinha, b.validade_carteirinha, l.codigo) AS line
  FROM beneficiario b JOIN pessoa p ON p.id = b.pessoa JOIN contrato c ON c.id = b.contrato
    LEFT JOIN beneficiario t ON t.id = b.titular LEFT JOIN lotacao l ON l.id = b.lotacao
  UNION ALL SELECT concat_ws('|', 'contrato', numero, inscricao, tipo, situacao, nome_contratante, inicio, cancelamento,
    forma_faturamento, dia_vencimento) FROM contrato
  UNION ALL SELECT concat_ws('|', 'endereço', p.cpf, e.logradouro, e.numero, e.cep) FROM endereco_pessoa e JOIN pessoa p ON p.id = e.pessoa
  UNION ALL SELECT concat_ws('|', 'uso', u.chave, u.descricao, u.data, u.valor_participacao) FROM item_coparticipacao u
  UNION ALL SELECT concat_ws('|', 'valor', c.inscricao, v.descricao, v.valor, v.percentual, v.de)
    FROM valor_adicional v JOIN contrato c ON c.id = v.contrato
) lines
"""
COUNTS = "SELECT count(*), count(*) FILTER (WHERE codigo LIKE '8%') FROM beneficiario"
DOCUMENTS = "SELECT cpf, cnpj, cns FROM pessoa WHERE created_by = 'marina'"
FAMILIES = """
SELECT t.nascimento, b.nascimento, b.adesao, b.parentesco = (SELECT id FROM parentesco WHERE codigo = '04')
FROM beneficiario b JOIN beneficiario t ON t.id = b.titular WHERE b.codigo LIKE '8%'
"""
LEFT_OUT = "SELECT step, reason, facts::text FROM aroeira_process_left_out"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        made.run(demonstration.GENERATE, quantas=LIVES)
        yield made


def test_the_same_lives_come_out_in_another_database_and_a_second_run_changes_nothing(
    installed: Office, cluster: Cluster
) -> None:
    before = installed.rows(COUNTS)[0][0] - LIVES
    [(first,)] = installed.rows(MADE)
    with office(cluster, demonstrated(cluster)) as other:
        run = other.run(demonstration.GENERATE, quantas=MORE)
        assert run.status == "finished", run.trouble
        assert other.rows(COUNTS) == [(before + MORE, MORE)]
        installed.run(demonstration.GENERATE, quantas=LIVES)
        assert installed.rows(MADE) == [(first,)]
        installed.run(demonstration.GENERATE, quantas=MORE)
        assert installed.rows(MADE) == other.rows(MADE)
        assert installed.rows(LEFT_OUT) == other.rows(LEFT_OUT) == []


def test_documents_are_sound_and_families_plausible(installed: Office) -> None:
    kinds = installed.rows("SELECT DISTINCT tipo FROM contrato WHERE created_by = 'marina' ORDER BY 1")
    assert [kind for (kind,) in kinds] == ["coletivo_adesao", "coletivo_empresarial", "individual_familiar"]
    for parse, values in zip(
        (parse_cpf, parse_cnpj, parse_cns), zip(*installed.rows(DOCUMENTS), strict=True), strict=True
    ):
        known = [value for value in values if value]
        assert known
        assert [parse(value) for value in known] == known
    for holder, member, joined, is_child in installed.rows(FAMILIES):
        assert member <= joined
        assert not is_child or member.year - holder.year >= 18


def test_the_last_months_are_billed_once_nobody_left_out_and_most_invoices_are_paid(
    installed: Office,
) -> None:
    demonstration.populate(installed.engine, LIVES)
    today = at_present("x").now.date()
    months = installed.rows("SELECT DISTINCT competencia FROM fatura ORDER BY 1")
    assert len(months) == demonstration.BILLED_MONTHS
    assert all(month < today.replace(day=1) for (month,) in months)
    runs = installed.rows("SELECT count(*) FROM aroeira_process_run")
    demonstration.populate(installed.engine, LIVES)
    assert installed.rows("SELECT count(*) FROM aroeira_process_run") == runs
    billed = installed.rows("SELECT count(DISTINCT beneficiario) FROM item_fatura")
    demonstration.populate(installed.engine, MORE + 20)
    assert installed.rows("SELECT count(DISTINCT beneficiario) FROM item_fatura") > billed
    assert installed.rows(LEFT_OUT) == []
    kinds = {kind for (kind,) in installed.rows("SELECT DISTINCT especie FROM item_fatura")}
    assert kinds >= {"mensalidade", "coparticipacao"}
    states = dict(installed.rows("SELECT situacao, count(*) FROM fatura GROUP BY 1"))
    assert states["paga"] > states["aberta"] > 0
    run = installed.run(demonstration.BILL, competencia=today.replace(day=1))
    assert run.status == "finished", run.trouble
    [(soonest, count)] = installed.rows(
        "SELECT min(vencimento), count(*) FROM fatura WHERE competencia = :m", m=today.replace(day=1)
    )
    assert count > 20
    assert soonest >= today + timedelta(days=demonstration.DAYS_TO_PAY), "no invoice is born overdue"


def test_only_demonstrations_have_the_package() -> None:
    files = read_folder(MODULES)
    usual = load_valid(without_demonstrations(files, ()))
    assert PACKAGE not in usual.packages
    assert demonstration.GENERATE not in usual.processes
    assert without_demonstrations(files, {PACKAGE}) == files
