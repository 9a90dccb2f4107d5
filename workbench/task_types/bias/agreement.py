"""A judgment of bias as comparable values, one an item and question."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.task_types.base import N_, Answer, Config, Question, Unit
from workbench.task_types.options import codes, title


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
