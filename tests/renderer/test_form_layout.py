"""The compiled form: what is written once, what is filled per request, widths, generated forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage.record import Row
from kernel.storage.records import blank
from metadata.types import TYPES
from renderer import form_layout, forms
from renderer.assets import Assets
from renderer.environment import environment
from renderer.form_layout import FormLayout
from renderer.widgets import WIDGETS
from tests import plans

ANA = at_present("ana")


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return plans.runtime()


@pytest.fixture(scope="module")
def form(runtime: Runtime) -> FormLayout:
    return form_layout.layout(runtime, "plano", environment(Assets()))


class Controls(HTMLParser):
    """Collects names and ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key == "name" and value:
                self.names.append(value)
            if key == "id" and value:
                self.ids.append(value)


def drawn(form: FormLayout, row: Row) -> str:
    return str(forms.body(form, forms.shown_content(form, row, ANA)))


def test_every_type_has_a_widget_and_every_widget_a_type() -> None:
    assert WIDGETS.keys() == TYPES.keys()


def test_a_form_is_compiled_once_per_runtime(runtime: Runtime, form: FormLayout) -> None:
    assert form_layout.layout(runtime, "plano", environment(Assets())).body is not None
    templates = environment(Assets())
    assert form_layout.layout(runtime, "plano", templates) is form_layout.layout(runtime, "plano", templates)


def test_every_field_of_the_form_has_its_control_and_ids_are_unique(
    runtime: Runtime, form: FormLayout
) -> None:
    page = Controls()
    page.feed(drawn(form, blank(runtime, ANA, "plano")))
    for name, control in form.controls.items():
        assert any(each == f"f.{name}" or each.startswith(f"f.{name}.") for each in page.names), name
        assert str(control.id) in page.ids
    assert len(page.ids) == len(set(page.ids))


def test_clean_and_full_pieces_draw_the_same_where_nothing_is_wrong(
    runtime: Runtime, form: FormLayout
) -> None:
    content = forms.shown_content(form, blank(runtime, ANA, "plano"), ANA)
    clean = str(forms.body(form, content))
    content.wrong = {"": 1}
    assert str(forms.body(form, content)).replace("\n", "") == clean.replace("\n", "")


def test_values_are_written_as_their_controls_post_them(runtime: Runtime, form: FormLayout) -> None:
    values = {
        "nome": 'Flex "II" <b>',
        "situacao": "suspenso",
        "mensalidade": Decimal("1234.5"),
        "desconto": Decimal("0.125"),
        "abertura": time(8, 30),
        "web": True,
        "cnpj": "12ABC34501DE35",
        "visto_em": datetime(2026, 11, 5, 12, 0, tzinfo=UTC),
        "redes": (3, 4),
    }
    empty = blank(runtime, ANA, "plano")
    row = replace(
        empty, id=1, version=2, values={**empty.values, **values}, shown={"redes": ("Sul", "Norte")}
    )
    page = drawn(form, row)
    for wanted in (
        'value="Flex &#34;II&#34; &lt;b&gt;"',
        '<option value="suspenso" selected>',
        'value="1.234,50"',
        'value="12,5"',
        'value="08:30"',
        'name="f.web" value="sim" checked',
        'value="12.ABC.345/01DE-35"',
        'value="05/11/2026 09:00"',
        'aria-label="Norte"',
    ):
        assert wanted in page


def test_an_option_that_is_no_longer_offered_is_kept(runtime: Runtime, form: FormLayout) -> None:
    empty = blank(runtime, ANA, "plano")
    page = drawn(form, replace(empty, values={**empty.values, "situacao": "antigo"}))
    assert '<option value="antigo" selected>antigo</option>' in page


def test_an_entity_without_a_form_gets_one_with_all_its_fields(runtime: Runtime) -> None:
    made = form_layout.layout(runtime, "faixa", environment(Assets()))
    assert set(made.controls) == {"plano", "de", "ate", "valor", "situacao", "rede"}
    assert set(made.grids) == {"degraus"}


def test_a_grid_leaves_out_the_link_to_its_parent(form: FormLayout) -> None:
    assert [str(column.field.name) for column in form.grids["avisos"].columns] == ["quando", "texto"]
    assert form.grids["avisos"].newest_first
    assert form.grids["faixas"].page == "faixa"
    assert form.grids["avisos"].page == ""


def test_a_new_row_comes_with_its_defaults(runtime: Runtime, form: FormLayout) -> None:
    content = forms.shown_content(form, blank(runtime, ANA, "plano"), ANA)
    assert content.rows["avisos"][-1].entries["quando"].text == ANA.today.strftime("%d/%m/%Y")


@pytest.mark.parametrize(("row", "spans"), [("codigo", 2), ("nome", 6), ("situacao", 4)])
def test_elastic_fields_take_what_is_left_of_a_row(form: FormLayout, row: str, spans: int) -> None:
    assert form.controls[row].span == spans


def test_a_grid_shows_its_totals_before_any_script(form: FormLayout, runtime: Runtime) -> None:
    row = blank(runtime, ANA, "plano")
    bands = tuple(
        Row(number, 1, {"de": number, "ate": number, "valor": Decimal(value)}, {}, "", None)
        for number, value in enumerate(("0.10", "0.20", "1234.00"), 1)
    )
    page = drawn(form, replace(row, children={"faixas": bands}))
    foot = page[page.index("<tfoot>") : page.index("</tfoot>")]
    assert "<span data-sum>1.234,30</span>" in foot
    assert "<span data-sum>6</span>" in foot
