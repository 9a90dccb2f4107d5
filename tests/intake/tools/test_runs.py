"""Logs of evaluation harnesses: outputs of several models for one prompt are one item."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.intake.tools.reading import DATA, Files, together

GSM = "out/org__m1/samples_gsm8k_2026-01-02T03-04-05.123456.jsonl"
GSM2 = "out/org__m2/samples_gsm8k_2026-01-03T03-04-05.123456.jsonl"
INSPECT = DATA / "inspect"


def sample(text: Any = "It is 4.", prompt: Any = "2+2?", doc: int = 0, **f: Any) -> dict[str, Any]:
    return {
        "doc_id": doc, "doc": {"question": "2+2?"}, "target": "4",
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": {"until": []}}},
        "resps": [[text]], "filtered_resps": ["4"], "filter": "strict-match",
        "metrics": ["exact_match"], "doc_hash": "d", "prompt_hash": "p", "target_hash": "t",
        "exact_match": 1.0, **f,
    }  # fmt: skip


def test_one_document_of_two_models_is_one_item_whatever_the_order_of_the_files() -> None:
    other = sample("Four.", exact_match=0.0)
    files: Files = {GSM: [sample()], GSM2: [other]}
    [item], judgments, _, wrong = together("lm-eval", files, language="en")
    assert (judgments, wrong) == ([], [])
    assert item["id"] == "lm-eval-gsm8k-0"
    assert [(r["model"], r["text"]) for r in item["responses"]] == [
        ("org/m1", "It is 4."), ("org/m2", "Four."),
    ]  # fmt: skip
    assert item["responses"][1]["metadata"] == {"scores": {"exact_match,strict-match": 0.0}}
    assert (item["metadata"], item["tags"]) == ({"target": "4"}, ["gsm8k"])
    back = together("lm-eval", dict(reversed(files.items())), language="en")[0]
    assert back == [item]


def test_a_line_for_each_filter_is_one_output_with_the_scores_of_all() -> None:
    loose = sample(filter="flexible-extract", exact_match=0.0)
    files: Files = {GSM: [sample(), loose]}
    [item], _, _, _ = together("lm-eval", files, "rating", language="en")
    [response] = item["responses"]
    assert response["metadata"]["scores"] == {
        "exact_match,strict-match": 1.0, "exact_match,flexible-extract": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "prompt"),
    [
        ([["2+2?", {"until": []}]], "2+2?"),
        ({"gen_args_0": {"arg_0": ["2+2?"]}}, "2+2?"),
        ({"gen_args_0": {"arg_0": ['[{"role": "user", "content": "2+2?"}]']}}, "2+2?"),
        ({"gen_args_0": {"arg_0": "[{not json"}}, "[{not json"),
    ],
)
def test_a_prompt_is_read_in_each_of_its_shapes(arguments: Any, prompt: str) -> None:
    files: Files = {GSM: [sample(arguments=arguments)]}
    [item], _, _, wrong = together("lm-eval", files, "rating", language="en")
    assert not wrong
    assert item["prompt"] == [{"role": "user", "content": prompt}]


def test_prompts_that_differ_by_model_are_refused_until_a_field_is_named() -> None:
    files: Files = {GSM: [sample()], GSM2: [sample("Four.", "<|user|>2+2?")]}
    [problem] = together("lm-eval", files, language="en")[3]
    assert "is another prompt than that of the first record" in problem
    [item], _, _, wrong = together("lm-eval", files, language="en", prompt="question")
    assert not wrong
    assert len(item["responses"]) == 2


def test_repeats_are_responses_and_likelihoods_are_counted() -> None:
    files: Files = {
        GSM: [
            sample(resps=[["a", "b"]]),
            sample(resps=[[[-3.0, False]], [[-1.0, True]]], doc=1),
            sample(resps=[[""]], doc=2),
        ]
    }
    [item], _, left, _ = together("lm-eval", files, language="en", model="mine")
    assert [(r["model"], r["text"]) for r in item["responses"]] == [("mine", "a"), ("mine", "b")]
    assert left == [
        "documents that were asked in several requests", "samples without an answer in text",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (sample(resps=None), "resps: must be a list"),
        (sample(doc_id=None), "doc_id: "),
        (sample(arguments={}), "arguments.gen_args_0: is missing"),
        (sample(metrics=[1]), "metrics[0]: must be text"),
    ],
)
def test_what_is_wrong_with_a_sample_is_named(record: Any, said: str) -> None:
    [problem] = together("lm-eval", {GSM: [record]}, "rating", language="en")[3]
    assert problem.startswith(f"{GSM}:1: {said}")


def test_real_logs_of_two_models_meet_in_one_item() -> None:
    files: Files = {n: (INSPECT / n).read_bytes() for n in ("popularity.eval", "popularity.json")}
    items, judgments, _, wrong = together("inspect", files, "rating", language="en")
    assert (judgments, wrong) == ([], [])
    assert len(items) == 10
    [both] = [item for item in items if len(item["responses"]) == 2]
    assert both["id"] == "inspect-popularity-1"
    assert [(r["model"], r["text"]) for r in both["responses"]] == [
        ("ollama/llama3.1", "No"), ("openai/gpt-4o-mini", "Yes"),
    ]  # fmt: skip
    assert both["responses"][0]["metadata"] == {"scores": {"match": "I"}}
    assert both["metadata"]["target"] == " Yes"


def test_choices_are_shown_as_the_model_saw_them() -> None:
    files: Files = {"c.eval": (INSPECT / "choices.eval").read_bytes()}
    [item], _, _, wrong = together("inspect", files, "rating", language="en")
    assert not wrong
    assert "A) " in item["prompt"][-1]["content"]


def log(**samples: Any) -> dict[str, Any]:
    return {"eval": {"model": "m", "task": "t"}, "samples": [inspected(**samples)]}


def inspected(content: Any = "Yes.", **fields: Any) -> dict[str, Any]:
    choices = [{"message": {"role": "assistant", "content": content}, "stop_reason": "stop"}]
    return {"id": 1, "epoch": 1, "input": "Why?", "target": "x", "output": {"choices": choices},
            **fields}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"content": [{"type": "reasoning"}, {"type": "text", "text": "Y"}]}, "Y"),
        ({"error": {"message": "boom"}}, None),
        ({"output": {"choices": []}}, None),
        ({"output": None}, None),
        ({"content": " "}, None),
    ],
)  # fmt: skip
def test_only_an_answer_in_text_is_one(fields: Any, text: str | None) -> None:
    data = json.dumps(log(**fields), indent=2).encode()
    items, _, left, wrong = together("inspect", {"l.json": data}, "rating", language="en")
    assert not wrong
    assert [item["responses"][0]["text"] for item in items] == ([] if text is None else [text])
    assert left == (["samples without an answer in text"] if text is None else [])


def test_what_is_no_number_in_an_event_is_of_no_interest_and_in_a_score_it_is() -> None:
    for name, said in (("events", []), ("scores", ["l.json:1: sample.scores.a"])):
        data = json.dumps(log(**{name: {"a": float("nan")}})).encode()
        wrong = together("inspect", {"l.json": data}, "rating", language="en")[3]
        assert [problem[: len("l.json:1: sample.scores.a")] for problem in wrong] == said


def packed(entries: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


HEADER = json.dumps({"eval": {"model": "m", "task": "t"}}).encode()
SAMPLE = json.dumps(inspected()).encode()
GOOD = {"header.json": HEADER, "samples/1_epoch_1.json": SAMPLE}


def reading(data: bytes) -> tuple[int, list[str]]:
    items, _, _, wrong = together("inspect", {"l.eval": data}, "rating", language="en")
    return len(items), wrong


def test_names_of_entries_are_no_paths() -> None:
    odd = {f"samples/{name}": SAMPLE for name in ("../../x.json", "a/b.json", "..\\y.json")}
    assert reading(packed({**odd, "/etc/passwd": b"", **GOOD}))[1] == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed({**GOOD, "samples/2.json": b"[" * 100}), "l.eval:2: "),
        (packed({**GOOD, "samples/2.json": b"3"}), "l.eval:2: line: must be one JSON object"),
        (packed({"samples/1.json": SAMPLE}), "l.eval:1: file: is no log of Inspect: it has no he"),
        (packed({**GOOD, "header.json": b"{}"}), "l.eval:1: file: is no log of Inspect: it has no"),
        (packed(GOOD)[:-30], "l.eval:1: file: is a damaged zip"),
        (packed(GOOD).replace(b"header.json", b"hXader.json", 1), "l.eval:1: file: is a damaged"),
        (packed(GOOD, zipfile.ZIP_LZMA), "l.eval:1: file: is packed in a way"),
        (b"PK\x05\x06", "l.eval:1: file: is a damaged zip"),
        (b"PK\x05\x06" + bytes(8) + b"\xff" * 8 + bytes(2), "l.eval:1: file: is a zip with more"),
        (b"PK\x06\x07" + packed(GOOD), "l.eval:1: file: is a zip with more entries"),
        (b"{}", "l.eval:1: file: is no log of Inspect: it has no eval"),
        (b'{"eval": {"model": 1}}', "l.eval:1: file: is no log of Inspect: it has no eval.model"),
        (b'{"eval": {"model": "m", "task": "t"}, "samples": 3}', "l.eval:1: file: is no log"),
        (b"[]", "l.eval:1: "),
        (b"", "l.eval:1: "),
    ],
)
def test_a_log_that_is_none_or_broken_is_refused(data: bytes, said: str) -> None:
    assert reading(data)[1][0].startswith(said)


def test_an_entry_that_unpacks_to_too_much_is_refused_before_it_is_in_memory() -> None:
    data = packed({**GOOD, "samples/2.json": bytes(80 << 20)})
    assert len(data) < 1 << 20
    assert reading(data) == (1, ["l.eval:1: file: is a zip that unpacks to more than is read here"])
    several = {f"samples/{i}.json": bytes(1 << 20) for i in range(300)}
    assert reading(packed({**GOOD, **several}))[1][-1].endswith("to more than is read here")


def test_a_directory_that_lies_about_sizes_is_found_out() -> None:
    data = bytearray(packed(GOOD))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1).to_bytes(4, "little")
    assert reading(bytes(data))[1][0].startswith("l.eval:")
    locked = bytearray(packed(GOOD))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.rindex(mark) + offset] |= 1
    assert reading(bytes(locked))[1][0] == "l.eval:1: file: is a zip with a password"
