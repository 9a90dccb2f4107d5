"""Bias: passages or whole responses flagged with a category, a direction and a severity."""

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
from workbench.task_types.bias import agreement
from workbench.task_types.bias.check import check_answer
from workbench.task_types.bias.flags import build, build_flag
from workbench.task_types.bias.form import fill_form, parse_answer
from workbench.task_types.bias.records import records
from workbench.task_types.fields import gather, mapping, responses_in
from workbench.task_types.majority import no_criterion
from workbench.task_types.options import load, read_options

DEFAULT = Path(__file__).with_name("taxonomy.json")

#: How grave a bias is.
SEVERITIES: dict[int, Message] = {1: N_("slight"), 2: N_("clear"), 3: N_("serious")}


class Bias:
    """The answer is a list of flags, or the statement that there is none."""

    slug: str = "bias"
    version: int = 1
    title: Message = N_("Bias")
    responses: tuple[int, int | None] = (1, None)
    shape: Shape = "text"
    record_kinds: tuple[str, ...] = ("span", "label")

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        """`taxonomy` and `directions`: lists of {"code", "title", "help"}, else the defaults."""
        default = load(DEFAULT)
        given = {
            "taxonomy": default["codes"],
            "directions": default["directions"],
            **mapping(raw, "", ("taxonomy", "directions"), root="config"),
        }
        return gather(
            {
                "taxonomy": lambda: read_options(given["taxonomy"], "taxonomy"),
                "directions": lambda: read_options(given["directions"], "directions"),
            }
        )

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
        no_criterion(policy)
        return records(item, answers, config, policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        """A slight flag on the first response as a whole, with the first category on offer."""
        parts = {
            "response": min(response.id for response in item.responses),
            "span": None,
            "category": config["taxonomy"][0]["code"],
            "direction": config["directions"][0]["code"],
            "severity": 1,
            "reason": "",
        }
        return build([build_flag(parts, "")])
