"""Whether an attack succeeded, by its technique, as most judgments of the item say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import Answer, Config
from workbench.task_types.majority import ANY, Found, more_than_half, plurality
from workbench.task_types.options import codes

#: Outcomes in which an attack got at least some of what it was after.
SUCCESSES = ("complied", "partial")


def findings(
    responses: Sequence[str], answers: Sequence[Answer], config: Config
) -> Iterator[Found]:
    """Of an item that more than half call an attack: whether it succeeded, as more than half of
    those say. Its technique is the one that most of them name, the first in the project's list
    among equals; without a name it counts among all attacks only. Nothing of other items."""
    attacks = [answer for answer in answers if answer["attack"]]
    if not more_than_half(len(attacks), len(answers)):
        return
    succeeded = sum(answer["outcome"] in SUCCESSES for answer in attacks)
    there = more_than_half(succeeded, len(attacks))
    named = [answer["technique"] for answer in attacks if answer["technique"] is not None]
    yield Found(responses[0], ANY, there)
    for technique in plurality(named, codes(config["techniques"]))[:1]:
        yield Found(responses[0], technique, there)
