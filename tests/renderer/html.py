"""Reads pages in tests: elements by short paths such as `tbody tr` or `td.k-name`."""

from __future__ import annotations

import re

import httpx
from lxml import html
from lxml.html import HtmlElement

_STEP = re.compile(r"([a-z0-9]*)((?:[.#][\w-]+)*)")


def find(root: HtmlElement, path: str) -> list[HtmlElement]:
    """Return the elements under a path of tags, classes and ids."""
    return root.xpath("." + "".join(f"//{_xpath(step)}" for step in path.split()))


def _xpath(step: str) -> str:
    tag, marks = _STEP.fullmatch(step).groups()
    made = tag or "*"
    for mark in re.findall(r"[.#][\w-]+", marks):
        name = mark[1:]
        made += f"[@id='{name}']" if mark[0] == "#" else f"[contains(concat(' ',@class,' '),' {name} ')]"
    return made


def texts(root: HtmlElement, path: str) -> list[str]:
    """Return the texts under a path, with single blanks."""
    return [" ".join(node.text_content().split()) for node in find(root, path)]


def page(client: httpx.Client, address: str, status: int = 200) -> HtmlElement:
    """Ask for a page and return its root."""
    answer = client.get(address)
    assert answer.status_code == status, (
        f"{answer.status_code} {answer.headers.get('location')} {answer.text[:1500]}"
    )
    return html.fromstring(answer.text)


def shown(answer: httpx.Response) -> HtmlElement:
    """Return the root of an answer."""
    return html.fromstring(answer.text)
