"""What every package says its rules and processes answer: one test for each example."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from kernel.context import at_present
from kernel.examples import Example, examples_of, rehearsals_of, run
from kernel.rehearsal.rehearse import Rehearsals
from tests import shipped
from tests.conftest import Cluster
from tests.shipped import configuration

CONFIGURATION = configuration()


@cache
def judge():  # type: ignore[no-untyped-def]
    return run(CONFIGURATION, at_present("teste").now)


@pytest.mark.parametrize("example", examples_of(CONFIGURATION), ids=lambda example: example.title)
def test_an_example_gives_what_it_expects(example: Example) -> None:
    assert [str(problem) for problem in judge()(example)] == []


@pytest.fixture(scope="module")
def rehearsals(cluster: Cluster) -> Iterator[Rehearsals]:
    """What runs examples, where every package is published and nothing else is there."""
    with (
        shipped.office(cluster, shipped.published(cluster)) as office,
        Rehearsals(office.engine, office.runtime, office.context.now) as made,
    ):
        yield made


@pytest.mark.parametrize("example", rehearsals_of(CONFIGURATION), ids=lambda example: example.title)
def test_a_process_gives_what_its_example_expects(example: Example, rehearsals: Rehearsals) -> None:
    assert [str(problem) for problem in rehearsals.rehearse(example)] == []
