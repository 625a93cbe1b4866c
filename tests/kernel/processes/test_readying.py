"""Processes of the served version are made ready before anybody uses them."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine

from kernel.live import Live
from kernel.processes import plan, readying
from kernel.processes.readying import Readying
from tests.billing import office


def test_plans_of_each_version_are_there_before_they_are_used(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readying, "PAUSE_SECONDS", 0.05)
    office(database)
    with Live(database) as live, Readying(live):
        first = live.runtime
        deadline = time.monotonic() + 30
        while ("possible", "item") not in first.whole.views and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ("process", "faturar") in first.whole.views
        assert ("statements", False) in plan.planned(first, "faturar").runtime.views
