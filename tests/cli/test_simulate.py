"""`workbench simulate overlap`: files in, a table or JSON out, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Run, call, good, refused
from tests.stats.tables import hatecheck
from workbench.paths import data_dir

PANDALM = data_dir("sample_tasks") / "pares-pandalm"
OVERLAP = ("simulate", "overlap", "--data")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No installation is needed."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def raters() -> pd.DataFrame:
    """301 texts with 5 of 10 raters each, and gold, in a CSV file."""
    judgments, gold = hatecheck()
    columns = judgments[["item", "reviewer", "value"]].assign(gold=judgments["item"].map(gold))
    columns.to_csv("raters.csv", index=False)
    return columns


def write(name: str, text: str) -> str:
    Path(name).write_text(text, "utf-8")
    return name


def test_the_curve_is_printed_as_aligned_tables(raters: pd.DataFrame) -> None:
    printed = good(call(*OVERLAP, "raters.csv", "--seeds", "2", "--confidence", "0.99"))
    lines = printed.splitlines()
    assert lines[0] == (
        "raters.csv: 301 items, 1,505 judgments, 10 reviewers; means over 2 random orders"
    )
    heads = [line for line in lines if line.startswith("overlap ")]
    assert len(heads) == 3
    [first, *_] = [line for line in lines if line.startswith("fixed 3")]
    assert first.index("3.00") + len("3.00") == heads[0].index(" an item") + len(" an item")
    assert sum(line.startswith("until 0.99 sure") for line in lines) == 3
    assert "Against gold, 301 items:" in lines
    assert any("favours fixed overlap" in line for line in lines)
    assert sum("as right as a fixed overlap of 3" in line.lower() for line in lines) == 3


def test_json_has_the_same_numbers_whatever_the_columns_are_called(raters: pd.DataFrame) -> None:
    plain = json.loads(good(call(*OVERLAP, "raters.csv", "--seeds", "1", "--json")))
    names = {"item": "text", "reviewer": "who", "value": "says", "gold": "truth"}
    raters.rename(columns=names).to_json("raters.jsonl", orient="records", lines=True)
    asked = [word for ours, theirs in names.items() for word in (f"--{ours}", theirs)]
    other = json.loads(good(call(*OVERLAP, "raters.jsonl", *asked, "--seeds", "1", "--json")))
    assert plain.pop("file") == "raters.csv"
    assert other.pop("file") == "raters.jsonl"
    assert plain == other
    assert (plain["items"], plain["judgments"], plain["reviewers"]) == (301, 1505, 10)
    assert plain["undefined"] is None
    assert {point["reference"] for point in plain["curve"]} == {"gold", "full", "held out"}


@pytest.mark.parametrize("mark", [";", "\t"])
def test_cells_may_be_parted_by_semicolons_and_tabs(mark: str) -> None:
    rows = ["item,reviewer,value", "1,a,x", "1,b,y", "2,a,y", "2,b,y"]
    write("a.csv", "\ufeff" + "".join(row.replace(",", mark) + "\r\n" for row in rows))
    found = json.loads(good(call(*OVERLAP, "a.csv", "--seeds", "1", "--json")))
    assert (found["items"], found["judgments"], found["reviewers"]) == (2, 4, 2)


def test_without_reviewers_and_gold_it_says_so(raters: pd.DataFrame) -> None:
    raters[["item", "value"]].to_csv("nameless.csv", index=False)
    printed = good(call(*OVERLAP, "nameless.csv", "--seeds", "1", "--confidence", "0.9"))
    assert "reviewers not told apart" in printed
    assert "Against gold" not in printed
    as_json = good(call(*OVERLAP, "nameless.csv", "--seeds", "1", "--json"))
    assert json.loads(as_json)["reviewers"] is None


def test_what_cannot_be_told_is_said() -> None:
    write("same.csv", "item,reviewer,value\n1,a,x\n1,b,x\n")
    assert "Undefined: All judgments say the same" in good(call(*OVERLAP, "same.csv"))
    found = json.loads(good(call(*OVERLAP, "same.csv", "--json")))
    assert found["curve"] == []
    assert "say the same" in found["undefined"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "text,value\n1,x\n", "a.csv:1: item: there is no such column"),
        ("a.csv", "item,reviewer,value\n1,a,x\n,b,x\n", "a.csv:3: item: is empty"),
        ("a.csv", "item,reviewer,value\n1,,x\n", "a.csv:2: reviewer: is empty"),
        (
            "a.csv",
            "item,reviewer,value\n1,a,x\n1,b,x\n1,a,y\n",
            "a.csv:4: reviewer: reviewer a has judged item 1 in line 2 already",
        ),
        (
            "a.csv",
            "item,reviewer,value,gold\n1,a,x,x\n1,b,x,y\n",
            "a.csv:3: gold: is y here and x in line 2, for item 1",
        ),
        ("a.csv", "item,reviewer,value\n1,a\n", "a.csv:2: line: has 2 cells, and the header has 3"),
        ("a.csv", 'item,reviewer,value\n1,"a,x\n', "a.csv:2: line: is not CSV"),
        ("a.csv", 'item,value\n"a\nb",x\nc\n', "a.csv:4: line: has 1 cells"),
        ("a.csv", "item,reviewer,value\n1,a,\n", "a.csv:1: value: there are no judgments"),
        ("a.csv", "", "a.csv:1: file: there are no judgments"),
        ("a.jsonl", '{"item": 1, "value": "x"}\n{"item": 2\n', "a.jsonl:2: line: is not JSON"),
        ("a.jsonl", "[1]\n", "a.jsonl:1: line: is not a JSON object"),
        ("a.jsonl", '{"item": 1, "value": ["x"]}\n', "a.jsonl:1: value: is a list or an object"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(name: str, text: str, said: str) -> None:
    assert refused(call(*OVERLAP, write(name, text)), 1).startswith(said)


def test_a_column_that_was_named_must_be_there() -> None:
    write("a.csv", "item,value\n1,x\n")
    for option in ("--item", "--reviewer", "--value", "--gold"):
        error = refused(call(*OVERLAP, "a.csv", option, "odd"), 1)
        assert error == "a.csv:1: odd: there is no such column; there are: item, value"


def test_bytes_that_are_not_utf8_and_calls_that_make_no_sense_are_refused(run: Run) -> None:
    Path("a.csv").write_bytes(b"item,value\n1,\xff\n")
    assert refused(run(*OVERLAP, "a.csv"), 1) == "a.csv: is not UTF-8"
    assert "does not exist" in refused(run(*OVERLAP, "none.csv"), 2)
    for wrong in (("--confidence", "1.5"), ("--seeds", "0"), ("--most", "0")):
        refused(run(*OVERLAP, "a.csv", *wrong), 2)


def test_numbers_and_booleans_are_values_too_and_empty_values_are_no_judgments() -> None:
    lines = [
        {"item": item, "reviewer": who, "value": value}
        for item in range(4)
        for who, value in (("a", True), ("b", item > 1), ("c", None))
    ]
    write("a.jsonl", "\n".join(map(json.dumps, lines)) + "\n")
    found = json.loads(good(call(*OVERLAP, "a.jsonl", "--seeds", "1", "--json")))
    assert (found["items"], found["judgments"], found["reviewers"]) == (4, 8, 2)


def test_judgments_as_they_are_exported_are_read_with_their_items() -> None:
    words = (str(PANDALM / "judgments.jsonl"), "--items", str(PANDALM / "items.jsonl"))
    found = json.loads(good(call(*OVERLAP, *words, "--seeds", "1", "--json")))
    assert (found["items"], found["judgments"], found["reviewers"]) == (290, 870, 3)
    assert {point["reference"] for point in found["curve"]} == {"full", "held out"}
    assert refused(call(*OVERLAP, *words, "--value", "x"), 2).startswith("--value: exported")


def test_what_is_wrong_with_exported_judgments_is_named() -> None:
    items = str(PANDALM / "items.jsonl")
    name = write("j.jsonl", '{"item": "none", "reviewer": "a", "answer": {}}\n')
    assert refused(call(*OVERLAP, name, "--items", items), 1).startswith("j.jsonl:1: item: is none")
    assert "no judgments" in refused(call(*OVERLAP, write("e.jsonl", ""), "--items", items), 1)
