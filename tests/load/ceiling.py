"""The most that the server stores: 64 reviewers in a closed loop, where its time goes meanwhile,
and the raw limit of the same minute: bare Flask with one durable commit of the same rows.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.bench.bench_submit import REVIEWERS, raw_limit
from tests.load import crowd
from tests.load.stage import PASSWORD, Stage
from tests.load.steady import THREADS, Outcome, check_kept, percentile
from tests.support.serving import Server

#: What share of the raw limit is asked for.
SHARE = 1 / 3
#: Seconds in which all log in, before anything is counted.
RAMP = 15.0
#: How many lines of the profile are shown.
LINES = 12


def run(stage: Stage, *, seconds: float, bare_url: str) -> Outcome:
    """Without and with the profile, which costs something itself. `bare_url`: an empty database."""
    rate, took, samples = _closed_loop(stage, Server(stage.config, threads=THREADS), seconds)
    bare = raw_limit(bare_url, seconds)
    where = stage.config.home / "where"
    where.mkdir()
    settings = {"WORKBENCH_LOAD_SAMPLES": str(where)}
    sampled = Server(stage.config, THREADS, settings, module="tests.load.sampled")
    _, _, more = _closed_loop(stage, sampled, min(seconds, 15))
    figures = [
        (f"submit and next, {REVIEWERS} reviewers in a closed loop", rate, "1/s"),
        ("  95th percentile", percentile(took, 95), "ms"),
        ("raw limit: bare Flask, one durable commit of the same rows", bare, "1/s"),
        (f"share of the raw limit (bar {SHARE:.2f})", rate / bare, "x"),
        *_profile(where),
    ]
    problems = [f"{rate / bare:.3f} of the raw limit"] * (rate < SHARE * bare)
    return Outcome(figures, problems + check_kept(stage, samples + more))


def _closed_loop(
    stage: Stage, server: Server, seconds: float
) -> tuple[float, list[float], list[crowd.Sample]]:
    """Answers a second, the milliseconds that each took, in order, and all requests."""
    server.start()
    try:
        what = crowd.Work(server.port, PASSWORD, RAMP, seconds, 0)
        samples = crowd.work(stage.names, what)
    finally:
        server.stop()
    start = min(s.began for s in samples) + RAMP
    sent = [s for s in samples if s.name == "send" and s.began >= start and s.status == 200]
    return len(sent) / seconds, sorted(s.took * 1000 for s in sent), samples


def _profile(where: Path) -> list[tuple[str, float, str]]:
    """Shares of the threads' time at work, by what they were at."""
    at: Counter[str] = Counter()
    for file in where.glob("*.json"):
        at.update(json.loads(file.read_text()))
    every = at.total() or 1
    figures = [(f"  {what}", 100 * n / every, "%") for what, n in at.most_common(LINES)]
    return [("where the time of the requests goes", at.total(), "looks"), *figures]
