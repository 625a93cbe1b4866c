"""This file asks for a value of the site within a statement; of one day it is asked for once, not per row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Date, Numeric, Text, case, cast, literal_column, select
from sqlalchemy.types import TypeEngine

from kernel.expression.sql.writing import SQL
from kernel.storage.system import PARAMETER
from metadata.expression import builtins as b

# What is kept in another form than the type of today asks for says nothing.
_MONTH = r"^\d{4}-\d{2}$"
_FORMS: dict[str, tuple[str, TypeEngine[Any]]] = {
    b.NUMBER: (r"^-?[0-9]+(\.[0-9]+)?$", Numeric()),
    b.BOOLEAN: ("^(true|false)$", Boolean()),
    b.DATE: (r"^\d{4}-\d{2}(-\d{2})?$", Date()),
}


def setting(name: str, kind: str, day: SQL) -> SQL:
    """Return what the site says that a parameter is on a day; null where it says nothing."""
    known = PARAMETER.alias()
    text = known.c.value.op("#>>", return_type=Text())(literal_column("'{}'"))
    value: Any = text
    if kind in _FORMS:
        form, wanted = _FORMS[kind]
        whole = case((text.regexp_match(_MONTH), text + "-01"), else_=text) if kind == b.DATE else text
        value = case((text.regexp_match(form), cast(whole, wanted)))
    query = select(value).where(known.c.parameter == name, known.c.valid_from <= day)
    query = query.where(~known.c.taken_back, ~_is_taken_back(known))
    query = query.order_by(known.c.valid_from.desc(), known.c.id.desc()).limit(1)
    found: SQL = query.scalar_subquery()
    found.type = _FORMS[kind][1] if kind in _FORMS else Text()
    return found


def _is_taken_back(known: Any) -> Any:
    """Tell whether a later entry takes back the day of this one."""
    later = PARAMETER.alias()
    return (
        select(later.c.id)
        .where(
            later.c.parameter == known.c.parameter,
            later.c.valid_from == known.c.valid_from,
            later.c.taken_back,
            later.c.id > known.c.id,
        )
        .correlate(known)
        .exists()
    )
