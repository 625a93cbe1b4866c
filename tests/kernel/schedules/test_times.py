"""When schedules fall due, beside a calendar that walks through every minute, in zones that change their clocks."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.schedules.times import after, between
from metadata.schedule import WEEKDAYS, Schedule

MINUTE = timedelta(minutes=1)
# Begin and length of stretches in which clocks change: at midnight, at one, at two o'clock, by half an hour, never.
STRETCHES = [
    ("America/Sao_Paulo", datetime(2018, 10, 30, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 10, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2028, 2, 20, tzinfo=UTC)),
    ("Europe/Lisbon", datetime(2026, 3, 20, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 25, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 9, 28, tzinfo=UTC)),
    ("Africa/Maputo", datetime(2026, 12, 20, tzinfo=UTC)),
]
DAYS = 16
HOURS = ["00:00", "00:30", "01:15", "01:59", "02:00", "02:15", "02:30", "03:00", "12:00", "23:59"]
HOLIDAYS = frozenset(
    {date(2018, 11, 2), date(2028, 2, 28), date(2026, 4, 3), date(2026, 12, 25), date(2027, 1, 1)}
)


def schedules() -> st.SearchStrategy[Schedule]:
    days = st.lists(st.sampled_from([*map(str, range(1, 32)), "last"]), min_size=1, max_size=4)
    worked = st.lists(st.sampled_from([*map(str, range(1, 24)), "last"]), min_size=1, max_size=4)
    week = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3)
    one = st.one_of(
        st.just({"every": "day"}),
        st.just({"every": "working day"}),
        week.map(lambda on: {"every": "week", "on": on}),
        days.map(lambda on: {"every": "month", "on": on}),
        worked.map(lambda on: {"every": "month", "on": on, "count": "working days"}),
    )
    return st.builds(
        lambda words, at: Schedule.model_validate({"schedule": "a", "label": "A", "run": "p", "at": at, **words}),
        one, st.sampled_from(HOURS),
    )  # fmt: skip


def meant(schedule: Schedule, day: date) -> bool:
    """Tell whether a day is meant, counted off on one's fingers."""
    month = [day.replace(day=number) for number in range(1, monthrange(day.year, day.month)[1] + 1)]
    worked = [each for each in month if each.isoweekday() <= 5 and each not in HOLIDAYS]
    if schedule.every == "day":
        return True
    if schedule.every == "working day":
        return day in worked
    if schedule.every == "week":
        return day.strftime("%A").lower() in schedule.on
    counted = month if schedule.count == "days" else worked
    if day not in counted:
        return False
    place, is_last = counted.index(day) + 1, day == counted[-1]
    return any(
        is_last if text == "last" else place == int(text) or (is_last and int(text) > place)
        for text in schedule.on
    )


def walked(schedule: Schedule, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants at which the clock on the wall shows the hour; one it leaves out, as much later."""
    hour = timedelta(hours=int(schedule.at[:2]), minutes=int(schedule.at[3:]))
    now, last, seen = begin, begin.astimezone(zone).replace(tzinfo=None), set[date]()
    while now < end:
        now += MINUTE
        wall = now.astimezone(zone).replace(tzinfo=None)
        wanted = datetime.combine(wall.date(), datetime.min.time()) + hour
        if wall == wanted and wall.date() not in seen:
            seen.add(wall.date())
            if meant(schedule, wall.date()):
                yield now
        elif wall - last > MINUTE and last < wanted < wall:
            seen.add(wall.date())
            late = now + (wanted - last - MINUTE)
            if meant(schedule, wall.date()) and late <= end:
                yield late
        last = wall


@settings(max_examples=60, deadline=None)
@given(schedules(), st.sampled_from(STRETCHES))
def test_schedules_fall_due_as_somebody_who_watches_the_clock_sees(
    schedule: Schedule, stretch: tuple[str, datetime]
) -> None:
    name, begin = stretch
    end = begin + timedelta(days=DAYS)
    schedule = schedule.model_copy(update={"zone": name})
    found = list(between(schedule, begin, end, HOLIDAYS))
    assert found == sorted(walked(schedule, ZoneInfo(name), begin, end))
    assert len({each.astimezone(ZoneInfo(name)).date() for each in found}) == len(found)


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    words = {"schedule": "a", "label": "A", "run": "p", "every": "month", "on": ["31"], "at": "08:00"}
    schedule = Schedule.model_validate(words)
    begin = datetime(2027, 1, 31, 12, tzinfo=UTC)
    found = list(between(schedule, begin, datetime(2027, 6, 1, tzinfo=UTC), frozenset()))
    assert [f"{each:%d/%m %H:%M}" for each in found] == [
        "28/02 11:00",
        "31/03 11:00",
        "30/04 11:00",
        "31/05 11:00",
    ]


def test_where_no_day_is_worked_none_is_found() -> None:
    words = {"schedule": "a", "label": "A", "run": "p", "every": "working day", "at": "08:00"}
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    closed = frozenset(begin.date() + timedelta(days=number) for number in range(-5, 1_000))
    assert after(Schedule.model_validate(words), begin, closed) is None
