"""One POST: to an address that has been checked, within a time, with no redirect followed.

By http.client, since the connection is to be made to the address that was checked: of the locked
libraries none lets that be said, and the whole of what is needed is one request and one status.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import workbench
from workbench.models import Why
from workbench.webhooks.addresses import NoAddress, Refused, resolve

#: All of it, from the look-up of the name to the status.
SECONDS = 10.0
#: Bytes of a reply's body that are read: they say nothing that is used, but whoever has been read
#: to the end of a short reply sees an orderly end.
READ = 4096


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """How a POST went: the status, if there was one, and why it does not count."""

    status: int | None
    error: Why | None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    networks: Sequence[str] = (),
    seconds: float = SECONDS,
) -> Outcome:
    """Send the body. Raises nothing that a receiver could cause."""
    end = time.monotonic() + seconds
    headers = {"Content-Type": "application/json", **headers}
    try:
        with _answered(Ask("POST", url, body, headers), networks, end) as answer:
            status = answer.status
            # The status is what counts, whatever becomes of the rest.
            with suppress(OSError, http.client.HTTPException, ValueError):
                answer.read(READ)
    except NoAddress:
        return Outcome(None, Why.NAME)
    except Refused:
        return Outcome(None, Why.ADDRESS)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(None, _why(error, end))
    if 300 <= status < 400:
        return Outcome(status, Why.REDIRECT)
    return Outcome(status, None if 200 <= status < 300 else Why.STATUS)


def fetch(
    ask: Ask, *, most: int, networks: Sequence[str] = (), seconds: float = SECONDS
) -> tuple[int, bytes]:
    """(status, body) of an answer of at most `most` bytes; a redirect is an answer like any other.

    Raises NoAddress, Refused; OSError, HTTPException or ValueError where there is no whole answer.
    """
    end = time.monotonic() + seconds
    with _answered(ask, networks, end) as answer:
        body = answer.read(most + 1)
        if time.monotonic() >= end:
            raise TimeoutError
        if len(body) > most:
            raise ValueError("the answer is too long")
        return answer.status, body


def _why(error: Exception, end: float) -> Why:
    if isinstance(error, TimeoutError) or time.monotonic() >= end:
        return Why.TIMEOUT
    return Why.TLS if isinstance(error, ssl.SSLError) else Why.CONNECTION


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


@contextmanager
def _answered(ask: Ask, networks: Sequence[str], end: float) -> Iterator[http.client.HTTPResponse]:
    """The answer, whose body is still to be read."""
    parts = urlsplit(ask.url)
    host = parts.hostname or ""
    addresses = resolve(host, _port(parts), networks)
    with _connected(addresses, _port(parts), end) as plain, _ended(plain, end):
        line = plain
        if parts.scheme == "https":
            line = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        with line:
            connection = http.client.HTTPConnection(host, _port(parts))
            connection.sock = line
            connection.request(ask.method, _target(parts), ask.body, _headers(parts, ask.headers))
            answer = connection.getresponse()
            if time.monotonic() >= end:  # what was shut reads like an end
                raise TimeoutError
            yield answer


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(parts: SplitResult, headers: Mapping[str, str]) -> dict[str, str]:
    return {
        "Host": parts.netloc,
        "User-Agent": f"workbench/{workbench.__version__}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }


@contextmanager
def _connected(addresses: Sequence[str], port: int, end: float) -> Iterator[socket.socket]:
    """A connection to the first of the addresses that takes one."""
    last: OSError = TimeoutError()
    for address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            made = socket.create_connection((address, port), timeout=left)
        except OSError as error:
            last = error
        else:
            with made:
                yield made
            return
    raise last


@contextmanager
def _ended(connection: socket.socket, end: float) -> Iterator[None]:
    """The connection is shut when the time is over, however slowly the other side goes on: the
    time-out of a socket begins anew with each byte."""
    # Another name for the same connection: TLS takes the first one over.
    double = connection.dup()

    def shut() -> None:
        with suppress(OSError):
            double.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, end - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        double.close()
