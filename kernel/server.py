"""This file runs the product's own PostgreSQL: makes its cluster, starts it, shares it, stops it.

It does not know the tables, and is not used where DATABASE_URL names a server that somebody else runs.

How processes share: each holds a shared lock on one file for as long as it uses the server; whoever leaves
and can then get that lock alone was the last one, and stops the server. The system frees the locks of a
process that dies, so after `kill -9` there is no list of users to repair: the server stays up, and the next
process finds and later stops it. Starting and stopping take a second, exclusive lock, so they never cross.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg
from psycopg import conninfo, sql
from sqlalchemy import URL

from kernel.programs import Account, Programs, account_for, choose, reachable
from kernel.tuning import settings
from metadata.problems import Problem, Problems
from metadata.system_errors import said_of, translated

USER = "aroeira"
PORT = 5432  # only part of the socket's name: no TCP port is opened
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET = 103  # bytes; the smallest limit of the systems we run on (Linux allows 107)
START_SECONDS = 600  # after a crash the log is replayed first
ORPHAN_SECONDS, ORPHAN_PAUSE_SECONDS = (
    10,
    0.05,
)  # a killed server's last children may hold its memory that long

DRIVER = "postgresql+psycopg"


@dataclass(slots=True)
class Server:
    """The server of one data folder; `with Server(folder):` uses it for a while."""

    folder: Path
    programs: Programs | None = None  # None: what fits the data
    extra: Mapping[str, str] = attribute(default_factory=dict)
    _account: Account | None = None
    _users: int | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.expanduser().resolve()

    @property
    def cluster(self) -> Path:
        """Where PostgreSQL keeps its files."""
        return self.folder / "postgres"

    def __enter__(self) -> Self:
        self.join()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.leave()

    def url(self, database: str = USER) -> URL:
        """Return the address of one of its databases, for SQLAlchemy."""
        place = {"host": str(self.sockets()), "port": str(PORT)}
        return URL.create(DRIVER, username=USER, database=database, query=place)

    def join(self) -> None:
        """Become one of the server's users; start it if it is not running."""
        with self.turn():
            self._users = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._start_unless_running()
            except BaseException:
                os.close(self._users)
                self._users = None
                raise

    def ensure(self) -> None:
        """Start the server again if somebody killed it; nearly free while it runs."""
        if self.postmaster() is None:
            with self.turn():
                self._start_unless_running()

    def leave(self) -> bool:
        """Stop using the server; the last user stops it. Return whether it was stopped."""
        if self._users is None:
            return False
        with self.turn():
            users, self._users = self._users, None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            finally:
                os.close(users)
            return self._stop()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to start, stop or first fill the server; others wait."""
        try:
            with contextlib.suppress(FileExistsError):  # another process may make it this moment
                self.folder.mkdir(parents=True)
                # As root, the server's account must get through to the cluster below, which is closed itself.
                self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            turn = os.open(self.folder / "turn.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Problems([Problem("A105", {"folder": self.folder, "reason": said_of(error)})]) from error
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
        finally:
            os.close(turn)

    def postmaster(self) -> int | None:
        """Return the process number of the running server, None when there is none.

        The number in postmaster.pid may belong to an unrelated process by now: after a restart of the
        machine, and nearly always in a container. So the process must also stand in the cluster's folder.
        """
        try:
            pid = int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if self._stands_here(pid) else None

    def sockets(self) -> Path:
        """Return the folder of the socket: in the data folder, or a short one if that path is too long."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / SOCKET)) <= LONGEST_SOCKET:
            return inside
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"aroeira-{os.geteuid()}-{name}"

    def _stands_here(self, pid: int) -> bool:
        try:
            return Path(psutil.Process(pid).cwd()) == self.cluster.resolve()
        except (psutil.Error, OSError):
            return False

    def _start_unless_running(self) -> None:
        if self.postmaster() is not None:
            return
        self._account = account_for(self.cluster)
        self.programs = reachable(
            self.programs or choose(self.cluster), self._account, self.folder / "programs"
        )
        self._open_folders()
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._clear_leftovers()
        self._start()

    def _run(self, name: str, *words: str) -> tuple[bool, str]:
        assert self.programs is not None
        done = self.programs.run(self._account, name, *words)
        return done.returncode == 0, (done.stdout + done.stderr).strip()

    def _open_folders(self) -> None:
        """Make the folders that PostgreSQL writes to, owned by its account and closed to others."""
        for place in (self.sockets(), self.cluster):
            with contextlib.suppress(FileExistsError):
                place.mkdir(mode=0o700)
            owner = self._account.uid if self._account else os.geteuid()
            if place.is_symlink() or place.stat().st_uid not in (owner, os.geteuid()):
                raise Problems([Problem("A105", {"folder": place, "reason": "pertence a outro usuário"})])
            if self._account and place.stat().st_uid != owner:
                for path in (place, *place.rglob("*")):
                    os.chown(path, self._account.uid, self._account.gid, follow_symlinks=False)
        if self._account and "Permission denied" in self._run("pg_ctl", "status", "-D", str(self.cluster))[1]:
            raise Problems([Problem("A104", {"folder": self.cluster, "account": self._account.name})])

    def _make_cluster(self) -> None:
        """Run initdb beside the cluster's folder, so that one that is interrupted leaves no half cluster."""
        assert self.programs is not None
        fresh = self.cluster.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._account:
            os.chown(fresh, self._account.uid, self._account.gid)
        # Trust is safe here: there is no TCP, and only this account reaches the socket's folder.
        words = ["-D", str(fresh), "-U", USER, "--encoding=UTF8", "--auth=trust", "--lc-messages=C"]
        if self.programs.major >= 17:
            words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            words += ["--locale=C", "--lc-ctype=C.UTF-8"]
        well, said = self._run("initdb", *words)
        if not well:
            raise Problems([Problem("A106", {"folder": self.cluster, "said": translated(said[-800:])})])
        fresh.rename(self.cluster)

    def _clear_leftovers(self) -> None:
        """Remove the marks of a server that is gone, which a new one would take for a living one."""
        sockets = self.sockets()
        for name in (SOCKET, f"{SOCKET}.lock"):
            (sockets / name).unlink(missing_ok=True)
        for _ in range(round(ORPHAN_SECONDS / ORPHAN_PAUSE_SECONDS)):
            if not any(self._stands_here(pid) for pid in psutil.pids()):
                (self.cluster / "postmaster.pid").unlink(missing_ok=True)
                return
            time.sleep(ORPHAN_PAUSE_SECONDS)

    def _start(self) -> None:
        configuration = self._write_configuration()
        log = self.cluster / "start.log"
        log.unlink(missing_ok=True)
        options = f"-c config_file={shlex.quote(str(configuration))}"
        words = [
            "-D",
            str(self.cluster),
            "-w",
            "-t",
            str(START_SECONDS),
            "-s",
            "-l",
            str(log),
            "-o",
            options,
            "start",
        ]
        well, said = self._run("pg_ctl", *words)
        if not well:
            with contextlib.suppress(OSError):
                said += "\n" + log.read_text(encoding="utf-8", errors="replace")[-800:]
            raise Problems([Problem("A107", {"folder": self.cluster, "said": translated(said.strip())})])
        self._make_database()

    def _make_database(self) -> None:
        place = conninfo.make_conninfo(host=str(self.sockets()), port=PORT, user=USER, dbname="postgres")
        with psycopg.connect(place, autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [USER]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(USER)))

    def _write_configuration(self) -> Path:
        """Write the settings at every start: a new release brings new ones, the user's local.conf stays."""
        ours = (
            settings()
            | {"unix_socket_directories": str(self.sockets()), "port": str(PORT)}
            | dict(self.extra)
        )
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in ours.items()]
        local = self.folder / "local.conf"
        own = str(local).replace("'", "''")
        place = self.folder / "postgresql.conf"
        lines = [
            "# Written at every start; put your own settings into local.conf.",
            *lines,
            f"include_if_exists = '{own}'",
        ]
        fresh = place.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
        fresh.chmod(0o644)
        fresh.replace(place)
        return place

    def _stop(self) -> bool:
        if self.postmaster() is None:
            return False
        self._account = self._account or account_for(self.cluster)
        self.programs = self.programs or choose(self.cluster)
        return self._run("pg_ctl", "-D", str(self.cluster), "-w", "-s", "-m", "fast", "stop")[0]
