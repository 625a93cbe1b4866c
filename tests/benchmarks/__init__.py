"""Benchmarks against hand-written programs of the same meaning, in one run; started by `./aroeira bench NAME`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

NAMES = {
    "web": "web", "import": "import_rows", "metadata": "check_metadata", "search": "search",
    "expressions": "expressions", "access": "access", "billing": "billing",
}  # fmt: skip


def measure(name: str, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures of one benchmark as it measures them."""
    module = importlib.import_module(f"tests.benchmarks.{NAMES[name]}")
    for figure in module.run(**options):
        yield figure if isinstance(figure, dict) else figure.as_dict()
