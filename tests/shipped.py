"""The shipped packages: read once in a process, published once in a test run, then cloned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kernel.context import at_present
from kernel.parameters import set_value
from kernel.runtime import Runtime, compile
from kernel.storage.migrate.apply import Applied, apply
from kernel.storage.seed import seed_demo
from metadata.load import load, read_folder
from metadata.package import Configuration
from tests.billing import Office

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.conftest import Cluster

MODULES = Path(__file__).resolve().parents[1] / "modules"
PUBLISHED, DEMONSTRATED = "published_packages", "demonstrated_packages"
VERSION = 1  # the first that is published in a database


@cache
def configuration() -> Configuration:
    """Return what the packages say; they have no problem."""
    found, problems = load(MODULES)
    assert [str(problem) for problem in problems] == []
    return found


@cache
def runtime() -> Runtime:
    """Return what is served of them."""
    return compile(configuration(), VERSION)


def published(cluster: Cluster) -> str:
    """Return the template with the packages and nothing else."""
    return cluster.template(PUBLISHED, _publish)


def demonstrated(cluster: Cluster) -> str:
    """Return the template with what `./aroeira demo` installs: the packages and their demo data."""
    return cluster.template(DEMONSTRATED, _demonstrate, published(cluster))


def _publish(engine: Engine) -> None:
    applied = apply(engine, read_folder(MODULES), "demo")
    assert isinstance(applied, Applied), [str(problem) for problem in applied]
    assert applied.version == VERSION


def _demonstrate(engine: Engine) -> None:
    assert [problem for one in seed_demo(engine, runtime()) for problem in one.problems] == []


@contextmanager
def office(cluster: Cluster, template: str) -> Iterator[Office]:
    """Give the office in a database of one's own."""
    with cluster.database("shipped", template) as engine:
        yield Office(engine, runtime(), at_present("marina"))


def any_month(made: Office) -> None:
    """Let months far away be billed, as tests do that must not meet in one month."""
    for name, months in (("competencias_adiante", 24), ("competencias_atras", 120)):
        with made.engine.begin() as connection:
            refused = set_value(made.runtime, connection, made.context, name, months, date(2026, 1, 1))
            assert refused is None, refused
