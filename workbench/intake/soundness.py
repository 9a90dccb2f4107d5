"""Values that JSON, both databases and every reader of an export can hold.

Text without NUL (PostgreSQL refuses it) and without halves of surrogate pairs (no UTF-8 for them),
signed 64-bit integers, finite floats, objects with text keys, at most 64 levels deep.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from workbench.intake.problems import path, printable
from workbench.messages import N_, Message

#: Levels of objects and lists, the outermost one counted.
DEPTH = 64
LARGEST = 2**63 - 1
SMALLEST = -(2**63)
#: Faults kept of one record.
MOST_FAULTS = 100


class Unfit:
    """Stands in a parsed value where something stood that no value can be made of."""

    def __init__(self, why: Message) -> None:
        self.why = why


class Repeated(dict[str, Any]):
    """An object in which keys were given more than once; they are listed in `twice`."""

    twice: tuple[str, ...] = ()


def object_of(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """The object of these keys and values; a Repeated one if a key comes more than once."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = Repeated(found)
    counts = Counter(key for key, _ in pairs)
    repeated.twice = tuple(str(key) for key, count in counts.items() if count > 1)
    return repeated


Faults = dict[str, Message]


def note(faults: Faults, field: str, why: Message) -> None:
    """Keep the first fault of a field, and no more than MOST_FAULTS of one record."""
    if len(faults) < MOST_FAULTS:
        faults.setdefault(field[:300], why)


def unsound(value: Any, root: str = "") -> Faults:
    """What is wrong with a value and everything in it, by path from `root`; empty if nothing is."""
    faults: Faults = {}
    if isinstance(value, (dict, list)):
        _visit(value, root, DEPTH, faults)
    elif (why := unsound_scalar(value)) is not None:
        note(faults, root, why)
    return faults


def _visit(value: dict[Any, Any] | list[Any], where: str, room: int, faults: Faults) -> None:
    if room == 0:
        note(faults, where, too_deep())
        return
    if isinstance(value, dict):
        _check_keys(value, where, faults)
    children: Iterable[tuple[Any, Any]] = (
        value.items() if isinstance(value, dict) else enumerate(value)
    )
    for key, child in children:
        if isinstance(child, (dict, list)):
            _visit(child, path(where, key), room - 1, faults)
        elif (why := unsound_scalar(child)) is not None:
            note(faults, path(where, key), why)


def _check_keys(value: dict[Any, Any], where: str, faults: Faults) -> None:
    if isinstance(value, Repeated):
        for key in value.twice[:MOST_FAULTS]:
            note(faults, path(where, key), _twice(key))
    for key in value:
        if not isinstance(key, str):
            shown = printable(repr(key), 40)
            note(faults, where, N_("has a key that is not text: %(key)s", key=shown))
        elif (why := unsound_text(key)) is not None:
            note(faults, path(where, key), why)


def _twice(key: str) -> Message:
    return N_("the key %(key)s is given more than once", key=printable(key, 40))


def too_deep() -> Message:
    return N_("is nested more than %(most)d levels deep", most=DEPTH)


def unsound_scalar(value: Any) -> Message | None:
    """What is wrong with something that is neither object nor list; None if nothing is."""
    if isinstance(value, str):
        return unsound_text(value)
    if isinstance(value, Unfit):
        return value.why
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if SMALLEST <= value <= LARGEST else too_big("")
    if isinstance(value, float):
        return None if math.isfinite(value) else not_finite(str(value))
    return N_(
        "is a value of type %(kind)s; JSON has text, numbers, true, false, null, lists and objects",
        kind=type(value).__name__,
    )


def unsound_text(text: str) -> Message | None:
    """NUL or half a surrogate pair in `text`; None if there is neither."""
    if "\x00" in text:
        return N_("has a NUL character at character %(at)d", at=text.index("\x00") + 1)
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return N_(
            "has half a surrogate pair (U+%(code)04X) at character %(at)d; it stands for no text",
            code=ord(text[error.start]),
            at=error.start + 1,
        )
    return None


def too_big(digits: str) -> Message:
    """`digits` is the number as it was written; "" where it is not at hand."""
    if not digits:
        return N_("is an integer that does not fit in 64 bits")
    return N_(
        "is an integer that does not fit in 64 bits: %(number)s (%(count)d digits)",
        number=printable(digits, 24),
        count=len(digits.lstrip("-")),
    )


def not_finite(written: str) -> Message:
    return N_("is %(number)s, which is no JSON number", number=printable(written, 24))
