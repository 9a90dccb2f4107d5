"""Two files give the table that the same judgments have in a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.arrivals import A_BETTER, TIED, as_bytes, ballot, raw_item, raw_judgment
from tests.cast import Cast
from tests.sample_projects import JUDGED, make_sample_project, sample
from workbench.db import Database
from workbench.intake.long_table import long_table
from workbench.messages import Invalid
from workbench.queries.agreement import table


def _write(folder: Path, items: bytes, judgments: bytes) -> tuple[Path, Path]:
    paths = folder / "items.jsonl", folder / "judgments.jsonl"
    for path, content in zip(paths, (items, judgments), strict=True):
        path.write_bytes(content)
    return paths


def _rows(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    return sorted(map(tuple, found.astype(object).to_numpy().tolist()), key=repr)


@pytest.mark.parametrize("type_slug", JUDGED)
def test_it_is_the_table_of_the_project(
    database: Database, cast: Cast, tmp_path: Path, type_slug: str
) -> None:
    project = make_sample_project(database, cast, type_slug)
    lines = sample(JUDGED[type_slug])
    with database.read() as session:
        theirs = table(session, project)
    ours = long_table(type_slug, *_write(tmp_path, lines.items, lines.judgments))
    assert list(ours.columns) == list(theirs.columns)
    people = _people(ours, theirs)
    assert _rows(ours.assign(reviewer=ours["reviewer"].map(people))) == _rows(theirs)


def _people(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, str]:
    """Whose pseudonym is whose name in the file: those who judged the same number of items and
    said the same to each."""

    def said(found: pd.DataFrame) -> dict[str, list[tuple[Any, ...]]]:
        return {
            str(who): _rows(part.drop(columns="reviewer"))
            for who, part in found.groupby("reviewer", observed=True)
        }

    pseudonyms = {repr(rows): name for name, rows in said(theirs).items()}
    return {name: pseudonyms[repr(rows)] for name, rows in said(ours).items()}


def test_a_config_gives_its_own_questions(tmp_path: Path) -> None:
    config = {"strengths": [1, 2, 3]}  # of themselves: 2 and 3
    answer = ballot(["a"], ["b"], strength=1)
    paths = _write(
        tmp_path, as_bytes([raw_item("one")]), as_bytes([raw_judgment("one", "r", answer)])
    )
    found = long_table("ranking", *paths, config)
    strength = found[found["question"] == "overall.strength"]
    assert dict(zip(strength["unit"], strength["value"], strict=True)) == {"a>b": 1, "b>a": -1}


def test_a_language_loses_its_region_and_no_judgment_gives_no_row(tmp_path: Path) -> None:
    items = as_bytes([raw_item("one", language="es-CO"), raw_item("two")])
    paths = _write(tmp_path, items, as_bytes([raw_judgment("one", "r", TIED)]))
    assert set(long_table("ranking", *paths)["language"]) == {"es"}
    paths[1].write_bytes(b"")
    empty = long_table("ranking", *paths)
    assert list(empty.columns) == ["item", "reviewer", "question", "unit", "value", "language"]
    assert empty.empty


@pytest.mark.parametrize(
    ("judgment", "place"),
    [
        (raw_judgment("nowhere", "r"), "item"),
        (raw_judgment("one", "r", {**A_BETTER, "tiers": [["z"]]}), "answer."),
        (b"{", "line"),
    ],
)
def test_the_first_bad_line_is_named(tmp_path: Path, judgment: Any, place: str) -> None:
    good = raw_judgment("one", "s")
    paths = _write(tmp_path, as_bytes([raw_item("one")]), as_bytes([good, judgment]))
    with pytest.raises(Invalid) as caught:
        long_table("ranking", *paths)
    assert all(name.startswith(f"{paths[1]}:2: {place}") for name in caught.value.errors)


def test_a_bad_item_is_named(tmp_path: Path) -> None:
    paths = _write(tmp_path, as_bytes([raw_item("one"), {"id": "two"}]), b"")
    with pytest.raises(Invalid) as caught:
        long_table("ranking", *paths)
    assert {name.rpartition(": ")[0] for name in caught.value.errors} == {f"{paths[0]}:2"}
