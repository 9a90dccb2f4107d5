"""Ranking: two responses or more, from best to worst, with ties and with some left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
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
    Unit,
)
from workbench.task_types.fields import gather, join, mapping, responses_in
from workbench.task_types.ranking import agreement
from workbench.task_types.ranking.ballot import build, check_ballot
from workbench.task_types.ranking.config import keys, parse_config
from workbench.task_types.ranking.form import fill_ballot, parse_ballot
from workbench.task_types.ranking.records import records

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
    record_kinds: tuple[str, ...] = ("preference", "label")

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        return parse_config(raw)

    def parse_item(self, item: Item, config: Config) -> Item:
        responses_in(len(item.responses), *self.responses)
        return item

    def parse_answer(self, form: Form, item: Item, config: Config) -> Answer:
        """Raises Invalid with the fields of every criterion that is not answered well."""
        asked = keys(config)
        if not asked:
            return parse_ballot(form, "", item, config)
        read = {key: partial(parse_ballot, form, f"{key}.", item, config) for key in asked}
        return {"criteria": gather(read)}

    def fill_form(self, answer: Answer, item: Item, config: Config) -> dict[str, str]:
        if not keys(config):
            return fill_ballot(answer, "", item)
        ballots = answer["criteria"].items()
        filled = (fill_ballot(ballot, f"{key}.", item) for key, ballot in ballots)
        return {name: value for fields in filled for name, value in fields.items()}

    def check_answer(self, raw: Mapping[str, Any], item: Item, config: Config) -> Answer:
        asked = keys(config)
        if not asked:
            return check_ballot(raw, "", item, config)
        ballots = mapping(mapping(raw, "", ("criteria",)).get("criteria"), "criteria", asked)
        read = {
            key: partial(check_ballot, ballots.get(key), join("criteria", key), item, config)
            for key in asked
        }
        return {"criteria": gather(read)}

    def questions(self, config: Config) -> list[Question]:
        return agreement.questions(config)

    def units(self, answer: Answer, item: Item, config: Config) -> Iterable[Unit]:
        return agreement.units(answer, item, config)

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        return records(item, answers, config, policy)

    def example_answer(self, item: Item, config: Config) -> Answer:
        """Every response in a place of its own: valid whatever the settings."""
        tiers = [[response_id] for response_id in sorted(r.id for r in item.responses)]
        if not keys(config):
            return build(tiers, None, None, "", item)
        return {"criteria": {key: build(tiers, None, None, "", item) for key in keys(config)}}
