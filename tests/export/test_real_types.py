"""The exporter with the task types of the product, over answers of every sort."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.doubles import META
from workbench.export.formats import FORMATS, check_fits, formats_for
from workbench.export.manifest import Manifest, summary_lines
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.reasons import REASONS
from workbench.export.write import Judged, write_export
from workbench.intake.judgments import parse_judgment
from workbench.messages import Invalid
from workbench.task_types import TASK_TYPES, get
from workbench.task_types.base import Answer, AnswerRecord, Config, Item, Response, TaskType, Turn

Draw = Callable[[st.SearchStrategy[Any]], Any]

TEXTS = ("Es Bogotá 🏙️, claro.", "Es Bogotá 🏙️, claro. ", "No lo sé.", "")
POLICIES = [
    {"aggregate": aggregate, "ties": ties, "min_judgments": least, "min_agreement": share}
    for aggregate in ("each", "majority")
    for ties in ("drop", "both")
    for least, share in (("1", "0"), ("2", "0.7"))
]
SLUGS = [task_type.slug for task_type in TASK_TYPES]


def a_ranking(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """Tiers with ties, some left unranked; or one of the verdicts. By criterion if asked so."""
    if config.get("criteria"):
        plain = {**config, "criteria": []}
        return {"criteria": {c["key"]: a_ranking(draw, item, plain) for c in config["criteria"]}}
    ids = [response.id for response in item.responses]
    verdict = draw(st.sampled_from([None, None, None, "all_bad", "cannot_judge"]))
    places = draw(st.lists(st.integers(-1, 2), min_size=len(ids), max_size=len(ids)))
    if verdict or sum(place >= 0 for place in places) < 2:
        places, verdict = [-1] * len(ids), verdict or "all_bad"
    strict = len(ids) == 2 and min(places) >= 0 and places[0] != places[1]
    by_place = [[i for i, p in zip(ids, places, strict=True) if p == at] for at in range(3)]
    return {
        "tiers": [tier for tier in by_place if tier],
        "unranked": [i for i, place in zip(ids, places, strict=True) if place < 0],
        "verdict": verdict,
        "strength": draw(st.sampled_from([None, 2, 3])) if strict else None,
        "reason": "no context" if verdict == "cannot_judge" else "",
    }


def a_bias(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """Up to two flags, on a passage or on the whole response; or none."""
    flags = []
    for response in item.responses[: draw(st.integers(0, 2))]:
        whole = not response.text.strip() or draw(st.booleans())
        start = None if whole else draw(st.integers(0, 3))
        end = None if start is None else start + draw(st.integers(1, 5))
        flags.append(
            {
                "response": response.id,
                "start": start,
                "end": end,
                "quote": "" if start is None else response.text[start:end],
                "category": draw(st.sampled_from(config["taxonomy"][:2]))["code"],
                "direction": draw(st.sampled_from(config["directions"]))["code"],
                "severity": draw(st.integers(1, 3)),
                "reason": draw(st.sampled_from(["", "porque sí"])),
            }
        )
    return {"none": not flags, "flags": flags}


def an_adversarial(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """Any verdict that does not contradict itself."""
    attack = draw(st.booleans())
    outcomes = ["complied", "partial", "refused", "harmless"] + ([] if attack else ["over_refused"])
    return {
        "attack": attack,
        "harm": draw(st.sampled_from(config["harms"]))["code"] if attack else None,
        "technique": draw(st.sampled_from(config["techniques"]))["code"] if attack else None,
        "outcome": draw(st.sampled_from(outcomes)),
        "severity": draw(st.integers(0, 3)),
        "better_response": draw(st.sampled_from(["", "No puedo ayudar con eso.", TEXTS[0]])),
    }


def a_rating(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """Any rating of some responses; the others cannot be judged."""
    unjudged = {r.id: "no context" for r in item.responses if draw(st.integers(0, 4)) == 0}
    ratings = {
        r.id: {
            attribute["key"]: draw(
                st.integers(attribute["scale"]["least"], attribute["scale"]["most"])
            )
            for attribute in config["attributes"]
        }
        for r in item.responses
        if r.id not in unjudged
    }
    return {"ratings": ratings, "cannot_judge": unjudged, "reason": ""}


def a_comparison(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """A ranking of the two, and something on some of their turns."""
    said = [
        {"better": item.responses[0].id},
        {"better": item.responses[1].id},
        {"verdict": "tie"},
        {"verdict": "both_bad", "note": "¿Por qué?"},
    ]
    turns = draw(st.lists(st.integers(1, 2), unique=True))
    return {
        "overall": a_ranking(draw, item, config),
        "turns": [{"turn": n, **draw(st.sampled_from(said))} for n in turns],
    }


def a_rewrite(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """An edit, which may change blanks alone; or one of the other verdicts."""
    verdict = draw(st.sampled_from(["edited", "edited", "good_as_is", "beyond_repair"]))
    others = [
        text for text in (*TEXTS, "Es Cali.") if text.strip() and text != item.responses[0].text
    ]
    if draw(st.integers(0, 5)) == 0:
        return {"verdict": "cannot_judge", "reason": "no sé"}
    return {
        "verdict": verdict,
        "text": draw(st.sampled_from(others)) if verdict == "edited" else "",
    }


def a_judged_solution(draw: Draw, item: Item, config: dict[str, Any]) -> Answer:
    """Ratings up to the first bad step, which need not come; or a refusal to judge."""
    if draw(st.integers(0, 5)) == 0:
        return {"cannot_judge": True, "comment": "no sé"}
    drawn = [draw(st.sampled_from([1, 1, 0, -1])) for _ in item.responses[0].steps]
    return {"ratings": drawn[: drawn.index(-1) + 1] if -1 in drawn else drawn}


ANSWERS = {
    "ranking": a_ranking,
    "bias": a_bias,
    "adversarial": an_adversarial,
    "rating": a_rating,
    "conversation": a_comparison,
    "rewrite": a_rewrite,
    "steps": a_judged_solution,
}


def a_response(task_type: TaskType, name: str, text: str) -> Response:
    """A text, or a conversation or a solution that begins with it."""
    if task_type.shape == "steps":
        return Response(name, "", f"m-{name}", steps=(text, "Luego, 4."))
    if task_type.shape == "text":
        return Response(name, text, f"m-{name}")
    more = (Turn("user", "¿Seguro?"), Turn("assistant", "Sí."))
    return Response(name, "", f"m-{name}", turns=(Turn("assistant", text), *more))


@st.composite
def judged_items(draw: Draw, slug: str, config: Config | None = None) -> list[Judged]:
    """Up to four items with up to four judgments each, checked as import checks them."""
    task_type = get(slug)
    config = config or task_type.parse_config({})
    size = task_type.responses[1] or draw(st.integers(2, 4))
    items: list[Judged] = []
    for n in range(draw(st.integers(1, 4))):
        texts = draw(st.lists(st.sampled_from(TEXTS), min_size=size, max_size=size))
        responses = tuple(
            a_response(task_type, i, text) for i, text in zip("abcd"[:size], texts, strict=True)
        )
        item = Item(f"i-{n}", "es", (Turn("user", f"¿Pregunta {n}?"),), responses)
        answers = [
            AnswerRecord(
                reviewer=f"r{k}",
                answer=task_type.check_answer(ANSWERS[slug](draw, item, config), item, config),
                at=f"2026-11-20T15:04:0{k}Z",
                active_seconds=draw(st.sampled_from([None, 41.25])),
                shown=draw(st.sampled_from([(), tuple(r.id for r in responses)])),
                guideline_version=draw(st.sampled_from([None, 3])),
            )
            for k in range(draw(st.integers(0, 4)))
        ]
        items.append((item, answers))
    return items


def export(
    task_type: TaskType, items: list[Judged], fmt_name: str, policy: ExportPolicy
) -> tuple[list[dict[str, Any]], Manifest]:
    """Rows and manifest of an export to a stream."""
    out = io.BytesIO()
    fmt = next(fmt for fmt in FORMATS if fmt.name == fmt_name)
    config = task_type.parse_config({})
    manifest = write_export(items, task_type, config, fmt, policy, target=out, meta=META)
    content = out.getvalue()
    if fmt.array:
        return orjson.loads(content), manifest
    return [orjson.loads(line) for line in content.splitlines()], manifest


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_people_answer_every_format_gives_sound_rows(
    slug: str, data: st.DataObject
) -> None:
    task_type = get(slug)
    items = data.draw(judged_items(slug))
    policy = parse_policy(data.draw(st.sampled_from(POLICIES)))
    for fmt in formats_for(task_type):
        rows, manifest = export(task_type, items, fmt.name, policy)
        assert len({tuple(row) for row in rows}) <= 1
        assert all(fmt.check(row) is None for row in rows)
        assert manifest.rows == len(rows)
        assert set(manifest.dropped) <= set(REASONS)
        # Faults that a task type lets through are faults of the task type.
        faults = {"wrong_values", "wrong_columns", "wrong_ranks", "equal_ranks"}
        assert not {*faults, "label_not_boolean"} & set(manifest.dropped)
        assert all(str(line) for line in summary_lines(manifest))


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_exported_judgments_come_back_as_they_were(slug: str, data: st.DataObject) -> None:
    task_type = get(slug)
    items = data.draw(judged_items(slug))
    rows, manifest = export(task_type, items, "judgments", ExportPolicy())
    given_answers = [(item, answer) for item, answers in items for answer in answers]
    assert len(rows) == manifest.judgments == len(given_answers)
    for row, (item, answer) in zip(rows, given_answers, strict=True):
        back = parse_judgment(row)
        assert (back.item, back.reviewer) == (item.id, answer.reviewer)
        assert back.at is not None
        assert back.at.strftime("%Y-%m-%dT%H:%M:%SZ") == answer.at
        assert back.active_seconds == answer.active_seconds
        assert (back.shown or ()) == answer.shown
        config = task_type.parse_config({})
        assert task_type.check_answer(back.answer, item, config) == answer.answer


def test_the_majority_of_a_ranking_becomes_a_preference() -> None:
    task_type = get("ranking")
    config = task_type.parse_config({})
    responses = (Response("a", "Bogotá.", "m1"), Response("b", "Cali.", "m2"))
    item = Item("i-1", "es", (Turn("user", "¿Capital?"),), responses)
    said = [[["a"], ["b"]], [["a"], ["b"]], [["b"], ["a"]]]
    answers = [
        AnswerRecord(f"r{n}", task_type.check_answer({"tiers": tiers}, item, config))
        for n, tiers in enumerate(said)
    ]
    rows, _ = export(task_type, [(item, answers)], "trl-preference", ExportPolicy())
    assert [(row["chosen_model"], row["n_for"], row["n_against"]) for row in rows] == [("m1", 2, 1)]
    strict = parse_policy({"min_agreement": "0.7"})
    rows, manifest = export(task_type, [(item, answers)], "trl-preference", strict)
    assert (rows, manifest.dropped) == ([], {"low_agreement": 1})


def test_a_criterion_that_the_project_does_not_have_is_refused_at_its_field() -> None:
    task_type = get("ranking")
    config = task_type.parse_config({})
    item = Item("i-1", "es", (Turn("user", "a"),), (Response("a", "x"), Response("b", "y")))
    answer = AnswerRecord("r1", task_type.example_answer(item, config))
    with pytest.raises(Invalid) as caught:
        export(
            task_type, [(item, [answer])], "trl-preference", parse_policy({"criterion": "charm"})
        )
    assert list(caught.value.errors) == ["criterion"]


def test_every_type_has_a_format_of_its_own_and_judgments() -> None:
    offered = {slug: [fmt.name for fmt in formats_for(get(slug))] for slug in SLUGS}
    preferences = {"trl-preference", "trl-implicit", "llama-factory", "nemo-rl", "openai-dpo"}
    preferences |= {"rewardbench"}
    labels = {"trl-unpaired", "llama-factory-kto"}
    rankings = {"trl-reward", "helpsteer-preference", "listwise", "lmarena-battles"}
    beside, exchange = {"prompt-only", "judgments"}, {"label-studio", "argilla"}
    assert {slug: set(names) - beside for slug, names in offered.items()} == {
        "ranking": preferences | labels | rankings | exchange,
        "bias": labels | {"bias-spans", "label-studio"},
        "adversarial": preferences | labels | {"adversarial-labels", "safety"},
        "rating": preferences | {"attribute-ratings"} | exchange,
        "conversation": preferences | labels | rankings,
        "rewrite": preferences | {"trl-sft"},
        "steps": {"trl-stepwise"},
    }
    assert all(beside <= set(names) for names in offered.values())


def test_a_type_cannot_give_what_it_has_no_records_of() -> None:
    spans = next(fmt for fmt in FORMATS if fmt.name == "bias-spans")
    with pytest.raises(Invalid):
        check_fits(spans, get("ranking"))
