"""Ranking: two responses or more, from best to worst, with ties and with some left out."""

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
from workbench.task_types.ranking import agreement
from workbench.task_types.ranking.answer import (
    check_answer,
    example_answer,
    fill_form,
    parse_answer,
)
from workbench.task_types.ranking.config import parse_config
from workbench.task_types.ranking.records import KINDS, never_gives, records

#: What a reviewer may say of all the responses at once.
VERDICTS: dict[str, Message] = {
    "all_bad": N_("All are bad"),
    "cannot_judge": N_("I cannot judge"),
}

#: How much better the better one of a pair is.
STRENGTHS: dict[int, Message] = {
    1: N_("slightly better"),
    2: N_("better"),
    3: N_("much better"),
}


class Ranking:
    """The answer is a ballot, or a ballot for each criterion where the project has criteria."""

    slug: str = "ranking"
    version: int = 1
    title: Message = N_("Ranking")
    responses: tuple[int, int | None] = (2, None)
    shape: Shape = "text"
    record_kinds: tuple[str, ...] = KINDS

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        return parse_config(raw)

    def parse_item(self, item: Item, config: Config) -> Item:
        responses_in(len(item.responses), *self.responses)
        return item

    def parse_answer(self, form: Form, item: Item, config: Config) -> Answer:
        return parse_answer(form, item, config)

    def fill_form(self, answer: Answer, item: Item, config: Config) -> dict[str, str]:
        return fill_form(answer, item, config)

    def check_answer(self, raw: Mapping[str, Any], item: Item, config: Config) -> Answer:
        return check_answer(raw, "", item, config)

    def questions(self, config: Config) -> list[Question]:
        return agreement.questions(config)

    def units(self, answer: Answer, item: Item, config: Config) -> Iterable[Unit]:
        return agreement.units(answer, item, config)

    def never_gives(self, config: Config) -> Mapping[RecordKind, Message]:
        return never_gives(config)

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        return records(item, answers, config, policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        return example_answer(item, config)
