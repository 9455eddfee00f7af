"""A lean client: a few keep-alive connections that send ready-made requests and count the answers."""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Line:
    """One connection working through its share of the requests, one at a time."""

    sock: socket.socket
    requests: list[bytes]
    next: int = 0
    buffer: bytearray = field(default_factory=bytearray)
    sent_at: float = 0.0

    def send(self) -> bool:
        if self.next == len(self.requests):
            return False
        self.sock.sendall(self.requests[self.next])
        self.next += 1
        self.sent_at = time.perf_counter()
        return True

    def answer(self) -> int | None:
        """The status once the whole answer is here; keeps the connection in step."""
        head, mark, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if not mark:
            return None
        length = self._length(head.lower(), rest)
        if length is None or len(rest) < length:
            return None
        self.buffer = bytearray(rest[length:])
        return int(head.split(b" ", 2)[1])

    @staticmethod
    def _length(head: bytes, rest: bytes) -> int | None:
        """Of the body: as announced, or up to the last chunk; None while that is not here."""
        if b"transfer-encoding: chunked" in head:
            end = rest.find(b"0\r\n\r\n")
            return None if end < 0 else end + 5
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return int(line.split(b":")[1])
        return 0


def run(address: tuple[str, int], requests: list[bytes], clients: int) -> dict[str, object]:
    """Send every request once over ``clients`` connections; requests per second, statuses, milliseconds."""
    shares = [requests[start::clients] for start in range(clients)]
    lines = [Line(socket.create_connection(address), share) for share in shares if share]
    chooser = selectors.DefaultSelector()
    statuses: Counter[int] = Counter()
    waits: list[float] = []
    started = time.perf_counter()
    for line in lines:
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chooser.register(line.sock, selectors.EVENT_READ, line)
        line.send()
    working = len(lines)
    while working:
        for key, _events in chooser.select():
            line = key.data
            data = line.sock.recv(65536)
            if not data:
                raise ConnectionError("the server closed a connection")
            line.buffer += data
            status = line.answer()
            if status is None:
                continue
            statuses[status] += 1
            waits.append(time.perf_counter() - line.sent_at)
            if not line.send():
                chooser.unregister(line.sock)
                line.sock.close()
                working -= 1
    seconds = time.perf_counter() - started
    waits.sort()
    return {
        "per_second": len(waits) / seconds,
        "statuses": dict(statuses),
        "p50_ms": 1000 * waits[len(waits) // 2],
        "p99_ms": 1000 * waits[int(len(waits) * 0.99)],
    }


if __name__ == "__main__":
    # A process of its own, so that the client and the one that prepares do not share an interpreter.
    port, clients, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(path, encoding="utf-8") as file:
        ready = [request.encode() for request in json.load(file)]
    print(json.dumps(run(("127.0.0.1", port), ready, clients)))
