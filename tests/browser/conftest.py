"""This file serves applications to the browser of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests import office, tariffs, waits
from tests import plans as plan_package
from tests import rules as rule_package
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


@pytest.fixture
def contracts(database: Engine) -> Iterator[Site]:
    """The package of contracts with their rules, and two plans, served on a database of its own."""
    made = rule_package.installed(database)
    rule_package.plans(database, made)
    app = application(database, made, "ana.souza")
    with served(app) as url:
        yield Site(url, database, made, app)


@pytest.fixture
def ruled_grids(database: Engine) -> Iterator[Site]:
    """The package of contracts whose grid of lives has conditions as a whole, and two plans."""
    made = rule_package.installed(database, rule_package.WITH_RULED_GRID)
    rule_package.plans(database, made)
    app = application(database, made, "ana.souza")
    with served(app) as url:
        yield Site(url, database, made, app)


@pytest.fixture
def waiting(database: Engine) -> Iterator[Site]:
    """The package whose contracts take rows from their plan, and two plans, served on its own database."""
    made = waits.installed(database)
    waits.plan(database, made, "primeiro", ("parto", 300), ("consulta", 30))
    waits.plan(database, made, "segundo", ("consulta", 60), ("exame", 90))
    app = application(database, made, "ana.souza")
    with served(app) as url:
        yield Site(url, database, made, app)


@pytest.fixture
def price_tables(database: Engine) -> Iterator[Site]:
    """The package with an action, and one plan, served on a database of its own."""
    made = tariffs.installed(database)
    tariffs.plan(database, made)
    app = application(database, made, "ana.souza")
    with served(app) as url:
        yield Site(url, database, made, app)
