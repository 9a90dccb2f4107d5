"""`agreement`, `export` and `verify`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.arrivals import A_BETTER, B_BETTER, TIED, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, call, good, refused
from workbench.db import Database, now
from workbench.export.formats import FORMATS
from workbench.models import AuditEntry, Membership, Qualification


@pytest.fixture
def judged(run: Run, prefs: Database) -> Database:
    """40 items with two judgments each, which differ on every fourth; every fifth is tied."""
    items = [raw_item(f"i{n:02}") for n in range(40)]
    answers = [TIED if n % 5 == 0 else A_BETTER for n in range(40)]
    lines = [raw_judgment(f"i{n:02}", "r1", answers[n]) for n in range(40)]
    lines += [
        raw_judgment(f"i{n:02}", "r2", B_BETTER if n % 4 == 0 else answers[n]) for n in range(40)
    ]
    Path("items.jsonl").write_bytes(as_bytes(items))
    Path("judgments.jsonl").write_bytes(as_bytes(lines))
    good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "judgments.jsonl"))
    return prefs


def test_agreement_is_a_table_for_people(run: Run, judged: Database) -> None:
    lines = good(run("agreement", "prefs")).splitlines()
    assert lines[0] == "prefs: 40 judged items, 80 judgments, 2 reviewers"
    assert lines[2].split() == ["question", "measure", "value", "95", "%", "interval", "items",
                                "judgments"]  # fmt: skip
    assert lines[3].startswith("Preference")
    assert "Undefined:" in lines


def test_agreement_is_json_for_programs(run: Run, judged: Database) -> None:
    said = json.loads(good(run("agreement", "prefs", "--json")))
    assert (said["project"], said["items"], said["judgments"], said["reviewers"]) == (
        "prefs",
        40,
        80,
        2,
    )
    share = said["measures"][1]
    assert (share["question"], share["measure"]) == ("overall", "percent_agreement")
    assert (share["value"], share["n_items"], share["n_judgments"]) == (0.75, 40, 80)
    assert share["low"] < 0.75 < share["high"]


def test_the_table_has_each_of_the_three_figures(run: Run, judged: Database) -> None:
    lines = good(run("agreement", "prefs")).splitlines()
    for name in ("Krippendorff's alpha", "percent agreement", "Gwet's AC1/AC2"):
        [line] = [each for each in lines if each.startswith("Preference  ") and name in each]
        assert line.split()[-2:] == ["40", "80"]


def test_an_export_to_standard_output_is_rows_alone(run: Run, judged: Database) -> None:
    result = run("export", "prefs", "--format", "trl-preference")
    rows = [json.loads(line) for line in good(result).splitlines()]
    # Ten items are split evenly and six are ties.
    assert len(rows) == 24
    assert {"prompt", "chosen", "rejected"} <= set(rows[0])
    assert "Ties are left out." in result.stderr
    assert "Rows written: 24." in result.stderr


def test_an_export_to_a_file_has_a_manifest_beside_it(run: Run, judged: Database) -> None:
    words = ("--format", "trl-preference", "-o", "prefs.jsonl", "--split", "test=0.25")
    assert good(run("export", "prefs", *words)) == ""
    manifest = json.loads(Path("prefs.jsonl.manifest.json").read_text())
    assert [file["split"] for file in manifest["files"]] == ["train", "test"]
    for file in manifest["files"]:
        data = Path(f"prefs.{file['split']}.jsonl").read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert data.count(b"\n") == file["rows"] > 0
    assert manifest["policy"]["splits"] == [{"name": "test", "share": 0.25}]


def test_the_policy_decides_what_is_written(run: Run, judged: Database) -> None:
    def rows(*options: str) -> int:
        return good(run("export", "prefs", "--format", "trl-preference", *options)).count("\n")

    assert rows("--min-agreement", "1") == 24
    assert rows("--aggregate", "each") == 66
    assert rows("--ties", "both") > rows()
    assert rows("--min-judgments", "3") == 0


def test_the_same_data_and_policy_give_the_same_bytes_and_the_same_manifest(
    run: Run, judged: Database
) -> None:
    for name in ("a", "b"):
        Path(name).mkdir()
        good(run("export", "prefs", "--format", "judgments", "-o", f"{name}/j.jsonl"))
    for file in ("j.jsonl", "j.jsonl.manifest.json"):
        assert Path("a", file).read_bytes() == Path("b", file).read_bytes()


def test_an_export_can_be_made_again_as_it_was(run: Run, judged: Database) -> None:
    words = ("export", "prefs", "--format", "judgments")
    before = good(run(*words, "-o", "j.jsonl")) or Path("j.jsonl").read_text()
    mark = json.loads(Path("j.jsonl.manifest.json").read_text())["watermark"]
    Path("more.jsonl").write_bytes(as_bytes([raw_judgment("i00", "r1", B_BETTER)]))
    good(run("import-judgments", "prefs", "more.jsonl", "--revise"))
    assert good(run(*words)) != before
    assert good(run(*words, "--watermark", str(mark))) == before


def test_judgments_go_from_one_project_to_another_and_come_out_the_same(
    run: Run, judged: Database
) -> None:
    out = good(run("export", "prefs", "--format", "judgments"))
    good(run("project", "create", "copy", "--type", "ranking", "--title", "C", "--overlap", "2"))
    good(run("import", "copy", "items.jsonl"))
    good(run("import-judgments", "copy", "-", given=out.encode()))
    assert good(run("export", "copy", "--format", "judgments")) == out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "nonsense"), "--format: There is no format"),
        (("--format", "bias-spans"), "--format: A project of type ranking cannot give"),
        (("--format", "judgments", "--ties", "some"), "--ties: "),
        (("--format", "judgments", "--min-agreement", "2"), "--min-agreement: "),
        (("--format", "judgments", "--split", "test"), "--split: "),
        (("--format", "judgments", "--split", "test=0.1"), "--split: Splits need a file"),
        (("--format", "judgments", "-o", "no/such/folder.jsonl"), "-o: There is no folder"),
    ],
)
def test_an_option_that_cannot_be_is_named(
    run: Run, judged: Database, options: tuple[str, ...], said: str
) -> None:
    assert refused(run("export", "prefs", *options), 2).startswith(said)


def test_an_export_is_in_the_audit_trail(run: Run, judged: Database) -> None:
    good(run("export", "prefs", "--format", "judgments", "-o", "j.jsonl"))
    with judged.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    sha256 = hashlib.sha256(Path("j.jsonl").read_bytes()).hexdigest()
    assert (entry.action, entry.detail["format"], entry.detail["rows"]) == (
        "export",
        "judgments",
        80,
    )
    assert entry.detail["sha256"] == [sha256]


def test_a_sound_installation_is_verified(run: Run, judged: Database) -> None:
    assert good(run("verify")) == "Everything is as it must be.\n"


def test_what_is_broken_is_printed_a_row_a_line_and_ends_with_1(run: Run, judged: Database) -> None:
    with judged.write() as session:
        session.execute(text("UPDATE item SET wanted = 9 WHERE external_id IN ('i01', 'i02')"))
    result = run("verify")
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["slots", "slots"]
    assert result.stderr == "workbench: 2 things are not as they must be\n"


def test_the_help_names_every_format_and_what_it_is_from() -> None:
    help_text = good(call("export", "--help"))
    for fmt in FORMATS:
        assert f"\n  {fmt.name}  " in help_text
    [line] = [each for each in help_text.splitlines() if each.startswith("  bias-spans ")]
    assert line.endswith("[bias]")
    assert "[any project]" in help_text


def test_what_the_trainer_reads_first_lies_beside_the_rows(run: Run, judged: Database) -> None:
    Path("sets").mkdir()
    good(run("export", "prefs", "--format", "llama-factory", "-o", "sets/prefs.jsonl"))
    good(run("export", "prefs", "--format", "llama-factory-kto", "-o", "sets/kto.jsonl"))
    listed = json.loads(Path("sets/dataset_info.json").read_bytes())
    assert {name: entry["file_name"] for name, entry in listed.items()} == {
        "prefs": "prefs.jsonl",
        "kto": "kto.jsonl",
    }
    assert listed["prefs"]["ranking"] is True
    assert "ranking" not in listed["kto"]
    rows = [json.loads(line) for line in Path("sets/prefs.jsonl").read_text().splitlines()]
    assert {type(row["chosen"]) for row in rows} == {dict}


def test_every_judgment_of_a_pair_is_a_battle_whatever_else_counts(
    run: Run, judged: Database
) -> None:
    asked = ("export", "prefs", "--format", "lmarena-battles")
    assert "--ties: lmarena-battles" in refused(run(*asked, "--ties", "drop"), 2)
    lines = good(run(*asked)).splitlines()
    assert len(lines) == 80
    assert {json.loads(line)["winner"] for line in lines} == {"model_a", "model_b", "tie"}


def test_what_those_said_whom_gold_has_paused_can_be_left_out(run: Run, judged: Database) -> None:
    with judged.write() as session:
        r1 = session.scalars(select(Membership).where(Membership.pseudonym == "r1")).one()
        at = now(session)
        session.add(Qualification(project_id=r1.project_id, user_id=r1.user_id, how="lead",
                                  qualified_at=at, revoked_at=at, fell=True))  # fmt: skip
    asked = ("export", "prefs", "--format", "judgments")
    everyone = good(run(*asked))
    others = good(run(*asked, "--without", "nobody", "--without-paused"))
    assert others == good(run(*asked, "--without", "r1"))
    assert 0 < len(others) < len(everyone)
