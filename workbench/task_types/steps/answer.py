"""The stored answer: a rating of each step in order, or why the solution cannot be judged.

    {"ratings": [1, 0, -1], "cannot_judge": false, "comment": "17 is not 3 · 6"}

A rating is 1 (good), 0 (neutral) or -1 (bad). Where the project stops at the first bad step, that
one is the last of the list; else every step has a rating. A solution that cannot be judged has
none. `comment` says what is wrong with the first bad step, or why this cannot be judged; it may be
empty unless that is so or the project asks for it.

The form has `step-<n>` (1, 2, ...) with the rating, `cannot` and `comment`. What it says of steps
after the one where the project stops is passed over: it was said before that one was found bad.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Form, Item
from workbench.task_types.fields import (
    REASON_CAP,
    choice,
    gather,
    mapping,
    optional_choice,
    posted,
    prose,
    refuse,
    sequence,
    truth,
    whole,
)
from workbench.task_types.steps.config import BAD, GOOD, NEUTRAL, ratings_of, stops

PARTS = ("ratings", "cannot_judge", "comment")

Ratings = list[int]


def parse_answer(form: Form, item: Item, config: Config) -> Answer:
    """A posted form to an answer. Raises Invalid with every field that is wrong."""
    fields = [f"step-{n}" for n in range(1, len(item.responses[0].steps) + 1)]
    read = gather(
        {
            "cannot": lambda: bool(optional_choice(posted(form, "cannot"), "cannot", ("1",))),
            "comment": lambda: prose(form.get("comment") or "", "comment", REASON_CAP),
        }
    )
    if read["cannot"]:
        judged = any(posted(form, name) for name in fields)
        return _beyond_judging(read["comment"], judged, "cannot")
    allowed = [str(rating) for rating in ratings_of(config)]
    asked = _up_to_the_stop(fields, lambda name: posted(form, name) == str(BAD), config)
    readers = {name: partial(_posted_rating, form, name, allowed) for name in asked}
    return _judged(list(gather(readers).values()), read["comment"], config)


def _up_to_the_stop(
    things: Sequence[Any], is_bad: Callable[[Any], bool], config: Config
) -> list[Any]:
    """All of them, or where the project stops those up to the first bad one."""
    before = list(takewhile(lambda thing: not is_bad(thing), things))
    return list(things[: len(before) + 1] if stops(config) else things)


def _posted_rating(form: Form, name: str, allowed: Sequence[str]) -> int:
    given = posted(form, name)
    if not given:
        raise refuse(
            name, N_("Step %(number)s is not judged yet.", number=name.removeprefix("step-"))
        )
    return int(choice(given, name, allowed))


def fill_form(answer: Answer) -> dict[str, str]:
    """The fields that `parse_answer` reads back as this answer."""
    steps = {f"step-{n}": str(rating) for n, rating in enumerate(answer["ratings"], 1)}
    cannot = {"cannot": "1"} if answer["cannot_judge"] else {}
    return {**steps, **cannot, "comment": answer["comment"]}


def check_answer(raw: object, item: Item, config: Config) -> Answer:
    """An answer from a file to a clean one. Raises Invalid naming every wrong place."""
    given = mapping(raw, "", PARTS)
    read = gather(
        {
            "ratings": lambda: _check_ratings(given.get("ratings", []), config),
            "cannot": lambda: truth(given.get("cannot_judge", False), "cannot_judge"),
            "comment": lambda: prose(given.get("comment", ""), "comment", REASON_CAP),
        }
    )
    ratings: Ratings = read["ratings"]
    if read["cannot"]:
        return _beyond_judging(read["comment"], bool(ratings), "cannot_judge")
    _check_length(ratings, len(item.responses[0].steps), config)
    return _judged(ratings, read["comment"], config)


def _check_ratings(value: object, config: Config) -> Ratings:
    entries = sequence(value, "ratings")
    paths = [f"ratings[{i}]" for i in range(len(entries))]
    readers = {
        path: partial(_check_rating, entry, path, config)
        for path, entry in zip(paths, entries, strict=True)
    }
    return list(gather(readers).values())


def _check_rating(value: object, path: str, config: Config) -> int:
    rating = whole(value, path, BAD, GOOD)
    if rating == NEUTRAL and not config["neutral"]:
        raise refuse(path, N_("In this project a step is good (1) or bad (-1), never neutral."))
    return rating


def _check_length(ratings: Ratings, n_steps: int, config: Config) -> None:
    """Raises Invalid unless every step has a rating that is to have one, and no other has."""
    if len(ratings) > n_steps:
        raise refuse(
            f"ratings[{n_steps}]", N_("There is no such step: the response has %(n)s.", n=n_steps)
        )
    asked = _up_to_the_stop(ratings, lambda rating: rating == BAD, config)
    if len(asked) < len(ratings):
        raise refuse(
            f"ratings[{len(asked)}]",
            N_("In this project steps after the first bad one are not judged."),
        )
    if len(ratings) < n_steps and not (stops(config) and BAD in ratings):
        raise refuse(
            f"ratings[{len(ratings)}]",
            N_("Step %(number)s is not judged yet.", number=len(ratings) + 1),
        )


def _beyond_judging(comment: str, judged: bool, path: str) -> Answer:
    if judged:
        raise refuse(path, N_("“Cannot judge” goes without ratings: take one of the two away."))
    if not comment:
        raise refuse("comment", N_("Say in a few words why this cannot be judged."))
    return {"ratings": [], "cannot_judge": True, "comment": comment}


def _judged(ratings: Ratings, comment: str, config: Config) -> Answer:
    if config["comment_required"] and BAD in ratings and not comment:
        raise refuse("comment", N_("Say in a few words what is wrong with the bad step."))
    return {"ratings": ratings, "cannot_judge": False, "comment": comment}


def up_to_first_bad(answer: Mapping[str, Any]) -> Ratings:
    """The ratings up to and with the first bad one."""
    ratings: Ratings = answer["ratings"]
    return ratings[: ratings.index(BAD) + 1] if BAD in ratings else ratings
