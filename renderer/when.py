"""This file says when something happened as part of a sentence: às 22:27, ontem às 17:42."""

from __future__ import annotations

from datetime import datetime, timedelta


def said(at: datetime, now: datetime) -> str:
    """Return the moment after a verb: salvo `às 22:27`."""
    local = at.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    clock = f"às {local:%H:%M}"
    if days == 0:
        return clock
    return f"ontem {clock}" if days == 1 else f"em {local:%d/%m/%Y} {clock}"


def named(at: datetime, now: datetime) -> str:
    """Return the moment after a noun: rascunho de `ontem 17:42`."""
    local = at.astimezone(now.tzinfo)
    day = {0: "hoje", 1: "ontem"}.get((now.date() - local.date()).days, f"{local:%d/%m/%Y}")
    return f"{day} {local:%H:%M}"


def lasted(time: timedelta) -> str:
    """Return a length of time in its two largest units: 3 dias e 4 h, 5 min, menos de 1 min."""
    minutes = max(int(time.total_seconds()), 0) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        "1 dia" if days == 1 else f"{days} dias" if days else "",
        f"{hours} h" if hours else "",
        f"{rest} min" if rest and not days else "",
    ]
    return " e ".join(part for part in parts if part) or "menos de 1 min"
