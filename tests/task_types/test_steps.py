"""Steps: a solution judged step by step, and what becomes of it for training and agreement."""

from __future__ import annotations

from typing import Any

import pytest

from tests.task_types.builders import a_solution, of_kind, posted, reasons, units_of
from workbench.messages import Invalid
from workbench.task_types import get
from workbench.task_types.base import Answer, AnswerRecord, Policy, Record

STEPS = get("steps")
STOP = STEPS.parse_config({})
GO_ON = STEPS.parse_config({"after_first_bad": "go_on"})
ITEM = a_solution("Uno.")


def parse(config: dict[str, Any] = STOP, **form: str) -> Answer:
    fields = {name.replace("step_", "step-"): value for name, value in form.items()}
    return STEPS.parse_answer(posted(fields), ITEM, config)


def rated(*ratings: int, **parts: Any) -> Answer:
    return STEPS.check_answer({"ratings": list(ratings), **parts}, ITEM, STOP)


def errors(read: Any, *args: Any, **named: Any) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        read(*args, **named)
    return sorted(refusal.value.errors)


def export(*answers: Answer, weights: tuple[int, ...] = (), **policy: Any) -> list[Record]:
    each = weights or (1,) * len(answers)
    pairs = enumerate(zip(answers, each, strict=True))
    told = [AnswerRecord(f"r{i}", answer, weight=weight) for i, (answer, weight) in pairs]
    return list(STEPS.records(ITEM, told, STOP, Policy(**policy)))


def labels(records: list[Record]) -> list[tuple[tuple[int, ...], int, float]]:
    return [
        (data["ratings"], data["n_judgments"], round(data["agreement"], 3))
        for data in of_kind(records, "stepwise")
    ]


CANNOT: Answer = {"ratings": [], "cannot_judge": True, "comment": "no sé del tema"}


# Settings and answers


def test_settings_are_complete_and_wrong_ones_are_named() -> None:
    assert STOP == {"after_first_bad": "stop", "neutral": True, "comment_required": False}
    wrong = {"after_first_bad": "halt", "neutral": 1, "comment_required": None}
    assert errors(STEPS.parse_config, wrong) == sorted(wrong)
    assert errors(STEPS.parse_config, {"stop": True}) == ["stop"]


def test_where_the_project_stops_later_steps_are_passed_over() -> None:
    form = {"step_1": "1", "step_2": "-1", "step_3": "1", "comment": " 2 no es 4 "}
    assert parse(**form) == {"ratings": [1, -1], "cannot_judge": False, "comment": "2 no es 4"}
    assert parse(GO_ON, **form)["ratings"] == [1, -1, 1]
    assert errors(parse, GO_ON, step_1="-1") == ["step-2", "step-3"]
    assert errors(parse) == ["step-1", "step-2", "step-3"]


@pytest.mark.parametrize("value", ["2", "01", "--1", "true", "١", "good"])
def test_a_rating_is_one_of_the_three(value: str) -> None:
    assert errors(parse, step_1=value, step_2="-1") == ["step-1"]


def test_neutral_is_refused_where_a_project_has_none() -> None:
    config = STEPS.parse_config({"neutral": False})
    assert errors(parse, config, step_1="0", step_2="-1") == ["step-1"]
    assert errors(STEPS.check_answer, {"ratings": [0, -1]}, ITEM, config) == ["ratings[0]"]
    assert [question.key for question in STEPS.questions(config)] == ["mistake", "first_bad"]


def test_who_cannot_judge_says_why_and_rates_nothing() -> None:
    assert parse(cannot="1", comment=CANNOT["comment"]) == CANNOT
    assert errors(parse, cannot="1") == ["comment"]
    assert errors(parse, cannot="1", comment="x", step_2="1") == ["cannot"]
    both = {"ratings": [-1], "cannot_judge": True, "comment": "x"}
    assert errors(STEPS.check_answer, both, ITEM, STOP) == ["cannot_judge"]


def test_a_bad_step_needs_a_comment_where_the_project_asks_for_one() -> None:
    config = STEPS.parse_config({"comment_required": True})
    assert errors(parse, config, step_1="-1") == ["comment"]
    assert parse(config, step_1="1", step_2="1", step_3="0")["comment"] == ""


@pytest.mark.parametrize(
    ("ratings", "config", "wrong"),
    [
        ([1, 1], STOP, "ratings[2]"),
        ([-1, 1], STOP, "ratings[1]"),
        ([1, 1, 1, 1], STOP, "ratings[3]"),
        ([1, -1], GO_ON, "ratings[2]"),
        ([True, 1, 1], STOP, "ratings[0]"),
        ([1, 2, 1], STOP, "ratings[1]"),
        ("111", STOP, "ratings"),
        ([], STOP, "ratings[0]"),
    ],
)
def test_a_list_of_ratings_is_as_long_as_what_is_judged(
    ratings: Any, config: dict[str, Any], wrong: str
) -> None:
    assert errors(STEPS.check_answer, {"ratings": ratings}, ITEM, config) == [wrong]


# Agreement


def test_units_are_the_steps_that_were_judged_and_the_first_bad_one() -> None:
    assert units_of(STEPS, rated(0, -1), ITEM, STOP) == {
        ("mistake", "1"): False, ("mistake", "2"): True,
        ("rating", "1"): 0, ("rating", "2"): -1,
        ("first_bad", ""): 2,
    }  # fmt: skip
    assert units_of(STEPS, rated(1, 1, 1), ITEM, STOP)["first_bad", ""] == 0
    assert units_of(STEPS, CANNOT, ITEM, STOP) == {}


# Records


def test_each_judgment_speaks_for_itself_up_to_its_first_bad_step() -> None:
    answers = rated(1, 0, 1), rated(1, -1), CANNOT
    records = export(*answers, aggregate="each")
    assert labels(records) == [((1, 0, 1), 1, 0.5), ((1, -1), 1, 0.5)]
    assert reasons(records, "stepwise") == ["cannot_judge"]
    went_on = STEPS.check_answer({"ratings": [1, -1, 1]}, ITEM, GO_ON)
    assert labels(export(went_on)) == [((1, -1), 1, 1.0)]


def test_the_majority_decides_step_by_step_among_those_who_came_so_far() -> None:
    assert labels(export(rated(1, 1, -1), rated(1, 0, -1), rated(-1))) == [((1, 0, -1), 3, 0.667)]
    # Good, neutral and bad: two of three find it not bad.
    assert labels(export(rated(1, 1, 1), rated(0, 1, 1), rated(-1))) == [((0, 1, 1), 3, 0.667)]
    assert reasons(export(rated(1, -1), rated(1, 1, 1)), "stepwise") == ["no_majority"]
    assert reasons(export(CANNOT), "stepwise") == ["cannot_judge"]
    assert reasons(export(), "stepwise") == ["too_few_judgments"]


def test_thresholds_hold_for_every_step_that_is_left() -> None:
    said = rated(1, 1, 1), rated(1, 1, 1), rated(1, -1)
    assert labels(export(*said, min_agreement=0.6)) == [((1, 1, 1), 3, 0.667)]
    assert reasons(export(*said, min_agreement=0.7), "stepwise") == ["low_agreement"]
    assert reasons(export(*said, min_judgments=3), "stepwise") == ["too_few_judgments"]
    assert reasons(export(*said, unsure=frozenset("2")), "stepwise") == ["unsure"]
    # Who weighs more decides; where nothing weighs, nobody does.
    assert labels(export(*said, weights=(1, 1, 3))) == [((1, -1), 3, 0.333)]
    assert reasons(export(*said, weights=(0, 0, 0)), "stepwise") == ["no_weight"]


def test_there_is_no_criterion_to_name() -> None:
    assert errors(export, rated(-1), criterion="helpful") == ["criterion"]
