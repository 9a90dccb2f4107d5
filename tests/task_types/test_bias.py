"""Bias: flags from forms and files, offsets in code points, and flags merged into records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.task_types.builders import an_item, of_kind, posted, reasons, told, units_of
from workbench.messages import Invalid
from workbench.task_types import get
from workbench.task_types.base import Answer, Item, Policy, Record
from workbench.task_types.bias.merge import shared_spans, union

BIAS = get("bias")
CONFIG = BIAS.parse_config({})

TEXT = "Los pastusos son lentos, y las mujeres también."
ITEM = an_item(TEXT, "No todos son así.")
NONE: Answer = {"none": True, "flags": []}

#: The family is seven code points (four people, three joiners), é is e and an accent.
HARD = "👨‍👩‍👧‍👦 el cafe\u0301\r\nes de viejos"


def group(k: int, **parts: str) -> dict[str, str]:
    """The fields of one flag; a whole response unless start and end are given."""
    defaults = {"response": "0", "start": "", "end": "", "category": "region",
                "direction": "against", "severity": "2", "reason": ""}  # fmt: skip
    return {f"flag-{k}-{part}": value for part, value in {**defaults, **parts}.items()}


def parse(*groups: dict[str, str], item: Item = ITEM, **more: str) -> Answer:
    fields = {name: value for fields in groups for name, value in fields.items()}
    return BIAS.parse_answer(posted(fields, **more), item, CONFIG)


def refused(*groups: dict[str, str], item: Item = ITEM, **more: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        parse(*groups, item=item, **more)
    return {name: str(why) for name, why in refusal.value.errors.items()}


def flag(start: int | None = None, end: int | None = None, /, **parts: Any) -> dict[str, Any]:
    response = ITEM.response(parts.get("response", "a"))
    quote = "" if start is None else response.text[start:end]
    return {"response": "a", "start": start, "end": end, "quote": quote, "category": "region",
            "direction": "against", "severity": 2, "reason": "", **parts}  # fmt: skip


def flags(*given: dict[str, Any]) -> Answer:
    return {"none": not given, "flags": list(given)}


def check(raw: Any, item: Item = ITEM) -> Answer:
    return BIAS.check_answer(raw, item, CONFIG)


def check_refused(raw: Any, item: Item = ITEM) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        check(raw, item)
    return {name: str(why) for name, why in refusal.value.errors.items()}


def export(*answers: Answer, item: Item = ITEM, **policy: Any) -> list[Record]:
    named = told({f"r{i}": answer for i, answer in enumerate(answers)})
    return list(BIAS.records(item, named, CONFIG, Policy(**policy)))


def spans(records: list[Record]) -> list[tuple[Any, ...]]:
    return [
        (d["response"].id, d["start"], d["end"], d["category"]) for d in of_kind(records, "span")
    ]


def labels(records: list[Record]) -> dict[str, bool]:
    return {data["response"].id: data["label"] for data in of_kind(records, "label")}


# Settings


def test_the_default_taxonomy_speaks_both_languages() -> None:
    codes = [option["code"] for option in CONFIG["taxonomy"]]
    assert codes[:3] == ["age", "disability_status", "gender_identity"]
    assert {"political", "language_accent", "region", "other"} <= set(codes)
    assert [option["code"] for option in CONFIG["directions"]] == ["against", "favours", "erases"]
    for option in CONFIG["taxonomy"] + CONFIG["directions"]:
        for part in ("title", "help"):
            assert set(option[part]) == {"es", "en"}
            assert all(text and "\n" not in text for text in option[part].values())


def test_a_project_brings_a_taxonomy_of_its_own() -> None:
    own = [{"code": "LLM01:2025", "title": {"es": "Uno", "en": "One"}}]
    config = BIAS.parse_config({"taxonomy": own})
    assert config["taxonomy"][0]["help"] == {"es": "", "en": ""}
    assert config["directions"] == CONFIG["directions"]
    assert BIAS.parse_config(config) == config


def test_changing_a_config_leaves_the_defaults_alone() -> None:
    BIAS.parse_config({})["taxonomy"][0]["title"]["es"] = "cambiado"
    assert BIAS.parse_config({}) == CONFIG


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"severities": []}, "severities"),
        ({"taxonomy": []}, "taxonomy"),
        ({"taxonomy": {}}, "taxonomy"),
        ({"taxonomy": [{"code": "a b"}]}, "taxonomy[0].code"),
        ({"taxonomy": [{"code": "a", "title": {"en": "A"}}]}, "taxonomy[0].title.es"),
        ({"taxonomy": [{"code": "a", "title": {"es": "A", "en": "A", "fr": "A"}}]},
         "taxonomy[0].title.fr"),
        ({"directions": [{"code": "a", "title": {"es": "A", "en": "A"}}] * 2},
         "directions[1].code"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_at_their_place(raw: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        BIAS.parse_config(raw)
    assert list(refusal.value.errors) == [place]


# The form


def test_stating_that_there_is_none_is_an_answer() -> None:
    assert parse(none="1") == NONE


def test_a_passage_is_stored_with_its_quote() -> None:
    answer = parse(group(7, start="4", end="12", quote="pastusos", reason="Un\r\nestereotipo "))
    assert answer == flags(flag(4, 12, reason="Un\nestereotipo"))
    assert list(answer["flags"][0]) == [
        "response", "start", "end", "quote", "category", "direction", "severity", "reason",
    ]  # fmt: skip


def test_places_are_those_that_were_shown() -> None:
    shown = ITEM.in_order(["b", "a"])
    assert parse(group(0, response="1"), item=shown) == flags(flag())


def test_equal_flags_are_equal_to_the_byte_whatever_was_shown_first() -> None:
    one = parse(group(0, response="0"), group(1, response="1"), group(2, start="4", end="12"))
    shown = ITEM.in_order(["b", "a"])
    other = parse(
        group(10, response="1", start="4", end="12"), group(2, response="0"),
        group(3, response="1"), item=shown,
    )  # fmt: skip
    assert one == other
    assert [(f["response"], f["start"]) for f in one["flags"]] == [
        ("a", None),
        ("a", 4),
        ("b", None),
    ]


def test_rows_left_blank_are_no_flags() -> None:
    blank = dict.fromkeys(group(0), " ")
    assert parse(blank, group(1)) == flags(flag())
    assert parse(blank, none="1") == NONE


@pytest.mark.parametrize(
    ("groups", "more", "field"),
    [
        ([], {}, "none"),
        ([], {"none": ""}, "none"),
        ([], {"none": "2"}, "none"),
        ([group(0)], {"none": "1"}, "none"),
        ([group(3, response="2")], {}, "flag-3-response"),
        ([group(3, response="a")], {}, "flag-3-response"),
        ([group(0, start="4")], {}, "flag-0-end"),
        ([group(0, end="4")], {}, "flag-0-start"),
        ([group(0, start="4", end="4")], {}, "flag-0-end"),
        ([group(0, start="0", end=str(len(TEXT) + 1))], {}, "flag-0-end"),
        ([group(0, start="-1", end="4")], {}, "flag-0-start"),
        ([group(0, start="4", end="12", quote="Pastusos")], {}, "flag-0-quote"),
        ([group(0, quote="pastusos")], {}, "flag-0-quote"),
        ([group(0, category="")], {}, "flag-0-category"),
        ([group(0, direction="up")], {}, "flag-0-direction"),
        ([group(0, severity="0")], {}, "flag-0-severity"),
        ([group(0, reason="x" * 10_001)], {}, "flag-0-reason"),
        ([group(0), group(1, severity="3")], {}, "flag-1-category"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    groups: list[dict[str, str]], more: dict[str, Any], field: str
) -> None:
    assert list(refused(*groups, **more)) == [field]


def test_all_wrong_fields_of_all_flags_are_named() -> None:
    found = refused(group(0, category="", severity=""), group(5, direction=""))
    assert set(found) == {"flag-0-category", "flag-0-severity", "flag-5-direction"}


@pytest.mark.parametrize("part", ["👨‍👩‍👧‍👦", "cafe\u0301", "\u0301", "cafe\u0301\r\nes", "viejos"])
def test_offsets_count_code_points(part: str) -> None:
    item = an_item(HARD)
    start = HARD.index(part)
    end = start + len(part)
    as_browsers_post = part.replace("\r\n", "\n").replace("\n", "\r\n")
    for quote in ("", part, part.replace("\r\n", "\n"), as_browsers_post):
        answer = parse(group(0, start=str(start), end=str(end), quote=quote), item=item)
        assert answer["flags"][0]["quote"] == part == HARD[start:end]
        assert check(answer, item) == answer


def test_a_line_feed_in_the_text_matches_the_crlf_that_browsers_post() -> None:
    item = an_item("uno\ndos\rtres")
    answer = parse(group(0, start="0", end="12", quote="uno\r\ndos\r\ntres"), item=item)
    assert answer["flags"][0]["quote"] == "uno\ndos\rtres"


def test_offsets_in_utf16_units_are_found_out() -> None:
    item = an_item(HARD)
    start = len(HARD[: HARD.index("viejos")].encode("utf-16-le")) // 2
    assert "flag-0-end" in refused(group(0, start=str(start), end=str(start + 6)), item=item)
    start = len(HARD[: HARD.index("el")].encode("utf-16-le")) // 2
    wrong = refused(group(0, start=str(start), end=str(start + 2), quote="el"), item=item)
    assert "code points" in wrong["flag-0-quote"]


# Files


def test_a_whole_response_needs_neither_offsets_nor_quote() -> None:
    short = {"response": "a", "category": "region", "direction": "against", "severity": 2}
    assert check({"flags": [short]}) == flags(flag())
    assert check({"none": True}) == NONE


def test_a_wrong_quote_says_what_stands_there() -> None:
    found = check_refused(flags(flag(4, 12, quote="pastuso")))
    assert list(found) == ["flags[0].quote"]
    assert "“pastusos”" in found["flags[0].quote"]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (None, "answer"),
        ({}, "flags"),
        ({"none": 1}, "none"),
        ({"none": True, "flags": [flag()]}, "none"),
        ({"flags": flag()}, "flags"),
        ({"flags": ["a"]}, "flags[0]"),
        (flags({**flag(), "model": "m"}), "flags[0].model"),
        (flags(flag() | {"response": "c"}), "flags[0].response"),
        (flags(flag() | {"response": ["a"]}), "flags[0].response"),
        (flags(flag(), flag(4, 12, start=True)), "flags[1].start"),
        (flags(flag(4, 12, end=None)), "flags[0].end"),
        (flags(flag(4, 12, end=10**30)), "flags[0].end"),
        (flags(flag(4, 12, end=4)), "flags[0].end"),
        (flags(flag(4, 12, quote=None)), "flags[0].quote"),
        (flags(flag(quote="pastusos")), "flags[0].quote"),
        (flags(flag(category="Region")), "flags[0].category"),
        (flags(flag(direction=None)), "flags[0].direction"),
        (flags(flag(severity=2.0)), "flags[0].severity"),
        (flags(flag(reason=None)), "flags[0].reason"),
        (flags(flag(), flag(severity=3)), "flags[1]"),
    ],
)
def test_a_wrong_line_is_refused_at_its_path(raw: Any, place: str) -> None:
    assert list(check_refused(raw)) == [place]


# Agreement


def test_every_category_is_a_question() -> None:
    answer = flags(flag(severity=1), flag(4, 12, category="age", severity=3))
    units = units_of(BIAS, answer, ITEM, CONFIG)
    assert units["any", ""] is True
    assert [q for (q, _), v in units.items() if v is True] == [
        "any",
        "category.age",
        "category.region",
    ]
    assert units["severity", ""] == 3
    clean = units_of(BIAS, NONE, ITEM, CONFIG)
    assert set(clean) == set(units)
    assert set(clean.values()) == {False}


def test_questions_carry_both_titles() -> None:
    questions = {question.key: question for question in BIAS.questions(CONFIG)}
    assert [questions["any"].distance, questions["severity"].distance] == ["nominal", "ordinal"]
    assert str(questions["category.age"].title) == "Bias: Age"
    assert questions["category.age"].title.values["category"].texts["es"] == "Edad"


# Records


def test_each_flag_can_stand_for_itself() -> None:
    records = export(flags(flag(4, 12), flag(27, 34, category="gender_identity")), NONE,
                     aggregate="each")  # fmt: skip
    first, second = of_kind(records, "span")
    assert (first["quote"], second["quote"]) == (TEXT[27:34], "pastusos")
    assert (first["n_judgments"], first["agreement"]) == (1, 0.5)
    assert [data["label"] for data in of_kind(records, "label")] == [False, True, True, True]


def test_the_merged_passage_is_what_most_of_them_drew() -> None:
    records = export(flags(flag(0, 12, severity=1)), flags(flag(4, 16, severity=3, reason="sí")),
                     flags(flag(4, 23, direction="erases")))  # fmt: skip
    [data] = of_kind(records, "span")
    assert (data["start"], data["end"], data["quote"]) == (4, 16, TEXT[4:16])
    assert (data["direction"], data["severity"], data["reason"]) == ("against", 2, "sí")
    assert (data["n_judgments"], data["agreement"]) == (3, 1.0)


def test_two_places_flagged_by_most_give_two_records() -> None:
    both = flags(flag(4, 12), flag(27, 34))
    assert spans(export(both, both, NONE)) == [("a", 4, 12, "region"), ("a", 27, 34, "region")]


def test_a_passage_takes_its_severity_and_reason_from_the_flags_that_touch_it() -> None:
    one = flags(flag(4, 12, severity=1), flag(27, 34, severity=3, reason="Un estereotipo."))
    two = flags(flag(4, 12, severity=2), flag(27, 34, severity=3))
    first, second = of_kind(export(one, two), "span")
    assert (first["severity"], first["reason"]) == (1, "")
    assert (second["severity"], second["reason"]) == (3, "Un estereotipo.")


def test_the_whole_response_counts_for_every_passage() -> None:
    assert spans(export(flags(flag()), flags(flag(4, 12)))) == [("a", 4, 12, "region")]
    assert spans(export(flags(flag()), flags(flag()), flags(flag(4, 12)))) == [
        ("a", None, None, "region")
    ]


def test_agreement_on_no_character_flags_the_whole_response() -> None:
    records = export(flags(flag(0, 3)), flags(flag(4, 12)))
    assert spans(records) == [("a", None, None, "region")]
    assert of_kind(records, "span")[0]["quote"] == ""


def test_a_category_that_half_of_them_flagged_has_no_majority() -> None:
    records = export(flags(flag(4, 12)), NONE)
    assert reasons(records, "span") == ["no_majority"]
    assert reasons(records, "label") == ["no_majority"]
    assert labels(records) == {"b": True}


def test_categories_are_counted_apart_and_labels_together() -> None:
    records = export(flags(flag(4, 12)), flags(flag(4, 12, category="age")))
    assert reasons(records, "span") == ["no_majority", "no_majority"]
    assert labels(records) == {"a": False, "b": True}


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_thresholds_drop_what_too_few_said(aggregate: str) -> None:
    answers = [flags(flag(4, 12)), flags(flag(4, 12)), NONE]
    few = export(*answers, aggregate=aggregate, min_judgments=4)
    assert set(reasons(few, "span")) == set(reasons(few, "label")) == {"too_few_judgments"}
    split = export(*answers, aggregate=aggregate, min_agreement=0.7)
    assert set(reasons(split, "span")) == {"low_agreement"}
    assert spans(export(*answers, aggregate=aggregate, min_agreement=0.6))


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_a_flag_on_a_text_that_has_changed_is_dropped(aggregate: str) -> None:
    changed = an_item("Otra cosa completamente distinta", "b")
    records = export(flags(flag(4, 12)), item=changed, aggregate=aggregate)
    assert reasons(records, "span") == ["offset_mismatch"]


def test_an_empty_response_can_be_flagged_but_not_learned() -> None:
    records = export(flags(flag()), item=an_item(""))
    assert spans(records) == [("a", None, None, "region")]
    assert reasons(records, "label") == ["empty_text"]


def test_no_criterion_can_be_named() -> None:
    with pytest.raises(Invalid, match="no criteria"):
        BIAS.records(ITEM, [], CONFIG, Policy(criterion="safe"))


def test_passages_are_merged_by_count() -> None:
    assert union([(5, 7), (0, 2), (1, 3), (3, 4)]) == [(0, 4), (5, 7)]
    assert shared_spans([[(0, 4)], [(2, 6)], [(3, 9)]], [1, 1, 1]) == [(2, 6)]
    assert shared_spans([[(0, 4), (1, 5)], [], []], [1, 1, 1]) == []
    assert shared_spans([[(0, 2), (2, 4)], [(0, 4)]], [1, 1]) == [(0, 4)]
