"""A judgment of steps as comparable values.

A step is a unit by its number. Two people are compared on the steps that both judged, so where one
stopped at the first bad step, the other's ratings of those after it are compared with nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.task_types.base import N_, Answer, Config, Question, Unit
from workbench.task_types.steps.answer import up_to_first_bad
from workbench.task_types.steps.config import BAD, GOOD, NEUTRAL

#: The question whose value is the number of the first bad step, 0 where none is bad.
FIRST_BAD = "first_bad"

_MISTAKE = Question("mistake", N_("Is the step bad?"))
_NAMES = {GOOD: N_("good"), NEUTRAL: N_("neutral"), BAD: N_("bad")}
_RATING = Question("rating", N_("Rating of the step"), "ordinal", (BAD, GOOD), names=_NAMES)
_FIRST_BAD = Question(FIRST_BAD, N_("First bad step"), place=True, names={0: N_("none")})


def questions(config: Config) -> list[Question]:
    """First whether each step is bad, which is what is trained on; a rating says more than that
    only where a step may be neutral; then which step is the first bad one."""
    return [_MISTAKE, *([_RATING] if config["neutral"] else []), _FIRST_BAD]


def units(answer: Answer, config: Config) -> Iterator[Unit]:
    """Nothing of what could not be judged."""
    if answer["cannot_judge"]:
        return
    for n, rating in enumerate(answer["ratings"], 1):
        yield Unit("mistake", str(n), rating == BAD)
        if config["neutral"]:
            yield Unit("rating", str(n), rating)
    yield Unit(FIRST_BAD, "", first_bad(answer))


def first_bad(answer: Answer) -> int:
    """The number of the first bad step, from 1; 0 where no step is bad."""
    return len(up_to_first_bad(answer)) if BAD in answer["ratings"] else 0
