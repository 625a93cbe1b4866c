"""This file says which numbers of an address may be the id of a record: what the database can hold."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor

LONGEST = 18  # digits; every id of 64 bits with so many fits


class RecordConvertor(Convertor[int]):
    """`{id:record}`: longer numbers are addresses of nothing."""

    regex = f"[0-9]{{1,{LONGEST}}}"

    def convert(self, value: str) -> int:
        """Return the id."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return the id as it stands in an address."""
        return str(value)


def is_record(text: str) -> bool:
    """Tell whether a text may be the id of a record."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST


def register() -> None:
    """Have routes know `{id:record}`; safe to call again."""
    register_url_convertor("record", RecordConvertor())
