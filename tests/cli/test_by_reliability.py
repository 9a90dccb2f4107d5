"""`export` by reliability, and `trace` and `snapshot changed` of what it wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.arrivals import A_BETTER, B_BETTER, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, good, refused
from workbench.cli.failures import WRONG_CALL, WRONG_DATA
from workbench.db import Database

NAMES = [f"i{n:02}" for n in range(30)]
BY = ("--format", "trl-preference", "--aggregate", "weighted", "--min-posterior", "0.7")


@pytest.fixture
def judged(run: Run, database: Database) -> Database:
    """Thirty pairs, of which either response is better in half; two who agree, and one who says "a"
    always and speaks alone of the last one."""
    good(run("project", "create", "prefs", "--type", "ranking", "--title", "P", "--overlap", "4"))
    Path("items.jsonl").write_bytes(as_bytes(raw_item(name) for name in [*NAMES, "i99"]))
    lines = [
        raw_judgment(name, who, A_BETTER if n % 2 or who == "lazy" else B_BETTER)
        for n, name in enumerate(NAMES)
        for who in ("r1", "r2", "lazy")
    ]
    lines.append(raw_judgment("i99", "lazy"))
    Path("judgments.jsonl").write_bytes(as_bytes(lines))
    good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "judgments.jsonl"))
    return database


def manifest(path: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Path(f"{path}.manifest.json").read_bytes())
    return told


def test_every_line_leads_back_by_the_weights_in_the_manifest(run: Run, judged: Database) -> None:
    good(run("export", "prefs", *BY, "-o", "out.jsonl"))
    written = Path("out.jsonl").read_bytes().splitlines()
    told = manifest("out.jsonl")
    assert told["dropped"] == {"unsure": 1}
    assert told["trust"]["weights"]["lazy"] < told["trust"]["weights"]["r1"]
    # r1 changes sides on everything: learnt anew, other lines would come of the same items.
    turned = [raw_judgment(n, "r1", B_BETTER if i % 2 else A_BETTER) for i, n in enumerate(NAMES)]
    Path("turned.jsonl").write_bytes(as_bytes(turned))
    good(run("import-judgments", "prefs", "turned.jsonl", "--revise"))
    for line in (1, len(written)):
        found = json.loads(good(run("trace", "out.jsonl", str(line), "--json")))
        assert found["item"] == NAMES[line - 1]
        assert found["since"] == 1
    good(run("export", "prefs", *BY, "-o", "again.jsonl", "--watermark", str(told["watermark"])))
    for ending in ("", ".manifest.json"):
        assert Path(f"again.jsonl{ending}").read_bytes() == Path(f"out.jsonl{ending}").read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda trust: None,
        lambda trust: 7,
        lambda trust: {},
        lambda trust: {**trust, "weights": {"r1": "much"}},
        lambda trust: {**trust, "weights": {"r1": -1}},
        lambda trust: {**trust, "weights": ["r1"]},
        lambda trust: {**trust, "prevalence": [1]},
        lambda trust: {**trust, "others": [[1, 2], [3]]},
        lambda trust: {**trust, "reviewers": {"r1": [[1]]}},
    ],
)
def test_a_manifest_that_does_not_say_whom_it_trusted_is_none(
    run: Run, judged: Database, spoil: Any
) -> None:
    good(run("export", "prefs", *BY, "-o", "out.jsonl"))
    told = manifest("out.jsonl")
    Path("out.jsonl.manifest.json").write_text(json.dumps({**told, "trust": spoil(told["trust"])}))
    assert "is no manifest of an export" in refused(run("trace", "out.jsonl", "1"), WRONG_DATA)


def test_it_is_refused_by_option_and_nothing_is_written(run: Run, prefs: Database) -> None:
    for options, name in (
        (("--aggregate", "weighted"), "--aggregate"),
        (("--min-posterior", "0.9"), "--min-posterior"),
        (("--min-posterior", "1.1"), "--min-posterior"),
        (("--aggregate", "heavy"), "--aggregate"),
    ):
        call = run("export", "prefs", "--format", "trl-preference", *options, "-o", "out.jsonl")
        assert refused(call, WRONG_CALL).startswith(f"{name}: ")
    assert not Path("out.jsonl").exists()


def test_changes_of_a_snapshot_go_by_the_weights_of_then(run: Run, judged: Database) -> None:
    good(run("snapshot", "make", "prefs", "november", *BY))
    Path("more.jsonl").write_bytes(as_bytes(raw_judgment(n, "r3", B_BETTER) for n in NAMES[:10]))
    good(run("import-judgments", "prefs", "more.jsonl"))
    found = json.loads(good(run("snapshot", "changed", "prefs", "november", "--json")))
    assert sorted(each["item"] for each in found["changes"]) == NAMES[:10]
