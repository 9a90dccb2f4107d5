"""The best alignment of what several people marked in one text, as gamma has it.

An alignment puts every span into exactly one set, in which each reviewer has one span or none. A
set costs the mean over all pairs of the reviewers of how far their two spans are apart, where a
span and nothing, or nothing twice, are `EMPTY` apart. The best alignment costs least in all.
Source: Y. Mathet, A. Widlöcher, J.-P. Métivier, "The Unified and Holistic Method Gamma (γ) for
Inter-Annotator Agreement Measure and Alignment", Computational Linguistics 41(3), 2015, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csc_array

from workbench.stats.arrays import Floats, Ints

#: Start and end (exclusive) in code points, and the code of a category.
Mark: TypeAlias = tuple[int, int, int]
Marks: TypeAlias = tuple[Mark, ...]

#: A span beside nothing, and beside one of another category in the same place.
EMPTY = 1.0

#: Choices of sets that are carried along; the integer program is for what has more.
_MOST_HELD = 2_000

#: Spans as bits, and what the set saves against leaving each of them alone.
_Set: TypeAlias = tuple[int, float]


def apart(spans: Ints) -> Floats:
    """How far each two of these spans (n, 3) are apart (n, n): position and category added.

    Position: the squared distance of the starts and of the ends together, over the length of both
    spans together; category: 0 the same, else 1. Formulas 3, 6 and 7 with alpha = beta = 1.
    """
    start, end, category = spans.T
    moved = np.abs(start[:, None] - start) + np.abs(end[:, None] - end)
    length = end - start
    position = (moved / (length[:, None] + length)) ** 2
    found: Floats = EMPTY * (position + (category[:, None] != category))
    return found


def disorder(marks: Sequence[Marks]) -> float:
    """What the best alignment of the spans of n reviewers (n >= 2) costs: the sum over its sets.

    It is exact. Over the mean number of spans of a reviewer it is the paper's disorder of a text.
    """
    drawn = [each for each in marks if each]
    spans = np.array([mark for each in drawn for mark in each], dtype=np.int64).reshape(-1, 3)
    if len(drawn) < 2:
        return EMPTY * len(spans)
    if len(marks) == 2:
        return EMPTY * len(spans) - _saved_by_two(apart(spans), len(drawn[0]))
    # Numbers go by place in the text: what can be aligned has numbers that are near.
    rank = np.empty(len(spans), dtype=np.int64)
    order = np.lexsort(spans.T[::-1])
    rank[order] = np.arange(len(spans))
    numbers = [part.tolist() for part in np.split(rank, np.cumsum([len(each) for each in drawn]))]
    sets = _sets(apart(spans[order]).tolist(), numbers[:-1], math.comb(len(marks), 2))
    return EMPTY * len(spans) - sum(_saved(part) for part in _parts(sets))


def _saved_by_two(far: Floats, n_first: int) -> float:
    """The same for two reviewers: an assignment, of which pairs that save nothing are undone."""
    saves = np.maximum(2 * EMPTY - far[:n_first, n_first:], 0)
    return float(saves[linear_sum_assignment(saves, maximize=True)].sum())


def _sets(far: list[list[float]], drawn: Sequence[Sequence[int]], n_pairs: int) -> list[_Set]:
    """Sets that a best alignment may need: they cost less than their spans left alone, and less
    than with any one of them left alone. The first is the paper's bound (section 5.1.1), which
    says n where this counts the spans; neither takes a better alignment away.
    """
    partial: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for later, mine in zip(reversed(range(len(drawn))), drawn, strict=True):
        partial += [
            ((*spans, new), cost + sum(far[old][new] for old in spans))
            for spans, cost in partial
            for new in mine
        ]
        # Whoever is still to come can save no more than spans that lie in the same place.
        most = [_most_saved(n + later, n_pairs) for n in range(len(drawn) + 1)]
        partial = [(spans, cost) for spans, cost in partial if cost < most[len(spans)]]
    saves = {
        sum(1 << span for span in spans): (_most_saved(len(spans), n_pairs) - cost) / n_pairs
        for spans, cost in partial
        if len(spans) > 1
    }
    return [
        (mask, saved)
        for mask, saved in saves.items()
        if all(saved > max(saves.get(mask ^ 1 << bit, 0.0), 0.0) for bit in _bits(mask))
    ]


def _most_saved(n_spans: int, n_pairs: int) -> float:
    """What a set of so many spans saves over all pairs when they are the same."""
    return EMPTY * ((n_spans - 1) * n_pairs + math.comb(n_spans, 2))


def _parts(sets: list[_Set]) -> list[list[_Set]]:
    """Sets apart from those that share no span with them, not even through others."""
    spans: list[int] = []
    for mask, _ in sets:
        touching = [each for each in spans if each & mask]
        spans = [each for each in spans if not each & mask]
        # Parts share no span with each other, so their sum is their union.
        spans.append(mask | sum(touching))
    return [[each for each in sets if each[0] & mask] for mask in spans]


def _saved(sets: list[_Set]) -> float:
    """The most that sets without a span in common save together."""
    tried = _by_trying(sets)
    return _by_program(sets) if tried is None else tried


def _by_trying(sets: list[_Set]) -> float | None:
    """Span by span: what is saved by each choice of sets so far, which differ in the later spans
    that they hold. None where there are too many."""
    first: dict[int, list[_Set]] = {}
    for mask, saved in sets:
        first.setdefault(mask & -mask, []).append((mask, saved))
    best = {0: 0.0}
    for span, begin in sorted(first.items()):
        seen = -1 << span.bit_length()
        after: dict[int, float] = {}
        for held, sum_saved in best.items():
            free = [(0, 0.0), *(each for each in begin if not each[0] & held)]
            for mask, saved in free:
                key = (held | mask) & seen
                after[key] = max(after.get(key, 0.0), sum_saved + saved)
        if len(after) > _MOST_HELD:
            return None
        best = after
    return max(best.values())


def _by_program(sets: list[_Set]) -> float:
    """The integer program of section 5.1.1: which sets, so that no span is in two."""
    saved = np.array([each for _, each in sets])
    at = [(bit, i) for i, (mask, _) in enumerate(sets) for bit in _bits(mask)]
    rows, columns = np.array(at, dtype=np.int64).T
    shape = (max(mask.bit_length() for mask, _ in sets), len(sets))
    held = csc_array((np.ones(len(at)), (rows, columns)), shape=shape)
    # HiGHS stops within a gap of its own otherwise.
    found = milp(
        -saved,
        integrality=np.ones(len(sets), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(held, ub=1),
        options={"mip_rel_gap": 0},
    )
    if found.x is None:
        raise ArithmeticError(found.message)
    return float(saved @ np.round(found.x))


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
