"""This file describes a package: its name, its version and the packages it stands on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names, YesNo

MANIFEST = "manifest.yaml"
FREE_FILES = frozenset({"glossario.md", "README.md"})


class Manifest(Model):
    """The head of a package (`manifest.yaml`).

    rights: what people call the rights that documents of the package ask for by name.  demo: the package is
    for demonstrations; nobody else gets it with the rest.
    """

    package: Identifier
    label: str
    version: Annotated[str, PydanticField(pattern=r"^\d{1,5}\.\d{1,5}\.\d{1,5}$")]
    requires: Names = ()
    rights: dict[str, str] = PydanticField(default_factory=dict)
    demo: YesNo = False
    note: str = ""
