"""A project's settings: what is asked of each step, and whether one goes on after a bad one.

    {"after_first_bad": "stop", "neutral": true, "comment_required": false}

With `stop` the steps after the first bad one are not judged: what follows from a mistake is neither
right nor wrong by itself. With `go_on` every step is. `neutral`: whether a step may be neither good
nor bad. `comment_required`: whether who finds a bad step must say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.task_types.base import Config
from workbench.task_types.fields import choice, gather, mapping, truth

#: As PRM800K has them.
GOOD, NEUTRAL, BAD = 1, 0, -1

AFTER = ("stop", "go_on")
DEFAULTS: Config = {"after_first_bad": "stop", "neutral": True, "comment_required": False}


def parse_config(raw: Mapping[str, Any]) -> Config:
    """The settings, complete with defaults. Raises Invalid naming every wrong place."""
    given = {**DEFAULTS, **mapping(raw, "", tuple(DEFAULTS), root="config")}
    return gather(
        {
            "after_first_bad": lambda: choice(given["after_first_bad"], "after_first_bad", AFTER),
            "neutral": lambda: truth(given["neutral"], "neutral"),
            "comment_required": lambda: truth(given["comment_required"], "comment_required"),
        }
    )


def stops(config: Config) -> bool:
    """Whether steps after the first bad one are left unjudged."""
    return bool(config["after_first_bad"] == "stop")


def ratings_of(config: Config) -> tuple[int, ...]:
    """What a step can be, the best first."""
    return (GOOD, NEUTRAL, BAD) if config["neutral"] else (GOOD, BAD)
