"""Built-ins over contexts: keys and values."""

from __future__ import annotations

from typing import Any

from kernel.expression.functions.registry import builtin


@builtin("get value", 0)
def _value(context: dict[str, Any], key: str) -> Any:
    return context.get(key)


@builtin("get value", 1)
def _deep_value(context: dict[str, Any], keys: list[Any]) -> Any:
    found: Any = context if keys else None
    for key in keys:
        found = found.get(key) if isinstance(found, dict) and isinstance(key, str) else None
    return found


@builtin("get entries")
def _entries(context: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context")
def _context(entries: list[Any]) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not {"key", "value"} <= entry.keys():
            return None
        key = entry["key"]
        if not isinstance(key, str) or key in made:
            return None
        made[key] = entry["value"]
    return made


@builtin("context put", 0)
def _put(context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**context, key: value}


@builtin("context put", 1)
def _put_deep(context: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    if not keys or not isinstance(keys[0], str):
        return None
    first, *rest = keys
    if not rest:
        return {**context, first: value}
    inner = context.get(first, {})
    deeper = _put_deep(inner, rest, value) if isinstance(inner, dict) else None
    return None if deeper is None else {**context, first: deeper}


@builtin("context merge")
def _merge(contexts: list[Any]) -> dict[str, Any] | None:
    if not all(isinstance(context, dict) for context in contexts):
        return None
    return {key: value for context in contexts for key, value in context.items()}
