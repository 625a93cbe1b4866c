"""Examples of processes are run dry, for good and once more; what differs is told beside what was wanted."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aroeira
from kernel.context import at_present
from kernel.examples import rehearsals_of
from kernel.rehearsal.rehearse import Rehearsals
from kernel.rehearsal.wanted import assigned
from metadata.problems import Problem
from tests.billing import office, texts
from tests.conftest import Cluster

WORLD = """
examples: mundo
usual:
  faixa: {tabela: t, inicio: 2020-01-01}
  vida: {contrato: silva, inicio: 2026-01-01}
given:
  vida: {ana: {nome: Ana, nascimento: 1990-05-10}}
  tabela: {t: {nome: Tabela}}
  faixa:
    jovem: {idade_de: 0, idade_ate: 40, valor: 300}
    idoso: {idade_de: 41, idade_ate: 120, valor: 600}
  contrato: {silva: {numero: 1, cliente: Silva, tabela: t}}
"""
EXAMPLES = """
examples: faturas
of: process faturar
use: mundo
at: 2026-11-03
asked: {competencia: 2026-11}
cases:
  Mês inteiro:
    expect:
      fatura: [{contrato: silva, total: 300.00, vencimento: 2026-12-10, itens: [{vida: ana, valor: 300, faixa: jovem}]}]
      item: [{vida: {nome: Ana}, idade: 36, dias: 30, fatura: {total: 300}}]
    steps: {vidas: 1, linhas: 1}
    note: "36 anos: faixa de 0 a 40, 300,00."
  Duas vidas, e uma sem data:
    given:
      vida: {bia: {nome: Bia, nascimento: 1950-01-01, inicio: 2026-11-16}, cora: {nome: Cora}}
    expect:
      item: [{vida: bia, valor: 300.00, dias: 15}, {vida: ana, valor: 300.00}]
      fatura: {nova: {total: 600.00}}
    left_out: "{vida cora} não tem data de nascimento."
    note: "Bia: 15 dias de 30, 600,00 × 15 ÷ 30 = 300,00. Ana: 300,00. Juntas, 600,00."
  Itens de uma fatura com nome:
    expect:
      fatura: {nova: {contrato: silva}}
      item: [{fatura: nova, vida: ana}]
  Linhas abaixo de linhas:
    given: {vida: {bia: {nome: Bia, nascimento: 1990-01-01}}}
    expect:
      contrato: {}
      fatura: [{itens: [{valor: 300, vida: bia}, {valor: 300, vida: ana}]}]
  Já faturado:
    before: [{process: faturar, asked: {competencia: 2026-11}}]
    expect: {fatura: [], item: []}
  Outro contrato:
    given:
      contrato: {souza: {numero: 2, cliente: Souza, tabela: t}}
      vida: {ana: {contrato: souza}}
    asked: {contrato_unico: silva}
    expect: {item: []}
  Sem ninguém: {given: {vida: {ana: ""}}, expect: {item: []}, steps: {vidas: 0}}
  Registro que não entra: {given: {vida: {ana: {nome: ""}}}, refused: Nome está em branco}
  Sem competência: {asked: {competencia: ""}, refused: Competencia está em branco}
"""
WRONG = """
examples: erradas
of: process faturar
use: mundo
at: 2026-11-03
asked: {competencia: 2026-11}
cases:
  Outro valor: {expect: {fatura: [{contrato: silva, total: 310.00}]}}
  Uma a mais: {expect: {item: [{vida: ana}, {vida: ana, valor: 1}]}}
  Uma a menos: {expect: {fatura: []}}
  Ninguém de fora: {given: {vida: {ana: {nascimento: ""}}}, expect: {fatura: []}}
  Outra razão: {given: {vida: {ana: {nascimento: ""}}}, left_out: Bia não tem data de nascimento.}
  Outra contagem: {steps: {vidas: 2}}
  Outra linha abaixo: {expect: {fatura: [{itens: [{vida: ana, dias: 29}]}]}}
  Não começa: {asked: {competencia: ""}, expect: {}}
  Começa: {refused: Competência já faturada., expect: {}}
  Não entra: {given: {contrato: {silva: {cliente: ""}}}, expect: {}}
  Entra: {refused: Nome está em branco}
  Não se acha: {given: {vida: {ana: {contrato: {numero: 9}}}}, expect: {}}
"""
REPEATED = """
process: repetir
label: Repetir
needs: FATURAR
steps:
  contratos: {from: contrato, where: situacao = "ativo", columns: {contrato: contrato, depois: vencimento + 1}}
  adiados: {update: contrato, from: contratos, record: contrato, set: {vencimento: depois}}
"""
AGAIN = """
examples: repetidas
of: process repetir
use: mundo
cases:
  Muda sempre: {expect: {contrato: {silva: {vencimento: 11}}}}
  Muda outro: {given: {contrato: {souza: {numero: 2, cliente: Souza}}}, expect: {contrato: {silva: {vencimento: 12}}}}
  Não se vai: {expect: {contrato: {silva: ""}}}
"""
Judge = Callable[[str], list[Problem]]


@pytest.fixture(scope="module")
def judge(cluster: Cluster) -> Iterator[Judge]:
    """Return what runs the cases of a document, in one database for all of them."""
    documents = {"mundo": WORLD, "faturas": EXAMPLES, "erradas": WRONG, "repetidas": AGAIN}
    with cluster.database("rehearsal") as engine:
        more = {f"faturas/examples/{name}.yaml": said for name, said in documents.items()}
        made = office(engine, {**more, "faturas/processes/repetir.yaml": REPEATED})

        def of(document: str) -> list[Problem]:
            with Rehearsals(engine, made.runtime, at_present("exemplo").now) as rehearsals:
                return [
                    problem
                    for example in rehearsals_of(made.runtime.configuration)
                    if example.document.name == document
                    for problem in rehearsals.rehearse(example)
                ]

        yield of
        assert made.rows("SELECT count(*) FROM contrato") == [(0,)], "nothing of an example stays"
        assert made.rows("SELECT count(*) FROM aroeira_process_run") == [(0,)]


def test_what_two_worlds_begin_with_alike_is_entered_once(cluster: Cluster) -> None:
    """Sequences tell how often a record was saved: taking it back does not take back its number."""
    more = {"faturas/examples/mundo.yaml": WORLD, "faturas/examples/faturas.yaml": EXAMPLES}
    with cluster.database("rehearsal") as engine:
        made = office(engine, more)
        of = {each.name: each for each in rehearsals_of(made.runtime.configuration)}
        with Rehearsals(engine, made.runtime, at_present("exemplo").now) as rehearsals:
            for name in ("Duas vidas, e uma sem data", "Registro que não entra", "Mês inteiro"):
                assert rehearsals.rehearse(of[name]) == []
        counted = "SELECT (SELECT last_value FROM contrato_id_seq), (SELECT last_value FROM vida_id_seq)"
        # The contract once; Ana, Bia and Cora, then Ana as she was, whom one without a name had replaced.
        assert made.rows(counted) == [(1, 4)]
        assert made.rows("SELECT count(*) FROM contrato") == [(0,)]


def test_right_examples_have_nothing_to_tell(judge: Judge) -> None:
    assert [str(problem) for problem in judge("faturas")] == []


def test_what_differs_is_told_with_its_place_dry_and_for_good(judge: Judge) -> None:
    told = [
        f"{str(each.place).partition('.yaml:')[2]} {each.code} {each.sentence()}" for each in judge("erradas")
    ]
    both = "no ensaio e na execução"
    whole = (
        "{numero: F0000001, contrato: silva, competencia: 2026-11, vencimento: 2026-12-10, situacao: aberta, "
        "total: 300.00, soma: 300.00}"
    )
    assert told == [
        (
            f"8:35 M315 no exemplo “Outro valor”, {both}, em fatura: esperava {{contrato: silva, total: 310.00}}, "
            "e veio {contrato: silva, total: 300.00}"
        ),
        (
            f"9:45 M315 no exemplo “Uma a mais”, {both}, em item: esperava {{vida: ana, valor: 1}}, "
            "e veio nenhuma linha"
        ),
        f"10:34 M315 no exemplo “Uma a menos”, {both}, em fatura: esperava nenhuma linha, e veio {whole}",
        (
            f"11:20 M316 no exemplo “Ninguém de fora”, {both}, o que fica de fora: esperava nada, "
            "e veio “Ana não tem data de nascimento.”"
        ),
        (
            f"12:67 M316 no exemplo “Outra razão”, {both}, o que fica de fora: "
            "esperava “Bia não tem data de nascimento.”, e veio “Ana não tem data de nascimento.”"
        ),
        f"13:35 M318 no exemplo “Outra contagem”, {both}, na etapa vidas: esperava 2 linhas, e vieram 1",
        (
            f"14:42 M315 no exemplo “Outra linha abaixo”, {both}, em fatura: esperava "
            "{itens: [{vida: ana, dias: 29}]}, e veio {itens: [{vida: ana, dias: 30}]}"
        ),
        "15:3 M317 no exemplo “Não começa”, no ensaio: Competencia está em branco",
        (
            f"16:21 M316 no exemplo “Começa”, {both}, a recusa: "
            "esperava “Competência já faturada.”, e veio nada"
        ),
        (
            "17:3 M313 no exemplo “Não entra”, o registro silva de contrato não entra: cliente: "
            "Cliente está em branco"
        ),
        f"18:20 M316 no exemplo “Entra”, {both}, a recusa: esperava “Nome está em branco”, e veio nada",
        "19:3 M314 no exemplo “Não se acha”, nenhum registro de contrato, ou mais de um, tem {numero: 9}",
    ]


def test_a_second_run_must_change_nothing(judge: Judge) -> None:
    told = [each.sentence() for each in judge("repetidas")]
    both, again = "no ensaio e na execução", "a segunda execução não devia mudar nada, e em contrato veio"
    assert told == [
        f"no exemplo “Muda sempre”, {again} silva: {{vencimento: 12}}",
        (
            f"no exemplo “Muda outro”, {both}, em contrato: esperava silva: {{vencimento: 12}}, "
            "e veio silva: {vencimento: 11}"
        ),
        f"no exemplo “Muda outro”, {both}, em contrato: esperava nenhuma linha, e veio souza: {{vencimento: 11}}",
        f"no exemplo “Muda outro”, {again} silva: {{vencimento: 12}}",
        f"no exemplo “Muda outro”, {again} souza: {{vencimento: 12}}",
        (
            f"no exemplo “Não se vai”, {both}, em contrato: esperava silva: nada, e veio silva: "
            "{numero: 1, cliente: Silva, tabela: t, vencimento: 11, situacao: ativo}"
        ),
        (
            f"no exemplo “Não se vai”, {again} silva: "
            "{numero: 1, cliente: Silva, tabela: t, vencimento: 12, situacao: ativo}"
        ),
    ]


@given(
    st.integers(0, 4).flatmap(lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), max_size=4))
)
def test_as_many_rows_as_can_be_are_brought_together(fits: list[list[bool]]) -> None:
    met = assigned(fits)
    assert all(fits[row][column] for row, column in met.items())
    assert len(set(met.values())) == len(met)
    width = len(fits[0]) if fits else 0
    ways = permutations([*range(width), *[None] * len(fits)], len(fits))
    most = max(sum(c is not None and row[c] for row, c in zip(fits, way, strict=True)) for way in ways)
    assert len(met) == most


def test_the_command_runs_them_in_a_database_that_goes_again(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = {"mundo": WORLD, "faturas": EXAMPLES, "erradas": WRONG}
    content = texts({f"faturas/examples/{name}.yaml": said for name, said in documents.items()})
    for path, text in content.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)
    with cluster.database("command") as engine:
        monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
        assert aroeira.main(["examples", str(tmp_path)]) == 1
        told = capsys.readouterr().err
        assert [line[:4] for line in told.splitlines()].count("M315") == 4
        assert aroeira.main(["examples", str(tmp_path), "--only", "faturas"]) == 0
        assert capsys.readouterr().out == "9 exemplos dão o esperado.\n"
        assert aroeira.main(["examples", str(tmp_path), "--only", "fatura"]) == 1
        assert "A138" in capsys.readouterr().err
        with engine.connect() as connection:
            left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'aroeira_scratch%%'"
            assert connection.exec_driver_sql(left).scalar() == 0
        poor = f"pobre_{uuid.uuid4().hex[:8]}"
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {poor} LOGIN")
            connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {poor}")
        monkeypatch.setenv(
            "DATABASE_URL", engine.url.set(username=poor).render_as_string(hide_password=False)
        )
        assert aroeira.main(["examples", str(tmp_path), "--only", "faturas"]) == 1
        assert "A146" in capsys.readouterr().err
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {poor}")
            connection.exec_driver_sql(f"DROP ROLE {poor}")
