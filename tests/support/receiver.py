"""A receiver of webhooks that really listens, and can be told to behave badly.

Signatures are checked as Standard Webhooks says, by code that shares nothing with the sender's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Got:
    """A request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def type(self) -> str:
        return str(self.event["type"])


def is_signed(got: Got, secret: str) -> bool:
    """Whether one of its signatures is of that secret, over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    content = b".".join(
        [got.id.encode(), got.headers["webhook-timestamp"].encode("ascii"), got.body]
    )
    mine = hmac.new(key, content, hashlib.sha256).digest()
    marks = [part.split(",", 1) for part in got.headers["webhook-signature"].split(" ")]
    return any(
        version == "v1" and hmac.compare_digest(base64.b64decode(mark), mine)
        for version, mark in marks
    )


@dataclass
class Receiver:
    """What it has got, and how it answers."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    #: Answered in turn; the last one for ever.
    statuses: list[int] = field(default_factory=lambda: [204])
    #: Seconds before it answers; set `go` to let it answer now.
    wait: float = 0.0
    go: threading.Event = field(default_factory=threading.Event)
    #: "drip": a header a byte at a time; "huge": an endless body; "cut": no answer at all.
    manner: str = ""
    #: Requests that are being answered, and how many there were at once of one id at most.
    now: dict[str, int] = field(default_factory=dict)
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self) -> list[str]:
        return [got.id for got in self.got]

    def arrives(self, count: int, seconds: float = 30) -> None:
        """Wait until so many requests have arrived."""
        end = time.monotonic() + seconds
        while len(self.got) < count:
            assert time.monotonic() < end, f"{len(self.got)} of {count} arrived"
            time.sleep(0.02)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        got, mine = Got(self.path, headers, body), self.receiver
        with mine.lock:
            mine.got.append(got)
            status = mine.statuses.pop(0) if len(mine.statuses) > 1 else mine.statuses[0]
            mine.now[got.id] = mine.now.get(got.id, 0) + 1
            mine.most = max(mine.most, mine.now[got.id])
        try:
            mine.go.wait(mine.wait)
            with suppress(OSError):
                self._answer(status)
        finally:
            with mine.lock:
                mine.now[got.id] -= 1

    def _answer(self, status: int) -> None:
        manner = self.receiver.manner
        if manner == "cut":
            self.connection.close()
            return
        if manner == "drip":
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 600:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.receiver.url}/elsewhere")
        self.end_headers()
        while manner == "huge":
            self.wfile.write(b"x" * 65536)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver on a port of this machine; with a certificate, over TLS."""
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    if certificate is not None:
        secret = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secret.load_cert_chain(certificate)
        server.socket = secret.wrap_socket(server.socket, server_side=True)
        receiver.url = receiver.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.go.set()
        receiver.manner = ""
        server.shutdown()
        server.server_close()
        thread.join()
