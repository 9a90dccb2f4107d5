"""Rankings of two responses to preferences that say how strong they are.

How much better a response is, 1..3, is said of two responses of which one is ranked first; a tie
says 0. The strength of a preference is the mean over its judgments, all of which must say one: a
reward model's margin is wanted in every row, and a mean over those who happened to say something
would be of other people than the preference is.

- aggregate `each`: one record a judgment and pair, with its own strength.
- aggregate `majority`: one record a pair. Which side is chosen is counted as for preferences, and
  the mean, of the same weights, must point to the same side.

Ties give none in either mode, whatever the policy: a margin has no direction there.

What becomes no record is counted by reason, the first that holds of: all_bad, unranked (each),
too_few_judgments, no_weight, tie, low_agreement, unsure, cycle (majority), no_strength, weak,
contrary_strengths, empty_text, identical_texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import Item, Policy, Record, Response
from workbench.task_types.majority import TOO_LITTLE, dropped
from workbench.task_types.pairs import Tally, pairs, text_fault
from workbench.task_types.ranking.votes import (
    Vote,
    count,
    fault,
    left_out,
    tallied,
    weak,
)


def each_graded(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    """One record a judgment and pair."""
    for a, b in pairs(item):
        everyone = count(votes, a, b)
        for vote in votes:
            side = vote.order(a.id, b.id)
            if vote.all_bad:
                yield dropped("all_bad", "graded")
            elif side is None:
                yield dropped("unranked", "graded")
            else:
                own = count([vote], a, b)
                why = fault(everyone, side, policy) or weak(own, side, policy)
                yield _graded(own, [vote], why)


def majority_graded(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    """One record a pair."""
    all_bad = left_out(votes, policy)
    for tally, circle in tallied(item, votes, policy):
        if all_bad:
            yield dropped("all_bad", "graded")
        else:
            why = fault(tally, tally.side, policy) or circle or weak(tally, tally.side, policy)
            yield _graded(tally, votes, why)


def _graded(tally: Tally, votes: Sequence[Vote], why: str | None) -> Record:
    """What the votes say of the pair, seen from the side that wins; or why that is no record."""
    if tally.side < 0:
        tally = tally.flipped
    why = _tie(tally, why) or why or _fault(tally) or text_fault(tally.a, tally.b)
    if why:
        return dropped(why, "graded")
    return Record(
        "graded",
        {
            "chosen": tally.a,
            "rejected": tally.b,
            "n_for": tally.n_a,
            "n_against": tally.n_b,
            "n_tied": tally.n_tied,
            "strength": _mean(tally),
            "scores": tuple(_scores(votes, tally.a, tally.b)),
        },
    )


def _tie(tally: Tally, why: str | None) -> str | None:
    return "tie" if tally.side == 0 and why not in TOO_LITTLE else None


def _fault(tally: Tally) -> str | None:
    """What is missing in the strengths of a pair that one side has won, or None."""
    if len(tally.strengths) < tally.n_a + tally.n_b:
        return "no_strength"
    return None if _mean(tally) > 0 else "contrary_strengths"


def _mean(tally: Tally) -> float:
    return sum(strength * weight for strength, weight in tally.strengths) / tally.weight


def _scores(votes: Sequence[Vote], a: Response, b: Response) -> Iterator[tuple[str, int, str]]:
    """(reviewer, strength towards a, reason) of each vote that puts the pair in an order."""
    for vote in votes:
        order = vote.order(a.id, b.id)
        if order is not None:
            yield vote.judgment.reviewer, order * (vote.strength or 0), vote.reason
