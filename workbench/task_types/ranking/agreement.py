"""Rankings as comparable values: one ordered pair of responses a unit.

Every pair stands in both orientations, `a>b` with 1, 0 or -1 and `b>a` with its negative, so that
no figure depends on which of the two is named first: the values are then symmetric about zero, as
Krippendorff's expected disagreement needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from workbench.task_types.base import N_, Answer, Config, Item, Question, Unit
from workbench.task_types.ranking.ballot import ballot_for
from workbench.task_types.ranking.config import keys, title

OVERALL = "overall"

#: What an order can be, and what "how much better" can be either way.
ORDERS, STRENGTHS = (-1, 1), (-3, 3)


def questions(config: Config) -> list[Question]:
    """Per criterion (or overall): the order, the verdict and, where asked, the strength."""
    asked = keys(config)
    if not asked:
        return _overall(config)
    return [question for key in asked for question in _criterion(config, key)]


def _overall(config: Config) -> list[Question]:
    found = [
        Question(OVERALL, N_("Preference"), "interval", ORDERS, paired=True),
        Question(f"{OVERALL}.verdict", N_("All bad")),
    ]
    if config["strengths"]:
        strength = N_("How much better")
        found.append(Question(f"{OVERALL}.strength", strength, "interval", STRENGTHS))
    return found


def _criterion(config: Config, key: str) -> list[Question]:
    name = title(config, key)
    found = [
        Question(
            key, N_("Preference: %(criterion)s", criterion=name), "interval", ORDERS, paired=True
        ),
        Question(f"{key}.verdict", N_("All bad: %(criterion)s", criterion=name)),
    ]
    if config["strengths"]:
        strength = N_("How much better: %(criterion)s", criterion=name)
        found.append(Question(f"{key}.strength", strength, "interval", STRENGTHS))
    return found


def units(answer: Answer, item: Item, config: Config) -> Iterator[Unit]:
    """The units of every question. "Cannot judge" gives none."""
    asked: list[str | None] = [*keys(config)]
    for criterion in asked or [None]:
        ballot = ballot_for(answer, criterion)
        if ballot is not None:
            yield from _ballot_units(criterion or OVERALL, ballot, item, config)


def _ballot_units(key: str, ballot: Answer, item: Item, config: Config) -> Iterator[Unit]:
    if ballot["verdict"] == "cannot_judge":
        return
    for better, worse, value in _orders(ballot):
        yield from _both_ways(key, better, worse, value)
    yield Unit(f"{key}.verdict", "", ballot["verdict"] or "ranked")
    if config["strengths"] and len(item.responses) == 2:
        yield from _strength_units(key, ballot)


def _strength_units(key: str, ballot: Answer) -> Iterator[Unit]:
    for better, worse, value in _orders(ballot):
        strength = ballot["strength"] if value else 0
        if strength is not None:
            yield from _both_ways(f"{key}.strength", better, worse, strength)


def _orders(ballot: Answer) -> Iterator[tuple[str, str, int]]:
    """(a, b, 1) where a is ranked above b, (a, b, 0) where they share a tier."""
    ranked = [(i, response_id) for i, tier in enumerate(ballot["tiers"]) for response_id in tier]
    for (i, better), (j, worse) in combinations(ranked, 2):
        yield better, worse, int(i < j)


def _both_ways(question: str, better: str, worse: str, value: int) -> Iterator[Unit]:
    yield Unit(question, pair_name(better, worse), value)
    yield Unit(question, pair_name(worse, better), -value)


@lru_cache(maxsize=10_000)
def pair_name(first: str, second: str) -> str:
    """`a>b`. A `>` within an id is escaped, so that two pairs never share a name."""
    return ">".join(i.replace("\\", "\\\\").replace(">", "\\>") for i in (first, second))


def is_forward(name: str) -> bool:
    """Whether a pair's name has the id that is first in order before the other."""
    first, second = ids_of(name)
    return first < second


def ids_of(name: str) -> tuple[str, str]:
    """The ids of `pair_name`."""
    parts, part, escaped = [], "", False
    for sign in name:
        if escaped or sign not in "\\>":
            part, escaped = part + sign, False
        elif sign == "\\":
            escaped = True
        else:
            parts.append(part)
            part = ""
    return parts[0], part
