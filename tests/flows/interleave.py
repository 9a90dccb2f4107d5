"""Two transactions of a server, the second of them started at a chosen statement of the first."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread, get_ident
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from workbench.db import Database
from workbench.errors import Refused

#: Seconds after which the second transaction is taken to wait for the first.
PATIENCE = 0.05
#: Seconds until two that wait for each other are given up; the server finds them after one.
STUCK = 20.0

Act = Callable[[Session], object]


@dataclass
class Pair:
    """What became of the two: how many statements the first took, and what went wrong."""

    statements: int = 0
    errors: list[str] = field(default_factory=list)


def run_pair(database: Database, first: Act, second: Act, statement: int) -> Pair:
    """Start `second` when `first` is about to execute its n-th statement, then let both end.

    What a service refuses is fine; anything else is an error.
    """
    pair, reached, resume, ended = Pair(), Event(), Event(), Event()
    thread = Thread(target=_run, args=(database, first, pair, ended))

    def pause(*_: Any) -> None:
        if get_ident() == thread.ident:
            pair.statements += 1
            if pair.statements == statement:
                reached.set()
                resume.wait(STUCK)

    event.listen(database.engine, "before_cursor_execute", pause)
    try:
        thread.start()
        while not reached.wait(0.005) and not ended.is_set():
            pass
        other_ended = Event()
        other = Thread(target=_run, args=(database, second, pair, other_ended))
        other.start()
        other_ended.wait(PATIENCE)
        resume.set()
        for each in (thread, other):
            each.join(STUCK)
            if each.is_alive():
                pair.errors.append("it never ended")
    finally:
        event.remove(database.engine, "before_cursor_execute", pause)
    return pair


def _run(database: Database, act: Act, pair: Pair, ended: Event) -> None:
    try:
        with database.write() as session:
            act(session)
    except Refused:
        pass
    except BaseException:  # noqa: BLE001 - whatever it is, the test wants to hear of it
        pair.errors.append(traceback.format_exc())
    finally:
        ended.set()
