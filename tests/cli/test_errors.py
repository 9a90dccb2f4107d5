"""Whatever goes wrong: one sentence on standard error, and an exit code that tells whose fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sqlalchemy.exc import OperationalError

from tests.arrivals import as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, call, good, refused
from workbench.cli import root
from workbench.cli.failures import explain
from workbench.db import Database
from workbench.services import accounts


def _verbs(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    found = [path] if path else []
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        found += _verbs(inner, (*path, name))
    return found


@pytest.mark.parametrize("verb", _verbs(root), ids=" ".join)
def test_every_verb_has_help_with_examples_of_itself(verb: tuple[str, ...]) -> None:
    text = good(call(*verb, "--help"))
    examples = text.partition("Examples:\n")[2]
    assert f"workbench {' '.join(verb)}" in examples


def test_all_verbs_are_listed_in_the_help() -> None:
    text = good(call("--help"))
    for verb in ("init", "demo", "serve", "user", "project", "import", "import-judgments",
                 "agreement", "reliability", "disputes", "league", "export", "verify"):  # fmt: skip
        assert f"\n  {verb} " in text


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("user",),
        ("nonsense",),
        ("import",),
        ("import", "prefs"),
        ("import", "prefs", "f.jsonl", "--nonsense"),
        ("user", "create", "ana"),
        ("user", "create", "ana", "--role", "king"),
        ("project", "create", "p", "--type", "poetry", "--title", "P"),
        ("project", "create", "p", "--type", "ranking"),
        ("export", "prefs"),
        ("export", "prefs", "--format", "judgments", "--watermark", "-1"),
        ("serve", "--workers", "0"),
    ],
    ids=" ".join,
)
def test_a_call_that_cannot_be_understood_ends_with_2(run: Run, words: tuple[str, ...]) -> None:
    assert "--help`" in refused(run(*words), 2)


@pytest.mark.parametrize(
    "words",
    [
        ("import", "nowhere", "f.jsonl"),
        ("import-judgments", "nowhere", "f.jsonl"),
        ("agreement", "nowhere"),
        ("reliability", "nowhere"),
        ("disputes", "nowhere"),
        ("league", "nowhere"),
        ("export", "nowhere", "--format", "judgments"),
        ("project", "overlap", "nowhere", "3"),
        ("project", "add", "nowhere", "ana"),
    ],
    ids=" ".join,
)
def test_a_project_that_is_not_there_ends_with_2(run: Run, words: tuple[str, ...]) -> None:
    Path("f.jsonl").write_bytes(b"")
    assert refused(run(*words), 2) == "There is no project called nowhere."


def test_without_an_installation_it_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    said = refused(call("--home", str(tmp_path / "none"), "project", "list"), 2)
    assert "workbench init" in said
    assert not (tmp_path / "none").exists()


def test_home_may_stand_before_the_verb_or_behind_it(home: Path, tmp_path: Path) -> None:
    good(call("init", "--home", str(tmp_path / "one")))
    for words in (
        ("--home", str(tmp_path / "one"), "project", "list"),
        ("project", "list", "--home", str(tmp_path / "one")),
    ):
        assert good(call(*words)).startswith("project")


def test_an_empty_database_is_told_from_a_missing_installation(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "empty: run `workbench init`" in refused(call("--home", str(home), "verify"), 2)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WORKBENCH_HTTPS", "perhaps", "WORKBENCH_HTTPS"),
        ("WORKBENCH_DATABASE_URL", "not an address", "no address of a database"),
        ("WORKBENCH_DATABASE_URL", "mysql://u:s3cret@h/d", "not in mysql"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_with_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    line = refused(run("project", "list"), 2)
    assert said in line
    assert "s3cret" not in line


def test_a_database_that_cannot_be_reached_ends_with_1_and_keeps_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", "postgresql://u:s3cret@127.0.0.1:1/d")
    line = refused(run("project", "list"), 1)
    assert line.startswith("The database cannot be ")
    assert "s3cret" not in line


def test_a_damaged_database_file_ends_with_1(home: Path) -> None:
    (home / "workbench.db").write_bytes(b"this is no database " * 1_000)
    assert "restore a backup" in refused(call("--home", str(home), "project", "list"), 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("database is locked", "busy"),
        ("database or disk is full", "The disk is full"),
        ("attempt to write a readonly database", "may not be written"),
        ("unable to open database file", "cannot be opened"),
        ("deadlock detected\nDETAIL: x", "Try again"),
        ("something else entirely\nand more", "something else entirely"),
    ],
)
def test_what_a_database_says_becomes_a_sentence(words: str, said: str) -> None:
    text, code = explain(OperationalError("SELECT secrets", {}, Exception(words)))
    assert code == 1
    assert said in text
    assert "SELECT" not in text
    assert "\n" not in text


def test_a_full_disk_becomes_a_sentence() -> None:
    text, code = explain(OSError(28, "No space left on device", "/tmp/x"))
    assert (text, code) == ("workbench: The disk is full, and nothing was stored.", 1)


def test_a_fault_of_the_program_is_one_line_with_its_place(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise KeyError("some\nthing")

    monkeypatch.setattr(accounts, "create_user", fail)
    line = refused(run("user", "create", "ana", "--role", "lead"), 1)
    assert "fault in Workbench (KeyError in " in line


def test_an_interrupt_ends_with_130_and_says_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(accounts, "create_user", interrupt)
    result = run("user", "create", "ana", "--role", "lead")
    assert (result.exit_code, result.output.strip()) == (130, "")


def test_what_a_terminal_would_act_upon_is_written_out(run: Run, prefs: Database) -> None:
    name = "\x1b[2Jevil\n.jsonl"
    Path(name).write_bytes(b"{}\n")
    result = run("import", "prefs", name)
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "\x1b" not in refused(run("agreement", "\x1b[2J"), 2)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_stops_early_ends_an_export_quietly(
    run: Run, prefs: Database, unbuffered: str
) -> None:
    Path("i.jsonl").write_bytes(as_bytes(raw_item(f"i{n}") for n in range(1_000)))
    Path("j.jsonl").write_bytes(as_bytes(raw_judgment(f"i{n}", "r1") for n in range(1_000)))
    good(run("import", "prefs", "i.jsonl"))
    good(run("import-judgments", "prefs", "j.jsonl"))
    command = [sys.executable, "-m", "workbench.cli", "export", "prefs", "--format", "judgments"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"item":"i0"')
        process.stdout.close()
        said = process.stderr.read()
        assert (process.wait(60), said) == (1, b"")
