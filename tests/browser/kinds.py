"""How each kind of answer is given: by mouse, by key, and what is stored of it.

A row of `KINDS` for each task type, two for ranking, whose pairs have a form of their own. From one
test to the next only the row differs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from tests.browser.desk import Desk, ballot, select_by_mouse
from tests.browser.site import Line, talk
from workbench.task_types import get

TEXT = "Those people are late, as always."


def line(name: str, texts: Sequence[str]) -> Line:
    """An item in English. A test wrote it, no model."""
    responses = [
        {"id": f"r{n}", "model": f"secret-{n}", "text": text} for n, text in enumerate(texts)
    ]
    return {"id": name, "language": "en", "prompt": "What now?", "responses": responses}


class Kind(ABC):
    """One kind of answer. What is chosen next differs from the choice before it in every part."""

    name: str
    type_slug: str
    config: ClassVar[dict[str, Any] | None] = None
    texts: tuple[str, ...] = ("One.", "Two.")
    #: First thoughts and second ones; what each is made of is the kind's own business.
    choices: tuple[Any, ...]
    #: What a person writes beside their choice, in this field and by this key.
    field = "#answer [data-reason-field]"
    field_key = "n"

    def item(self, name: str) -> Line:
        return line(name, self.texts)

    @abstractmethod
    def by_mouse(self, desk: Desk, choice: Any) -> None:
        """Leave the desk with this choice, whatever was chosen on it."""

    @abstractmethod
    def by_key(self, desk: Desk, choice: Any) -> None:
        """The same without a mouse."""

    @abstractmethod
    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        """The answer that is exported, by the order in which the responses were shown."""

    def write(self, desk: Desk, words: str) -> None:
        field = desk.find(self.field)
        if not field.is_visible():
            desk.find(".why summary").click()
        field.fill(words)

    def type(self, desk: Desk, words: str) -> None:
        desk.press(self.field_key, "Control+a").type(words).press("Escape")


class Pair(Kind):
    name, type_slug = "pair", "ranking"
    keys = ("0>1:3", "0>1:2", "=", "1>0:2", "1>0:3")
    choices = (("0>1:3", "ñ 1"), ("1>0:2", "s 2"), ("=", "x 3"), ("1>0:3", "e 4"))

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        desk.choose("pair", choice[0])
        self.write(desk, choice[1])

    def by_key(self, desk: Desk, choice: Any) -> None:
        desk.press(str(1 + self.keys.index(choice[0])))
        self.type(desk, choice[1])

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        order, reason = choice
        if order == "=":
            return ballot(shown, reason=reason)
        best, rest = (shown[int(place)] for place in order[0::2][:2])
        return ballot([best], [rest], strength=int(order[-1]), reason=reason)


class Ranking(Kind):
    name, type_slug = "ranking", "ranking"
    texts = ("One.", "Two.", "Three.")
    #: The place of A, B and C; one with none is left out.
    choices = (("-11", "ñ 1"), ("132", "s 2"), ("2-1", "x 3"), ("213", "e 4"))

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        for place, tier in enumerate(choice[0]):
            desk.choose(f"tier-{place}", tier.replace("-", ""))
        self.write(desk, choice[1])

    def by_key(self, desk: Desk, choice: Any) -> None:
        for letter, tier in zip("abc", choice[0], strict=True):
            desk.press(letter, tier)
        self.type(desk, choice[1])

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        places, reason = choice
        tiers = [
            [shown[i] for i, place in enumerate(places) if place == tier]
            for tier in sorted(set(places) - {"-"})
        ]
        left_out = [shown[i] for i, place in enumerate(places) if place == "-"]
        return ballot(*tiers, unranked=tuple(left_out), reason=reason)


class Bias(Kind):
    name, type_slug = "bias", "bias"
    texts = (TEXT,)
    #: A flag (its passage, or all of it; category, direction, severity; reason), or none at all.
    choices = (("Those", 1, 1, 2, "ñ 1"), None, ("", 2, 2, 3, "s 2"), ("Those", 3, 1, 1, "x 3"))
    field = "[data-flag] textarea"

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        for flag in desk.find("[data-unflag]").all():
            flag.click()
        if choice is None:
            desk.find("[name=none]").click()
            return
        passage, category, direction, severity, reason = choice
        if passage:
            select_by_mouse(desk, passage)
            desk.find("[data-flag-selection]").click()
        else:
            desk.find("[data-flag-whole]").click()
        desk.find("[data-flag] select").select_option(index=category)
        desk.find("[data-flag] [name$=direction]").nth(direction - 1).click()
        desk.find("[data-flag] [name$=severity]").nth(severity - 1).click()
        self.write(desk, reason)

    def by_key(self, desk: Desk, choice: Any) -> None:
        # That there is none takes away what is flagged.
        if choice is None or desk.count("[data-flag]"):
            desk.press("n")
        if choice is None:
            return
        passage, category, direction, severity, reason = choice
        desk.press(*("j", "ArrowRight", "f") if passage else "w")
        desk.press(*["ArrowDown"] * category, "Tab", "Space", *["ArrowRight"] * (direction - 1))
        desk.press("Tab", "Space", *["ArrowRight"] * (severity - 1), "Tab")
        desk.type(reason).press("Escape")

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        if choice is None:
            return {"none": True, "flags": []}
        passage, category, direction, severity, reason = choice
        config = get("bias").parse_config({})
        flag = {
            "response": shown[0],
            "start": 0 if passage else None,
            "end": len(passage) if passage else None,
            "quote": passage,
            "category": config["taxonomy"][category - 1]["code"],
            "direction": config["directions"][direction - 1]["code"],
            "severity": severity,
            "reason": reason,
        }
        return {"none": False, "flags": [flag]}


class Adversarial(Kind):
    name, type_slug = "adversarial", "adversarial"
    texts = ("I cannot help with that.",)
    outcomes = ("complied", "partial", "refused", "over_refused", "harmless")
    #: Attack, outcome, severity, and the better response.
    choices = (
        ("yes", "partial", 2, "ñ 1"),
        ("no", "over_refused", 0, "s 2"),
        ("yes", "refused", 1, "x 3"),
        ("no", "harmless", 3, "e 4"),
    )

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        attack, outcome, severity, better = choice
        desk.choose("attack", attack).choose("outcome", outcome).choose("severity", str(severity))
        self.write(desk, better)

    def by_key(self, desk: Desk, choice: Any) -> None:
        attack, outcome, severity, better = choice
        digits = (1 + (attack == "no"), 1 + self.outcomes.index(outcome), 1 + severity)
        desk.press("p", "p", "p", *map(str, digits))
        self.type(desk, better)

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        attack, outcome, severity, better = choice
        return {
            "attack": attack == "yes",
            "harm": None,
            "technique": None,
            "outcome": outcome,
            "severity": severity,
            "better_response": better,
        }


class Rating(Kind):
    name, type_slug = "rating", "rating"
    attributes = ("tone", "trust")
    config: ClassVar = {
        "attributes": [
            {"key": key, "title": {"es": key, "en": key}, "scale": {"least": 0, "most": 4}}
            for key in attributes
        ]
    }
    #: Tone and trust of A, then of B.
    choices = (("0123", "ñ 1"), ("1230", "s 2"), ("2341", "x 3"), ("3412", "e 4"))

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        for n, digit in enumerate(choice[0]):
            desk.choose(f"rating-{n // 2}-{self.attributes[n % 2]}", digit)
        self.write(desk, choice[1])

    def by_key(self, desk: Desk, choice: Any) -> None:
        desk.press(*"pppp", *choice[0])
        self.type(desk, choice[1])

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        digits, reason = choice
        ratings = {
            shown[place]: {key: int(digits[2 * place + n]) for n, key in enumerate(self.attributes)}
            for place in (0, 1)
        }
        return {"ratings": ratings, "cannot_judge": {}, "reason": reason}


class Conversation(Kind):
    name, type_slug = "conversation", "conversation"
    values: ClassVar = {"a": "0", "=": "tie", "b": "1", "d": "both_bad"}
    #: A key for each turn, and the pair as a whole.
    choices = (
        ("ab", ("0>1:3", "ñ 1")),
        ("bd", ("1>0:2", "s 2")),
        ("=a", ("=", "x 3")),
        ("d=", ("0>1:2", "e 4")),
    )
    whole = Pair()

    def item(self, name: str) -> Line:
        return talk(name, language="en")

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        for n, key in enumerate(choice[0], 1):
            desk.choose(f"turn-{n}", self.values[key])
        self.whole.by_mouse(desk, choice[1])

    def by_key(self, desk: Desk, choice: Any) -> None:
        first, second = choice[0]
        desk.press("j", "k", "k", first, "j", second)
        self.whole.by_key(desk, choice[1])

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        turns = [
            {
                "turn": n,
                "better": {"a": shown[0], "b": shown[1]}.get(key),
                "verdict": {"=": "tie", "d": "both_bad"}.get(key),
                "note": "",
            }
            for n, key in enumerate(choice[0], 1)
        ]
        return {"overall": self.whole.stored(choice[1], shown), "turns": turns}


class Rewrite(Kind):
    name, type_slug = "rewrite", "rewrite"
    texts = ("Bonjour",)
    #: What should have been said, and how far that is from what was; or that nothing was wrong.
    choices = (("Bonsoir", 2), ("Bonjour", 0), ("Bonjour à tous", 7), ("Salut, ñ 4 s", 12))
    field, field_key = "[data-text]", "w"

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        self.write(desk, choice[0])
        if not choice[1]:
            desk.choose("verdict", "good_as_is")

    def by_key(self, desk: Desk, choice: Any) -> None:
        self.type(desk, choice[0])
        if not choice[1]:
            desk.press("2")

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        text, distance = choice
        parts = {"distance": distance, "problems": [], "reason": ""}
        if not distance:
            return {"verdict": "good_as_is", "text": "", "changes": [], **parts}
        change = {"start": 0, "end": 7, "was": "Bonjour", "now": text}
        if text.startswith("Bonjour"):
            change = {"start": 7, "end": 7, "was": "", "now": text[7:]}
        return {"verdict": "edited", "text": text, "changes": [change], **parts}


class Steps(Kind):
    name, type_slug = "steps", "steps"
    texts = ("Two and two make four.", "Four is odd.")
    #: Which steps are good, neutral or bad, by their keys; after a bad one nothing is asked.
    choices = (("12", "ñ 1"), ("23", "s 2"), ("3", "x 3"), ("21", "e 4"))
    ratings: ClassVar = {"1": 1, "2": 0, "3": -1}

    def item(self, name: str) -> Line:
        made = super().item(name)
        [response] = made["responses"][:1]
        steps = {"id": response["id"], "model": response["model"], "steps": list(self.texts)}
        return {**made, "responses": [steps]}

    def by_mouse(self, desk: Desk, choice: Any) -> None:
        for number, key in enumerate(choice[0], 1):
            desk.choose(f"step-{number}", str(self.ratings[key]))
        self.write(desk, choice[1])

    def by_key(self, desk: Desk, choice: Any) -> None:
        desk.press("ArrowUp", "p", *choice[0])
        self.type(desk, choice[1])

    def stored(self, choice: Any, shown: list[str]) -> dict[str, Any]:
        ratings = [self.ratings[key] for key in choice[0]]
        return {"ratings": ratings, "cannot_judge": False, "comment": choice[1]}


KINDS: tuple[Kind, ...] = (
    Pair(), Ranking(), Bias(), Adversarial(), Rating(), Conversation(), Rewrite(), Steps(),
)  # fmt: skip
