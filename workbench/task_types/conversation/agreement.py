"""The answer as comparable values: those of its ranking, and the order at each turn.

A turn is compared as a pair is in a ranking, in both orientations, with the turn's number before
the pair's name: 1 where the first is better, 0 for a tie, -1. "Both bad" gives no order; it is a
question of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Item, Question, Unit
from workbench.task_types.conversation.config import overall
from workbench.task_types.ranking import agreement as ranking

#: A criterion's key has no dot but the one before `verdict` or `strength`.
BETTER = "turns.better"
BOTH_BAD = "turns.both_bad"


def questions(config: Config) -> list[Question]:
    """The overall ones first, as a ranking has them. What is said of single turns where that is
    optional is nothing that an expected answer settles."""
    found = ranking.questions(overall(config))
    if config["turns"] != "off":
        asked = config["turns"] == "required"
        better, bad = N_("Preference turn by turn"), N_("Both bad, turn by turn")
        found.append(Question(BETTER, better, "interval", ranking.ORDERS, settled=asked))
        found.append(Question(BOTH_BAD, bad, settled=asked))
    return found


def units(answer: Answer, item: Item, config: Config) -> Iterator[Unit]:
    """The units of every question. A turn with a note alone gives none."""
    yield from ranking.units(answer["overall"], item, overall(config))
    if config["turns"] != "off":
        for turn in answer["turns"]:
            yield from _turn_units(turn, item)


def _turn_units(turn: dict[str, Any], item: Item) -> Iterator[Unit]:
    first, second = sorted(response.id for response in item.responses)
    verdict = turn["verdict"]
    if turn["better"] or verdict == "tie":
        order = (turn["better"] == first) - (turn["better"] == second)
        for a, b, value in ((first, second, order), (second, first, -order)):
            yield Unit(BETTER, f"{turn['turn']}:{ranking.pair_name(a, b)}", value)
    if turn["better"] or verdict:
        value = "both_bad" if verdict == "both_bad" else "compared"
        yield Unit(BOTH_BAD, str(turn["turn"]), value)
