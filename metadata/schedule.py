"""This file describes schedules: which process begins by itself, when, and with which answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names, YesNo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST = "last"
DAY, WORKING_DAY, WEEK, MONTH = "day", "working day", "week", "month"


class Schedule(Model):
    """When a process begins by itself.

    run: the process.  answers: expressions that see the day for which it begins.  on: weekdays of a week;
    days of a month, counted by `count`.  zone: where `at` is told, without it that of the site.
    catch_up: what becomes of times at which nobody worked.  tell: roles whose operators hear of the end.
    """

    schedule: Identifier
    label: str
    help: str = ""
    run: str
    answers: dict[Identifier, str] = PydanticField(default_factory=dict)
    every: Literal["day", "working day", "week", "month"]
    on: Names = ()
    count: Literal["days", "working days"] = "days"
    at: str
    zone: str = ""
    catch_up: Literal["last", "all", "no"] = "last"
    dry_run: YesNo = False
    paused: YesNo = False
    tell: Names = ()
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.schedule

    @property
    def needs_holidays(self) -> bool:
        """Tell whether its days depend on which ones are worked."""
        return self.every == WORKING_DAY or self.count == "working days"
