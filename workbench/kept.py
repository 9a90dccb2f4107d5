"""What a process remembers of the database: a speed-up, which it can do without at any time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """The values used last, by key, while their sizes together are within `room`.

    One thread at a time makes the value of a key; others that want it wait for it.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(
        self, key: Hashable, bring: Callable[[T | None], T], size: Callable[[T], int], *, keep: bool
    ) -> T:
        """`bring` makes the value out of the one that is kept, or out of None.

        `keep`: whether others may see what was made.
        """
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                old = self._values[key][0] if key in self._values else None
            value = bring(old)
            if keep:
                self._put(key, value, size(value))
        return value

    def _put(self, key: Hashable, value: Any, size: int) -> None:
        with self._lock:
            self._values[key] = value, size
            self._values.move_to_end(key)
            while len(self._values) > 1 and self._total() > self._room:
                gone, _ = self._values.popitem(last=False)
                self._making.pop(gone, None)

    def _total(self) -> int:
        return sum(size for _, size in self._values.values())
