"""A ranking project's settings: what is asked, and which answers are offered."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from workbench.task_types.options import unique

#: Much as on the desk: "better" and "much better".
DEFAULTS: Mapping[str, Any] = {
    "criteria": [],
    "strengths": [2, 3],
    "allow_ties": True,
    "allow_partial": True,
    "ask": "together",
}
ASK = ("together", "one_by_one")

#: A key stands before a dot in form fields and question names, so it holds none.
KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def parse_config(raw: Mapping[str, Any]) -> Config:
    """The settings, complete with defaults. Raises Invalid naming every wrong place."""
    given = {**DEFAULTS, **mapping(raw, "", tuple(DEFAULTS), root="config")}
    return gather(
        {
            "criteria": lambda: _criteria(given["criteria"]),
            "strengths": lambda: _strengths(given["strengths"]),
            "allow_ties": lambda: truth(given["allow_ties"], "allow_ties"),
            "allow_partial": lambda: truth(given["allow_partial"], "allow_partial"),
            "ask": lambda: choice(given["ask"], "ask", ASK),
        }
    )


def _criteria(raw: object) -> list[dict[str, Any]]:
    entries = sequence(raw, "criteria")
    criteria = [_criterion(entry, f"criteria[{i}]") for i, entry in enumerate(entries)]
    unique([criterion["key"] for criterion in criteria], "criteria", "key")
    return criteria


def _criterion(raw: object, path: str) -> dict[str, Any]:
    given = mapping(raw, path, ("key", "title", "question"))
    key = given.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise refuse(
            join(path, "key"),
            N_(
                "“%(value)s” is not a criterion's key: use at most 40 plain lower-case letters,"
                " digits, _ and -, and begin with a letter.",
                value=short(key),
            ),
        )
    title = bilingual(given.get("title"), join(path, "title"))
    # Without a question of its own, a criterion is asked by its title.
    question = bilingual(given.get("question", title), join(path, "question"), cap=2000)
    return {"key": key, "title": title, "question": question}


def _strengths(raw: object) -> list[int]:
    values = [whole(v, f"strengths[{i}]", 1, 3) for i, v in enumerate(sequence(raw, "strengths"))]
    if len(set(values)) < len(values):
        raise refuse("strengths", N_("A strength is in this list twice."))
    return sorted(values)


def keys(config: Config) -> list[str]:
    """The criteria's keys, in the project's order; none where one overall question is asked."""
    return [criterion["key"] for criterion in config["criteria"]]


def title(config: Config, key: str) -> Bilingual:
    """A criterion's title, fit to be a value of a Message. KeyError if there is none."""
    return {c["key"]: Bilingual(c["title"]) for c in config["criteria"]}[key]
