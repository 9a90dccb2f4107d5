from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.cli.conftest import Run, good, refused
from workbench.db import Database
from workbench.intake.tools import BY_NAME, TOOLS
from workbench.models import Item, Judgment


def _export(**data: Any) -> str:
    """One comparison, one cancelled annotation."""
    fields = {"prompt": "Why?", "text1": "Yes.", "text2": "No.", **data}
    result = [{"from_name": "pw", "type": "pairwise", "value": {"selected": "left"}}]
    annotations = [
        {"completed_by": 1, "result": result},
        {"completed_by": 2, "was_cancelled": True, "result": []},
    ]
    Path("export.json").write_text(
        json.dumps([{"id": 1, "data": fields, "annotations": annotations}])
    )
    return "export.json"


def _stored(database: Database) -> list[int]:
    with database.read() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Item, Judgment)
        ]


def test_items_and_judgments_come_in_and_what_did_not_is_said(run: Run, prefs: Database) -> None:
    result = run("import", "prefs", _export(), "--from", "label-studio", "--with", "language=es")
    assert good(result).splitlines() == [
        "export.json: items: 1 new, 0 already there",
        "export.json: judgments: 1 new, 0 already there",
    ]
    assert result.stderr.splitlines() == [
        "Not carried: 1 × annotations that were cancelled",
        f"Never carried from Label Studio: {BY_NAME['label-studio'].without}.",
    ]
    assert _stored(prefs) == [1, 1]


def test_what_the_file_does_not_say_is_asked_for(run: Run, prefs: Database) -> None:
    result = run("import", "prefs", _export(), "--from", "label-studio")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == (
        "export.json:1: data.language: is missing; say it beside the file, as in language=es"
    )
    assert _stored(prefs) == [0, 0]


def test_two_files_are_one_transaction(run: Run, prefs: Database) -> None:
    Path("bad.json").write_text("[{}]")
    result = run("import", "prefs", _export(lang="en"), "bad.json", "--from", "label-studio")
    assert result.exit_code == 1
    assert result.stderr.startswith("bad.json:1: ")
    assert _stored(prefs) == [0, 0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--with", "language=es"), "--with goes with --from"),
        (("--from", "label-studio", "--with", "language"), "is not written NAME=VALUE"),
        (("--from", "label-studio", "--with", "colour=red"), "cannot be said of files"),
        (("--from", "excel"), "invalid value for"),
    ],
)
def test_words_that_mean_nothing_are_refused(
    run: Run, prefs: Database, words: tuple[str, ...], said: str
) -> None:
    result = run("import", "prefs", _export(), *words)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert _stored(prefs) == [0, 0]


def test_a_list_names_every_tool_with_what_it_does_not_carry(run: Run) -> None:
    said = good(run("import", "--list"))
    for tool in TOOLS:
        assert f"{tool.name}: {tool.title}" in said
        assert str(tool.without) in said
        assert tool.name in good(run("import", "--help"))


def test_a_project_that_judges_something_else_is_refused(run: Run, database: Database) -> None:
    good(run("project", "create", "attacks", "--type", "adversarial", "--title", "A"))
    line = refused(run("import", "attacks", _export(), "--from", "label-studio"), 2)
    assert "come into projects of these types: ranking, rating, bias" in line


def test_judgments_go_out_and_come_in_again_without_loss(run: Run, prefs: Database) -> None:
    """Who, what, when, for how long and in which order: as it stood in the other tool's file."""
    task = json.loads(Path(_export(lang="en")).read_text())[0]
    times = {"created_at": "2024-05-15T12:09:16.789536Z", "lead_time": 4.25}
    task["annotations"] = [{**task["annotations"][0], "completed_by": by, **times} for by in (1, 2)]
    Path("full.json").write_text(json.dumps([task]))
    good(run("import", "prefs", "full.json", "--from", "label-studio"))
    good(run("export", "prefs", "--format", "judgments", "-o", "out.jsonl"))
    good(run("project", "create", "again", "--type", "ranking", "--title", "A", "--overlap", "2"))
    Path("bare.json").write_text(json.dumps([{**task, "annotations": []}]))
    good(run("import", "again", "bare.json", "--from", "label-studio"))
    good(run("import-judgments", "again", "out.jsonl"))
    good(run("export", "again", "--format", "judgments", "-o", "back.jsonl"))
    assert Path("back.jsonl").read_bytes() == Path("out.jsonl").read_bytes()
    first, second = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [first["reviewer"], second["reviewer"]] == ["label-studio-1", "label-studio-2"]
    assert first["answer"]["tiers"] == [["text1"], ["text2"]]
    assert (first["active_seconds"], first["shown"]) == (4.25, ["text1", "text2"])
    assert first["at"].startswith("2024-05-15T12:09:16")


def test_battles_of_three_responses_come_in_as_pairs_and_a_second_time_are_there_already(
    run: Run, prefs: Database
) -> None:
    responses = [{"id": i, "text": f"Text {i}", "model": f"model-{i}"} for i in "abc"]
    item = {"prompt": "Why?", "language": "en", "responses": responses}
    Path("items.jsonl").write_text(
        "".join(json.dumps({"id": f"i{n}", **item}) + "\n" for n in range(2))
    )
    said = [
        {"item": f"i{n}", "reviewer": who, "answer": {"tiers": [[i] for i in tiers]},
         "shown": list(shown)}
        for n in range(2) for who, tiers, shown in (("eva", "abc", "abc"), ("luz", "bca", "cab"))
    ]  # fmt: skip
    Path("said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "said.jsonl"))
    good(run("export", "prefs", "--format", "lmarena-battles", "-o", "battles.jsonl"))
    good(run("project", "create", "again", "--type", "ranking", "--title", "A", "--overlap", "2"))
    for items, judgments in (("6 new, 6", "12 new, 0"), ("0 new, 12", "0 new, 12")):
        result = run("import", "again", "battles.jsonl", "--from", "lmarena")
        assert good(result).splitlines() == [
            f"battles.jsonl: items: {items} already there",
            f"battles.jsonl: judgments: {judgments} already there",
        ]
    good(run("export", "again", "--format", "lmarena-battles", "-o", "back.jsonl"))

    def outcomes(file: str) -> list[tuple[str, str, str]]:
        """(who, the model that won, the other)."""
        rows = [json.loads(line) for line in Path(file).read_text().splitlines()]
        sides = {"model_a": "model_b", "model_b": "model_a"}
        return sorted(
            (row["judge"].removeprefix("lmarena-"), row[won], row[sides[won]])
            for row in rows
            for won in [row["winner"]]
        )

    assert outcomes("back.jsonl") == outcomes("battles.jsonl")


def test_files_that_speak_of_the_same_items_are_joined(run: Run, prefs: Database) -> None:
    """Potato keeps texts and judgments apart: neither file says enough by itself."""
    samples = Path(__file__).resolve().parents[1] / "data" / "potato"
    data, said = samples / "pairs.jsonl", samples / "pairwise.csv"
    alone = run("import", "prefs", str(said), "--from", "potato")
    assert alone.exit_code == 1
    assert alone.stderr.startswith(f"{said}:2: instance_id: is in no data file")
    result = run("import", "prefs", str(data), str(said), "--from", "potato")
    assert [line.rpartition(": ")[2] for line in good(result).splitlines()] == [
        "2 new, 0 already there", "3 new, 0 already there",
    ]  # fmt: skip
    assert _stored(prefs) == [2, 3]


def test_one_of_several_that_is_wrong_later_leaves_only_its_own_judgments_out(
    run: Run, prefs: Database
) -> None:
    samples = Path(__file__).resolve().parents[1] / "data" / "potato"
    files = [str(samples / "pairs.jsonl"), str(samples / "pairwise.jsonl")]
    other = {"id": "potato-q1", "language": "en", "prompt": "Other", "responses": [
        {"id": "a", "text": "x"}, {"id": "b", "text": "y"}]}  # fmt: skip
    Path("own.jsonl").write_text(json.dumps(other))
    good(run("import", "prefs", "own.jsonl"))
    result = run("import", "prefs", *files, "--from", "potato", "--skip-bad", "bad.jsonl")
    assert "1 left out" in good(result)
    assert _stored(prefs) == [2, 1]
