"""This file serves renderer/static from memory: one address per content, kept for ever by the browser.

It does not build anything: the files are delivered as they are written.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same compressed, its type and its mark."""

    plain: bytes
    packed: bytes
    type: str
    mark: str


class Assets:
    """All static files.

    The address carries the hash of the whole folder, so relative imports of ES modules stay inside the
    same version: `/static/<hash>/js/main.js` finds `./keys.js` beside it.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES and path.is_file()
        }
        every = "".join(f"{name}:{asset.mark};" for name, asset in self.files.items())
        self.version = hashlib.sha256(every.encode()).hexdigest()[:12]

    def address(self, name: str) -> str:
        """Return the address to write into a page."""
        return f"/static/{self.version}/{name}"

    async def serve(self, request: Request) -> Response:
        """Answer a file; an address without this version's hash is asked again each time."""
        path = request.path_params["path"]
        version, _, name = path.partition("/")
        is_current = version == self.version
        found = self.files.get(name if is_current else path) or self.files.get(name)
        if found is None:
            raise HTTPException(404)
        headers = {"ETag": f'"{found.mark}"', "Vary": "Accept-Encoding"}
        headers["Cache-Control"] = FOR_EVER if is_current else "no-cache"
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        wants_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if wants_gzip and len(found.packed) < len(found.plain):
            headers["Content-Encoding"] = "gzip"
            return Response(found.packed, media_type=found.type, headers=headers)
        return Response(found.plain, media_type=found.type, headers=headers)


@cache
def shipped() -> Assets:
    """Return the product's own files, read once per process."""
    return Assets()


def _read(path: Path) -> Asset:
    plain = path.read_bytes()
    mark = hashlib.sha256(plain).hexdigest()[:16]
    return Asset(plain, gzip.compress(plain, 9, mtime=0), TYPES[path.suffix], mark)
