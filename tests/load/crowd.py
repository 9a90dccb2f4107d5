"""Reviewers at work: processes with a thread for each of them, and what every request took.

Times are of `time.monotonic`, which all processes of a machine share.
"""

from __future__ import annotations

import http.client
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.load.desk import Desk, Refused

#: How many processes make up the crowd. One alone would wait for itself.
PROCESSES = 2


@dataclass(frozen=True)
class Sample:
    """One request: what for, when it began, how many seconds it took, and its status (0: none)."""

    name: str
    began: float
    took: float
    status: int


@dataclass(frozen=True)
class Work:
    """What a crowd does. `ramp`: seconds over which they log in; then `seconds` of work, with a
    label every `think` seconds on the average (0: at once)."""

    port: int
    password: str
    ramp: float
    seconds: float
    think: float


def work(names: Sequence[str], what: Work) -> list[Sample]:
    """Everyone logs in and judges until the time is over. All requests of all of them."""
    start = time.monotonic()
    parts = [list(names[n::PROCESSES]) for n in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        done = [pool.submit(_part, part, what, start) for part in parts if part]
        return [sample for each in done for sample in each.result()]


def _part(names: list[str], what: Work, start: float) -> list[Sample]:
    samples: list[Sample] = []
    chance = random.Random(names[0])
    threads = [
        threading.Thread(
            target=_reviewer,
            args=(name, what, start, start + what.ramp * chance.random(), samples),
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return samples


def _reviewer(name: str, what: Work, start: float, begins: float, samples: list[Sample]) -> None:
    chance, end = random.Random(name), start + what.ramp + what.seconds
    _sleep_until(begins)

    def timed(what_for: str, send: Callable[[], int]) -> int:
        began, status = time.monotonic(), 0
        try:
            status = send()
        finally:
            samples.append(Sample(what_for, began, time.monotonic() - began, status))
        return status

    while time.monotonic() < end:
        desk = Desk(what.port, timed=timed)
        try:
            desk.log_in(name, what.password)
            desk.open()
            while time.monotonic() < end:
                # Between half and one and a half times as long: nobody is a clock.
                time.sleep(what.think * (0.5 + chance.random()))
                desk.submit()
        except (Refused, OSError, http.client.HTTPException):
            time.sleep(1)  # it is in the samples; the reviewer loads the page again


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
