"""JSON lines out of a binary stream, one line in memory at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from workbench.intake.rows import FILE, LINE, MIB, Limits, Row, Unreadable
from workbench.intake.strict_json import read_json
from workbench.messages import N_, Message

BOM = b"\xef\xbb\xbf"


class Physical(NamedTuple):
    """One line up to and with its newline. `why` says that it could not be taken; then `data` is
    what was kept of it, and `fatal` says that no line follows."""

    number: int
    data: bytes
    why: Message | None = None
    fatal: bool = False


def physical_lines(stream: io.BufferedIOBase, limits: Limits) -> Iterator[Physical]:
    """The lines of a stream, never more of one than `limits.line` bytes, without a leading BOM."""
    number = 0
    try:
        while data := stream.readline(limits.line + 2):
            number += 1
            if number == 1:
                data = data.removeprefix(BOM)
            if len(data) > limits.line and len(data.rstrip(b"\r\n")) > limits.line:
                _skip_rest(stream, data)
                yield Physical(number, data[: limits.kept], too_long(limits.line))
            else:
                yield Physical(number, data)
    except Unreadable as error:
        yield Physical(number + 1, b"", error.why, fatal=True)
    except OSError as error:
        yield Physical(number + 1, b"", cannot_read(error), fatal=True)


def _skip_rest(stream: io.BufferedIOBase, data: bytes) -> None:
    while data and not data.endswith(b"\n"):
        data = stream.readline(MIB)


def too_long(most: int) -> Message:
    return N_("is longer than %(most)d bytes", most=most)


def cannot_read(error: OSError) -> Message:
    return N_("cannot be read: %(why)s", why=error.strerror or type(error).__name__)


def json_lines(stream: io.BufferedIOBase, limits: Limits) -> Iterator[Row]:
    """One row a line. Blank lines are counted and skipped; CRLF is as good as LF."""
    for line in physical_lines(stream, limits):
        if line.why is not None:
            place = FILE if line.fatal else LINE
            yield Row(line.number, line.data, None, {place: line.why}, line.fatal)
        elif not line.data.isspace() and line.data:
            yield json_row(line.number, line.data.rstrip(b"\r\n"))


def json_row(number: int, data: bytes) -> Row:
    """The row of one JSON object, read strictly."""
    value, faults, broken = read_json(data)
    if isinstance(value, dict):
        return Row(number, data, value, faults, sound=True)
    if not broken:
        return Row(number, data, None, {LINE: _not_an_object(value)})
    return Row(number, data, None, _hint(data) or faults)


def _not_an_object(value: object) -> Message:
    if isinstance(value, list):
        return N_("is a list; each line must be one JSON object")
    return N_("must be one JSON object: {...}")


def _hint(data: bytes) -> dict[str, Message]:
    """A better reason than bad syntax, where the line shows what happened."""
    if data.strip() in (b"{", b"["):
        return {LINE: N_("is only the start of a value; each line must be one whole JSON object")}
    if b"\x00" in data:
        why = N_("has a NUL character at byte %(at)d", at=data.index(b"\x00") + 1)
        return {LINE: why}
    if data.startswith(BOM):
        return {LINE: N_("starts with a byte order mark, which only the first line may")}
    return {}
