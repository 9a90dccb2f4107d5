"""Which ids a file has had, and with what content.

A file may have millions of lines: what is known of them is in memory for the first hundred thousand
and in a temporary file beyond, so that a large import takes no more memory than a small one.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Iterator
from typing import IO

#: Of an id, of its content, and the line it was first on. 0 is no id: it marks a free slot.
Slot = tuple[int, int, int]

_SLOT = struct.Struct("<QQQ")
_FIRST_SIZE = 1 << 10
#: Slots that are kept in memory, of 24 bytes each.
_IN_MEMORY = 1 << 17
_FULL = 2 / 3
#: Slots that are read from a file at once: where an id is not in its place, it is in one behind.
_NEAR = 8


class SeenIds:
    """An open-addressing table from an id to its content and line.

    Ids and contents are kept as 64 bits of a hash: two of a million different ids are taken for
    the same one with a probability of 3e-8.
    """

    def __init__(self) -> None:
        self._count = 0
        self._table = _Table(_FIRST_SIZE)

    def conflict(self, name: str, content: str, line: int) -> int | None:
        """Record an id with its content's SHA-256 in hexadecimal.

        The line it was first on, if it had another content there; otherwise None.
        """
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "little") or 1
        short = int(content[:16], 16)
        place, (found, before, first) = self._table.find(key)
        if found == key:
            return None if before == short else first
        self._table.put(place, (key, short, line))
        self._count += 1
        if self._count > _FULL * self._table.size:
            self._grow()
        return None

    def close(self) -> None:
        """Forget them, and the temporary file."""
        self._table.close()

    def _grow(self) -> None:
        old, self._table = self._table, _Table(2 * self._table.size)
        for slot in old.slots():
            place, _ = self._table.find(slot[0])
            self._table.put(place, slot)
        old.close()


class _Table:
    """Slots, a power of two of them, in memory or in a file without a name."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._file: IO[bytes] | None = None
        self._memory = bytearray()
        if size <= _IN_MEMORY:
            self._memory = bytearray(size * _SLOT.size)
        else:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (`close`)
            self._file.truncate(size * _SLOT.size)

    def find(self, key: int) -> tuple[int, Slot]:
        """Where `key` is, or the free place where it belongs, and what is there."""
        place = key & (self.size - 1)
        while True:
            for slot in _SLOT.iter_unpack(self._read(place, _NEAR)):
                if slot[0] in (0, key):
                    return place, slot
                place += 1
            place &= self.size - 1

    def put(self, place: int, slot: Slot) -> None:
        """Write one slot."""
        if self._file is None:
            _SLOT.pack_into(self._memory, place * _SLOT.size, *slot)
        else:
            os.pwrite(self._file.fileno(), _SLOT.pack(*slot), place * _SLOT.size)

    def slots(self) -> Iterator[Slot]:
        """All that are taken."""
        for place in range(0, self.size, _FIRST_SIZE):
            for slot in _SLOT.iter_unpack(self._read(place, _FIRST_SIZE)):
                if slot[0]:
                    yield slot

    def _read(self, place: int, count: int) -> bytes | bytearray:
        """As many slots, fewer at the end of the table."""
        if self._file is None:
            return self._memory[place * _SLOT.size : (place + count) * _SLOT.size]
        return os.pread(self._file.fileno(), count * _SLOT.size, place * _SLOT.size)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
