"""What every package says its rules answer: one test for each example."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from kernel.context import at_present
from kernel.examples import Example, examples_of, run
from metadata.load import load

MODULES = Path(__file__).parents[2] / "modules"
CONFIGURATION, _ = load(MODULES)


@cache
def judge():  # type: ignore[no-untyped-def]
    return run(CONFIGURATION, at_present("teste").now)


@pytest.mark.parametrize("example", examples_of(CONFIGURATION), ids=lambda example: example.title)
def test_an_example_gives_what_it_expects(example: Example) -> None:
    assert [str(problem) for problem in judge()(example)] == []
