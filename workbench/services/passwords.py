"""Passwords that are guessed first: common words, runs and repeats with little beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

#: What must be left when everything that is guessed first has been taken out.
LEAST_LEFT = 6

#: Rows and columns of keyboards, and the orders that everybody knows.
_ROWS = (
    "abcdefghijklmnñopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjklñ", "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6", "qazwsxedcrfv",
)  # fmt: skip
#: Letters and the signs that stand in for them.
_STAND_INS = {"a": "a@4á", "e": "e3é", "i": "i1!í", "l": "l1", "o": "o0ó", "s": "s5$", "t": "t7",
              "u": "uú", "n": "nñ"}  # fmt: skip
_YEAR = r"(?:19|20)\d\d"
_REPEAT = re.compile(r"(.{1,8}?)\1+")


def too_easy(password: str, *own: str) -> bool:
    """Whether little is left of it without what is guessed first; `own`: names of its owner."""
    left = password.lower()
    for name in own:
        if len(name) >= 3:
            left = left.replace(name.lower(), " ")
    left = _guessed_first().sub(" ", left)
    left = _REPEAT.sub(r"\1", left)
    return len(re.sub(r"\s", "", left)) < LEAST_LEFT


@cache
def _guessed_first() -> re.Pattern[str]:
    """Common words, also with signs in place of letters, years, and runs of three or more."""
    words = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").split()
    longest_first = sorted({*words, *_runs()}, key=lambda text: (-len(text), text))
    return re.compile("|".join([*map(_spelled, longest_first), _YEAR]))


def _spelled(word: str) -> str:
    return "".join(f"[{re.escape(_STAND_INS.get(letter, letter))}]" for letter in word)


def _runs() -> Iterator[str]:
    for row in _ROWS:
        for text in (row, row[::-1]):
            for start in range(len(text) - 2):
                for end in range(start + 3, len(text) + 1):
                    yield text[start:end]
