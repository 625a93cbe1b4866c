"""This file connects to the database, of DATABASE_URL or the product's own; it does not know the tables."""

from __future__ import annotations

import contextlib
import os
import re
import select
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import platformdirs
import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.pool import NullPool

from kernel import fold
from kernel.programs import OLDEST_MAJOR
from kernel.server import DRIVER, Server
from metadata.problems import Problem, Problems
from metadata.system_errors import translated

EXTENSIONS = ("pg_trgm", "btree_gist")  # fragments of texts · periods that do not overlap
SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
PLANNED_ANEW = "planned_anew"  # an execution option
PREPARE_LOCK = 0x61726F65  # "aroe": two processes that prepare the same database wait for one another
ROOT_FOLDER = Path("/var/lib/aroeira")
# A dead network peer is noticed within a minute instead of hours; our own server's socket ignores these.
PATIENCE = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def user_folder() -> Path:
    """Return where this user's data is kept; root's lies outside its home, closed to the server."""
    return ROOT_FOLDER if os.geteuid() == 0 else platformdirs.user_data_path("aroeira", appauthor=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Which database, and how to use it; an empty `url` means the product's own server in `folder`."""

    url: str = ""
    folder: Path | None = None
    schema: str = "public"
    application: str = "aroeira"
    connections: int = 20
    statement_timeout_seconds: int = 0  # 0: as long as it takes

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: Any) -> Settings:
        """Read DATABASE_URL, AROEIRA_SCHEMA and AROEIRA_DATA; what is `given` (and not None) wins."""
        folder = environment.get("AROEIRA_DATA")
        read = cls(
            url=environment.get("DATABASE_URL", ""),
            folder=Path(folder) if folder else None,
            schema=environment.get("AROEIRA_SCHEMA") or "public",
        )
        return replace(read, **{name: value for name, value in given.items() if value is not None})


@contextlib.contextmanager
def connect(settings: Settings) -> Iterator[Engine]:
    """Yield an engine on a prepared database, its server running; leave and close everything after.

    Errors: A101 to A107 when the own server cannot run; A111 to A116 when the database cannot be used.
    """
    if settings.url:
        server, url, before = None, address(settings.url), None
    else:
        server = Server(settings.folder or user_folder())
        server.join()
        url, before = server.url(), server.ensure
    made = None
    try:
        made = engine(url, settings, before)
        prepare(made)
        yield made
    finally:
        if made is not None:
            made.dispose()
        if server is not None:
            server.leave()


def address(written: str) -> URL:
    """Return DATABASE_URL as SQLAlchemy wants it; postgres:// and postgresql:// mean the same."""
    try:
        url = make_url(written)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise Problems([Problem("A111", {})])
    return url.set(drivername=DRIVER)


def engine(
    url: URL, settings: Settings, before_connect: Callable[[], object] | None = None, *, pooled: bool = True
) -> Engine:
    """Return an engine for one schema; `before_connect` runs before each new connection."""
    if not SCHEMA_NAME.fullmatch(settings.schema):
        raise Problems([Problem("A112", {"schema": settings.schema})])
    given = url.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} {_options(settings)}".strip()
    arguments = PATIENCE | {"options": options, "application_name": settings.application}
    size = {"pool_size": settings.connections, "max_overflow": 0} if pooled else {"poolclass": NullPool}

    def make(role: str = "", name: str = "", **more: Any) -> Engine:
        words = arguments | {"options": f"{options} -c role={role}"} if role else arguments
        where = url.difference_update_query(["options"])
        where = where.set(username=name) if name else where
        made = create_engine(where, connect_args=words, **size, **more)
        _WORDS[made] = {**made.dialect.create_connect_args(where)[1], **words}
        event.listen(made, "checkout", _refuse_dead)
        event.listen(made, "handle_error", _renew_after_change)
        event.listen(made, "do_execute", _planned_for_its_values)
        if before_connect is not None:
            event.listen(made, "do_connect", lambda *_: before_connect() and None)
        return made

    made = make()
    _MAKERS[made] = make
    return made


def working_as(owner: Engine, role: str, *, by_name: bool) -> Engine:
    """Return a second engine whose connections work as a role: signed in by its name, or become it."""
    again = partial(_MAKERS[owner], **{"name" if by_name else "role": role})
    made = again()
    _MAKERS[made] = again
    return made


def reading(made: Engine) -> Engine:
    """Return a second engine on the same database whose statements stand alone, without BEGIN and ROLLBACK.

    READ COMMITTED gives the same within a transaction, two round trips dearer. The caller disposes it.
    """
    return _MAKERS[made](isolation_level="AUTOCOMMIT")


def words_of(made: Engine) -> Mapping[str, Any]:
    """Return the words with which the driver connects as an engine does, for others that connect."""
    return _WORDS[made]


# How each engine was made, so that a second one can be made like it.
_MAKERS: WeakKeyDictionary[Engine, Callable[..., Engine]] = WeakKeyDictionary()
_WORDS: WeakKeyDictionary[Engine, dict[str, Any]] = WeakKeyDictionary()


def _options(settings: Settings) -> str:
    # The extensions' operators live in public, so it follows the schema of the tables.
    path = settings.schema if settings.schema == "public" else f"{settings.schema},public"
    wait = settings.statement_timeout_seconds * 1000
    return f"-c search_path={path} -c timezone=UTC -c client_encoding=UTF8 -c statement_timeout={wait}"


def _refuse_dead(dbapi_connection: Any, record: object, proxy: object) -> None:
    """Have the pool connect anew when the server has hung up.

    An idle connection has nothing to read; when it has, the server said goodbye. This asks the system, not
    the server, so it costs microseconds where pool_pre_ping costs a round trip.
    """
    connection: psycopg.Connection[Any] = dbapi_connection
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise DisconnectionError


def _planned_for_its_values(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Have a statement that says so planned at each run, by the values that it has then.

    The driver prepares what comes again, and the server then soon keeps one plan for any values.
    """
    if not context.execution_options.get(PLANNED_ANEW):
        return False
    cursor.execute(statement, parameters, prepare=False)
    return True


def _renew_after_change(context: Any) -> None:
    """Throw a connection away whose prepared statements a migration has made useless.

    PostgreSQL refuses such a statement ("cached plan must not change result type") until the connection ends.
    """
    refused = context.original_exception
    if isinstance(refused, errors.FeatureNotSupported) and "cached plan" in str(refused):
        context.is_disconnect = True


SCHEMAS = "SELECT split_part(current_setting('search_path'), ',', 1), current_schema()"
FOLD_BODY = """
SELECT prosrc FROM pg_proc
WHERE proname = 'aroeira_fold' AND pronamespace = current_schema()::regnamespace
"""


def prepare(engine: Engine) -> None:
    """Bring a database to what the kernel builds on: schema, extensions, `aroeira_fold`."""
    try:
        with engine.begin() as connection:
            _check(connection)
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PREPARE_LOCK})
            wanted, present = connection.execute(text(SCHEMAS)).one()
            if wanted != present:
                connection.exec_driver_sql(f'CREATE SCHEMA "{wanted}"')  # the name passed SCHEMA_NAME
            _add_extensions(connection)
            if connection.scalar(text(FOLD_BODY)) != fold.BODY:
                connection.exec_driver_sql(fold.DDL)
    except DBAPIError as error:
        raise Problems([Problem("A116", {"said": _first_line(error)})]) from error


def _check(connection: Connection) -> None:
    """Raise A113 for an old server, A114 for a database that cannot hold every letter."""
    major = int(connection.scalar(text("SHOW server_version_num"))) // 10000
    encoding = connection.scalar(text("SHOW server_encoding"))
    if major < OLDEST_MAJOR:
        raise Problems([Problem("A113", {"version": major, "oldest": OLDEST_MAJOR})])
    if encoding != "UTF8":
        raise Problems([Problem("A114", {"encoding": encoding})])


def _add_extensions(connection: Connection) -> None:
    present = set(connection.scalars(text("SELECT extname FROM pg_extension")))
    for name in EXTENSIONS:
        if name in present:
            continue
        try:
            connection.execute(text(f"CREATE EXTENSION {name} SCHEMA public"))
        except DBAPIError as error:
            facts = {
                "extension": name,
                "database": connection.engine.url.database,
                "said": _first_line(error),
            }
            raise Problems([Problem("A115", facts)]) from error


def _first_line(error: DBAPIError) -> str:
    return translated(str(error.orig).strip().splitlines()[0])


def describe(engine: Engine) -> dict[str, str]:
    """Return what a person wants to know of a database, in Portuguese: label → text."""
    asked = """
    SELECT current_setting('server_version'), current_schema(),
           pg_size_pretty(pg_database_size(current_database()))
    """
    with engine.connect() as connection:
        version, schema, size = connection.execute(text(asked)).one()
    return {
        "servidor": f"PostgreSQL {version.split()[0]}",
        "endereço": engine.url.set(drivername="postgresql").render_as_string(hide_password=True),
        "schema": schema,
        "tamanho": size,
    }
