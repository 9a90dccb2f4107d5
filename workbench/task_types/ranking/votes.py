"""Ballots made ready for counting: who put which response above which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.task_types.base import N_, Answer, AnswerRecord, Config, Item, Policy, Response
from workbench.task_types.fields import refuse
from workbench.task_types.majority import in_order, no_criterion, weigh
from workbench.task_types.pairs import Tally, pairs
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
    #: Responses that it left unranked and that stand below the others all the same.
    last: frozenset[str] = frozenset()
    #: Whether "all are bad" puts every pair level.
    level: bool = False

    @property
    def all_bad(self) -> bool:
        """Whether it finds every response bad, and puts no pair in an order by that."""
        return self.verdict == "all_bad" and not self.level

    def order(self, a: str, b: str) -> int | None:
        """1 where a is above b, -1 below, 0 tied, None where one of them has no place.

        Of two that were left unranked nothing is known.
        """
        if self.level and self.verdict == "all_bad":
            return 0
        if a not in self.place or b not in self.place or {a, b} <= self.last:
            return None
        return (self.place[a] < self.place[b]) - (self.place[a] > self.place[b])


def check_criterion(config: Config, policy: Policy) -> None:
    """Raises Invalid at `criterion` where the project has none of that name, or needs one."""
    asked = keys(config)
    if not asked:
        no_criterion(policy)
    elif policy.criterion not in asked:
        raise refuse(
            "criterion",
            N_("Name the criterion to export, one of: %(known)s.", known=", ".join(asked)),
        )


def read_votes(answers: Sequence[AnswerRecord], policy: Policy) -> list[Vote]:
    """A vote for each judgment that answered the question, in the judgments' own order."""
    found = ((record, ballot_for(record.answer, policy.criterion)) for record in in_order(answers))
    return [_vote(record, ballot, policy) for record, ballot in found if ballot is not None]


def _vote(record: AnswerRecord, ballot: Answer, policy: Policy) -> Vote:
    tiers = ballot["tiers"]
    place = {i: at for at, tier in enumerate(tiers) for i in tier}
    last: frozenset[str] = frozenset()
    if policy.unranked == "last" and tiers:
        last = frozenset(ballot["unranked"])
        place |= dict.fromkeys(last, len(tiers))
    return Vote(
        place,
        ballot["verdict"],
        ballot["strength"],
        ballot["reason"],
        record,
        last,
        level=policy.all_bad == "tie",
    )


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


def weak(tally: Tally, side: int, policy: Policy) -> str | None:
    """Why a preference is too weak for the policy, in the mean of those who say how strong; None
    where it is strong enough, and for ties."""
    if policy.min_strength == 0 or side == 0:
        return None
    said = sum(weight for _, weight in tally.strengths)
    if said == 0:
        return "no_strength"
    towards = side * sum(strength * weight for strength, weight in tally.strengths)
    return None if towards >= policy.min_strength * said else "weak"


def in_circles(tallies: Sequence[Tally]) -> set[tuple[str, str]]:
    """The pairs, as (a, b) of their tallies, on a circle of majorities: each is above the next and
    the last above the first. Nobody can have meant all of them."""
    above: dict[str, set[str]] = {}
    for tally in tallies:
        if tally.side:
            winner, loser = (tally.a, tally.b)[:: tally.side]
            above.setdefault(winner.id, set()).add(loser.id)
    reached = {start: _reached(above, start) for start in above}
    return {
        (tally.a.id, tally.b.id)
        for tally in tallies
        if tally.side
        and tally.a.id in reached.get(tally.b.id, ())
        and tally.b.id in reached.get(tally.a.id, ())
    }


def tallied(
    item: Item, votes: Sequence[Vote], policy: Policy
) -> Iterator[tuple[Tally, str | None]]:
    """What the votes say of each pair, with "cycle" where the policy leaves circles out and the
    pair is on one."""
    tallies = [count(votes, a, b) for a, b in pairs(item)]
    circles = in_circles(tallies) if policy.cycles == "drop" else set()
    for tally in tallies:
        yield tally, "cycle" if (tally.a.id, tally.b.id) in circles else None


def _reached(above: Mapping[str, set[str]], start: str) -> set[str]:
    """All that stand below it, by however many steps."""
    found: set[str] = set()
    open_ones = [start]
    while open_ones:
        new = above.get(open_ones.pop(), set()) - found
        found |= new
        open_ones += new
    return found


def weigh_all_bad(votes: Sequence[Vote]) -> int:
    """The weight of the votes that find every response bad."""
    return weigh(vote.judgment for vote in votes if vote.verdict == "all_bad")


def left_out(votes: Sequence[Vote], policy: Policy) -> bool:
    """Whether the item is left out since most say that all are bad."""
    return policy.all_bad == "drop" and most_say_all_bad(votes)


def most_say_all_bad(votes: Sequence[Vote]) -> bool:
    """True when more than half of the votes, by their weight, find every response bad."""
    return weigh_all_bad(votes) * 2 > weigh(vote.judgment for vote in votes)
