"""Rankings to good-or-bad labels of single responses, for trainers that take no pairs.

- aggregate `majority`: the pairs that the majority decided, within the policy's thresholds, count.
  Beaten by none and above at least one: True. Above none and beaten by at least one: False. Where
  more than half of the judgments say that all are bad, every response is False.
- aggregate `each`: a judgment's best tier is True and its worst False (it needs two tiers at
  least); all are False where it says that all are bad. A label is unsure where all the pairs are
  that its place rests on.

The rest is counted: unranked (each), too_few_judgments, no_weight, low_agreement, unsure,
neither_best_nor_worst, empty_text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import Item, Policy, Record, Response
from workbench.task_types.majority import dropped, shortfall, weigh
from workbench.task_types.pairs import pairs
from workbench.task_types.ranking.agreement import pair_name
from workbench.task_types.ranking.votes import (
    Vote,
    count,
    fault,
    most_say_all_bad,
    weigh_all_bad,
)


def each_label(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    """One record a response and judgment."""
    for response in _by_id(item):
        said = [_said(vote, response.id) for vote in votes]
        n_judgments = sum(label != "unranked" for label in said)
        for vote, label in zip(votes, said, strict=True):
            if isinstance(label, str):
                yield dropped(label, "label")
            else:
                why = shortfall(said.count(label), n_judgments, n_judgments, policy)
                yield _label(response, label, 1, why or _unsure(vote, response.id, policy))


def _said(vote: Vote, response_id: str) -> bool | str:
    """The label that one vote gives, or why it gives none."""
    if vote.verdict == "all_bad":
        return False
    if response_id not in vote.place:
        return "unranked"
    place, worst = vote.place[response_id], max(vote.place.values())
    if worst == 0 or 0 < place < worst:
        return "neither_best_nor_worst"
    return place == 0


def _unsure(vote: Vote, response_id: str, policy: Policy) -> str | None:
    """Whether no pair that the response's place rests on is sure enough."""
    others = vote.place.keys() - {response_id}
    rests_on = {pair_name(*sorted((response_id, other))) for other in others}
    return "unsure" if rests_on and rests_on <= policy.unsure else None


def majority_labels(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    """One record a response."""
    if most_say_all_bad(votes):
        total = weigh(vote.judgment for vote in votes)
        why = shortfall(weigh_all_bad(votes), total, len(votes), policy)
        for response in _by_id(item):
            yield _label(response, False, len(votes), why)
        return
    winners, losers = _decided_pairs(item, votes, policy)
    for response in _by_id(item):
        wins, loses = response.id in winners, response.id in losers
        n_judgments = sum(response.id in vote.place for vote in votes)
        # Whether enough people agree was settled pair by pair; here only their number counts.
        why = shortfall(1, 1, n_judgments, policy)
        if wins == loses:
            why = why or "neither_best_nor_worst"
        yield _label(response, wins, n_judgments, why)


def _decided_pairs(item: Item, votes: Sequence[Vote], policy: Policy) -> tuple[set[str], set[str]]:
    """The ids that win, and the ids that lose, at least one pair."""
    winners: set[str] = set()
    losers: set[str] = set()
    for a, b in pairs(item):
        tally = count(votes, a, b)
        side = tally.side
        if side and not fault(tally, side, policy):
            winners.add(a.id if side > 0 else b.id)
            losers.add(b.id if side > 0 else a.id)
    return winners, losers


def _by_id(item: Item) -> list[Response]:
    return sorted(item.responses, key=lambda response: response.id)


def _label(response: Response, label: bool, n_judgments: int, why: str | None) -> Record:
    if not why and response.is_blank:
        why = "empty_text"
    if why:
        return dropped(why, "label")
    return Record("label", {"response": response, "label": label, "n_judgments": n_judgments})
