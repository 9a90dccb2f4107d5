"""The posted form to ballots. The form speaks of responses by place, as they were shown."""

from __future__ import annotations

import re

from workbench.task_types.base import N_, Answer, Config, Form, Item
from workbench.task_types.fields import (
    REASON_CAP,
    optional_choice,
    posted,
    posted_number,
    prose,
    refuse,
)
from workbench.task_types.ranking.ballot import VERDICTS, Fields, build, check_offered, check_rules

PAIR = re.compile(r"(?P<better>[01])>(?P<worse>[01])(?::(?P<strength>[123]))?")


def parse_ballot(form: Form, prefix: str, item: Item, config: Config) -> Answer:
    """The fields under one prefix ("" or "<criterion>.") to a ballot. Raises Invalid."""
    pair = posted(form, prefix + "pair")
    if pair:
        tiers, strength = _read_pair(pair, prefix + "pair", item)
        fields = Fields(prefix + "pair", prefix + "verdict", prefix + "pair", prefix + "reason")
    else:
        tiers, strength = _read_tiers(form, prefix, item), _read_strength(form, prefix)
        fields = Fields(*(prefix + name for name in ("tier", "verdict", "strength", "reason")))
    verdict = optional_choice(posted(form, prefix + "verdict"), prefix + "verdict", VERDICTS)
    reason = prose(form.get(prefix + "reason") or "", prefix + "reason", REASON_CAP)
    ballot = build(tiers, verdict, strength, reason, item)
    check_rules(ballot, fields, config)
    check_offered(ballot, fields, config)
    return ballot


def _read_pair(pair: str, name: str, item: Item) -> tuple[list[list[str]], int | None]:
    """`0>1`, `1>0:3` or `=`: the whole answer to a pair as a single choice."""
    ids = [response.id for response in item.responses]
    if len(ids) != 2:
        raise refuse(name, N_("This choice is for items of two responses: rank them by tiers."))
    if pair == "=":
        return [ids], None
    found = PAIR.fullmatch(pair)
    if not found or found["better"] == found["worse"]:
        raise refuse(name, N_("This is not a choice between two responses, such as 0>1, 1>0:2, =."))
    tiers = [[ids[int(found["better"])]], [ids[int(found["worse"])]]]
    return tiers, int(found["strength"]) if found["strength"] else None


def _read_tiers(form: Form, prefix: str, item: Item) -> list[list[str]]:
    """Responses by the number each was given; gaps between the numbers are closed up."""
    by_number: dict[int, list[str]] = {}
    for place, response in enumerate(item.responses):
        name = f"{prefix}tier-{place}"
        if posted(form, name):
            number = posted_number(form, name, 1, len(item.responses))
            by_number.setdefault(number, []).append(response.id)
    return [by_number[number] for number in sorted(by_number)]


def _read_strength(form: Form, prefix: str) -> int | None:
    name = prefix + "strength"
    return posted_number(form, name, 1, 3) if posted(form, name) else None


def fill_ballot(ballot: Answer, prefix: str, item: Item) -> dict[str, str]:
    """The fields that `parse_ballot` reads back as this ballot; for pairs both ways of asking."""
    number = {i: str(n) for n, tier in enumerate(ballot["tiers"], 1) for i in tier}
    fields = {f"tier-{place}": number.get(r.id, "") for place, r in enumerate(item.responses)}
    fields["pair"] = _pair_field(ballot, item)
    fields["verdict"] = ballot["verdict"] or ""
    fields["strength"] = str(ballot["strength"] or "")
    fields["reason"] = ballot["reason"]
    return {prefix + name: value for name, value in fields.items()}


def _pair_field(ballot: Answer, item: Item) -> str:
    if len(item.responses) != 2 or not ballot["tiers"]:
        return ""
    if len(ballot["tiers"]) == 1:
        return "="
    order = "0>1" if ballot["tiers"][0] == [item.responses[0].id] else "1>0"
    return f"{order}:{ballot['strength']}" if ballot["strength"] else order
