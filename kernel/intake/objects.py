"""This file reads rows out of JSON: a path of names leads to them, columns are names and positions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kernel.intake.source import MOST_COLUMNS, Line, Opened
from metadata.json_text import wrong_json
from metadata.layout import Layout
from metadata.problems import Problem, Problems

MOST_MEGABYTES = 64  # JSON is read whole
KEY, VALUE = "key", "value"


def open_objects(path: Path, layout: Layout) -> Opened:
    """Return the columns and the rows of a JSON file.

    Errors: Problems with R502, R503, R508, R513, R515, R516.
    """
    rows = list(_rows(_read(path), tuple(filter(None, layout.rows.split("."))), {}))
    if not rows:
        raise Problems([Problem("R516", {"rows": layout.rows})])
    header = tuple(dict.fromkeys(name for row in rows for name in row))
    if len(header) > MOST_COLUMNS:
        raise Problems([Problem("R513", {"count": len(header), "limit": MOST_COLUMNS})])
    return Opened(header, _lines(rows, header))


def _read(path: Path) -> Any:
    size = path.stat().st_size
    if size > MOST_MEGABYTES << 20:
        raise Problems([Problem("R508", {"size": size >> 20, "limit": MOST_MEGABYTES})])
    content = path.read_bytes()
    if not content.strip():
        raise Problems([Problem("R502", {"file": path.name})])
    try:
        return json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        facts = {"charset": "utf-8", "line": line, "advice": "salve o arquivo em utf-8"}
        raise Problems([Problem("R503", facts)]) from error
    except json.JSONDecodeError as error:
        raise Problems([Problem("R515", wrong_json(error).facts)]) from error
    except RecursionError as error:
        raise Problems([Problem("R515", {"what": "há níveis demais, um dentro do outro"})]) from error


def _rows(node: Any, names: tuple[str, ...], passed: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield each row with the plain values of the objects on the way to it."""
    if names and isinstance(node, list):
        for item in node:
            yield from _rows(item, names, passed)
    elif names and isinstance(node, dict):
        if names[0] in node:
            yield from _rows(node[names[0]], names[1:], {**passed, **_plain(node)})
    elif isinstance(node, list):
        for item in node:
            yield {**passed, **_columns(item)}
    elif isinstance(node, dict):
        for key, item in node.items():
            yield {**passed, KEY: key, **_columns(item)}


def _columns(item: Any) -> dict[str, str]:
    if isinstance(item, list):
        return {str(position): _text(value) for position, value in enumerate(item)}
    return _plain(item) if isinstance(item, dict) else {VALUE: _text(item)}


def _plain(node: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in node.items() if not isinstance(value, list | dict)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _lines(rows: list[dict[str, str]], header: tuple[str, ...]) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        yield number, [row.get(name, "") for name in header], None
