"""Ballots made ready for counting: who put which response above which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.task_types.base import N_, AnswerRecord, Config, Policy, Response
from workbench.task_types.fields import refuse
from workbench.task_types.majority import in_order, no_criterion, weigh
from workbench.task_types.pairs import Tally
from workbench.task_types.ranking.agreement import pair_name
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
    seen: dict[int | None, list[int]] = {1: [], -1: [], 0: [], None: []}
    strengths = []
    for vote in votes:
        order, weight = vote.order(a.id, b.id), vote.judgment.weight
        seen[order].append(weight)
        if order and vote.strength is not None:
            strengths.append((order * vote.strength, weight))
    return Tally(a, b, tuple(seen[1]), tuple(seen[-1]), tuple(seen[0]), tuple(strengths))


def fault(tally: Tally, side: int, policy: Policy) -> str | None:
    """Why seeing a pair of `pairs` that way fails the policy; None when it passes."""
    unsure = pair_name(tally.a.id, tally.b.id) in policy.unsure
    return tally.shortfall(side, policy) or ("unsure" if unsure else None)


def weigh_all_bad(votes: Sequence[Vote]) -> int:
    """The weight of the votes that find every response bad."""
    return weigh(vote.judgment for vote in votes if vote.verdict == "all_bad")


def most_say_all_bad(votes: Sequence[Vote]) -> bool:
    """True when more than half of the votes, by their weight, find every response bad."""
    return weigh_all_bad(votes) * 2 > weigh(vote.judgment for vote in votes)
