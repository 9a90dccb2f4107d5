"""gzip unpacked as it streams, with an end to what it may grow to."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from workbench.intake.rows import Limits, Unreadable
from workbench.messages import N_

MAGIC = b"\x1f\x8b"
_PACKED = 16 * 1024
_GZIP_FRAMING = 31


class Gunzip:
    """Reads what a gzip holds. All its members are taken, and zeros that pad its end.

    `read` raises Unreadable for what is cut off, damaged, or larger than the limits.
    """

    def __init__(self, read: Callable[[int], bytes], limits: Limits) -> None:
        self._read_packed = read
        self._limits = limits
        self._member = zlib.decompressobj(_GZIP_FRAMING)
        self._packed = b""
        self._taken = 0
        self._given = 0

    def read(self, size: int) -> bytes:
        """1 to `size` bytes, or b"" at the end."""
        while True:
            if not self._packed:
                self._packed = self._read_packed(_PACKED)
            if self._member.eof and not self._next_member():
                return b""
            if not self._packed:
                raise Unreadable(N_("the gzip is cut off: its end is missing"))
            if found := self._unpack(size):
                return found

    def _unpack(self, size: int) -> bytes:
        before = len(self._packed)
        try:
            found = self._member.decompress(self._packed, size)
        except zlib.error:
            raise Unreadable(N_("the gzip is damaged from here on")) from None
        if self._member.eof:
            self._packed = self._member.unused_data
        else:
            self._packed = self._member.unconsumed_tail
        self._taken += before - len(self._packed)
        self._given += len(found)
        self._keep_to_limits()
        return found

    def _next_member(self) -> bool:
        """Start the next member. False at the end of the source."""
        while self._packed and not self._packed.strip(b"\x00"):
            self._packed = self._read_packed(_PACKED)
        if not self._packed:
            return False
        if not self._packed.startswith(MAGIC[:1]):
            raise Unreadable(N_("the gzip ends here and something else follows"))
        self._member = zlib.decompressobj(_GZIP_FRAMING)
        return True

    def _keep_to_limits(self) -> None:
        limits = self._limits
        if self._given > limits.unpacked:
            raise Unreadable(
                N_("the gzip unpacks to more than %(most)d bytes", most=limits.unpacked)
            )
        if self._given > limits.ratio_from and self._given > limits.ratio * self._taken:
            raise Unreadable(
                N_("the gzip unpacks to more than %(ratio)d times its size", ratio=limits.ratio)
            )
