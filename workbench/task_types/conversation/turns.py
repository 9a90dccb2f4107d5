"""What is said of single turns: `[{"turn": 1, "better": "b", "verdict": null, "note": ""}, ...]`.

`better` is the id of a response, `verdict` is `tie` or `both_bad`; never are both there, and
neither is where the turn has a note alone. Turns of which nothing is said are left out, and the
rest stand in their order: equal answers are equal to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Form, Invalid, Item, Message
from workbench.task_types.conversation.rounds import comparable_rounds
from workbench.task_types.fields import (
    REASON_CAP,
    choice,
    gather,
    join,
    mapping,
    optional_choice,
    posted,
    prose,
    refuse,
    sequence,
    whole,
)

VERDICTS = ("tie", "both_bad")
PARTS = ("turn", "better", "verdict", "note")
#: Places as they were shown, then the verdicts: what a form may send.
PLACES = ("0", "1")

Turns = list[dict[str, Any]]


def parse_turns(form: Form, item: Item, config: Config) -> Turns:
    """The fields `turn-<n>` and `turn-<n>-note`. Raises Invalid."""
    if config["turns"] == "off":
        return []
    read: dict[str, Callable[[], dict[str, Any]]] = {
        f"turn-{n}": partial(_parse_turn, form, n, item)
        for n in range(1, comparable_rounds(item) + 1)
    }
    return _said(gather(read).values())


def _parse_turn(form: Form, number: int, item: Item) -> dict[str, Any]:
    name = f"turn-{number}"
    chosen = optional_choice(posted(form, name), name, (*PLACES, *VERDICTS))
    place = int(chosen) if chosen in PLACES else None
    return {
        "turn": number,
        "better": None if place is None else item.responses[place].id,
        "verdict": chosen if place is None else None,
        "note": prose(form.get(f"{name}-note") or "", f"{name}-note", REASON_CAP),
    }


def fill_turns(turns: Turns, item: Item, config: Config) -> dict[str, str]:
    """The fields that `parse_turns` reads back as these turns."""
    if config["turns"] == "off":
        return {}
    said = {turn["turn"]: turn for turn in turns}
    places = {response.id: str(place) for place, response in enumerate(item.responses)}
    fields = {}
    for n in range(1, comparable_rounds(item) + 1):
        turn = said.get(n, {"better": None, "verdict": None, "note": ""})
        fields[f"turn-{n}"] = turn["verdict"] or places.get(turn["better"], "")
        fields[f"turn-{n}-note"] = turn["note"]
    return fields


def check_turns(raw: object, path: str, item: Item, config: Config) -> Turns:
    """Turns from a file to clean ones. Raises Invalid naming every wrong place."""
    entries = sequence(raw, path)
    if entries and config["turns"] == "off":
        raise refuse(path, N_("This project does not ask about single turns."))
    places = [f"{path}[{i}]" for i in range(len(entries))]
    read = {
        place: partial(_check_turn, entry, place, item)
        for place, entry in zip(places, entries, strict=True)
    }
    turns = gather(read)
    seen: set[int] = set()
    for place, turn in turns.items():
        if turn["turn"] in seen:
            raise refuse(join(place, "turn"), N_("This turn is in the list twice."))
        seen.add(turn["turn"])
    return _said(turns.values())


def _check_turn(raw: object, path: str, item: Item) -> dict[str, Any]:
    given = mapping(raw, path, PARTS)
    ids = [response.id for response in item.responses]
    better, verdict = given.get("better"), given.get("verdict")
    if better is not None and verdict is not None:
        raise refuse(
            join(path, "verdict"), N_("One is better, or this is said: take one of the two away.")
        )
    return {
        "turn": whole(given.get("turn"), join(path, "turn"), 1, comparable_rounds(item)),
        "better": None if better is None else choice(better, join(path, "better"), ids),
        "verdict": optional_choice(verdict, join(path, "verdict"), VERDICTS),
        "note": prose(given.get("note", ""), join(path, "note"), REASON_CAP),
    }


def _said(turns: Any) -> Turns:
    """Those that say something, in their order."""
    kept = [turn for turn in turns if turn["better"] or turn["verdict"] or turn["note"]]
    return sorted(kept, key=lambda turn: int(turn["turn"]))


def check_complete(answer: Answer, item: Item, config: Config, name: Callable[[int], str]) -> None:
    """Where every turn must be judged, raises Invalid with the `name` of each that is not.

    Who cannot judge the whole need not judge its turns.
    """
    if config["turns"] != "required" or _cannot_judge(answer["overall"]):
        return
    judged = {turn["turn"] for turn in answer["turns"] if turn["better"] or turn["verdict"]}
    faults: dict[str, Message] = {}
    for n in range(1, comparable_rounds(item) + 1):
        if n not in judged:
            faults.setdefault(name(n), N_("Say which is better at turn %(turn)s.", turn=n))
    if faults:
        raise Invalid(faults)


def _cannot_judge(overall: Mapping[str, Any]) -> bool:
    ballots = overall.get("criteria", {"": overall}).values()
    return all(ballot["verdict"] == "cannot_judge" for ballot in ballots)
