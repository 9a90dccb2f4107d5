"""Pairs of models chosen by information and taken as they come, on comparisons that are there."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats, Ints
from workbench.stats.battles import encode_battles
from workbench.stats.intervals import SEED
from workbench.stats.league import league
from workbench.stats.next_pairs import PRIOR_SD, next_pairs
from workbench.stats.simulation import SEEDS, Progress

#: Shares of all judgments after which is looked how well strengths are known.
SHARES = tuple(tenth / 10 for tenth in range(1, 11))
#: Items that are chosen at once, and in how many rounds at most.
AHEAD, ROUNDS = 20, 50
BY_INFORMATION, AS_IT_COMES = "information", "as it comes"


@dataclass(frozen=True, eq=False)
class PairSimulation:
    """`curve`: one row a rule and share of the judgments, None when `undefined` says why.

    Columns: rule ("information" or "as it comes", in random order), share, spent (judgments); rmse
    of the strengths, and in_order (0..1), the share of the pairs of models that are in the right
    order, both means over seeds with their 95 % interval (_low, _high; NaN for one seed). worth:
    the share of judgments as they come after which rmse is as small, on the mean curve, NaN where
    it lies beyond. difference: rmse less that of the other rule by seed, with its interval.
    """

    curve: pd.DataFrame | None
    n_items: int
    n_judgments: int
    n_models: int
    seeds: int
    undefined: Message | None = None


def simulate_pairs(
    table: pd.DataFrame,
    strengths: Mapping[Hashable, float] | None = None,
    *,
    seeds: int = SEEDS,
    prior_sd: float = PRIOR_SD,
    progress: Progress | None = None,
) -> PairSimulation:
    """Spend the comparisons of a table again, item by item, under two orders of the items.

    The table is that of `league`. An item is spent with all its judgments. By information, some
    items are chosen at once by `next_pairs` from a league of what was spent before; as it comes,
    in random order. What is then known, by a league with `prior_sd`, is set beside `strengths`
    (log-strengths of all models), or without them beside those of the whole table, which favours
    neither order but ends at no error for both: all is spent then. Intervals are over seeds: of
    other orders of the same judgments, not of other judgments.
    Raises Invalid as `encode_battles` does, ValueError for fewer than one seed.
    """
    if seeds < 1:
        raise ValueError("one seed or more")
    battles = encode_battles(table)
    counts = (battles.n_items, battles.value.size, len(battles.models), seeds)
    if len(battles.models) < 2:
        return PairSimulation(None, *counts, undefined=N_("No two models have been compared yet."))
    coded = pd.DataFrame({
        "item": battles.item, "reviewer": battles.reviewer, "model_a": battles.a,
        "model_b": battles.b, "value": battles.value,
    })  # fmt: skip
    replay = _Replay.of(coded, len(battles.models), prior_sd)
    truth = replay.known(np.arange(battles.n_items))
    if strengths is not None:
        truth = np.array([strengths[name] for name in battles.models], dtype=np.float64)
        truth -= truth.mean()
    rows = []
    for seed in range(seeds):
        rows += list(replay.run(np.random.default_rng((SEED, seed)), truth, seed))
        if progress is not None:
            progress(seed + 1, seeds)
    return PairSimulation(_curve(pd.DataFrame(rows), seeds), *counts)


@dataclass(frozen=True, eq=False)
class _Replay:
    """Comparisons as codes, in the order of their items; those of item i are the rows from
    `first[i]` to `first[i + 1]`. `kinds` are the different sets of models of items, and `kind`
    (n_items,) points into them; `judgments` (n_items,)."""

    table: pd.DataFrame
    first: Ints
    kinds: list[tuple[int, ...]]
    kind: Ints
    judgments: Ints
    n_models: int
    prior_sd: float

    @classmethod
    def of(cls, table: pd.DataFrame, n_models: int, prior_sd: float) -> _Replay:
        table = table.sort_values("item", kind="stable", ignore_index=True)
        rows = table["item"].to_numpy()
        n_items = int(rows.max()) + 1
        first = np.searchsorted(rows, np.arange(n_items + 1))
        both = pd.concat([table[["item", name]].set_axis(["item", "model"], axis=1)
                          for name in ("model_a", "model_b")])  # fmt: skip
        models = both.groupby("item")["model"].unique()
        of_item = [tuple(sorted(map(int, each))) for each in models]
        kinds = sorted({*of_item})
        at = {kind: i for i, kind in enumerate(kinds)}
        judgments = table.groupby("item")["reviewer"].nunique().to_numpy().astype(np.int64)
        kind = np.array([at[each] for each in of_item], dtype=np.int64)
        return cls(table, first, kinds, kind, judgments, n_models, prior_sd)

    def run(self, rng: np.random.Generator, truth: Floats, seed: int) -> Iterator[dict[str, Any]]:
        """Both rules once: one row for each share."""
        order = rng.permutation(self.kind.size)
        orders = {AS_IT_COMES: order, BY_INFORMATION: self._by_information(order)}
        for rule, items in orders.items():
            spent = np.cumsum(self.judgments[items])
            for share in SHARES:
                n = int(np.searchsorted(spent, share * spent[-1] - 1e-9)) + 1
                found = self.known(items[:n])
                yield {
                    "seed": seed, "rule": rule, "share": share, "spent": int(spent[n - 1]),
                    "rmse": float(np.sqrt(((found - truth) ** 2).mean())),
                    "in_order": _in_order(found, truth),
                }  # fmt: skip

    def known(self, items: Ints) -> Floats:
        """The strengths (n_models,), by these items."""
        fitted = self._league(items).fitted
        return fitted.strengths if fitted is not None else np.zeros(self.n_models)

    def _league(self, items: Ints) -> Any:
        rows = [row for i in items for row in range(self.first[i], self.first[i + 1])]
        spent = self.table.iloc[rows]
        return league(spent, prior_sd=self.prior_sd, models=range(self.n_models))

    def _by_information(self, order: Ints) -> Ints:
        """The items one after the other, those of one kind in this order."""
        waiting: dict[int, list[int]] = {}
        for item in order[::-1].tolist():
            waiting.setdefault(int(self.kind[item]), []).append(item)
        usual = np.bincount(self.kind, self.judgments) / np.bincount(self.kind)
        ahead, spent = max(AHEAD, -(-order.size // ROUNDS)), np.empty(0, dtype=np.int64)
        while spent.size < order.size:
            kinds = sorted(kind for kind, items in waiting.items() if items)
            places = next_pairs(
                self._league(spent),
                [self.kinds[kind] for kind in kinds],
                ahead,
                times=[len(waiting[kind]) for kind in kinds],
                judgments=[usual[kind] for kind in kinds],
            )
            spent = np.append(spent, [waiting[kinds[place]].pop() for place in places])
        return spent


def _in_order(found: Floats, truth: Floats) -> float:
    """The share of pairs that differ in truth and are in that order; half for one that ties."""
    first, second = np.triu_indices(truth.size, 1)
    right = np.sign(truth[first] - truth[second])
    says = np.sign(np.round(found[first] - found[second], 9)) * right
    return float(((says[right != 0] + 1) / 2).mean()) if right.any() else np.nan


def _curve(runs: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """Means over seeds, with intervals."""
    reach = float(t.ppf(0.975, seeds - 1)) / np.sqrt(seeds) if seeds > 1 else np.nan
    by_rule = dict(iter(runs.groupby("rule", sort=False)))
    plain = by_rule[AS_IT_COMES].groupby("share")["rmse"].mean()
    rows = []
    for rule, each in by_rule.items():
        other = by_rule[BY_INFORMATION if rule == AS_IT_COMES else AS_IT_COMES]
        for share, here in each.groupby("share"):
            beside = other[other["share"] == share]["rmse"].to_numpy()
            row = {"rule": rule, "share": share, "spent": here["spent"].mean()}
            series = {
                "rmse": here["rmse"].to_numpy(),
                "in_order": here["in_order"].to_numpy(),
                "difference": here["rmse"].to_numpy() - beside,
            }
            for name, values in series.items():
                half = reach * float(values.std(ddof=1)) if seeds > 1 else np.nan
                mean = float(values.mean())
                row |= {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
            rows.append(row | {"worth": _worth(plain, float(here["rmse"].mean()))})
    return pd.DataFrame(rows)


def _worth(plain: pd.Series[float], rmse: float) -> float:
    """The share of judgments as they come after which the error is as small."""
    shares, errors = plain.index.to_numpy(), np.minimum.accumulate(plain.to_numpy())
    if not errors[-1] <= rmse <= errors[0]:
        return np.nan
    return float(np.interp(-rmse, -errors, shares))
