"""Many keys of rows, each once and in order, in a bit each."""

from __future__ import annotations

from collections.abc import Iterator


class Numbers:
    """Whole numbers from 0 on; the memory goes by the largest: an eighth of it, in bytes."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        """One more, which may be there already."""
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << (number & 7)

    def __iter__(self) -> Iterator[int]:
        for place, bits in enumerate(self._bits):
            if bits:
                yield from (8 * place + bit for bit in range(8) if bits & 1 << bit)
