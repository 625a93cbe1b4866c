"""Renames break nothing: every field and entity, renamed while all other documents stay as they are.

What is called `x` comes to be called `x_zz`; then the configuration has no problem and its examples answer
the same. That the meaning is the same is seen after `fmt`: without `_zz`, each document is what it was. That
nothing goes on saying a former name is seen without `was`: a name left behind would then be a problem.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.examples import examples_of, run
from metadata.check import hints
from metadata.load import load_files, read_folder
from metadata.package import Configuration
from metadata.todays_names import renewed
from tests.collection import PACKAGES
from tests.packages.test_every_package import MODULES
from tests.renaming import Files, Part, as_before, parts_of, renamed, without_was

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SMALL = parts_of(PACKAGES)


def sound(files: Files) -> Configuration:
    configuration, problems = load_files(files)
    assert [str(problem) for problem in problems] == []
    return configuration


def wrong_examples(configuration: Configuration) -> list[str]:
    judge = run(configuration, NOW)
    return [str(problem) for example in examples_of(configuration) for problem in judge(example)]


def breaks_nothing(files: Files, parts: Collection[Part]) -> None:
    changed = renamed(files, parts)
    assert wrong_examples(sound(changed)) == []
    written = {**changed, **renewed(changed)}
    assert renewed(written) == {}
    last = without_was(written)
    assert wrong_examples(sound(last)) == []
    assert as_before(last) == as_before(files)


def test_the_small_package_names_fields_wherever_that_can_be_done() -> None:
    assert wrong_examples(sound(PACKAGES)) == []


@pytest.mark.parametrize("part", SMALL, ids=[f"{entity}.{field}".rstrip(".") for entity, field in SMALL])
def test_one_rename_breaks_nothing(part: Part) -> None:
    breaks_nothing(PACKAGES, [part])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.sets(st.sampled_from(SMALL)))
def test_any_renames_together_break_nothing(parts: set[Part]) -> None:
    breaks_nothing(PACKAGES, parts)


def test_every_name_of_the_shipped_packages_can_change_at_once() -> None:
    files = read_folder(MODULES)
    breaks_nothing(files, parts_of(files))


def test_a_former_name_is_hinted_at_where_it_stands() -> None:
    told = [str(hint) for hint in hints(sound(renamed(PACKAGES, [("autor", "pais")])))]
    assert any("site/lists/abertas.yaml:7:17  " in each and "pais_zz" in each for each in told)
    assert not any("forms/obra" in each for each in told)
    assert hints(sound(PACKAGES)) == []
