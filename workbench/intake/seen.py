"""Which ids a file has had, and with what content, in a few dozen bytes each.

A dictionary of the same takes five times as much, and a file may have millions of lines.
"""

from __future__ import annotations

import hashlib
from array import array

_FIRST_SIZE = 1024
_FULL = 2 / 3


class SeenIds:
    """An open-addressing table from an id to its content and line.

    Ids and contents are kept as 64 bits of a hash: two of a million different ids are taken for
    the same one with a probability of 3e-8.
    """

    def __init__(self) -> None:
        self._count = 0
        self._allocate(_FIRST_SIZE)

    def _allocate(self, size: int) -> None:
        empty = bytes(8 * size)
        self._mask = size - 1
        self._keys, self._contents, self._lines = (array("Q", empty) for _ in range(3))

    def conflict(self, name: str, content: str, line: int) -> int | None:
        """Record an id with its content's SHA-256 in hexadecimal.

        The line it was first on, if it had another content there; otherwise None.
        """
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "little") or 1
        short = int(content[:16], 16)
        place = self._place(key)
        if self._keys[place] == key:
            return None if self._contents[place] == short else self._lines[place]
        self._put(place, key, short, line)
        self._count += 1
        if self._count > _FULL * self._mask:
            self._grow()
        return None

    def _place(self, key: int) -> int:
        """Where `key` is, or the free place where it belongs. 0 is no key: it marks a free one."""
        place, keys, mask = key & self._mask, self._keys, self._mask
        while keys[place] not in (0, key):
            place = (place + 1) & mask
        return place

    def _put(self, place: int, key: int, content: int, line: int) -> None:
        self._keys[place] = key
        self._contents[place] = content
        self._lines[place] = line

    def _grow(self) -> None:
        old = zip(self._keys, self._contents, self._lines, strict=True)
        self._allocate(2 * (self._mask + 1))
        for key, content, line in old:
            if key:
                self._put(self._place(key), key, content, line)
