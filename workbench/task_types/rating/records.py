"""Ratings to training records.

Ratings, one record a response (and, with `each`, a judgment), with a whole number for every
attribute in either mode:

- aggregate `each`: the numbers as they were given.
- aggregate `majority`: the median of each attribute over the judgments. Where an even number of
  them leaves a half (2 and 3 give 2.5), it goes down to the point below (2). HelpSteer2 averages
  and rounds; a median is not drawn away by one rating at the end of the scale, and a point of the
  scale stays a point of it, so the column has one type and the values that people saw. Whoever
  wants no halves asks for an odd number of judgments.

The policy's thresholds look at the judgments of one response, in both modes. Agreement is the share
of them that lie within a quarter of the scale (one point of 0..4, two of 0..10; below five points
only the same) from the median or, with `each`, from the rating in question; of all the attributes
the lowest share counts, since every column of the row is trained on.

Preferences, one decision for each unordered pair of responses, by the attribute that the config's
`decides` names, or the policy's `criterion` in its place: a judgment puts the response that it
rates higher above the other, and equal ratings are a tie. Ratings of one judgment are compared with
each other, never those of different people, so that a strict reviewer counts as much as a mild one.
How judgments are counted, and what becomes of ties, is as for rankings (see `pairs`).

What becomes no record is counted by reason, the first that holds of: cannot_judge (each),
too_few_judgments, tie, low_agreement, empty_text, identical_texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import floor
from statistics import median

from workbench.task_types.base import (
    N_,
    Answer,
    AnswerRecord,
    Config,
    Item,
    Policy,
    Record,
    Response,
)
from workbench.task_types.fields import refuse
from workbench.task_types.majority import dropped, in_order, shortfall
from workbench.task_types.pairs import Tally, decided, pairs
from workbench.task_types.rating.config import keys, points

#: Ratings of one judgment: of a response by attribute, or of one attribute by response.
Values = Mapping[str, int]


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Ratings by response, then preferences by pair. Raises Invalid at once for a bad criterion."""
    attribute = chosen_attribute(config, policy)
    given = [record.answer for record in in_order(answers)]
    rated = _ratings(item, given, config, policy)
    return chain(rated, _preferences(item, given, attribute, policy))


def chosen_attribute(config: Config, policy: Policy) -> str:
    """The attribute that decides which response is better. Raises Invalid at `criterion`."""
    if policy.criterion is None:
        return str(config["decides"])
    if policy.criterion not in keys(config):
        raise refuse(
            "criterion",
            N_(
                "Name one of the attributes: %(known)s.",
                known=", ".join(keys(config)),
            ),
        )
    return policy.criterion


# Ratings


def _ratings(
    item: Item, answers: Sequence[Answer], config: Config, policy: Policy
) -> Iterator[Record]:
    for response in sorted(item.responses, key=lambda response: response.id):
        given = _complete(response.id, answers, config)
        if policy.aggregate == "majority":
            middle = {key: median(r[key] for r in given) for key in keys(config) if given}
            yield _rating(response, middle, given, config, policy)
        else:
            for answer in answers:
                if response.id in answer["cannot_judge"]:
                    yield dropped("cannot_judge", "rating")
            for values in given:
                yield _rating(response, values, given, config, policy)


def _complete(response_id: str, answers: Sequence[Answer], config: Config) -> list[Values]:
    """The response's ratings; answers from before an attribute was asked are passed over."""
    asked = set(keys(config))
    given = (answer["ratings"].get(response_id, {}) for answer in answers)
    return [ratings for ratings in given if asked <= set(ratings)]


def _rating(
    response: Response,
    values: Mapping[str, float],
    given: Sequence[Values],
    config: Config,
    policy: Policy,
) -> Record:
    """The record of these values, held against all the ratings that the response was given."""
    why = shortfall(_fewest_near(values, given, config), len(given), len(given), policy)
    if not why and not response.text.strip():
        why = "empty_text"
    if why:
        return dropped(why, "rating")
    n_judgments = 1 if policy.aggregate == "each" else len(given)
    whole = {key: floor(values[key]) for key in keys(config)}
    return Record("rating", {"response": response, "n_judgments": n_judgments, **whole})


def _fewest_near(values: Mapping[str, float], given: Sequence[Values], config: Config) -> int:
    """How many of the ratings lie near the value, of the attribute where they are fewest."""
    near = [
        sum(abs(ratings[key] - values[key]) * 4 <= len(points(attribute)) - 1 for ratings in given)
        for attribute in config["attributes"]
        if (key := attribute["key"]) in values
    ]
    return min(near, default=0)


# Preferences


def _preferences(
    item: Item, answers: Sequence[Answer], attribute: str, policy: Policy
) -> Iterator[Record]:
    votes = [
        {i: given[attribute] for i, given in answer["ratings"].items() if attribute in given}
        for answer in answers
    ]
    for a, b in pairs(item):
        yield from _preferences_of_pair(a, b, votes, policy)


def _preferences_of_pair(
    a: Response, b: Response, votes: Sequence[Values], policy: Policy
) -> Iterator[Record]:
    sides = [_side(vote, a.id, b.id) for vote in votes]
    everyone = _count(a, b, sides)
    if policy.aggregate == "majority":
        why = everyone.shortfall(everyone.side, policy)
        yield from decided(everyone, everyone.side, why, policy)
        return
    for side in sides:
        if side is None:
            yield dropped("cannot_judge", "preference")
        else:
            why = everyone.shortfall(side, policy)
            yield from decided(_count(a, b, [side]), side, why, policy)


def _side(vote: Values, a: str, b: str) -> int | None:
    """1 where a is rated above b, -1 below, 0 alike, None where one of them has no rating."""
    if a not in vote or b not in vote:
        return None
    return (vote[a] > vote[b]) - (vote[a] < vote[b])


def _count(a: Response, b: Response, sides: Sequence[int | None]) -> Tally:
    for_a, for_b, tied = ((1,) * sides.count(side) for side in (1, -1, 0))
    return Tally(a, b, for_a, for_b, tied)
