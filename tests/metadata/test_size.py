"""A big configuration is checked; how long it takes is printed, and measured in tests/benchmarks."""

from __future__ import annotations

import time

from metadata.compare import compare
from metadata.load import load_files
from tests.metadata.many import packages


def test_three_hundred_entities_of_forty_fields_are_checked() -> None:
    files = packages(300, 40)
    started = time.perf_counter()
    configuration, problems = load_files(files)
    checked = time.perf_counter()
    changes = compare(configuration, configuration)
    print(f"check {checked - started:.2f} s, compare {time.perf_counter() - checked:.2f} s")
    assert (problems, changes) == ([], [])
    assert sum(len(entity.fields) for entity in configuration.entities.values()) == 300 * 40
