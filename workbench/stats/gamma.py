"""Gamma: whether people mark the same passages and call them the same, beyond what chance gives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from workbench.messages import N_, Invalid, Message
from workbench.stats.alignment import Mark, Marks, disorder
from workbench.stats.arrays import Floats, Ints
from workbench.stats.coding import CodedTable, canonical
from workbench.stats.estimates import ALL_THE_SAME, Estimate, nothing_compared
from workbench.stats.intervals import RESAMPLES, SEED, Interval, bootstrap, bootstrap_sums
from workbench.stats.profiles import Prepared, prepare
from workbench.stats.spans import drawn_spans, recoded

#: Sets of spans, one or none of each reviewer, that are looked at in one text; and in all texts.
MOST_SETS, MOST_WORK = 4_096, 60_000
#: Items that are aligned, and texts that are put together by chance, at most.
MOST_ITEMS, MOST_CHANCE = 2_000, 2_000
#: Chance is sampled until its disorder is known to this share, with 95 % confidence.
PRECISION = 0.02
#: Texts put together by chance between two looks at the precision.
_ROUND = 250
#: Texts put together by chance at least, as in the paper.
_FEWEST = 30
_DECIMALS = 12
#: Items of which resampled totals are normal.
_MANY = 200

_NOTHING = N_("Nobody marked anything in the texts that were looked at, so there is no gamma.")
_TOO_MANY = N_("Each text has too many marks to be aligned, so gamma is left out.")


@dataclass(frozen=True)
class Gamma:
    """Gamma as an `Estimate`, of the texts that were aligned, and the disorders it is made from.

    `n_dense` texts have more marks than are aligned, `n_left` items were not drawn.
    """

    figure: Estimate
    observed: float | None = None
    expected: float | None = None
    n_dense: int = 0
    n_left: int = 0

    @property
    def note(self) -> Message | None:
        """What was left out, if anything."""
        if self.figure.value is None or not (self.n_dense or self.n_left):
            return None
        return N_(
            "Gamma is of %(items)s items: %(left)s more were not drawn, since aligning all takes"
            " too long, and %(dense)s texts have too many marks.",
            items=self.figure.n_items,
            left=self.n_left,
            dense=self.n_dense,
        )


@dataclass(frozen=True, order=True)
class _Text:
    """A text as it matters here: its length in code points and what each of its reviewers marked,
    in an order of their own. Equal texts are alike whoever marked them."""

    length: int
    marks: tuple[Marks, ...]

    @property
    def n_spans(self) -> int:
        return sum(map(len, self.marks))

    @property
    def most(self) -> int:
        """The most that one reviewer marked."""
        return max(map(len, self.marks))

    @property
    def work(self) -> int:
        return math.prod(len(each) + 1 for each in self.marks)


_Item: TypeAlias = tuple[_Text, ...]

#: What the spans of each text came to when they were aligned: disorder, and spans a reviewer. Codes
#: of categories matter only by being the same or not, so those of another table do as well.
Aligned: TypeAlias = dict[tuple[Marks, ...], tuple[float, float]]


def gamma(
    table: pd.DataFrame, *, resamples: int = RESAMPLES, aligned: Aligned | None = None
) -> Gamma:
    """Gamma of the spans that reviewers marked: 1 is perfect, 0 what chance gives.

    The table is that of `span_agreement` with one more column, `length`: the code points of the
    text (item, unit). Spans of all reviewers of a text are aligned by where they are and what they
    are called (see `alignment.disorder`), exactly.

    One figure of many texts: the sum of their disorders over the sum of their mean numbers of spans
    a reviewer, which is the paper's disorder of a text where there is one; 1 minus this over what
    chance gives. So a span counts alike in whatever text it is. A mean of gammas of texts would
    be undefined where nobody marked anything, and would take one span in a text for a whole text.

    Chance puts texts together out of the marks of this table, after the paper's section 5.2: a
    text of it gets as many reviewers as it has, each with all that somebody marked in a text drawn
    at random, of different items where there are enough, moved along by a random distance and
    around the end (a span keeps its length, and what covers a whole text still does). Nothing
    marked is drawn too, so that finding nothing together counts for something. Texts are
    drawn until the disorder is known to `PRECISION` with 95 % confidence, at most `MOST_CHANCE`.
    A part of a table (a language, a week) has a chance of its own: the paper's expected disorder is
    that of the annotators' own material, and marks that are many or always of one category come
    together by chance more often. `aligned` keeps alignments for calls that share texts.

    The interval resamples items, with the chance that they give: each resample weighs what came of
    an item by how often it has it, to first order where an item is one of several in a text.

    Bounds: a text in which a reviewer marked more than leaves `MOST_SETS` sets for so many
    reviewers (15 spans for three, 4 for five) is left out; `MOST_ITEMS` items at most are aligned,
    fewer where their sets pass `MOST_WORK`, drawn at random by a fixed seed. The result says so.

    Source: Y. Mathet, A. Widlöcher, J.-P. Métivier, "The Unified and Holistic Method Gamma (γ) for
    Inter-Annotator Agreement Measure and Alignment", Computational Linguistics 41(3), 2015.
    Raises Invalid for what is no span or lies outside its text, and as `coding.encode` does.
    """
    if "length" not in table.columns:
        raise Invalid({"length": N_("The table of values has no such column.")})
    table = recoded(table, drawn_spans)
    prepared = prepare(table)
    compared = _compared(prepared.coded, _lengths(table, prepared.coded))
    able = [item for each in compared if (item := _alignable(each))]
    n_dense = sum(map(len, compared)) - sum(map(len, able))
    drawn = _drawn(able)
    n_left = len(able) - len(drawn)
    why = _why_not(prepared, compared, able, drawn)
    if why is not None:
        return Gamma(_estimate(prepared, drawn, None, undefined=why), None, None, n_dense, n_left)
    observed, chance = _observed(drawn, aligned), _Chance(drawn).disorders()
    value = float(_figure(observed, chance)[0])
    if np.isnan(value):
        why = ALL_THE_SAME
        return Gamma(_estimate(prepared, drawn, None, undefined=why), None, None, n_dense, n_left)
    interval = _interval(observed, chance, resamples) if resamples else None
    return Gamma(
        _estimate(prepared, drawn, value, interval),
        float(_ratio(observed.sum(axis=0))),
        float(_ratio(chance.sum(axis=0))),
        n_dense,
        n_left,
    )


def _lengths(table: pd.DataFrame, coded: CodedTable) -> Ints:
    """The length of every unit (n_units,)."""
    rows = table["length"][table["value"].notna()].to_numpy(dtype=np.int64)
    lengths = np.zeros(coded.item_of_unit.size, dtype=np.int64)
    np.maximum.at(lengths, coded.unit, rows)
    return lengths


def _compared(coded: CodedTable, lengths: Ints) -> list[_Item]:
    """Items with their texts of two reviewers or more, in an order that goes by content alone."""
    known: list[frozenset[tuple[int, int, Hashable]]] = list(coded.known_values)  # type: ignore[arg-type]
    categories = sorted({name for drawn in known for *_, name in drawn}, key=canonical)
    codes = {name: code for code, name in enumerate(categories)}
    marks = [tuple(sorted((start, end, codes[name]) for start, end, name in drawn))
             for drawn in known]  # fmt: skip
    of_unit: dict[int, list[Marks]] = {}
    for unit, value in zip(coded.unit.tolist(), coded.value.tolist(), strict=True):
        of_unit.setdefault(unit, []).append(marks[value])
    items: dict[int, list[_Text]] = {}
    for unit, drawn in of_unit.items():
        length = int(lengths[unit])
        outside = [mark for each in drawn for mark in each if mark[1] > length]
        if outside:
            raise Invalid.at("length", "The span %(span)s ends outside its text of %(length)s"
                             " code points.", span=str(outside[0][:2]), length=length)  # fmt: skip
        if len(drawn) > 1:
            text = _Text(length, tuple(sorted(drawn)))
            items.setdefault(int(coded.item_of_unit[unit]), []).append(text)
    return sorted(tuple(sorted(texts)) for texts in items.values())


def _fits(text: _Text, n_reviewers: int) -> bool:
    """Whether what one marked here can be aligned with as much by others."""
    return (text.most + 1) ** n_reviewers <= MOST_SETS or text.most == 0


def _alignable(item: _Item) -> _Item:
    return tuple(text for text in item if _fits(text, len(text.marks)))


def _drawn(items: list[_Item]) -> list[_Item]:
    """The items to align, in order: all, or as many as may be, at random."""
    order = np.random.default_rng(SEED).permutation(len(items))
    work = np.cumsum([sum(text.work for text in items[i]) for i in order])
    n = min(MOST_ITEMS, max(1, int(np.searchsorted(work, MOST_WORK, "right"))))
    return [items[i] for i in np.sort(order[:n])]


def _why_not(
    prepared: Prepared, compared: Sequence[_Item], able: Sequence[_Item], drawn: Sequence[_Item]
) -> Message | None:
    if not compared:
        return nothing_compared(prepared)
    if _any_span(compared) and not _any_span(able):
        return _TOO_MANY
    return None if _any_span(drawn) else _NOTHING


def _any_span(items: Sequence[_Item]) -> bool:
    return any(text.n_spans for item in items for text in item)


def _estimate(
    prepared: Prepared,
    drawn: Sequence[_Item],
    value: float | None,
    interval: Interval | None = None,
    undefined: Message | None = None,
) -> Estimate:
    interval = interval or Interval(None, None)
    return Estimate(
        value=value,
        low=interval.low,
        high=interval.high,
        n_items=len(drawn),
        n_units=sum(map(len, drawn)),
        # A text that is left out leaves fewer reviewers to some item, never more.
        n_judgments=sum(max(len(text.marks) for text in item) for item in drawn),
        n_reviewers=prepared.profiles.n_reviewers,
        undefined=undefined,
        no_interval=interval.undefined,
    )


def _observed(items: Sequence[_Item], aligned: Aligned | None) -> Floats:
    """(disorder, spans a reviewer) of each item (n_items, 2)."""
    aligned = {} if aligned is None else aligned
    for text in itertools.chain.from_iterable(items):
        if text.marks not in aligned:
            aligned[text.marks] = _sums(text.marks)
    return np.array([np.sum([aligned[text.marks] for text in item], axis=0) for item in items])


def _sums(marks: Sequence[Marks]) -> tuple[float, float]:
    found = round(disorder(marks), _DECIMALS)
    return found, sum(map(len, marks)) / len(marks)


def _ratio(sums: Floats) -> Floats:
    """The first over the second, NaN where either is nothing or, by weights, less."""
    told = (sums[0] >= 0) & (sums[1] > 0)
    found: Floats = np.full(sums.shape[1:], np.nan)
    np.divide(sums[0], sums[1], out=found, where=told)
    return found


def _interval(observed: Floats, chance: Floats, resamples: int) -> Interval:
    sums = np.hstack([observed, chance[1:]])

    def figure(totals: Floats) -> Floats:
        return _of_totals(totals + np.append([0.0, 0.0], chance[0])[:, None])

    if len(sums) >= _MANY:
        return bootstrap_sums(sums, figure, resamples=resamples)
    return bootstrap(
        np.ones(len(sums)), lambda weights: figure(sums.T @ weights),
        cells=len(sums), resamples=resamples, expanded=True,
    )  # fmt: skip


def _figure(observed: Floats, chance: Floats) -> Floats:
    return _of_totals(np.append(observed.sum(axis=0), chance.sum(axis=0))[:, None])


def _of_totals(totals: Floats) -> Floats:
    """Gamma (b,) of what was observed and what chance gives (4, b), NaN where undefined."""
    seen, expected = _ratio(totals[:2]), _ratio(totals[2:])
    found: Floats = np.full(expected.shape, np.nan)
    np.divide(seen, expected, out=found, where=expected > 0)
    return 1 - found


class _Chance:
    """Texts put together out of the marks of these items by chance."""

    def __init__(self, items: Sequence[_Item]) -> None:
        self._items = items
        self._texts = [(at, text) for at, item in enumerate(items) for text in item]
        self._rng = np.random.default_rng(SEED)
        self._sources: dict[int, list[tuple[int, list[_Text]]]] = {}

    def disorders(self) -> Floats:
        """(disorder, spans a reviewer) of what chance gives, as sums that are linear in the weights
        of items: a constant in the first row, then each item's own (1 + n_items, 2)."""
        sums = np.zeros((1 + len(self._items), 2))
        found: list[tuple[float, float]] = []
        for used, sources, pair in self._drawn():
            found.append(pair)
            # What m items made together changes by each one's weight less 1, to first order.
            sums[0] += np.multiply(1 - len(sources), pair)
            for item in sources:
                sums[1 + item] += pair
            spent = used > MOST_WORK and len(found) >= _FEWEST
            if spent or (len(found) % _ROUND == 0 and is_known(np.array(found))):
                break
        return sums

    def _drawn(self) -> Iterator[tuple[int, list[int], tuple[float, float]]]:
        """The work so far, the items that a text was made of, and what it comes to."""
        used = 0
        for at in self._rng.integers(len(self._texts), size=MOST_CHANCE).tolist():
            target, text = self._texts[at]
            sources = self._others(len(text.marks))
            moved = [self._moved(marks, of, text.length) for _, marks, of in sources]
            made = _Text(text.length, tuple(moved))
            used += made.work
            yield used, [target, *(item for item, *_ in sources)], _sums(made.marks)

    def _others(self, n: int) -> list[tuple[int, Marks, int]]:
        """(item, what one reviewer marked in a text of it, the text's length), n times."""
        if n not in self._sources:
            self._sources[n] = self._able(n)
        known = self._sources[n]
        places = self._rng.choice(len(known), size=n, replace=len(known) < n, shuffle=False)
        return [(known[at][0], *self._one(known[at][1])) for at in places.tolist()]

    def _able(self, n: int) -> list[tuple[int, list[_Text]]]:
        """Items with their texts of which the marks can be aligned with those of n - 1 others."""
        found: dict[int, list[_Text]] = {}
        for item, text in self._texts:
            if _fits(text, n):
                found.setdefault(item, []).append(text)
        return list(found.items())

    def _one(self, texts: list[_Text]) -> tuple[Marks, int]:
        text = texts[self._rng.integers(len(texts))]
        return text.marks[self._rng.integers(len(text.marks))], text.length

    def _moved(self, marks: Marks, length: int, into: int) -> Marks:
        by = self._rng.random()
        return tuple(_moved(mark, length, into, by) for mark in marks)


def _moved(mark: Mark, length: int, into: int, by: float) -> Mark:
    """A span of one text in another: from its place among all that it could have, a share of these
    further on, and from the last on to the first."""
    start, end, category = mark
    long = into if end - start == length else min(end - start, into)
    place = (start / (length - (end - start)) if end - start < length else 0.0) + by
    first = min(int(place % 1 * (into - long + 1)), into - long)
    return first, first + long, category


def is_known(found: Floats) -> bool:
    """Whether the ratio of these sums (n, 2) is known to `PRECISION`."""
    ratio = found[:, 0].sum() / max(found[:, 1].sum(), 1e-12)
    error = np.std(found[:, 0] - ratio * found[:, 1]) / np.sqrt(len(found))
    return bool(1.96 * error <= PRECISION * found[:, 0].mean())
