"""What other tools read as it is, and what comes back: identical items and judgments."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.doubles import META
from tests.export.test_real_types import Draw, judged_items
from workbench.export.formats import BY_NAME
from workbench.export.policy import ExportPolicy
from workbench.export.write import Judged, write_export
from workbench.intake import item_as_dict, open_source, parse_judgment
from workbench.intake.tools import BY_NAME as TOOLS
from workbench.intake.tools import read_records
from workbench.intake.tools.base import Given
from workbench.task_types import get
from workbench.task_types.base import AnswerRecord, Config, Item, Response, Turn

WAYS = [(name, slug) for name in ("label-studio", "argilla") for slug in BY_NAME[name].types]


def written(name: str, slug: str, items: list[Judged], config: Config) -> bytes:
    """The file."""
    out = io.BytesIO()
    write_export(items, get(slug), config, BY_NAME[name], ExportPolicy(), target=out, meta=META)
    return out.getvalue()


def came_back(name: str, slug: str, content: bytes, config: Config) -> tuple[list[Any], list[Any]]:
    """Items, and the judgments in them as exports have them, but for the guideline."""
    source = open_source(io.BytesIO(content), "file.json")
    items, said = [], []
    for line in read_records(source, TOOLS[name], get(slug), Given(slug, config, {})):
        assert line.parsed is not None, [str(problem) for problem in line.problems]
        [(item, _)] = line.parsed.items
        items.append(item)
        for raw in line.parsed.judgments:
            judgment = parse_judgment(raw)
            at = "" if judgment.at is None else judgment.at.strftime("%Y-%m-%dT%H:%M:%SZ")
            answer = get(slug).check_answer(judgment.answer, item, config)
            record = AnswerRecord(
                judgment.reviewer, answer, at, judgment.active_seconds, judgment.shown or ()
            )
            said.append((item.id, record))
    return items, said


def without_guidelines(items: list[Judged]) -> list[tuple[str, AnswerRecord]]:
    return [(i.id, replace(a, guideline_version=None)) for i, answers, *_ in items for a in answers]


@pytest.mark.parametrize(("name", "slug"), WAYS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_people_answer_goes_out_and_comes_back_as_it_was(
    name: str, slug: str, data: st.DataObject
) -> None:
    config = get(slug).parse_config(data.draw(st.sampled_from(CONFIGS[slug])))
    items = data.draw(judged_items(slug, config))
    found, said = came_back(name, slug, written(name, slug, items, config), config)
    assert [item_as_dict(i) for i in found] == [item_as_dict(item) for item, *_ in items]
    assert sorted(said, key=lambda each: (each[0], each[1].reviewer)) == without_guidelines(items)


def two(text: str) -> dict[str, str]:
    return {"es": text, "en": text}


def attribute(key: str, least: int, most: int) -> dict[str, Any]:
    return {"key": key, "title": two(key), "scale": {"least": least, "most": most}}


CONFIGS: dict[str, list[dict[str, Any]]] = {
    "ranking": [{}, {"criteria": [{"key": k, "title": two(k)} for k in ("helpful", "safe")]}],
    "rating": [
        {},
        {"attributes": [attribute("stars", 1, 5)]},
        {"attributes": [attribute("stars", 1, 5), attribute("mood", -2, 2)]},
    ],
    "bias": [{}],
}


@st.composite
def odd_items(draw: Draw) -> Item:
    """Texts, names and metadata of every sort that an item may have."""
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
    names = st.text("abcXYZ 09_-.é", min_size=1, max_size=8).map(lambda t: f"n{t.strip()}")
    values = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | text, st.lists)
    ids = draw(st.lists(names, min_size=2, max_size=5, unique=True))
    return Item(
        draw(names),
        draw(st.sampled_from(["es", "en-GB"])),
        tuple(
            Turn(draw(st.sampled_from(["user", "assistant", "system", "tool"])), draw(text))
            for _ in range(draw(st.integers(1, 3)))
        ),
        tuple(
            Response(i, draw(text), draw(st.sampled_from(["", "m1"])),
                     draw(st.dictionaries(names, values, max_size=2)))
            for i in ids
        ),
        tags=tuple(draw(st.lists(names, max_size=2, unique=True))),
        harm=draw(st.sampled_from([None, "vcr"])),
        metadata=draw(st.dictionaries(names, values, max_size=2)),
        severity=draw(st.sampled_from([None, 0, 3])),
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted({name for name, _ in WAYS}))
@settings(max_examples=100, deadline=None)
@given(item=odd_items())
def test_an_item_of_every_sort_comes_back_as_it_was(name: str, item: Item) -> None:
    config = get("ranking").parse_config({})
    [found], said = came_back(
        name, "ranking", written(name, "ranking", [(item, [])], config), config
    )
    assert item_as_dict(found) == item_as_dict(item)
    assert said == []


@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_file_is_one_array_with_a_row_a_line(n: int) -> None:
    responses = (Response("a", "x"), Response("b", "y"))
    items: list[Any] = [
        (Item(f"i{k}", "es", (Turn("user", "?"),), responses), []) for k in range(n)
    ]
    content = written("label-studio", "ranking", items, get("ranking").parse_config({}))
    assert len(orjson.loads(content)) == n
    assert len(content.splitlines()) == n + 2


def test_a_passage_behind_an_emoji_is_counted_as_the_browser_counts() -> None:
    config = get("bias").parse_config({})
    item = Item("i", "es", (Turn("user", "?"),), (Response("a", "💩 Ada y Eva"),))
    flag = {"response": "a", "start": 2, "end": 5, "quote": "Ada", "severity": 2, "reason": "",
            "category": config["taxonomy"][0]["code"],
            "direction": config["directions"][0]["code"]}  # fmt: skip
    answer = get("bias").check_answer({"flags": [flag]}, item, config)
    [task] = orjson.loads(
        written("label-studio", "bias", [(item, [AnswerRecord("r", answer)])], config)
    )
    value = task["annotations"][0]["result"][0]["value"]
    assert (value["start"], value["end"], value["text"]) == (3, 6, "Ada")


def test_what_somebody_added_there_is_a_judgment_of_theirs() -> None:
    config = get("ranking").parse_config({})
    item = Item("i", "es", (Turn("user", "?"),), (Response("a", "x"), Response("b", "y")))
    answer = get("ranking").example_answer(item, config)
    [task] = orjson.loads(
        written("label-studio", "ranking", [(item, [AnswerRecord("r", answer)])], config)
    )
    theirs = {
        "id": "x", "type": "pairwise", "from_name": "preference", "to_name": "preference",
        "value": {"selected": "right"},
    }  # fmt: skip
    task["id"] = 99
    task["annotations"].append(
        {"completed_by": 7, "created_at": "2026-01-02T03:04:05Z", "result": [theirs]}
    )
    task["annotations"][0]["completed_by"] = 1
    [back], said = came_back("label-studio", "ranking", orjson.dumps([task]), config)
    assert back.id == "i"
    assert [(record.reviewer, record.answer["tiers"]) for _, record in said] == [
        ("r", [["a"], ["b"]]), ("label-studio-7", [["b"], ["a"]]),
    ]  # fmt: skip


def test_what_somebody_added_in_argilla_is_a_judgment_of_theirs_and_bad_json_is_named() -> None:
    config = get("ranking").parse_config({})
    item = Item("i", "es", (Turn("user", "?"),), (Response("A", "x"), Response("2", "y")))
    answer = get("ranking").example_answer(item, config)
    [record] = orjson.loads(
        written("argilla", "ranking", [(item, [AnswerRecord("r", answer)])], config)
    )
    ranks = [{"value": "response_1", "rank": 1}, {"value": "response_2", "rank": 1}]
    record["responses"]["preference"].append({"value": ranks, "user_id": "u7"})
    [back], said = came_back("argilla", "ranking", orjson.dumps([record]), config)
    assert back.id == "i"
    assert [(r.reviewer, r.answer["tiers"]) for _, r in said] == [
        ("r", [["2"], ["A"]]), ("argilla-u7", [["2", "A"]]),
    ]  # fmt: skip
    record["metadata"]["workbench"] = "{"
    source = open_source(io.BytesIO(orjson.dumps([record])), "f.json")
    [line] = read_records(source, TOOLS["argilla"], get("ranking"), Given("ranking", config, {}))
    assert [str(problem) for problem in line.problems] == [
        "f.json:1: metadata.workbench: is not JSON"
    ]
