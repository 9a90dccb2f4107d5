"""What several people said of one text, put beside it: who marked which stretch and as what, or who
judged which step to be what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

from workbench.models import Project
from workbench.queries.review import GivenAnswer
from workbench.task_types.base import Item
from workbench.web.language import in_own


@dataclass(frozen=True)
class Mark:
    """A passage, start and end (exclusive) in code points, and what a person calls it."""

    start: int
    end: int
    #: The place of the person among those who judged the item.
    who: int
    category: str


@dataclass(frozen=True)
class Stretch:
    """A part of a text that is marked alike throughout: by whom, in order, and as what."""

    text: str
    marked: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def who(self) -> tuple[int, ...]:
        return tuple(who for who, _ in self.marked)


@dataclass(frozen=True)
class Laid:
    """A response's text in stretches, and who flagged the whole of it."""

    stretches: tuple[Stretch, ...]
    whole: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def marked(self) -> list[Stretch]:
        """The stretches that somebody marked, as the list under the text has them."""
        return [each for each in self.stretches if each.marked]


def stretches(text: str, marks: Iterable[Mark]) -> tuple[Stretch, ...]:
    """The text cut at every end of a mark; together the stretches are the text.

    A mark that is empty, or what of it lies outside the text, is left out.
    """
    within = [
        Mark(max(mark.start, 0), min(mark.end, len(text)), mark.who, mark.category)
        for mark in marks
    ]
    within = [mark for mark in within if mark.start < mark.end]
    ends = {0, len(text), *(mark.start for mark in within), *(mark.end for mark in within)}
    cuts = sorted(ends)
    return tuple(
        Stretch(text[start:end], _told(m for m in within if m.start <= start and end <= m.end))
        for start, end in pairwise(cuts)
    )


def _told(marks: Iterable[Mark]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """(person, categories, each once) of these marks, in order of the people."""
    found: dict[int, dict[str, None]] = {}
    for mark in marks:
        found.setdefault(mark.who, {})[mark.category] = None
    return tuple((who, tuple(found[who])) for who in sorted(found))


def letters(n: int) -> list[str]:
    """Names for people who are not named: A, B, ... Z, A2, B2, ..."""
    rounds = ((i // len(ascii_uppercase), ascii_uppercase[i % len(ascii_uppercase)])
              for i in range(n))  # fmt: skip
    return [f"{letter}{turn + 1}" if turn else letter for turn, letter in rounds]


def laid_over(
    project: Project, item: Item, answers: Sequence[GivenAnswer]
) -> Mapping[str, Laid] | None:
    """Of each response what the people of these answers flagged in it; None where nobody did, or
    where the task type flags no passages."""
    if project.type != "bias" or not any(given.answer["flags"] for given in answers):
        return None
    titles = {each["code"]: in_own(each["title"]) for each in project.config["taxonomy"]}
    passages: dict[str, list[Mark]] = {response.id: [] for response in item.responses}
    whole: dict[str, list[Mark]] = {response.id: [] for response in item.responses}
    for who, given in enumerate(answers):
        for flag in given.answer["flags"]:
            start, end = flag["start"], flag["end"]
            category = titles.get(flag["category"], flag["category"])
            kept = whole if start is None else passages
            kept[flag["response"]].append(Mark(start or 0, end or 0, who, category))
    return {
        response.id: Laid(
            stretches(response.text, passages[response.id]), _told(whole[response.id])
        )
        for response in item.responses
    }


def step_marks(
    project: Project, item: Item, answers: Sequence[GivenAnswer]
) -> list[list[tuple[int, int]]] | None:
    """Of each step (place of the person, rating) of those who judged it; None where nobody did, or
    where the task type judges no steps."""
    if project.type != "steps" or not answers:
        return None
    ratings = [given.answer["ratings"] for given in answers]
    return [
        [(who, rated[at]) for who, rated in enumerate(ratings) if at < len(rated)]
        for at in range(len(item.responses[0].steps))
    ]
