"""What every package says its rules and processes answer: one test for each example."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from kernel.context import at_present
from kernel.examples import Example, examples_of, rehearsals_of, run
from kernel.publish import load as load_version
from kernel.rehearsal.rehearse import rehearse
from metadata.load import load, read_folder
from tests.billing import Office
from tests.conftest import Cluster
from tests.publications import publish

MODULES = Path(__file__).parents[2] / "modules"
CONFIGURATION, _ = load(MODULES)


@cache
def judge():  # type: ignore[no-untyped-def]
    return run(CONFIGURATION, at_present("teste").now)


@pytest.mark.parametrize("example", examples_of(CONFIGURATION), ids=lambda example: example.title)
def test_an_example_gives_what_it_expects(example: Example) -> None:
    assert [str(problem) for problem in judge()(example)] == []


@pytest.fixture(scope="module")
def office(cluster: Cluster) -> Iterator[Office]:
    """Every package, published in a database in which nothing else is."""
    with cluster.database("examples") as engine:
        applied = publish(engine, read_folder(MODULES))
        with engine.connect() as connection:
            runtime = load_version(connection, applied.version)
        yield Office(engine, runtime, at_present("teste"))


@pytest.mark.parametrize("example", rehearsals_of(CONFIGURATION), ids=lambda example: example.title)
def test_a_process_gives_what_its_example_expects(example: Example, office: Office) -> None:
    told = rehearse(office.engine, office.runtime, office.context.now, example)
    assert [str(problem) for problem in told] == []
