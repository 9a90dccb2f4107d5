"""Rankings with ties and gaps: what one says about a pair, and how far two are apart.

A ranking is its tiers, best first: each a group of response ids that are tied. Responses left
unranked carry no opinion: "not ranked" is not "worse".
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from itertools import combinations
from typing import TypeAlias

Tiers: TypeAlias = Sequence[Collection[Hashable]]


def pair_sign(tiers: Tiers, unranked: Collection[Hashable], a: Hashable, b: Hashable) -> int | None:
    """1 when a is ranked above b, -1 below, 0 tied; None when a or b or both are unranked.

    Raises KeyError for an id neither in a tier nor unranked, ValueError for one in two tiers.
    """
    places = _places(tiers)
    for response in (a, b):
        if response not in places and response not in unranked:
            raise KeyError(response)
    if a not in places or b not in places:
        return None
    return _sign(places[b] - places[a])


def kendall_distance(tiers_x: Tiers, tiers_y: Tiers) -> float | None:
    """How far two rankings are apart over the pairs that both rank: 0 the same, 1 opposite.

    The mean over those pairs of 1 where the order is opposite, 1/2 where one ranking ties the pair
    and the other does not, 0 otherwise. None when there is no such pair. Source: R. Fagin et al.,
    "Comparing Partial Rankings", SIAM J. Discrete Math. 20 (2006), K with penalty p = 1/2.
    Raises ValueError for an id in two tiers of one ranking.
    """
    x, y = _places(tiers_x), _places(tiers_y)
    shared = [response for response in x if response in y]
    apart = [abs(_sign(x[b] - x[a]) - _sign(y[b] - y[a])) / 2 for a, b in combinations(shared, 2)]
    return sum(apart) / len(apart) if apart else None


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)


def _places(tiers: Tiers) -> dict[Hashable, int]:
    places: dict[Hashable, int] = {}
    for place, tier in enumerate(tiers):
        for response in tier:
            if response in places:
                raise ValueError(f"{response!r} is ranked twice")
            places[response] = place
    return places
