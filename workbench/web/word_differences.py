"""Which words of two texts differ, in bounded time."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import accumulate, takewhile

#: A word with its accents, joiners and inner underscores, or one sign of anything else.
_LETTERS = r"(?:[^\W_][\u0300-\u036f\u200c\u200d]*)+"
_TOKEN = re.compile(rf"{_LETTERS}(?:_+{_LETTERS})*|\S")
#: What HTML takes for blank; `differences.js` counts with the same set.
_BLANK = re.compile(r"[ \t\n\r\f]")
#: Steps of difflib's inner loop, about 10 million a second. It is quadratic, at worst cubic.
MOST_STEPS = 4_000_000
MOST_CHARACTERS = 200_000
#: From so many words on, the commonest ones (a hundredth of all each) do not begin a run.
LONG = 1_000
#: Letters that a run needs to count as common to both.
LEAST = 3

Spans = list[tuple[int, int]]


class TooLong(Exception):
    """The texts would take too long to compare."""


def word_differences(one: str, other: str) -> tuple[Spans, Spans]:
    """The passages of each text that the other has not: (start, end) in characters not counting
    blanks, so that it does not matter how a page breaks its lines. Raises TooLong.
    """
    if len(one) + len(other) > MOST_CHARACTERS:
        raise TooLong
    first, second = _tokens(one), _tokens(other)
    same = _same([word for word, *_ in first], [word for word, *_ in second])
    return (
        _spans(first, [(i, size) for i, _, size in same]),
        _spans(second, [(j, size) for _, j, size in same]),
    )


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """(token, start, end), positions not counting blanks."""
    blanks = list(accumulate((_BLANK.match(c) is not None for c in text), initial=0))
    return [
        (found[0], found.start() - blanks[found.start()], found.end() - blanks[found.end()])
        for found in _TOKEN.finditer(text)
    ]


def _same(first: list[str], second: list[str]) -> list[tuple[int, int, int]]:
    """Runs that both have, as (place in first, place in second, length), in order."""
    start = _common(first, second)
    end = _common(first[start:][::-1], second[start:][::-1])
    middle = _matches(first[start : len(first) - end], second[start : len(second) - end])
    return [
        (0, 0, start),
        *((i + start, j + start, size) for i, j, size in middle),
        (len(first) - end, len(second) - end, end),
    ]


def _common(first: list[str], second: list[str]) -> int:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in pairs)


def _matches(first: list[str], second: list[str]) -> list[tuple[int, int, int]]:
    """As `SequenceMatcher.get_matching_blocks`, counting the steps before they are made."""
    long = len(second) > LONG
    matcher = SequenceMatcher(None, first, second, autojunk=long)
    most = len(second) // 100 + 1 if long else len(second)
    places = {word: count for word, count in Counter(second).items() if count <= most}
    steps = list(accumulate((1 + places.get(word, 0) for word in first), initial=0))
    left = MOST_STEPS
    found = []
    waiting = [(0, len(first), 0, len(second))]
    while waiting:
        from_i, to_i, from_j, to_j = waiting.pop()
        left -= steps[to_i] - steps[from_i]
        if left < 0:
            raise TooLong
        i, j, size = matcher.find_longest_match(from_i, to_i, from_j, to_j)
        if not size:
            continue
        # A comma or a number that both have in the midst of other words joins nothing.
        if sum(len(word) for word in first[i : i + size] if word[0].isalnum()) >= LEAST:
            found.append((i, j, size))
        if from_i < i and from_j < j:
            waiting.append((from_i, i, from_j, j))
        if i + size < to_i and j + size < to_j:
            waiting.append((i + size, to_i, j + size, to_j))
    return sorted(found)


def _spans(tokens: list[tuple[str, int, int]], same: list[tuple[int, int]]) -> Spans:
    """What lies between the runs."""
    ends = [0, *(at + size for at, size in same)]
    starts = [*(at for at, _ in same), len(tokens)]
    return [
        (tokens[begin][1], tokens[end - 1][2])
        for begin, end in zip(ends, starts, strict=True)
        if begin < end
    ]
