"""A project's settings: those of a ranking of pairs, and whether single turns are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.task_types.base import Config
from workbench.task_types.fields import choice, gather, mapping
from workbench.task_types.ranking import config as ranking

#: What of a ranking's settings means something for two conversations.
SHARED = ("criteria", "strengths", "allow_ties")
#: May a reviewer say which is better at each turn, or must they?
TURNS = ("optional", "required", "off")


def parse_config(raw: Mapping[str, Any]) -> Config:
    """The settings, complete with defaults. Raises Invalid naming every wrong place."""
    given = mapping(raw, "", ("turns", *SHARED), root="config")
    shared = {key: given[key] for key in SHARED if key in given}
    read = gather(
        {
            "turns": lambda: choice(given.get("turns", TURNS[0]), "turns", TURNS),
            "overall": lambda: ranking.parse_config(shared),
        }
    )
    return {"turns": read["turns"], **{key: read["overall"][key] for key in SHARED}}


def overall(config: Config) -> Config:
    """The settings of the ranking that the answer holds."""
    return {**ranking.DEFAULTS, **{key: config[key] for key in SHARED}}
