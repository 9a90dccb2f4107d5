"""Judgments of pairs by reviewers with known habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Habits:
    """What moves a choice. Everything at rest: nothing but the worth of the two texts does."""

    #: Log odds of the first, and of a doubled length.
    position: float = 0.0
    length: float = 0.0
    #: How far reviewers differ in the first.
    position_spread: float = 0.0
    #: How much the texts of an item differ in worth, in log odds.
    worth: float = 1.0
    ties: float = 0.1
    #: How often the side of the judgment before is repeated without a look.
    repeats: float = 0.0
    #: How often the better text is known, and how much less often with each hour.
    knows: float = 0.0
    tires: float = 0.0
    #: Change of the logarithm of the time with each hour.
    hurries: float = 0.0
    #: How likely it is that a reviewer mostly does not read.
    speeders: float = 0.0
    one_order: bool = False


@dataclass(frozen=True)
class Team:
    """Who judges how much: `session` judgments three minutes apart, then a break."""

    items: int = 300
    reviewers: int = 15
    overlap: int = 3
    session: int = 40


def simulate(seed: int, habits: Habits, team: Team | None = None) -> pd.DataFrame:
    """A table of choices. Response a is the better one where `worth` is above 0."""
    rng = np.random.default_rng(seed)
    team = team or Team()
    item, reviewer = _assigned(rng, team)
    hours, at = _times(rng, reviewer, team)
    length_a = np.exp(rng.normal(6, 0.7, team.items)).astype(np.int64) + 1
    length_b = np.exp(rng.normal(6, 0.7, team.items)).astype(np.int64) + 1
    worth = rng.normal(0, habits.worth, team.items) if habits.worth else np.zeros(team.items)
    a_first = rng.random(team.items if habits.one_order else item.size) < 0.5
    if habits.one_order:
        a_first = a_first[item]
    first = np.where(a_first, length_a[item], length_b[item])
    second = np.where(a_first, length_b[item], length_a[item])
    pull = habits.position + rng.normal(0, 1, team.reviewers) * habits.position_spread
    odds = pull[reviewer] + habits.length * np.log2(first / second)
    odds += np.where(a_first, 1, -1) * worth[item]
    choice = np.where(rng.random(item.size) < expit(odds), 1, -1)
    knows = rng.random(item.size) < habits.knows - habits.tires * hours
    better = np.where((worth[item] > 0) == a_first, 1, -1)
    choice = np.where(knows, better, choice)
    choice[rng.random(item.size) < habits.ties] = 0
    choice = _repeated(rng, choice, reviewer, at, habits.repeats)
    read = first + second
    table = {
        "item": item,
        "reviewer": reviewer,
        "choice": choice,
        "length_first": first,
        "length_second": second,
        "at": pd.Timestamp("2026-03-02 08:00") + pd.to_timedelta(at, unit="h"),
        "active_seconds": _seconds(rng, read, reviewer, hours, habits, team),
        "n_chars": read,
    }
    return pd.DataFrame(table).sample(frac=1, random_state=seed, ignore_index=True)


def _assigned(rng: np.random.Generator, team: Team) -> tuple[Ints, Ints]:
    """Items in random order for each reviewer."""
    who = np.argsort(rng.random((team.items, team.reviewers)), axis=1)[:, : team.overlap]
    item = np.repeat(np.arange(team.items), team.overlap)
    order = np.lexsort((rng.random(item.size), who.ravel()))
    return item[order], who.ravel()[order]


def _times(rng: np.random.Generator, reviewer: Ints, team: Team) -> tuple[Floats, Floats]:
    """Hours since the session began, and since the first day began; two sessions a day."""
    place = np.arange(reviewer.size) - np.searchsorted(reviewer, reviewer)
    session, within = np.divmod(place, team.session)
    hours = within * 0.05 + np.where(within > 0, rng.uniform(-0.02, 0.02, place.size), 0)
    begin = session // 2 * 24.0 + session % 2 * (team.session * 0.05 + 2.0)
    return hours, begin + hours


def _repeated(
    rng: np.random.Generator, choice: Ints, reviewer: Ints, at: Floats, share: float
) -> Ints:
    if not share:
        return choice
    repeats = rng.random(choice.size) < share
    found = choice.copy()
    for i in range(1, choice.size):
        follows = reviewer[i] == reviewer[i - 1] and at[i] - at[i - 1] < 0.5
        if follows and repeats[i] and found[i] and found[i - 1]:
            found[i] = found[i - 1]
    return found


def _seconds(
    rng: np.random.Generator, read: Ints, reviewer: Ints, hours: Floats, habits: Habits, team: Team
) -> Floats:
    """Twenty characters a second on the whole; who speeds takes a second or so, mostly."""
    seconds = read / 20 * np.exp(habits.hurries * hours + rng.normal(0, 0.3, read.size))
    speeds = rng.random(team.reviewers) < habits.speeders
    skips = speeds[reviewer] & (rng.random(read.size) < 0.8)
    seconds = np.where(skips, read / 200, seconds)
    seconds[rng.random(read.size) < 0.1] = np.nan
    return seconds
