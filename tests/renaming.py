"""Renames fields and entities in the documents that describe them, and nowhere else; `x` becomes `x_zz`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from metadata.canonical import canonical_text
from metadata.entity import Entity
from metadata.kinds import KINDS
from metadata.manifest import Manifest
from metadata.model import Model
from metadata.source import Source, read_bytes

Files = Mapping[str, bytes]
Part = tuple[str, str]  # an entity and a field of it; without a field, the entity itself
NEW = "_zz"
_NEW = re.compile(rf"(?<=[a-z0-9]){NEW}(?![a-z0-9_])")


def plain_of(content: bytes) -> dict[str, Any]:
    """Return what a document says."""
    source = read_bytes(content, "")
    assert isinstance(source, Source), source
    return source.plain


def model_of(path: str) -> type[Model] | None:
    """Return the model of a document; none for other files."""
    parts = path.split("/")
    if len(parts) == 2:
        return Manifest if parts[1] == "manifest.yaml" else None
    return KINDS[parts[1]].model if path.endswith(".yaml") else None


def parts_of(files: Files) -> list[Part]:
    """Return every entity and every field that can be renamed."""
    found: list[Part] = []
    for content in _entities(files).values():
        plain = plain_of(content)
        found.append((plain["entity"], ""))
        found += [(plain["entity"], name) for name in plain["fields"]]
    return found


def renamed(files: Files, parts: Collection[Part]) -> dict[str, bytes]:
    """Return the files in which some entities and fields have new names, and note the former."""
    result = dict(files)
    for path, content in _entities(files).items():
        plain = plain_of(content)
        name = plain["entity"]
        plain["fields"] = dict(
            _field(key, part, (name, key) in parts) for key, part in plain["fields"].items()
        )
        del result[path]
        if (name, "") in parts:
            plain |= {"entity": name + NEW, "was": [name, *_listed(plain.get("was"))]}
        result[_beside(path, plain["entity"])] = canonical_text(plain, Entity).encode()
    return result


def without_was(files: Files) -> dict[str, bytes]:
    """Return the files as they are once nobody may say a former name any more."""
    result = dict(files)
    for path, content in _entities(files).items():
        plain = plain_of(content)
        plain.pop("was", None)
        plain["fields"] = {name: _unnoted(part) for name, part in plain["fields"].items()}
        result[path] = canonical_text(plain, Entity).encode()
    return result


def as_before(files: Files) -> dict[str, str]:
    """Return the documents, in their canonical form, without what the new names add."""
    return dict(_as_before(files))


def _as_before(files: Files) -> Iterator[tuple[str, str]]:
    for path, content in files.items():
        text = _NEW.sub("", content.decode())
        model = model_of(path)
        yield _NEW.sub("", path), canonical_text(plain_of(text.encode()), model) if model else text


def _entities(files: Files) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if model_of(path) is Entity}


def _beside(path: str, name: str) -> str:
    return f"{path.rpartition('/')[0]}/{name}.yaml"


def _field(name: str, part: Any, is_renamed: bool) -> tuple[str, Any]:
    if not is_renamed:
        return name, part
    part = {"type": part} if isinstance(part, str) else part
    return name + NEW, {**part, "was": [name, *_listed(part.get("was"))]}


def _unnoted(part: Any) -> Any:
    return {key: value for key, value in part.items() if key != "was"} if isinstance(part, dict) else part


def _listed(was: Any) -> list[str]:
    return [was] if isinstance(was, str) else list(was or ())
