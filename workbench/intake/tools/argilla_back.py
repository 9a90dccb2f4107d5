"""Records that Workbench wrote for Argilla, on their way back: `export.formats.argilla`.

They are known by `metadata.workbench`, JSON that holds what has no place there. Somebody who is not
among its judgments is somebody's of Argilla.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from workbench.intake.strict_json import read_json
from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Place
from workbench.messages import N_

_OWN = ("tags", "harm", "severity", "metadata")


def kept_of(record: Place) -> Place | None:
    """What was set aside with the record; None where Workbench did not write it."""
    metadata = record["metadata"]
    if not (metadata.given and metadata["workbench"].given):
        return None
    place = metadata["workbench"]
    value, faults, broken = read_json(place.text().encode())
    if faults or broken:
        raise place.wrong(N_("is not JSON"))
    return Place(value, place.path)


def item_back(name: str, record: Place, kept: Place) -> dict[str, Any]:
    """The item of that id, as it was."""
    fields = record["fields"]
    return {
        "id": name,
        "language": record["metadata"]["language"].value,
        "prompt": fields["prompt"].value,
        "responses": [
            {
                "id": response["id"].text(),
                "model": response["model"].text(),
                "metadata": response["metadata"].value,
                "text": fields[f"response_{number}"].text(),
            }
            for number, response in enumerate(kept["responses"].entries(), 1)
        ],
        **{name: kept[name].value for name in _OWN if kept[name].given},
    }


def judgment_back(
    user: str, said: Mapping[str, Place], item: dict[str, Any], kept: Place, given: Given
) -> dict[str, Any]:
    """The judgment, as it was; of an answer that was given there, only who gave it and what."""
    names = {f"response_{n}": response["id"] for n, response in enumerate(item["responses"], 1)}
    answer = _rating(said, names) if given.type == "rating" else _ranking(said, names, given)
    found = {"item": item["id"], "reviewer": f"argilla-{user}", "answer": answer}
    judgment = kept["judgments"][user]
    return found | {k: v.value for k, v in judgment.fields().items()} if judgment.given else found


def _ranking(said: Mapping[str, Place], names: Mapping[str, str], given: Given) -> answers.Answer:
    criteria = [criterion["key"] for criterion in given.config["criteria"]]
    if criteria:
        return {"criteria": {key: _ballot(said, key, names) for key in criteria}}
    return _ballot(said, "preference", names)


def _ballot(said: Mapping[str, Place], key: str, names: Mapping[str, str]) -> answers.Answer:
    sides = {
        side: said[f"{key}--{side}"].value
        for side in ("verdict", "strength", "reason")
        if f"{key}--{side}" in said and said[f"{key}--{side}"].given
    }
    return answers.ballot(_tiers(said[key], names) if key in said else [], **sides)


def _tiers(value: Place, names: Mapping[str, str]) -> list[list[str]]:
    ranked = sorted(
        (entry["rank"].whole(), names[entry["value"].one_of(names)])
        for entry in value.entries()
        if entry["rank"].given
    )
    return [[name for _, name in tier] for _, tier in groupby(ranked, key=lambda pair: pair[0])]


def _rating(said: Mapping[str, Place], names: Mapping[str, str]) -> answers.Answer:
    ratings: dict[str, dict[str, Any]] = {}
    unjudged: dict[str, Any] = {}
    for question, place in said.items():
        key, _, name = question.rpartition("--")
        if name not in names:
            continue
        if key == "cannot_judge":
            unjudged[names[name]] = place.text()
        else:
            ratings.setdefault(names[name], {})[key] = _whole(place)
    reason = said["comment"].text() if "comment" in said else ""
    return {"ratings": ratings, "cannot_judge": unjudged, "reason": reason}


def _whole(place: Place) -> int:
    """A number, or a label that is one."""
    if isinstance(place.value, str) and place.value.removeprefix("-").isdecimal():
        return int(place.value[:4])
    return place.whole()
