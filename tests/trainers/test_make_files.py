"""The files that the trainers get are real exports, with everything that a trainer needs."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.trainers.make_files import EXPORTS, make
from workbench.export.manifest import warnings


def test_every_file_has_rows_of_both_languages_and_nothing_to_warn_of(tmp_path: Path) -> None:
    manifests = make(tmp_path)
    assert [warnings(manifest) for manifest in manifests] == [[]] * len(EXPORTS)
    written = {path.name for path in tmp_path.glob("*.jsonl")}
    assert written == {name for name, *_ in EXPORTS if name != "parted.jsonl"} | {
        "parted.test.jsonl",
        "parted.train.jsonl",
    }
    for path in tmp_path.glob("*.jsonl"):
        rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        assert {row.get("language") for row in rows} in ({"en", "es"}, {None})
        assert len(rows) >= 8


def test_a_threshold_of_the_policy_is_at_work_in_the_files(tmp_path: Path) -> None:
    strict, parted, unpaired, completions, whole, margins, prompts, *_ = make(tmp_path)
    assert strict.rows + sum(strict.dropped.values()) == 3 * strict.items
    assert strict.dropped["too_few_judgments"] > 0
    assert parted.rows > strict.rows
    assert set(unpaired.files[0].labels) == {"false", "true"}
    assert completions.rows == completions.items
    assert whole.rows == parted.rows
    assert margins.rows + margins.dropped["no_strength"] == margins.items
    assert prompts.rows == prompts.items


def test_what_is_to_be_imitated_is_the_edited_text_or_a_response_that_was_good(
    tmp_path: Path,
) -> None:
    make(tmp_path)
    rows = [orjson.loads(x) for x in (tmp_path / "completions.jsonl").read_bytes().splitlines()]
    poor = [row for row in rows if row["completion"][0]["content"].startswith(("No sé", "I don"))]
    assert [row["edited"] for row in poor] == [False] * len(poor)
    assert 0 < len(poor) < len(rows) / 4
