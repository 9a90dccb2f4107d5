"""Steps: one response that solves its prompt step by step, each step judged in order."""

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
from workbench.task_types.majority import no_criterion
from workbench.task_types.steps import agreement
from workbench.task_types.steps.answer import check_answer, fill_form, parse_answer
from workbench.task_types.steps.config import BAD, GOOD, parse_config, stops
from workbench.task_types.steps.records import records


class Steps:
    """The answer is a rating of each step, up to the first bad one or to the end."""

    slug: str = "steps"
    version: int = 1
    title: Message = N_("Steps of a solution")
    responses: tuple[int, int | None] = (1, 1)
    shape: Shape = "steps"
    record_kinds: tuple[str, ...] = ("stepwise",)

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        return parse_config(raw)

    def parse_item(self, item: Item, config: Config) -> Item:
        """Exactly one response."""
        responses_in(len(item.responses), *self.responses)
        return item

    def parse_answer(self, form: Form, item: Item, config: Config) -> Answer:
        return parse_answer(form, item, config)

    def fill_form(self, answer: Answer, item: Item, config: Config) -> dict[str, str]:
        return fill_form(answer)

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
        no_criterion(policy)
        return records(item, answers, policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        """The second step is bad, or the only one; where one goes on, all after it are good."""
        n_steps = len(item.responses[0].steps)
        bad = min(1, n_steps - 1)
        ratings = [GOOD] * bad + [BAD] + [GOOD] * (0 if stops(config) else n_steps - bad - 1)
        return check_answer({"ratings": ratings, "comment": "✗"}, item, config)
