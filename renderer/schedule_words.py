"""This file says schedules in words: when each comes, what came of a time, what becomes of missed ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kernel.processes.tables import FINISHED
from kernel.schedules.telling import Begun
from metadata.schedule import DAY, LAST, WEEK, WEEKDAYS, WORKING_DAY, Schedule
from metadata.values.moments import SITE_ZONE
from renderer.process_words import STATES, State

NAMES = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
MISSED = {
    "last": "Do que passou sem ninguém trabalhar, faz a última vez.",
    "all": "O que passou sem ninguém trabalhar é feito em ordem, uma vez depois da outra.",
    "no": "O que passou sem ninguém trabalhar não se faz mais.",
}
LET_GO = State("Passou", "warn", "circle-alert")
NOT_BEGUN = State("Não começou", "bad", "circle-x")


def when(schedule: Schedule) -> str:
    """Return when a schedule comes: todo dia às 03:30."""
    zone = f" ({schedule.zone.replace('_', ' ')})" if _is_elsewhere(schedule) else ""
    return f"{_days(schedule)} às {schedule.at}{zone}"


def _is_elsewhere(schedule: Schedule) -> bool:
    return bool(schedule.zone) and ZoneInfo(schedule.zone) != SITE_ZONE


def _days(schedule: Schedule) -> str:
    if schedule.every == DAY:
        return "todo dia"
    if schedule.every == WORKING_DAY:
        return "todo dia útil"
    if schedule.every == WEEK:
        return f"toda {joined([NAMES[WEEKDAYS.index(day)] for day in schedule.on])}"
    numbers = [day for day in schedule.on if day != LAST]
    kind = "dia útil" if schedule.count == "working days" else "dia"
    if kind == "dia":
        said = [f"dia {joined(numbers)}"] if numbers else []
    else:
        said = [f"{joined([f'{number}º' for number in numbers])} {kind}"] if numbers else []
    said += [f"último {kind}"] if LAST in schedule.on else []
    return f"{joined(said)} do mês"


def joined(words: Sequence[str]) -> str:
    """Return words one after the other: a, b e c."""
    return " e ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def comes(at: datetime | None, now: datetime) -> str:
    """Return when a moment comes: hoje 03:30, amanhã 03:30, 05/12/2026 06:00."""
    if at is None:
        return ""
    local = at.astimezone(now.tzinfo)
    day = {0: "hoje", 1: "amanhã"}.get((local.date() - now.date()).days, f"{local:%d/%m/%Y}")
    return f"{day} {local:%H:%M}"


def outcome(begun: Begun) -> State:
    """Return how what came of a time is shown."""
    if begun.run is not None:
        return STATES.get(begun.status, STATES[FINISHED])
    return NOT_BEGUN if begun.trouble else LET_GO


def more(begun: Begun) -> str:
    """Return what else there is to say of a time."""
    said = []
    if begun.trouble:
        says = str(begun.trouble.get("says", ""))
        said.append(says[:1].upper() + says[1:])
    if begun.missed:
        times = "vez passou" if begun.missed == 1 else "vezes passaram"
        rest = "" if begun.run else ", e nada foi feito"
        said.append(f"{begun.missed} {times} sem ninguém trabalhar{rest}.")
    return " ".join(said)
