"""Prompts that are nearly the same: one of them in the training set gives the others away.

Two prompts are near duplicates when the sets of their runs of `RUN` characters, in lower case,
have a Jaccard similarity of `ALIKE` or more. Candidates are found by
one-permutation MinHash (Li, Owen and Zhang 2012) in bands, and each is then compared exactly,
where a bound on what they have in common does not say already that they are too far apart.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

#: Characters of a run, and the least share of runs in common.
RUN, ALIKE = 5, 0.8

#: Bins of a signature, and how many of them make a band. Two prompts with four fifths of their runs
#: in common share none of the 16 bands once in 5,000 pairs: (1 - .8**4)**16.
_BINS, _BAND = 64, 4
#: Prompts of one bucket that a further one is compared with.
_MOST_COMPARED = 8
#: Prompts whose runs are kept for the next comparison, some kilobytes each.
_KEPT = 1_000
#: Bits that tell most prompts of one bucket apart, and pairs of prompts that are looked at at once.
_BITS, _AT_ONCE = 1024, 4_096
_EMPTY = np.uint64(2**64 - 1)
_PRIME = np.uint64(0x9E3779B97F4A7C15)

Runs = npt.NDArray[np.uint64]
#: Prompts by when they came, from 0.
Places = npt.NDArray[np.int64]


def near_duplicates(
    prompts: Iterable[tuple[int, str]], texts_of: Callable[[Sequence[int]], Iterable[str]]
) -> dict[int, int]:
    """The key of every prompt that is nearly the same as an earlier one, to that of the earliest.

    `prompts` are (key, text), each key once; `texts_of` gives the texts of some keys again, in
    their order. Likeness goes on: what is like something that is like the first goes with the
    first. Keeps some 300 bytes a prompt, and the runs of `_KEPT` of them.
    """
    keys, marks = array("Q"), _Marks()
    for key, text in prompts:
        keys.append(key)
        marks.add(runs_of(text))
    kept = _KeptRuns(lambda places: texts_of([keys[place] for place in places]))
    parents: Places = np.arange(len(keys))
    for band in marks.bands.T:
        for one, two in _candidates(band, marks, parents):
            _join(parents, one, two, kept)
    roots = _roots(parents, np.arange(len(keys)))
    moved = np.flatnonzero(roots != np.arange(len(keys))).tolist()
    return {keys[place]: keys[int(roots[place])] for place in moved}


class _Marks:
    """What is kept of all prompts: the bands of their signatures, and what tells of two of them
    that they cannot be alike, without their runs.

    Each run sets one of `_BITS` bits. A bit that one prompt has and the other has not is a run that
    it has and the other has not, so the prompts have no more in common than the rest of them.
    """

    def __init__(self) -> None:
        self._bands, self._bits, self._sizes = array("Q"), array("Q"), array("Q")

    def add(self, runs: Runs) -> None:
        """The next prompt."""
        self._bands.frombytes(_bands(runs).tobytes())
        bits = np.zeros(_BITS, dtype=np.bool_)
        bits[((runs >> np.uint64(32)) % np.uint64(_BITS)).astype(np.intp)] = True
        self._bits.frombytes(np.packbits(bits).tobytes())
        self._sizes.append(runs.size)

    @cached_property
    def bands(self) -> Runs:
        """A row a prompt."""
        return np.frombuffer(self._bands, dtype=np.uint64).reshape(-1, _BINS // _BAND)

    @cached_property
    def bits(self) -> Runs:
        """A row a prompt."""
        return np.frombuffer(self._bits, dtype=np.uint64).reshape(-1, _BITS // 64)

    @cached_property
    def sizes(self) -> Places:
        """How many runs each prompt has."""
        return np.frombuffer(self._sizes, dtype=np.uint64).astype(np.int64)

    def may_be_alike(self, one: Places, two: Places) -> npt.NDArray[np.bool_]:
        """Of pairs of places: whether all their runs have to be compared."""
        first, second = self.bits[one], self.bits[two]
        common = np.minimum(
            self.sizes[one] - np.bitwise_count(first & ~second).sum(1, dtype=np.int64),
            self.sizes[two] - np.bitwise_count(second & ~first).sum(1, dtype=np.int64),
        )
        may: npt.NDArray[np.bool_] = common / (self.sizes[one] + self.sizes[two] - common) >= ALIKE
        return may


def _candidates(band: Runs, marks: _Marks, parents: Places) -> Iterator[tuple[Places, Places]]:
    """Pairs of prompts, some at a time, that share the number of this band, may be alike and are
    not together yet: each prompt with the first `_MOST_COMPARED` of those that share it."""
    order = np.argsort(band, kind="stable")
    starts = np.concatenate(([True], np.diff(band[order]) != 0))[: order.size]
    first = np.maximum.accumulate(np.where(starts, np.arange(order.size), 0))
    behind = np.arange(order.size) - first
    for begin in range(0, order.size, _AT_ONCE):
        here = np.arange(begin, min(begin + _AT_ONCE, order.size))
        for n in range(_MOST_COMPARED):
            here = here[behind[here] > n]
            one, two = order[first[here] + n], order[here]
            apart = _roots(parents, one) != _roots(parents, two)
            one, two = one[apart], two[apart]
            may = marks.may_be_alike(one, two)
            if may.any():
                yield one[may], two[may]


def _join(parents: Places, one: Places, two: Places, kept: _KeptRuns) -> None:
    """Put those of the pairs together that are alike."""
    for begin in range(0, one.size, _KEPT // 4):
        pairs = list(zip(one[begin:][: _KEPT // 4].tolist(), two[begin:].tolist(), strict=False))
        kept.bring(pairs)
        for earlier, later in pairs:
            root, other = _root(parents, earlier), _root(parents, later)
            if root != other and similarity(kept.runs[earlier], kept.runs[later]) >= ALIKE:
                parents[max(root, other)] = min(root, other)


class _KeptRuns:
    """The runs of some prompts, by their places, for the comparisons to come."""

    def __init__(self, texts_of: Callable[[Sequence[int]], Iterable[str]]) -> None:
        self._texts_of = texts_of
        self.runs: dict[int, Runs] = {}

    def bring(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Have those of all of these; texts are asked for together."""
        wanted = dict.fromkeys(place for pair in pairs for place in pair)
        missing = [place for place in wanted if place not in self.runs]
        if len(self.runs) + len(missing) > _KEPT:
            self.runs = {place: runs for place, runs in self.runs.items() if place in wanted}
        if missing:
            self.runs.update(zip(missing, map(runs_of, self._texts_of(missing)), strict=True))


def runs_of(text: str) -> Runs:
    """The runs of characters of a text as sorted numbers, each once."""
    plain = " ".join(text.casefold().split())
    points = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if points.size < RUN:
        points = np.pad(points, (0, RUN - points.size))
    windows = np.lib.stride_tricks.sliding_window_view(points.astype(np.uint64), RUN)
    hashed = np.zeros(len(windows), dtype=np.uint64)
    for column in windows.T:
        hashed = _mixed(hashed ^ column)
    return np.unique(hashed)


def _mixed(numbers: Runs) -> Runs:
    """Each number scattered over all 64 bits."""
    numbers = numbers * _PRIME
    return numbers ^ (numbers >> np.uint64(29))


def similarity(one: Runs, other: Runs) -> float:
    """The Jaccard similarity (0..1) of two sets of runs."""
    common = np.intersect1d(one, other, assume_unique=True).size
    return common / (one.size + other.size - common)


def _bands(runs: Runs) -> Runs:
    """What prompts that are alike have in common, most likely: a number for each band."""
    least = np.full(_BINS, _EMPTY)
    np.minimum.at(least, (runs % np.uint64(_BINS)).astype(np.intp), runs)
    filled = np.flatnonzero(least != _EMPTY)
    # An empty bin takes the next full one's: short prompts fill few.
    following = filled[np.searchsorted(filled, np.arange(_BINS)) % filled.size]
    mixed = np.zeros(_BINS // _BAND, dtype=np.uint64)
    for column in least[following].reshape(-1, _BAND).T:
        mixed = _mixed(mixed ^ column)
    return mixed


def _root(parents: Places, place: int) -> int:
    while (above := int(parents[place])) != place:
        place = above
    return place


def _roots(parents: Places, places: Places) -> Places:
    """The first of those that each is together with. Shortens the way there for the next time."""
    roots = parents[places]
    while True:
        above = parents[roots]
        if (above == roots).all():
            break
        roots = above
    parents[places] = roots
    return roots
