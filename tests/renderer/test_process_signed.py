"""Differences of runs carry a true minus, and no share is a zero with a sign."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metadata.values.numbers import print_money
from renderer.process_signed import share_of, signed


@pytest.mark.parametrize(
    ("value", "says"), [("-1234.5", "\u2212R$\u00a01.234,50"), ("1234.5", "+R$\u00a01.234,50"), ("0", "0")]
)
def test_sign(value: str, says: str) -> None:
    assert signed(Decimal(value), print_money) == says


@pytest.mark.parametrize(
    ("difference", "before", "says"),
    [
        ("-0.01", "1000", "< 0,1%"),
        ("0.01", "1000", "< 0,1%"),
        ("-1", "1000", "\u22120,1%"),
        ("463", "-463", "+100,0%"),
        ("-463", "463", "\u2212100,0%"),
        ("5", "0", ""),
        ("0", "5", ""),
    ],
)
def test_share(difference: str, before: str, says: str) -> None:
    assert share_of(Decimal(difference), Decimal(before)) == says
