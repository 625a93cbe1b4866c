"""The life of contracts and lives on the demo data: cancelled, suspended, brought back, moved, remitted, renewed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from kernel.processes.runs import begin
from kernel.processes.undo import undo
from kernel.runtime import Runtime
from tests.billing import Office
from tests.conftest import Cluster
from tests.packages.shipped_office import copy_of, shipped_office

DAY = timedelta(days=1)


class Life:
    """The office with words for what these tests ask."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.today: date = office.context.today
        self.steps: list[int] = []

    def of(self, code: str) -> int:
        ((found,),) = self.office.rows("SELECT id FROM beneficiario WHERE codigo = :c", c=code)
        return int(found)

    def contract(self, number: str) -> int:
        ((found,),) = self.office.rows("SELECT id FROM contrato WHERE inscricao = :n", n=number)
        return int(found)

    def one(self, entity: str, field: str, value: str) -> int:
        ((found,),) = self.office.rows(f"SELECT id FROM {entity} WHERE {field} = :v", v=value)
        return int(found)

    def reason(self, code: str) -> int:
        return self.one("motivo", "codigo", code)

    def refused(self, process: str, **answers: Any) -> str:
        """Return why a run may not begin."""
        begun = begin(self.office.engine, self.office.runtime, self.office.context, process, answers)
        assert isinstance(begun, list), process
        return " ".join(problem.sentence() for problem in begun)

    def run(self, process: str, **answers: Any) -> list[tuple[Any, ...]]:
        """Run a process to its end; return what was left out, by reason."""
        run = self.office.run(process, **answers)
        assert run.status == "finished", run.trouble
        self.steps.append(run.id)
        left = "SELECT step, reason, facts FROM aroeira_process_left_out WHERE run = :r ORDER BY 1, 2"
        return self.office.rows(left, r=run.id)

    def back(self) -> None:
        """Undo what this test ran, the last first."""
        while self.steps:
            done = undo(self.office.engine, self.version, self.office.context, self.steps.pop())
            assert done == []

    def version(self, number: int) -> Runtime:
        return self.office.runtime

    def life(self, code: str, *fields: str) -> tuple[Any, ...]:
        ((*found,),) = self.office.rows(
            f"SELECT {', '.join(fields)} FROM beneficiario WHERE codigo = :c", c=code
        )
        return tuple(found)

    def history(self, code: str) -> list[tuple[Any, ...]]:
        return self.office.rows(
            "SELECT h.fato, h.antes, h.depois, h.data FROM historico_situacao h JOIN beneficiario b "
            "ON b.id = h.beneficiario WHERE b.codigo = :c AND h.quem IS NOT NULL ORDER BY h.id",
            c=code,
        )


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with shipped_office(cluster) as made:
        yield made


@pytest.fixture
def life(cluster: Cluster, installed: Office) -> Iterator[Life]:
    with copy_of(cluster, installed) as office:
        yield Life(office)


def test_a_person_leaves_at_once_by_request_and_the_family_goes_on(life: Life) -> None:
    asked = {
        "quem": life.of("9900000019"), "alcance": "pessoa", "pedido": life.today, "quem_pediu": "beneficiario",
        "razao": life.reason("EX01"), "internado": False, "informado": True,
    }  # fmt: skip
    process = "cancelar_beneficiario"
    assert "informe as consequências" in life.refused(process, **asked | {"informado": False})
    assert "EX" in life.refused(process, **asked | {"razao": life.reason("CA01")})
    assert "Registrar falecimentos" in life.refused(process, **asked | {"razao": life.reason("EX04")})
    late = life.refused(process, **asked | {"ultimo_dia": life.today + DAY})
    assert f"vale no dia do pedido, {life.today:%d/%m/%Y}" in late
    owing = asked | {"razao": life.reason("EX03"), "quem_pediu": "operadora", "dias_de_atraso": 61}
    assert "precisa ter sido avisado" in life.refused(process, **owing)
    assert "mais de 60 dias" in life.refused(process, **owing | {"dias_de_atraso": 60})
    told = {"notificado_em": life.today - 10 * DAY}
    assert "internação" in life.refused(process, **owing | told | {"internado": True})
    stranger = life.refused(process, **asked | {"novo_titular": life.of("9900000060")})
    assert "precisa ser um dependente" in stranger
    left = life.run(process, **asked | {"novo_titular": life.of("9900000027"), "atendimento": "123"})
    assert left == []
    assert life.life("9900000019", "situacao", "exclusao", "pedido_exclusao") == (
        "ativo",
        life.today,
        life.today,
    )
    assert life.life("9900000027", "papel", "titular", "titular_desde") == ("titular", None, life.today + DAY)
    assert life.life("9900000035", "titular", "exclusao") == (life.of("9900000027"), None)
    assert life.history("9900000019") == [("situacao", "ativo", "exclusão marcada", life.today + DAY)]
    assert life.history("9900000027")[0][:3] == ("titularidade", "9900000019", "9900000027")
    assert "já tem exclusão" in life.refused(process, **asked)
    assert "não se desfaz" in life.refused(
        "reativar_beneficiario",
        quem=asked["quem"],
        alcance="pessoa",
        dia=life.today,
        razao=life.reason("RE01"),
    )


def test_in_a_company_plan_the_request_goes_to_the_company_first_and_the_family_leaves_together(
    life: Life,
) -> None:
    asked = {
        "quem": life.of("9900000167"), "alcance": "pessoa", "pedido": life.today, "quem_pediu": "beneficiario",
        "razao": life.reason("EX01"), "internado": False, "informado": True,
    }  # fmt: skip
    process = "cancelar_beneficiario"
    assert "pede primeiro a ela" in life.refused(process, **asked)
    assert "pede primeiro a ela" in life.refused(
        process, **asked | {"pedido_a_empresa": life.today - 29 * DAY}
    )
    after = asked | {"pedido_a_empresa": life.today - 30 * DAY}
    assert "saem com o titular" in life.refused(process, **after)
    last = life.today - DAY
    gone = asked | {"quem_pediu": "contratante", "razao": life.reason("EX02"), "alcance": "familia"}
    assert life.run(process, **gone | {"ultimo_dia": last}) == []
    family = ["9900000167", "9900000175", "9900000183", "9900000191"]
    assert {life.life(code, "situacao", "exclusao") for code in family} == {("cancelado", last)}
    assert life.life("9900000205", "situacao", "exclusao") == ("ativo", None)
    assert (
        life.run(
            "reativar_beneficiario",
            quem=life.of("9900000175"),
            alcance="familia",
            dia=life.today,
            razao=life.reason("RE03"),
        )
        == []
    )
    assert {life.life(code, "situacao", "exclusao", "motivo_exclusao") for code in family} == {
        ("ativo", None, None)
    }
    assert [line[1:3] for line in life.history("9900000183")] == [
        ("ativo", "cancelado"),
        ("cancelado", "ativo"),
    ]


def test_a_contract_ends_with_its_lives_and_comes_back_with_those_it_took(life: Life) -> None:
    number = life.contract("IND-0101")
    asked = {
        "qual": number, "pedido": life.today - DAY, "razao": life.reason("CA01"), "internado": False, "informado": True,
    }  # fmt: skip
    assert "não encerra o plano deles" in life.refused("cancelar_contrato", **asked)
    assert life.run("cancelar_contrato", **asked | {"todos_querem": True}) == []
    lives = "SELECT DISTINCT b.situacao, b.exclusao, m.codigo FROM beneficiario b JOIN motivo m ON m.id = b.motivo_exclusao WHERE contrato = :c"
    assert life.office.rows(lives, c=number) == [("cancelado", life.today - DAY, "EX01")]
    state = "SELECT situacao, cancelamento, pedido_cancelamento FROM contrato WHERE id = :c"
    assert life.office.rows(state, c=number) == [("cancelado", life.today - DAY, life.today - DAY)]
    again = {"qual": number, "dia": life.today}
    assert "não se desfaz" in life.refused("reativar_contrato", **again, razao=life.reason("RE01"))
    assert life.run("reativar_contrato", **again, razao=life.reason("RE02")) == []
    assert life.office.rows(state, c=number) == [("ativo", None, None)]
    count = "SELECT situacao, count(*) FROM beneficiario WHERE contrato = :c AND exclusao IS NULL GROUP BY 1"
    assert life.office.rows(count, c=number) == [("ativo", 4)]


def test_suspended_by_hand_and_brought_back(life: Life) -> None:
    who = {"quem": life.of("9900000078"), "alcance": "pessoa"}
    stop = who | {"dia": life.today - 5 * DAY, "cobra": True, "urgencia": False}
    assert "depois de avisado" in life.refused("suspender_beneficiario", **stop, razao=life.reason("SU01"))
    assert life.run("suspender_beneficiario", **stop, razao=life.reason("SU02")) == []
    assert life.life("9900000078", "situacao") == ("suspenso",)
    assert life.run("reativar_beneficiario", **who, dia=life.today, razao=life.reason("RE01")) == []
    assert life.life("9900000078", "situacao") == ("ativo",)
    stopped = "SELECT inicio, fim FROM suspensao WHERE beneficiario = :b"
    assert life.office.rows(stopped, b=who["quem"]) == [(life.today - 5 * DAY, life.today - DAY)]
    number = {"qual": life.contract("PME-0022")}
    assert (
        life.run(
            "suspender_contrato",
            **number,
            dia=life.today,
            razao=life.reason("SU04"),
            cobra=True,
            urgencia=True,
        )
        == []
    )
    assert life.run("reativar_contrato", **number, dia=life.today, razao=life.reason("RE02")) == []
    assert life.office.rows("SELECT count(*) FROM suspensao WHERE contrato = :c", c=number["qual"]) == [(0,)]


def test_the_dependants_of_a_holder_who_died_are_remitted_as_the_plan_says(life: Life) -> None:
    plan = life.office.rows(
        "SELECT p.id, p.remissao FROM plano p JOIN contrato c ON c.plano = p.id WHERE c.inscricao = 'IND-0101'"
    )
    ((plan_id, remission),) = plan
    life.office.say("UPDATE plano SET remissao = 'anos_2' WHERE id = :p", p=plan_id)
    died = life.today - 30 * DAY
    asked = {"quem": life.of("9900000019")}
    assert "Informe o dia do falecimento" in life.refused("registrar_falecimentos", **asked)
    assert life.run("registrar_falecimentos", **asked, falecido_em=died) == []
    until = died.replace(year=died.year + 2)
    assert life.life("9900000019", "situacao", "exclusao") == ("cancelado", died)
    assert life.life("9900000027", "situacao", "remido_ate") == ("remido", until)
    assert life.life("9900000043", "situacao", "remido_ate") == ("remido", until)
    assert life.history("9900000027") == [("situacao", "ativo", f"remido até {until:%d/%m/%Y}", died + DAY)]
    life.back()
    life.office.say("UPDATE plano SET remissao = 'manual' WHERE id = :p", p=plan_id)
    life.office.say(
        "UPDATE pessoa SET falecimento = :d WHERE id = (SELECT pessoa FROM beneficiario WHERE codigo = '9900000019')",
        d=died,
    )
    assert life.run("registrar_falecimentos") == []
    assert life.life("9900000019", "exclusao") == (died,)
    assert life.life("9900000027", "situacao", "remido_ate") == ("ativo", None)
    life.back()
    life.office.say("UPDATE pessoa SET falecimento = NULL WHERE falecimento = :d", d=died)
    life.office.say("UPDATE plano SET remissao = :r WHERE id = :p", r=remission, p=plan_id)


def test_who_was_dismissed_stays_and_leaves_when_the_right_ends(life: Life) -> None:
    left = life.today - 60 * DAY
    asked = {
        "quem": life.of("9900000167"), "condicao": "demitido", "saida": left, "contribuicao": 62,
        "avisado_em": life.today - 20 * DAY, "opcao": life.today,
    }  # fmt: skip
    assert "prazo para escolher acabou" in life.refused(
        "manter_ex_empregado", **asked | {"avisado_em": life.today - 31 * DAY}
    )
    assert "artigos 30 e 31" in life.refused("manter_ex_empregado", **asked | {"quem": life.of("9900000019")})
    assert life.run("manter_ex_empregado", **asked) == []
    months, end = 20, None
    total = left.year * 12 + left.month - 1 + months
    end = date(total // 12, total % 12 + 1, min(left.day, 28 if total % 12 == 1 else left.day))
    assert life.life("9900000167", "fim_direito", "condicao_saida", "pagador = pessoa") == (
        end,
        "demitido",
        True,
    )
    assert life.life("9900000175", "pagador") == life.life("9900000167", "pessoa")
    assert life.run("encerrar_direitos", dia=life.today) == []
    assert life.life("9900000167", "situacao") == ("ativo",)
    life.office.say(
        "UPDATE beneficiario SET fim_direito = :d WHERE codigo = '9900000167'", d=life.today - DAY
    )
    assert life.run("encerrar_direitos", dia=life.today) == []
    assert life.life("9900000175", "situacao", "exclusao") == ("cancelado", life.today - DAY)
    life.steps.pop()
    life.office.say(
        "UPDATE beneficiario SET situacao = 'ativo', exclusao = NULL, motivo_exclusao = NULL, condicao_saida = NULL, fim_direito = NULL WHERE contrato = (SELECT contrato FROM beneficiario WHERE codigo = '9900000167') AND exclusao = :d",
        d=life.today - DAY,
    )


def test_asked_changes_are_done_on_their_day(life: Life) -> None:
    put = "INSERT INTO transferencia (beneficiario, tipo, data, situacao, {}, leva_carencias, leva_historico, leva_familia, troca_contratante, created_by, updated_by, created_at, updated_at, version) VALUES (:b, :t, :d, 'pedido', :x, true, true, :f, :s, 'x', 'x', now(), now(), 1) RETURNING id"

    def ask(
        code: str, kind: str, field: str, to: int, family: bool = False, signs: bool = False, **more: int
    ) -> int:
        words = {"b": life.of(code), "t": kind, "d": life.today, "x": to, "f": family, "s": signs}
        with life.office.engine.begin() as connection:
            from sqlalchemy import text

            found = int(connection.execute(text(put.format(field)), words).scalar_one())
            for name, value in more.items():
                connection.execute(
                    text(f"UPDATE transferencia SET {name} = :v WHERE id = :i"), {"v": value, "i": found}
                )
        return found

    ask(
        "9900000019",
        "titularidade",
        "titular_destino",
        life.of("9900000027"),
        signs=True,
        parentesco_origem=life.one("parentesco", "codigo", "02"),
    )
    ask("9900000205", "categoria", "categoria_destino", life.one("categoria_beneficiario", "codigo", "DEM"))
    ask("9900000230", "contrato", "contrato_destino", life.contract("PME-0022"), family=True)
    alone = ask("9900000264", "contrato", "contrato_destino", life.contract("PME-0022"))
    left = life.run("efetivar_mudancas", ate=life.today)
    assert [line[:2] for line in left] == [("pedidas", "familia_fica")]
    assert life.life("9900000019", "papel", "titular") == ("dependente", life.of("9900000027"))
    assert life.life("9900000027", "papel", "titular_desde") == ("titular", life.today)
    assert life.office.rows(
        "SELECT contratante = (SELECT pessoa FROM beneficiario WHERE codigo = '9900000027'), forma_cobranca, conta_debito FROM contrato WHERE inscricao = 'IND-0101'"
    ) == [(True, "boleto", None)]
    assert life.life("9900000230", "situacao", "exclusao") == ("cancelado", life.today - DAY)
    moved = life.office.rows(
        "SELECT b.papel, b.adesao, (SELECT count(*) FROM carencia_beneficiario c WHERE c.beneficiario = b.id), b.titular IS NULL "
        "FROM beneficiario b WHERE b.contrato = :c AND b.adesao = :d ORDER BY b.papel DESC", c=life.contract("PME-0022"), d=life.today,
    )  # fmt: skip
    assert [row[:2] for row in moved] == [("titular", life.today), ("dependente", life.today)]
    assert [row[3] for row in moved] == [True, False]
    assert life.office.rows("SELECT situacao FROM transferencia WHERE id = :i", i=alone) == [("pedido",)]
    assert life.run("efetivar_mudancas", ate=life.today)[0][:2] == ("pedidas", "familia_fica")


def test_contracts_are_renewed_and_approved(life: Life) -> None:
    number = life.contract("PME-0022")
    life.office.say("UPDATE contrato SET fim = '2027-01-31' WHERE id = :c", c=number)
    life.office.say(
        "UPDATE contrato SET fim = '2027-01-31', renova = false WHERE id = :c", c=life.contract("ADE-0290")
    )
    left = life.run("renovar_contratos", fim_ate=date(2027, 2, 15), meses=12)
    assert [line[:2] for line in left] == [("vencendo", "nao_renova")]
    assert life.office.rows("SELECT fim FROM contrato WHERE id = :c", c=number) == [(date(2028, 1, 31),)]
    life.back()
    life.office.say("UPDATE contrato SET fim = NULL, renova = true WHERE fim = '2027-01-31'")
    who = life.one("operador", "login", "ana.souza")
    asked = {
        "contrato_alvo": life.contract("PROP-0340"),
        "nivel": "operadora",
        "quando": life.today,
        "ativa": True,
    }
    assert "Informe o operador" in life.refused("aprovar_contratos", **asked)
    left = life.run("aprovar_contratos", **asked, operador_que=who)
    state = "SELECT situacao, aprovado_operadora FROM contrato WHERE inscricao = 'PROP-0340'"
    assert [line[:2] for line in left] == [("esperam", "sem_grupo")]
    assert life.run("aprovar_contratos", **asked | {"ativa": False}, operador_que=who) == []
    assert life.office.rows(state) == [("proposta", life.today)]


def test_many_inclusions_are_approved_at_once(life: Life) -> None:
    number = life.contract("ADE-0290")
    life.office.say(
        "UPDATE contrato SET exige_aprovacao_cliente = true, exige_aprovacao_operadora = true WHERE id = :c",
        c=number,
    )
    life.office.say("UPDATE beneficiario SET situacao = 'suspenso' WHERE contrato = :c", c=number)
    who = {"contrato_alvo": number, "quando": life.today, "entraram_ate": date(2026, 9, 15)}
    early = life.run(
        "aprovar_inclusoes", **who, nivel="operadora", operador_que=life.one("operador", "login", "ana.souza")
    )
    assert {line[1] for line in early} == {"fora_de_ordem"}
    assert life.run("aprovar_inclusoes", **who, nivel="cliente", nome_de_quem="Dalva") == []
    assert life.life("9900000469", "situacao", "aprovado_cliente_por") == ("suspenso", "Dalva")
    assert (
        life.run(
            "aprovar_inclusoes",
            **who,
            nivel="operadora",
            operador_que=life.one("operador", "login", "ana.souza"),
        )
        == []
    )
    assert life.life("9900000469", "situacao") == ("ativo",)
    assert [line[:3] for line in life.history("9900000469")] == [("situacao", "suspenso", "ativo")]


def test_children_too_old_leave_and_spouses_stay(life: Life) -> None:
    life.office.say("UPDATE contrato SET idade_max_dependente = 10 WHERE inscricao = 'IND-0101'")
    before = life.life("9900000035", "nascimento")
    assert (
        life.run(
            "excluir_por_idade",
            dia=life.today,
            ultimo_dia=life.today + 3 * DAY,
            so_o_contrato=life.contract("IND-0101"),
        )
        == []
    )
    gone = life.office.rows(
        "SELECT codigo, exclusao FROM beneficiario WHERE exclusao = :d ORDER BY 1", d=life.today + 3 * DAY
    )
    print(before, gone)
    assert "9900000027" not in [row[0] for row in gone]
