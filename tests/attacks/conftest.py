"""This file gives the tests of attacks an office of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.attacks.target import Target, attacked


@pytest.fixture
def target(database: Engine) -> Iterator[Target]:
    """The office, served as for everybody."""
    with attacked(database) as made:
        yield made
