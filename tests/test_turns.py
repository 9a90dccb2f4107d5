"""Turns: one thread at a time makes a reply, in the order of asking, unless it takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from workbench.turns import Turns, resting

#: Longer than anything here takes.
EVER = 60.0


class Crowd:
    """Requests, each in a thread of its own, of an application that does what it is told."""

    def __init__(self, long: float = EVER) -> None:
        self._turns = Turns(self._reply, long)
        self._threads: list[threading.Thread] = []
        self.began: list[str] = []
        self.at_once = self.most_at_once = self.at_rest = 0

    def _reply(self, environ: Any, _start: Any) -> Iterable[bytes]:
        self.began.append(environ["name"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            environ["work"]()
        finally:
            self.at_once -= 1
        return [b"done"]

    def ask(self, name: str, work: Callable[[], object]) -> None:
        """One more request; the next one asks when this one is at work or waits."""
        thread = threading.Thread(target=self._try, args=(name, work))
        self._threads.append(thread)
        thread.start()
        until = time.monotonic() + EVER
        while (
            name not in self.began
            and len(self._turns._waiting) < len(self._threads) - 1 - self.at_rest
        ):
            assert time.monotonic() < until
            time.sleep(0.001)

    def _try(self, name: str, work: Callable[[], object]) -> None:
        try:
            self._turns({"name": name, "work": work}, None)
        except ZeroDivisionError:
            self.began.append("failed")

    def end(self) -> None:
        """All of them are answered."""
        for thread in self._threads:
            thread.join(EVER)
            assert not thread.is_alive()


def test_one_is_at_work_at_a_time_in_the_order_of_asking() -> None:
    crowd, go = Crowd(), threading.Event()
    crowd.ask("first", lambda: go.wait(EVER))
    names = [str(number) for number in range(8)]
    for name in names:
        crowd.ask(name, lambda: time.sleep(0.002))
    assert crowd.began == ["first"]
    go.set()
    crowd.end()
    assert crowd.began == ["first", *names]
    assert crowd.most_at_once == 1


def test_who_is_at_long_work_holds_nobody_up_and_takes_no_turn_of_theirs() -> None:
    crowd, go, more = Crowd(long=0.01), threading.Event(), threading.Event()
    crowd.ask("long", lambda: go.wait(EVER))
    crowd.ask("short", lambda: None)
    crowd.ask("another", lambda: more.wait(EVER))
    until = time.monotonic() + EVER
    while "another" not in crowd.began:
        assert time.monotonic() < until
        time.sleep(0.001)
    # The long one ends while another has the turn, which is not the long one's to give back.
    go.set()
    more.set()
    crowd.end()
    assert crowd.began == ["long", "short", "another"]


def test_who_rests_lets_others_go_on_and_comes_before_those_who_have_not_begun() -> None:
    crowd, disk, go = Crowd(), threading.Event(), threading.Event()

    def rest() -> None:
        with resting():
            crowd.at_once -= 1
            crowd.at_rest += 1
            disk.wait(EVER)
        crowd.at_once += 1
        crowd.most_at_once = max(crowd.most_at_once, crowd.at_once)
        crowd.began.append("rested")

    crowd.ask("rests", rest)
    crowd.ask("at work", lambda: go.wait(EVER))
    crowd.ask("next", lambda: None)
    until = time.monotonic() + EVER
    while "at work" not in crowd.began:
        assert time.monotonic() < until
        time.sleep(0.001)
    disk.set()
    while len(crowd._turns._waiting) < 2:
        assert time.monotonic() < until
        time.sleep(0.001)
    go.set()
    crowd.end()
    assert crowd.began == ["rests", "at work", "rested", "next"]
    assert crowd.most_at_once == 1


def test_outside_a_reply_there_is_nobody_to_let_go_on() -> None:
    entered = []
    with resting():
        entered.append("alone")
    assert entered == ["alone"]


@pytest.mark.parametrize("waits", [False, True])
def test_a_failure_gives_the_turn_back(waits: bool) -> None:
    crowd, go = Crowd(), threading.Event()
    crowd.ask("bad", lambda: (go.wait(EVER), 1 / 0))
    if waits:
        crowd.ask("good", lambda: None)
    go.set()
    crowd.end()
    crowd.ask("later", lambda: None)
    crowd.end()
    assert [name for name in crowd.began if name != "failed"] == [
        "bad", *["good"] * waits, "later",
    ]  # fmt: skip
