"""The page that shows what expressions can say."""

from __future__ import annotations

import html

import httpx
import pytest
from sqlalchemy import Engine

from metadata.expression.guide import functions, sections
from tests import office


@pytest.fixture
def text(database: Engine) -> str:
    made = office.installed(database)
    with office.client(office.application(database, made)) as web:
        return shown(web)


def shown(web: httpx.Client) -> str:
    answer = web.get("/ajuda/expressoes")
    assert answer.status_code == 200
    assert "/ajuda/expressoes" in web.get("/paleta?q=expressões").text
    return html.unescape(answer.text)


def test_every_construct_and_every_function_is_shown_in_both_writings(text: str) -> None:
    for section in sections():
        assert section.title in text
        for example in section.examples:
            assert f"<code>{example.text}</code>" in text
            assert f"<code>{example.in_portuguese}</code>" in text
    for said, standard in functions():
        assert said in text
        assert standard in text
