"""The shipped packages with their demo data, served on a database of their own for all tests of a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.live import Live
from kernel.storage.migrate.apply import apply
from kernel.storage.seed import seed_demo
from metadata.load import read_folder
from renderer.app import Settings, create
from tests.conftest import BARE, Cluster
from tests.office import Site, served

MODULES = Path(__file__).resolve().parents[2] / "modules"


@pytest.fixture(scope="module")
def shipped(cluster: Cluster) -> Iterator[Site]:
    """What `./aroeira demo` serves."""
    name = f"shipped_{uuid.uuid4().hex[:8]}"
    cluster.administer(f"CREATE DATABASE {{}} TEMPLATE {BARE}", name)
    engine = cluster.engine(name)
    applied = apply(engine, read_folder(MODULES), "demo")
    assert not isinstance(applied, tuple), applied
    seeded = seed_demo(engine, applied.plan.runtime)
    assert [problem for one in seeded for problem in one.problems] == []
    with Live(engine) as live:
        app = create(live, engine, Settings(signed_in_as="marina.prado"))
        with served(app) as url:
            yield Site(url, engine, live.runtime, app)
    engine.dispose()
    cluster.administer("DROP DATABASE {} WITH (FORCE)", name)
