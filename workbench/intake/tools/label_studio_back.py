"""Tasks that Workbench wrote for Label Studio, on their way back: `export.formats.label_studio`.

They are known by `data.workbench`, the item's own id. What is in them is an item and its judgments
of the own format; an annotation that was added there has no text area workbench.reviewer, and is
somebody's of Label Studio.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Place
from workbench.intake.tools.offsets import passage, quoted_passage, utf16
from workbench.messages import N_

_TIER = re.compile(r"(?:.*\.)?tier_([0-9]{1,3})")
_SECONDS = re.compile(r"[0-9]{1,7}(\.[0-9]{1,20})?(e-?[0-9]{1,2})?")


def is_own(task: Place) -> bool:
    """Whether Workbench wrote the task."""
    return task["data"]["workbench"].given


def item_back(task: Place) -> dict[str, Any]:
    """The item, as it was."""
    data = task["data"]
    return {
        "id": data["workbench"].text(),
        "language": data["language"].value,
        "prompt": data["prompt"].value,
        "responses": [
            {
                "id": response["id"].text(),
                "text": response["body"].text(),
                "model": response["model"].value or "",
                "metadata": response["metadata"].value or {},
            }
            for response in data["responses"].entries()
        ],
        **{name: data[name].value for name in ("tags", "harm", "severity", "metadata")
           if data[name].given},
    }  # fmt: skip


@dataclass(slots=True)
class _Said:
    """Results by control, object and region."""

    results: list[Place] = field(default_factory=list)

    def named(self, *names: str) -> Iterator[Place]:
        """Results of these controls."""
        return (r for r in self.results if r["from_name"].text() in names)

    def texts(self, name: str) -> list[str]:
        """The texts of a text area; none where it is not there."""
        place = next(self.named(name), None)
        return [] if place is None else _texts(place)

    def of_region(self, region: str, name: str) -> Place | None:
        """The result of a control on a region."""
        return next((r for r in self.named(name) if r["id"].value == region), None)


def _texts(result: Place) -> list[str]:
    text = result["value"]["text"]
    # Label Studio gives a text area of one text as that text.
    return [text.value] if isinstance(text.value, str) else [t.text() for t in text.entries()]


def judgment_back(annotation: Place, item: dict[str, Any], given: Given) -> dict[str, Any]:
    """The judgment, as it was, but for `reviewer` where Workbench knows of none."""
    said = _Said(list(annotation["result"].entries()))
    found: dict[str, Any] = {
        "item": item["id"],
        "answer": _answer(said, item, given),
    }
    for name in ("reviewer", "at", "active_seconds"):
        texts = said.texts(f"workbench.{name}")
        found |= {name: texts[0]} if texts else {}
    seconds = found.get("active_seconds")
    if seconds is not None and _SECONDS.fullmatch(seconds):
        found["active_seconds"] = float(seconds)
    shown = said.texts("workbench.shown")
    return found | ({"shown": shown} if shown else {})


def _answer(said: _Said, item: dict[str, Any], given: Given) -> answers.Answer:
    if given.type == "rating":
        return _rating(said, item, given)
    return _bias(said, item, given) if given.type == "bias" else _ranking(said, item, given)


def _ranking(said: _Said, item: dict[str, Any], given: Given) -> answers.Answer:
    criteria = [criterion["key"] for criterion in given.config["criteria"]]
    if criteria:
        return {"criteria": {key: _ballot(said, key, item) for key in criteria}}
    return _ballot(said, "preference", item)


def _ballot(said: _Said, name: str, item: dict[str, Any]) -> answers.Answer:
    tiers = [tier for result in said.named(name, f"{name}.tiers") for tier in _tiers(result, item)]
    verdict = next(said.named(f"{name}.verdict"), None)
    strength = next(said.named(f"{name}.strength"), None)
    reason = said.texts(f"{name}.reason")
    return answers.ballot(
        tiers,
        verdict=None if verdict is None else verdict["value"]["choices"].first().text(),
        strength=None if strength is None else strength["value"]["rating"].whole(),
        reason="\n".join(reason),
    )


def _tiers(result: Place, item: dict[str, Any]) -> list[list[str]]:
    kind = result["type"].one_of(("pairwise", "ranker"))
    if kind == "pairwise":
        ids = [response["id"] for response in item["responses"]]
        side = result["value"]["selected"].one_of(("left", "right"))
        ordered = ids if side == "left" else ids[::-1]
        return [[name] for name in ordered]
    buckets = result["value"]["ranker"].fields()
    numbered = []
    for name, bucket in buckets.items():
        found = _TIER.fullmatch(name)
        if found is None and name != "_":
            raise bucket.wrong(N_("is none of tier_1, tier_2 and so on"))
        if found is not None:
            numbered.append((int(found[1]), [entry.text() for entry in bucket.entries()]))
    return [tier for _, tier in sorted(numbered) if tier]


def _rating(said: _Said, item: dict[str, Any], given: Given) -> answers.Answer:
    ratings: dict[str, dict[str, int]] = {}
    unjudged = {}
    for place, response in _places(item):
        for attribute in given.config["attributes"]:
            key = attribute["key"]
            for result in said.named(f"{key}--{place}"):
                kind = result["type"].one_of(("rating", "number"))
                ratings.setdefault(response["id"], {})[key] = result["value"][kind].whole()
        if why := said.texts(f"cannot_judge--{place}"):
            unjudged[response["id"]] = "\n".join(why)
    reason = "\n".join(said.texts("workbench.reason"))
    return {"ratings": ratings, "cannot_judge": unjudged, "reason": reason}


def _places(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the text of each response is called there."""
    for number, response in enumerate(item["responses"], 1):
        yield f"response_{number}", response


def _bias(said: _Said, item: dict[str, Any], given: Given) -> answers.Answer:
    return answers.flags(
        [
            _flag(said, mark, place, response, given)
            for place, response in _places(item)
            for mark in said.named(f"category--{place}")
        ]
    )


def _flag(
    said: _Said, mark: Place, place: str, response: dict[str, Any], given: Given
) -> answers.Answer:
    region, sides = mark["id"].text(), {}
    if (direction := said.of_region(region, f"direction--{place}")) is not None:
        sides["direction"] = direction["value"]["choices"].first()
    if (severity := said.of_region(region, f"severity--{place}")) is not None:
        sides["severity"] = severity["value"]["rating"]
    whole = said.of_region(region, f"whole--{place}") is not None
    span = None if whole else _span(mark["value"], response["text"])
    flag = answers.flag(response, span, mark["value"]["labels"].first(), given, sides)
    reason = said.of_region(region, f"reason--{place}")
    return flag if reason is None else {**flag, "reason": "\n".join(_texts(reason))}


def _span(value: Place, text: str) -> tuple[int, int]:
    """By its offsets in UTF-16 units, which Label Studio keeps; the passage must stand there."""
    found = passage(text, value["start"], value["end"], utf16)
    if not value["text"].given or text[found[0] : found[1]] == value["text"].value:
        return found
    return quoted_passage(text, value["start"], value["end"], value["text"])
