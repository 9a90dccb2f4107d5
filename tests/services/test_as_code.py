from __future__ import annotations

from workbench import task_types
from workbench.export.formats import Format, format_named
from workbench.export.policy import parse_policy
from workbench.services.as_code import (
    export_command,
    fetch_python,
    snapshot_command,
    snapshot_python,
)
from workbench.services.make_export import as_options

URL = "https://judge.example.org/"
CHOSEN = {
    "ties": "both", "min_agreement": "0.70", "split": "test=0.1,dev=0.05", "languages": "es",
    "guideline": "3",
}  # fmt: skip


def _format(name: str) -> Format:
    return format_named(name, task_types.get("ranking"))


def test_the_command_names_what_is_not_at_its_default() -> None:
    policy = parse_policy({"ties": "both", "min_agreement": "0.70", "split": "test=0.1,dev=0.05"})
    command = export_command("medellin-es", _format("openai-dpo"), as_options(policy))
    assert command == (
        "workbench export medellin-es --format openai-dpo -o medellin-es-openai-dpo.jsonl"
        " --ties both --min-agreement 0.7 --split test=0.1,dev=0.05"
    )


def test_the_command_for_all_judgments_has_no_policy() -> None:
    policy = as_options(parse_policy({"aggregate": "each", "split": "test=0.1"}))
    command = export_command("medellin-es", _format("judgments"), policy)
    assert command == (
        "workbench export medellin-es --format judgments -o medellin-es-judgments.jsonl"
        " --split test=0.1"
    )


def test_a_value_that_a_shell_would_read_is_quoted() -> None:
    command = export_command("a", _format("openai-dpo"), {"criterion": "x; rm -rf /"})
    assert command.endswith("--criterion 'x; rm -rf /'")


def test_the_command_of_a_snapshot_names_it() -> None:
    command = snapshot_command("a", "nov", _format("trl-reward"), as_options(parse_policy(CHOSEN)))
    assert command == (
        "workbench snapshot make a nov --format trl-reward --languages es --guideline 3"
        " --min-agreement 0.7 --split test=0.1,dev=0.05"
    )


def test_in_python_figures_are_figures() -> None:
    policy = as_options(parse_policy({**CHOSEN, "languages": "", "split": ""}))
    lines = snapshot_python(URL, "nov", _format("trl-preference"), policy)
    call = "'nov', format='trl-preference', guideline=3, ties='both', min_agreement=0.7"
    assert lines.splitlines() == [
        "from workbench.client import Client",
        "",
        f"with Client({URL!r}) as client:",
        f"    snapshot = client.snapshot({call})",
        "    snapshot.download('nov')",
    ]
    assert "client.snapshot('nov')" in fetch_python(URL, "nov")
