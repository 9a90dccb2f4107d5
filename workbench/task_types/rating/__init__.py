"""Rating: each response on several attributes, each attribute on a scale of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workbench.task_types.base import (
    N_,
    Answer,
    AnswerRecord,
    Config,
    Form,
    Item,
    Message,
    Policy,
    Question,
    Record,
    RecordKind,
    Shape,
    Unit,
)
from workbench.task_types.fields import responses_in
from workbench.task_types.rating import agreement
from workbench.task_types.rating.answer import build, check_answer
from workbench.task_types.rating.config import parse_config, points
from workbench.task_types.rating.form import fill_form, parse_answer
from workbench.task_types.rating.records import records


class Rating:
    """The answer is a number for each response and attribute, or why a response has none."""

    slug: str = "rating"
    version: int = 1
    title: Message = N_("Ratings")
    responses: tuple[int, int | None] = (1, None)
    shape: Shape = "text"
    record_kinds: tuple[str, ...] = ("rating", "preference")

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        return parse_config(raw)

    def parse_item(self, item: Item, config: Config) -> Item:
        responses_in(len(item.responses), *self.responses)
        return item

    def parse_answer(self, form: Form, item: Item, config: Config) -> Answer:
        return parse_answer(form, item, config)

    def fill_form(self, answer: Answer, item: Item, config: Config) -> dict[str, str]:
        return fill_form(answer, item)

    def check_answer(self, raw: Mapping[str, Any], item: Item, config: Config) -> Answer:
        return check_answer(raw, item, config)

    def questions(self, config: Config) -> list[Question]:
        return agreement.questions(config)

    def units(self, answer: Answer, item: Item, config: Config) -> Iterable[Unit]:
        return agreement.units(answer, config)

    def never_gives(self, config: Config) -> Mapping[RecordKind, Message]:
        return {}

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        return records(item, answers, config, policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        """The middle of every scale, the point below where there are two."""
        ratings = {
            attribute["key"]: points(attribute)[(len(points(attribute)) - 1) // 2]
            for attribute in config["attributes"]
        }
        return build({response.id: dict(ratings) for response in item.responses}, "")
