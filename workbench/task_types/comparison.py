"""How near an answer comes to the one that was expected, question by question.

Practice asks it, and whatever else knows an answer beforehand. What makes two answers differ is
what agreement is measured on: the questions of the task type, their units and their distances.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from workbench.task_types.base import Answer, Config, Item, Question, TaskType

Verdict = Literal["same", "near", "different"]

#: The largest distance that is still near: a step on a scale of four points, two neighbours of
#: three changed round. A tie in place of a preference is further.
NEAR = 1 / 3


@dataclass(frozen=True)
class Comparison:
    """How far an answer to one question is from the expected one: 0, the same, to 1."""

    question: Question
    distance: float

    @property
    def verdict(self) -> Verdict:
        """In a word."""
        if self.distance == 0:
            return "same"
        return "near" if self.distance <= NEAR else "different"


def compare(
    task_type: TaskType, item: Item, config: Config, expected: Answer, given: Answer
) -> list[Comparison]:
    """The questions that the expected answer settles, in their order; others are left out.

    A question is as far off as its units are on the average. What the expected answer leaves open
    (a response that it does not rank) is not asked; what the given one leaves open is different.
    """
    wanted = _values(task_type, item, config, expected)
    got = _values(task_type, item, config, given)
    found = []
    for question in task_type.questions(config):
        units = [(unit, value) for (key, unit), value in wanted.items() if key == question.key]
        if units and question.settled:
            apart = fmean(
                _distance(question, value, got[question.key, unit])
                if (question.key, unit) in got
                else 1.0
                for unit, value in units
            )
            found.append(Comparison(question, apart))
    return found


def can_be_compared(task_type: TaskType, item: Item, config: Config, expected: Answer) -> bool:
    """Whether the expected answer settles any question."""
    return bool(compare(task_type, item, config, expected, expected))


def is_right(compared: Iterable[Comparison]) -> bool:
    """Whether no question was answered differently: to come near is enough."""
    return all(each.verdict != "different" for each in compared)


def _values(
    task_type: TaskType, item: Item, config: Config, answer: Answer
) -> dict[tuple[str, str], Any]:
    units = task_type.units(answer, item, config)
    return {(unit.question, unit.unit): unit.value for unit in units}


def _distance(question: Question, expected: Any, given: Any) -> float:
    """Two numbers by how much of their range lies between them, other values by being equal."""
    if callable(question.distance):
        return float(question.distance(expected, given) != 0)
    if question.distance == "nominal" or question.range is None:
        return float(expected != given)
    least, most = question.range
    return min(1.0, float(abs(expected - given)) / (most - least))
