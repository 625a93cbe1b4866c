"""This file makes tokens nobody can guess, and the only form of them that is kept: their hash."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32


def new_token() -> str:
    """Return a text of 256 random bits that fits into a cookie and a header."""
    return secrets.token_urlsafe(BYTES)


def hashed(token: str) -> bytes:
    """Return what is kept of a token. Random already, it needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
