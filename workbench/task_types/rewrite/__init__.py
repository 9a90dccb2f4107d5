"""Rewrites: one response edited until it is what should have been said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
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
from workbench.task_types.fields import gather, mapping, responses_in, truth
from workbench.task_types.majority import no_criterion
from workbench.task_types.options import Option, codes, load, read_options
from workbench.task_types.rewrite import agreement
from workbench.task_types.rewrite.answer import (
    check_answer,
    check_length,
    fill_form,
    parse_answer,
)
from workbench.task_types.rewrite.records import records

PROBLEMS = Path(__file__).with_name("problems.json")


class Rewrite:
    """The answer is a verdict on the item's only response and, where it was edited, the text."""

    slug: str = "rewrite"
    version: int = 1
    title: Message = N_("Rewrites")
    responses: tuple[int, int | None] = (1, 1)
    shape: Shape = "text"
    record_kinds: tuple[str, ...] = ("preference", "completion")

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        """`problems`: what may have been wrong, a list of {"code", "title", "help"}, else the
        defaults; an empty list asks for none. `reason_required`: whether an edit or "beyond repair"
        needs a category or a written reason; false unless said."""
        given = {
            "problems": load(PROBLEMS)["codes"],
            "reason_required": False,
            **mapping(raw, "", ("problems", "reason_required"), root="config"),
        }
        return gather(
            {
                "problems": lambda: _read_problems(given["problems"]),
                "reason_required": lambda: truth(given["reason_required"], "reason_required"),
            }
        )

    def parse_item(self, item: Item, config: Config) -> Item:
        """Exactly one response, short enough to be edited and measured."""
        responses_in(len(item.responses), *self.responses)
        check_length(item)
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
        return agreement.units(answer, item, config)

    def never_gives(self, config: Config) -> Mapping[RecordKind, Message]:
        return {}

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        no_criterion(policy)
        return records(item, answers, policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        """The response with a sign put behind it, and the first category on offer."""
        answer = {
            "verdict": "edited",
            "text": f"{item.responses[0].text} ✓",
            "problems": codes(config["problems"])[:1],
            "reason": "" if config["problems"] else "✓",
        }
        return check_answer(answer, item, config)


def _read_problems(value: object) -> list[Option]:
    return [] if value == [] else read_options(value, "problems")
