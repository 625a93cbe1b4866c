"""Actions: every slip of an author is told where it stands, and all at once; the document has one form."""

from __future__ import annotations

import pytest

from metadata.canonical import rewritten
from metadata.load import load_files
from tests.tariffs import FILES

ACTION = "loja/actions/criar.yaml"
SOUND = FILES[ACTION].lstrip()


def problems(text: str) -> list[str]:
    """Return code, place and sentence of every problem of the package with another text of the action."""
    files = {**FILES, ACTION: text}
    found = load_files({path: content.encode() for path, content in files.items()})[1]
    return [f"{problem.code} {problem.place} {problem.said()}" for problem in found]


def changed(old: str, new: str) -> list[str]:
    assert old in SOUND
    return problems(SOUND.replace(old, new, 1))


def test_a_sound_action_has_no_problems_and_is_written_in_one_way() -> None:
    assert problems(SOUND) == []
    written = rewritten({ACTION: SOUND.encode()})[0][ACTION]
    assert problems(written.decode()) == []
    assert rewritten({ACTION: written}) == ({}, [])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("of: plano", "of: plan", "M204 {}:3:5 a entidade “plan” não existe"),
        ("  vezes: {", "  item: {", "M395 {}:11:3 “item” já é o nome do registro ou do item da lista"),
        ("  vezes: {", "  plano: {", "M395 {}:11:3 “plano” já é o nome do registro ou do item da lista"),
        ("modelo: {type: link, to: tabela}", "modelo: {type: link, to: tabel}", "M204 {}:9:28"),
        ("default: 1,", "default: 0,", "M209 {}:6:54 "),
        ("max: 12,", "max: doze,", "M209 {}:6:41 "),
        ("default: = codigo", "default: = codigoo", "M320 {}:7:45 “codigoo” não existe"),
        ("entity: tabela", "entity: tabel", "M204 {}:14:13"),
        ("for n in 1..", "for n in 1.. x..", "M3"),
        ("inicio: inicio", "inicio: quantas", "M325 {}:19:15 "),
        ("plano: plano\n", "plano: modelo\n", "M325 {}:17:14 "),
        ("porte: if plano.vidas", "portes: if plano.vidas", "M205 {}:20:7 "),
        ("inicio: inicio", "inicio: inicio\n      numero: prefixo", "M396 {}:20:7 “numero” não pode receber um valor daqui"),
        ("inicio: inicio", "inicio: inicio\n      faixas: modelo.faixas", "M396 {}:20:7 “faixas” não pode"),
        ("      faixas:\n", "      taxa:\n", "M397 {}:22:7 “taxa” não é um campo de linhas de “tabela”"),
        ("      inicio: inicio\n", "", "M398 {}:17:7 falta “inicio”, que “tabela” não pode ter em branco"),
        ("          idade: item.idade\n", "", "M398 {}:25:11 falta “idade”, que “faixa” não pode ter em branco"),
        ("idade: item.idade", "idade: item.idad", "M321 {}:25:18 "),
        ("reajuste: percent", "reajuste: {type: percent, unique: yes}", "M112 {}:10:29"),
        ("reajuste: percent", "reajuste: {type: percent, required: quantas = 1}", "M110 {}:10:"),
        ("reajuste: percent", "reajuste: {type: attachment}", "M112 {}:10:"),
        ("label: Criar tabelas\n", "", "M109 {}"),
    ],
)  # fmt: skip
def test_each_slip_is_told_where_it_stands(old: str, new: str, told: str) -> None:
    found = changed(old, new)
    assert any(problem.startswith(told.format(ACTION)) for problem in found), found


def test_answers_win_over_fields_of_the_same_name() -> None:
    """`vidas` is a whole number of the plan; as a question it is a date, and is seen as such."""
    text = SOUND.replace("  vezes: {type: integer", "  vidas: date\n  vezes: {type: integer", 1)
    (told,) = problems(text)
    assert told.startswith(f"M326 {ACTION}:21:")


def test_all_slips_come_at_once() -> None:
    text = SOUND.replace("to: tabela", "to: tabel", 1).replace("inicio: inicio", "inicio: quantas", 1)
    codes = [problem.split()[0] for problem in problems(text)]
    assert codes == ["M204", "M325"]


def test_an_unknown_entity_is_told_once_and_not_in_every_expression() -> None:
    (told,) = changed("of: plano", "of: plan")
    assert told.startswith(f"M204 {ACTION}:3:5")
