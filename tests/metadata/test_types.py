"""Every field type reads what it prints, refuses without raising, and has each column of the table."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metadata.entity import Field
from metadata.limits import check_value
from metadata.problems import Problem, Refused
from metadata.types import TYPES, FieldType, read_typed
from metadata.values import registers
from tests.metadata.plain_trees import NASTY

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 3, 10, 14, 30, tzinfo=ZONE)
NEEDED = {
    "choice": {"of": {"x": "Xis", "y.1": "Ípsilon", "Z": "Zê, com vírgula"}},
    "link": {"to": "a"},
    "many links": {"to": "a"},
    "children": {"of": "a"},
    "sequence": {"pattern": "{n:6}"},
}
SPECIAL = [
    ("decimal(38,10)", {}),
    ("decimal(9,0)", {}),
    ("money(15,4)", {}),
    ("percent(9,2)", {}),
    ("text", {"mask": "999.999/99-9"}),
    ("text", {"mask": "AAA-9*99"}),
    ("text", {"upper": "yes"}),
]
KEYS = {info.alias or name for name, info in Field.model_fields.items()}
OPERATORS = {
    *("is", "is not", "one of", "contains", "starts with", "from", "to", "between", "empty", "filled"),
}


def field(kind: str, **options: Any) -> Field:
    made = Field.model_validate({"type": kind, **NEEDED.get(kind, {}), **options})
    made.resolve("campo")
    return made


FIELDS = [field(name) for name in TYPES] + [field(kind, **options) for kind, options in SPECIAL]
VALUED = [one for one in FIELDS if one.type != "children"]


def label(one: Field) -> str:
    return one.type_text + (f" {one.mask}" if one.mask else "")


def parse(kind: str, text: str, **options: Any) -> Any:
    one = field(kind, **options)
    return one.kind.parse(text, one, NOW)


# ── the table ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", TYPES.values(), ids=lambda kind: kind.name)
def test_no_column_of_the_table_is_missing_an_entry(kind: FieldType) -> None:
    for column in dataclasses.fields(kind):
        assert getattr(kind, column.name) is not None
    assert kind.storage in {
        *("text", "bigint", "numeric", "date", "time", "timestamptz", "boolean"),
        *("link", "bridge", "file", "jsonb", "none"),
    }
    assert set(kind.operators) <= OPERATORS
    assert 1 <= kind.span <= 12
    assert kind.options <= KEYS
    assert set(kind.needs) <= kind.options
    assert kind.widget
    assert kind.cell


def test_every_key_of_a_field_serves_some_type() -> None:
    assert set().union(*(kind.options for kind in TYPES.values())) == KEYS


@pytest.mark.parametrize("one", FIELDS, ids=label)
def test_the_json_schema_of_a_value_is_sound(one: Field) -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(one.kind.json_schema(one))


def test_every_type_has_a_widget() -> None:
    from renderer.widgets import WIDGETS

    assert set(WIDGETS) == set(TYPES)


# ── round trips ───────────────────────────────────────────────────────────────────────────────────


def decimals(one: Field) -> st.SearchStrategy[Decimal]:
    biggest = 10 ** (one.precision - one.scale) - 1
    return st.decimals(-biggest, biggest, places=one.scale, allow_nan=False)


def instants() -> st.SearchStrategy[datetime]:
    made = st.datetimes(datetime(1500, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    whole = made.map(lambda value: value.replace(microsecond=0))
    return whole.filter(lambda value: value.astimezone(ZONE).fold == 0)


def durations() -> st.SearchStrategy[str]:
    number = st.integers(1, 9999)
    years = st.integers(1, 999)  # a thousand is the most, see test_a_length_of_more_than_a_thousand_years
    months = st.builds(lambda y, m: f"P{y}Y{m}M", years, st.integers(1, 11))
    return months | number.map(lambda n: f"P{n}D") | number.map(lambda n: f"PT{n}H")


# The database keeps no NUL within a text: such JSON is refused, see test_any_json_is_read_or_refused.
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
VALUES = {
    "integer": st.integers(-(10**18) + 1, 10**18 - 1),
    "date": st.dates(date(1000, 1, 1)),
    "month": st.dates(date(1000, 1, 1)).map(lambda day: day.replace(day=1)),
    "time": st.times().map(lambda value: value.replace(microsecond=0)),
    "date and time": instants(),
    "duration": durations(),
    "yes/no": st.booleans(),
    "choice": st.sampled_from(("x", "y.1", "Z")),
    "link": st.integers(1, 10**17),
    "attachment": st.integers(1, 10**17),
    "image": st.integers(1, 10**17),
    "many links": st.lists(st.integers(1, 10**6), min_size=1, unique=True).map(
        lambda ids: tuple(sorted(ids))
    ),
    "json": json_values,
    "colour": st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"),
}


@pytest.mark.parametrize("one", [one for one in VALUED if one.type in VALUES or one.precision], ids=label)
@settings(max_examples=30, deadline=None)
@given(draw=st.data())
def test_what_is_printed_is_read_as_the_same_value(one: Field, draw: st.DataObject) -> None:
    value = draw.draw(decimals(one) if one.precision else VALUES[one.type])
    assert one.kind.parse(one.kind.print(value, one), one, NOW) == value
    sent = one.kind.to_json(value, one)
    assert one.kind.from_json(json.loads(json.dumps(sent)), one) == value


EXAMPLES = (
    *(
        "529.982.247-25",
        "11144477735",
        "12.ABC.345/01DE-35",
        "11222333000181",
        "700508992345957",
        "37550-000",
    ),
    *("(35) 99871-0442", "+351912345678", "a@b.com.br", "#abc", "P1Y6M", "30 dias", "1 ano e 6 meses", "24h"),
    *(
        "14:30",
        "05/11/2026 14:30",
        "2026-11-05T14:30:00Z",
        "h",
        "+7",
        "fm",
        "1.234,56",
        "12,5%",
        "sim",
        "Xis",
    ),
    *(
        "471.806/14-2",
        "abc-1d23",
        '{"a": [1, 2]}',
        "1,2,3",
        "١٢٣",
        "½",
        "²",
        "ﬁ",
        "İ",
        "ß",
        "e\u0301",
        "\u0130\u0307",
    ),
    *(
        "9" * 70,
        "x" * 100_000,
        "-",
        "+",
        ".",
        ",",
        "P",
        "PT",
        "\0",
        "\ud800",
        "NaN",
        "Infinity",
        "1e999999",
        "-0",
    ),
)
anything = st.sampled_from((*EXAMPLES, *NASTY)) | st.text(max_size=30)


@pytest.mark.parametrize("one", FIELDS, ids=label)
@settings(max_examples=50, deadline=None)
@given(text=anything)
def test_any_text_is_read_or_refused_and_what_is_read_is_printed(one: Field, text: str) -> None:
    kind = one.kind
    value = kind.parse(text, one, NOW)
    if isinstance(value, Refused):
        assert len(value.sentence()) < 1000
        return
    again = kind.parse(kind.print(value, one), one, NOW)
    rounded = one.precision and Decimal(value).as_tuple().exponent < -one.scale
    assert rounded or again == value
    sent = kind.to_json(value, one)
    assert rounded or kind.from_json(json.loads(json.dumps(sent)), one) == value


@pytest.mark.parametrize("one", FIELDS, ids=label)
@pytest.mark.parametrize("piece", ["x", "9", "1,", "[", "-", " ", "a@", "1.", "\u0301", "P1"])
def test_a_very_long_text_is_read_or_refused_in_a_moment(one: Field, piece: str) -> None:
    value = one.kind.parse(piece * 100_000, one, NOW)
    if isinstance(value, Refused):
        assert len(value.sentence()) < 1000
    else:
        one.kind.print(value, one)


@pytest.mark.parametrize("one", VALUED, ids=label)
@settings(max_examples=30, deadline=None)
@given(value=json_values | anything | st.lists(st.text(max_size=5), max_size=2) | st.floats())
@example(value=2**80)
@example(value={"id": True})
def test_any_json_is_read_or_refused(one: Field, value: Any) -> None:
    found = one.kind.from_json(value, one)
    if isinstance(found, Refused):
        assert len(found.sentence()) < 1000
    else:
        one.kind.print(found, one)


# ── numbers and dates as people write them ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("money", "1234,5", "1234.5"),
        ("money", "1.234,50", "1234.50"),
        ("money", "1234.56", "1234.56"),
        ("money", "1.234", "1234"),
        ("money", "R$ 1.234,56", "1234.56"),
        ("money", "-R$ 10,00", "-10.00"),
        ("money", "−3", "-3"),
        ("money", " 1 234,5 ", "1234.5"),
        ("decimal(9,2)", "1.234.567,8", "1234567.8"),
        ("decimal", "1234,567", "1234.567"),
        ("percent", "30", "0.30"),
        ("percent", "12,5%", "0.125"),
    ],
)
def test_numbers_are_read_as_people_write_them(kind: str, text: str, value: str) -> None:
    assert parse(kind, text) == Decimal(value)


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("decimal(9,3)", "1.234", "R112"),
        ("decimal", "1.234", "R112"),
        ("money", "1,2,3", "R111"),
        ("money", "1.23.4", "R111"),
        ("money", "12,3.4", "R111"),
        ("money", "dez", "R111"),
        ("money", "", "R111"),
        ("integer", "1,5", "R110"),
        ("integer", "1.23", "R110"),
        ("integer", "9" * 61, "R128"),
        ("integer", "-" + "1.000" * 20, "R128"),
        ("integer", "dez " * 30, "R111"),
        ("money", "9" * 61 + ",00", "R128"),
        ("money", "dez " * 30, "R111"),
    ],
)
def test_numbers_that_could_be_two_or_none_are_refused(kind: str, text: str, code: str) -> None:
    refused = parse(kind, text)
    assert isinstance(refused, Refused)
    assert refused.code == code


@pytest.mark.parametrize(
    ("limits", "text", "sentence"),
    [
        ({}, "9" * 25, "Vidas não pode ser maior que 9.223.372.036.854.775.807; corrija o valor"),
        ({}, "-" + "9" * 25, "Vidas não pode ser menor que -9.223.372.036.854.775.807; corrija o valor"),
        ({"max": "120"}, "9" * 25, "Vidas não pode ser maior que 120; corrija o valor"),
    ],
)
def test_a_whole_number_that_is_too_long_is_told_its_limit(
    limits: dict[str, str], text: str, sentence: str
) -> None:
    lives = field("integer", label="Vidas", **limits)
    refused = check_value(lives.kind.parse(text, lives, NOW), lives)
    assert refused is not None
    problem = Problem(refused.code, refused.facts)
    assert f"{problem.sentence()}; {problem.hint()}" == sentence


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("h", NOW.date()),
        ("hoje", NOW.date()),
        ("+7", NOW.date() + timedelta(7)),
        ("-10", NOW.date() - timedelta(10)),
        ("fm", date(2026, 3, 31)),
        ("5/11", date(2026, 11, 5)),
        ("05112026", date(2026, 11, 5)),
        ("5/11/2026", date(2026, 11, 5)),
        ("2026-11-05", date(2026, 11, 5)),
        ("29/02/2024", date(2024, 2, 29)),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, value: date) -> None:
    assert parse("date", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010126", date(2026, 1, 1)),
        ("1/1/26", date(2026, 1, 1)),
        ("311227", date(2027, 12, 31)),
        ("01.01.85", date(1985, 1, 1)),
        ("290200", date(2000, 2, 29)),
        ("010147", date(1947, 1, 1)),
        ("05112026", date(2026, 11, 5)),
        ("310226", "R122"),
        ("010128", "R121"),
        ("010146", "R121"),
    ],
)
def test_a_person_may_leave_out_the_century_where_it_is_clear(text: str, value: date | str) -> None:
    for kind, more in (("date", ""), ("date and time", " 14:30")):
        one = field(kind)
        found = read_typed(text + more, one, NOW)
        if isinstance(value, str):
            assert isinstance(found, Refused)
            assert found.code == value
        else:
            assert one.kind.print(found, one) == f"{value:%d/%m/%Y}{more}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("29/02", "R122"),
        ("29/02/2025", "R122"),
        ("31/04/2026", "R122"),
        ("5/11/26", "R121"),
        ("051126", "R121"),
        ("ontem", "R120"),
    ],
)
def test_dates_that_do_not_exist_are_refused(text: str, code: str) -> None:
    refused = parse("date", text)
    assert isinstance(refused, Refused)
    assert refused.code == code


@pytest.mark.parametrize("text", ["13/2026", "00/2026", "2026-13", "11/0000", "novembro"])
def test_a_month_that_does_not_exist_is_told_as_a_month(text: str) -> None:
    refused = parse("month", text)
    assert isinstance(refused, Refused)
    assert refused.code == "R123"


def test_months_times_and_instants_are_read_as_people_write_them() -> None:
    assert (
        parse("month", "11/2026")
        == parse("month", "112026")
        == parse("month", "2026-11")
        == date(2026, 11, 1)
    )
    assert parse("time", "14h30") == parse("time", "1430") == parse("time", "14:30") == time(14, 30)
    assert parse("date and time", "05/11/2026 14:30") == datetime(2026, 11, 5, 17, 30, tzinfo=UTC)


# ── check digits ──────────────────────────────────────────────────────────────────────────────────

digits = st.text("0123456789", min_size=9, max_size=9).filter(lambda text: len(set(text)) > 1)
places = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12).filter(
    lambda text: len(set(text)) > 1
)


def other_digits(number: str, positions: range) -> list[str]:
    """Return the number with one digit changed, in all ways."""
    return [
        number[:at] + new + number[at + 1 :] for at in positions for new in "0123456789" if new != number[at]
    ]


@settings(deadline=None)
@given(first=digits)
def test_a_cpf_is_accepted_only_with_its_check_digits(first: str) -> None:
    number = first + registers.cpf_digits(first)
    assert parse("cpf", number) == number
    assert all(isinstance(parse("cpf", wrong), Refused) for wrong in other_digits(number, range(9, 11)))


@settings(deadline=None)
@given(first=places)
def test_a_cnpj_with_letters_is_accepted_only_with_its_check_digits(first: str) -> None:
    number = first + registers.cnpj_digits(first)
    assert parse("cnpj", number.lower()) == number
    assert all(isinstance(parse("cnpj", wrong), Refused) for wrong in other_digits(number, range(12, 14)))


@settings(deadline=None)
@given(first=st.sampled_from("12789"), middle=st.text("0123456789", min_size=13, max_size=13))
def test_a_cns_is_accepted_only_when_its_sum_is_right(first: str, middle: str) -> None:
    rest = (
        sum(int(digit) * weight for digit, weight in zip(first + middle, range(15, 1, -1), strict=True)) % 11
    )
    last = (11 - rest) % 11
    if last == 10:
        return
    number = f"{first}{middle}{last}"
    assert parse("cns", number) == number
    seen = [
        position for position in range(1, 15) if position != 4
    ]  # the fifth counts eleven times: never seen
    for wrong in (one for at in seen for one in other_digits(number, range(at, at + 1))):
        assert isinstance(parse("cns", wrong), Refused)


@pytest.mark.parametrize("number", ["52998224725", "11144477735"])
def test_no_single_wrong_digit_of_a_cpf_passes(number: str) -> None:
    assert all(isinstance(parse("cpf", wrong), Refused) for wrong in other_digits(number, range(11)))


@pytest.mark.parametrize("number", ["11222333000181"])
def test_no_single_wrong_digit_of_a_cnpj_passes(number: str) -> None:
    assert all(isinstance(parse("cnpj", wrong), Refused) for wrong in other_digits(number, range(14)))


@pytest.mark.parametrize("text", ["00000000000", "123", "5299822472A", "529982247250"])
def test_what_is_no_cpf_is_refused(text: str) -> None:
    assert isinstance(parse("cpf", text), Refused)


@pytest.mark.parametrize("text", ["1000 anos e 1 mês", "P4000000D", "99999999 dias", "PT99999999999999H"])
def test_a_length_of_more_than_a_thousand_years_is_refused(text: str) -> None:
    one = field("duration")
    refused = one.kind.parse(text, one, NOW)
    assert isinstance(refused, Refused)
    assert refused.code == "R129"
    assert one.kind.parse("1000 anos", one, NOW) == "P1000Y"
