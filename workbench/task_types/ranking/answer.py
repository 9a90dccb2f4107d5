"""The whole stored answer: a ballot, or `{"criteria": {key: ballot}}` where criteria are asked."""

from __future__ import annotations

from functools import partial

from workbench.task_types.base import Answer, Config, Form, Item
from workbench.task_types.fields import gather, join, mapping
from workbench.task_types.ranking.ballot import build, check_ballot
from workbench.task_types.ranking.config import keys
from workbench.task_types.ranking.form import fill_ballot, parse_ballot


def parse_answer(form: Form, item: Item, config: Config) -> Answer:
    """Raises Invalid with the fields of every criterion that is not answered well."""
    asked = keys(config)
    if not asked:
        return parse_ballot(form, "", item, config)
    read = {key: partial(parse_ballot, form, f"{key}.", item, config) for key in asked}
    return {"criteria": gather(read)}


def fill_form(answer: Answer, item: Item, config: Config) -> dict[str, str]:
    """The fields that `parse_answer` reads back as this answer."""
    if not keys(config):
        return fill_ballot(answer, "", item)
    ballots = answer["criteria"].items()
    filled = (fill_ballot(ballot, f"{key}.", item) for key, ballot in ballots)
    return {name: value for fields in filled for name, value in fields.items()}


def check_answer(raw: object, path: str, item: Item, config: Config) -> Answer:
    """An answer from a file to a clean one. Raises Invalid naming places under `path`."""
    asked = keys(config)
    if not asked:
        return check_ballot(raw, path, item, config)
    place = join(path, "criteria")
    ballots = mapping(mapping(raw, path, ("criteria",)).get("criteria"), place, asked)
    read = {
        key: partial(check_ballot, ballots.get(key), join(place, key), item, config)
        for key in asked
    }
    return {"criteria": gather(read)}


def example_answer(item: Item, config: Config) -> Answer:
    """Every response in a place of its own: valid whatever the settings."""
    tiers = [[response_id] for response_id in sorted(r.id for r in item.responses)]
    if not keys(config):
        return build(tiers, None, None, "", item)
    return {"criteria": {key: build(tiers, None, None, "", item) for key in keys(config)}}
