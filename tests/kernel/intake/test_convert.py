"""What SQL takes as plain has the value that the types give, for every type and any text."""

from __future__ import annotations

import string
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.intake import convert, settle
from kernel.intake.plain import Cell, conditions
from kernel.intake.plan import sql_type
from metadata.choices import Option
from metadata.entity import Field
from metadata.limits import check_value
from metadata.problems import Refused
from metadata.types import TYPES
from metadata.values.moments import SITE_ZONE
from metadata.values.registers import cnpj_digits, cpf_digits

EXAMPLES = 8  # lists of texts, not texts
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=SITE_ZONE)
OPTIONS = {
    "ativo": Option(label="Registro ativo"),
    "S": Option(label="Suspensão"),
    "x.1": Option(label="Ativo"),
}
MANY = {"children", "many links", "attachment", "image", "link"}


def field(**keys: Any) -> Field:
    made = Field.model_validate(keys)
    made.resolve("campo", OPTIONS if keys["type"] == "choice" else None)
    return made


FIELDS = {
    "text": field(type="text", max="12"),
    "text, least": field(type="text", min="3"),
    "text, upper": field(type="text", max="20", upper="yes"),
    "text, digits": field(type="text", mask="999.999/99-9"),
    "text, letters": field(type="text", mask="AA-99", upper="yes"),
    "text, either": field(type="text", mask="***"),
    "long text": field(type="long text", max="30"),
    "integer": field(type="integer"),
    "integer, positive": field(type="integer", min="0", max="1000"),
    "decimal": field(type="decimal(9,6)", min="-90"),
    "decimal, whole": field(type="decimal(5,0)"),
    "money": field(type="money(9,2)", min="-100"),
    "percent": field(type="percent", min="0", max="1"),
    "percent, coarse": field(type="percent(5,2)"),
    "date": field(type="date"),
    "date, limits": field(type="date", min="1900-01-01", max="2100-12-31"),
    "month": field(type="month"),
    "time": field(type="time", max="20:00"),
    "date and time": field(type="date and time"),
    "duration": field(type="duration"),
    "yes/no": field(type="yes/no"),
    "choice": field(type="choice", of="situacao"),
    "cpf": field(type="cpf"),
    "cnpj": field(type="cnpj"),
    "cns": field(type="cns"),
    "cep": field(type="cep"),
    "phone": field(type="phone"),
    "e-mail": field(type="e-mail"),
    "colour": field(type="colour"),
    "formula": field(type="formula"),
    "sequence": field(type="sequence", pattern="{n:6}"),
    "json": field(type="json"),
}
FORMATS = {
    "date": ("dd/mm/yyyy", "yyyy-mm-dd", "yyyymmdd", "ddmmyyyy", "mm/dd/yyyy", "dd.mm.yyyy"),
    "month": ("dd/mm/yyyy",),
    "decimal": ("point",),
    "money": ("point",),
    "percent": ("point",),
}
CASES = [(name, "") for name in FIELDS] + [(name, form) for name, forms in FORMATS.items() for form in forms]

pieces = st.text("0123456789,.-+/: %ThPRM$Ee−\u00a0", max_size=12)
words = st.text(string.ascii_letters + "áçÃÉß ªº–“|\t\n\x07\u0301\u00a0 ", max_size=14)
dates = st.dates().flatmap(
    lambda day: st.sampled_from(
        ("%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%m/%Y", "%Y-%m", "%d.%m.%Y", "%m/%d/%Y")
    ).map(day.strftime)
)
clocks = st.times().flatmap(lambda one: st.sampled_from(("%H:%M", "%H:%M:%S", "%H%M")).map(one.strftime))
numbers = st.decimals(-(10**9), 10**9, places=3, allow_nan=False).flatmap(
    lambda one: st.sampled_from(
        (f"{one}", f"{one:.2f}", f"{one:,.2f}", f"{one:.2f}".replace(".", ","), f"{one:.0f}", f"{one}%")
    )
)
brazilian = numbers.map(lambda text: text.translate(str.maketrans(",.", ".,")))
people = st.from_regex(r"[0-9]{9}", fullmatch=True, alphabet=string.digits).map(
    lambda text: text + cpf_digits(text)
)
companies = st.from_regex(r"[0-9]{12}", fullmatch=True, alphabet=string.digits).map(
    lambda text: text + cnpj_digits(text)
)
digits = st.text("0123456789", min_size=7, max_size=16)
shapes = st.sampled_from(
    ["24:00", "23:59:60", "1//02/2020", "1-/02/2020", "31/02/2020", "29/02/2023", "0000-01-01", "00/00/0000", "1e5", "NaN",
     "Infinity", "infinity", "today", "now", "12345678901234567890", "-", ",", ".", "5,", ",5", "1.234", "1.234,5", "12.34,5",
     "1,234.5", "--1", "1-2", "+3", "sim", "NÃO", "Não", "TRUE", "registro ativo", "REGISTRO ATIVO", "ATIVO", "suspensão",
     "P6M", "PT24H", "p30d", "P1Y6M", "ana@unimed.com.br", "a@b.c1", "a..b@c.com", "A@B.COM", "x@-a.com", "#fff", "#17664c",
     "(35) 99871-0442", "3534221234", "35998710442", "37550-000", "37.550-000", "198765432100008", "00000000000",
     "529.982.247-25", "12.ABC.345/01DE-35", "2026-11-05 14:30", "05/11/2026 14:30:15", "2018-11-04 00:30", "2026-11-05T14:30Z",
     "123.456/78-9", "123456789", "AB-12", "ab12", "  ABC ", "{}", "[1]", "NULL", "\\N", "%", "30%", "30 %", "3%0"]
)  # fmt: skip
texts = st.one_of(
    pieces, words, dates, clocks, numbers, brazilian, people, companies, digits, shapes, st.text(max_size=8)
).map(
    lambda text: "".join(
        character for character in text if character != "\0" and not "\ud800" <= character <= "\udfff"
    )
)


def by_python(text: str, of: Field, form: str) -> Any:
    """The verdict of the rest of the product; Refused or a value."""
    from kernel.intake.odd import _parser
    from kernel.intake.plan import Fill
    from metadata.layout import Column

    fill = Fill(of, Column(to="campo", format=form), 0, None, (), is_key=False)
    found = _parser(fill)(text, of, NOW)
    return found if isinstance(found, Refused) else (check_value(found, of) or found)


def by_sql(connection: Any, given: list[str], of: Field, form: str, sql: str = "q.raw") -> dict[int, Any]:
    """The values of the texts that SQL takes."""
    server = connection.info.server_version
    plain = convert.plain(Cell(sql, of, form, server))
    connection.execute("SET datestyle = 'ISO, DMY'")
    select = f"SELECT q.place, ({plain.value})::{sql_type(of)} FROM q WHERE {conditions([plain])}"
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS q (place int, raw text)")
    connection.execute("TRUNCATE q")
    connection.execute(
        "INSERT INTO q SELECT n, t FROM unnest(%s::text[]) WITH ORDINALITY AS u (t, n)", [given]
    )
    return {place - 1: value for place, value in connection.execute(select)}


@pytest.mark.every_postgres
@pytest.mark.parametrize(("name", "form"), CASES)
def test_plain_texts_have_the_value_that_the_types_give(database, name, form):
    of = FIELDS[name]
    with database.connect() as connection:
        raw = connection.connection.driver_connection
        raw.prepare_threshold = None

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(texts, min_size=30, max_size=80))
        def holds(given_texts: list[str]) -> None:
            given_texts = [text for text in given_texts if text]
            padded = [f" {text} " for text in given_texts]
            for texts_read, sql in ((given_texts, "q.raw"), (padded, settle.trimmed("q.raw", of))):
                for place, value in by_sql(raw, texts_read, of, form, sql).items():
                    text = texts_read[place]
                    expected = by_python(text, of, form) if text.strip() else None
                    expected = None if expected == "" else expected
                    assert value == expected, f"{text!r} as {name} {form}: SQL says {value!r}"

        holds()


USUAL = {
    "text": ["Ação", "Rua 7, nº 3", "A|B"],
    "text, upper": ["São João", "ABC ç"],
    "text, digits": ["123.456/78-9", "123456789"],
    "text, letters": ["AB-12", "ab12"],
    "integer": ["0", "-15", "123456789012"],
    "integer, positive": ["1000"],
    "decimal": ["-16,7573", "12,345678", "3", "16.7573"],
    "money": ["1234,56", "1.234,56", "1234.5", "-99,99"],
    "percent": ["30", "30%", "2,5%"],
    "date": ["05/11/2026", "2026-11-05", "31/12/1999"],
    "month": ["11/2026", "2026-11"],
    "time": ["14:30", "08:05:59"],
    "date and time": ["05/11/2026 14:30", "2026-11-05 14:30:15"],
    "duration": ["P30D", "PT24H"],
    "yes/no": ["sim", "Não", "S", "n", "1", "true"],
    "choice": ["ativo", "Registro ativo", "REGISTRO ATIVO"],
    "cpf": ["52998224725", "529.982.247-25"],
    "cnpj": ["11222333000181", "11.222.333/0001-81"],
    "cep": ["37550-000", "37550000"],
    "phone": ["35998710442", "(35) 99871-0442"],
    "e-mail": ["ana.silva@unimed.coop.br"],
    "colour": ["#17664c"],
    "long text": ["uma linha\noutra"],
}


@pytest.mark.every_postgres
@pytest.mark.parametrize("name", USUAL)
def test_usual_texts_are_plain(database, name):
    """Otherwise imports would still be right, but slow."""
    with database.connect() as connection:
        raw = connection.connection.driver_connection
        assert sorted(by_sql(raw, USUAL[name], FIELDS[name], "")) == list(range(len(USUAL[name])))


def test_every_type_has_its_way():
    assert convert._TYPES.keys() == TYPES.keys()
    assert {one.type for one in FIELDS.values()} | MANY == TYPES.keys()
