"""This file makes the plan of a migration: what changes, the steps, what stands against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from kernel import publish
from kernel.accounts import site_roles
from kernel.accounts.renamed_roles import of_today
from kernel.runtime import Runtime, at_site, compile
from kernel.storage.migrate import catalog, renames
from kernel.storage.migrate.checks import check
from kernel.storage.migrate.look import Look
from kernel.storage.migrate.steps import Stage, Step
from kernel.storage.migrate.structure import differences
from kernel.storage.migrate.wanted import wanted
from metadata import site_roles as site_changes
from metadata.changes import Change
from metadata.compare import compare
from metadata.load import load_files, load_valid
from metadata.package import Configuration
from metadata.problems import Problem


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publication would do.

    version: the published version that it starts from.  runtime: what would be served.  is_published: the
    same files are published already; then steps are what an interrupted run left over.
    """

    version: int
    runtime: Runtime
    is_published: bool
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def is_blocked(self) -> bool:
        """Tell whether it cannot be run."""
        return bool(self.problems)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to publish and nothing to do."""
        return self.is_published and not self.steps

    @property
    def now(self) -> tuple[Step, ...]:
        """The steps of the one transaction."""
        return tuple(step for step in self.steps if step.phase == "transaction")

    @property
    def later(self) -> tuple[Step, ...]:
        """The steps that follow while everybody works."""
        return tuple(step for step in self.steps if step.phase == "later")


def plan(engine: Engine, files: Mapping[str, bytes]) -> Plan:
    """Return the plan that leads from what is published to `files`.

    Errors: Problems, when the files have any.
    """
    new = load_valid(files)
    with engine.connect() as connection:
        version = publish.latest(connection)
        published = publish.read(connection, version)
        # A version that this program no longer understands in full still says most of its names.
        old = new if published == dict(files) else load_files(published)[0]
        changes = tuple(compare(old, new))
        runtime = compile(new, version + 1)
        edit = site_roles.latest(connection)
        said = of_today(runtime.configuration, site_roles.in_force(connection)) if edit else []
        look, renaming = _look(connection, old, at_site(runtime, edit, said), changes)
        checked = check(look, changes)
        checked = replace(checked, warnings=(*checked.warnings, *_unfit(old, new, said)))
    steps: list[Step] = []
    if not checked.problems:
        found = (*differences(look.after, look.want, runtime.metadata), *checked.repairs)
        steps = [*renaming, *(_locked_now(step, look.renames) for step in found)]
        steps = sorted((_after_renames(step, look) for step in steps), key=lambda step: step.stage)
    is_published = version > 0 and published == dict(files)
    return Plan(version, runtime, is_published, changes, tuple(steps), checked.problems, checked.warnings)


def _unfit(old: Configuration, new: Configuration, said: Sequence[site_changes.Change]) -> Iterator[Problem]:
    """Yield a warning for each line of a role that is the site's own and stops fitting."""
    before, after = (
        {(unfit.change.role, unfit.change.place): unfit for unfit in site_changes.laid_over(each, said)[1]}
        for each in (old, new)
    )
    for (role, place), unfit in after.items():
        if (role, place) not in before:
            why = "; ".join(problem.sentence() for problem in unfit.problems)
            yield Problem("M528", {"role": role, "line": " › ".join(place), "why": why})


def _look(
    connection: Connection, old: Configuration, runtime: Runtime, changes: Sequence[Change]
) -> tuple[Look, list[Step]]:
    have, want = catalog.read(connection), wanted(runtime)
    gathered = renames.gather(changes, old.entities, have)
    after, steps = renames.carried(have, want, gathered)
    return Look(connection, old, runtime.configuration, have, after, want, gathered), steps


def _locked_now(step: Step, renamed: renames.Renames) -> Step:
    """Let locks speak the names of now: they are taken before the renames."""
    return replace(step, locks={renamed.table(name): mode for name, mode in step.locks.items()})


def _after_renames(step: Step, look: Look) -> Step:
    """Make new tables only after the renames when one takes over a name that a rename sets free."""
    taken = any(name in look.have for name in look.want if name not in look.after)
    return replace(step, stage=Stage.CHANGE) if taken and step.stage is Stage.CREATE else step
