"""The shipped packages with their demo data, in a database of their own for all tests of a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from kernel.context import at_present
from kernel.parameters import set_value
from kernel.publish import load
from kernel.storage.migrate.apply import apply
from kernel.storage.seed import seed_demo
from metadata.load import read_folder
from tests.billing import Office
from tests.conftest import BARE, Cluster

MODULES = Path(__file__).resolve().parents[2] / "modules"


@contextmanager
def shipped_office(cluster: Cluster) -> Iterator[Office]:
    """Give the office of what `./aroeira demo` installs."""
    name = f"shipped_office_{uuid.uuid4().hex[:8]}"
    cluster.administer(f"CREATE DATABASE {{}} TEMPLATE {BARE}", name)
    engine = cluster.engine(name)
    applied = apply(engine, read_folder(MODULES), "demo")
    assert not isinstance(applied, tuple), applied
    assert [problem for one in seed_demo(engine, applied.plan.runtime) for problem in one.problems] == []
    with engine.connect() as connection:
        runtime = load(connection, applied.version)
    yield Office(engine, runtime, at_present("marina"))
    engine.dispose()
    cluster.administer("DROP DATABASE {} WITH (FORCE)", name)


def any_month(made: Office) -> None:
    """Let months far away be billed, as tests do that must not meet in one month."""
    for name, months in (("competencias_adiante", 24), ("competencias_atras", 120)):
        with made.engine.begin() as connection:
            refused = set_value(made.runtime, connection, made.context, name, months, date(2026, 1, 1))
            assert refused is None, refused
