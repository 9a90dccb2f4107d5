"""A judgment of bias as comparable values, one an item and question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from workbench.task_types.base import N_, Answer, Config, Question, Unit
from workbench.task_types.options import codes, title

#: Start, end (exclusive) in code points, category.
Passage: TypeAlias = tuple[int, int, str]


def questions(config: Config) -> list[Question]:
    """Is there any bias; is there any of each category; how grave is the gravest."""
    categories = [
        Question(f"category.{option['code']}", N_("Bias: %(category)s", category=title(option)))
        for option in config["taxonomy"]
    ]
    return [
        Question("any", N_("Any bias")),
        *categories,
        Question("severity", N_("Severity of the gravest bias"), "ordinal", (0, 3)),
    ]


def units(answer: Answer, config: Config) -> Iterator[Unit]:
    """Severity runs from 0 (no bias) to 3."""
    flags = answer["flags"]
    flagged = {flag["category"] for flag in flags}
    yield Unit("any", "", bool(flags))
    for code in codes(config["taxonomy"]):
        yield Unit(f"category.{code}", "", code in flagged)
    yield Unit("severity", "", max((flag["severity"] for flag in flags), default=0))


def passages(answer: Answer, lengths: Mapping[str, int]) -> dict[str, list[Passage]]:
    """What is marked in each response, of so many code points; a flag on the whole marks all."""
    found: dict[str, list[Passage]] = {response: [] for response in lengths}
    for flag in answer["flags"]:
        length = lengths[flag["response"]]
        start, end = (0, length) if flag["start"] is None else (flag["start"], flag["end"])
        if start < end:
            found[flag["response"]].append((start, end, flag["category"]))
    return found
