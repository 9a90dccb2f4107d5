"""A day's crowd, and more: 500 reviewers who log in and then judge an item every four seconds."""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from tests.load import crowd
from tests.load.stage import PASSWORD, Stage
from tests.support.memory import mib
from tests.support.serving import Server
from workbench.models import Judgment
from workbench.queries.verify import verify

#: Threads of each of the two workers.
THREADS = 16
#: Seconds between two looks at the memory.
LOOK = 5.0
#: What the desk's script sends while people judge; the rest is the way in.
DESK = {"send", "next", "upcoming"}
#: Bars: milliseconds, and how much the memory may grow.
P95, P99, GROWTH = 200.0, 800.0, 1.1


@dataclass(frozen=True)
class Outcome:
    """What came of it. `problems`: what is not as it should be, none if all is well."""

    figures: list[tuple[str, float, str]]
    problems: list[str]


def run(stage: Stage, *, seconds: float, ramp: float, think: float) -> Outcome:
    """Serve the stage by two workers and let everyone of it work."""
    server = Server(stage.config, threads=THREADS)
    server.start()
    try:
        with _memory(server) as looks:
            work = crowd.Work(server.port, PASSWORD, ramp, seconds, think)
            samples = crowd.work(stage.names, work)
    finally:
        server.stop()
    first = min(sample.began for sample in samples)
    steady = [s for s in samples if s.name in DESK and s.began >= first + ramp]
    figures, problems = _speeds(samples, steady, seconds)
    grown, said = _growth([mib for moment, mib in looks if moment >= first + ramp])
    figures += said
    if grown > GROWTH:
        problems.append(f"the memory grew by {grown:.2f}")
    return Outcome(figures, problems + check_kept(stage, samples))


def _speeds(
    samples: list[crowd.Sample], steady: list[crowd.Sample], seconds: float
) -> tuple[list[tuple[str, float, str]], list[str]]:
    sends = sum(s.name == "send" and s.status == 200 for s in steady)
    took = sorted(s.took * 1000 for s in steady)
    log_ins = sorted(s.took * 1000 for s in samples if s.name == "log-in")
    p95, p99 = percentile(took, 95), percentile(took, 99)
    wrong = Counter(f"{s.name} {s.status}" for s in samples if s.status not in {200, 303})
    figures = [
        ("answers stored a second", sends / seconds, "1/s"),
        ("desk's requests: median", statistics.median(took), "ms"),
        (f"  95th percentile (bar {P95:.0f})", p95, "ms"),
        (f"  99th percentile (bar {P99:.0f})", p99, "ms"),
        ("  slowest", took[-1], "ms"),
        (f"log-ins, {len(log_ins)}: 95th percentile", percentile(log_ins, 95), "ms"),
        ("requests in all", len(samples), ""),
        ("  of which not answered as asked (bar 0)", sum(wrong.values()), ""),
    ]
    problems = [f"{count} x {what}" for what, count in wrong.items()]
    problems += [f"p95 is {p95:.0f} ms"] * (p95 >= P95) + [f"p99 is {p99:.0f} ms"] * (p99 >= P99)
    return figures, problems


def percentile(ordered: list[float], percent: int) -> float:
    """Of numbers in order."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _growth(looks: list[float]) -> tuple[float, list[tuple[str, float, str]]]:
    """By how much the last fifth is more than the second, after what is filled once is filled."""
    fifth = max(1, len(looks) // 5)
    before, after = (
        statistics.mean(looks[fifth : 2 * fifth] or looks),
        statistics.mean(looks[-fifth:]),
    )
    return after / before, [
        ("memory of server and workers, second fifth of the time", before, "MiB"),
        ("  last fifth", after, "MiB"),
        (f"  growth (bar {GROWTH})", after / before, "x"),
    ]


@contextlib.contextmanager
def _memory(server: Server) -> Iterator[list[tuple[float, float]]]:
    """(moment, MiB) of the master and its children, again and again until the block ends."""
    looks: list[tuple[float, float]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(LOOK):
            with contextlib.suppress(OSError):  # one of them has just ended
                looks.append((time.monotonic(), _mib(server)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        stop.set()
        thread.join()


def _mib(server: Server) -> float:
    return sum(mib("VmRSS", each) for each in (server.master, *server.workers()))


def check_kept(stage: Stage, samples: list[crowd.Sample]) -> list[str]:
    """Whether everything acknowledged is stored, and everything stored adds up."""
    told = sum(s.name == "send" and s.status == 200 for s in samples)
    with stage.database.read() as session:
        stored = session.scalar(select(func.count()).select_from(Judgment)) or 0
        found = verify(session, stage.config.read_key())
    lost = [f"{told} acknowledged, {stored} stored"] if stored < told else []
    return lost + [f"{each.rule}: {each}" for each in found[:3]]
