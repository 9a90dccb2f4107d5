"""What every task type promises, whichever it is: this file runs over the registry."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.thorough import examples
from tests.task_types.builders import item_for, posted, told, units_of
from tests.task_types.strategies import JUNK, NOISE, near_forms, spoiled
from workbench import task_types
from workbench.messages import Invalid, Message
from workbench.task_types.base import (
    Answer,
    Config,
    Item,
    Policy,
    Record,
    RecordKind,
    Response,
    TaskType,
)
from workbench.task_types.comparison import compare
from workbench.task_types.lettered import in_letters

TEXTS = ("Sí 👩‍🔬, claro.", "cafe\u0301\r\ny más", "", "a", "Sí 👩‍🔬, claro.")
POLICIES = [
    Policy(ties=ties, aggregate=aggregate)
    for ties in ("drop", "both")
    for aggregate in ("each", "majority")
]
CRITERIA = [
    {"key": key, "title": {"es": key, "en": key}, "question": {"es": "¿Cuál?", "en": "Which?"}}
    for key in ("helpful", "safe")
]
#: Settings beyond the defaults that the same promises are held against.
MORE_CONFIGS: dict[str, list[dict[str, Any]]] = {
    "ranking": [
        {"criteria": CRITERIA},
        {"strengths": [], "allow_ties": False, "allow_partial": False},
        {"strengths": [1, 2, 3]},
    ],
    "rating": [
        {
            "attributes": [
                {"key": "tone", "title": {"es": "Tono", "en": "Tone"},
                 "scale": {"least": -2, "most": 2}},
                {"key": "safe", "title": {"es": "Segura", "en": "Safe"},
                 "scale": {"least": 0, "most": 10}},
            ],
            "decides": "safe",
            "allow_cannot_judge": False,
        }
    ],
    "conversation": [
        {"criteria": CRITERIA, "strengths": []},
        {"turns": "required", "allow_ties": False},
        {"turns": "off"},
    ],
    "rewrite": [{"problems": [], "reason_required": True}],
    "steps": [
        {"after_first_bad": "go_on", "neutral": False},
        {"after_first_bad": "go_on", "comment_required": True},
    ],
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Case:
    """A type with one of its settings and an item of each size it takes."""

    type: TaskType
    config: Config
    items: tuple[Item, ...]


def cases() -> Iterator[Any]:
    for task_type in task_types.TASK_TYPES:
        least, most = task_type.responses
        sizes = range(least, min(most or 5, 5) + 1)
        items = tuple(item_for(task_type, *TEXTS[:size]) for size in sizes)
        for i, raw in enumerate([{}, *MORE_CONFIGS.get(task_type.slug, [])]):
            case = Case(task_type, task_type.parse_config(raw), items)
            yield pytest.param(case, id=f"{task_type.slug}-{i}")


#: Time says nothing about right or wrong here: no hypothesis test has a deadline.
every_case = pytest.mark.parametrize("case", list(cases()))


def or_refused(read: Callable[[], Any]) -> Any:
    """What was read, or None where it was refused with reasons that can be shown anywhere."""
    refusal: Invalid | None = None
    try:
        return read()
    except Invalid as caught:
        refusal = caught
    assert refusal.errors
    for place, why in refusal.errors.items():
        assert len(f"{place}: {why}".encode()) < 3000
    return None


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


# Identity


def test_the_registry_lists_every_folder_and_no_other() -> None:
    here = Path(task_types.__file__).parent
    folders = {path.name for path in here.iterdir() if (path / "__init__.py").is_file()}
    assert folders == {task_type.slug for task_type in task_types.TASK_TYPES}
    assert len(task_types.BY_SLUG) == len(task_types.TASK_TYPES)


def test_a_type_is_found_by_its_slug() -> None:
    for task_type in task_types.TASK_TYPES:
        assert task_types.get(task_type.slug) is task_type
    with pytest.raises(KeyError):
        task_types.get("no-such-type")


@every_case
def test_titles_are_messages_and_question_keys_differ(case: Case) -> None:
    questions = case.type.questions(case.config)
    titles = [case.type.title, *(question.title for question in questions)]
    assert all(isinstance(title, Message) and str(title) for title in titles)
    assert len({question.key for question in questions}) == len(questions)
    assert case.type.version >= 1


@every_case
def test_a_distance_of_numbers_says_between_which_they_lie(case: Case) -> None:
    questions = {question.key: question for question in case.type.questions(case.config)}
    for question in questions.values():
        assert (question.range is not None) == (question.distance in ("ordinal", "interval"))
    for item in case.items:
        answer = case.type.example_answer(item, case.config)
        for unit in case.type.units(answer, item, case.config):
            if limits := questions[unit.question].range:
                assert limits[0] <= unit.value <= limits[1]


@every_case
def test_an_answer_is_the_same_as_itself_also_by_letters(case: Case) -> None:
    for item in case.items:
        answer = case.type.example_answer(item, case.config)
        compared = compare(case.type, item, case.config, answer, answer)
        assert compared
        assert {each.verdict for each in compared} == {"same"}
        letters = "ABCDE"[: len(item.responses)]
        shown, [told_again] = in_letters(case.type, item, case.config, letters, answer)
        again = compare(case.type, shown, case.config, told_again, told_again)
        assert [each.question for each in again] == [each.question for each in compared]
        assert not [response.model for response in shown.responses if response.model]


@every_case
def test_settings_survive_json_and_a_second_reading(case: Case) -> None:
    assert case.type.parse_config(through_json(case.config)) == case.config


@every_case
def test_items_of_another_size_are_refused(case: Case) -> None:
    least, most = case.type.responses
    for size in (least - 1, *([most + 1] if most else [])):
        with pytest.raises(Invalid) as refusal:
            case.type.parse_item(item_for(case.type, *TEXTS[:size]), case.config)
        assert list(refusal.value.errors) == ["responses"]
    for item in case.items:
        assert case.type.parse_item(item, case.config) == item


# Answers


@every_case
def test_an_empty_form_is_refused_by_field(case: Case) -> None:
    for item in case.items:
        with pytest.raises(Invalid) as refusal:
            case.type.parse_answer(posted(), item, case.config)
        assert refusal.value.errors
        assert all(str(why) for why in refusal.value.errors.values())


@every_case
def test_the_example_answer_is_clean_and_survives_json(case: Case) -> None:
    for item in case.items:
        answer = case.type.example_answer(item, case.config)
        assert through_json(answer) == answer
        assert_unchanged(case, item, answer)


def assert_unchanged(case: Case, item: Item, answer: Answer) -> None:
    """Key for key, in the same order, by file and by form, in any order of showing."""
    checked = case.type.check_answer(through_json(answer), item, case.config)
    assert json.dumps(checked) == json.dumps(answer)
    for ids in ([r.id for r in item.responses], [r.id for r in item.responses][::-1]):
        shown = item.in_order(ids)
        form = case.type.fill_form(answer, shown, case.config)
        again = case.type.parse_answer(posted(form), shown, case.config)
        assert json.dumps(again) == json.dumps(answer)


@every_case
def test_equal_answers_give_equal_units_and_known_questions(case: Case) -> None:
    keys = {question.key for question in case.type.questions(case.config)}
    for item in case.items:
        answer = case.type.example_answer(item, case.config)
        units = units_of(case.type, answer, item, case.config)
        assert {question for question, _ in units} <= keys
        turned = item.in_order([r.id for r in item.responses][::-1])
        assert units == units_of(case.type, through_json(answer), turned, case.config)
        assert all(isinstance(value, bool | int | float | str) for value in units.values())


@every_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data())
def test_any_form_is_refused_or_gives_an_answer_that_stays_as_it_is(case: Case, data: Any) -> None:
    item = data.draw(st.sampled_from(case.items))
    near = near_forms(case.type.slug, item, case.config)
    form = data.draw(st.just({}) | near) | data.draw(st.just({}) | NOISE)
    answer = or_refused(lambda: case.type.parse_answer(posted(form), item, case.config))
    if answer is not None:
        assert_unchanged(case, item, answer)


@every_case
def test_forms_near_the_right_one_are_often_taken(case: Case) -> None:
    """Guards the test above: it would prove little if every form that it makes were refused."""
    taken = []

    @settings(max_examples=examples(40, 400), derandomize=True, database=None, deadline=None)
    @given(data=st.data())
    def fill(data: Any) -> None:
        item = data.draw(st.sampled_from(case.items))
        form = posted(data.draw(near_forms(case.type.slug, item, case.config)))
        taken.append(or_refused(lambda: case.type.parse_answer(form, item, case.config)))

    fill()
    assert sum(answer is not None for answer in taken) >= len(taken) / 20


@every_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data())
def test_a_malformed_answer_is_refused_and_never_crashes(case: Case, data: Any) -> None:
    item = data.draw(st.sampled_from(case.items))
    example = case.type.example_answer(item, case.config)
    raw = data.draw(spoiled(example) | JUNK)
    clean = or_refused(lambda: case.type.check_answer(raw, item, case.config))
    if clean is not None:
        assert_unchanged(case, item, clean)


@every_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data())
def test_malformed_settings_are_refused_and_never_crash(case: Case, data: Any) -> None:
    raw = data.draw(spoiled(case.config) | JUNK)
    clean = or_refused(lambda: case.type.parse_config(raw))
    if clean is not None:
        assert case.type.parse_config(through_json(clean)) == clean


# Records


def with_criterion(case: Case, policy: Policy) -> Policy:
    return dataclasses.replace(policy, criterion="safe") if case.config.get("criteria") else policy


#: What records hold beside plain values, by their kind.
NESTED = {"ranking": {"tiers"}, "graded": {"scores"}, "stepwise": {"steps", "ratings"}}


def flat(data: Any) -> dict[str, Any]:
    """The data with each response as its id and each tuple as a list."""
    return {key: flat_value(value) for key, value in data.items()}


def flat_value(value: Any) -> Any:
    if isinstance(value, Response):
        return value.id
    return [flat_value(part) for part in value] if isinstance(value, tuple) else value


def unnamed(record: Record) -> Record:
    """The record without who gave the judgment."""
    data = dict(record.data)
    data.pop("reviewer", None)
    if "scores" in data:
        data["scores"] = tuple(score[1:] for score in data["scores"])
    return Record(record.kind, data)


def assert_sound(case: Case, records: list[Record]) -> None:
    """Flat records of known kinds; each says what it is of, and none could mislead a trainer."""
    for record in records:
        shown = flat(record.data)
        assert through_json(shown) == shown
        nested = {key for key, value in shown.items() if isinstance(value, list | dict | tuple)}
        assert nested == NESTED.get(record.kind, set())
        if record.kind == "dropped":
            assert record.data["of"] in case.type.record_kinds
            continue
        assert record.kind in case.type.record_kinds
        assert record.kind not in case.type.never_gives(case.config)
        if record.kind == "ranking":
            assert len(record.data["tiers"]) > 1
            assert not any(each.is_blank for tier in record.data["tiers"] for each in tier)
        if record.kind == "graded":
            assert 0 < record.data["strength"] <= 3
        if record.kind in ("preference", "graded"):
            assert not record.data["chosen"].says_the_same(record.data["rejected"])
            assert not record.data["chosen"].is_blank
        if record.kind == "span" and record.data["start"] is not None:
            text = record.data["response"].text
            assert text[record.data["start"] : record.data["end"]] == record.data["quote"] != ""


def test_what_settings_rule_out_is_told_with_the_reason() -> None:
    found = {}
    for [case] in (each.values for each in cases()):
        never = case.type.never_gives(case.config)
        assert set(never) <= set(case.type.record_kinds)
        assert all(str(why).endswith(".") for why in never.values())
        found[case.type.slug] = found.get(case.type.slug, set()) | set(never)
    assert {slug for slug, kinds in found.items() if kinds} == {"ranking", "conversation"}


@every_case
@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_examples_give_sound_records(case: Case, policy: Policy) -> None:
    for item in case.items:
        example = case.type.example_answer(item, case.config)
        answers = told(dict.fromkeys(("r1", "r2", "r3"), example))
        named = with_criterion(case, policy)
        records = list(case.type.records(item, answers, case.config, named))
        assert records
        assert_sound(case, records)


@every_case
@settings(max_examples=examples(40, 400), deadline=None)
@given(data=st.data())
def test_any_judgments_give_sound_records_in_an_order_of_their_own(case: Case, data: Any) -> None:
    item = data.draw(st.sampled_from(case.items))
    forms = data.draw(st.lists(near_forms(case.type.slug, item, case.config), max_size=4))
    read = partial(case.type.parse_answer, item=item, config=case.config)
    answers = [or_refused(partial(read, posted(form))) for form in forms]
    given = told({f"r{i}": answer for i, answer in enumerate(answers) if answer is not None})
    policy = dataclasses.replace(
        with_criterion(case, data.draw(st.sampled_from(POLICIES))),
        min_judgments=data.draw(st.integers(1, 3)),
        min_agreement=data.draw(st.sampled_from([0.0, 0.5, 0.7])),
    )
    records = list(case.type.records(item, given, case.config, policy))
    assert_sound(case, records)
    turned = item.in_order([r.id for r in item.responses][::-1])
    assert records == list(case.type.records(turned, given[::-1], case.config, policy))


@every_case
@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_a_kind_that_alone_is_wanted_is_the_same_as_among_all(case: Case, policy: Policy) -> None:
    def of(kind: str, records: Iterator[Record]) -> list[Record]:
        return [each for each in records if kind in (each.kind, each.data.get("of"))]

    for item in case.items:
        answers = told(dict.fromkeys(("r1", "r2"), case.type.example_answer(item, case.config)))
        named = with_criterion(case, policy)
        everything = list(case.type.records(item, answers, case.config, named))
        for kind in get_args(RecordKind):
            wanted = dataclasses.replace(named, kind=kind)
            alone = case.type.records(item, answers, case.config, wanted)
            assert of(kind, alone) == of(kind, iter(everything))


@every_case
@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_an_item_without_judgments_trains_nothing(case: Case, policy: Policy) -> None:
    for item in case.items:
        records = case.type.records(item, [], case.config, with_criterion(case, policy))
        assert all(record.kind == "dropped" for record in records)


def _unnamed(case: Case, item: Item, given: dict[str, Answer], policy: Policy) -> list[Record]:
    records = case.type.records(item, told(given), case.config, policy)
    return [unnamed(record) for record in records]


@every_case
def test_each_judgment_of_many_gives_what_it_gives_alone(case: Case) -> None:
    policy = with_criterion(case, Policy(aggregate="each"))
    for item in case.items:
        example = case.type.example_answer(item, case.config)
        one = _unnamed(case, item, {"r1": example}, policy)
        two = _unnamed(case, item, dict.fromkeys(("r1", "r2"), example), policy)
        assert len(two) == 2 * len(one)
        assert [record for record in two if record in one] == two
