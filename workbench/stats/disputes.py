"""Which items reviewers disagree about most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.stats.arrays import Floats, Ints, is_new
from workbench.stats.coding import CodedTable, canonical
from workbench.stats.distances import Distance, Scale, scale_of
from workbench.stats.profiles import Prepared, Profiles, prepare

#: Shares that differ only in the rounding of their sums are one share.
_DECIMALS = 12


def item_disagreement(
    table: pd.DataFrame | Prepared, distance: Distance = "nominal"
) -> pd.DataFrame:
    """One row an item that can be compared, the most disputed first, then by item.

    Columns: item; n_reviewers with a value on it; disagreement, the mean of delta squared over all
    pairs of values in the item's units: 0 when all say the same; share, the same as a share (0..1)
    of what two values of the table can be apart. Ordinal distances are in ranks of the whole table,
    so they compare items of one table only. Raises as `krippendorff_alpha` does.
    """
    prepared = prepare(table)
    profiles, coded = prepared.profiles, prepared.coded
    by_profile, furthest = _mean_apart(profiles, scale_of(distance, coded.known_values))
    disagreement = np.round(by_profile[profiles.profile_of_item], _DECIMALS)
    items = coded.items[profiles.items]
    found = pd.DataFrame(
        {
            "item": items,
            "n_reviewers": _n_reviewers(coded)[profiles.items],
            "disagreement": disagreement,
            "share": disagreement / (furthest or 1.0),
        }
    )
    order = np.lexsort((_places(items), -disagreement))
    return found.iloc[order].reset_index(drop=True)


def _mean_apart(profiles: Profiles, scale: Scale) -> tuple[Floats, float]:
    """Mean delta squared over the pairs of values of an item of each profile (n_profiles,), and the
    greatest that there could be."""
    types = profiles.types
    weights = profiles.type_weights(profiles.multiplicity[:, None])
    margins = np.asarray((types.counts.T @ weights).T)
    spread = scale.spread(types)(margins)[:, 0]
    apart = profiles.composition @ spread
    pairs = profiles.composition @ (types.sizes * (types.sizes - 1))
    return np.asarray(apart / pairs), float(scale.furthest(margins)[0])


def _n_reviewers(coded: CodedTable) -> Ints:
    """Distinct reviewers by item (n_items,)."""
    if coded.one_unit_an_item:
        return np.bincount(coded.item, minlength=len(coded.items))
    n_reviewers = len(coded.reviewers)
    judgment = np.sort(coded.item * n_reviewers + coded.reviewer)
    return np.bincount(judgment[is_new(judgment)] // n_reviewers, minlength=len(coded.items))


def _places(items: pd.Index) -> Ints:
    """The place of each item in canonical order."""
    keys = [canonical(item) for item in items.tolist()]
    place = np.empty(len(keys), dtype=np.int64)
    place[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return place
