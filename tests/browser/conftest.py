"""This file serves applications to the browser of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests import office
from tests import plans as plan_package
from tests.office import Site, application, served


@pytest.fixture
def plans(database: Engine) -> Iterator[Site]:
    """The package of plans, empty but for places and networks, served on a database of its own."""
    made = plan_package.installed(database)
    app = application(database, made, "ana.souza")
    plan_package.places(database, made)
    with served(app) as url:
        yield Site(url, database, made, app)


@pytest.fixture
def people(database: Engine) -> Iterator[Site]:
    """The package of people with 400 of them in three cities, served on a database of its own."""
    made = office.installed(database)
    office.people(database, made, 400, office.cities(database, made))
    app = application(database, made, "marina.prado")
    with served(app) as url:
        yield Site(url, database, made, app)
