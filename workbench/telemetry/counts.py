"""Requests counted by all processes of a server together, whichever of them is asked.

The memory is made before the processes are forked, and shared by them. Each has a row of its own
and writes there alone, so nothing is locked between processes. Which rows are taken is known by
locks on a file without a name, which the kernel frees when a process ends, however it ends. Its row
stays as it is, and the next process counts on from there: no count ever goes backwards.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import tempfile
import threading
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

#: Upper bounds of a request's seconds; the last bucket has what took longer.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: The first digit of a status, from 1 on.
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
#: What has no endpoint, or a method that its endpoint does not know.
OTHER = ("none", "other")
#: Pairs of an endpoint and a method that there is room for.
ROOM = 1_024

_BUCKETS = len(BOUNDS) + 1
_WIDTH = len(CLASSES) + _BUCKETS + 1
_ROW = ROOM * _WIDTH
_BYTES = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tally:
    """Requests to one endpoint by one method."""

    endpoint: str
    method: str
    #: By `CLASSES`.
    by_class: tuple[int, ...]
    #: How many took at most as long as each of `BOUNDS`, and how many there were.
    within: tuple[int, ...]
    seconds: float


class Counts:
    """Make it before the fork, with a row for each process that may live at once; `begin` after."""

    def __init__(self, rows: int = 1) -> None:
        self._rows = rows
        # Shared with all forks, and backed by no file: pages that nobody touches cost nothing.
        self._cells = memoryview(mmap.mmap(-1, rows * _ROW * _BYTES)).cast("d")
        # Nobody else is there where one row will do.
        self._taken = tempfile.TemporaryFile() if rows > 1 else None  # noqa: SIM115
        self._lock = threading.Lock()
        self._places: dict[tuple[str, str], int] = {}
        self._row: int | None = None

    def begin(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take a row. `pairs`: (endpoint, method), in all processes the same ones."""
        names = [OTHER, *sorted(set(pairs))]
        if len(names) > ROOM:
            raise ValueError(f"{len(names)} kinds of requests; there is room for {ROOM}")
        self._places = {pair: n * _WIDTH for n, pair in enumerate(names)}
        self._row = next((row for row in range(self._rows) if self._takes(row)), None)
        if self._row is None:
            _log.warning("more processes than are counted: this one's requests are left out")

    def _takes(self, row: int) -> bool:
        if self._taken is None:
            return True
        try:
            fcntl.lockf(self._taken, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
        except OSError:
            return False
        return True

    def add(self, endpoint: str | None, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        if self._row is None:
            return
        place = self._places.get((endpoint or "", method), 0) + self._row * _ROW
        bucket = place + len(CLASSES) + bisect_left(BOUNDS, seconds)
        with self._lock:
            self._cells[place + min(max(status // 100, 1), 5) - 1] += 1
            self._cells[bucket] += 1
            self._cells[place + _WIDTH - 1] += seconds

    def tallies(self) -> list[Tally]:
        """What was asked for at all, all processes together."""
        rows = [
            self._cells[row * _ROW : row * _ROW + len(self._places) * _WIDTH]
            for row in range(self._rows)
        ]
        rows = [row for row in rows if any(row)]
        found = []
        for (endpoint, method), at in self._places.items():
            sums = [sum(row[at + n] for row in rows) for n in range(_WIDTH)]
            if any(sums):
                by_class = tuple(map(int, sums[: len(CLASSES)]))
                within = tuple(map(int, accumulate(sums[len(CLASSES) : -1])))
                found.append(Tally(endpoint, method, by_class, within, sums[-1]))
        return found
