"""A rating project's settings: the attributes that a response is rated on, each on its scale.

    {"attributes": [{"key": "helpfulness", "title": {"es": ..., "en": ...},
      "question": {"es": ..., "en": ...}, "scale": {"least": 0, "most": 4},
      "anchors": [{"value": 0, "text": {"es": ..., "en": ...}}, ...]}, ...],
     "decides": "helpfulness", "allow_cannot_judge": true}

A scale is every whole number from `least` to `most`. An anchor says what a point of it means; any
point may have one. `decides` is the attribute by which the better of two responses is chosen for
preferences, the first one unless said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from workbench.task_types.base import N_, Config
from workbench.task_types.fields import (
    Bilingual,
    bilingual,
    choice,
    gather,
    join,
    mapping,
    refuse,
    sequence,
    short,
    truth,
    whole,
)
from workbench.task_types.options import load, unique

Attribute = dict[str, Any]

#: The attributes of HelpSteer2, with anchors of our own.
DEFAULT = Path(__file__).with_name("attributes.json")

PARTS = ("attributes", "decides", "allow_cannot_judge")
ATTRIBUTE_PARTS = ("key", "title", "question", "scale", "anchors")

#: A key stands in form fields and is the name of a column.
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: What else a row or a record of ratings holds.
RESERVED = ("prompt", "response", "id", "response_id", "model", "language", "n_judgments")

#: A scale's points, least and most, and how far they may lie from nought.
FEWEST, MOST, FARTHEST = 2, 11, 10


def parse_config(raw: Mapping[str, Any]) -> Config:
    """The settings, complete with defaults. Raises Invalid naming every wrong place."""
    given = mapping(raw, "", PARTS, root="config")
    attributes = _attributes(given.get("attributes", load(DEFAULT)["attributes"]))
    known = [attribute["key"] for attribute in attributes]
    return gather(
        {
            "attributes": lambda: attributes,
            "decides": lambda: choice(given.get("decides", known[0]), "decides", known),
            "allow_cannot_judge": lambda: truth(
                given.get("allow_cannot_judge", True), "allow_cannot_judge"
            ),
        }
    )


def _attributes(raw: object) -> list[Attribute]:
    entries = sequence(raw, "attributes")
    if not entries:
        raise refuse("attributes", N_("This list needs at least one entry."))
    attributes = [_attribute(entry, f"attributes[{i}]") for i, entry in enumerate(entries)]
    unique([attribute["key"] for attribute in attributes], "attributes", "key")
    return attributes


def _attribute(raw: object, path: str) -> Attribute:
    given = mapping(raw, path, ATTRIBUTE_PARTS)
    title = bilingual(given.get("title"), join(path, "title"))
    scale = _scale(given.get("scale", {"least": 0, "most": 4}), join(path, "scale"))
    return {
        "key": _key(given.get("key"), join(path, "key")),
        "title": title,
        # Without a question of its own, an attribute is asked by its title.
        "question": bilingual(given.get("question", title), join(path, "question"), cap=2000),
        "scale": scale,
        "anchors": _anchors(given.get("anchors", []), join(path, "anchors"), scale),
    }


def _key(value: object, path: str) -> str:
    if not isinstance(value, str) or not KEY.fullmatch(value):
        raise refuse(
            path,
            N_(
                "“%(value)s” is not an attribute's key: use at most 40 plain lower-case letters,"
                " digits and _, and begin with a letter.",
                value=short(value),
            ),
        )
    if value in RESERVED:
        raise refuse(
            path, N_("“%(value)s” is a column of every export: choose another key.", value=value)
        )
    return value


def _scale(raw: object, path: str) -> dict[str, int]:
    given = mapping(raw, path, ("least", "most"))
    read = partial(whole, low=-FARTHEST, high=FARTHEST)
    ends = gather(
        {end: partial(read, given.get(end), join(path, end)) for end in ("least", "most")}
    )
    if not FEWEST <= ends["most"] - ends["least"] + 1 <= MOST:
        raise refuse(
            join(path, "most"),
            N_("A scale has from %(fewest)s to %(most)s points.", fewest=FEWEST, most=MOST),
        )
    return ends


def _anchors(raw: object, path: str, scale: Mapping[str, int]) -> list[dict[str, Any]]:
    """The anchors from the least value to the most."""
    anchors = [_anchor(a, f"{path}[{i}]", scale) for i, a in enumerate(sequence(raw, path))]
    unique([str(anchor["value"]) for anchor in anchors], path, "value")
    return sorted(anchors, key=lambda anchor: int(anchor["value"]))


def _anchor(raw: object, path: str, scale: Mapping[str, int]) -> dict[str, Any]:
    given = mapping(raw, path, ("value", "text"))
    return {
        "value": whole(given.get("value"), join(path, "value"), scale["least"], scale["most"]),
        "text": bilingual(given.get("text"), join(path, "text"), cap=200),
    }


def keys(config: Config) -> list[str]:
    """The attributes' keys, in the project's order."""
    return [attribute["key"] for attribute in config["attributes"]]


def title(attribute: Attribute) -> Bilingual:
    """An attribute's title, fit to be a value of a Message."""
    return Bilingual(attribute["title"])


def points(attribute: Attribute) -> range:
    """The values that a rating may have, from the least to the most."""
    return range(attribute["scale"]["least"], attribute["scale"]["most"] + 1)
