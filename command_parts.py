"""This file has what several commands share: common options, where packages stand, how problems are told."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from metadata.problems import Problem, listed

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kernel.database import Settings

CHECKOUT = Path(__file__).resolve().parent
MODULES = CHECKOUT / "modules"
FOUND, STOPPED_BY_USER = 1, 130

Data = Annotated[
    Path | None,
    Parameter(
        name="--data",
        help="Pasta dos dados deste comando; para todos: AROEIRA_DATA (se não houver DATABASE_URL).",
    ),
]
Packages = Annotated[Path | None, Parameter(help="Pasta dos pacotes, ou de um pacote; sem ela, modules.")]


def shown_root(folder: Path | None) -> Path:
    """Return where the packages stand as seen from here, so that an editor opens the paths told."""
    from metadata.load import root_of

    return Path(os.path.relpath(root_of(folder or MODULES)))


def packages(engine: Engine, folder: Path | None) -> dict[str, bytes]:
    """Return the files to publish: of a folder all of them, of the product no packages for demonstrations.

    Such a package stays where it is there already.
    """
    from kernel import publish
    from metadata.load import read_folder, without_demonstrations

    if folder:
        return read_folder(folder)
    with engine.connect() as connection:
        there = publish.packages(connection)
    return without_demonstrations(read_folder(MODULES), there)


def settings(data: Path | None) -> Settings:
    """Return which database to use: the environment's, or the one of `--data`."""
    from kernel.database import Settings

    return Settings.from_environment(os.environ, folder=data)


@contextlib.contextmanager
def working(data: Path | None) -> Iterator[Engine]:
    """Yield an engine as the application's role, which cannot write the audit; say where there is none."""
    from kernel import working_role
    from kernel.database import connect

    chosen = settings(data)
    with connect(chosen) as owner, working_role.working(owner, chosen) as engine:
        tell(unguarded(owner, engine))
        yield engine


def unguarded(owner: Engine, engine: Engine) -> Iterator[Problem]:
    """Yield a warning where the application works with the rights of the owner of the tables."""
    from kernel.working_role import ROLE

    if engine is owner:
        yield Problem("A139", {"account": owner.url.username or "?", "role": ROLE})


def tell(problems: Iterable[Problem]) -> int:
    """Print problems to standard error and return the status of a command that found some."""
    for line in listed(problems):
        print(line, file=sys.stderr)
    return FOUND


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far long work is: call what is yielded with its name, what is done, and of how much."""
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    bars = Progress(*columns)

    def told(says: str, done: int, total: int) -> None:
        bars.start()  # only now: without long work there is nothing to show
        if says not in tasks:
            tasks[says] = bars.add_task(says)
        bars.update(tasks[says], completed=done, total=total or None)  # none: nobody knows how much

    try:
        yield told
    finally:
        if tasks:
            bars.stop()
