"""Items in every format, and short ways to read them."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson

from workbench.intake import Limits, Line, Report, open_source, read_items
from workbench.task_types import get
from workbench.task_types.base import Item, TaskType

ITEM: dict[str, Any] = {
    "id": "mt-81",
    "language": "es-CO",
    "prompt": "¿Qué significa «parce»?",
    "responses": [
        {"id": "a", "model": "m1", "text": "Amigo.\nEn Colombia: «¡qué más, parce!»"},
        {"id": "b", "model": "m2", "text": 'A "friend", or 10:30 {not} [json]'},
    ],
    "tags": ["jerga", "es"],
    "harm": None,
    "metadata": {"source": "chat"},
}


def item(**changes: Any) -> dict[str, Any]:
    """ITEM with some of its fields changed."""
    return ITEM | changes


def json_lines(*raws: Any) -> bytes:
    """Each object on its line; bytes stand for themselves."""
    lines = [raw if isinstance(raw, bytes) else orjson.dumps(raw) for raw in raws]
    return b"".join(line + b"\n" for line in lines)


def as_csv(*raws: dict[str, Any], delimiter: str = ",") -> bytes:
    """Items with responses a and b, as a spreadsheet would write them."""
    out = io.StringIO(newline="")
    names = ["id", "language", "prompt", "tags", "harm", "metadata.source"]
    for name in "ab":
        names += [f"response.{name}", f"model.{name}"]
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    for raw in raws:
        row = {key: raw[key] for key in ("id", "language", "prompt", "harm")}
        row |= {"tags": "|".join(raw["tags"]), "metadata.source": raw["metadata"]["source"]}
        for response in raw["responses"]:
            row[f"response.{response['id']}"] = response["text"]
            row[f"model.{response['id']}"] = response["model"]
        writer.writerow(row)
    return out.getvalue().encode()


def read(
    data: bytes, name: str = "f.jsonl", kind: str = "bias", limits: Limits | None = None
) -> list[Line[Item]]:
    """Every line of a file of these bytes."""
    task_type: TaskType = get(kind)
    source = open_source(io.BytesIO(data), name, limits)
    return list(read_items(source, task_type, task_type.parse_config({})))


def report(
    data: bytes, name: str = "f.jsonl", kind: str = "bias", limits: Limits | None = None
) -> list[str]:
    """The report on a file of these bytes, line by line."""
    found = Report()
    for line in read(data, name, kind, limits):
        found.add(line.problems)
    return str(found).splitlines()


def items(data: bytes, name: str = "f.jsonl", kind: str = "bias") -> list[Item]:
    """The items of a file in which nothing is wrong."""
    lines = read(data, name, kind)
    assert [str(problem) for line in lines for problem in line.problems] == []
    return [line.parsed for line in lines if line.parsed is not None]
