"""Conversations side by side: two models' whole conversations, compared turn by turn and overall.

    {"overall": {"tiers": [["b"], ["a"]], "unranked": [], "verdict": null, "strength": 2,
                 "reason": ""},
     "turns": [{"turn": 1, "better": "b", "verdict": null, "note": ""}]}

`overall` is an answer of the task type `ranking`, of criteria too, and means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
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
from workbench.task_types.conversation import agreement, turns
from workbench.task_types.conversation.config import overall, parse_config
from workbench.task_types.conversation.rounds import (
    Round,
    check_conversations,
    comparable_rounds,
    rounds,
)
from workbench.task_types.fields import gather, mapping, responses_in
from workbench.task_types.ranking import answer as ranking
from workbench.task_types.ranking.records import KINDS, never_gives, records


class Conversation:
    """The answer is a ranking of the two conversations, and what is said of single turns."""

    slug: str = "conversation"
    version: int = 1
    title: Message = N_("Conversations side by side")
    responses: tuple[int, int | None] = (2, 2)
    shape: Shape = "turns"
    record_kinds: tuple[str, ...] = KINDS

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        return parse_config(raw)

    def parse_item(self, item: Item, config: Config) -> Item:
        responses_in(len(item.responses), *self.responses)
        check_conversations(item)
        return item

    def rounds(self, item: Item) -> list[Round]:
        """The item as the pages lay it out: the turns of the two side by side."""
        return rounds(item)

    def parse_answer(self, form: Form, item: Item, config: Config) -> Answer:
        """Raises Invalid with the fields of the whole and of turns that are wrong."""
        answer = gather(
            {
                "overall": lambda: ranking.parse_answer(form, item, overall(config)),
                "turns": lambda: turns.parse_turns(form, item, config),
            }
        )
        turns.check_complete(answer, item, config, lambda n: f"turn-{n}")
        return answer

    def fill_form(self, answer: Answer, item: Item, config: Config) -> dict[str, str]:
        whole = ranking.fill_form(answer["overall"], item, overall(config))
        return {**whole, **turns.fill_turns(answer["turns"], item, config)}

    def check_answer(self, raw: Mapping[str, Any], item: Item, config: Config) -> Answer:
        given = mapping(raw, "", ("overall", "turns"))
        answer = gather(
            {
                "overall": lambda: ranking.check_answer(
                    given.get("overall"), "overall", item, overall(config)
                ),
                "turns": lambda: turns.check_turns(given.get("turns", []), "turns", item, config),
            }
        )
        turns.check_complete(answer, item, config, lambda _: "turns")
        return answer

    def questions(self, config: Config) -> list[Question]:
        return agreement.questions(config)

    def units(self, answer: Answer, item: Item, config: Config) -> Iterable[Unit]:
        return agreement.units(answer, item, config)

    def never_gives(self, config: Config) -> Mapping[RecordKind, Message]:
        return never_gives(overall(config))

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        """Those of the ranking of the whole conversations; single turns give none."""
        whole = [replace(record, answer=record.answer["overall"]) for record in answers]
        return records(item, whole, overall(config), policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        """The response of the first id is better, overall and at every turn."""
        best = min(response.id for response in item.responses)
        asked = comparable_rounds(item) if config["turns"] != "off" else 0
        said = {"better": best, "verdict": None, "note": ""}
        return {
            "overall": ranking.example_answer(item, overall(config)),
            "turns": [{"turn": n, **said} for n in range(1, asked + 1)],
        }
