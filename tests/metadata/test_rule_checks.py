"""What check says of the rules of entities: options, braces of messages, one slip that buries no other."""

from __future__ import annotations

from metadata.load import load_files

MANIFEST = "package: loja\nlabel: Loja\nversion: 1.0.0\n"
ENTITY = """entity: plano
label: {one: Plano, many: Planos}
fields:
  situacao: {type: choice, of: {ativo: Ativo, cancelado: Cancelado}}
  outra: {type: choice, of: {a: A}}
  fim: {type: date, required: CONDITION}
checks:
  uma: {when: fim = null, message: "MESSAGE"}
"""


def told(condition: str = "yes", message: str = "Diga.", **more: str) -> list[str]:
    entity = ENTITY.replace("CONDITION", condition).replace("MESSAGE", message)
    texts = {"loja/manifest.yaml": MANIFEST, "loja/entities/plano.yaml": entity, **more}
    return [str(problem) for problem in load_files({p: t.encode() for p, t in texts.items()})[1]]


def test_a_written_text_must_be_one_of_the_options() -> None:
    assert told('situacao = "cancelado" or "ativo" = situacao') == []
    assert told('if outra = null then situacao = "ativo" else outra = "a"') == []
    (problem,) = told("'situacao = \"canselado\"'")
    assert problem.startswith("M329 loja/entities/plano.yaml:6:43  “canselado” não está entre as opções")
    assert "cancelado" in problem
    (problem,) = told('\'situacao in ("Ativo", "cancelado")\'')
    assert "“Ativo” não está entre as opções" in problem


def test_a_brace_of_a_message_is_closed() -> None:
    assert told(message="Fim em {fim}, {string(fim)}.") == []
    (problem,) = told(message="Fim em {fim do plano {fim}.")
    assert problem.startswith("M394 loja/entities/plano.yaml:8:")


def test_what_is_wrong_with_an_entity_is_told_without_everything_that_speaks_of_it() -> None:
    function = "function: f\nof: plano\nis: fim > today()\n"
    problems = told(
        "'fim = 1'",
        **{
            "loja/functions/f.yaml": function,
            "loja/entities/x.yaml": "entity: x\nlabel: {one: X, many: X}\nfields: {p: {type: link, to: plano}, d: {type: date, is: p.fim}}\n",
        },
    )
    assert [problem.partition(" ")[0] for problem in problems] == ["M326"]
    broken = (
        ENTITY.replace("CONDITION", "yes").replace("MESSAGE", "x").replace("severity", "")
        + "    severity: aviso\n"
    )
    broken = broken.replace('message: "x"}', 'message: "x", severity: aviso}').replace(
        "    severity: aviso\n", ""
    )
    texts = {
        "loja/manifest.yaml": MANIFEST, "loja/entities/plano.yaml": broken, "loja/functions/f.yaml": function,
        "loja/examples/e.yaml": "examples: e\nof: function f\ncases: {a: {given: {fim: 2026-01-01}, expect: true}}\n",
    }  # fmt: skip
    found = load_files({path: text.encode() for path, text in texts.items()})[1]
    assert [problem.code for problem in found] == ["M110"]


def test_a_name_of_the_expression_wins_over_a_field_of_the_same_name() -> None:
    function = "function: f\nof: plano\ntakes: {fim: integer}\nis: fim + 1\n"
    assert told(**{"loja/functions/f.yaml": function}) == []
    assert [
        line.partition(" ")[0]
        for line in told(**{"loja/functions/f.yaml": function.replace("integer", "date")})
    ] == ["M324"]


ROWS = """entity: contrato
label: {one: Contrato, many: Contratos}
fields:
  plano: {type: link, to: plano}
  linhas: {type: children, of: linha}
fills:
  f: {on: plano, FILL}
"""
LINE = """entity: linha
label: {one: Linha, many: Linhas, gender: f}
fields:
  contrato: {type: link, to: contrato, required: yes}
  nome: {type: text, required: yes}
  dias: integer
"""


def told_of_rows(fill: str) -> list[str]:
    files = {"loja/entities/contrato.yaml": ROWS.replace("FILL", fill), "loja/entities/linha.yaml": LINE}
    return told(**files)


def test_rows_that_a_fill_makes_fit_what_they_go_into() -> None:
    assert told_of_rows("rows: {linhas: {each: plano, set: {nome: item.situacao}, key: nome}}") == []
    at = "loja/entities/contrato.yaml:7"
    for fill, column, code in (
        ("when: plano, set: {}", 24, "M325"),
        ("set: {}", 3, "M378"),
        ("missing: Não há, set: {plano: plano}", 27, "M357"),
        ("rows: {plano: {set: {nome: id}}}", 25, "M397"),
        ("rows: {linhas: {each: plano, set: {dias: 1}}}", 52, "M398"),
        ("rows: {linhas: {each: plan, set: {nome: plano.situacao}}}", 40, "M320"),
        ("rows: {linhas: {each: plano, set: {nome: item.x}}}", 59, "M321"),
        ("rows: {linhas: {set: {nome: plano.situacao, x: 1}}}", 62, "M205"),
        ("rows: {linhas: {set: {nome: 1}}}", 46, "M325"),
        ("rows: {linhas: {set: {nome: plano.situacao}, key: [dias]}}", 69, "M370"),
    ):
        problems = [problem.partition("  ")[0] for problem in told_of_rows(fill)]
        assert f"{code} {at}:{column}" in problems, (fill, problems)
