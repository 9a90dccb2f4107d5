"""PRM800K: steps of a solution, each an item whose candidates were labelled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.intake.tools.reading import CONFIGS, DATA, good, two, wrong

SAMPLE = (DATA / "prm800k" / "phase2.jsonl").read_bytes()


@pytest.fixture
def scale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose attribute takes the three labels as they are."""
    attribute = {
        "key": "correct", "title": two("Correct"), "scale": {"least": -1, "most": 1}, "anchors": [],
    }  # fmt: skip
    monkeypatch.setitem(CONFIGS, "rating", {"attributes": [attribute]})


def step(*ratings: int | None, chosen: int | None = 0, **fields: Any) -> dict[str, Any]:
    completions = [{"text": f"s{i}", "rating": r, "flagged": None} for i, r in enumerate(ratings)]
    return {
        "completions": completions, "human_completion": None, "chosen_completion": chosen, **fields,
    }  # fmt: skip


def solution(*steps: Any, **fields: Any) -> dict[str, Any]:
    return {
        "labeler": "l1", "timestamp": "2022-07-17T16:56:51.323252", "generation": None,
        "is_quality_control_question": False, "is_initial_screening_question": False,
        "question": {"problem": "2+2?", "ground_truth_answer": "4"},
        "label": {"steps": list(steps), "total_time": 1000, "finish_reason": "solution"}, **fields,
    }  # fmt: skip


def test_the_real_sample_keeps_every_label_as_a_rating(scale: None) -> None:
    items, judgments, _ = good("prm800k", SAMPLE, "rating")
    said = [
        [values["correct"] for values in judgment["answer"]["ratings"].values()]
        for judgment in judgments
    ]
    assert said == [[0], [0], [-1, 0, -1, 0, 0]]
    assert [len(item["prompt"]) for item in items] == [1, 2, 2]
    assert items[2]["prompt"][1]["content"].count("\n") == 1
    assert items[2]["metadata"] == {"step": 3, "target": "40,\\!000"}
    assert judgments[0]["reviewer"] == "prm800k-340d89bc-f5b7-45e9-b272-909ba68ee363"


def test_the_real_sample_is_one_solution_judged_step_by_step() -> None:
    [item], [judgment], left = good("prm800k", SAMPLE, "steps")
    [response] = item["responses"]
    assert response["steps"][0].startswith("I want to find the largest positive integer")
    assert [m["role"] for m in item["prompt"]] == ["user"]
    assert judgment["answer"] == {"ratings": [0, 0, -1]}
    assert left == {"candidates that the solution did not go on from": 4}


def test_a_solution_ends_where_nobody_labelled_on_and_a_written_step_is_good() -> None:
    first = step(-1, -1, chosen=None, human_completion="By hand.")
    record = solution(step(1, 0), first, step(0, chosen=None), step(1))
    items, judgments, left = good("prm800k", [record, {**record, "labeler": "l2"}], "steps")
    assert [item["responses"][0]["steps"] for item in items] == [["s0", "By hand.", "s0"]] * 2
    assert items[0] == items[1]
    assert [judgment["answer"]["ratings"] for judgment in judgments] == [[1, 1, 0]] * 2
    assert left == {"candidates that the solution did not go on from": 6}
    _, _, left = good("prm800k", [solution(step(None, chosen=0))], "steps")
    assert left == {"candidates without a label": 1, "solutions without a labelled step": 1}


@pytest.mark.parametrize(("after", "ratings"), [("stop", [1, -1]), ("go_on", [1, -1, 1])])
def test_what_comes_after_a_bad_step_is_judged_where_the_project_goes_on(
    monkeypatch: pytest.MonkeyPatch, after: str, ratings: list[int]
) -> None:
    monkeypatch.setitem(CONFIGS, "steps", {"after_first_bad": after})
    [item], [judgment], _ = good("prm800k", [solution(step(1), step(-1), step(1))], "steps")
    assert len(item["responses"][0]["steps"]) == 3
    assert judgment["answer"] == {"ratings": ratings}


def test_the_real_sample_ranks_the_candidates_of_one_step() -> None:
    [item], [judgment], left = good("prm800k", SAMPLE)
    assert len(item["responses"]) == 5
    assert judgment["answer"]["tiers"] == [["1", "3", "4"], ["0", "2"]]
    assert left == {"steps with one candidate, which compare nothing": 2}


def test_steps_that_are_all_wrong_are_all_bad_and_others_alike_are_tied() -> None:
    record = solution(step(-1, -1, chosen=0), step(1, 1), step(1, 0, -1))
    _, judgments, _ = good("prm800k", [record])
    assert [(j["answer"]["verdict"], j["answer"]["tiers"]) for j in judgments] == [
        ("all_bad", []), (None, [["0", "1"]]), (None, [["0"], ["1"], ["2"]]),
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["By hand.", {"text": "By hand.", "rating": None}])
def test_what_a_person_wrote_is_in_the_prompt_of_what_follows(written: Any) -> None:
    first = step(-1, -1, chosen=None, human_completion=written)
    items, _, left = good("prm800k", [solution(first, step(1, 0, None))])
    assert items[1]["prompt"][1] == {"role": "assistant", "content": "By hand."}
    assert left == {"steps that a person wrote": 1, "candidates without a label": 1}


def test_two_labelers_of_one_step_judge_one_item_and_marks_are_tags() -> None:
    record = solution(step(1, 0), is_quality_control_question=True)
    items, judgments, _ = good("prm800k", [record, {**record, "labeler": "l2"}])
    assert items[0] == items[1]
    assert items[0]["tags"] == ["quality-control"]
    assert {judgment["reviewer"] for judgment in judgments} == {"prm800k-l1", "prm800k-l2"}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (solution(step(2, 0)), "label.steps[0].completions[0].rating: must be -1, 0 or 1"),
        (solution(step(True, 0)), "label.steps[0].completions[0].rating: must be a whole number"),
        (solution(step(1, 0, chosen=7)), "label.steps[0].chosen_completion: is the number of no"),
        (solution(step(1, 0, chosen=-1)), "label.steps[0].chosen_completion: is the number of no"),
        (solution(step(1, 0), labeler=None), "labeler: must be text or a whole number"),
        (solution(step(1, 0), label={}), "label.steps: is missing"),
        (solution(3), "label.steps[0]: must be an object"),
    ],
)
def test_what_is_wrong_is_named(record: Any, said: str) -> None:
    [problem] = wrong("prm800k", [record])
    assert problem.startswith(f"file.json:1: {said}")


def test_a_scale_without_the_label_is_a_problem_of_the_record() -> None:
    [problem] = wrong("prm800k", [solution(step(-1))], "rating")
    assert problem.startswith("file.json:1: judgment.answer.ratings.0.quality: ")
