"""JSON without surprises: what the usual parsers pass over in silence is a fault here.

Two readers that agree. The quick one is orjson, followed by checks that can only err towards doubt;
a text in doubt goes to the exact one, which is the standard library's with every hook in use and
says what is wrong and where.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from workbench.intake.rows import LINE
from workbench.intake.soundness import (
    DEPTH,
    LARGEST,
    SMALLEST,
    Faults,
    Unfit,
    not_finite,
    object_of,
    too_big,
    too_deep,
    unsound,
)
from workbench.messages import N_, Message


class Json(NamedTuple):
    """`broken`: the text is no JSON at all, so that there is no value."""

    value: Any
    faults: Faults
    broken: bool = False


_SOUND: Faults = {}


def read_json(data: bytes, root: str = "") -> Json:
    """Parse UTF-8 JSON. Faults are named by their path from `root`; nothing is ever raised."""
    return _read_quickly(data) or _read_exactly(data, root)


def _read_quickly(data: bytes) -> Json | None:
    """What `data` holds; None if there is any doubt."""
    try:
        value = orjson.loads(data)
        return Json(value, _SOUND) if _beyond_doubt(data, value) else None
    except (ValueError, TypeError):
        return None


def _beyond_doubt(data: bytes, value: Any) -> bool:
    r"""Whether `value` is all of `data`.

    A repeated key drops at least the colon behind it, and a colon is only ever lost that way: one
    written as `\u003a` would come back as a colon, so that text with one is in doubt.
    """
    return (
        b"\\u0000" not in data
        and b"\\u003a" not in data
        and b"\\u003A" not in data
        and _plain([value], DEPTH + 1)
        and data.count(b":") == orjson.dumps(value).count(b":")
    )


def _plain(value: dict[str, Any] | list[Any], room: int) -> bool:
    """Not too deep, and no number that orjson may have read from a larger integer."""
    if room == 0:
        return False
    children: Iterable[Any] = value.values() if isinstance(value, dict) else value
    for child in children:
        kind = type(child)
        if kind is str:
            continue
        if kind is dict or kind is list:
            if not _plain(child, room - 1):
                return False
        elif (kind is int or kind is float) and not SMALLEST < child < LARGEST:
            return False
    return True


def _read_exactly(data: bytes, root: str) -> Json:
    place = root or LINE
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return Json(None, {place: not_utf8(error)}, broken=True)
    if _depth(text) > DEPTH:
        return Json(None, {place: too_deep()}, broken=True)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return Json(None, {place: _syntax(error)}, broken=True)
    faults = unsound(value, root)
    return Json(value, {field or place: why for field, why in faults.items()})


def not_utf8(error: UnicodeDecodeError) -> Message:
    return N_(
        "is not UTF-8: byte %(at)d is 0x%(byte)02X; save the file as UTF-8",
        at=error.start + 1,
        byte=error.object[error.start],
    )


# The closing quote is optional: a text without one is then taken whole, and not searched once more
# from every quote in it.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def _depth(text: str) -> int:
    """Deepest level of `text`, without recursion. Exact up to its first error."""
    deepest = level = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            level += 1
            deepest = max(deepest, level)
            if deepest > DEPTH:
                break
        elif first in "]}":
            level -= 1
    return deepest


_SYNTAX = {
    "Expecting value": N_("is not JSON: a value is missing or misspelt at column %(column)d"),
    "Expecting property name enclosed in double quotes": N_(
        "is not JSON: a key in double quotes is missing at column %(column)d"
    ),
    "Expecting ':' delimiter": N_("is not JSON: a colon is missing at column %(column)d"),
    "Expecting ',' delimiter": N_("is not JSON: a comma is missing at column %(column)d"),
    "Unterminated string starting at": N_(
        "is not JSON: the text that starts at column %(column)d has no closing quote"
    ),
    "Invalid control character at": N_(
        "is not JSON: a control character stands unescaped at column %(column)d"
    ),
    "Invalid \\escape": N_("is not JSON: the escape at column %(column)d does not exist"),
    "Invalid \\uXXXX escape": N_("is not JSON: the \\u escape at column %(column)d is incomplete"),
    "Extra data": N_("is not JSON: something follows the value at column %(column)d"),
}
_OTHER_SYNTAX = N_("is not JSON at column %(column)d")


def _syntax(error: json.JSONDecodeError) -> Message:
    known = _SYNTAX.get(error.msg.rstrip(": "), _OTHER_SYNTAX)
    return Message(known.text, {"column": error.pos + 1})


#: A sign and 19 digits.
_LONGEST_INTEGER = 20


def _integer(digits: str) -> int | Unfit:
    if len(digits) > _LONGEST_INTEGER:
        return Unfit(too_big(digits))
    number = int(digits)
    return number if SMALLEST <= number <= LARGEST else Unfit(too_big(digits))


def _float(written: str) -> float | Unfit:
    number = float(written)
    if math.isfinite(number):
        return number
    return Unfit(N_("is a number too large for a 64-bit float"))


def _constant(written: str) -> Unfit:
    return Unfit(not_finite(written))


_DECODER = json.JSONDecoder(
    object_pairs_hook=object_of,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)
