"""The conformance cases of the DMN standard, where they lie beside the checkout; numbers compared exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kernel.dmn import tck

LEAST = {
    "boxed": 1.0,
    "datetime": 0.98,
    "dt": 1.0,
    "expr": 0.99,
    "functions": 0.97,
    "mixed": 1.0,
    "total": 0.99,
}


def test_the_conformance_cases_pass(shared: Path) -> None:
    folder = shared / "dmn-tck"
    found = tck.verdicts(folder, datetime(2026, 11, 25, tzinfo=UTC))
    tallies = {each.category: each for each in tck.tally(found, tck.categories(folder))}
    shares = {name: each.passed / each.total for name, each in tallies.items()}
    assert {name: share for name, share in shares.items() if share < LEAST.get(name, 0)} == {}
    total = tallies["total"]
    assert total.total > 2400
    assert total.non_null_passed / total.non_null_total > 0.98
