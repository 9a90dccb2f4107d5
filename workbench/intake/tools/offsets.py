"""Passages of other tools, whose offsets are counted in other units than code points."""

from __future__ import annotations

from collections.abc import Callable

from workbench.intake.tools.base import Place
from workbench.messages import N_

#: An offset of another unit to one in code points; None where it points at no character's start.
Unit = Callable[[str, int], int | None]


def code_points(text: str, offset: int) -> int | None:
    """Python's own count."""
    return offset if 0 <= offset <= len(text) else None


def utf16(text: str, offset: int) -> int | None:
    """JavaScript's count: characters beyond U+FFFF, as most emoji are, count twice."""
    data = text.encode("utf-16-le")
    if not 0 <= 2 * offset <= len(data):
        return None
    try:
        return len(data[: 2 * offset].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None


def passage(text: str, start: Place, end: Place, unit: Unit) -> tuple[int, int]:
    """A passage (start, end) in code points. Raises Invalid at the offset that is none."""
    found = []
    for place in (start, end):
        offset = unit(text, place.whole())
        if offset is None:
            raise place.wrong(N_("lies outside of the text, or within a character of it"))
        found.append(offset)
    return found[0], found[1]


def quoted_passage(text: str, start: Place, end: Place, quote: Place) -> tuple[int, int]:
    """The passage that says `quote`, whichever unit the offsets turn out to be in.

    UTF-16 is tried first, then code points, then both with an end that is included, as files of
    Label Studio before version 1.0 have it. Raises Invalid at the quote where none of them fits.
    """
    wanted = quote.text()
    last = Place(end.whole() + 1, end.path)
    for until in (end, last):
        for unit in (utf16, code_points):
            a, b = unit(text, start.whole()), unit(text, until.value)
            if a is not None and b is not None and text[a:b] == wanted:
                return a, b
    raise quote.wrong(N_("is not what stands at these offsets, however they are counted"))
