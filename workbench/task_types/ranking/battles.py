"""Rankings to battles, as arenas record them: one a judgment and pair, whatever the policy.

Ties stay, and so does the verdict that all are bad. What becomes none is counted by reason:
cannot_judge, unranked (one of the pair has no place).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import Item, Record, Response
from workbench.task_types.majority import dropped
from workbench.task_types.pairs import pairs
from workbench.task_types.ranking.votes import Vote

_WINNER = {1: "a", 0: "tie", -1: "b"}


def battles(item: Item, votes: Sequence[Vote]) -> Iterator[Record]:
    """One record a judgment and pair, by pairs."""
    for pair in pairs(item):
        for vote in votes:
            yield _battle(vote, *_as_shown(vote, *pair))


def _as_shown(vote: Vote, a: Response, b: Response) -> tuple[Response, Response]:
    """The pair in the order on the reviewer's screen; by id where that is not known."""
    shown = vote.judgment.shown
    if a.id in shown and b.id in shown and shown.index(b.id) < shown.index(a.id):
        return b, a
    return a, b


def _battle(vote: Vote, a: Response, b: Response) -> Record:
    if vote.verdict == "cannot_judge":
        return dropped("cannot_judge", "battle")
    order = vote.order(a.id, b.id)
    if vote.verdict != "all_bad" and order is None:
        return dropped("unranked", "battle")
    winner = "both_bad" if vote.verdict == "all_bad" or order is None else _WINNER[order]
    return Record(
        "battle",
        {
            "a": a,
            "b": b,
            "winner": winner,
            "reviewer": vote.judgment.reviewer,
            "at": vote.judgment.at,
        },
    )
