"""Sound things made unsound, the same from the same seed."""

from __future__ import annotations

import itertools
import os
import random
from typing import Any

from tests.intake.test_fuzz import PIECES
from tests.web.test_text import HOSTILE

#: How many times as much as in `make test` is tried; `make fuzz` says it.
TIMES = int(os.environ.get("WORKBENCH_FUZZ", "1"))
#: Where the seeds begin, so that another night tries others.
FIRST = int(os.environ.get("WORKBENCH_FUZZ_FIRST", "0"))
#: Tests into which a long run is cut: each ends in time on a busy machine, and workers share them.
PARTS = max(1, TIMES // 10)


def parts(count: int) -> list[range]:
    """The seeds of `count` tries, parted; empty ranges are left out."""
    ends = [FIRST + count * part // PARTS for part in range(PARTS + 1)]
    return [range(start, end) for start, end in itertools.pairwise(ends) if start < end]


TEXTS = [
    "", " ", "a", "0", "-1", "1", "2.5", "1e9", "nan", "on", "es", "en", "items", "judgments", "#",
    "99999999999999999999", "\x00", "a\x00b", "\ud800", "🙂" * 400, "x" * 20_000, "null", "[]",
    "{}", '{"tiers": [["a"]]}', "0>1:2", "2026-11-20", "2026-13-45", "../../etc/passwd", "%s%n",
    "'; DROP TABLE item;--", "a\r\nb: c", "١٢", "\u202e", "=1+1", "hook_nonsense", "\\", '"',
    "1-0-nonsense", "kappa", "tag", "week", "model", "json", "csv", "parquet",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 2**63, 2**64, 1.5, float("nan"), float("inf"), "", "x" * 300, "es",
    [], {}, [[]], [None], {"": ""}, {"es": "a"}, {"key": 1}, "\x00", "\ud800", *HOSTILE[:6],
]  # fmt: skip


def of_bytes(rng: random.Random, whole: bytes) -> bytes:
    """With pieces put in, and parts taken out or doubled."""
    data = whole
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.randint(0, 40))
        piece = rng.choice([*PIECES, data[at:end] * 2, rng.randbytes(3)])
        data = data[:at] + piece + data[end if rng.random() < 0.5 else at :]
    return data if rng.random() < 0.95 else data[: rng.randint(0, len(data))]


def of_value(rng: random.Random, value: Any) -> Any:
    """With another value somewhere within it, and now and then without a key."""
    if rng.random() < 0.2 or not isinstance(value, dict | list) or not value:
        return rng.choice(VALUES)
    if isinstance(value, dict):
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            return {other: each for other, each in value.items() if other != key}
        return {**value, key: of_value(rng, value[key])}
    at = rng.randrange(len(value))
    if rng.random() < 0.2:
        return [*value, *value[at:]]
    return [*value[:at], of_value(rng, value[at]), *value[at + 1 :]]


def of_text(rng: random.Random) -> str:
    """Something that nobody writes, of one or several hostile pieces."""
    if rng.random() < 0.7:
        return rng.choice(TEXTS)
    return "".join(rng.choices([*HOSTILE, "\n", "\n\n", "> ", "- ", "$", "|"], k=rng.randint(1, 5)))
