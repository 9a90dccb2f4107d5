"""The objects of one JSON array out of a binary stream, one of them in memory at a time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from workbench.intake.lines import cannot_read, json_row, too_long
from workbench.intake.rows import FILE, LINE, Limits, Row, Unreadable
from workbench.messages import N_

_CHUNK = 256 * 1024
#: What ends a stretch of text, and what ends a stretch outside of it.
_IN_TEXT = re.compile(rb'["\\]')
_OUTSIDE = re.compile(rb'["\[\]{},]')

#: What a mark does to the level.
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def array_rows(stream: io.BufferedIOBase, limits: Limits) -> Iterator[Row]:
    """One row an entry, whose `number` counts the entries from 1: such files have few lines.

    An entry is read strictly by itself, so that one that is wrong leaves the others as they are.
    """
    number = 0
    try:
        for number, entry in enumerate(_entries(stream, limits), 1):
            if len(entry) > limits.line:
                why = {LINE: too_long(limits.line)}
                yield Row(number, bytes(entry[: limits.kept]), None, why)
            else:
                yield json_row(number, bytes(entry))
    except Unreadable as error:
        yield Row(number + 1, b"", None, {FILE: error.why}, fatal=True)
    except OSError as error:
        yield Row(number + 1, b"", None, {FILE: cannot_read(error)}, fatal=True)


def _entries(stream: io.BufferedIOBase, limits: Limits) -> Iterator[bytearray]:
    """The bytes of each entry, of an oversized one what is just too much.

    Raises Unreadable where the array has no end, or something follows it.
    """
    entry, level, several, ended = bytearray(), 0, False, False
    for piece, mark in _pieces(stream):
        if ended and (piece + mark).strip():
            raise Unreadable(N_("has something after its list of records"))
        before, level = level, level + _STEP.get(mark, 0)
        if before == 0:
            continue
        if level == 0 or (level == 1 and mark == b","):
            entry += piece
            if level or several or entry.strip():
                yield entry
            entry, several, ended = bytearray(), True, level == 0
        elif len(entry) <= limits.line:
            entry += piece + mark
    if not ended:
        raise Unreadable(N_("ends in the middle of its list of records"))


def _pieces(stream: io.BufferedIOBase) -> Iterator[tuple[bytes, bytes]]:
    """All bytes in turn, with the bracket, brace or comma outside of text that ends a piece; "" for
    a piece that none of them ends."""
    in_text = escaped = False
    while chunk := stream.read(_CHUNK):
        at = int(escaped)
        if escaped:
            yield chunk[:1], b""
        escaped = False
        while found := (_IN_TEXT if in_text else _OUTSIDE).search(chunk, at):
            mark, end = found.group(), found.end()
            if mark == b"\\":
                escaped = end == len(chunk)
                yield chunk[at : end + 1], b""
                at = end + 1
                continue
            structural = mark != b'"'
            in_text = in_text if structural else not in_text
            yield (chunk[at : end - 1], mark) if structural else (chunk[at:end], b"")
            at = end
        yield chunk[at:], b""
