"""Judgments that weigh: equal weights change nothing, and a weight is so many judgments."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.thorough import examples
from tests.task_types.builders import an_item, of_kind, posted, reasons
from tests.task_types.strategies import near_forms
from tests.task_types.test_contract import Case, cases, every_case, or_refused, with_criterion
from workbench import task_types
from workbench.task_types.base import AnswerRecord, Config, Item, Policy, Record
from workbench.task_types.ranking.agreement import is_forward, pair_name

#: What is counted in people, and so is not the same of one who weighs two as of two.
OF_PEOPLE = {"n_judgments", "n_for", "n_against", "n_tied", "agreement", "scores"}
#: Types whose reviewers cannot be told apart by reliability.
UNWEIGHED = ("rating", "rewrite")
weighed_case = pytest.mark.parametrize(
    "case", [each for each in cases() if not each.id.startswith(UNWEIGHED)]
)
RANKING = task_types.get("ranking")
CONFIG: Config = RANKING.parse_config({})


def judgments(case: Case, item: Item, data: Any, most: int = 5) -> list[AnswerRecord]:
    forms = data.draw(st.lists(near_forms(case.type.slug, item, case.config), max_size=most))
    read = partial(case.type.parse_answer, item=item, config=case.config)
    answers = [or_refused(partial(read, posted(form))) for form in forms]
    return [AnswerRecord(f"r{i}", each) for i, each in enumerate(answers) if each is not None]


def policy_of(case: Case, data: Any, **more: Any) -> Policy:
    drawn = Policy(
        ties=data.draw(st.sampled_from(["drop", "both"])),
        min_agreement=data.draw(st.sampled_from([0.0, 0.5, 0.6, 0.7])),
        **more,
    )
    return with_criterion(case, drawn)


def weighing(answer: AnswerRecord, weight: int) -> AnswerRecord:
    return dataclasses.replace(answer, weight=weight)


def without_people(records: list[Record]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (each.kind, {k: v for k, v in each.data.items() if k not in OF_PEOPLE})
        for each in records
        if "battle" not in (each.kind, each.data.get("of"))
    ]


@every_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data(), weight=st.integers(1, 20_000_000))
def test_equal_weights_change_nothing(case: Case, data: Any, weight: int) -> None:
    item = data.draw(st.sampled_from(case.items))
    given_ = judgments(case, item, data)
    policy = policy_of(case, data, min_judgments=data.draw(st.integers(1, 3)))
    alike = [weighing(each, weight) for each in given_]
    of = partial(case.type.records, item, config=case.config, policy=policy)
    assert list(of(answers=alike)) == list(of(answers=given_))


@weighed_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data())
def test_one_who_weighs_two_decides_as_two_who_say_the_same(case: Case, data: Any) -> None:
    item = data.draw(st.sampled_from(case.items))
    given_ = judgments(case, item, data)
    weights = data.draw(st.lists(st.integers(1, 4), min_size=len(given_), max_size=len(given_)))
    weighed = [weighing(each, w) for each, w in zip(given_, weights, strict=True)]
    people = [
        dataclasses.replace(each, reviewer=f"{each.reviewer}.{n}")
        for each, w in zip(given_, weights, strict=True)
        for n in range(w)
    ]
    of = partial(case.type.records, item, config=case.config, policy=policy_of(case, data))
    assert without_people(list(of(answers=weighed))) == without_people(list(of(answers=people)))


@weighed_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data())
def test_who_weighs_nothing_decides_nothing(case: Case, data: Any) -> None:
    item = data.draw(st.sampled_from(case.items))
    given_ = judgments(case, item, data)
    policy = policy_of(case, data)
    records = list(
        case.type.records(item, [weighing(each, 0) for each in given_], case.config, policy)
    )
    assert {each.kind for each in records} <= {"dropped", "battle"}


def preferring(*sides: tuple[int, int], strength: int | None = None) -> list[AnswerRecord]:
    """Judgments of two responses: (order, weight) each."""
    tiers = {1: [["a"], ["b"]], -1: [["b"], ["a"]], 0: [["a", "b"]]}
    return [
        AnswerRecord(
            f"r{i}",
            {"tiers": tiers[order], "unranked": [], "verdict": None,
             "strength": strength if order else None, "reason": ""},
            weight=weight,
        )
        for i, (order, weight) in enumerate(sides)
    ]  # fmt: skip


def test_rows_count_people_and_the_threshold_weighs_them() -> None:
    item = an_item("Sí.", "No.")
    said = preferring((1, 1), (1, 1), (-1, 7))
    [row] = of_kind(RANKING.records(item, said, CONFIG, Policy(kind="preference")), "preference")
    assert row["chosen"].id == "b"
    assert (row["n_for"], row["n_against"], row["n_tied"]) == (1, 2, 0)
    for least, kept in ((7 / 9, True), (0.78, False)):
        policy = Policy(kind="preference", min_agreement=least, min_judgments=3)
        records = list(RANKING.records(item, said, CONFIG, policy))
        assert bool(of_kind(records, "preference")) is kept
        assert reasons(records, "preference") == ([] if kept else ["low_agreement"])


def test_a_strength_is_the_mean_by_weight() -> None:
    item = an_item("Sí.", "No.")
    said = preferring((1, 1), (1, 1), (-1, 7), strength=2)
    records = list(RANKING.records(item, said, CONFIG, Policy()))
    [row], [graded] = of_kind(records, "preference"), of_kind(records, "graded")
    assert row["strength"] == graded["strength"] == pytest.approx((7 * 2 - 2 * 2) / 9)


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_a_pair_that_is_unsure_is_left_out_and_the_others_are_not(aggregate: Any) -> None:
    item = an_item("Uno.", "Dos.", "Tres.")
    ranking = {"tiers": [["b"], ["c"], ["a"]], "unranked": [], "verdict": None,
               "strength": None, "reason": ""}  # fmt: skip
    policy = Policy(aggregate=aggregate, unsure=frozenset({"a>b"}))
    records = list(RANKING.records(item, [AnswerRecord("r1", ranking)], CONFIG, policy))
    kept = {(each["chosen"].id, each["rejected"].id) for each in of_kind(records, "preference")}
    assert kept == {("c", "a"), ("b", "c")}
    assert reasons(records, "preference") == reasons(records, "ranking") == ["unsure"]
    labels = {each["response"].id: each["label"] for each in of_kind(records, "label")}
    assert labels == {"b": True, "a": False}
    every = dataclasses.replace(policy, unsure=frozenset({"a>b", "a>c", "b>c"}))
    records = list(RANKING.records(item, [AnswerRecord("r1", ranking)], CONFIG, every))
    assert {each.kind for each in records} == {"dropped", "battle"}


@given(st.text("ab>\\", min_size=1, max_size=4), st.text("ab>\\", min_size=1, max_size=4))
def test_a_pair_is_forward_by_its_ids_whatever_they_hold(a: str, b: str) -> None:
    assert is_forward(pair_name(a, b)) is (a < b)
