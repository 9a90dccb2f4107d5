"""Prompts that are nearly the same: one of them in the training set gives the others away.

Two prompts are near duplicates when the sets of their runs of `RUN` characters, in lower case,
have a Jaccard similarity of `ALIKE` or more. Candidates are found by
one-permutation MinHash (Li, Owen and Zhang 2012) in bands, and each is then compared exactly.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

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
_EMPTY = np.uint64(2**64 - 1)
_PRIME = np.uint64(0x9E3779B97F4A7C15)

Runs = npt.NDArray[np.uint64]


def near_duplicates(
    prompts: Iterable[tuple[int, str]], text_of: Callable[[int], str]
) -> dict[int, int]:
    """The key of every prompt that is nearly the same as an earlier one, to that of the earliest.

    `prompts` are (key, text), each key once; `text_of` gives the text of a key again. Likeness goes
    on: what is like something that is like the first goes with the first. Keeps some 300 bytes a
    prompt, and the runs of `_KEPT` of them.
    """
    keys, bands = array("Q"), array("Q")
    for key, text in prompts:
        keys.append(key)
        bands.extend(_bands(runs_of(text)).tolist())
    runs_again = lru_cache(_KEPT)(lambda place: runs_of(text_of(keys[place])))
    parents: dict[int, int] = {}
    for bucket in _buckets(np.array(bands, dtype=np.uint64).reshape(-1, _BINS // _BAND)):
        for n, place in enumerate(bucket):
            for other in bucket[: min(n, _MOST_COMPARED)]:
                one, two = _root(parents, other), _root(parents, place)
                if one != two and similarity(runs_again(other), runs_again(place)) >= ALIKE:
                    parents[max(one, two)] = min(one, two)
    return {keys[place]: keys[_root(parents, place)] for place in parents}


def _buckets(bands: Runs) -> Iterator[list[int]]:
    """Places of prompts that share a band (prompts, bands), in their order; each two or more."""
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        edges = np.concatenate(([0], np.flatnonzero(np.diff(band[order])) + 1, [band.size]))
        for n in np.flatnonzero(np.diff(edges) > 1):
            yield order[edges[n] : edges[n + 1]].tolist()


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


def _root(parents: dict[int, int], key: int) -> int:
    while key in parents:
        key = parents[key]
    return key
