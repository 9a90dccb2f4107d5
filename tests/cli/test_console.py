from __future__ import annotations

import io

import pytest

from workbench.cli import console


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("name", "n"), ("a", "1,000"), ("longer", "7")]
    assert console.table(rows, right=frozenset({1})) == [
        "name        n",
        "a       1,000",
        "longer      7",
    ]


def test_progress_is_drawn_on_a_terminal_and_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = _Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(console, "_EVERY", 0.0)
    with console.progress_of("f.jsonl") as progress:
        progress("read", 50, 200)
        progress("store", 1234, None)
    drawn = screen.getvalue().split("\r\x1b[K")
    assert drawn == ["", "f.jsonl: reading 25 %", "f.jsonl: storing 1,234", ""]


def test_progress_is_not_drawn_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    with console.progress_of("f.jsonl") as progress:
        progress("read", 50, 200)
    assert log.getvalue() == ""


def test_progress_is_drawn_a_few_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with console.progress_of("f.jsonl") as progress:
        for done in range(5_000):
            progress("read", done, 5_000)
    assert screen.getvalue().count("reading") < 50


def test_of_stages_the_time_that_is_left_is_told_once_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen, clock = _Terminal(), iter([0.0, 0.0, 1.0, 100.0, 101.0, 111.0, 112.0])
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.stages_of("move") as look:
        for doing, done, of in (
            ("reading item", 0, 400),
            ("reading item", 4, 400),
            ("reading item", 100, 400),
            ("copying item", 0, 400),
            ("copying item", 200, 400),
            ("checking", 0, 0),
        ):
            look(doing, done, of)
    drawn = screen.getvalue().split("\r\x1b[K")
    assert drawn == [
        "",
        "move: reading item 0 %",
        "move: reading item 1 %",
        "move: reading item 25 %, 5 min left",
        "move: copying item 0 %",
        "move: copying item 50 %, 10 s left",
        "move: checking",
        "",
    ]
