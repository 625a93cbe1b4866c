"""This file reads JSON strictly, and says in Portuguese, with line and column, what is wrong with it.

Refused besides bad grammar: repeated names, numbers and characters that nothing here could keep.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from metadata.messages import reading_error
from metadata.problems import Refused, shortened

_MOST_DIGITS = 1000
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class _Strange(Exception):
    """What the grammar allows and we do not."""


def read_json(text: str | bytes) -> Any | Refused:
    """Return the value of a JSON text, or why it is none."""
    try:
        whole = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(
            whole, object_pairs_hook=_object, parse_constant=_strange, parse_float=_finite, parse_int=_whole
        )
        if _HALF.search(whole):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        return wrong_json(error)
    except _Strange as error:
        return Refused("R118", {"what": str(error)})
    except UnicodeDecodeError:
        return Refused("R118", {"what": "o texto não está em UTF-8"})
    except UnicodeEncodeError:
        return Refused("R118", {"what": "há um caractere pela metade, como \\ud800 sozinho"})
    except RecursionError:
        return Refused("R118", {"what": "há níveis demais, um dentro do outro"})
    return value


def wrong_json(error: json.JSONDecodeError) -> Refused:
    """Return where and why the grammar broke."""
    is_end = error.pos >= len(error.doc.rstrip())
    what = "o texto termina antes do fim" if is_end else reading_error(error.msg)
    return Refused("R118", {"what": f"{what}, na linha {error.lineno}, coluna {error.colno}"})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise _Strange(f"o nome “{shortened(name)}” aparece mais de uma vez no mesmo objeto")
        made[name] = value
    return made


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _Strange("há um número com algarismos demais")
    return int(digits)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _strange(text)


def _strange(text: str) -> Any:
    raise _Strange(f"{shortened(text)} não é um número que se possa guardar")
