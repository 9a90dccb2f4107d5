"""Rankings to training records.

Preferences, one decision for each unordered pair of responses:

- aggregate `each`: one record a judgment and pair. The policy's thresholds look at all judgments
  of the pair, so a record stands only where enough people judged and enough of them agree with it.
- aggregate `majority`: one record a pair, by `Tally.side`. Two equal sides are a tie.

What becomes no record is counted by reason, the first that holds of: all_bad, unranked (each),
too_few_judgments, no_weight, tie, low_agreement, unsure, empty_text, identical_texts.

Labels are described in `labels`, and what else rankings give in `graded`, `orders` and `battles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from workbench.task_types.base import (
    N_,
    AnswerRecord,
    Config,
    Item,
    Message,
    Policy,
    Record,
    RecordKind,
)
from workbench.task_types.majority import dropped
from workbench.task_types.pairs import decided, pairs
from workbench.task_types.ranking.battles import battles
from workbench.task_types.ranking.graded import each_graded, majority_graded
from workbench.task_types.ranking.labels import each_label, majority_labels
from workbench.task_types.ranking.orders import each_order, majority_order
from workbench.task_types.ranking.votes import (
    Vote,
    chosen_criterion,
    count,
    fault,
    most_say_all_bad,
    read_votes,
)

Maker = Callable[[Item, Sequence[Vote], Policy], Iterator[Record]]

KINDS: tuple[RecordKind, ...] = ("preference", "label", "graded", "ranking", "battle")


_NO_STRENGTHS = N_("There are no rows: this project does not ask how much better a response is.")


def never_gives(config: Config) -> Mapping[RecordKind, Message]:
    """Graded preferences where no strengths are offered; with why."""
    return {} if config["strengths"] else {"graded": _NO_STRENGTHS}


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Of one kind after the other. Raises Invalid at once for a bad criterion."""
    criterion = chosen_criterion(config, policy)
    return _records(item, read_votes(answers, criterion), policy)


def _records(item: Item, votes: list[Vote], policy: Policy) -> Iterator[Record]:
    able = [vote for vote in votes if vote.verdict != "cannot_judge"]
    each = policy.aggregate == "each"
    for kind, (of_each, of_majority) in _BY_KIND.items():
        if policy.kind not in (None, kind):
            continue
        if each:
            yield from (dropped("cannot_judge", kind) for _ in range(len(votes) - len(able)))
        yield from (of_each if each else of_majority)(item, able, policy)
    if policy.kind in (None, "battle"):
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
                why = fault(everyone, side, policy)
                yield from decided(count([vote], a, b), side, why, policy)


def _majority_preferences(item: Item, votes: Sequence[Vote], policy: Policy) -> Iterator[Record]:
    all_bad = most_say_all_bad(votes)
    for a, b in pairs(item):
        tally = count(votes, a, b)
        if all_bad:
            yield dropped("all_bad", "preference")
        else:
            why = fault(tally, tally.side, policy)
            yield from decided(tally, tally.side, why, policy)


#: How a kind of records is made, for `each` and for `majority`. Battles know no such choice.
_BY_KIND: dict[RecordKind, tuple[Maker, Maker]] = {
    "preference": (_each_preference, _majority_preferences),
    "label": (each_label, majority_labels),
    "graded": (each_graded, majority_graded),
    "ranking": (each_order, majority_order),
}
