"""Items, and a task type whose records are written by hand: the exporter alone is under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from workbench.export.manifest import ExportMeta
from workbench.task_types.base import (
    AnswerRecord,
    Config,
    Item,
    Message,
    Policy,
    Record,
    Response,
    TaskType,
    Turn,
)

META = ExportMeta(project="medellin-es", version="1.2.3", watermark=77)

Records = Callable[[Item, Sequence[AnswerRecord]], list[Record]]


def an_item(item_id: str = "i-1", prompt: str = "¿Cuál es la capital de Colombia?") -> Item:
    """Two responses of two models to one question."""
    return Item(
        id=item_id,
        language="es",
        prompt=(Turn("system", "Sea breve."), Turn("user", prompt)),
        responses=(
            Response("a", "Es Bogotá 🏙️.", "m1"),
            Response("b", "No lo sé.", "m2"),
        ),
    )


def an_answer(reviewer: str = "r01", at: str = "2026-11-20T15:04:05Z", **more: Any) -> AnswerRecord:
    """A judgment; what it says matters to the task type alone."""
    return AnswerRecord(reviewer=reviewer, answer=more.pop("answer", {}), at=at, **more)


def a_preference(item: Item, **changes: Any) -> Record:
    """The first response against the second one."""
    data = {
        "chosen": item.responses[0],
        "rejected": item.responses[1],
        "n_for": 2,
        "n_against": 1,
        "n_tied": 0,
        "strength": None,
    }
    return Record("preference", {**data, **changes})


def a_label(item: Item, label: bool = True, **changes: Any) -> Record:
    """The first response, good or bad."""
    data = {"response": item.responses[0], "label": label, "n_judgments": 3}
    return Record("label", {**data, **changes})


def a_span(item: Item, **changes: Any) -> Record:
    """A flag on "Bogotá" in the first response."""
    data = {
        "response": item.responses[0],
        "start": 3,
        "end": 9,
        "quote": "Bogotá",
        "category": "region",
        "direction": "favours",
        "severity": 2,
        "reason": "",
        "n_judgments": 2,
        "agreement": 0.5,
    }
    return Record("span", {**data, **changes})


def a_verdict(**changes: Any) -> Record:
    """An attack that the model refused."""
    data = {
        "attack": True,
        "harm": "vcr",
        "technique": None,
        "outcome": "refused",
        "severity": 0,
        "better_response": "",
        "n_judgments": 2,
        "agreement": 1.0,
    }
    return Record("verdict", {**data, **changes})


def a_solution_record(**changes: Any) -> Record:
    """Three steps, the second neutral and the last one bad."""
    steps = ("2 + 2 = 4", "Es par.", "4 + 1 = 6")
    data = {
        "response": Response("a", "", "m1", steps=(*steps, "Luego, 6.")),
        "steps": steps,
        "ratings": (1, 0, -1),
        "n_judgments": 3,
        "agreement": 2 / 3,
    }
    return Record("stepwise", {**data, **changes})


def a_rating(item: Item, **changes: Any) -> Record:
    """The first response on two attributes."""
    data = {"response": item.responses[0], "n_judgments": 3, "helpfulness": 3, "verbosity": 0}
    return Record("rating", {**data, **changes})


def a_completion(item: Item, **changes: Any) -> Record:
    """What a person made of the second response."""
    data = {
        "response": Response("edited", "Es Bogotá."),
        "draft": item.responses[1],
        "n_judgments": 2,
        "agreement": 1.0,
    }
    return Record("completion", {**data, **changes})


def a_graded(item: Item, **changes: Any) -> Record:
    """The first response against the second one, by two people who say how strongly."""
    data = {
        "chosen": item.responses[0],
        "rejected": item.responses[1],
        "n_for": 2,
        "n_against": 0,
        "n_tied": 0,
        "strength": 2.5,
        "scores": (("r1", 3, "clara"), ("r2", 2, "")),
    }
    return Record("graded", {**data, **changes})


def a_whole_ranking(item: Item, **changes: Any) -> Record:
    """The first response above the second one."""
    tiers = tuple((response,) for response in item.responses)
    return Record("ranking", {"tiers": tiers, "n_judgments": 3, **changes})


def a_battle(item: Item, **changes: Any) -> Record:
    """Won by the first response."""
    data = {
        "a": item.responses[0],
        "b": item.responses[1],
        "winner": "a",
        "reviewer": "r1",
        "at": "2026-11-20T15:04:05Z",
    }
    return Record("battle", {**data, **changes})


def dropped(why: str, **more: Any) -> Record:
    """Something that could have been a record and is none."""
    return Record("dropped", {"reason": why, **more})


class _WrittenType:
    """A task type that gives the records that a test wrote."""

    slug = "written"
    version = 3
    title = Message("Written by a test")
    responses = (1, None)
    conversations = False
    record_kinds: tuple[str, ...] = ("preference", "label", "span", "verdict")

    def __init__(self, give: Records, kinds: tuple[str, ...] | None = None) -> None:
        self._give = give
        if kinds is not None:
            self.record_kinds = kinds

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        """What the test wrote for this item."""
        yield from self._give(item, answers)


def written_type(give: Records, kinds: tuple[str, ...] | None = None) -> TaskType:
    """A type that gives these records. The exporter asks a type for nothing else."""
    return cast(TaskType, _WrittenType(give, kinds))


def preferring(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
    """One preference an item."""
    return [a_preference(item)]
