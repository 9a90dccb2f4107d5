"""The stored answer: every response rated on every attribute, or the reason why it is not.

    {"ratings": {"a": {"helpfulness": 3, "correctness": 4}}, "cannot_judge": {"b": "why"},
     "reason": ""}

Each response of the item stands in exactly one of the two. Equal answers are equal to the byte:
responses come by their ids, attributes in the project's order. `reason` is a comment on the whole,
which may be empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Item
from workbench.task_types.fields import REASON_CAP, gather, join, mapping, prose, refuse, whole
from workbench.task_types.rating.config import keys

PARTS = ("ratings", "cannot_judge", "reason")

#: A response's ratings by attribute, or the reason why it cannot be judged.
Said = dict[str, int] | str


def build(said: Mapping[str, Said], reason: str) -> Answer:
    """The stored shape, from what was said of each response by its id."""
    by_id = sorted(said.items())
    return {
        "ratings": {i: ratings for i, ratings in by_id if not isinstance(ratings, str)},
        "cannot_judge": {i: why for i, why in by_id if isinstance(why, str)},
        "reason": reason,
    }


def check_answer(raw: object, item: Item, config: Config) -> Answer:
    """An answer from a file to a clean one. Raises Invalid naming every wrong place."""
    given = mapping(raw, "", PARTS)
    ids = [response.id for response in item.responses]
    rated = mapping(given.get("ratings", {}), "ratings", ids)
    unjudged = mapping(given.get("cannot_judge", {}), "cannot_judge", ids)
    responses = {i: partial(_check_response, i, rated, unjudged, config) for i in ids}
    read = gather(
        {
            "said": lambda: gather(responses),
            "reason": lambda: prose(given.get("reason", ""), "reason", REASON_CAP),
        }
    )
    return build(read["said"], read["reason"])


def _check_response(
    response_id: str, rated: Mapping[str, Any], unjudged: Mapping[str, Any], config: Config
) -> Said:
    path = join("cannot_judge", response_id)
    if response_id in unjudged:
        why = prose(unjudged[response_id], path, REASON_CAP)
        check_cannot_judge(why, response_id in rated, path, path, config)
        return why
    path = join("ratings", response_id)
    if response_id not in rated:
        raise refuse(path, N_("This response is neither rated nor said to be beyond judging."))
    ratings = mapping(rated[response_id], path, keys(config))
    return gather(
        {
            attribute["key"]: partial(_check_rating, ratings, path, attribute)
            for attribute in config["attributes"]
        }
    )


def _check_rating(ratings: Mapping[str, Any], path: str, attribute: dict[str, Any]) -> int:
    key, scale = attribute["key"], attribute["scale"]
    return whole(ratings.get(key), join(path, key), scale["least"], scale["most"])


def check_cannot_judge(why: str, rated: bool, path: str, why_path: str, config: Config) -> None:
    """What must hold where a response cannot be judged. Raises Invalid at one of the paths."""
    if not config["allow_cannot_judge"]:
        raise refuse(
            path, N_("In this project every response is rated: “cannot judge” is not offered.")
        )
    if rated:
        raise refuse(path, N_("“Cannot judge” goes without ratings: take one of the two away."))
    if not why:
        raise refuse(why_path, N_("Say in a few words why this cannot be judged."))
