"""`workbench simulate pairs`: comparisons or judgments in, a table or JSON out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import call, good, refused
from workbench.paths import data_dir

PAIRS = ("simulate", "pairs", "--data")
PANDALM = data_dir("sample_tasks") / "pares-pandalm"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No installation is needed."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def comparisons() -> str:
    rng = np.random.default_rng(1)
    rows = ["item,reviewer,model_a,model_b,value"]
    for item in range(120):
        a, b = rng.choice(4, 2, replace=False)
        value = int(np.sign(b - a + rng.normal(0, 1.5)))
        rows.append(f"{item},r,m{a},m{b},{value}")
    return write("comparisons.csv", "\n".join(rows) + "\n")


def write(name: str, text: str) -> str:
    Path(name).write_text(text, "utf-8")
    return name


def test_the_curve_is_printed_as_an_aligned_table(comparisons: str) -> None:
    printed = good(call(*PAIRS, comparisons, "--seeds", "2")).splitlines()
    assert printed[0] == (
        "comparisons.csv: 120 items, 120 comparisons of 4 models; means over 2 random orders"
    )
    assert printed[2].startswith("judgments  error by information  as they come  difference")
    assert [line.split()[0] for line in printed[3:13]] == [str(n) for n in range(10, 101, 10)]
    assert printed[12].split()[2:4] == ["0.000", "0.000"], "all is spent"


def test_json_has_the_curve(comparisons: str) -> None:
    found = json.loads(good(call(*PAIRS, comparisons, "--seeds", "2", "--json")))
    assert (found["items"], found["comparisons"], found["models"]) == (120, 120, 4)
    assert found["undefined"] is None
    assert {row["rule"] for row in found["curve"]} == {"information", "as it comes"}
    assert len(found["curve"]) == 20


def test_judgments_as_they_are_exported_take_their_models_from_the_items() -> None:
    words = (str(PANDALM / "judgments.jsonl"), "--items", str(PANDALM / "items.jsonl"))
    found = json.loads(good(call(*PAIRS, *words, "--seeds", "1", "--json")))
    assert (found["models"], found["comparisons"]) == (5, 870)
    assert found["items"] == 290


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("item,model_a,model_b\n1,a,b\n", "bad.csv:2: value: there is no such column"),
        ("item,model_a,model_b,value\n1,a,b,2\n", "bad.csv:2: value: is 1 (a is better)"),
        ("item,model_a,model_b,value\n", "there are no comparisons"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(text: str, why: str) -> None:
    assert why in refused(call(*PAIRS, write("bad.csv", text)), 1)


def test_one_model_alone_has_no_strength() -> None:
    name = write("one.csv", "item,model_a,model_b,value\n1,a,a,0\n")
    assert "Undefined" in good(call(*PAIRS, name))
