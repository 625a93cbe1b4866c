"""This file gives tests their surroundings: throw-away databases, the shared reference data, a browser."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import re
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from psycopg import sql
from sqlalchemy import Engine

from kernel import database as kernel_database
from kernel import programs
from kernel.accounts import passwords
from kernel.server import Server
from kernel.storage import system
from tests.browser import chromium
from tests.browser.rest import PATIENCE_MS, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHECKOUT = Path(__file__).resolve().parent.parent
SHARED = CHECKOUT.parent / "shared"
TEMPLATE, BARE = "template_of_tests", "bare_template_of_tests"
FOLDERS = "aroeira-tests-"
ABANDONED_AFTER_SECONDS = 600
# The files with the longest tests, of half a minute and more.
LONGEST = frozenset(
    CHECKOUT / "tests" / path
    for path in (
        "browser/test_access_screens.py",
        "browser/test_shipped_pages.py",
        "kernel/test_migrate_large.py",
        "packages/test_demonstration.py",
        "test_demo.py",
    )
)
# Where files stay in memory, a database is cloned ten times faster than on most disks.
MEMORY, MEMORY_NEEDED = Path("/dev/shm"), 6 * 1024**3
# Nothing here outlives the tests, so nothing waits for the disk.
UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_min_duration_statement": "-1",
}
# The same examples in every run, here and elsewhere: what fails once fails again.
settings.register_profile("suite", database=None, derandomize=True)
settings.load_profile("suite")

VERSIONS = {found.major: found for found in reversed(list(programs.found()))}
USUAL = next((found.major for found in programs.found()), 0)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked every_postgres once for each version found, any other on the embedded one."""
    marked = metafunc.definition.get_closest_marker("every_postgres") is not None
    if marked and "postgres_version" in metafunc.fixturenames:
        versions = sorted(VERSIONS, reverse=True)
        ids = [f"postgres{version}" for version in versions]
        metafunc.parametrize("postgres_version", versions, ids=ids, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: at the end workers take what is left in small pieces."""
    items.sort(key=lambda item: item.path not in LONGEST)


def pytest_collection_finish() -> None:
    """Look for cycles of dead objects rarely: what was imported stays, and to walk it took an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@dataclass(frozen=True)
class Cluster:
    """A running server of the tests, with prepared databases to clone: one with the product's own tables, one bare."""

    server: Server

    def administer(self, statement: str, name: str) -> None:
        """Run one statement about a database; `{}` is its name."""
        with psycopg.connect(**self._place(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def template(self, name: str, fill: Callable[[Engine], None], of: str = BARE) -> str:
        """Return a database to clone, which the first of the workers that asks for it fills."""
        # Each has a lock of its own: who wants another one, or only the server, does not wait for this one.
        with (self.server.folder / f"{name}.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not self._has(name):
                half = f"{name}_half"  # one that fails while being filled is no template
                self.administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", half)
                self.administer(f"CREATE DATABASE {{}} TEMPLATE {of} STRATEGY FILE_COPY", half)
                engine = self.engine(half)
                try:
                    fill(engine)
                finally:
                    engine.dispose()
                self.administer(f"ALTER DATABASE {{}} RENAME TO {name}", half)
        return name

    def _has(self, name: str) -> bool:
        with psycopg.connect(**self._place(), autocommit=True) as connection:
            asked = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return asked.fetchone() is not None

    def _place(self) -> dict[str, Any]:
        return {"host": str(self.server.sockets()), "port": 5432, "user": "aroeira", "dbname": "postgres"}

    @contextlib.contextmanager
    def database(self, title: str, template: str = TEMPLATE) -> Iterator[Engine]:
        """Give an engine on a prepared database of one's own."""
        name = f"{re.sub('[^a-z0-9]+', '_', title.lower())[:40]}_{uuid.uuid4().hex[:8]}"
        self.administer(f"CREATE DATABASE {{}} TEMPLATE {template} STRATEGY FILE_COPY", name)
        engine = self.engine(name)
        try:
            yield engine
        finally:
            engine.dispose()
            self.administer("DROP DATABASE {} WITH (FORCE)", name)

    def engine(self, name: str, **settings: object) -> Engine:
        """Return an engine on one of its databases."""
        used = kernel_database.Settings(connections=10, application="tests", **settings)
        return kernel_database.engine(self.server.url(name), used)


@pytest.fixture(scope="session")
def clusters(testrun: str) -> Iterator[dict[int, Cluster]]:
    """Servers of this test run by major version, filled as tests ask; all workers share them."""
    _sweep()
    running: dict[int, Cluster] = {}
    yield running
    for cluster in running.values():
        if cluster.server.leave():
            shutil.rmtree(cluster.server.folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what test runs that were killed left behind: folders that nobody uses any more."""
    for folder in (
        found for place in (Path(tempfile.gettempdir()), MEMORY) for found in place.glob(f"{FOLDERS}*")
    ):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < ABANDONED_AFTER_SECONDS:
                continue
            for lock in (*folder.glob("users.lock"), *folder.glob("*/users.lock")):
                with lock.open("rb") as users:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # in use: leave the folder alone
                    pid = Server(lock.parent).postmaster()
                    if pid is not None:
                        os.kill(pid, signal.SIGQUIT)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def testrun(request: pytest.FixtureRequest) -> str:
    """A name that the workers of one run share and two runs do not."""
    worker = getattr(request.config, "workerinput", None)
    return worker["testrunuid"][:12] if worker else uuid.uuid4().hex[:12]


@pytest.fixture(scope="session")
def postgres_version(request: pytest.FixtureRequest) -> int:
    """The major version that a test runs on."""
    if not VERSIONS:
        pytest.fail("não há nenhum PostgreSQL nesta máquina, nem o embutido")
    return int(getattr(request, "param", USUAL))


@pytest.fixture(scope="session")
def cluster(postgres_version: int, clusters: dict[int, Cluster], testrun: str) -> Cluster:
    """The running server of one version."""
    if postgres_version not in clusters:
        # Not in pytest's own folder: as root that is closed to the account which runs the server.
        folder = _place() / f"{FOLDERS}{testrun}-{postgres_version}"
        server = Server(folder, VERSIONS[postgres_version], UNSAFE_AND_FAST)
        server.join()
        made = Cluster(server)
        made.template(BARE, kernel_database.prepare, "template1")
        made.template(TEMPLATE, _own_tables)
        clusters[postgres_version] = made
    return clusters[postgres_version]


def _place() -> Path:
    """Return the folder for databases; all workers of a run must come to the same answer, so only size counts."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).total >= MEMORY_NEEDED
    return MEMORY if roomy else Path(tempfile.gettempdir())


def _own_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        system.create(connection)


@pytest.fixture
def database(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine on a prepared database that only this test has."""
    with cluster.database(request.node.name) as engine:
        yield engine


@pytest.fixture
def bare_database(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine on a database of one's own where nothing was ever published."""
    with cluster.database(request.node.name, BARE) as engine:
        yield engine


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash with the least effort: here no password is worth guessing, and each test would pay for it."""
    usual, passwords.HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield
    passwords.HASHER = usual


@pytest.fixture
def usual_passwords(quick_passwords: None) -> Iterator[None]:
    """Hash as the product does."""
    quick, passwords.HASHER = passwords.HASHER, PasswordHasher()
    passwords._nobody.cache_clear()
    yield
    passwords.HASHER = quick
    passwords._nobody.cache_clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("a pasta ../shared não está ao lado desta cópia")
    return SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    program = chromium.program()
    if program is None:
        reason = "não há Chromium nesta máquina (no Debian: apt-get install chromium)"
        if os.environ.get("AROEIRA_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(chromium.WORDS))
        expect.set_options(timeout=PATIENCE_MS)  # five seconds pass on a busy machine
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, as a Brazilian user's browser shows it."""
    context = watched(browser, locale="pt-BR", timezone_id="America/Sao_Paulo")
    yield context.new_page()
    context.close()
