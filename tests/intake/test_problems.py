from __future__ import annotations

import pytest

from workbench.intake.problems import Problem, Report, path, printable
from workbench.messages import N_


def problem(line: int, field: str = "id", file: str = "f.jsonl") -> Problem:
    return Problem(file, line, field, N_("is longer than %(most)d characters", most=9))


def test_a_problem_reads_as_file_line_field_and_what_is_wrong() -> None:
    assert str(problem(3)) == "f.jsonl:3: id: is longer than 9 characters"
    assert problem(3).where == "f.jsonl:3: id"


def test_a_file_name_cannot_write_to_the_terminal() -> None:
    assert str(problem(1, file="a\x1b[2J\n.csv")).startswith(r"a\x1b[2J\n.csv:1: id: ")


@pytest.mark.parametrize(
    ("parent", "key", "expected"),
    [
        ("", "id", "id"),
        ("responses", 2, "responses[2]"),
        ("responses[2]", "text", "responses[2].text"),
        ("metadata", "a b", 'metadata."a b"'),
        ("metadata", "a.b", 'metadata."a.b"'),
        ("metadata", "año", "metadata.año"),
        ("metadata", "\x1b[31m", r'metadata."\x1b[31m"'),
        ("metadata", "\ud800", r'metadata."\ud800"'),
        ("", "x" * 500, '"' + "x" * 40 + '…"'),
    ],
)
def test_a_path_leads_to_the_field(parent: str, key: str | int, expected: str) -> None:
    assert path(parent, key) == expected


def test_what_is_shown_of_a_text_is_cut_and_printable() -> None:
    assert printable("abc", 2) == "ab…"
    assert printable("a\u202eb") == r"a\u202eb"


def test_a_report_keeps_the_first_hundred_and_counts_the_rest() -> None:
    report = Report()
    assert not report
    for line in range(1, 141):
        report.add([problem(line, "id"), problem(line, "text")])
    assert report
    assert (report.count, report.lines, len(report.problems)) == (280, 140, 100)
    assert report.problems[-1].line == 50
    assert str(report).splitlines()[-1] == ("not shown: 180; problems in all: 280, on 140 lines")


def test_a_report_that_kept_all_says_nothing_of_more() -> None:
    report = Report()
    report.add([problem(1)])
    assert report.more is None
    assert str(report) == "f.jsonl:1: id: is longer than 9 characters"


def test_the_same_line_of_two_files_counts_twice() -> None:
    report = Report()
    report.add([problem(1, file="a"), problem(1, file="b")])
    assert report.lines == 2
