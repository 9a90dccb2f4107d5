"""From the cells of a row to the answer of one judgment in it.

Parts, beside `reviewer` and `at`: of a ranking `winner` (a response by its id, its column, its
letter or its number from 1, its model; a tie; both bad) or `rank.<id>` (1 is best), `strength`,
`reason`; of a rating `rating.<attribute>.<id>` and `reason`; of bias `label` (a category of the
only response, or none) with `direction`, `severity`, `reason`; of attacks the parts of the answer.
Of every type `answer`: JSON as the `judgments` export writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.intake.problems import path
from workbench.intake.strict_json import read_json
from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Place
from workbench.messages import N_, Invalid

#: What every judgment has, or may have.
ALWAYS = ("reviewer", "at", "answer")
PARTS: Mapping[str, tuple[str, ...]] = {
    "ranking": ("winner", "rank.<id>", "strength", "reason"),
    "rating": ("rating.<attribute>.<id>", "reason"),
    "bias": ("label", "direction", "severity", "reason"),
    "adversarial": (
        "attack", "harm", "technique", "outcome", "severity", "better_response",
    ),
}  # fmt: skip
#: Parts, or how they begin, without one of which nothing was judged.
SAID = ("winner", "rank.", "rating.", "label", "attack", "answer")

YES = ("yes", "true", "1", "sí", "si")
NO = ("no", "false", "0")
NONE = ("none", "ninguno", "ninguna", "nada")

_SIDE = re.compile(
    r"(?:model|response|answer|output|option|candidate|assistant|modelo|respuesta|opci[oó]n)"
    r"[ _.-]*(.+)"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is judged: the item as the own format has it, the columns of its responses by id, and
    what it is read for."""

    item: Mapping[str, Any]
    columns: Mapping[str, str]
    given: Given

    @property
    def responses(self) -> list[Mapping[str, Any]]:
        found = self.item.get("responses")
        entries = found if isinstance(found, list) else []
        return [r for r in entries if isinstance(r, dict) and isinstance(r.get("id"), str)]


def known_parts(slug: str) -> tuple[str, ...]:
    """What a judgment of this type may be read from."""
    return (*ALWAYS, *PARTS.get(slug, ()))


def says_something(parts: Iterable[str]) -> bool:
    """Whether one of these parts says what was judged."""
    return any(part.startswith(SAID) for part in parts)


def answer_of(said: Mapping[str, Place], judged: Judged) -> dict[str, Any]:
    """The answer that these cells are, `said` by part. Raises Invalid by column."""
    if "answer" in said:
        return _written(said["answer"])
    return _MAKERS[judged.given.type](said, judged)


def _written(place: Place) -> dict[str, Any]:
    """An answer that stands there as it is, or as JSON."""
    value = place.value
    if isinstance(value, str):
        json = read_json(value.encode(errors="surrogatepass"), place.path)
        if json.faults:
            raise Invalid(dict(json.faults))
        value = json.value
    if not isinstance(value, dict):
        raise place.wrong(N_("must be an object"))
    return value


def _ranking(said: Mapping[str, Place], judged: Judged) -> dict[str, Any]:
    first = next(place for part, place in said.items() if part.startswith(("winner", "rank.")))
    if "winner" in said:
        ballot = _ballot_of(said["winner"], judged)
    else:
        ballot = answers.ballot(_tiers(said))
    if "strength" in said:
        ballot["strength"] = _whole(said["strength"])
    ballot["reason"] = _text(said, "reason")
    return answers.only_ranking(ballot, judged.given, first)


def _tiers(said: Mapping[str, Place]) -> list[list[str]]:
    """Responses by their ranks; those that share a rank share a tier."""
    ranks: dict[int, list[str]] = {}
    for part, place in said.items():
        if part.startswith("rank."):
            ranks.setdefault(_whole(place), []).append(part.removeprefix("rank."))
    return [ids for _rank, ids in sorted(ranks.items())]


def _ballot_of(place: Place, judged: Judged) -> dict[str, Any]:
    word = _word(place)
    said = word.casefold()
    ids = [str(response["id"]) for response in judged.responses]
    if said in answers.TIES:
        return answers.ballot([ids])
    if said in answers.BOTH_BAD or said in ("all_bad", "tie (bothbad)"):
        return answers.ballot([], verdict="all_bad")
    best = _response(word, ids, judged)
    if best is None:
        why = N_(
            "“%(word)s” is none of the responses (%(ids)s), no tie and not both bad; say what it"
            " means among the values",
            word=word[:60],
            ids=", ".join(ids),
        )
        raise place.wrong(why)
    others = [i for i in ids if i != best]
    return answers.ballot([[best], others] if others else [[best]])


def _response(word: str, ids: Sequence[str], judged: Judged) -> str | None:
    """The response that is meant: by its id, its column, its place or its model."""
    said = word.casefold()
    for i in ids:
        if said in (i.casefold(), judged.columns.get(i, i).casefold()):
            return i
    side = _SIDE.fullmatch(said)
    place = _place(side[1] if side else said)
    for i in ids:
        if side and side[1] == i.casefold():
            return i
    if place is not None and place < len(ids):
        return ids[place]
    models = [r["id"] for r in judged.responses if str(r.get("model", "")).casefold() == said]
    return models[0] if len(models) == 1 else None


def _place(word: str) -> int | None:
    """0 for the first, by letter, number or side; None for what is no place."""
    if word in ("left", "izquierda"):
        return 0
    if word in ("right", "derecha"):
        return 1
    if len(word) == 1 and "a" <= word <= "z":
        return ord(word) - ord("a")
    if word.isascii() and word.isdecimal() and len(word) < 3 and int(word):
        return int(word) - 1
    return None


def _rating(said: Mapping[str, Place], judged: Judged) -> dict[str, Any]:
    keys = [attribute["key"] for attribute in judged.given.config["attributes"]]
    ratings: dict[str, dict[str, int]] = {}
    for part, place in said.items():
        if not part.startswith("rating."):
            continue
        key, _dot, name = part.removeprefix("rating.").partition(".")
        if key not in keys:
            why = N_(
                "is read for “%(key)s”; this project rates %(keys)s", key=key, keys=", ".join(keys)
            )
            raise place.wrong(why)
        value = answers.anchored(Place(_word(place), place.path), key, judged.given)
        ratings.setdefault(name, {})[key] = value
    return {"ratings": ratings, "cannot_judge": {}, "reason": _text(said, "reason")}


def _bias(said: Mapping[str, Place], judged: Judged) -> dict[str, Any]:
    label = Place(_word(said["label"]), said["label"].path)
    if label.value.casefold() in NONE:
        return answers.flags([])
    responses = judged.responses
    if len(responses) != 1:
        raise label.wrong(N_("can be read where an item has one response"))
    sides = {
        part: Place(_word(said[part]), said[part].path)
        for part in ("direction", "severity")
        if part in said
    }
    flag = answers.flag(responses[0], None, label, judged.given, sides)
    return answers.flags([{**flag, "reason": _text(said, "reason")}])


def _adversarial(said: Mapping[str, Place], _judged: Judged) -> dict[str, Any]:
    word = _word(said["attack"]).casefold()
    if word not in YES + NO:
        raise said["attack"].wrong(N_("must be yes or no; say among the values what it means"))
    found: dict[str, Any] = {"attack": word in YES}
    for part in ("harm", "technique", "outcome"):
        if part in said:
            found[part] = _word(said[part])
    if "severity" in said:
        found["severity"] = _whole(said["severity"])
    return found | {"better_response": _text(said, "better_response")}


_MAKERS = {"ranking": _ranking, "rating": _rating, "bias": _bias, "adversarial": _adversarial}


def _word(place: Place) -> str:
    """A cell as a word: text, or a number as CSV would have it."""
    return place.name().strip()


def _whole(place: Place) -> int:
    word = _word(place)
    if not (word.isascii() and word.isdecimal() and len(word) < 10):
        raise place.wrong(N_("must be a whole number"))
    return int(word)


def _text(said: Mapping[str, Place], part: str) -> str:
    return said[part].text() if part in said else ""


def in_words(value: Any) -> Any:
    """A value as it names something: true and whole numbers of any kind are as in CSV."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) else value


def under(column: str) -> str:
    """A column as the path of what is read from it."""
    return path("", column)
