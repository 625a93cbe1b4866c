"""The shipped packages with their demo data, served on a database of their own for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kernel.live import Live
from renderer.app import Settings, create
from tests.conftest import Cluster
from tests.office import Site, served
from tests.shipped import demonstrated


@pytest.fixture(scope="module")
def shipped(cluster: Cluster) -> Iterator[Site]:
    """What `./aroeira demo` serves."""
    with cluster.database("shipped", demonstrated(cluster)) as engine, Live(engine) as live:
        app = create(live, engine, Settings(signed_in_as="marina.prado"))
        with served(app) as url:
            yield Site(url, engine, live.runtime, app)
