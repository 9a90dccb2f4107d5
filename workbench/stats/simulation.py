"""Fixed and adaptive overlap side by side, on judgments that several people have given already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.messages import Invalid, Message
from workbench.stats.arrays import Floats, Ints, tally
from workbench.stats.coding import CodedTable
from workbench.stats.confusion import PRIOR
from workbench.stats.dawid_skene import why_undefined
from workbench.stats.intervals import SEED
from workbench.stats.overlap import OVERLAP, OverlapSettings
from workbench.stats.profiles import Prepared, prepare
from workbench.stats.replay import Arrived, arrive, spend, what_is_known

CONFIDENCES = (0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
FIXED = (1, 2, 3, 5)
#: The fixed overlap that the others are set beside.
BASELINE = 3
SEEDS = 10
_Z = float(norm.ppf(0.975))
#: A reference that is no value of the table: no answer is right. And one that is not there.
_NO_VALUE, _NO_REFERENCE = -2, -1

#: Called with how many seeds are done, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Simulation:
    """`curve`: one row a rule and reference, None when `undefined` says why.

    Columns: rule ("fixed" or "adaptive"), setting (judgments, or the confidence), answer_by
    ("majority", ties giving their share, or "posterior"), reference ("gold"; "full", the majority
    of all judgments of a unit, where there is one; "held out", the last judgment, which then cannot
    be spent); n_items that have the reference; spent, judgments an item, and accuracy (0..1) of the
    answers against the reference, each with its 95 % interval (_low, _high). baseline is the number
    of judgments of the fixed rule that the row is set beside: `BASELINE`, or the most there are;
    saved the share of its judgments that are not needed; difference that of the accuracies, with
    its interval, to the better of the baseline's two answers.
    """

    curve: pd.DataFrame | None
    n_items: int
    n_judgments: int
    n_reviewers: int
    seeds: int
    undefined: Message | None = None


def simulate(
    table: pd.DataFrame | Prepared,
    gold: pd.DataFrame | None = None,
    *,
    confidences: Sequence[float] = CONFIDENCES,
    settings: OverlapSettings = OVERLAP,
    seeds: int = SEEDS,
    anonymous: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Spend the judgments of a table again, in random order, under several rules.

    The table has the columns item, reviewer, unit, value; `gold` item, unit, value. An item takes
    judgments until all its units are sure enough; `settings.confidence` is replaced by each of
    `confidences`. With `anonymous` reviewers are not told apart, for data in which "reviewer" is
    only the place of a judgment; the posterior then needs items with three judgments, since from
    pairs by one and the same nobody can tell prevalence from error. Reliability is learnt from what
    was spent before, see `replay`.

    "full" favours fixed overlap, whose votes are part of that majority: of three judgments an item
    the fixed rule of three is always right. "held out" favours nobody, since the judgment it
    compares with is none of those spent; but it is wrong itself at times, so it shows differences
    smaller than they are, and there is one judgment less to spend. Intervals are over items (what
    was averaged over seeds) and seeds. Accuracies are Wilson's, differences normal.
    Raises Invalid as `coding.encode` does, ValueError for fewer than one seed.
    """
    if seeds < 1:
        raise ValueError("one seed or more")
    coded = prepare(table).coded
    counts = (len(coded.items), _n_judgments(coded), len(coded.reviewers), seeds)
    undefined = why_undefined(coded)
    if undefined is not None:
        return Simulation(None, *counts, undefined=undefined)
    rules = [replace(settings, confidence=confidence) for confidence in confidences]
    known = {"full": _majority(coded)}
    if gold is not None:
        known = {"gold": _gold(coded, gold), **known}
    found: dict[_Key, _Series] = {}
    for seed in range(seeds):
        rng = np.random.default_rng((SEED, seed))
        arrived = arrive(coded, rng, anonymous=anonymous)
        for replayed in _replays(arrived, rules, known, rng):
            replayed.add_to(found)
        if progress is not None:
            progress(seed + 1, seeds)
    return Simulation(_curve(found), *counts)


@dataclass(frozen=True)
class _Key:
    """What a point of the curve is of."""

    reference: str
    rule: str
    setting: float
    answer_by: str


@dataclass(eq=False)
class _Series:
    """Sums over seeds: of judgments and of right answers by item (n_items,), and means by seed."""

    spent: Floats
    right: Floats
    times: Floats
    spent_by_seed: list[float] = field(default_factory=list)
    right_by_seed: list[float] = field(default_factory=list)

    @classmethod
    def empty(cls, n_items: int) -> _Series:
        return cls(np.zeros(n_items), np.zeros(n_items), np.zeros(n_items))

    def add(self, taken: Ints, right: Floats) -> None:
        """One seed more; `right` is NaN for items without a reference."""
        there = np.isfinite(right)
        self.spent += np.where(there, taken, 0)
        self.right += np.where(there, right, 0)
        self.times += there
        self.spent_by_seed.append(float(taken[there].mean()))
        self.right_by_seed.append(float(right[there].mean()))

    def means(self) -> tuple[Floats, Floats]:
        """Judgments and right answers of the items that have a reference, averaged over seeds."""
        there = self.times > 0
        times = self.times[there]
        return self.spent[there] / times, self.right[there] / times


@dataclass(frozen=True, eq=False)
class _Replayed:
    """One replay of one rule: judgments taken (n_items,) and its answers, set beside references."""

    rule: str
    setting: float
    answer_by: str
    taken: Ints
    #: (n_units, n_values): which value the answer is, in shares where it is tied.
    answer: Floats
    references: dict[str, Ints]
    coded: CodedTable

    def add_to(self, found: dict[_Key, _Series]) -> None:
        n_items = len(self.coded.items)
        for name, truth in self.references.items():
            right = _right(self.coded, self.answer, truth)
            if np.isfinite(right).any():
                key = _Key(name, self.rule, self.setting, self.answer_by)
                found.setdefault(key, _Series.empty(n_items)).add(self.taken, right)


def _replays(
    arrived: Arrived,
    rules: Sequence[OverlapSettings],
    known: dict[str, Ints],
    rng: np.random.Generator,
) -> Iterator[_Replayed]:
    """All rules on one order of arrival, with every judgment and with the last held out."""
    held_out = {"held out": arrived.last()}
    for view, references in ((arrived, known), (arrived.without_last(), held_out)):
        for rule, setting, taken, answers in _answers(view, rules, rng):
            for answer_by, answer in answers.items():
                yield _Replayed(rule, setting, answer_by, taken, answer, references, arrived.coded)


def _answers(
    view: Arrived, rules: Sequence[OverlapSettings], rng: np.random.Generator
) -> Iterator[tuple[str, float, Ints, dict[str, Floats]]]:
    some = view.there[view.there > 0]
    for k in FIXED:
        # Of fewer judgments than k a fixed rule of k cannot be had.
        if some.size and np.mean(some >= k) > 0.5:
            taken = np.minimum(view.there, k)
            chances = what_is_known(view, taken, PRIOR).chances
            both = {"majority": _top(_votes(view, taken)), "posterior": _top(chances)}
            yield "fixed", float(k), taken, both
    for rule in rules:
        taken, last = spend(view, rule, rng, PRIOR)
        yield "adaptive", rule.confidence, taken, {"posterior": _top(last.chances)}


def _votes(arrived: Arrived, taken: Ints) -> Floats:
    """Judgments of each value (n_units, n_values) among the first `taken` (n_items,)."""
    coded = arrived.coded
    rows = arrived.rank < taken[coded.item]
    return _counted(coded, coded.unit[rows], coded.value[rows])


def _counted(coded: CodedTable, unit: Ints, value: Ints) -> Floats:
    shape = (coded.item_of_unit.size, len(coded.known_values))
    votes = tally(unit * shape[1] + value, np.ones(unit.size), shape[0] * shape[1])
    counted: Floats = votes.reshape(shape)
    return counted


def _top(weights: Floats) -> Floats:
    """1 at the largest of a row, shared out where there are several."""
    top: Floats = (weights == weights.max(axis=1, keepdims=True)).astype(np.float64)
    top /= top.sum(axis=1, keepdims=True)
    return top


def _right(coded: CodedTable, answer: Floats, truth: Ints) -> Floats:
    """The share of an item's units that are answered right (n_items,), NaN without a reference."""
    asked = truth != _NO_REFERENCE
    right = np.where(truth >= 0, answer[np.arange(truth.size), np.maximum(truth, 0)], 0)
    n_items = len(coded.items)
    units = np.bincount(coded.item_of_unit[asked], minlength=n_items)
    share = np.full(n_items, np.nan)
    sums = np.bincount(coded.item_of_unit[asked], right[asked], minlength=n_items)
    np.divide(sums, units, out=share, where=units > 0)
    return share


def _majority(coded: CodedTable) -> Ints:
    """The most frequent value of each unit (n_units,), no reference where two are as frequent."""
    votes = _counted(coded, coded.unit, coded.value)
    tied = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return np.where(tied, _NO_REFERENCE, votes.argmax(axis=1))


def _gold(coded: CodedTable, gold: pd.DataFrame) -> Ints:
    """The code of the true value of each unit (n_units,). Raises Invalid for a missing column."""
    for column in ("item", "unit", "value"):
        if column not in gold.columns:
            raise Invalid.at(column, "The table of values has no such column.")
    gold = gold.dropna(subset="value").drop_duplicates(["item", "unit"])
    code = {value: i for i, value in enumerate(coded.known_values)}
    truth = {
        (row.item, row.unit): code.get(row.value, _NO_VALUE) for row in gold.itertuples(index=False)
    }
    items, names = coded.items[coded.item_of_unit], coded.unit_names[coded.name_of_unit]
    found = [truth.get(unit, _NO_REFERENCE) for unit in zip(items, names, strict=True)]
    return np.array(found, dtype=np.int64)


def _n_judgments(coded: CodedTable) -> int:
    n_reviewers = max(len(coded.reviewers), 1)
    return np.unique(coded.item * n_reviewers + coded.reviewer).size


def _curve(found: dict[_Key, _Series]) -> pd.DataFrame:
    references = list(dict.fromkeys(key.reference for key in found))
    rows = []
    for reference in references:
        here = {key: each for key, each in found.items() if key.reference == reference}
        beside = _baseline(here)
        rows += [_row(key, each, beside, here[beside]) for key, each in here.items()]
    return pd.DataFrame(rows)


def _baseline(found: dict[_Key, _Series]) -> _Key:
    """The better of the two answers of the fixed rule that the others are set beside."""
    fixed = [key for key in found if key.rule == "fixed" and key.setting <= BASELINE]
    most = max(key.setting for key in fixed)
    return max(
        (key for key in fixed if key.setting == most), key=lambda key: found[key].right.sum()
    )


def _row(key: _Key, series: _Series, beside: _Key, baseline: _Series) -> dict[str, object]:
    spent, right = series.means()
    base_spent, base_right = baseline.means()
    spent_error = _error(spent, series.spent_by_seed)
    low, high = _wilson(float(right.mean()), _error(right, series.right_by_seed), right.size)
    by_seed = np.subtract(series.right_by_seed, baseline.right_by_seed).tolist()
    difference = float((right - base_right).mean())
    error = _error(right - base_right, by_seed)
    return {
        "rule": key.rule,
        "setting": key.setting,
        "answer_by": key.answer_by,
        "reference": key.reference,
        "n_items": right.size,
        "spent": float(spent.mean()),
        "spent_low": float(spent.mean()) - _Z * spent_error,
        "spent_high": float(spent.mean()) + _Z * spent_error,
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "baseline": int(beside.setting),
        "saved": 1 - float(spent.mean() / base_spent.mean()),
        "difference": difference,
        "difference_low": difference - _Z * error,
        "difference_high": difference + _Z * error,
    }


def _error(by_item: Floats, by_seed: Sequence[float]) -> float:
    """The standard error of a mean over items and seeds."""
    items = by_item.var(ddof=1) / by_item.size if by_item.size > 1 else 0.0
    seeds = np.var(by_seed, ddof=1) / len(by_seed) if len(by_seed) > 1 else 0.0
    return float(np.sqrt(items + seeds))


def _wilson(p: float, error: float, n_items: int) -> tuple[float, float]:
    """Wilson's interval of a share, for as many independent trials as its error stands for."""
    n = p * (1 - p) / error**2 if error > 0 else float(n_items)
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return float(max(middle - half, 0)), float(min(middle + half, 1))
