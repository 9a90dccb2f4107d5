"""Rankings to training records.

Preferences, one decision for each unordered pair of responses:

- aggregate `each`: one record a judgment and pair. The policy's thresholds look at all judgments
  of the pair, so a record stands only where enough people judged and enough of them agree with it.
- aggregate `majority`: one record a pair, by `Tally.side`. Two equal sides are a tie.

What becomes no record is counted by reason, the first that holds of: all_bad, unranked (each),
too_few_judgments, tie, low_agreement, empty_text, identical_texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import AnswerRecord, Config, Item, Policy, Record
from workbench.task_types.majority import dropped, shortfall
from workbench.task_types.pairs import decided, pairs
from workbench.task_types.ranking.labels import each_label, majority_labels
from workbench.task_types.ranking.votes import (
    Vote,
    chosen_criterion,
    count,
    most_say_all_bad,
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
                yield from decided(count([vote], a, b), side, why, policy)


def _majority_preferences(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    all_bad = most_say_all_bad(votes)
    for a, b in pairs(item):
        tally = count(votes, a, b)
        if all_bad:
            yield dropped("all_bad", "preference")
        else:
            why = shortfall(tally.on_side(tally.side), tally.n_judgments, policy)
            yield from decided(tally, tally.side, why, policy)
