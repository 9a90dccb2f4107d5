"""doccano and Prodigy, which mark passages, and chat logs, which come without judgments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.intake.tools.reading import DATA, good, tiers, wrong
from workbench.intake.tools import TOOLS

SAID = {"language": "en", "severity": "2"}


def quotes(judgments: list[dict[str, Any]]) -> list[list[str]]:
    return [[flag["quote"] for flag in judgment["answer"]["flags"]] for judgment in judgments]


def test_the_real_samples_of_doccano_quote_what_they_mark() -> None:
    def read(name: str) -> Any:
        return good("doccano", (DATA / "doccano" / name).read_bytes(), "bias", **SAID)

    items, judgments, _ = read("sequence_labeling.jsonl")
    assert quotes(judgments) == [["EU", "German"], ["Peter Blackburn"], ["Obama"]]
    assert len({item["id"] for item in items}) == 3
    assert quotes(read("text_classification.jsonl")[1]) == [[""], [""], [""]]
    _, judgments, left = read("relation_extraction.jsonl")
    assert quotes(judgments) == [["Google", "September 4, 1998", "Larry Page", "Sergey Brin"]]
    assert left == {"relations": 3}


def test_doccano_counts_utf16_units() -> None:
    """The text and the offsets of doccano/doccano#2290."""
    text = "👨🏻‍🚒 firemen drive firetrucks"
    record = {"id": 7, "text": text, "label": [[22, 32, "ORG"]]}
    [item], judgments, _ = good("doccano", [record], "bias", **SAID)
    assert item["id"] == "doccano-7"
    assert quotes(judgments) == [["firetrucks"]]
    assert judgments[0]["answer"]["flags"][0]["start"] == 19


def test_an_empty_list_says_that_there_is_nothing_and_no_list_says_nothing() -> None:
    records = [{"text": "One", "label": [], "Comments": ["c"]}, {"text": "Two"}]
    items, judgments, left = good("doccano", records, "bias", **SAID, reviewer="ana")
    assert (len(items), left) == (2, {"comments": 1})
    assert [(j["reviewer"], j["answer"]["none"]) for j in judgments] == [("ana", True)]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ([0, 2], "label[0]: must be [start, end, label]"),
        ([0, 99, "ORG"], "label[0][1]: lies outside of the text"),
        ([0, 2, "NOBODY"], "label[0][2]: is no category of this project"),
        ([0, 2.5, "ORG"], "label[0][1]: must be a whole number"),
        ([2, 2, "ORG"], "judgment.answer.flags[0].end: "),
        (7, "label[0]: must be an object"),
    ],
)
def test_a_label_that_is_none_is_named(label: Any, said: str) -> None:
    [problem] = wrong("doccano", [{"text": "EU rejects", "label": [label]}], "bias", **SAID)
    assert problem.startswith(f"file.json:1: {said}")


def test_the_real_sample_of_prodigy_has_accepted_and_other_answers() -> None:
    content = (DATA / "prodigy" / "ner.jsonl").read_bytes()
    items, judgments, left = good("prodigy", content, "bias", **SAID)
    assert len(items) == 5
    assert left == {"tasks that were rejected or ignored": 1}
    assert quotes(judgments)[:2] == [["Uber", "Silicon Valley"], ["Pearl Automation", "Apple"]]
    assert items[0]["id"] == "prodigy-1886699658"
    assert items[0]["metadata"] == {"source": "The New York Times"}


def task(**fields: Any) -> dict[str, Any]:
    return {"text": "💩 text", "answer": "accept", "_session_id": "set-ana", **fields}


def test_prodigy_counts_code_points_and_a_label_alone_marks_the_whole() -> None:
    spans = [{"start": 2, "end": 6, "label": "ORG"}]
    judgments = good("prodigy", [task(spans=spans, label="INSULT")], "bias", **SAID)[1]
    assert quotes(judgments) == [["text"]]
    assert judgments[0]["reviewer"] == "prodigy-set-ana"
    assert quotes(good("prodigy", [task(label="INSULT", spans=[])], "bias", **SAID)[1]) == [[""]]
    assert good("prodigy", [task()], "bias", **SAID)[1][0]["answer"]["none"]
    [problem] = wrong("prodigy", [task(answer="maybe")], "bias", **SAID)
    assert problem.startswith("file.json:1: answer: ")


def test_two_options_of_prodigy_are_compared() -> None:
    options = [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]
    records = [task(options=options, accept=said, _input_hash=i)
               for i, said in enumerate((["b"], ["a", "b"]))]  # fmt: skip
    assert tiers(good("prodigy", records, language="en")[1]) == [[["b"], ["a"]], [["a", "b"]]]
    for said in ([], ["c"]):
        [problem] = wrong("prodigy", [task(options=options, accept=said)], language="en")
        assert problem.startswith("file.json:1: accept: must name one of the options")
    three = [*options, {"id": "c", "text": "C"}]
    [problem] = wrong("prodigy", [task(options=three, accept=["c"])], language="en")
    assert problem.startswith("file.json:1: options: must be two")


def log(*messages: tuple[str, Any], **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": r, "content": c} for r, c in messages], **fields}


def test_a_chat_log_is_an_item_to_be_judged() -> None:
    turns = (("developer", "Be brief."), ("user", [{"type": "text", "text": "Why?"}]))
    record = log(*turns, ("assistant", "<b>Because.</b>"), model="gpt-x", metadata={"k": 1})
    [item], judgments, _ = good("openai-chat", [record], "rating", language="en")
    assert judgments == []
    assert item["prompt"] == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"},
    ]  # fmt: skip
    assert item["responses"][0]["text"] == "<b>Because.</b>"
    assert item["metadata"] == {"k": 1}
    other = log(("user", "Why?"), ("assistant", "No."))
    ids = [i["id"] for i in good("openai-chat", [record, other], "rating", language="en")[0]]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({}, "messages: is missing"),
        (log(("user", "Why?")), "messages: must end with an answer"),
        (log(("user", "Why?"), ("assistant", None)), "messages[1].content: must be text"),
        (log(("boss", "Why?"), ("assistant", "No.")), "item.prompt[0].role: must be one of"),
    ],
)
def test_a_log_that_cannot_be_judged_is_named(record: Any, said: str) -> None:
    [problem] = wrong("openai-chat", [record], "rating", language="en")
    assert problem.startswith(f"file.json:1: {said}")


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS])
@pytest.mark.parametrize(
    "record", [{}, {"id": []}, {"data": 3, "text": 4, "messages": 5, "prompt": 6, "fields": 7}]
)
def test_no_record_breaks_a_reader(name: str, record: Any) -> None:
    [tool] = [tool for tool in TOOLS if tool.name == name]
    for type_slug in tool.types:
        assert wrong(name, [record], type_slug)
