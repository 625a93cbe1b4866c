"""This file writes numbers and amounts in reais in Portuguese words, up to 999 trillions."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

LIMIT = 10**15
MAX_PLACES = 9
_CENT = Decimal("0.01")
_SMALL = (
    "zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze",
    "treze", "quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove",
)  # fmt: skip
_TENS = ("", "", "vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa")
_HUNDREDS = (
    "", "cento", "duzentos", "trezentos", "quatrocentos", "quinhentos", "seiscentos", "setecentos",
    "oitocentos", "novecentos",
)  # fmt: skip
# The thousands and what stands before them have no word for one of them: mil, not um mil.
_SCALES = (
    ("", ""), ("mil", "mil"), ("milhão", "milhões"), ("bilhão", "bilhões"), ("trilhão", "trilhões"),
)  # fmt: skip
_FEMININE = {"um": "uma", "dois": "duas"}


def number_in_words(value: Decimal, *, feminine: bool = False) -> str | None:
    """Write a number: mil duzentos e trinta e quatro; doze vírgula zero cinco; None where it is too long.

    feminine: what is counted is a feminine word: duas mil duzentas e uma (parcelas).
    """
    if value.copy_abs() >= LIMIT:
        return None
    whole, _, digits = f"{value.copy_abs():f}".partition(".")
    digits = digits.rstrip("0")
    if len(digits) > MAX_PLACES:
        return None
    said = _whole(int(whole), feminine=feminine)
    if digits:
        zeros = len(digits) - len(digits.lstrip("0"))
        said = " ".join([said, "vírgula", *["zero"] * zeros, _whole(int(digits), feminine=False)])
    return f"menos {said}" if value < 0 else said


def money_in_words(value: Decimal) -> str | None:
    """Write an amount: um milhão de reais; mil reais e um centavo; None where it is too long.

    More than two decimals are rounded half to even.
    """
    if value.copy_abs() >= LIMIT:
        return None
    cents = int(value.copy_abs().quantize(_CENT, ROUND_HALF_EVEN).scaleb(2))
    reais, rest = divmod(cents, 100)
    if reais >= LIMIT:
        return None
    parts = []
    if reais or not rest:
        of = " de" if reais and reais % 10**6 == 0 else ""
        parts.append(f"{_whole(reais)}{of} {'real' if reais == 1 else 'reais'}")
    if rest:
        parts.append(f"{_whole(rest)} {'centavo' if rest == 1 else 'centavos'}")
    return ("menos " if value < 0 and cents else "") + " e ".join(parts)


def _whole(value: int, *, feminine: bool = False) -> str:
    """Write a whole number; “e” stands before the last group when it is below or a multiple of a hundred."""
    if value == 0:
        return _SMALL[0]
    groups = [(scale, value // 1000**scale % 1000) for scale in range(len(_SCALES))]
    filled = [(scale, group) for scale, group in reversed(groups) if group]
    said = " ".join(_scaled(scale, group, feminine=feminine) for scale, group in filled[:-1])
    scale, group = filled[-1]
    last = _scaled(scale, group, feminine=feminine)
    if not said:
        return last
    return f"{said} e {last}" if group <= 100 or group % 100 == 0 else f"{said} {last}"


def _scaled(scale: int, group: int, *, feminine: bool) -> str:
    """Write three digits with their scale; thousands agree with what is counted, millions do not."""
    name = _SCALES[scale][group > 1]
    if scale == 1 and group == 1:
        return name
    return f"{_group(group, feminine=feminine and scale < 2)} {name}".rstrip()


def _group(value: int, *, feminine: bool) -> str:
    if value == 100:
        return "cem"
    hundreds, rest = divmod(value, 100)
    parts = [_HUNDREDS[hundreds]] if hundreds else []
    if feminine and hundreds > 1:
        parts = [parts[0][:-2] + "as"]
    if rest < 20:
        parts += [_SMALL[rest]] if rest else []
    else:
        tens, units = divmod(rest, 10)
        parts += [_TENS[tens], *([_SMALL[units]] if units else [])]
    if feminine and parts[-1] in _FEMININE:
        parts[-1] = _FEMININE[parts[-1]]
    return " e ".join(parts)
