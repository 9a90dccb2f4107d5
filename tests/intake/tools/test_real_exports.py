"""Files that the tools themselves wrote: where each is from stands in its README."""

from __future__ import annotations

import orjson

from tests.intake.tools.reading import DATA, good, tiers, wrong

STUDIO = DATA / "label-studio"


def test_pairs_that_two_people_clicked_in_label_studio() -> None:
    items, judgments, left = good("label-studio", (STUDIO / "pairwise.json").read_bytes())
    assert [item["language"] for item in items] == ["en", "es", "en"]
    assert [r["text"] for r in items[1]["responses"]] == ["Medellín.", "Bogotá 🏙️."]
    one, two = ["answer1"], ["answer2"]
    assert [(j["item"][-2:], j["reviewer"][-1], j["answer"]["tiers"]) for j in judgments] == [
        ("16", "1", [one, two]), ("16", "2", [two, one]),
        ("17", "1", [two, one]), ("17", "2", [two, one]),
        ("18", "1", [two, one]),
    ]  # fmt: skip
    # Who clicked on neither text and submitted has said nothing.
    assert left == {"annotations that answer nothing asked here": 1}


def test_lists_that_two_people_sorted_in_label_studio() -> None:
    items, judgments, _ = good("label-studio", (STUDIO / "ranker.json").read_bytes())
    assert [r["id"] for r in items[0]["responses"]] == ["m1", "m2", "m3"]
    assert tiers(judgments) == [
        [["m3"], ["m1"], ["m2"]],
        [["m1"], ["m3"], ["m2"]],
        # Nobody touched this one: without buckets it looks as if it was sorted like that.
        [["m1"], ["m2"], ["m3"]],
    ]
    assert all(judgment["active_seconds"] > 0 for judgment in judgments)


def test_of_lists_that_were_sorted_into_buckets_the_one_that_was_used_is_a_ranking() -> None:
    by_task = orjson.loads((STUDIO / "buckets.json").read_bytes())
    sorted_into_two = by_task[0]["annotations"].pop(1)
    items, judgments, left = good("label-studio", by_task)
    assert (len(items), tiers(judgments)) == (2, [[["m3"], ["m2"]]])
    assert left == {"annotations that answer nothing asked here": 1}
    by_task[0]["annotations"] = [sorted_into_two]
    [problem] = wrong("label-studio", by_task)
    assert "sorts into several lists: relevant_results, biased_results" in problem


def test_what_went_to_label_studio_and_was_gone_on_with_comes_back() -> None:
    items, judgments, left = good("label-studio", (STUDIO / "from_workbench.json").read_bytes())
    assert ([item["id"] for item in items], left) == (["l1", "l2"], {})
    assert [(j["item"], j["reviewer"], j["answer"]["tiers"]) for j in judgments] == [
        ("l1", "eva", [["r-c"], ["r-a", "r-b"]]),
        ("l1", "luz", [["r-b"], ["r-a"]]),
        # Added there, by dragging two into one place.
        ("l1", "label-studio-2", [["r-b", "r-c"], ["r-a"]]),
        ("l2", "eva", [["r-b"], ["r-a"]]),
    ]
    assert judgments[0]["at"] == "2026-11-20T15:04:05Z"
    assert judgments[0]["shown"] == ["r-c", "r-b", "r-a"]


def test_what_argillas_client_makes_of_a_ranking_of_its_server_says_nothing() -> None:
    """The second response was ranked first: the client writes the options as they stand."""
    content = (DATA / "argilla" / "fetched_by_client.json").read_bytes()
    items, judgments, left = good("argilla", content)
    assert (len(items), judgments) == (1, [])
    assert list(left.values()) == [2]


def test_records_that_argillas_client_wrote_before_they_were_sent() -> None:
    content = (DATA / "argilla" / "made_by_client.json").read_bytes()
    [item], judgments, _ = good("argilla", content, question="better")
    assert (item["id"], item["language"]) == ("argilla-a-1", "es")
    # The second answer is a draft, which the file does not say.
    assert tiers(judgments) == [[["response2"], ["response1"]], [["response1", "response2"]]]


def test_battles_that_fastchat_cleaned() -> None:
    content = (DATA / "lmarena" / "clean_battle_conv.json").read_bytes()
    items, judgments, left = good("lmarena", content)
    assert [(item["language"], item["responses"][0]["model"]) for item in items] == [
        ("es", "alpaca-13b"), ("en", "alpaca-13b"), ("en", "vicuna-7b"),
    ]  # fmt: skip
    assert [(j["answer"]["tiers"], j["answer"]["verdict"]) for j in judgments] == [
        ([["model_b"], ["model_a"]], None), ([["model_a", "model_b"]], None), ([], "all_bad"),
    ]  # fmt: skip
    assert judgments[0]["reviewer"] == "lmarena-arena_user_arena_user_0"
    assert left == {"battles whose conversations part before their last answer": 1}


def test_rows_of_helpsteer() -> None:
    folder = DATA / "helpsteer"
    rated = (folder / "helpsteer2.jsonl").read_bytes()
    items, judgments, left = good(
        "helpsteer", rated.replace(b'"helpfulness"', b'"quality"'), "rating", language="en"
    )
    assert [item["prompt"][0]["content"][:12] for item in items] == [
        "explain mast", "I am studyin", "some people ", "some people ",
    ]  # fmt: skip
    assert {j["answer"]["ratings"]["response"]["quality"] for j in judgments} == {4}
    assert left == {"ratings on attributes that are not asked here": 16}

    preferred = (folder / "helpsteer2_preference.jsonl").read_bytes()
    [item], [judgment], _ = good("helpsteer", preferred, language="en")
    assert item["prompt"][0]["content"].startswith("Define Signal Discuss")
    assert judgment["answer"]["tiers"] == [["response_2"], ["response_1"]]
    assert judgment["answer"]["strength"] == 1

    by_each = (folder / "helpsteer3.jsonl").read_bytes()
    # Of code, the language is that of the program.
    [item], judgments, _ = good("helpsteer", by_each, language="en")
    assert (item["language"], item["tags"], len(item["prompt"])) == ("en", ["code"], 7)
    assert [j["reviewer"] for j in judgments] == ["helpsteer-1", "helpsteer-2", "helpsteer-3"]
    assert {j["answer"]["strength"] for j in judgments} == {2}
    assert tiers(judgments) == [[["response1"], ["response2"]]] * 3
    assert judgments[2]["answer"]["reason"].startswith("@Response 1 is better than @Response 2")
