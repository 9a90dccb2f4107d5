"""What leads settled, in an export: in the place of judgments, alone, or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.export.doubles import META, a_preference, an_answer, an_item, written_type
from workbench.export.formats import BY_NAME
from workbench.export.manifest import Manifest
from workbench.export.policy import parse_policy
from workbench.export.write import Given, write_export
from workbench.task_types.base import AnswerRecord, Decision, Item, Policy, Record

SETTLED = {"winner": "b"}


def _records(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
    """One preference an item, with how many answers it was made of and the first of them."""
    first = answers[0].answer.get("winner", "a")
    chosen, rejected = item.responses if first == "a" else reversed(item.responses)
    return [a_preference(item, chosen=chosen, rejected=rejected, n_for=len(answers), n_against=0)]


def _export(fmt: str = "trl-preference", **options: str) -> tuple[Manifest, list[dict[str, Any]]]:
    """Four items: judged alone, settled, left open, and judged by nobody."""
    answers = [an_answer("r01"), an_answer("r02")]
    lead = Decision("lead", SETTLED, "2026-11-21T08:00:00Z", 4)
    items: list[Given] = [
        (an_item("i-1"), answers),
        (an_item("i-2"), answers, lead),
        (an_item("i-3"), answers, Decision("lead", None)),
        (an_item("i-4"), [], None),
    ]
    out = io.BytesIO()
    manifest = write_export(items, written_type(_records), {}, BY_NAME[fmt], parse_policy(options),
                            target=out, meta=META)  # fmt: skip
    return manifest, [orjson.loads(line) for line in out.getvalue().splitlines()]


def _short(rows: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(row["id"], row["chosen_model"], row["n_for"]) for row in rows]


def test_a_decision_counts_in_the_place_of_the_judgments() -> None:
    manifest, rows = _export()
    assert _short(rows) == [("i-1", "m1", 2), ("i-2", "m2", 1)]
    assert (manifest.decided, manifest.dropped) == (1, {"left_open": 1})
    assert manifest.as_dict()["read"]["decided"] == 1
    assert manifest.judgments == 6


def test_only_decisions_may_count() -> None:
    manifest, rows = _export(decisions="only")
    assert _short(rows) == [("i-2", "m2", 1)]
    assert manifest.dropped == {"left_open": 1, "undecided": 1}


def test_decisions_may_count_for_nothing() -> None:
    manifest, rows = _export(decisions="ignore")
    assert _short(rows) == [("i-1", "m1", 2), ("i-2", "m1", 2), ("i-3", "m1", 2)]
    assert (manifest.decided, manifest.dropped) == (0, {})


@pytest.mark.parametrize("decisions", ["first", "only", "ignore"])
def test_raw_judgments_are_all_written_whatever_was_settled(decisions: str) -> None:
    _, rows = _export("judgments", decisions=decisions)
    assert [row["item"] for row in rows] == ["i-1", "i-1", "i-2", "i-2", "i-3", "i-3"]


def test_thresholds_ask_nothing_of_a_decision() -> None:
    seen: dict[str, Policy] = {}

    class Looking:
        def __init__(self) -> None:
            self._type = written_type(_records)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._type, name)

        def records(self, item: Item, answers: Any, config: Any, policy: Policy) -> Any:
            seen[item.id] = policy
            return self._type.records(item, answers, config, policy)

    items: list[Given] = [
        (an_item("i-1"), [an_answer()]),
        (an_item("i-2"), [an_answer()], Decision("lead", SETTLED)),
    ]
    policy = parse_policy({"min_judgments": "3", "min_agreement": "0.9", "ties": "both"})
    write_export(items, Looking(), {}, BY_NAME["trl-preference"], policy,
                 target=io.BytesIO(), meta=META)  # fmt: skip
    assert seen["i-1"] == replace(policy.policy, kind="preference")
    assert (seen["i-2"].min_judgments, seen["i-2"].min_agreement) == (1, 0.0)
    assert seen["i-2"].ties == "both"
