"""A small load generator: some connections that are kept, each asking again as soon as it is answered."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """How fast a server answered."""

    per_second: float
    answered: int
    wrong: int


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def measure(
    port: int, make: Callable[[int], bytes], seconds: float, first: Iterator[int] | None = None
) -> Answer:
    """Ask for some seconds; `make` gives the request of a number that is never repeated."""
    return asyncio.run(_measure(port, make, seconds, first or itertools.count()))


async def _measure(port: int, make: Callable[[int], bytes], seconds: float, numbers: Iterator[int]) -> Answer:
    start = time.perf_counter()
    results = await asyncio.gather(*(_ask(port, make, start + seconds, numbers) for _ in range(CONNECTIONS)))
    spent = time.perf_counter() - start
    answered = sum(count for count, _ in results)
    return Answer(answered / spent, answered, sum(wrong for _, wrong in results))


async def _ask(
    port: int, make: Callable[[int], bytes], until: float, numbers: Iterator[int]
) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    answered = wrong = 0
    while time.perf_counter() < until:
        writer.write(make(next(numbers)))
        status = await _read(reader)
        answered += 1
        wrong += not 200 <= status < 300
    writer.close()
    return answered, wrong


async def _read(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    place = lowered.find(b"content-length:")
    if place >= 0:
        length = int(lowered[place + 15 : lowered.index(b"\r\n", place)])
        await reader.readexactly(length)
    else:
        await _read_chunks(reader)
    return status


async def _read_chunks(reader: asyncio.StreamReader) -> None:
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        await reader.readexactly(size + 2)
        if size == 0:
            return
