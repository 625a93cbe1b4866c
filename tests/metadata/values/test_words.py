"""Numbers in Portuguese words: examples of every rule, and that no two numbers are said alike."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.values.words import LIMIT, money_in_words, number_in_words

NUMBERS = {
    "0": "zero",
    "-0": "zero",
    "1": "um",
    "14": "quatorze",
    "20": "vinte",
    "21": "vinte e um",
    "100": "cem",
    "101": "cento e um",
    "110": "cento e dez",
    "199": "cento e noventa e nove",
    "200": "duzentos",
    "1000": "mil",
    "1001": "mil e um",
    "1100": "mil e cem",
    "1101": "mil cento e um",
    "1500": "mil e quinhentos",
    "2000": "dois mil",
    "21000": "vinte e um mil",
    "100000": "cem mil",
    "101001": "cento e um mil e um",
    "1000000": "um milhão",
    "1000001": "um milhão e um",
    "1200000": "um milhão e duzentos mil",
    "1234567": "um milhão duzentos e trinta e quatro mil quinhentos e sessenta e sete",
    "2001000": "dois milhões e mil",
    "1000000000": "um bilhão",
    "3000000000000": "três trilhões",
    "999999999999999": "novecentos e noventa e nove trilhões novecentos e noventa e nove bilhões novecentos e"
    " noventa e nove milhões novecentos e noventa e nove mil novecentos e noventa e nove",
    "-7": "menos sete",
    "0.5": "zero vírgula cinco",
    "12.340": "doze vírgula trinta e quatro",
    "1.005": "um vírgula zero zero cinco",
}
AMOUNTS = {
    "0": "zero reais",
    "0.00": "zero reais",
    "0.01": "um centavo",
    "0.50": "cinquenta centavos",
    "1": "um real",
    "1.01": "um real e um centavo",
    "2": "dois reais",
    "-1.50": "menos um real e cinquenta centavos",
    "1000": "mil reais",
    "1000000": "um milhão de reais",
    "2000000.10": "dois milhões de reais e dez centavos",
    "1000001": "um milhão e um reais",
    "1000000000": "um bilhão de reais",
    "1234.56": "mil duzentos e trinta e quatro reais e cinquenta e seis centavos",
    "0.005": "zero reais",
    "-0.001": "zero reais",
    "0.015": "dois centavos",
    "999999999999999.99": "novecentos e noventa e nove trilhões novecentos e noventa e nove bilhões novecentos e"
    " noventa e nove milhões novecentos e noventa e nove mil novecentos e noventa e nove reais"
    " e noventa e nove centavos",
}


@pytest.mark.parametrize(("text", "words"), NUMBERS.items(), ids=NUMBERS)
def test_a_number_in_words(text: str, words: str) -> None:
    assert number_in_words(Decimal(text)) == words


@pytest.mark.parametrize(("text", "words"), AMOUNTS.items(), ids=AMOUNTS)
def test_an_amount_in_words(text: str, words: str) -> None:
    assert money_in_words(Decimal(text)) == words


def test_feminine_words_reach_to_the_thousands() -> None:
    assert number_in_words(Decimal(2222), feminine=True) == "duas mil duzentas e vinte e duas"
    assert number_in_words(Decimal(2_000_001), feminine=True) == "dois milhões e uma"
    assert number_in_words(Decimal(500), feminine=True) == "quinhentas"


@pytest.mark.parametrize("text", ["1e15", "-1e15", "999999999999999.999", "1e300"])
def test_what_is_too_long_has_no_words(text: str) -> None:
    assert money_in_words(Decimal(text)) is None


_VALUES = {
    word: value
    for value in range(1, 1000)
    for word in [number_in_words(Decimal(value))]
}  # fmt: skip
_SCALES = {"mil": 1000, "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9}
_SCALES |= {"trilhão": 10**12, "trilhões": 10**12}


def _understood(said: str) -> int:
    """Read words as a person would: groups before their scale, added up."""
    total, group = 0, []
    for word in said.split():
        if word in _SCALES:
            total += _SCALES[word] * (_VALUES[" ".join(group).removeprefix("e ")] if group else 1)
            group = []
        else:
            group.append(word)
    return total + (_VALUES[" ".join(group).removeprefix("e ")] if group else 0)


@given(value=st.integers(1, LIMIT - 1) | st.integers(1, 10**6))
def test_what_is_said_is_understood_again(value: int) -> None:
    said = number_in_words(Decimal(value))
    assert said is not None
    assert _understood(said) == value


@given(cents=st.integers(0, 100 * LIMIT - 1))
def test_an_amount_says_reais_and_centavos_apart(cents: int) -> None:
    reais, rest = divmod(cents, 100)
    parts = [f"{number_in_words(Decimal(reais))}"] if reais else []
    parts += [f"{number_in_words(Decimal(rest))}"] if rest else []
    said = (money_in_words(Decimal(cents).scaleb(-2)) or "").replace(" de reais", " reais")
    heard = [
        part.rsplit(" ", 1)[0]
        for part in said.replace("reais e ", "reais|").replace("real e ", "real|").split("|")
    ]
    assert heard == (parts or ["zero"])
