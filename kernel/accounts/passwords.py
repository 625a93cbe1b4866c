"""This file judges, hashes and checks passwords (argon2id); which account they are of it does not know."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.fold import fold
from metadata.problems import Refused

SHORTEST, LONGEST = 10, 200
FEWEST_DIFFERENT = 4
AT_ONCE = 2  # each takes 64 MiB and a processor for a moment: a flood must not take the machine
PATIENCE_SECONDS = 5.0
COMMON = Path(__file__).with_name("common_passwords.txt")
# Without letters and digits that are taken for one another when read from paper.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4

HASHER = PasswordHasher()  # argon2id with the parameters of RFC 9106 for little memory
_turns = threading.BoundedSemaphore(AT_ONCE)


class Busy(Exception):
    """Too many passwords are being checked at this moment."""


def refusal(password: str, own: Iterable[str] = ()) -> Refused | None:
    """Return why a password is not taken; `own` are the login, the name, the e-mail of its account.

    Length and rarity are what count: there is no rule about kinds of characters.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        return Refused("R464", {"min": SHORTEST})
    if len(plain) > LONGEST:
        return Refused("R465", {"max": LONGEST})
    folded = fold(plain)
    if any(_core(folded) == _core(fold(text)) for text in _parts(own)):
        return Refused("R466", {})
    if len(set(folded)) < FEWEST_DIFFERENT or folded in _common() or _core(folded) in _common():
        return Refused("R467", {})
    return None


def _parts(own: Iterable[str]) -> Iterable[str]:
    for text in own:
        if text:
            yield from (text, text.partition("@")[0], text[::-1])


def _core(folded: str) -> str:
    """Return a password without the digits and signs that people put behind (and before) a known word."""
    letters = "".join(letter for letter in folded if letter.isalnum())
    return letters.strip("0123456789") or letters


@cache
def _common() -> frozenset[str]:
    return frozenset(fold(line.strip()) for line in COMMON.read_text(encoding="utf-8").splitlines() if line)


def _normal(password: str) -> str:
    """Return the same text for the same keys: systems compose accents differently."""
    return unicodedata.normalize("NFKC", password)


def hash_of(password: str) -> str:
    """Return what is kept of a password."""
    with _turn():
        return HASHER.hash(_normal(password)[: LONGEST + 1])


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody has."""
    return HASHER.hash(secrets.token_urlsafe(24))


def is_right(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one kept; without a kept one the answer takes just as long.

    Errors: Busy when it is nobody's turn for seconds.
    """
    with _turn():
        try:
            HASHER.verify(kept or _nobody(), _normal(password)[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


class _turn:  # noqa: N801 (reads as a word: with _turn())
    """A turn at hashing."""

    def __enter__(self) -> None:
        if not _turns.acquire(timeout=PATIENCE_SECONDS):
            raise Busy

    def __exit__(self, *raised: object) -> None:
        _turns.release()


def generated() -> str:
    """Return a password to be given to somebody: 78 random bits, easy to read and to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
