"""The whole day: outputs in, people judge, a set goes out, a model learns, and is better."""

from __future__ import annotations

import importlib.util
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.support.serving import Server
from tests.web.api.programs import prefers, token_for
from workbench.client import Client
from workbench.config import Config
from workbench.db import Database
from workbench.models import Item
from workbench.paths import data_dir

#: What people like to read and what they do not. The model knows nothing of either.
GOOD, BAD = ("because", "example", "sources"), ("obviously", "simply", "whatever")
FILLING = [
    "the",
    "answer",
    "to",
    "this",
    "question",
    "is",
    "that",
    "it",
    "depends",
    "on",
    "several",
    "things",
    "that",
    "vary",
]
PROMPTS = 24


def _script() -> ModuleType:
    path = data_dir("sample_tasks") / "same_day_loop.py"
    spec = importlib.util.spec_from_file_location("same_day_loop", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _prompts(draw: random.Random) -> list[dict[str, Any]]:
    def answer() -> str:
        words = draw.sample(FILLING, 8) + [draw.choice(GOOD + BAD) for _ in range(2)]
        draw.shuffle(words)
        return " ".join(words)

    return [
        {"id": f"p{n}", "language": "en", "prompt": f"Question {n}?",
         "candidates": [answer() for _ in range(4)]}
        for n in range(PROMPTS)
    ]  # fmt: skip


def _likes(text: str) -> int:
    words = text.split()
    return sum(words.count(word) for word in GOOD) - sum(words.count(word) for word in BAD)


def _judge(client: Client, database: Database, who: str, over: threading.Event) -> None:
    """Read what is new, and say which response is better; now and then the wrong one."""
    draw, seen = random.Random(who), 0
    while not over.wait(0.05):
        with database.read() as reading:
            new = list(reading.scalars(select(Item).where(Item.id > seen).order_by(Item.id)))
            lines = [_said(each, who, draw) for each in new]
        if lines:
            client.push_judgments(lines)
            seen = new[-1].id


def _said(item: Item, who: str, draw: random.Random) -> dict[str, Any]:
    first, second = item.responses
    lead = _likes(first["text"]) - _likes(second["text"]) or draw.choice([-1, 1])
    lead = -lead if draw.random() < 0.1 else lead
    order = (first, second) if lead > 0 else (second, first)
    answer = prefers(order[0]["id"], order[1]["id"])
    return {"item": item.external_id, "reviewer": who, "answer": answer}


@contextmanager
def _reviewers(url: str, database: Database, cast: Cast) -> Iterator[None]:
    token = token_for(database, cast.edu, cast.project, "judge", "read")
    over, clients = threading.Event(), [Client(url, token, "main") for _ in range(2)]
    threads = [
        threading.Thread(target=_judge, args=(client, database, f"person-{n}", over))
        for n, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()


@pytest.mark.slow
def test_the_second_model_is_better_by_the_judgments_of_people(
    config: Config, database: Database, cast: Cast, tmp_path: Path
) -> None:
    loop, server = _script(), Server(config)
    server.start()
    try:
        token = token_for(database, cast.edu, cast.project, "read", "import", "export")
        with (
            Client(server.url, token) as client,
            _reviewers(server.url, database, cast),
        ):
            found = loop.run(client, _prompts(random.Random(7)), tmp_path / "day-1", every=0.1)
    finally:
        server.stop()
    print(f"Last judgment to training file on disk: {found.seconds:.2f} s; win rate "
          f"{found.win_rate:.2f} of {found.compared}")  # fmt: skip
    assert found.pairs == PROMPTS // 2 * 6 * 2
    assert found.compared >= 12
    assert found.win_rate > 0.6
    assert 0 < found.seconds < 60
    assert list((tmp_path / "day-1").glob("*.jsonl"))
