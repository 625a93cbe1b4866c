"""This file says whether an operator may write what a save is about to write, and may have written it.

Asked before anything is written, of the records as they are, and again afterwards, of what became of them: a
change must not carry a record out of what somebody may change, nor into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import BigInteger, Connection, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.access.allowed import EVERYTHING, Allowed
from kernel.access.files import sees_file
from kernel.access.profile import ADD, CHANGE, READ, REMOVE, EntityAccess, Profile
from kernel.access.seen import seen_by
from kernel.access.tables import Seen
from kernel.context import Context
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Difference
from metadata.entity import Field
from metadata.problems import Problem, near

GONE = "R150"
"""Not there, or not to be seen: said in the same words."""


class Work(Protocol):
    """What is looked at: a record with the path where its fields stand in the edit."""

    compiled: CompiledEntity
    prefix: str
    id: int | None
    values: dict[str, Any]
    begins: Mapping[str, Any]
    removed: bool
    parent_link: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """That a record must be among those allowed, and what is said where it is not."""

    entity: str
    id: int
    allowed: Allowed
    problem: Problem


@dataclass(frozen=True, slots=True)
class _Needed:
    """What works need: records that are seen, which is told first; no refusal; and what is asked then."""

    seen: list[_Asked]
    refused: list[Problem]
    asked: list[_Asked]


class Permit:
    """What one save needs, or each of many; lives only while it runs.

    `gone` counts as refused, in the same words.
    """

    def __init__(self, connection: Connection, runtime: Runtime, context: Context) -> None:
        self.connection = connection
        self.whole = runtime.whole
        self.context = context
        self.profile: Profile | None = context.access.profile
        self.later: list[tuple[Work, Allowed, Problem]] = []
        self.foreseen: dict[tuple[str, Allowed], set[int]] = {}

    def before(self, works: Iterable[Work]) -> list[Problem]:
        """Return what may not be written, looking at the records as they are and where their links lead.

        A record out of sight comes first, and alone: what else is said would tell that it is there.
        """
        return [] if self.profile is None else self._against(self._needed(works))

    def before_each(self, works: Iterable[Work]) -> list[list[Problem]]:
        """Return the same for each of many works, as if it were saved alone; all are asked at once."""
        needed = [self._needed([work]) for work in works]
        self._foresee(asked for each in needed for asked in (*each.seen, *each.asked))
        return [self._against(each) for each in needed]

    def _against(self, needed: _Needed) -> list[Problem]:
        return self._unmet(needed.seen) or needed.refused or self._unmet(needed.asked)

    def _needed(self, works: Iterable[Work]) -> _Needed:
        refused: list[Problem] = []
        asked: list[_Asked] = []
        seen: list[_Asked] = []
        for work in works:
            if not (work.removed or work.values or work.id is None or work.prefix == ""):
                continue
            for allowed, problem in self._needs(work):
                if work.id is not None and problem.code == GONE:
                    seen.append(_Asked(work.compiled.name, work.id, allowed, problem))
                elif allowed.is_nothing:
                    refused.append(problem)
                    continue
                elif work.id is not None:
                    asked.append(_Asked(work.compiled.name, work.id, allowed, problem))
                if not work.removed:
                    self.later.append((work, allowed, problem))
            asked += self._links(work)
            refused += self._files(work)
        return _Needed(seen, refused, asked)

    def after(self) -> list[Problem]:
        """Return what was written and may not be, looking at the records as they have become."""
        return self._unmet(asked for _, asked in self._become())

    def after_each(self, works: Iterable[Work]) -> list[list[Problem]]:
        """Return the same for each of some works that `before_each` was asked about, all at once."""
        become = list(self._become())
        self._foresee(asked for _, asked in become)
        needed: dict[int, list[_Asked]] = {}
        for work, asked in become:
            needed.setdefault(id(work), []).append(asked)
        return [self._unmet(needed.get(id(work), ())) for work in works]

    def _become(self) -> Iterator[tuple[Work, _Asked]]:
        """Yield what must hold of each record as it has become."""
        for work, allowed, problem in self.later:
            if work.id is not None:
                told = problem if problem.code != GONE else Problem("R428")
                yield work, _Asked(work.compiled.name, work.id, allowed, told)

    def sees(self, works: Iterable[Work]) -> bool:
        """Tell whether the operator sees all the records, as they are, that works change."""
        if self.profile is None:
            return True
        asked = []
        for work in works:
            if work.id is not None:
                read = self.profile.entities[work.compiled.name].record(READ)
                gone = Problem(GONE, {"entity": work.compiled.entity.label.one})
                asked.append(_Asked(work.compiled.name, work.id, read, gone))
        return not self._unmet(asked)

    def seen_of(self, entity: str, ids: Iterable[int]) -> set[int]:
        """Return those of some records of an entity that the operator sees."""
        read = self.profile.entities[entity].record(READ) if self.profile else EVERYTHING
        if read.is_nothing or read.is_everything:
            return set() if read.is_nothing else set(ids)
        return self._among(entity, read, sorted(ids))

    def removal(self, compiled: CompiledEntity, id: int) -> list[Problem]:
        """Return why a record may not be removed."""
        if self.profile is None:
            return []
        access = self.profile.entities[compiled.name]
        gone = Problem(GONE, {"entity": compiled.entity.label.one})
        told = Problem("R421", {"entity": compiled.entity.label.one})
        seen = _Asked(compiled.name, id, access.record(READ), gone)
        return self._unmet([seen]) or self._unmet([_Asked(compiled.name, id, access.record(REMOVE), told)])

    def told(self, root: Work, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Yield problems as the operator is told of them; those of fields that they do not see are one."""
        is_kept_back = False
        for problem in problems:
            if (
                self.profile is None
                or not problem.field
                or self._sees(root.compiled, problem.field.split("/"))
            ):
                yield problem
            elif not is_kept_back:
                is_kept_back = True
                yield Problem("R424")

    def seen(self, root: Work, differences: Iterable[Difference]) -> Iterator[Difference]:
        """Yield the differences of fields that the operator sees; a path names fields and rows in turn."""
        for difference in differences:
            if self.profile is None or self._sees(root.compiled, difference.path.split("/")):
                yield difference

    def _sees(self, compiled: CompiledEntity, steps: list[str]) -> bool:
        assert self.profile is not None
        name, *below = steps
        if name in compiled.fields and self.profile.entities[compiled.name].clear(name).is_nothing:
            return False
        child = compiled.children.get(name)
        rest = below[1:]
        return not (child and rest) or self._sees(self.whole.entities[child.entity], rest)

    # ── what a work needs ─────────────────────────────────────────────────────────────────────────

    def _needs(self, work: Work) -> Iterator[tuple[Allowed, Problem]]:
        assert self.profile is not None
        access = self.profile.entities[work.compiled.name]
        label = work.compiled.entity.label.one
        if work.id is not None:
            yield access.record(READ), Problem(GONE, {"entity": label})
        if work.removed:
            yield access.record(REMOVE), Problem("R421", {"entity": label}, field=work.prefix or None)
            return
        if work.id is None:
            yield access.record(ADD), Problem("R420", {"entity": label}, field=work.prefix or None)
        level = ADD if work.id is None else CHANGE
        for name in self._written(work):
            yield access.field(name, level), self._locked(access, work, name)

    def _written(self, work: Work) -> Iterator[str]:
        """Yield the fields that somebody gives a value; what a new record begins with was given by nobody."""
        for name, value in work.values.items():
            field = work.compiled.fields.get(name)
            if field is None or name == work.parent_link or field.is_given:
                continue
            if work.id is None and value in (None, (), work.begins.get(name)):
                continue
            yield name

    def _locked(self, access: EntityAccess, work: Work, name: str) -> Problem:
        """Return what is said of a field that may not be written; one that is not there is unknown."""
        if access.field(name).is_nothing:
            known = [field for field in access.entity.fields if not access.field(field).is_nothing]
            facts = {"name": name, "entity": work.compiled.entity.label.one, "near": near(name, known)}
            return Problem("R402", facts, field=work.prefix + name)
        return Problem("R422", {"label": work.compiled.fields[name].label}, field=work.prefix + name)

    def _links(self, work: Work) -> Iterator[_Asked]:
        """Yield that each record which a link shall lead to must be there for the operator."""
        assert self.profile is not None
        for name, value in work.values.items():
            field = work.compiled.fields.get(name)
            if field is None or field.type not in ("link", "many links") or work.removed or not value:
                continue
            if name == work.parent_link and work.id is None:
                continue
            allowed = self.profile.entities[field.to].record(READ)
            problem = Problem("R162", _link_facts(work, field), field=work.prefix + name)
            for id in value if field.type == "many links" else (value,):
                yield _Asked(field.to, id, allowed, problem)

    def _files(self, work: Work) -> Iterator[Problem]:
        """Yield files that a record shall point to and that the operator does not see."""
        for name, value in work.values.items():
            field = work.compiled.fields.get(name)
            if field is None or field.kind.storage != "file" or not isinstance(value, int) or work.removed:
                continue
            if not sees_file(self.connection, self.whole, self.context, value):
                yield Problem("R162", _link_facts(work, field), field=work.prefix + name)

    # ── asking ────────────────────────────────────────────────────────────────────────────────────

    def _unmet(self, asked: Iterable[_Asked]) -> list[Problem]:
        """Return the problems of records that are not among those allowed, one query for each condition."""
        alike, problems = _alike(asked)
        for key, each_of in alike.items():
            there = self.foreseen.get(key)
            if there is None:
                there = self._among(*key, sorted({each.id for each in each_of}))
            problems += [each.problem for each in each_of if each.id not in there]
        return problems

    def _foresee(self, asked: Iterable[_Asked]) -> None:
        """Ask now, one query for each condition, what will be asked of records one after the other."""
        alike, _ = _alike(asked)
        self.foreseen = {
            key: self._among(*key, sorted({each.id for each in each_of})) for key, each_of in alike.items()
        }

    def _among(self, entity: str, allowed: Allowed, ids: list[int]) -> set[int]:
        assert self.profile is not None
        seen = seen_by(self.whole, self.profile)
        key = ("among", entity, allowed)
        statement = seen.statements.get(key)
        if statement is None:
            table: Any = self.whole.entities[entity].table.alias("a")
            made = Seen(self.whole, self.profile, entity, table)
            wanted = made.allows(allowed)
            asked = table.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
            statement = select(table.c.id).select_from(made.from_).where(asked, wanted)
            seen.remember(key, statement)
        return set(self.connection.execute(statement, self.context.bound() | {"ids": ids}).scalars())


def _alike(asked: Iterable[_Asked]) -> tuple[dict[tuple[str, Allowed], list[_Asked]], list[Problem]]:
    """Return what must be asked, by condition, and the problems of what is never allowed."""
    grouped: dict[tuple[str, Allowed], list[_Asked]] = {}
    problems: list[Problem] = []
    for each in asked:
        if each.allowed.is_nothing:
            problems.append(each.problem)
        elif not each.allowed.is_everything:
            grouped.setdefault((each.entity, each.allowed), []).append(each)
    return grouped, problems


def _link_facts(work: Work, field: Field) -> Mapping[str, Any]:
    return {
        "label": field.label, "labels": field.label, "other": "",
        "entity": work.compiled.entity.label.one.lower(),
    }  # fmt: skip
