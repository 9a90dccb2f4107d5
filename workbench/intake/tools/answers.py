"""From what people said in another tool to the answers of the task types here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.intake.tools.base import Given, Place
from workbench.messages import N_, Invalid, Message

Answer = dict[str, Any]


def ballot(
    tiers: Iterable[Sequence[str]],
    *,
    strength: int | None = None,
    verdict: str | None = None,
    reason: str = "",
) -> Answer:
    """A ranking from best to worst; what is in no tier is unranked."""
    return {
        "tiers": [list(tier) for tier in tiers],
        "strength": strength,
        "verdict": verdict,
        "reason": reason,
    }


def preferred(best: str, other: str, *, strength: int | None = None, reason: str = "") -> Answer:
    """One of two is better."""
    return ballot([[best], [other]], strength=strength, reason=reason)


#: Words for neither of two, and for two that are no good.
TIES = ("tie", "equal", "same", "empate")
BOTH_BAD = ("both bad", "both_bad", "neither")


def of_two(word: str, ids: Sequence[str]) -> Answer | None:
    """What a word says of two responses: left or right, an id, a tie, or that both are bad; None
    where it says none of these."""
    left, right = ids
    said = word.casefold()
    if said in ("left", left.casefold()):
        return preferred(left, right)
    if said in ("right", right.casefold()):
        return preferred(right, left)
    if said in TIES:
        return ballot([ids])
    return ballot([], verdict="all_bad") if said in BOTH_BAD else None


def ranking(ballots: Mapping[str, Answer], given: Given, place: Place) -> Answer | None:
    """The answer that these ballots are, by the name of the question they answered; None without.

    A project with criteria takes those that are called like them. Raises Invalid at `place` where
    several could be meant.
    """
    criteria = [criterion["key"] for criterion in given.config["criteria"]]
    if criteria:
        said = {key: ballots[key] for key in criteria if key in ballots}
        return {"criteria": said} if said else None
    chosen = chosen_question(ballots, given, place)
    return None if chosen is None else ballots[chosen]


def only_ranking(said: Answer, given: Given, place: Place) -> Answer:
    """The answer of a file that knows of one question only. Raises Invalid at `place` where the
    project asks several."""
    criteria = [criterion["key"] for criterion in given.config["criteria"]]
    if len(criteria) > 1:
        raise place.wrong(
            N_(
                "answers one question, and this project asks several: %(keys)s",
                keys=", ".join(criteria),
            )
        )
    return {"criteria": {criteria[0]: said}} if criteria else said


def chosen_question(said: Mapping[str, Any], given: Given, place: Place) -> str | None:
    """The only question that was answered, or the one that the person asks for."""
    if "question" in given.options:
        wanted = given.options["question"]
        return wanted if wanted in said else None
    if len(said) > 1:
        why = N_(
            "answers several questions: %(names)s; choose one, as in question=%(first)s",
            names=", ".join(said),
            first=next(iter(said)),
        )
        raise place.wrong(why)
    return next(iter(said), None)


def attribute_for(name: str, given: Given) -> str | None:
    """The attribute of a rating project that a control or question of this name asks for: the one
    of the same key, or the only one there is."""
    keys = [attribute["key"] for attribute in given.config["attributes"]]
    if name in keys:
        return name
    wanted = given.options.get("question")
    only = len(keys) == 1 and (wanted is None or wanted == name)
    return keys[0] if only else None


def rating(ratings: Mapping[str, Mapping[str, int]], reason: str = "") -> Answer | None:
    """Ratings by response and attribute; None without any."""
    said = {response: dict(values) for response, values in ratings.items() if values}
    return {"ratings": said, "cannot_judge": {}, "reason": reason} if said else None


def anchored(place: Place, attribute: str, given: Given) -> int:
    """The value of a word: of a number that is written out, or of an anchor in either language."""
    word = place.name()
    if word.lstrip("-").isdecimal() and len(word) < 4:
        return int(word)
    found = next(a for a in given.config["attributes"] if a["key"] == attribute)
    for anchor in found["anchors"]:
        if word.casefold() in {text.casefold() for text in anchor["text"].values()}:
            return int(anchor["value"])
    raise place.wrong(
        N_("is neither a number nor what an anchor of “%(attribute)s” says", attribute=attribute)
    )


def flags(found: Sequence[Answer]) -> Answer:
    """Marked passages; none state that there is nothing to mark."""
    return {"none": not found, "flags": list(found)}


def flag(
    response: Mapping[str, Any],
    span: tuple[int, int] | None,
    label: Place,
    given: Given,
    sides: Mapping[str, Place] | None = None,
) -> Answer:
    """A passage of a response, or with no span the whole of it, marked with a category of the
    project. `sides`: what was said of its direction and its severity."""
    sides = sides or {}
    start, end = span or (None, None)
    return {
        "response": response["id"],
        "start": start,
        "end": end,
        "quote": "" if start is None else response["text"][start:end],
        "category": _code(label, given.config["taxonomy"]),
        "direction": _direction(sides.get("direction"), label, given),
        "severity": _severity(sides.get("severity"), label, given),
        "reason": "",
    }


def _code(label: Place, options: Sequence[Mapping[str, Any]]) -> str:
    """The code that a label is, or whose title it is in either language."""
    word = label.text()
    for option in options:
        titles = {text.casefold() for text in option["title"].values()}
        if word == option["code"] or word.casefold() in titles:
            return str(option["code"])
    codes = ", ".join(str(option["code"]) for option in options)
    raise label.wrong(N_("is no category of this project; it has %(codes)s", codes=codes))


def _direction(said: Place | None, label: Place, given: Given) -> str:
    options = given.config["directions"]
    if said is not None:
        return _code(said, options)
    if len(options) == 1:
        return str(options[0]["code"])
    if "direction" not in given.options:
        raise label.wrong(_unsaid("direction", options[0]["code"]))
    return _code(Place(given.options["direction"], "direction"), options)


def _severity(said: Place | None, label: Place, given: Given) -> int:
    if said is None and "severity" not in given.options:
        raise label.wrong(_unsaid("severity", "1"))
    place = said or Place(given.options["severity"], "severity")
    word = place.name()
    if not (word.isdecimal() and 1 <= int(word[:2]) <= 3):
        raise place.wrong(N_("must be a whole number from 1 to 3"))
    return int(word)


def _unsaid(name: str, example: str) -> Message:
    return N_(
        "comes without a %(name)s, which is asked here; say it beside the file, as in"
        " %(name)s=%(example)s",
        name=name,
        example=example,
    )


def time_of(place: Place) -> str | None:
    """A time as it stands, or none."""
    return place.text() if place.given else None


def join_faults(errors: Mapping[str, Message], under: str) -> Invalid:
    """The same faults, named under a part of what was made of the record."""
    return Invalid({f"{under}.{name}" if name else under: why for name, why in errors.items()})
