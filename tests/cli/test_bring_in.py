from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from tests.arrivals import B_BETTER, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, good, refused
from workbench.db import Database
from workbench.models import AuditEntry, Item, Judgment


def _names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Item.external_id).order_by(Item.queue_key)))


def _write(name: str, raws: list[Any]) -> str:
    Path(name).write_bytes(as_bytes(raws))
    return name


def _csv(raws: list[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "language", "prompt", "response.a", "response.b"])
    for raw in raws:
        writer.writerow([raw["id"], raw["language"], raw["prompt"],
                         *(response["text"] for response in raw["responses"])])  # fmt: skip
    return out.getvalue().encode()


def test_files_of_every_kind_come_in_together(run: Run, prefs: Database) -> None:
    _write("one.jsonl", [raw_item("one"), raw_item("uno")])
    Path("two.jsonl.gz").write_bytes(gzip.compress(as_bytes([raw_item("two")])))
    Path("three.csv").write_bytes(_csv([raw_item("three")]))
    pq.write_table(pa.Table.from_pylist([{**raw_item("four"), "metadata": None}]), "four.parquet")
    files = ("one.jsonl", "two.jsonl.gz", "three.csv", "four.parquet")
    assert good(run("import", "prefs", *files)).splitlines() == [
        "one.jsonl: 2 new, 0 already there",
        "two.jsonl.gz: 1 new, 0 already there",
        "three.csv: 1 new, 0 already there",
        "four.parquet: 1 new, 0 already there",
    ]
    assert _names(prefs) == ["one", "uno", "two", "three", "four"]


def test_items_come_in_by_standard_input(run: Run, prefs: Database) -> None:
    said = good(run("import", "prefs", "-", given=as_bytes([raw_item("one")])))
    assert said == "-: 1 new, 0 already there\n"
    packed = gzip.compress(as_bytes([raw_item("two")]))
    assert good(run("import", "prefs", "-", given=packed)) == "-: 1 new, 0 already there\n"


def test_one_bad_line_in_one_file_keeps_all_files_out(run: Run, prefs: Database) -> None:
    _write("good.jsonl", [raw_item("one")])
    _write("bad.jsonl", [raw_item("two"), raw_item("three", prompt=""), b"{"])
    result = run("import", "prefs", "good.jsonl", "bad.jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert lines[0] == "bad.jsonl:2: prompt: is empty"
    assert lines[1].startswith("bad.jsonl:3: line: ")
    assert lines[-1] == "workbench: nothing was imported"
    assert _names(prefs) == []


def test_of_several_bad_files_a_hundred_problems_are_listed_and_all_are_counted(
    run: Run, prefs: Database
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        _write(name, [raw_item(f"i{n}", prompt="") for n in range(80)])
    lines = run("import", "prefs", "a.jsonl", "b.jsonl").stderr.splitlines()
    assert len(lines) == 102
    assert "160" in lines[100]


def test_what_two_files_say_of_one_id_must_be_the_same(run: Run, prefs: Database) -> None:
    _write("a.jsonl", [raw_item("one")])
    _write("b.jsonl", [raw_item("two"), raw_item("one", tags=["x"])])
    result = run("import", "prefs", "a.jsonl", "b.jsonl")
    assert (result.exit_code, _names(prefs)) == (1, [])
    assert result.stderr.startswith("b.jsonl:2: id: ")


def test_bad_lines_are_left_out_on_request(run: Run, prefs: Database) -> None:
    _write("f.jsonl", [raw_item("one"), raw_item("two", prompt=""), raw_item("three")])
    result = run("import", "prefs", "f.jsonl", "--skip-bad", "rejects.jsonl")
    assert good(result) == "f.jsonl: 2 new, 0 already there, 1 left out\n"
    assert "rejects.jsonl" in result.stderr
    [reject] = map(json.loads, Path("rejects.jsonl").read_text().splitlines())
    assert (reject["file"], reject["line"]) == ("f.jsonl", 2)
    assert reject["problems"] == [{"field": "prompt", "why": "is empty"}]
    assert json.loads(reject["raw"])["id"] == "two"
    assert _names(prefs) == ["one", "three"]


def test_no_file_of_rejects_appears_when_nothing_was_imported(run: Run, prefs: Database) -> None:
    Path("cut.jsonl.gz").write_bytes(gzip.compress(as_bytes([raw_item("one")] * 50))[:60])
    result = run("import", "prefs", "cut.jsonl.gz", "--skip-bad", "rejects.jsonl")
    assert result.exit_code == 1
    assert result.stderr.startswith("cut.jsonl.gz:")
    assert [path.name for path in Path().iterdir()] == ["cut.jsonl.gz"]


def test_a_file_can_not_be_read_and_take_its_own_rejects(run: Run, prefs: Database) -> None:
    _write("f.jsonl", [raw_item("one")])
    assert "at once" in refused(run("import", "prefs", "f.jsonl", "--skip-bad", "f.jsonl"), 2)


def test_the_same_file_again_changes_nothing(run: Run, prefs: Database) -> None:
    _write("f.jsonl", [raw_item("one"), raw_item("two")])
    good(run("import", "prefs", "f.jsonl"))
    assert good(run("import", "prefs", "f.jsonl")) == "f.jsonl: 0 new, 2 already there\n"


def test_other_content_comes_in_as_a_revision_on_request(run: Run, prefs: Database) -> None:
    good(run("import", "prefs", _write("f.jsonl", [raw_item("one")])))
    _write("f.jsonl", [raw_item("one", tags=["new"])])
    result = run("import", "prefs", "f.jsonl")
    assert (result.exit_code, result.stderr.split(": ")[0]) == (1, "f.jsonl:1")
    said = good(run("import", "prefs", "f.jsonl", "--revise"))
    assert said == "f.jsonl: 0 new, 0 already there, 1 revised\n"


@pytest.mark.parametrize("verb", ["import", "import-judgments"])
def test_a_file_that_is_not_there_ends_with_2(run: Run, prefs: Database, verb: str) -> None:
    assert "there is no file nothing.jsonl" in refused(run(verb, "prefs", "nothing.jsonl"), 2)


def test_a_folder_in_a_files_place_ends_with_1(run: Run, prefs: Database) -> None:
    Path("folder").mkdir()
    result = run("import", "prefs", "folder")
    assert result.exit_code == 1
    assert result.stderr.startswith("folder:1: file: ")


def test_standard_input_is_read_once(run: Run, prefs: Database) -> None:
    assert refused(run("import", "prefs", "-", "-"), 2)


def test_judgments_come_in_once(run: Run, prefs: Database) -> None:
    good(run("import", "prefs", _write("i.jsonl", [raw_item("one"), raw_item("two")])))
    _write("j.jsonl", [raw_judgment("one", "r1"), raw_judgment("two", "r1", B_BETTER)])
    for said in ("2 new, 0 already there", "0 new, 2 already there"):
        assert good(run("import-judgments", "prefs", "j.jsonl")) == f"j.jsonl: {said}\n"
    with prefs.read() as session:
        assert session.scalar(select(func.count()).select_from(Judgment)) == 2


def test_bad_judgments_keep_all_out_and_name_their_place(run: Run, prefs: Database) -> None:
    good(run("import", "prefs", _write("i.jsonl", [raw_item("one")])))
    lines = [raw_judgment("one", f"r{n}") for n in range(3)] + [raw_judgment("zwei", "r1")]
    result = run("import-judgments", "prefs", _write("j.jsonl", lines))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].startswith("j.jsonl:4: item: ")
    result = run("import-judgments", "prefs", _write("j.jsonl", lines[:3]))
    assert "j.jsonl:3: item: one already has the 2 judgments it wants" in result.stderr
    with prefs.read() as session:
        assert session.scalar(select(func.count()).select_from(Judgment)) == 0


def test_judgments_can_be_revised_and_bad_ones_left_out(run: Run, prefs: Database) -> None:
    good(run("import", "prefs", _write("i.jsonl", [raw_item("one")])))
    good(run("import-judgments", "prefs", _write("j.jsonl", [raw_judgment("one", "r1")])))
    lines = [raw_judgment("one", "r1", B_BETTER), raw_judgment("no", "r1")]
    words = ("--revise", "--skip-bad", "rejects.jsonl")
    said = good(run("import-judgments", "prefs", _write("j.jsonl", lines), *words))
    assert said == "j.jsonl: 0 new, 0 already there, 1 revised, 1 left out\n"
    assert json.loads(Path("rejects.jsonl").read_text())["line"] == 2


def test_an_import_of_nothing_is_no_error(run: Run, prefs: Database) -> None:
    assert (
        good(run("import", "prefs", _write("f.jsonl", []))) == "f.jsonl: 0 new, 0 already there\n"
    )


def test_each_file_is_in_the_audit_trail(run: Run, prefs: Database) -> None:
    _write("a.jsonl", [raw_item("a")])
    _write("b.jsonl", [raw_item("b")])
    good(run("import", "prefs", "a.jsonl", "b.jsonl"))
    with prefs.read() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert actions == ["project.create", "items.import", "items.import"]
    good(run("verify"))
