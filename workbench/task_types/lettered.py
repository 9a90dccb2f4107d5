"""An item and its answers with the letters that a reviewer saw in place of ids and models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.task_types.base import Answer, Config, Item, TaskType


class _Filled(dict[str, str]):
    """A form that somebody filled in."""

    def getlist(self, key: str) -> list[str]:
        return [self[key]] if key in self else []


def in_letters(
    task_type: TaskType, item: Item, config: Config, letters: Sequence[str], *answers: Answer
) -> tuple[Item, list[Answer]]:
    """The item (its responses in the order they were shown) and answers to it, by letters.

    A form speaks of responses by their place alone, so that what fills it in for one item reads
    the same for the other.
    """
    shown = replace(
        item,
        responses=tuple(
            replace(response, id=letter, model="", metadata={})
            for response, letter in zip(item.responses, letters, strict=False)
        ),
        metadata={},
    )
    forms = (_Filled(task_type.fill_form(answer, item, config)) for answer in answers)
    return shown, [task_type.parse_answer(form, shown, config) for form in forms]
