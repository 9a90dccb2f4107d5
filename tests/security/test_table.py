"""docs/security.md names what there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
#: Facts that are not true yet.
NOT_YET: set[int] = set()
_ROW = re.compile(r"^\| (\d+) \| (.*?) \| (.*?) \| (.*) \|$", re.MULTILINE)
_NAMED = re.compile(r"`((?:workbench/|tests/|templates/|Makefile)[\w./-]*)(?:::(\w+))?`")
_BY_NUMBER = re.compile(r"^def (test_fact_(\d\d)\w*)", re.MULTILINE)


def test_every_fact_has_its_row() -> None:
    assert [int(row[0]) for row in _ROW.findall(PAGE)] == list(range(1, 45))


def test_what_is_not_true_yet_is_said_and_the_rest_has_tests() -> None:
    said = set()
    for number, _what, where, held in _ROW.findall(PAGE):
        if where == "not yet":
            assert held.startswith("not yet: ")
            said.add(int(number))
        else:
            assert _NAMED.search(where), number
            assert re.search(r"`tests/[^`]+::test_\w+`", held), number
    assert said == NOT_YET


def test_what_the_page_names_is_there() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) > 100
    gone = [f"{name}::{symbol}" for name, symbol in named if not _is_there(name, symbol)]
    assert gone == []


def _is_there(name: str, symbol: str) -> bool:
    file = ROOT / name
    if not file.is_file():
        return False
    defined = rf"^\s*(?:async )?(?:def|class) {symbol}\b|^{symbol}\b"
    return not symbol or bool(re.search(defined, file.read_text("utf-8"), re.MULTILINE))


def test_every_test_by_the_number_of_a_fact_is_in_that_facts_row() -> None:
    held = {int(number): held for number, _what, _where, held in _ROW.findall(PAGE)}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, number in _BY_NUMBER.findall(file.read_text("utf-8")):
            path = file.relative_to(ROOT).as_posix()
            assert f"`{path}::{name}`" in held[int(number)], f"{path}::{name}"
