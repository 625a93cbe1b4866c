"""This file says values of the audit as people read them: in the format of their field, links as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from kernel.context import Context
from kernel.query.lookup import texts
from kernel.runtime import Runtime
from kernel.storage.tables import ATTACHMENTS
from metadata.entity import Field

_TYPED: Mapping[str, Callable[[Any], Any]] = {
    "text": str, "bigint": int, "numeric": lambda value: Decimal(str(value)), "date": date.fromisoformat,
    "time": time.fromisoformat, "timestamptz": datetime.fromisoformat, "boolean": bool, "link": int,
    "file": int, "jsonb": lambda value: value, "bridge": tuple,
}  # fmt: skip
_LINKED = ("link", "bridge", "file")
Named = tuple[Field, Any]


def typed(value: Any, field: Field) -> Any:
    """Return a JSON value of the audit as the field has it; one of another type, from before, as it is."""
    if value is None:
        return None
    try:
        return _TYPED[field.kind.storage](value)
    except (TypeError, ValueError, ArithmeticError):
        return value


class Saying:
    """Says values; what links lead to is read in one go for each entity."""

    def __init__(
        self, connection: Connection, runtime: Runtime, context: Context, named: Iterable[Named]
    ) -> None:
        self.context = context
        wanted: dict[str, set[int]] = {}
        for field, value in named:
            if field.kind.storage in _LINKED:
                target = ATTACHMENTS if field.kind.storage == "file" else field.to
                wanted.setdefault(target, set()).update(_ids(value))
        self._texts = {
            target: _names(connection, runtime, ids)
            if target == ATTACHMENTS
            else texts(connection, runtime, context, target, tuple(sorted(ids)))
            for target, ids in wanted.items()
        }

    def said(self, value: Any, field: Field) -> str:
        """Return a value as people read it; an empty text where there is none."""
        if value is None or value == ():
            return ""
        if field.kind.storage in _LINKED:
            known = self._texts.get(ATTACHMENTS if field.kind.storage == "file" else field.to, {})
            return ", ".join(known.get(id) or f"registro {id}" for id in _ids(value))
        read = typed(value, field)
        if isinstance(read, datetime):
            read = read.astimezone(self.context.now.tzinfo)
        try:
            return field.kind.print(read, field)
        except (TypeError, ValueError, AttributeError, ArithmeticError):
            return str(value)  # as it was when the field had another type


def _ids(value: Any) -> tuple[int, ...]:
    many = value if isinstance(value, list | tuple) else (value,)
    return tuple(id for id in many if isinstance(id, int))


def _names(connection: Connection, runtime: Runtime, ids: set[int]) -> dict[int, str]:
    files = runtime.metadata.tables[ATTACHMENTS]
    found = connection.execute(select(files.c.id, files.c.name).where(files.c.id.in_(ids)))
    return {row.id: row.name for row in found}
