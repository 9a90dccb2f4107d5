"""Threads of a process take turns at computing.

Python runs one of them at a time anyway. Left to itself it hands over at every call of the
database, so that whoever holds the write gate, for which all processes wait, gets on at half the
speed: with turns twice as many answers are stored a second.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

#: Seconds after which others wait no longer for somebody at work.
LONG = 0.1


#: Of a thread that makes a reply: whose turns it takes, and which one is its own.
_here = threading.local()


def resting() -> AbstractContextManager[None]:
    """For what waits and computes nothing, such as for the disk: the reply that this thread makes,
    if it makes one, leaves the turn to others meanwhile."""
    turn: tuple[Turns, threading.Event] | None = getattr(_here, "turn", None)
    return nullcontext() if turn is None else turn[0].rest(turn[1])


class Turns:
    """A WSGI application of which one thread at a time makes a reply, in the order of asking.

    Whoever has been at it for LONG seconds does not count: it goes on beside the others.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], long: float = LONG) -> None:
        self._application = application
        self._long = long
        self._lock = threading.Lock()
        self._whose: threading.Event | None = None
        self._since = 0.0
        self._waiting: deque[threading.Event] = deque()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """The reply. What is sent piece by piece is sent outside the turn."""
        mine = threading.Event()
        self._take(mine)
        _here.turn = self, mine
        try:
            return self._application(environ, start_response)
        finally:
            del _here.turn
            self._give_back(mine)

    @contextmanager
    def rest(self, mine: threading.Event) -> Iterator[None]:
        """Others may go on meanwhile; it goes on before those who have not begun."""
        self._give_back(mine)
        mine.clear()
        try:
            yield
        finally:
            self._take(mine, has_begun=True)

    def _take(self, mine: threading.Event, *, has_begun: bool = False) -> None:
        with self._lock:
            if self._whose is None:
                self._hand_to(mine)
                return
            (self._waiting.appendleft if has_begun else self._waiting.append)(mine)
        while not mine.wait(self._since + self._long - time.monotonic()):
            with self._lock:
                over = time.monotonic() - self._since >= self._long
                if over and not mine.is_set():  # so that it is among those who wait
                    self._hand_to(self._waiting.popleft())

    def _hand_to(self, whose: threading.Event) -> None:
        self._whose, self._since = whose, time.monotonic()
        whose.set()

    def _give_back(self, mine: threading.Event) -> None:
        with self._lock:
            if self._whose is not mine:
                return
            if self._waiting:
                self._hand_to(self._waiting.popleft())
            else:
                self._whose = None
