"""This file walks the XML of decision models, whichever of the standard's namespaces it is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

Element = etree._Element  # noqa: SLF001 (lxml names its class so)
NAME = "name"
MAX_BYTES = 4 << 20


def read(content: bytes) -> Element:
    """Return the root of a document; no entities, no network, no huge trees.

    A document type has no place in a model: in names, entities would be put in whatever the parser is told.

    Errors: ValueError where it is no such document.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(MAX_BYTES)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    about: Any = root.getroottree().docinfo
    if about.doctype:
        raise ValueError(about.doctype)
    return root


def tag_of(element: Element) -> str:
    """Return the name of an element without its namespace; empty for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element, *tags: str) -> Iterator[Element]:
    """Yield the elements right below, of some names or all."""
    for each in element:
        if isinstance(each.tag, str) and (not tags or tag_of(each) in tags):
            yield each


def child(element: Element, *tags: str) -> Element | None:
    """Return the first element right below of some names."""
    return next(children(element, *tags), None)


def text_of(element: Element, tag: str) -> str:
    """Return the text of an element right below; empty where there is none."""
    found = child(element, tag)
    return (found.text or "").strip() if found is not None else ""
