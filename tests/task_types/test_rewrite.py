"""Rewrite: the response edited until it is what should have been said."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.task_types.builders import an_item, of_kind, posted, reasons, told, units_of
from workbench.messages import Invalid
from workbench.task_types import get
from workbench.task_types.base import Answer, AnswerRecord, Item, Policy, Record
from workbench.task_types.rewrite import answer as stored
from workbench.task_types.rewrite.difference import MOST_TOKENS, changes, distance

REWRITE = get("rewrite")
CONFIG = REWRITE.parse_config({})
ORIGINAL = "La capital es Medellín.\r\nSon las tres. "
ITEM = an_item(ORIGINAL)
BETTER = "La capital es Bogotá.\nSon las tres. "

#: Few letters, so that texts have much in common; and what counts as one but is two or more.
TEXT = st.text(alphabet="ab .\nñ👩", max_size=14)


def parse(config: dict[str, Any] = CONFIG, **form: str) -> Answer:
    """An answer from fields, of which `problem_tone` stands for `problem-tone`."""
    fields = {name.replace("problem_", "problem-"): value for name, value in form.items()}
    return REWRITE.parse_answer(posted(fields), ITEM, config)


def edit(text: str = BETTER, item: Item = ITEM, **parts: Any) -> Answer:
    return REWRITE.check_answer({"verdict": "edited", "text": text, **parts}, item, CONFIG)


def said(verdict: str, **parts: Any) -> Answer:
    reason = "no sé del tema" if verdict == "cannot_judge" else ""
    return REWRITE.check_answer({"verdict": verdict, "reason": reason, **parts}, ITEM, CONFIG)


def errors(read: Any, *args: Any, **named: Any) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        read(*args, **named)
    return sorted(refusal.value.errors)


def export(*answers: Answer, item: Item = ITEM, **policy: Any) -> list[Record]:
    named = told({f"r{i}": given for i, given in enumerate(answers)})
    return list(REWRITE.records(item, named, CONFIG, Policy(**policy)))


# The distance and the difference


def plain_distance(one: str, other: str) -> int:
    """Levenshtein by the table, cell by cell."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


@settings(deadline=None)
@given(one=TEXT, other=TEXT)
def test_the_distance_is_that_of_the_plain_table_in_code_points(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one) == plain_distance(one, other)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("👩‍🔬", "👩", 2),
        ("café", "cafe\u0301", 2),
    ],
)
def test_known_distances(one: str, other: str, apart: int) -> None:
    assert distance(one, other) == apart


def applied(original: str, edits: list[dict[str, Any]]) -> str:
    text = original
    for one in reversed(edits):
        assert original[one["start"] : one["end"]] == one["was"] != one["now"]
        text = text[: one["start"]] + one["now"] + text[one["end"] :]
    return text


@settings(deadline=None)
@given(original=TEXT, edited=TEXT)
def test_the_changes_make_the_edited_text_out_of_the_original(original: str, edited: str) -> None:
    found = changes(original, edited)
    assert applied(original, found) == edited
    assert (found == []) is (original == edited)
    # They come in order, and something that stays stands between any two.
    assert all(a["end"] < b["start"] for a, b in pairwise(found))


def test_changes_are_by_word_and_blanks_alone_keep_none_apart() -> None:
    assert changes("El gato gris come.", "El perro negro come, sí.") == [
        {"start": 3, "end": 12, "was": "gato gris", "now": "perro negro"},
        {"start": 17, "end": 17, "was": "", "now": ", sí"},
    ]
    assert changes("cafe\u0301 solo", "cafe solo") == [
        {"start": 0, "end": 5, "was": "cafe\u0301", "now": "cafe"}
    ]


def test_texts_too_long_to_be_aligned_have_one_change_between_what_they_share() -> None:
    many = MOST_TOKENS // 2 + 1
    original, edited = "uno " + "a " * many + "fin", "uno " + "b " * many + "c fin"
    [change] = changes(original, edited)
    assert applied(original, [change]) == edited
    assert (change["start"], original[change["end"] :]) == (4, " fin")


# Settings


def test_the_default_categories_speak_both_languages() -> None:
    assert len(CONFIG["problems"]) == 7
    assert CONFIG["reason_required"] is False
    for option in CONFIG["problems"]:
        assert all(option["title"][code] and option["help"][code] for code in ("es", "en"))


def test_a_project_brings_categories_of_its_own_or_none_at_all() -> None:
    own = {"problems": [{"code": "brand", "title": {"es": "Marca", "en": "Brand"}}]}
    assert [o["code"] for o in REWRITE.parse_config(own)["problems"]] == ["brand"]
    none = REWRITE.parse_config({"problems": []})
    assert none["problems"] == []
    assert [q.key for q in REWRITE.questions(none)] == ["verdict", "change"]
    assert errors(REWRITE.parse_config, {"problems": [{"code": ""}]}) == ["problems[0].code"]
    assert errors(REWRITE.parse_config, {"problems": {}, "reason_required": 1}) == [
        "problems",
        "reason_required",
    ]
    assert errors(REWRITE.parse_config, {"reasons": []}) == ["reasons"]


def test_an_item_has_one_response_that_is_short_enough_to_be_edited() -> None:
    longest = an_item("x" * stored.ORIGINAL_CAP)
    assert REWRITE.parse_item(longest, CONFIG) is longest
    assert errors(REWRITE.parse_item, an_item("a", "b"), CONFIG) == ["responses"]
    too_long = an_item("x" * (stored.ORIGINAL_CAP + 1))
    assert errors(REWRITE.parse_item, too_long, CONFIG) == ["responses[0].text"]


# The form


def test_an_edited_text_is_stored_with_its_distance_and_its_changes() -> None:
    answer = parse(
        verdict="edited",
        text=BETTER.replace("\n", "\r\n"),
        problem_tone="1",
        problem_factual_error="",
        reason=" Era otra ",
        distance="0",
        changes="[]",
    )
    assert list(answer) == list(stored.PARTS)
    assert answer == {
        "verdict": "edited",
        "text": BETTER,
        "distance": plain_distance("Medellín", "Bogotá"),
        "changes": [{"start": 14, "end": 22, "was": "Medellín", "now": "Bogotá"}],
        "problems": ["tone"],
        "reason": "Era otra",
    }


def test_the_edited_text_stays_as_it_is_to_the_code_point_but_for_line_ends() -> None:
    text = "\r\n\r\n  cafe\u0301 👩‍🔬\u200b\u2028\t \rfin \r\n"
    assert (
        parse(verdict="edited", text=text)["text"] == "\n\n  cafe\u0301 👩‍🔬\u200b\u2028\t \nfin \n"
    )


def test_categories_are_stored_in_the_projects_order() -> None:
    form = {"verdict": "edited", "text": BETTER, "problem-unsafe": "1", "problem-off_task": "1"}
    answer = REWRITE.parse_answer(posted(form), ITEM, CONFIG)
    assert answer["problems"] == ["off_task", "unsafe"]


@pytest.mark.parametrize(
    ("verdict", "apart"), [("good_as_is", 0), ("beyond_repair", None), ("cannot_judge", None)]
)
@pytest.mark.parametrize("text", [ORIGINAL, ORIGINAL.replace("\r\n", "\n"), "", None])
def test_the_other_verdicts_keep_no_text(verdict: str, apart: int | None, text: str | None) -> None:
    form = {"verdict": verdict, "reason": "así es", **({} if text is None else {"text": text})}
    answer = parse(**form)
    assert (answer["text"], answer["changes"], answer["distance"]) == ("", [], apart)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["verdict"]),
        # An untouched text says nothing, nor does a changed one alone.
        ({"text": ORIGINAL}, ["verdict"]),
        ({"text": BETTER}, ["verdict"]),
        ({"verdict": "edited", "text": ORIGINAL}, ["text"]),
        ({"verdict": "edited", "text": ORIGINAL.replace("\r\n", "\n")}, ["text"]),
        ({"verdict": "edited", "text": " \r\n "}, ["text"]),
        ({"verdict": "edited"}, ["text"]),
        ({"verdict": "edited", "text": "x" * (stored.TEXT_CAP + 1)}, ["text"]),
        ({"verdict": "edited", "text": "a\0b"}, ["text"]),
        ({"verdict": "fine", "text": BETTER}, ["verdict"]),
        # What was written must not get lost behind another verdict.
        ({"verdict": "good_as_is", "text": BETTER}, ["text"]),
        ({"verdict": "cannot_judge", "text": BETTER, "reason": "no sé"}, ["text"]),
        ({"verdict": "cannot_judge"}, ["reason"]),
        ({"verdict": "good_as_is", "problem_tone": "1"}, ["problem"]),
        ({"verdict": "edited", "text": BETTER, "problem_gone": "1"}, ["problem"]),
    ],
)
def test_what_is_refused_is_named_by_field(form: dict[str, str], fields: list[str]) -> None:
    assert errors(parse, **form) == fields


def test_only_the_text_that_was_changed_needs_a_reason_where_one_is_required() -> None:
    strict = REWRITE.parse_config({"reason_required": True})
    form = {"verdict": "edited", "text": BETTER}
    assert errors(parse, config=strict, **form) == ["problem"]
    assert errors(parse, config=strict, verdict="beyond_repair") == ["problem"]
    assert parse(config=strict, **form, problem_tone="1")["problems"] == ["tone"]
    assert parse(config=strict, **form, reason="Era otra")["reason"] == "Era otra"
    assert parse(config=strict, verdict="good_as_is")["reason"] == ""
    bare = REWRITE.parse_config({"reason_required": True, "problems": []})
    assert errors(parse, config=bare, **form) == ["reason"]


def test_the_form_is_filled_with_the_text_that_stood_in_it() -> None:
    assert REWRITE.fill_form(edit(), ITEM, CONFIG)["text"] == BETTER
    good = REWRITE.fill_form(said("good_as_is"), ITEM, CONFIG)
    assert good["text"] == ORIGINAL.replace("\r\n", "\n")


# Files


def test_a_files_distance_and_changes_are_computed_anew() -> None:
    forged = {**edit(), "distance": 99_999, "changes": [{"start": 0}]}
    assert REWRITE.check_answer(forged, ITEM, CONFIG) == edit()


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({}, ["verdict"]),
        ({"verdict": "edited"}, ["text"]),
        ({"verdict": "edited", "text": None}, ["text"]),
        ({"verdict": "good_as_is", "text": "Otra cosa."}, ["text"]),
        ({"verdict": "edited", "text": BETTER, "problems": "tone"}, ["problems"]),
        ({"verdict": "edited", "text": BETTER, "problems": ["tone", "x"]}, ["problems[1]"]),
        ({"verdict": "good_as_is", "problems": ["tone"]}, ["problems"]),
        ({"verdict": "good_as_is", "score": 1}, ["score"]),
    ],
)
def test_what_a_file_may_not_say_is_named_by_path(raw: Any, fields: list[str]) -> None:
    assert errors(REWRITE.check_answer, raw, ITEM, CONFIG) == fields


# Agreement


def test_the_verdict_comes_first_and_the_change_is_measured_as_a_share() -> None:
    asked = {question.key: question.distance for question in REWRITE.questions(CONFIG)}
    assert list(asked)[:2] == ["verdict", "change"]
    assert asked["change"] == "interval"
    item = an_item("aaaaaaaaaa")
    units = units_of(REWRITE, edit("aaaaaaaabbbbbbbbbb", item, problems=["tone"]), item, CONFIG)
    assert units["verdict", ""] == "edited"
    assert units["change", ""] == round(10 / 18, 2)
    assert units["problem.tone", ""] is True
    assert units["problem.unsafe", ""] is False


def test_a_response_that_is_good_is_unchanged_and_one_beyond_repair_has_no_measure() -> None:
    good = units_of(REWRITE, said("good_as_is"), ITEM, CONFIG)
    assert (good["verdict", ""], good["change", ""]) == ("good_as_is", 0.0)
    lost = units_of(REWRITE, said("beyond_repair", problems=["unsafe"]), ITEM, CONFIG)
    assert ("change", "") not in lost
    assert lost["problem.unsafe", ""] is True
    assert units_of(REWRITE, said("cannot_judge"), ITEM, CONFIG) == {}


# Records


def test_an_edit_is_chosen_over_its_original_and_is_a_completion() -> None:
    [pair] = of_kind(export(edit()), "preference")
    assert pair["chosen"].text == BETTER
    assert (pair["rejected"].id, pair["rejected"].model) == ("a", "model-a")
    # A trainer would learn the line ends of a form, not what was edited.
    assert pair["rejected"].text == ORIGINAL.replace("\r\n", "\n")
    assert (pair["n_for"], pair["n_against"], pair["n_tied"]) == (1, 0, 0)
    [completion] = of_kind(export(edit()), "completion")
    assert completion["response"].text == BETTER
    assert completion["draft"] is ITEM.responses[0]


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_what_is_good_as_it_is_trains_as_it_is_and_is_preferred_to_nothing(aggregate: str) -> None:
    found = export(said("good_as_is"), aggregate=aggregate)
    assert reasons(found, "preference") == ["good_as_is"]
    [completion] = of_kind(found, "completion")
    assert (completion["response"], completion["draft"]) == (ITEM.responses[0], None)


@pytest.mark.parametrize("aggregate", ["each", "majority"])
@pytest.mark.parametrize("verdict", ["beyond_repair", "cannot_judge"])
def test_what_cannot_be_kept_or_judged_trains_nothing(verdict: str, aggregate: str) -> None:
    found = export(said(verdict), aggregate=aggregate)
    assert reasons(found, "preference") == reasons(found, "completion") == [verdict]
    assert len(found) == 2


def test_each_edit_gives_its_own_pair() -> None:
    found = export(edit("Uno."), said("good_as_is"), edit("Dos."), aggregate="each")
    assert [p["chosen"].text for p in of_kind(found, "preference")] == ["Uno.", "Dos."]
    texts = [c["response"].text for c in of_kind(found, "completion")]
    assert texts == ["Uno.", ORIGINAL, "Dos."]


def test_of_several_edits_the_majority_gives_the_one_nearest_to_the_others() -> None:
    texts = ("La capital es Bogotá, creo.", "La capital es Bogotá.", "Ni idea de eso, la verdad.")
    found = export(*map(edit, texts))
    [pair] = of_kind(found, "preference")
    assert pair["chosen"].text == "La capital es Bogotá."
    assert (pair["n_for"], pair["n_against"]) == (3, 0)
    [completion] = of_kind(found, "completion")
    assert completion["response"].text == "La capital es Bogotá."
    assert (completion["n_judgments"], completion["agreement"]) == (3, 1.0)


def test_of_two_edits_the_one_nearer_to_the_original_stands() -> None:
    far, near = edit("Otra cosa muy distinta."), edit()
    for answers in ((far, near), (near, far)):
        [pair] = of_kind(export(*answers), "preference")
        assert pair["chosen"].text == BETTER


def test_more_than_half_must_have_edited() -> None:
    half = export(edit(), said("good_as_is"))
    assert reasons(half, "preference") == reasons(half, "completion") == ["no_majority"]
    most = export(edit(), edit(), said("good_as_is"), said("beyond_repair"), edit())
    [pair] = of_kind(most, "preference")
    assert (pair["n_for"], pair["n_against"]) == (3, 1)
    good = export(edit(), said("good_as_is"), said("good_as_is"))
    assert of_kind(good, "completion")[0]["response"].text == ORIGINAL


def test_who_cannot_judge_decides_nothing_and_counts_for_nothing() -> None:
    found = export(edit(), said("cannot_judge"), said("cannot_judge"))
    assert len(of_kind(found, "preference")) == 1
    few = export(edit(), said("cannot_judge"), min_judgments=2)
    assert reasons(few, "preference") == ["too_few_judgments"]


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_the_policys_thresholds_hold(aggregate: str) -> None:
    answers = (edit(), edit(), said("good_as_is"))
    strict = export(*answers, aggregate=aggregate, min_agreement=0.7)
    assert not of_kind(strict, "preference")
    assert set(reasons(strict, "preference")) == {"low_agreement"}
    assert of_kind(export(*answers, aggregate=aggregate, min_agreement=0.6), "preference")


def test_sides_that_a_template_makes_equal_are_no_pair_and_an_empty_text_is_none() -> None:
    trimmed = export(edit(ORIGINAL.strip()))
    assert reasons(trimmed, "preference") == ["identical_texts"]
    assert len(of_kind(trimmed, "completion")) == 1
    silent = an_item(" ")
    written = export(edit("Bogotá.", silent), item=silent)
    assert reasons(written, "preference") == ["empty_text"]
    assert len(of_kind(written, "completion")) == 1
    good = REWRITE.check_answer({"verdict": "good_as_is"}, silent, CONFIG)
    assert reasons(export(good, item=silent), "completion") == ["empty_text"]


def test_the_order_of_the_judgments_does_not_matter() -> None:
    texts = ("Uno dos.", "Uno tres.", "Uno dos.")
    named = [AnswerRecord(f"r{i}", edit(text)) for i, text in enumerate(texts)]
    for policy in (Policy(aggregate="each"), Policy()):
        one = list(REWRITE.records(ITEM, named, CONFIG, policy))
        assert one == list(REWRITE.records(ITEM, named[::-1], CONFIG, policy))


def test_a_criterion_is_refused() -> None:
    assert errors(export, edit(), criterion="helpful") == ["criterion"]
