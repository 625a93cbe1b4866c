"""This file checks Brazilian registers: CPF, CNPJ with letters, CNS, CEP, phone and e-mail."""

from __future__ import annotations

import re

from metadata.problems import Refused
from metadata.values import masks

CPF_MASK = "999.999.999-99"
CNPJ_MASK = "**.***.***/****-99"
CNS_MASK = "999 9999 9999 9999"
CEP_MASK = "99999-999"
_EMAIL = re.compile(
    r"[^@\s\"<>(),;:\\\[\]]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_SHORT_COLOUR = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")


def _modulo_eleven(values: list[int], weights: list[int]) -> int:
    rest = sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11
    return 0 if rest < 2 else 11 - rest


def cpf_digits(first_nine: str) -> str:
    """Return the two check digits of the first nine digits of a CPF."""
    values = [int(digit) for digit in first_nine]
    first = _modulo_eleven(values, list(range(10, 1, -1)))
    second = _modulo_eleven([*values, first], list(range(11, 1, -1)))
    return f"{first}{second}"


def cnpj_digits(first_twelve: str) -> str:
    """Return the two check digits of a CNPJ; each character counts as its ASCII code minus 48.

    Source: IN RFB 2.229/2024.
    """
    values = [ord(character) - 48 for character in first_twelve]
    weights = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
    first = _modulo_eleven(values, weights)
    second = _modulo_eleven([*values, first], [6, *weights])
    return f"{first}{second}"


def parse_cpf(text: str) -> str | Refused:
    """Read a CPF with or without punctuation; check digits must agree."""
    value = masks.undress(text, CPF_MASK)
    if not (value.isascii() and masks.fits(value, CPF_MASK)):
        return Refused("R130", {"text": text})
    good = cpf_digits(value[:9]) == value[9:] and len(set(value)) > 1
    return value if good else Refused("R131", {"text": text})


def parse_cnpj(text: str) -> str | Refused:
    """Read a CNPJ, letters allowed in its first twelve places; check digits must agree."""
    value = masks.undress(text, CNPJ_MASK).upper()
    if not (value.isascii() and masks.fits(value, CNPJ_MASK)):
        return Refused("R132", {"text": text})
    good = cnpj_digits(value[:12]) == value[12:] and len(set(value)) > 1
    return value if good else Refused("R133", {"text": text})


def parse_cns(text: str) -> str | Refused:
    """Read a national health card number: 15 digits, weighted sum 15…1 divisible by 11."""
    value = masks.undress(text, CNS_MASK)
    if not (value.isascii() and masks.fits(value, CNS_MASK)) or value[0] not in "12789":
        return Refused("R134", {"text": text})
    total = sum(int(digit) * weight for digit, weight in zip(value, range(15, 0, -1), strict=True))
    return value if total % 11 == 0 else Refused("R135", {"text": text})


def parse_cep(text: str) -> str | Refused:
    """Read a postal code of eight digits."""
    value = masks.undress(text.replace(".", ""), CEP_MASK)
    return value if value.isascii() and masks.fits(value, CEP_MASK) else Refused("R136", {"text": text})


def parse_phone(text: str) -> str | Refused:
    """Read a phone with area code (10 or 11 digits) or an international one starting with +."""
    compact = re.sub(r"[\s().\-]", "", text)
    compact = compact.removeprefix("+55") if len(compact) in (13, 14) else compact
    if re.fullmatch(r"\+[1-9][0-9]{7,14}", compact):
        return compact
    compact = compact.removeprefix("0")
    if re.fullmatch(r"[1-9][0-9](?:[2-8][0-9]{7}|9[0-9]{8})", compact):
        return compact
    return Refused("R137", {"text": text})


def print_phone(value: str) -> str:
    """Write (35) 99871-0442; an international number stays as it is."""
    if value.startswith("+") or len(value) not in (10, 11):
        return value
    return f"({value[:2]}) {value[2:-4]}-{value[-4:]}"


def parse_email(text: str) -> str | Refused:
    """Read an e-mail address; its domain is kept in small letters."""
    value = text.strip()
    if len(value) > 254 or not _EMAIL.fullmatch(value):
        return Refused("R138", {"text": text})
    name, _, domain = value.rpartition("@")
    return f"{name}@{domain.lower()}"


def parse_colour(text: str) -> str | Refused:
    """Read #rgb or #rrggbb as #rrggbb in small letters."""
    value = text.strip().lower()
    if short := _SHORT_COLOUR.fullmatch(value):
        return "#" + "".join(part * 2 for part in short.groups())
    return value if _COLOUR.fullmatch(value) else Refused("R139", {"text": text})
