"""How fast files become items, against the raw limit: orjson.loads of the same lines.

`python -m tests.bench.bench_intake` prints the figures.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.intake import open_source, read_items
from workbench.task_types import get

COUNT = 20_000
WORDS = ["the", "model", "respuesta", "café", "señor", "«some»", "words", "[a]", "{b}", "10:30"]


def simple_items(count: int) -> list[dict[str, Any]]:
    """Two responses of 60 words each: about a kilobyte a line."""
    rng = random.Random(20261120)

    def text(words: int) -> str:
        return " ".join(rng.choices(WORDS, k=words))

    return [
        {
            "id": f"item-{number}",
            "language": "es",
            "prompt": text(20),
            "responses": [
                {"id": name, "model": f"m-{name}", "text": text(60)} for name in ("a", "b")
            ],
            "tags": ["bench"],
            "harm": None,
            "metadata": {"number": number, "score": rng.random()},
        }
        for number in range(count)
    ]


def as_csv(raws: list[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    names = ["id", "language", "prompt", "response.a", "response.b", "model.a", "model.b"]
    writer.writerow(names)
    for raw in raws:
        first, second = raw["responses"]
        texts = [first["text"], second["text"], first["model"], second["model"]]
        writer.writerow([raw["id"], raw["language"], raw["prompt"], *texts])
    return out.getvalue().encode()


def as_parquet(raws: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(raws), out)
    return out.getvalue()


def rate(work: Callable[[], int], rounds: int = 3) -> float:
    """The best of some rounds, in records a second."""
    best = 0.0
    for _ in range(rounds):
        started = time.perf_counter()
        done = work()
        best = max(best, done / (time.perf_counter() - started))
    return best


def count_items(data: bytes, name: str) -> int:
    task_type = get("ranking")
    config = task_type.parse_config({})
    with open_source(io.BytesIO(data), name) as source:
        lines = read_items(source, task_type, config)
        return sum(line.parsed is not None for line in lines)


def run() -> list[tuple[str, float, str]]:
    """(name, value, unit) of each figure. Raises AssertionError if an item was lost."""
    raws = simple_items(COUNT)
    lines = [orjson.dumps(raw) for raw in raws]
    plain = b"\n".join(lines)
    files = {
        "jsonl": (plain, "f.jsonl"),
        "jsonl.gz": (gzip.compress(plain, 6), "f.jsonl.gz"),
        "csv": (as_csv(raws), "f.csv"),
        "parquet": (as_parquet(raws), "f.parquet"),
    }
    raw_rate = rate(lambda: sum(len(orjson.loads(line)) > 0 for line in lines))
    figures = [
        ("intake: bytes a line", len(plain) / COUNT, "B"),
        ("intake: raw limit (orjson.loads)", raw_rate, "lines/s"),
    ]
    for kind, (data, name) in files.items():
        assert count_items(data, name) == COUNT
        found = rate(partial(count_items, data, name))
        figures.append((f"intake: items from {kind}", found, "items/s"))
        figures.append((f"intake: {kind} to raw limit", found / raw_rate, "ratio"))
    return figures


if __name__ == "__main__":
    for title, value, unit in run():
        print(f"{title:36} {value:12.3f} {unit}")
