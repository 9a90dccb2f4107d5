"""Reading records of other tools as an import does, without a database."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from workbench import task_types
from workbench.intake import Line, Report, item_as_dict, open_source
from workbench.intake.tools import BY_NAME, Record, Together, read_records
from workbench.intake.tools.base import Given

DATA = Path(__file__).resolve().parents[2] / "data"

#: A project of marked passages with one direction, so that only a severity is to be said.
LABELS = (
    "ORG",
    "PERSON",
    "MISC",
    "Fact",
    "Location",
    "Product",
    "Positive",
    "Negative",
    "DATE",
    "INSULT",
)


def two(text: str) -> dict[str, str]:
    """The same in both languages."""
    return {"es": text, "en": text}


def option(code: str, title: str = "") -> dict[str, Any]:
    """An entry of a taxonomy."""
    return {"code": code, "title": two(title or code), "help": two("")}


CONFIGS: dict[str, dict[str, Any]] = {
    "ranking": {},
    "steps": {},
    "rating": {"attributes": [{"key": "quality", "title": two("Quality"),
        "scale": {"least": 1, "most": 5}, "anchors": [{"value": 5, "text": two("Good")}]}]},
    "bias": {
        "taxonomy": [option(f"l{i}", label) for i, label in enumerate(LABELS)],
        "directions": [option("any")],
    },
}  # fmt: skip


def lines(
    tool: str, content: bytes | list[Any], type_slug: str = "ranking", /, **options: str
) -> list[Line[Record]]:
    """Every record of a file, into a project of that type."""
    data = content if isinstance(content, bytes) else orjson.dumps(content)
    task_type = task_types.get(type_slug)
    config = task_type.parse_config(CONFIGS.get(type_slug, {}))
    source = open_source(io.BytesIO(data), "file.json")
    given = Given(type_slug, config, options)
    return list(read_records(source, BY_NAME[tool], task_type, given))


def good(
    tool: str, content: bytes | list[Any], type_slug: str = "ranking", /, **options: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Counter[str]]:
    """Items, judgments and what was left out, of a file in which nothing is wrong."""
    items, judgments, left = [], [], Counter[str]()
    for line in lines(tool, content, type_slug, **options):
        assert line.parsed is not None, [str(problem) for problem in line.problems]
        items += [item_as_dict(item) for item, _ in line.parsed.items]
        judgments += line.parsed.judgments
        left.update(str(message) for message in line.parsed.left)
    return items, judgments, left


def wrong(
    tool: str, content: bytes | list[Any], type_slug: str = "ranking", /, **options: str
) -> list[str]:
    """What is wrong with a file, as a person reads it."""
    report = Report()
    for line in lines(tool, content, type_slug, **options):
        report.add(line.problems)
    return [str(problem) for problem in report.problems]


#: Files by name: their bytes, or the records of JSON lines.
Files = dict[str, bytes | list[Any]]
#: Items, judgments, what was left, and what is wrong.
Read = tuple[list[Any], list[Any], list[str], list[str]]


def together(tool: str, files: Files, type_slug: str = "ranking", /, **options: str) -> Read:
    """What comes of several files that are brought in together."""
    sources = [
        open_source(io.BytesIO(c if isinstance(c, bytes) else b"\n".join(map(orjson.dumps, c))), n)
        for n, c in files.items()
    ]
    task_type = task_types.get(type_slug)
    given = Given(type_slug, task_type.parse_config(CONFIGS.get(type_slug, {})), options)
    items, judgments, left, report = [], [], [], Report()
    for line in read_records(Together(sources), BY_NAME[tool], task_type, given):
        report.add(line.problems)
        if line.parsed is not None:
            items += [item_as_dict(item) for item, _ in line.parsed.items]
            judgments += line.parsed.judgments
            left += [str(message) for message in line.parsed.left]
    return items, judgments, left, [str(problem) for problem in report.problems]


def tiers(judgments: list[dict[str, Any]]) -> list[Any]:
    """What rankings say."""
    return [judgment["answer"]["tiers"] for judgment in judgments]
