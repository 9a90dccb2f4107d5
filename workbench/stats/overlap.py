"""Is one more judgment of an item wanted? A pure rule for whoever hands items out.

An item whose likely value is sure enough, given who said what and how reliable they have been,
needs nobody else. Reliability comes from `dawid_skene` on the past; a reviewer who is not in it is
taken for one like all others. A share of the items is audited: it gets two judgments or more,
however sure the first was. Without these nothing would be learnt once everything stops at one.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.stats.arrays import Bools, Floats, Ints
from workbench.stats.confusion import LEAST, normalise
from workbench.stats.dawid_skene import DawidSkene

#: Judgments of an item while nobody's reliability is known, and of an audited one, at least.
LEARNING, AUDITED = 3, 2


@dataclass(frozen=True)
class OverlapSettings:
    """When to stop.

    An item gets `start` judgments at least and `most` at most. In between it gets another one until
    its likely value has the chance `confidence` (0..1). `audit` (0..1) is the share of items that
    are audited. Raises ValueError when that makes no sense.
    """

    start: int = 1
    confidence: float = 0.98
    most: int = 5
    audit: float = 0.05

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.most:
            raise ValueError("start is 1 or more, and most is start or more")
        if not 0 < self.confidence <= 1 or not 0 <= self.audit <= 1:
            raise ValueError("confidence and audit are shares")


OVERLAP = OverlapSettings()


@dataclass(frozen=True, eq=False)
class Reliability:
    """Who says what given what is true.

    `prevalence` (n_values,) of the true values; `default` (n_values, n_values), rows true and
    columns said, for a reviewer who is not in `of`.
    """

    values: tuple[Hashable, ...]
    prevalence: Floats
    default: Floats
    of: Mapping[Hashable, Floats] = field(default_factory=dict)

    @classmethod
    def learnt(cls, past: DawidSkene) -> Reliability | None:
        """What was learnt from the past; None where that is undefined."""
        if past.confusion is None or past.reviewers is None:
            return None
        known = past.confusion
        of = dict(zip(past.reviewers["reviewer"], known.of, strict=True))
        return cls(known.values, known.prevalence, known.pooled, of)

    @classmethod
    def assumed(cls, values: Sequence[Hashable], accuracy: float) -> Reliability:
        """Everybody says the truth with the same chance; true and wrong values are even."""
        n = len(values)
        if n < 2 or not 0 <= accuracy <= 1:
            raise ValueError("reliability needs two values or more, and an accuracy of 0..1")
        default = np.full((n, n), (1 - accuracy) / (n - 1))
        np.fill_diagonal(default, accuracy)
        return cls(tuple(values), np.full(n, 1 / n), default)

    def accuracy(self, reviewer: Hashable) -> float:
        """The chance of saying the truth, its values weighted by their prevalence."""
        right = np.diagonal(self.of.get(reviewer, self.default))
        return float(right @ self.prevalence)


@dataclass(frozen=True)
class Decision:
    """Whether one more judgment is wanted, and the chance of each value to be the true one.

    `posterior` is None where nothing can be told: no reliability is known, or a value was said that
    the past does not have.
    """

    wanted: bool
    posterior: dict[Hashable, float] | None


def one_more(
    said: Sequence[tuple[Hashable, Hashable]],
    reliability: Reliability | None,
    settings: OverlapSettings = OVERLAP,
    *,
    audited: bool = False,
) -> Decision:
    """Is one more judgment wanted of what has the values `said`: (reviewer, value) each?

    A reviewer may be None for somebody unknown. Without reliability, `LEARNING` judgments are
    wanted; of a value that the past does not have, `settings.most`. For an item of several units
    ask for each: the item wants another judgment when one of them does.
    """
    if reliability is None:
        return Decision(len(said) < least_to_learn(settings), None)
    if any(value not in reliability.values for _, value in said):
        return Decision(len(said) < settings.most, None)
    chances = value_chances(said, reliability)
    least = least_wanted(settings, audited)
    wanted = bool(wants(len(said), float(chances.max()), least, settings))
    posterior = dict(zip(reliability.values, chances.tolist(), strict=True))
    return Decision(wanted, posterior)


def is_audited(item: str, settings: OverlapSettings = OVERLAP) -> bool:
    """Whether an item is among those that are audited: the same answer whenever it is asked."""
    return zlib.crc32(item.encode()) < settings.audit * 2**32


def least_to_learn(settings: OverlapSettings) -> int:
    """How many judgments an item gets while nobody's reliability is known."""
    return min(max(settings.start, LEARNING), settings.most)


def least_wanted(settings: OverlapSettings, audited: bool) -> int:
    """How many judgments an item gets however sure it is."""
    return min(max(settings.start, AUDITED), settings.most) if audited else settings.start


def wants(
    n: int | Ints, sure: float | Floats, least: int | Ints, settings: OverlapSettings
) -> Bools:
    """The rule itself, for one item or many: `n` judgments so far, `sure` of the likely value."""
    unsure = np.less(sure, settings.confidence) & np.less(n, settings.most)
    return np.asarray(np.less(n, least) | unsure)


def value_chances(said: Sequence[tuple[Hashable, Hashable]], reliability: Reliability) -> Floats:
    """The chance (n_values,) of each value to be the true one of what has the values `said`.

    Raises ValueError for a value that the past does not have.
    """
    joint = np.log(np.maximum(reliability.prevalence, LEAST))
    for reviewer, value in said:
        says = reliability.of.get(reviewer, reliability.default)
        joint = joint + np.log(np.maximum(says[:, reliability.values.index(value)], LEAST))
    chances: Floats = normalise(joint[None])[0][0]
    return chances
