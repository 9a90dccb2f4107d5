"""`make load`: 500 reviewers for ten minutes, then the ceiling, then growth, on both databases.

`python -m tests.load --seconds 60 --only steady`. Returns 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import bench_queue
from tests.bench.bench_submit import REVIEWERS
from tests.bench.table import shown
from tests.load import ceiling, steady
from tests.load.stage import stage
from tests.load.steady import Outcome
from tests.support import postgres
from tests.support.serving import end_in_order

KINDS = ("sqlite", "postgresql")
#: Items of the project in which the ceiling is looked for, and of the large one of the growth.
CEILING, MILLION = 20_000, 1_000_000


@contextlib.contextmanager
def place(kind: str) -> Iterator[tuple[Path, Callable[[str], str]]]:
    """A folder, and what gives the address of an empty database by its name."""
    with tempfile.TemporaryDirectory() as top:
        if kind == "sqlite":
            yield Path(top), lambda name: f"sqlite:///{top}/{name}.db"
            return
        with postgres.running_server() as server:
            yield Path(top), lambda _name: postgres.fresh_database(server)


def run_steady(kind: str, asked: argparse.Namespace) -> Outcome:
    """Many reviewers, each at a person's speed."""
    labels = asked.reviewers * (asked.seconds + asked.ramp) / asked.think
    with (
        place(kind) as (top, url),
        stage(top / "home", url("main"), reviewers=asked.reviewers, items=int(labels / 2) + 1_000)
        as made,
    ):  # fmt: skip
        return steady.run(made, seconds=asked.seconds, ramp=asked.ramp, think=asked.think)


def run_ceiling(kind: str, asked: argparse.Namespace) -> Outcome:
    """A few, as fast as they are served."""
    with (
        place(kind) as (top, url),
        stage(top / "home", url("main"), reviewers=REVIEWERS, items=CEILING) as made,
    ):
        return ceiling.run(made, seconds=min(asked.seconds, 30), bare_url=url("bare"))


def run_growth(kind: str, asked: argparse.Namespace) -> Outcome:
    """One, in a project of a thousand items and in one of a million."""
    with place(kind) as (_, url):
        figures = bench_queue.growth(url("small"), url("large"), asked.items)
    most = bench_queue.BAR
    grown = [value for _, value, unit in figures if unit == "x"]
    return Outcome(figures, [f"grows by {value:.2f}" for value in grown if value > most])


PARTS = {"steady": run_steady, "ceiling": run_ceiling, "growth": run_growth}


def _one(name: str, kind: str, asked: argparse.Namespace) -> list[str]:
    """Run a part and print it; what is not as it should be."""
    if kind == "postgresql" and postgres.find() is None:
        print("\nNO POSTGRESQL HERE: its half was skipped", flush=True)
        return [f"{name}, {kind}: skipped"]
    outcome = PARTS[name](kind, asked)
    print(f"\n{name}, {kind}: {(PARTS[name].__doc__ or '').rstrip('.')}")
    for figure in outcome.figures:
        print(shown(figure), flush=True)
    return [f"{name}, {kind}: {each}" for each in outcome.problems]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--reviewers", type=int, default=500)
    parser.add_argument("--think", type=float, default=4, help="seconds a label")
    parser.add_argument("--seconds", type=float, default=600, help="of work, after all are in")
    parser.add_argument("--ramp", type=float, default=90, help="seconds in which all log in")
    parser.add_argument("--items", type=int, default=MILLION, help="of the large project")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--database", choices=KINDS, help="on one kind alone")
    asked = parser.parse_args()
    end_in_order()
    problems = [
        problem
        for name in PARTS
        for kind in KINDS
        if asked.only in {None, name} and asked.database in {None, kind}
        for problem in _one(name, kind, asked)
    ]
    print("\n" + ("\n".join(problems) or "Every bar is met."))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
