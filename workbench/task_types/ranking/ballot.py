"""The stored answer to one question: tiers of response ids from best to worst.

    {"tiers": [["b"], ["a", "c"]], "unranked": ["d"], "verdict": null, "strength": null,
     "reason": ""}

Equal answers are equal to the byte: ids are sorted within a tier and among the unranked, and each
id of the item stands exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Item
from workbench.task_types.fields import (
    REASON_CAP,
    join,
    mapping,
    optional_choice,
    prose,
    refuse,
    sequence,
    short,
    whole,
)

VERDICTS = ("all_bad", "cannot_judge")
PARTS = ("tiers", "unranked", "verdict", "strength", "reason")


@dataclass(frozen=True)
class Fields:
    """The names by which the person who gave an answer knows its parts."""

    tiers: str
    verdict: str
    strength: str
    reason: str


def build(
    tiers: list[list[str]], verdict: str | None, strength: int | None, reason: str, item: Item
) -> Answer:
    """The stored shape. Ids of the item that are in no tier are unranked."""
    ranked = {response_id for tier in tiers for response_id in tier}
    return {
        "tiers": [sorted(tier) for tier in tiers],
        "unranked": sorted(r.id for r in item.responses if r.id not in ranked),
        "verdict": verdict,
        "strength": strength,
        "reason": reason,
    }


def ballot_for(answer: Answer, criterion: str | None) -> Answer | None:
    """What a stored answer says to one question; None when it was not asked at that time."""
    if criterion is None:
        return None if "criteria" in answer else answer
    ballot: Answer | None = answer.get("criteria", {}).get(criterion)
    return ballot


def check_ballot(raw: object, path: str, item: Item, config: Config) -> Answer:
    """An answer from a file to a clean one. Raises Invalid naming the path."""
    given = mapping(raw, path, PARTS)
    tiers = _read_ids(given, path, item)
    strength = given.get("strength")
    ballot = build(
        tiers,
        optional_choice(given.get("verdict"), join(path, "verdict"), VERDICTS),
        None if strength is None else whole(strength, join(path, "strength"), 1, 3),
        prose(given.get("reason", ""), join(path, "reason"), REASON_CAP),
        item,
    )
    check_rules(ballot, Fields(*(join(path, p) for p in PARTS if p != "unranked")), config)
    return ballot


def _read_ids(given: Mapping[str, Any], path: str, item: Item) -> list[list[str]]:
    """The tiers, once every id in them and among the unranked is known to be named once."""
    known = {response.id for response in item.responses}
    seen: set[str] = set()
    place = join(path, "tiers")
    tiers = [
        _read_tier(tier, f"{place}[{i}]", known, seen)
        for i, tier in enumerate(sequence(given.get("tiers", []), place))
    ]
    place = join(path, "unranked")
    for i, value in enumerate(sequence(given.get("unranked", []), place)):
        _read_id(value, (place, i), known, seen)
    return tiers


def _read_tier(raw: object, path: str, known: set[str], seen: set[str]) -> list[str]:
    tier = [_read_id(v, (path, i), known, seen) for i, v in enumerate(sequence(raw, path))]
    if not tier:
        raise refuse(path, N_("A tier needs at least one response."))
    return tier


def _read_id(value: object, place: tuple[str, int], known: set[str], seen: set[str]) -> str:
    """The id at a place: the path of a list, and which of it. It is put into words where it must be
    said, since most of a million are right."""
    if not isinstance(value, str) or value not in known:
        raise refuse(
            _at(place),
            N_(
                "“%(value)s” is no response of this item. Its responses: %(known)s.",
                value=short(value),
                known=", ".join(sorted(known)),
            ),
        )
    if value in seen:
        raise refuse(_at(place), N_("Response “%(value)s” is named twice.", value=short(value)))
    seen.add(value)
    return value


def _at(place: tuple[str, int]) -> str:
    path, index = place
    return f"{path}[{index}]"


def check_rules(ballot: Answer, fields: Fields, config: Config) -> None:
    """What no answer of any origin may break. Raises Invalid with the names in `fields`."""
    _check_verdict(ballot, fields)
    if ballot["tiers"]:
        _check_ranking(ballot, fields, config)
    if ballot["strength"] is not None:
        _check_strength(ballot, fields)


def _check_verdict(ballot: Answer, fields: Fields) -> None:
    tiers, verdict = ballot["tiers"], ballot["verdict"]
    if verdict is None and not tiers:
        raise refuse(
            fields.tiers,
            N_("Rank the responses, or say that all of them are bad or that you cannot judge."),
        )
    if verdict == "cannot_judge" and tiers:
        raise refuse(
            fields.verdict,
            N_("“Cannot judge” goes without a ranking: take one of the two away."),
        )
    if verdict == "cannot_judge" and not ballot["reason"]:
        raise refuse(fields.reason, N_("Say in a few words why this cannot be judged."))


def _check_ranking(ballot: Answer, fields: Fields, config: Config) -> None:
    tiers = ballot["tiers"]
    if sum(len(tier) for tier in tiers) < 2:
        raise refuse(
            fields.tiers,
            N_(
                "Rank at least two responses, or say that all of them are bad or that you cannot"
                " judge."
            ),
        )
    if not config["allow_ties"] and any(len(tier) > 1 for tier in tiers):
        raise refuse(fields.tiers, N_("Ties are not allowed here: give each its own place."))
    if not config["allow_partial"] and ballot["unranked"]:
        raise refuse(fields.tiers, N_("Every response needs a place here: none may be left out."))


def _check_strength(ballot: Answer, fields: Fields) -> None:
    pair = len(ballot["tiers"]) == 2 and all(len(tier) == 1 for tier in ballot["tiers"])
    if not pair or ballot["unranked"]:
        raise refuse(
            fields.strength,
            N_("How much better is said only of two responses of which one is ranked first."),
        )


def check_offered(ballot: Answer, fields: Fields, config: Config) -> None:
    """What only the desk holds to: a strength that the project offers. Raises Invalid.

    A judgment made elsewhere may have been asked on another scale of the same meaning.
    """
    if ballot["strength"] is not None and ballot["strength"] not in config["strengths"]:
        offered = ", ".join(str(s) for s in config["strengths"])
        raise refuse(
            fields.strength,
            N_("This strength is not offered here. Offered: %(offered)s.", offered=offered)
            if offered
            else N_("This project does not ask how much better a response is."),
        )
