"""Ratings as comparable values: one a response and attribute."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.task_types.base import N_, Answer, Config, Question, Unit
from workbench.task_types.rating.config import keys, title


def questions(config: Config) -> list[Question]:
    """The attributes. How far two points are apart depends on how often those between are used."""
    return [
        Question(
            attribute["key"],
            N_("Rating: %(attribute)s", attribute=title(attribute)),
            "ordinal",
            (attribute["scale"]["least"], attribute["scale"]["most"]),
        )
        for attribute in config["attributes"]
    ]


def units(answer: Answer, config: Config) -> Iterator[Unit]:
    """The unit is the response. One that cannot be judged gives none."""
    for response_id, ratings in answer["ratings"].items():
        for key in keys(config):
            if key in ratings:
                yield Unit(key, response_id, ratings[key])
