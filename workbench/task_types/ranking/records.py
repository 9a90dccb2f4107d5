"""Rankings to training records.

Preferences, one decision for each unordered pair of responses:

- aggregate `each`: one record a judgment and pair. The policy's thresholds look at all judgments
  of the pair, so a record stands only where enough people judged and enough of them agree with it.
- aggregate `majority`: one record a pair, by `Tally.side`. Two equal sides are a tie.
- ties `both`: a tie becomes two records, one in each order, which teach that neither is better.

What becomes no record is counted by reason, the first that holds of: all_bad, unranked (each),
too_few_judgments, tie, low_agreement, empty_text, identical_texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import AnswerRecord, Config, Item, Policy, Record, Response
from workbench.task_types.majority import dropped, shortfall
from workbench.task_types.ranking.labels import each_label, majority_labels
from workbench.task_types.ranking.votes import (
    Tally,
    Vote,
    chosen_criterion,
    count,
    most_say_all_bad,
    pairs,
    read_votes,
)


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Preferences by pair, then labels by response. Raises Invalid at once for a bad criterion."""
    criterion = chosen_criterion(config, policy)
    return _records(item, read_votes(answers, criterion), policy)


def _records(item: Item, votes: list[Vote], policy: Policy) -> Iterator[Record]:
    able = [vote for vote in votes if vote.verdict != "cannot_judge"]
    if policy.aggregate == "each":
        for _ in range(len(votes) - len(able)):
            yield dropped("cannot_judge", "preference")
            yield dropped("cannot_judge", "label")
        yield from _each_preference(item, able, policy)
        yield from each_label(item, able, policy)
    else:
        yield from _majority_preferences(item, able, policy)
        yield from majority_labels(item, able, policy)


def _each_preference(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    for a, b in pairs(item):
        everyone = count(votes, a, b)
        for vote in votes:
            side = vote.order(a.id, b.id)
            if vote.verdict == "all_bad":
                yield dropped("all_bad", "preference")
            elif side is None:
                yield dropped("unranked", "preference")
            else:
                why = shortfall(everyone.on_side(side), everyone.n_judgments, policy)
                yield from _decided(count([vote], a, b), side, why, policy)


def _majority_preferences(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    all_bad = most_say_all_bad(votes)
    for a, b in pairs(item):
        tally = count(votes, a, b)
        if all_bad:
            yield dropped("all_bad", "preference")
        else:
            why = shortfall(tally.on_side(tally.side), tally.n_judgments, policy)
            yield from _decided(tally, tally.side, why, policy)


def _decided(tally: Tally, side: int, why: str | None, policy: Policy) -> Iterator[Record]:
    """The records of one decision, unless `why` or its texts speak against it."""
    if side == 0 and policy.ties == "drop" and why != "too_few_judgments":
        why = "tie"
    why = why or text_fault(tally.a, tally.b)
    if why:
        yield dropped(why, "preference")
        return
    if side >= 0:
        yield _preference(tally)
    if side <= 0:
        yield _preference(tally.flipped)


def text_fault(a: Response, b: Response) -> str | None:
    """Why no trainer can learn from this pair of texts; None when it can.

    A trainer takes equal texts without a word and learns nothing (loss ln 2), so they go here.
    """
    if a.is_blank or b.is_blank:
        return "empty_text"
    return "identical_texts" if a.says_the_same(b) else None


def _preference(tally: Tally) -> Record:
    strengths = tally.strengths
    return Record(
        "preference",
        {
            "chosen": tally.a,
            "rejected": tally.b,
            "n_for": tally.n_a,
            "n_against": tally.n_b,
            "n_tied": tally.n_tied,
            "strength": sum(strengths) / len(strengths) if strengths else None,
        },
    )
