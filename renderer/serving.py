"""This file runs the web application on one address of this machine until it is told to stop."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from metadata.problems import Problem, Problems
from metadata.system_errors import said_of

HOST = "127.0.0.1"
GRACE_SECONDS = 5
BACKLOG = 512
FREE, USUAL, LAST = 1024, 8000, 65535  # ports: the first for everybody, ours, the highest


def listen(port: int) -> socket.socket:
    """Take a port, so that a taken one is told before anything else is started.

    Errors: Problems with A131 when the port is taken, A134 when it may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        raise Problems([refusal(port, error)]) from error
    return listening


def refusal(port: int, error: OSError | OverflowError) -> Problem:
    """Return why a port was not given, and another that everybody may use."""
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return Problem("A131", {"port": port, "other": port + 1 if FREE <= port < LAST else USUAL})
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        reason = f"abaixo de {FREE}, só o administrador da máquina pode"
    else:
        reason = said_of(error) if isinstance(error, OSError) else f"os números vão até {LAST}"
    return Problem("A134", {"port": port, "reason": reason, "other": USUAL})


def serve(app: ASGIApp, listening: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told the address as soon as it answers."""
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            date_header=False,
        ),
        lambda: ready(f"http://{HOST}:{listening.getsockname()[1]}"),
    )
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self.ready()
