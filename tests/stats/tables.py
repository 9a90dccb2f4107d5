"""Tables of values for the tests of statistics, and published ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.stats import pair_sign

DATA = Path(__file__).parents[1] / "data"
SAMPLES = Path(__file__).parents[2] / "sample_tasks"

Row = tuple[Any, Any, Any, Any]


def golden() -> dict[str, Any]:
    """Published examples, with their sources."""
    found: dict[str, Any] = json.loads((DATA / "golden_agreement.json").read_text("utf-8"))
    return found


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows (item, reviewer, unit, value)."""
    return pd.DataFrame(list(rows), columns=["item", "reviewer", "unit", "value"])


def by_reviewer(values: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A matrix reviewers × items, None where there is no judgment."""
    return table(
        (f"item {i:05}", f"r{r}", "", value)
        for r, line in enumerate(values)
        for i, value in enumerate(line)
        if value is not None
    )


def by_item(values: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A matrix items × reviewers, None where there is no judgment."""
    return by_reviewer(list(zip(*values, strict=True)))


def by_counts(counts: Sequence[Sequence[int]]) -> pd.DataFrame:
    """A matrix items × categories of how many reviewers chose which."""
    return by_item([np.repeat(np.arange(len(line)), line).tolist() for line in counts])


def by_code(codes: npt.NDArray[np.int64]) -> pd.DataFrame:
    """A matrix items × reviewers of codes, -1 where there is no judgment; made fast."""
    item, reviewer = np.nonzero(codes >= 0)
    return pd.DataFrame(
        {"item": item, "reviewer": reviewer, "unit": "", "value": codes[item, reviewer]}
    )


def rankings(judgments: Mapping[Any, Sequence[Sequence[str]]]) -> pd.DataFrame:
    """Tiers by (item, reviewer) as signed pairs, each in both orientations."""
    return table(
        (item, reviewer, f"{a}>{b}", pair_sign(tiers, (), a, b))
        for (item, reviewer), tiers in judgments.items()
        for a, b in permutations(sorted(r for tier in tiers for r in tier), 2)
    )


def pandalm() -> pd.DataFrame:
    """999 pairs of answers, each judged by the same three people."""
    wide = pd.read_csv(DATA / "pandalm_labels.csv", comment="#")
    long = wide.melt("idx", var_name="reviewer").rename(columns={"idx": "item"})
    return long.assign(unit="")


def hatecheck() -> tuple[pd.DataFrame, dict[str, str]]:
    """301 texts, each judged hateful or not by five of ten people, and the truth by text."""
    items = _lines("items.jsonl")
    gold = {item["id"]: item["metadata"]["label_gold"] for item in items}
    rows = [
        (line["item"], line["reviewer"], "", _hateful(line["answer"]))
        for line in _lines("judgments.jsonl")
    ]
    return table(rows), gold


def _lines(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / "hatecheck-raters" / name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _hateful(answer: dict[str, Any]) -> str:
    return "hateful" if answer["flags"] else "non-hateful"
