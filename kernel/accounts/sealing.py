"""This file seals what must be read again (secrets of second factors) with a key outside the database."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from metadata.problems import Problem, Problems
from metadata.system_errors import said_of

VARIABLE, FILE = "AROEIRA_KEY", "accounts.key"


class Unreadable(Exception):
    """Sealed with another key, changed, or too old."""


class Seal:
    """Seals and opens with one key; what was sealed for one purpose does not open for another."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def close(self, purpose: str, text: str) -> bytes:
        """Return a text sealed."""
        return self._fernet.encrypt(f"{purpose}\0{text}".encode())

    def open(self, purpose: str, sealed: bytes, oldest_seconds: int | None = None) -> str:
        """Return what was sealed.

        Errors: Unreadable.
        """
        try:
            said, _, text = self._fernet.decrypt(sealed, oldest_seconds).decode().partition("\0")
        except InvalidToken as error:
            raise Unreadable from error
        if said != purpose:
            raise Unreadable
        return text


def new_key() -> bytes:
    """Return a fresh key."""
    return Fernet.generate_key()


def key(folder: Path, environment: Mapping[str, str]) -> bytes:
    """Return the key of this installation: of AROEIRA_KEY, else of a file in the data folder, made once.

    Errors: Problems with A140 when AROEIRA_KEY is no key, A135 when the file cannot be used.
    """
    if written := environment.get(VARIABLE):
        return _checked(written.encode(), VARIABLE)
    path = folder.expanduser() / FILE
    try:
        with contextlib.suppress(FileExistsError):
            _make(path)
        return _checked(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise Problems([Problem("A135", {"path": path, "reason": said_of(error)})]) from error


def _make(path: Path) -> None:
    """Write a key whole or not at all: two processes may start together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{FILE}.{os.getpid()}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(new_key())
        os.link(draft, path)
    finally:
        draft.unlink()


def _checked(written: bytes, where: str) -> bytes:
    try:
        usable = len(base64.urlsafe_b64decode(written)) == 32
    except (binascii.Error, ValueError):
        usable = False
    if not usable:
        raise Problems([Problem("A140", {"where": where, "sample": new_key().decode()})])
    return written
