"""Rules of schedules: their process exists and is answered, and their times are some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast
from zoneinfo import available_timezones

from metadata.check.calls import answered
from metadata.check.scope import Scope
from metadata.package import Document
from metadata.problems import Problem, near
from metadata.schedule import LAST, MONTH, WEEK, WEEKDAYS, Schedule

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
MOST_WORKING_DAYS, MOST_DAYS = 23, 31


def schedules_fit(scope: Scope) -> Iterator[Problem]:
    """M430 to M438, M3: a schedule begins a process with answers that fit, at times that come."""
    for document in scope.documents("schedules"):
        schedule = cast("Schedule", document.model)
        yield from answered(scope, document, (), schedule.run, schedule.answers)
        yield from _times(scope, document, schedule)
        for place, role in enumerate(schedule.tell):
            where = document.place("tell", place) if len(schedule.tell) > 1 else document.place("tell")
            yield from scope.missing(document, "roles", role, where, "M437")


def _times(scope: Scope, document: Document, schedule: Schedule) -> Iterator[Problem]:
    if not TIME.fullmatch(schedule.at):
        yield Problem("M433", {"text": schedule.at}, document.place("at"))
    if schedule.zone and schedule.zone not in available_timezones():
        facts = {"name": schedule.zone, "near": near(schedule.zone, available_timezones())}
        yield Problem("M434", facts, document.place("zone"))
    known = _known(schedule)
    if bool(schedule.on) != bool(known):
        yield Problem("M436", {"every": schedule.every}, document.place("on" if schedule.on else "every"))
    for place, day in enumerate(schedule.on if known else ()):
        if day not in known:
            where = document.place("on", place) if len(schedule.on) > 1 else document.place("on")
            yield Problem("M435", {"name": day, "names": f"{known[0]} … {known[-2]}, {known[-1]}"}, where)
    if schedule.count == "working days" and schedule.every != MONTH:
        yield Problem("M439", {"every": schedule.every}, document.place("count"))
    if schedule.needs_holidays and not any(entity.holidays for entity in scope.entities.values()):
        key = "count" if schedule.count == "working days" else "every"
        yield Problem("M438", {}, document.place(key))


def _known(schedule: Schedule) -> tuple[str, ...]:
    """Return what can be said of days."""
    most = MOST_DAYS if schedule.count == "days" else MOST_WORKING_DAYS
    known = {WEEK: WEEKDAYS, MONTH: (*map(str, range(1, most + 1)), LAST)}
    return known.get(schedule.every, ())
