"""The exporter told whom to trust: equal weights, pairs that are unsure, decisions of leads."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from itertools import combinations
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.doubles import META
from tests.export.test_real_types import SLUGS, judged_items
from workbench.export.formats import BY_NAME, formats_for
from workbench.export.manifest import Manifest
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.trust import Trust
from workbench.export.write import Given, write_export
from workbench.stats import Reliability
from workbench.task_types import get
from workbench.task_types.base import AnswerRecord, Decision, Item, Response, Turn

ACCURACY = 0.8
ORDERS = Trust.learnt("overall", Reliability.assumed((-1, 0, 1), ACCURACY))
ITEM = Item("i-1", "es", (Turn("user", "¿Qué es?"),),
            tuple(Response(i, f"Respuesta {i}.") for i in "abc"))  # fmt: skip


def export(
    slug: str, items: list[Given], fmt: str, policy: ExportPolicy, trust: Trust | None
) -> tuple[bytes, Manifest]:
    out, kind = io.BytesIO(), get(slug)
    manifest = write_export(
        items, kind, kind.parse_config({}), BY_NAME[fmt], policy, target=out,
        meta=replace(META, trust=trust),
    )  # fmt: skip
    return out.getvalue(), manifest


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_where_all_weigh_the_same_it_is_the_plain_majority(slug: str, data: st.DataObject) -> None:
    items = data.draw(judged_items(slug))
    options = {
        "ties": data.draw(st.sampled_from(["drop", "both"])),
        "min_judgments": data.draw(st.sampled_from(["1", "2"])),
        "min_agreement": data.draw(st.sampled_from(["0", "0.5", "0.6667"])),
    }
    plain = parse_policy({**options, "aggregate": "majority"})
    weighted = parse_policy({**options, "aggregate": "weighted"})
    accuracy = data.draw(st.floats(0.51, 0.999))
    trust = Trust.learnt("?", Reliability.assumed((False, True), accuracy))
    for fmt in formats_for(get(slug)):
        rows, manifest = export(slug, items, fmt.name, weighted, trust)
        expected, known = export(slug, items, fmt.name, plain, None)
        assert rows == expected
        assert manifest.dropped == known.dropped


def ranked(who: str, *tiers: str) -> AnswerRecord:
    return AnswerRecord(who, {"tiers": [list(tier) for tier in tiers], "unranked": [],
                              "verdict": None, "strength": None, "reason": ""})  # fmt: skip


def posterior(orders: list[int]) -> float:
    """Of the likely order, where true and wrong ones are even and everybody is right alike."""
    joint = [
        math.prod(ACCURACY if order == true else (1 - ACCURACY) / 2 for order in orders)
        for true in (-1, 0, 1)
    ]
    return max(joint) / sum(joint)


@given(
    st.lists(st.permutations("abc"), min_size=1, max_size=4),
    st.sampled_from(["0.5", "0.75", "0.85", "0.95"]),
    st.sampled_from(["each", "majority", "weighted"]),
)
def test_pairs_are_left_out_by_their_posterior(
    said: list[list[str]], least: str, aggregate: str
) -> None:
    answers = [ranked(f"r{i}", *order) for i, order in enumerate(said)]
    policy = parse_policy({"aggregate": aggregate, "min_posterior": least})
    rows, manifest = export("ranking", [(ITEM, answers)], "trl-preference", policy, ORDERS)
    found = [orjson.loads(line) for line in rows.splitlines()]
    kept = {
        tuple(sorted((row["chosen"][0]["content"], row["rejected"][0]["content"]))) for row in found
    }
    unsure = 0
    for a, b in combinations("abc", 2):
        orders = [1 if each.index(a) < each.index(b) else -1 for each in said]
        tied = aggregate != "each" and sum(orders) == 0
        fails = not tied and round(posterior(orders), 6) < float(least)
        rows_of_pair = len(orders) if aggregate == "each" else 1
        unsure += fails * rows_of_pair
        assert ((f"Respuesta {a}.", f"Respuesta {b}.") in kept) is not (fails or tied)
    assert manifest.dropped.get("unsure", 0) == unsure


def test_what_a_lead_settled_is_not_looked_at() -> None:
    answers = [ranked("r1", "a", "b", "c"), ranked("r2", "c", "b", "a")]
    settled = Decision("luz", ranked("luz", "a", "b", "c").answer)
    strict = parse_policy({"aggregate": "weighted", "min_posterior": "1"})
    items: list[Given] = [(ITEM, answers, settled)]
    rows, manifest = export("ranking", items, "trl-preference", strict, ORDERS)
    assert len(rows.splitlines()) == 3
    assert manifest.dropped == {}
    ignoring = replace(strict, decisions="ignore")
    rows, manifest = export("ranking", items, "trl-preference", ignoring, ORDERS)
    assert rows == b""


def test_an_item_whose_one_answer_is_unsure_is_counted_once() -> None:
    flags: dict[str, Any] = {"none": True, "flags": []}
    item = replace(ITEM, responses=ITEM.responses[:1])
    trust = Trust.learnt("any", Reliability.assumed((False, True), 0.8))
    for least, dropped in (("0.81", {"unsure": 1}), ("0.8", {})):
        policy = parse_policy({"min_posterior": least})
        items: list[Given] = [(item, [AnswerRecord("r1", flags)])]
        rows, manifest = export("bias", items, "trl-unpaired", policy, trust)
        assert manifest.dropped == dropped
        assert bool(rows) is not bool(dropped)


def test_an_answer_never_seen_when_it_was_learnt_is_sure_of_nothing() -> None:
    seen = Trust.learnt("overall", Reliability.assumed((-1, 1), 0.99))
    assert seen.chance([("r1", 1)]) == 0.99
    assert seen.chance([("r1", 1), ("r2", 0)]) == 0


@pytest.mark.parametrize("options", [{"aggregate": "weighted"}, {"min_posterior": "0.5"}])
def test_a_policy_by_reliability_without_being_told_whom_to_trust_is_an_error(
    options: dict[str, str],
) -> None:
    with pytest.raises(ValueError, match="trust"):
        export("ranking", [], "trl-preference", parse_policy(options), None)


def test_what_is_learnt_does_not_hang_on_the_last_bits() -> None:
    known = Reliability.assumed((False, True), 0.8)
    nearly = replace(known, prevalence=known.prevalence + 1e-9, default=known.default - 1e-9)
    assert Trust.learnt("any", known) == Trust.learnt("any", nearly)
    told = orjson.loads(orjson.dumps(Trust.learnt("any", known).told))
    assert Trust.read(told) == Trust.learnt("any", known)
