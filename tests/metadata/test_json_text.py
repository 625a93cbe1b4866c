"""JSON that people and programs write: what is wrong is said in Portuguese, with its place."""

from __future__ import annotations

import pytest

from metadata.json_text import read_json
from metadata.problems import Refused


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "o texto termina antes do fim, na linha 1, coluna 2"),
        ('{"a":\n ]}', "falta um valor, na linha 2, coluna 2"),
        ('{"a" 1}', "falta “:” depois do nome, na linha 1, coluna 6"),
        ("{'a': 1}", "falta um nome entre aspas duplas, na linha 1, coluna 2"),
        ("[1 2]", "falta vírgula, ou o fim da lista ou do objeto, na linha 1, coluna 4"),
        ("{} x", "há texto depois do fim, na linha 1, coluna 4"),
        ('"abc', "falta fechar aspas, na linha 1, coluna 1"),
        (
            '"a\nb"',
            "há quebra de linha ou caractere de controle dentro de um texto, na linha 1, coluna 3",
        ),
        (b"\xff", "o texto não está em UTF-8"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "o nome “b” aparece mais de uma vez no mesmo objeto"),
        ("[NaN]", "NaN não é um número que se possa guardar"),
        ("[1e999]", "1e999 não é um número que se possa guardar"),
        ("1" * 5000, "há um número com algarismos demais"),
        ('{"\\ud800": 1}', "há um caractere pela metade, como \\ud800 sozinho"),
        ("[" * 100_000, "há níveis demais, um dentro do outro"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str | bytes, what: str) -> None:
    assert read_json(text) == Refused("R118", {"what": what})


def test_what_is_right_is_read_exactly() -> None:
    text = '{"a": 123456789012345678901234567890, "b": "\\ud83d\\ude00", "c": [1.5, null, {"a": true}]}'
    read = read_json(b"\xef\xbb\xbf" + text.encode())
    assert read == {"a": 123456789012345678901234567890, "b": "😀", "c": [1.5, None, {"a": True}]}
