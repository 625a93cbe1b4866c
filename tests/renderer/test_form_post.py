"""Reading a post: as typed first, then as values; all problems at once; nothing lost on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from kernel.context import at_present
from kernel.storage.record import Conflict, Difference
from metadata.problems import Refused
from renderer import conflict, form_layout, form_post, forms
from renderer.assets import Assets
from renderer.environment import environment
from renderer.form_layout import FormLayout
from renderer.form_post import Reading, Typed
from tests import plans

ANA = at_present("ana")


@pytest.fixture(scope="module")
def form() -> FormLayout:
    return form_layout.layout(plans.runtime(), "plano", environment(Assets()))


def nobody(field: Any, text: str, around: Any) -> Refused:
    return Refused("R117", {"text": text})


def named(field: Any, record: int) -> str:
    return f"{field.label} {record}"


def typed(form: FormLayout, base: dict[str, Any] | None = None, **texts: str | list[str]) -> Typed:
    posted = {
        name.replace("__", "."): [text] if isinstance(text, str) else text for name, text in texts.items()
    }
    if base:
        posted["base"] = [orjson.dumps(base).decode()]
    return form_post.as_typed(form, posted, ANA)


def reading(form: FormLayout, made: Typed, record: int | None = None) -> Reading:
    return form_post.read(form, made, record, ANA, nobody)


def test_texts_become_values_by_the_type_of_their_field(form: FormLayout) -> None:
    read = reading(
        form,
        typed(form, f__mensalidade="1.234,5", f__inicio="2026-11-05", f__web="sim", f__redes=["", "3", "4"]),
    )
    assert read.problems == ()
    assert read.edit.values["mensalidade"] == Decimal("1234.5")
    assert read.edit.values["inicio"].isoformat() == "2026-11-05"
    assert read.edit.values["web"] is True
    assert read.edit.values["redes"] == (3, 4)


def test_a_field_that_was_not_posted_is_not_mentioned(form: FormLayout) -> None:
    assert set(reading(form, typed(form, f__nome="Flex")).edit.values) == {"nome"}


def test_what_only_the_system_writes_is_not_taken(form: FormLayout) -> None:
    assert "numero" not in reading(form, typed(form, f__numero="000009")).edit.values


def test_every_unreadable_text_is_told_and_kept(form: FormLayout) -> None:
    made = typed(
        form,
        f__inicio="31/02/2026",
        f__vidas="muitas",
        f__cnpj="1",
        c__faixas__4__valor="caro",
        c__faixas__4__de="0",
    )
    read = reading(form, made)
    assert {problem.field for problem in read.problems} == {"inicio", "vidas", "cnpj", "faixas/0/valor"}
    assert made.content.entries["vidas"].text == "muitas"
    assert made.content.rows["faixas"][0].entries["valor"].text == "caro"


def test_a_link_is_its_id_while_its_words_are_untouched(form: FormLayout) -> None:
    made = typed(form, f__estado="7", f__estado__texto="MG", f__estado__de="MG")
    assert reading(form, made).edit.values["estado"] == 7
    changed = typed(form, f__estado="7", f__estado__texto="Bahia", f__estado__de="MG")
    assert [problem.code for problem in reading(form, changed).problems] == ["R117"]
    emptied = typed(form, f__estado="7", f__estado__texto="", f__estado__de="MG")
    assert reading(form, emptied).edit.values["estado"] is None


def test_a_new_row_that_nobody_filled_is_no_row(form: FormLayout) -> None:
    today = ANA.today.strftime("%d/%m/%Y")
    assert not reading(form, typed(form, c__avisos__0__quando=today, c__avisos__0__texto="")).edit.children
    filled = reading(form, typed(form, c__avisos__0__quando=today, c__avisos__0__texto="x")).edit.children
    assert filled["avisos"][0].id is None


def test_a_row_marked_for_removal_says_only_that(form: FormLayout) -> None:
    made = typed(form, c__faixas__0__id="12", c__faixas__0__de="x", c__faixas__0__removed="1")
    read = reading(form, made, 1)
    assert read.problems == ()
    (row,) = read.edit.children["faixas"]
    assert (row.id, row.removed) == (12, True)


def test_the_base_is_read_back_to_values(form: FormLayout) -> None:
    base = {"f": {"nome": "Antes", "mensalidade": "10,00"}, "c": {"faixas": {"12": {"valor": "286,40"}}}}
    made = typed(form, base, f__nome="Depois", c__faixas__0__id="12", c__faixas__0__valor="300")
    edit = reading(form, made, 1).edit
    assert edit.base == {"nome": "Antes", "mensalidade": Decimal("10.00")}
    assert edit.children["faixas"][0].base == {"valor": Decimal("286.40")}


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"f": 3, "c": []}', '{"f": {"nome": {"x": 1}}}'])
def test_a_broken_base_counts_as_none(form: FormLayout, broken: str) -> None:
    made = form_post.as_typed(form, {"f.nome": ["Flex"], "base": [broken], "version": ["9"]}, ANA)
    assert reading(form, made, 1).edit.base == {}


def test_strange_names_are_left_alone(form: FormLayout) -> None:
    made = form_post.as_typed(form, {"c.nada.0.de": ["1"], "c.faixas.x.de": ["1"], "f.nada": ["1"]}, ANA)
    assert reading(form, made).edit.values == {}
    assert not reading(form, made).edit.children


# ── conflicts ─────────────────────────────────────────────────────────────────────────────────────

BASE = {"f": {"nome": "Antes", "vidas": "1"}, "c": {"faixas": {"12": {"de": "0", "valor": "1,00"}}}}


def clash(same: tuple[Difference, ...], other: tuple[Difference, ...] = ()) -> Conflict:
    return Conflict(9, "paulo", ANA.now, same, other)


def test_the_other_fields_join_and_the_same_one_is_asked(form: FormLayout) -> None:
    made = typed(form, BASE, f__nome="Meu", f__vidas="1", version="3")
    found = clash((Difference("nome", "Antes", "Meu", "Dele"),), (Difference("vidas", 1, 1, 214),))
    asked = conflict.settle(form, made, found, "às 09:14", named)
    assert asked.joined == ("Vidas",)
    assert (asked.items[0].mine, asked.items[0].theirs, asked.items[0].target) == ("Meu", "Dele", "f-nome")
    assert made.version == 9
    assert made.content.entries["vidas"].text == "214"
    assert made.content.entries["nome"].text == "Meu"
    assert made.base["f"] == {"nome": "Dele", "vidas": "214"}


def test_links_are_told_by_their_words(form: FormLayout) -> None:
    made = typed(form, BASE, f__estado="7", f__estado__texto="MG", f__estado__de="MG")
    found = clash((Difference("estado", None, 7, 8),), (Difference("redes", (), (), (3, 4)),))
    asked = conflict.settle(form, made, found, "", named)
    assert (asked.items[0].mine, asked.items[0].theirs) == ("Estado 7", "Estado 8")
    assert made.content.entries["redes"].shown == {"3": "Redes 3", "4": "Redes 4"}


@pytest.mark.parametrize(("chosen", "name"), [("meu", "Meu"), ("deles", "Dele")])
def test_the_answer_decides_the_field(form: FormLayout, chosen: str, name: str) -> None:
    base = {"f": {"nome": "Dele"}, "c": {}}
    made = typed(form, base, f__nome="Meu", perguntado="nome", escolha__nome=chosen)
    assert conflict.answer(form, made, named) == []
    assert made.content.entries["nome"].text == name


def test_without_an_answer_it_is_asked_again(form: FormLayout) -> None:
    made = typed(form, BASE, f__nome="Meu", perguntado="nome")
    assert [(problem.code, problem.field) for problem in conflict.answer(form, made, named)] == [
        ("R141", "nome")
    ]


def test_a_cell_goes_by_the_id_of_its_row(form: FormLayout) -> None:
    made = typed(form, BASE, c__faixas__5__id="12", c__faixas__5__valor="2,00")
    found = clash((Difference("faixas/12/valor", Decimal(1), Decimal(2), Decimal(3)),))
    asked = conflict.settle(form, made, found, "", named)
    assert asked.items[0].label == "Faixas de preço, linha 1, Valor"
    assert made.base["c"]["faixas"]["12"]["valor"] == "3,00"


def test_a_row_that_they_removed_may_come_back_as_a_new_one(form: FormLayout) -> None:
    made = typed(form, BASE, c__faixas__0__id="12", c__faixas__0__de="5")
    found = clash((Difference("faixas/12", {}, {"de": 5}, None),))
    assert conflict.settle(form, made, found, "", named).items[0].theirs == "linha excluída"
    kept = typed(
        form,
        BASE,
        c__faixas__0__id="12",
        c__faixas__0__de="5",
        perguntado="faixas/12",
        **{"escolha__faixas/12": "meu"},
    )
    assert conflict.answer(form, kept, named) == []
    assert [row.id for row in kept.content.rows["faixas"]] == [""]
    gone = typed(
        form,
        BASE,
        c__faixas__0__id="12",
        c__faixas__0__de="5",
        perguntado="faixas/12",
        **{"escolha__faixas/12": "deles"},
    )
    assert conflict.answer(form, gone, named) == []
    assert gone.content.rows["faixas"] == []


def test_a_row_that_i_removed_may_stay_as_they_changed_it(form: FormLayout) -> None:
    texts = {"c__faixas__0__id": "12", "c__faixas__0__de": "0", "c__faixas__0__removed": "1"}
    made = typed(form, BASE, **texts)
    asked = conflict.settle(
        form, made, clash((Difference("faixas/12", {}, None, {"valor": Decimal(7)}),)), "", named
    )
    assert asked.items[0].theirs == "manter, com Valor 7,00"
    again = typed(form, made.base, **texts, perguntado="faixas/12", **{"escolha__faixas/12": "deles"})
    assert conflict.answer(form, again, named) == []
    (row,) = again.content.rows["faixas"]
    assert (row.removed, row.entries["valor"].text) == (False, "7,00")


def test_a_draft_shows_again_exactly_what_was_typed(form: FormLayout) -> None:
    texts = {
        "f.nome": ["  <Flex> "],
        "f.vidas": ["x"],
        "c.faixas.0.valor": ["caro"],
        "f.redes": ["", "4"],
        "f.redes.nome.4": ["Sul"],
    }
    made = form_post.as_typed(form, texts, ANA)
    rows = {
        name: forms.with_blank(grid, list(made.content.rows[name]), ANA) for name, grid in form.grids.items()
    }
    made.content.rows = rows
    page = str(forms.body(form, made.content))
    for wanted in ('value="  &lt;Flex&gt; "', 'name="f.vidas"', 'value="caro"', 'aria-label="Sul"'):
        assert wanted in page
