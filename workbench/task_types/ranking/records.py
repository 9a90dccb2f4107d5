"""Rankings to training records.

Preferences, one decision for each unordered pair of responses:

- aggregate `each`: one record a judgment and pair. The policy's thresholds look at all judgments
  of the pair, so a record stands only where enough people judged and enough of them agree with it.
- aggregate `majority`: one record a pair, by `Tally.side`. Two equal sides are a tie.

What becomes no record is counted by reason, the first that holds of: all_bad, unranked (each),
too_few_judgments, tie, low_agreement, empty_text, identical_texts.

Labels are described in `labels`, and what else rankings give in `graded`, `orders` and `battles`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import AnswerRecord, Config, Item, Policy, Record, RecordKind
from workbench.task_types.majority import dropped, shortfall
from workbench.task_types.pairs import decided, pairs
from workbench.task_types.ranking.battles import battles
from workbench.task_types.ranking.graded import each_graded, majority_graded
from workbench.task_types.ranking.labels import each_label, majority_labels
from workbench.task_types.ranking.orders import each_order, majority_order
from workbench.task_types.ranking.votes import (
    Vote,
    chosen_criterion,
    count,
    most_say_all_bad,
    read_votes,
)

KINDS: tuple[RecordKind, ...] = ("preference", "label", "graded", "ranking", "battle")
#: What a judgment that cannot tell gives none of; it is no battle in either mode.
_OF_EACH = KINDS[:-1]


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Of one kind after the other. Raises Invalid at once for a bad criterion."""
    criterion = chosen_criterion(config, policy)
    return _records(item, read_votes(answers, criterion), policy)


def _records(item: Item, votes: list[Vote], policy: Policy) -> Iterator[Record]:
    able = [vote for vote in votes if vote.verdict != "cannot_judge"]
    if policy.aggregate == "each":
        for _ in range(len(votes) - len(able)):
            yield from (dropped("cannot_judge", kind) for kind in _OF_EACH)
        yield from _each_preference(item, able, policy)
        yield from each_label(item, able, policy)
        yield from each_graded(item, able, policy)
        yield from each_order(item, able, policy)
    else:
        yield from _majority_preferences(item, able, policy)
        yield from majority_labels(item, able, policy)
        yield from majority_graded(item, able, policy)
        yield from majority_order(item, able, policy)
    yield from battles(item, votes)


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
