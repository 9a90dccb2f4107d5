"""Passages of several judgments to the passages that most of them drew.

A character belongs to the merged passage when more than half of all that judged flagged it. That
is what they share: a union would grow with every judgment, an intersection would shrink to nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same characters as spans that neither overlap nor touch, in their order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def shared_spans(drawn: Sequence[Sequence[Span]], weights: Sequence[int]) -> list[Span]:
    """The runs of characters that judgments of more than half of the weight drew.

    `drawn` has a list of each judgment, `weights` what it counts for.
    """
    steps: Counter[int] = Counter()
    for spans, weight in zip(drawn, weights, strict=True):
        for start, end in union(spans):
            steps[start] += weight
            steps[end] -= weight
    runs: list[Span] = []
    total = sum(weights)
    depth, before = 0, 0
    for at in sorted(steps):
        if depth * 2 > total:
            runs.append((before, at))
        depth, before = depth + steps[at], at
    return union(runs)


def overlap(one: Span, other: Span) -> bool:
    """True when they share a character."""
    return one[0] < other[1] and other[0] < one[1]
