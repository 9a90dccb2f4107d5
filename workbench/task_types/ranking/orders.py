"""Whole rankings, with their ties.

- aggregate `each`: one record a judgment, of the responses that it ranked. The policy's thresholds
  look at all judgments of each pair in it.
- aggregate `majority`: one record an item. Each pair is decided as for preferences, and the ranking
  is the one that has every pair as decided, ties included. There is none where the majorities run
  in a circle (a above b, b above c, c above a), or where a tie is not one with a third response:
  an order made up by points would contradict the pairs.

What becomes no record is counted by reason, the first that holds of: all_bad, too_few_judgments,
no_weight, low_agreement, unsure, no_order, tie (all of them share one place), empty_text,
identical_texts (one text in two places).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from workbench.task_types.base import Item, Policy, Record, Response
from workbench.task_types.majority import TOO_LITTLE, dropped
from workbench.task_types.pairs import Tally, pairs
from workbench.task_types.ranking.votes import Vote, count, fault, left_out

Tiers = tuple[tuple[Response, ...], ...]


def each_order(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    """One record a judgment."""
    tallies = {(a.id, b.id): count(votes, a, b) for a, b in pairs(item)}
    for vote in votes:
        if vote.all_bad:
            yield dropped("all_bad", "ranking")
            continue
        places = sorted(set(vote.place.values()))
        tiers = tuple(
            tuple(item.response(i) for i in sorted(vote.place) if vote.place[i] == place)
            for place in places
        )
        yield _order(tiers, 1, _each_shortfall(vote, tallies, policy))


def _each_shortfall(
    vote: Vote, tallies: dict[tuple[str, str], Tally], policy: Policy
) -> str | None:
    faults = []
    for (a, b), tally in tallies.items():
        side = vote.order(a, b)
        if side is not None:
            faults.append(fault(tally, side, policy))
    return _first(faults)


def majority_order(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    """One record, or none; nothing where nobody judged the item."""
    if not votes:
        return
    if left_out(votes, policy):
        yield dropped("all_bad", "ranking")
        return
    tallies = [count(votes, a, b) for a, b in pairs(item)]
    faults = [fault(each, each.side, policy) for each in tallies]
    tiers = _tiers(item, tallies)
    why = _first(faults) or (None if tiers else "no_order")
    yield _order(tiers, min(each.n_judgments for each in tallies), why)


def _first(faults: Sequence[str | None]) -> str | None:
    return next((why for why in (*TOO_LITTLE, "low_agreement", "unsure") if why in faults), None)


def _tiers(item: Item, tallies: Sequence[Tally]) -> Tiers:
    """The ranking that has every pair as it was decided; empty where there is none.

    In a ranking, what a response has won less what it has lost falls from tier to tier and is equal
    within one. So there is at most one ranking, and it is the one by that number.
    """
    won = dict.fromkeys((response.id for response in item.responses), 0)
    for tally in tallies:
        won[tally.a.id] += tally.side
        won[tally.b.id] -= tally.side
    for tally in tallies:
        a, b = won[tally.a.id], won[tally.b.id]
        if (a > b) - (a < b) != tally.side:
            return ()
    by_id = sorted(item.responses, key=lambda response: response.id)
    return tuple(
        tuple(response for response in by_id if won[response.id] == points)
        for points in sorted(set(won.values()), reverse=True)
    )


def _order(tiers: Tiers, n_judgments: int, why: str | None) -> Record:
    why = why or ("tie" if len(tiers) == 1 else None) or _text_fault(tiers)
    if why:
        return dropped(why, "ranking")
    return Record("ranking", {"tiers": tiers, "n_judgments": n_judgments})


def _text_fault(tiers: Tiers) -> str | None:
    """A blank text, or one text that is better than itself."""
    if any(response.is_blank for tier in tiers for response in tier):
        return "empty_text"
    same = any(
        a.says_the_same(b) for above, below in combinations(tiers, 2) for a in above for b in below
    )
    return "identical_texts" if same else None
