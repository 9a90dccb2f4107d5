"""From a model's outputs to the next model's, judged by people on the same day.

    export WORKBENCH_URL=https://judge.example.org WORKBENCH_TOKEN=wbk_...
    python same_day_loop.py candidates.jsonl --folder run-1

A line of candidates.jsonl is a prompt with what the model may answer, its likeliest first:
{"id": "p1", "language": "en", "prompt": "...", "candidates": ["...", "...", "..."]}

The project is of the type ranking. `train` stands where the trainer stands: it is small enough to
be read here, and takes what a trainer takes, the file of the snapshot.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from workbench.client import Client
from workbench.client.steps import rows_of

#: Word to weight: what the second model has learnt.
Weights = dict[str, float]
Prompt = dict[str, Any]

#: Strength of the penalty, steps and their length, of the logistic regression.
RIDGE, STEPS, RATE = 0.01, 400, 0.5


@dataclass(frozen=True)
class Outcome:
    """What a day brought. `compared`: judgments of the second model beside the first."""

    pairs: int
    compared: int
    #: NaN where both models answered everything alike, so that there was nothing to compare.
    win_rate: float
    #: From the last judgment to the training file on disk.
    seconds: float


def run(client: Client, prompts: list[Prompt], folder: Path, every: float = 30) -> Outcome:
    """The loop once. Half of the prompts teach, the other half compare."""
    teaching, comparing = prompts[::2], prompts[1::2]
    client.push(pairs(teaching), name="first model")
    client.wait(complete=1.0, every=every)
    feed = client.judgments()
    last = max(datetime.fromisoformat(each.at).timestamp() for each in feed)

    snapshot = client.snapshot(folder.name, format="trl-preference", aggregate="each")
    [file] = [path for path in snapshot.download(folder) if path.suffix == ".jsonl"]
    seconds = time.time() - last
    weights = train(file)

    client.push(matches(comparing, lambda told: choose(told, weights)), name="second model")
    client.wait(complete=1.0, every=every)
    wins = [points(each.answer) for each in client.judgments(feed.cursor) if each.answer]
    won = float(np.mean(wins)) if wins else math.nan
    return Outcome(snapshot.info.rows, len(wins), won, seconds)


def pairs(prompts: list[Prompt]) -> Iterator[dict[str, Any]]:
    """Every two answers of the first model to a prompt, as items."""
    for told in prompts:
        numbered = enumerate(told["candidates"])
        for (one, first), (other, second) in combinations(numbered, 2):
            yield _item(told, f"pair-{told['id']}-{one}-{other}", {"a": first, "b": second})


def matches(
    prompts: list[Prompt], second_model: Callable[[Prompt], str]
) -> Iterator[dict[str, Any]]:
    """The first model beside the second, as items, where they say different things."""
    for told in prompts:
        old, new = told["candidates"][0], second_model(told)
        if old != new:
            yield _item(told, f"match-{told['id']}", {"old": old, "new": new})


def _item(told: Prompt, name: str, texts: dict[str, str]) -> dict[str, Any]:
    responses = [{"id": key, "model": key, "text": text} for key, text in texts.items()]
    return {
        "id": name,
        "language": told["language"],
        "prompt": told["prompt"],
        "responses": responses,
    }


def points(answer: dict[str, Any]) -> float:
    """What a judgment gives the second model: 1, 0, or a half for a tie or neither."""
    best = answer["tiers"][0] if answer["tiers"] else ["old", "new"]
    return float("new" in best) / len(best)


def train(file: Path) -> Weights:
    """Bradley-Terry on counts of words: logistic regression on chosen minus rejected."""
    rows = [(_words(row["chosen"]), _words(row["rejected"])) for row in rows_of(file)]
    known = sorted({word for pair in rows for words in pair for word in words})
    place = {word: n for n, word in enumerate(known)}
    differences = np.zeros((len(rows), len(known)))
    for row, (chosen, rejected) in zip(differences, rows, strict=True):
        for words, sign in ((chosen, 1), (rejected, -1)):
            for word, count in words.items():
                row[place[word]] += sign * count
    weights = np.zeros(len(known))
    for _ in range(STEPS):
        doubt = 1 / (1 + np.exp(differences @ weights))
        weights += RATE * (doubt @ differences / len(rows) - RIDGE * weights)
    return dict(zip(known, weights.tolist(), strict=True))


def choose(told: Prompt, weights: Weights) -> str:
    """The candidate that the second model gives."""

    def worth(text: str) -> float:
        return sum(weights.get(word, 0) * count for word, count in _words(text).items())

    return str(max(told["candidates"], key=worth))


def _words(said: str | list[dict[str, str]]) -> Counter[str]:
    """Words of a text, or of the messages that an answer is."""
    text = said if isinstance(said, str) else " ".join(each["content"] for each in said)
    return Counter(re.findall(r"\w+", text.lower()))


def main() -> None:
    """Run it on a file of prompts."""
    parser = argparse.ArgumentParser(description="The same-day loop, once")
    parser.add_argument("candidates", type=Path)
    parser.add_argument("--folder", type=Path, required=True, help="its name names the snapshot")
    asked = parser.parse_args()
    lines = asked.candidates.read_text(encoding="utf-8").splitlines()
    with Client() as client:
        found = run(client, [json.loads(line) for line in lines], asked.folder)
    print(f"Last judgment to training file on disk: {found.seconds:.1f} s")
    if found.compared:
        told = f"The second model wins {found.win_rate:.0%} of {found.compared} judgments."
    else:
        told = "The second model answers as the first, so there was nothing to compare."
    print(f"Trained on {found.pairs} pairs. {told}")


if __name__ == "__main__":
    main()
