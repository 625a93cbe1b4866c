"""`./aroeira bench metadata`: reading and checking a big configuration beside parsing its YAML alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from kernel.runtime import compile
from metadata.canonical import rewritten
from metadata.compare import compare
from metadata.load import load_files
from tests.benchmarks.figure import duration
from tests.metadata.many import packages

ROUNDS = 3


def run(entities: int = 300, fields: int = 40) -> list[dict[str, Any]]:
    """Return the figures; the other side of each is what PyYAML's C loader takes for the same texts."""
    files = packages(entities, fields)
    parsed = _best(lambda: _parse(files))
    configuration, problems = load_files(files)
    if problems:
        raise AssertionError(problems[0])
    size = f"{entities} entities x {fields} fields"
    measured = {
        f"check, {size}": _best(lambda: load_files(files)),
        f"fmt, {size}": _best(lambda: rewritten(files)),
        f"compile the Runtime, {size}": _best(lambda: compile(configuration, 1)),
        f"compare, {size}": _best(lambda: compare(configuration, configuration)),
    }
    return [duration(name, ours, parsed, versus="yaml.load").as_dict() for name, ours in measured.items()]


def _parse(files: Mapping[str, bytes]) -> None:
    for content in files.values():
        yaml.load(content, Loader=yaml.CSafeLoader)


def _best(work: Callable[[], object]) -> float:
    """Return the quickest of a few rounds: the rest is noise of the machine."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
