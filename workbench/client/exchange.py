"""What is asked of a server and what it answers, apart from how the bytes travel.

Whatever takes several requests is a generator: it yields a `Call` or a `Wait`, and is sent the
`Reply`. One written once is run by `Client` and by `AsyncClient`, which alone know of sockets.
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

from workbench.client.problems import Unreachable, problem_of

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One request below /api/v1."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    #: Where the body of a good answer goes, from its end on (206) or in its place (200).
    into: Path | None = None


@dataclass(frozen=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """An answer; status 0 where the connection broke, and `body` says how."""

    status: int
    headers: Mapping[str, str]
    body: bytes


#: Yields calls and waits, is sent replies (anything for a wait), returns the result.
Steps = Generator[Call | Wait, Reply, T]

#: What may be gone at the next try: a server that is busy or restarting, or a gate in front of it.
AGAIN = frozenset({0, 429, 502, 503, 504})
#: Seconds: the first wait, the longest, and the longest that a server may ask for.
FIRST_WAIT, LONGEST_WAIT, LONGEST_ASKED = 0.5, 30.0, 300.0


@dataclass(frozen=True)
class Patience:
    """How often a request is made again. All that the client sends may be sent twice."""

    tries: int = 6

    def wait(self, reply: Reply, tried: int) -> float | None:
        """Seconds until the next try; None: this answer is the last."""
        if reply.status not in AGAIN or tried >= self.tries:
            return None
        asked = _asked_wait(reply.headers.get("retry-after", ""))
        if asked is not None:
            return asked if asked <= LONGEST_ASKED else None
        # Apart, so that those who were turned away together do not come back together.
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (tried - 1))
        return longest * random.uniform(0.5, 1)  # noqa: S311


def _asked_wait(said: str) -> float | None:
    """Seconds that Retry-After asks for, as a number or as a date (RFC 9110, 10.2.3)."""
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def ask(call: Call, patience: Patience) -> Steps[Reply]:
    """The good answer, after as many tries as it takes. Raises Problem or Unreachable."""
    tried = 0
    while True:
        reply = yield call
        tried += 1
        wait = patience.wait(reply, tried)
        if wait is None:
            return checked(reply)
        yield Wait(wait)


def checked(reply: Reply) -> Reply:
    """The reply, if it is a good one. Raises Problem or Unreachable."""
    if 200 <= reply.status < 300:
        return reply
    if reply.status == 0:
        raise Unreachable(reply.body.decode("utf-8", "replace"))
    raise problem_of(reply.status, reply.body)


def joined(query: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as an address has them; what is None is left out."""
    said = {True: "true", False: "false"}
    return {
        name: said[value] if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None
    }
