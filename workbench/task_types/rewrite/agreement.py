"""A judgment of a rewrite as comparable values, one an item and question."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.task_types.base import N_, Answer, Config, Item, Question, Unit
from workbench.task_types.options import codes, title
from workbench.task_types.rewrite.answer import FAULTED, original_of


def questions(config: Config) -> list[Question]:
    """The verdict; how much was changed; was there a problem of each category.

    Good rewrites differ in their words and in what they are said to mend: only the verdict is
    settled by an expected answer.
    """
    problems = [
        (f"problem.{option['code']}", N_("Wrong: %(problem)s", problem=title(option)))
        for option in config["problems"]
    ]
    return [
        Question("verdict", N_("Verdict")),
        Question("change", N_("How much was changed"), "interval", (0, 1), settled=False),
        *(Question(key, name, settled=False) for key, name in problems),
    ]


def units(answer: Answer, item: Item, config: Config) -> Iterator[Unit]:
    """Nothing of what could not be judged. The change runs from 0 (none) to 1, in hundredths."""
    if answer["verdict"] == "cannot_judge":
        return
    yield Unit("verdict", "", answer["verdict"])
    if answer["distance"] is not None:
        yield Unit("change", "", share_changed(answer, item))
    for code in codes(config["problems"]):
        yield Unit(
            f"problem.{code}", "", answer["verdict"] in FAULTED and code in answer["problems"]
        )


def share_changed(answer: Answer, item: Item) -> float:
    """The distance over the length of the longer text, rounded to hundredths."""
    longer = max(len(original_of(item)), len(answer["text"]), 1)
    return round(float(answer["distance"]) / longer, 2)
