"""States as documents: each mistake is told where it stands, and nothing else with it."""

from __future__ import annotations

import pytest

from metadata.canonical import rewritten
from metadata.compare import compare
from metadata.load import load_files, load_valid
from tests.states import ENTITY, FILES, machines, texts

AVISAR, RECOLHER = "oficina/processes/avisar.yaml", "oficina/processes/recolher.yaml"
CANCELAR = "asks: motivo, help:"


def told(path: str, before: str, after: str) -> list[str]:
    """Return the problems of the configuration with one text in place of another."""
    assert FILES[path].count(before) == 1, before
    return [str(each) for each in load_files(texts({path: FILES[path].replace(before, after)}))[1]]


def test_the_documents_have_no_problems_and_are_rewritten_to_what_means_the_same() -> None:
    assert load_files(texts())[1] == []
    for files in (texts(), machines(3, 4)[1]):
        changed, problems = rewritten(files)
        assert problems == []
        again, problems = rewritten({**files, **changed})
        assert (again, problems) == ({}, [])
        assert compare(load_valid(files), load_valid({**files, **changed})) == []


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        (ENTITY, "states: {field: situacao, final: [feito, cancelado], deadline: {liberado: prazo}}\n", "", ["M320", "M450", "M450", "M450", "M450"]),
        (ENTITY, "{field: situacao, final", "{field: estado, final", ["M205", "M320"]),
        (ENTITY, "{field: situacao, final", "{field: motivo, final", ["M320", "M451"]),
        (ENTITY, "    required: yes\n    default: preparo\n", "    default: preparo\n", ["M451"]),
        (ENTITY, "    default: preparo\n", "", ["M453"]),
        (ENTITY, "field: situacao, final", "field: situacao, begin: [liberado], final", ["M453"]),
        (ENTITY, "[feito, cancelado]", "[feito, cancelada]", ["M452", "M458"]),
        (ENTITY, "[feito, cancelado]", "feito", ["M458"]),
        (ENTITY, "[feito, cancelado]", "[feito, cancelado, liberado]", ["M459"]),
        (ENTITY, "deadline: {liberado: prazo}", "deadline: {liberado: valor}", ["M214"]),
        (ENTITY, "deadline: {liberado: prazo}", "deadline: {solto: prazo}", ["M452"]),
        (ENTITY, "from: liberado, to: preparo", "from: liberada, to: preparo", ["M452"]),
        (ENTITY, "from: liberado, to: preparo", "from: [], to: preparo", ["M454"]),
        (ENTITY, "from: liberado, to: preparo", "from: preparo, to: preparo", ["M455"]),
        (ENTITY, "from: liberado, to: preparo", "from: preparo, to: liberado", ["M456", "M466"]),
        (ENTITY, "from: liberado, to: feito, runs: avisar", "from: preparo, to: cancelado", ["M456", "M457"]),
        (ENTITY, "when: valor > 0", "when: valor", ["M325"]),
        (ENTITY, "when: valor > 0", "when: valo > 0", ["M320"]),
        (ENTITY, "when: valor > 0", 'when: situacao = "preparo"', ["M460"]),
        (ENTITY, CANCELAR, "asks: motivos, help:", ["M205"]),
        (ENTITY, CANCELAR, "asks: motivo, proposes: {motivo: valor}, help:", ["M325"]),
        (ENTITY, CANCELAR, "asks: motivo, proposes: {valor: 1}, help:", ["M478"]),
        (ENTITY, CANCELAR, "asks: motivo, shows: [valor, motivo], help:", []),
        (ENTITY, CANCELAR, "asks: motivo, shows: valores, help:", ["M205"]),
        (ENTITY, CANCELAR, "asks: [motivo, parado], help:", ["M461"]),
        (ENTITY, CANCELAR, "asks: situacao_since, help:", ["M461"]),
        (ENTITY, "runs: avisar", "runs: avizar", ["M430"]),
        (ENTITY, "runs: avisar", "runs: recolher", ["M462"]),
        (AVISAR, "of: pedido\n", "", ["M462"]),
        (AVISAR, "ask: {qual:", "ask: {quando: {type: date, required: yes}, qual:", ["M462"]),
        (ENTITY, "  motivo: {type: text", "  situacao_since: {type: text, max: 3}\n  motivo: {type: text", ["M463"]),
        (ENTITY, "  motivo: {type: text", "  situacao_late: yes/no\n  motivo: {type: text", ["M463"]),
        (RECOLHER, '\\"preparo\\"', '\\"parado\\"', ["M466"]),
        (RECOLHER, 'set: {situacao: "\\"preparo\\""}', 'set: {situacao: "if pedido.valor > 1 then \\"feito\\" else \\"preparo\\""}', ["M467"]),
        (AVISAR, 'insert: aviso, set: {pedido: pedido, texto: "\\"pronto\\""}', 'insert: pedido, set: {numero: "\\"x\\"", situacao: "\\"feito\\""}', ["M465"]),
    ],
)  # fmt: skip
def test_each_mistake_has_its_code(path: str, before: str, after: str, expected: list[str]) -> None:
    problems = told(path, before, after)
    assert sorted(line.split()[0] for line in problems) == expected, problems


def test_a_problem_stands_where_the_word_is_and_says_what_was_meant() -> None:
    (problem,) = told(ENTITY, "from: liberado, to: preparo", "from: liberada, to: preparo")
    assert problem == (
        "M452 oficina/entities/pedido.yaml:23:44  “liberada” não é uma opção de situacao; você quis dizer “liberado”?"
    )


def test_what_reads_of_an_entity_that_cannot_be_read_is_no_trouble() -> None:
    problems = told(
        ENTITY, "numero: {type: text, max: 20, required: yes, label: Número}", "numero: {type: tex}"
    )
    assert {each.split()[0] for each in problems} == {"M111", "M401"}, problems


def test_a_renamed_state_takes_the_field_of_its_time_along() -> None:
    before = FILES[ENTITY]
    after = before.replace("  situacao:\n", "  estado:\n    was: situacao\n")
    changed = load_files(texts({ENTITY: after}))
    assert changed[1] == []
    entity = changed[0].entities["pedido"]
    assert (entity.state_field, entity.since) == ("estado", "estado_since")
    assert entity.fields["parado"].is_ == "days between(date(estado_since), today())"
    said = [change.sentence() for change in compare(load_valid(texts()), changed[0])]
    assert any("situacao_since" in each and "estado_since" in each for each in said), said
    other = [
        str(each)
        for each in compare(
            load_valid(texts()), load_valid(texts({ENTITY: before.replace("needs: LIBERAR, ", "")}))
        )
    ]
    assert len(other) == 1
    assert "liberar" in other[0]
