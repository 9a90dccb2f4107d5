"""Ballots made ready for counting: who put which response above which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.task_types.base import N_, AnswerRecord, Config, Policy, Response
from workbench.task_types.fields import refuse
from workbench.task_types.majority import in_order, no_criterion
from workbench.task_types.pairs import Tally
from workbench.task_types.ranking.ballot import ballot_for
from workbench.task_types.ranking.config import keys


@dataclass(frozen=True)
class Vote:
    """One judgment's ballot: the tier of each ranked response (0 is best)."""

    place: Mapping[str, int]
    verdict: str | None
    strength: int | None
    reason: str
    #: The judgment that it is of.
    judgment: AnswerRecord

    def order(self, a: str, b: str) -> int | None:
        """1 where a is above b, -1 below, 0 tied, None where one of them has no place."""
        if a not in self.place or b not in self.place:
            return None
        return (self.place[a] < self.place[b]) - (self.place[a] > self.place[b])


def chosen_criterion(config: Config, policy: Policy) -> str | None:
    """The criterion to export, None for the overall question. Raises Invalid at `criterion`."""
    asked = keys(config)
    if not asked:
        no_criterion(policy)
    elif policy.criterion not in asked:
        raise refuse(
            "criterion",
            N_("Name the criterion to export, one of: %(known)s.", known=", ".join(asked)),
        )
    return policy.criterion


def read_votes(answers: Sequence[AnswerRecord], criterion: str | None) -> list[Vote]:
    """A vote for each judgment that answered the question, in the judgments' own order."""
    votes = []
    for record in in_order(answers):
        ballot = ballot_for(record.answer, criterion)
        if ballot is not None:
            place = {i: at for at, tier in enumerate(ballot["tiers"]) for i in tier}
            votes.append(
                Vote(place, ballot["verdict"], ballot["strength"], ballot["reason"], record)
            )
    return votes


def count(votes: Sequence[Vote], a: Response, b: Response) -> Tally:
    """What the votes say of one pair."""
    orders = [(vote.order(a.id, b.id), vote.strength) for vote in votes]
    seen = [order for order, _ in orders if order is not None]
    strengths = tuple(order * s for order, s in orders if order and s is not None)
    return Tally(a, b, seen.count(1), seen.count(-1), seen.count(0), strengths)


def most_say_all_bad(votes: Sequence[Vote]) -> bool:
    """True when more than half of the votes find every response bad."""
    return sum(vote.verdict == "all_bad" for vote in votes) * 2 > len(votes)
