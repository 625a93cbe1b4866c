"""This file says when something happened as part of a sentence: às 22:27, ontem às 17:42."""

from __future__ import annotations

from datetime import datetime


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
