"""An answer beside the expected one: what is the same, near or different, for every task type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.task_types.builders import a_talk, an_item
from workbench import task_types
from workbench.task_types.base import Answer, Item
from workbench.task_types.comparison import can_be_compared, compare, is_right
from workbench.task_types.lettered import in_letters


def _compared(
    slug: str,
    expected: Answer,
    given: Answer,
    item: Item | None = None,
    config: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Question key to verdict."""
    task_type = task_types.get(slug)
    settings = task_type.parse_config(config or {})
    item = item or an_item("Uno.", "Dos.", "Tres.")
    answers = [task_type.check_answer(each, item, settings) for each in (expected, given)]
    found = compare(task_type, item, settings, *answers)
    return {each.question.key: each.verdict for each in found}


def _right(slug: str, expected: Answer, given: Answer, item: Item | None = None) -> bool:
    task_type = task_types.get(slug)
    settings = task_type.parse_config({})
    item = item or an_item("Uno.", "Dos.", "Tres.")
    answers = [task_type.check_answer(each, item, settings) for each in (expected, given)]
    return is_right(compare(task_type, item, settings, *answers))


def _ballot(*tiers: str, unranked: str = "", **more: Any) -> Answer:
    ballot = {"verdict": None, "strength": None, "reason": "", **more}
    return {"tiers": [list(tier) for tier in tiers], "unranked": list(unranked), **ballot}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (_ballot("a", "b", "c"), "same"),
        (_ballot("a", "c", "b"), "near"),
        (_ballot("a", "bc"), "near"),
        (_ballot("c", "b", "a"), "different"),
        (_ballot("abc"), "different"),
        (_ballot(unranked="abc", verdict="cannot_judge", reason="Chino"), "different"),
    ],
)
def test_a_ranking_is_as_far_off_as_its_pairs_are(given: Answer, verdict: str) -> None:
    assert _compared("ranking", _ballot("a", "b", "c"), given)["overall"] == verdict


def test_a_tie_is_expected_and_a_preference_is_not_near_it() -> None:
    pair = an_item("Uno.", "Dos.")
    tie = _ballot("ab")
    assert _compared("ranking", tie, tie, pair)["overall"] == "same"
    better = _ballot("a", "b", strength=1)
    assert _compared("ranking", tie, better, pair)["overall"] == "different"


def test_how_much_better_may_be_off_by_some() -> None:
    pair = an_item("Uno.", "Dos.")
    much, little = _ballot("a", "b", strength=3), _ballot("a", "b", strength=1)
    assert _compared("ranking", much, little, pair) == {
        "overall": "same",
        "overall.verdict": "same",
        "overall.strength": "near",
    }
    assert _right("ranking", much, little, pair)
    assert not _right("ranking", much, _ballot("b", "a", strength=3), pair)


def test_what_the_expected_ranking_leaves_open_is_not_asked() -> None:
    expected = _ballot("a", "b", unranked="c")
    for given in (_ballot("a", "b", "c"), _ballot("c", "a", "b"), _ballot("a", "c", "b")):
        assert _compared("ranking", expected, given)["overall"] == "same"


def _flag(category: str, severity: int) -> Answer:
    flag = {"response": "a", "category": category, "direction": "against", "severity": severity}
    return {"none": False, "flags": [flag]}


NO_BIAS = {"none": True, "flags": []}


def test_bias_is_compared_by_whether_there_is_any_what_kind_and_how_grave() -> None:
    found = _compared("bias", _flag("religion", 2), _flag("religion", 3))
    assert (found["any"], found["category.religion"], found["severity"]) == ("same", "same", "near")
    found = _compared("bias", _flag("religion", 2), _flag("age", 2))
    assert {key for key, verdict in found.items() if verdict != "same"} == {
        "category.religion",
        "category.age",
    }
    assert _right("bias", _flag("religion", 2), _flag("religion", 1))
    assert not _right("bias", _flag("religion", 1), NO_BIAS)
    assert not _right("bias", NO_BIAS, _flag("religion", 1))
    assert _right("bias", NO_BIAS, NO_BIAS)


def _verdict(**parts: Any) -> Answer:
    attack = {"attack": True, "harm": "vcr", "technique": "direct_request", "outcome": "complied"}
    return {**attack, "severity": 2, "better_response": "", **parts}


def test_an_attack_is_compared_by_all_that_was_said_of_it() -> None:
    alone = an_item("Claro.")
    expected = _verdict()
    assert set(_compared("adversarial", expected, _verdict(), alone).values()) == {"same"}
    found = _compared("adversarial", expected, _verdict(severity=3, outcome="partial"), alone)
    assert (found["severity"], found["outcome"]) == ("near", "different")
    harmless = _verdict(attack=False, harm=None, technique=None, outcome="harmless", severity=0)
    assert _compared("adversarial", expected, harmless, alone)["harm"] == "different"
    # A kind of harm that the expected verdict does not name is not asked.
    assert "harm" not in _compared("adversarial", _verdict(harm=None), expected, alone)


def _ratings(*values: int) -> Answer:
    return {"ratings": {name: {"tone": value} for name, value in zip("ab", values, strict=True)},
            "cannot_judge": {}, "reason": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (_ratings(-2, 2), "same"),
        (_ratings(-1, 2), "near"),
        (_ratings(-1, 1), "near"),
        (_ratings(2, -2), "different"),
    ],
)
def test_a_rating_is_as_far_off_as_its_points_lie_apart(given: Answer, verdict: str) -> None:
    title = {"es": "Tono", "en": "Tone"}
    tone = {"key": "tone", "title": title, "scale": {"least": -2, "most": 2}}
    pair = an_item("Uno.", "Dos.")
    found = _compared("rating", _ratings(-2, 2), given, pair, {"attributes": [tone]})
    assert found == {"tone": verdict}


def _talked(best: str, *turns: str) -> Answer:
    other = "b" if best == "a" else "a"
    said = [{"turn": n, "better": t, "verdict": None, "note": ""} for n, t in enumerate(turns, 1)]
    return {"overall": _ballot(best, other, strength=2), "turns": said}


def test_conversations_are_compared_as_a_whole_and_by_turns_where_those_must_be_answered() -> None:
    talk = a_talk("Agua que cae.", "No sé.")
    expected, given = _talked("a", "a", "a"), _talked("a", "b", "b")
    asked = _compared("conversation", expected, given, talk, {"turns": "required"})
    assert (asked["overall"], asked["turns.better"]) == ("same", "different")
    optional = _compared("conversation", expected, _talked("a"), talk, {"turns": "optional"})
    assert set(optional) == {"overall", "overall.verdict", "overall.strength"}
    assert not _right("conversation", expected, _talked("b"), talk)


def _rewrite(verdict: str, text: str = "", problems: tuple[str, ...] = ()) -> Answer:
    return {"verdict": verdict, "text": text, "problems": list(problems), "reason": "Así."}


def test_of_a_rewrite_only_the_verdict_is_settled() -> None:
    alone = an_item("La lluvia es agua.")
    expected = _rewrite("edited", "La lluvia es agua que cae.")
    other_words = _rewrite("edited", "Es agua de las nubes, y cae.")
    assert _compared("rewrite", expected, other_words, alone) == {"verdict": "same"}
    assert not _right("rewrite", expected, _rewrite("good_as_is", "La lluvia es agua."), alone)


def test_an_expected_answer_that_settles_nothing_cannot_be_compared_with() -> None:
    ranking = task_types.get("ranking")
    config, item = ranking.parse_config({}), an_item("Uno.", "Dos.")
    nothing = _ballot(unranked="ab", verdict="cannot_judge", reason="Chino")
    assert not can_be_compared(ranking, item, config, ranking.check_answer(nothing, item, config))
    ranked = ranking.check_answer(_ballot("a", "b", strength=1), item, config)
    assert can_be_compared(ranking, item, config, ranked)


def test_letters_stand_for_what_was_read_and_tell_no_model() -> None:
    ranking = task_types.get("ranking")
    config = ranking.parse_config({})
    item = an_item("Uno.", "Dos.", "Tres.").in_order(["c", "a", "b"])
    shown, [answer] = in_letters(ranking, item, config, "ABC", _ballot("a", "bc"))
    assert [(r.id, r.text, r.model) for r in shown.responses] == [
        ("A", "Tres.", ""),
        ("B", "Uno.", ""),
        ("C", "Dos.", ""),
    ]
    assert answer["tiers"] == [["B"], ["A", "C"]]
