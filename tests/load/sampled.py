"""`python -m tests.load.sampled serve ...`: the command, with workers that look at their threads
every few milliseconds and count what they are at, into WORKBENCH_LOAD_SAMPLES.

The time of a request, as its thread lives it: computing and waiting alike, from its turn on. A
thread is counted by the innermost of the places below, or else the innermost module of Workbench,
that it is in.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from workbench.cli import main

#: Seconds between two looks, and between two writings of the counts.
EVERY, WRITE = 0.005, 1.0

#: (part of a file's name, function or "" for any, what it is).
PLACES = (
    ("workbench/db.py", "__call__", "waiting for the write gate (SQLite)"),
    ("sqlalchemy/engine/default.py", "do_commit", "commit: waiting for the disk"),
    ("sqlalchemy/engine/default.py", "do_execute", "the database at a statement"),
    ("sqlalchemy/engine/default.py", "do_begin", "the database at a statement"),
    ("sqlalchemy/pool/base.py", "", "taking a connection"),
    ("sqlalchemy/sql/compiler.py", "", "SQLAlchemy: compiling"),
    ("jinja2/environment.py", "", "templates"),
    ("workbench/web/text.py", "", "text to HTML"),
    ("workbench/web/compress.py", "", "compressing"),
    ("sqlalchemy/", "", "SQLAlchemy: sessions and statements"),
    ("flask_babel/", "", "language"),
    ("werkzeug/", "", "Flask and Werkzeug"),
    ("flask/", "", "Flask and Werkzeug"),
    ("gunicorn/http/", "", "gunicorn: reading and writing HTTP"),
)
#: What every thread with a request is in.
REQUEST = ("gunicorn/workers/gthread.py", "handle")
#: What it is in while others of its process make their replies.
WAITING = ("workbench/turns.py", "_take")


def _what(frame: FrameType | None) -> str | None:
    """What the thread is at; None where it has no request, or waits for its turn."""
    found = ""
    while frame is not None:
        file, function = frame.f_code.co_filename, frame.f_code.co_name
        if (function, file.endswith(WAITING[0])) == (WAITING[1], True):
            return None
        found = found or _named(file, function)
        if (function, file.endswith(REQUEST[0])) == (REQUEST[1], True):
            return found or "elsewhere"
        frame = frame.f_back
    return None


def _named(file: str, function: str) -> str:
    for part, name, what in PLACES:
        if part in file and name in {"", function}:
            return what
    return "workbench" + file.rpartition("/workbench")[2] if "/workbench/" in file else ""


def _look() -> None:
    counts: Counter[str] = Counter()
    me, file = threading.get_ident(), Path(os.environ["WORKBENCH_LOAD_SAMPLES"])
    file /= f"{os.getpid()}.json"
    written = time.monotonic()
    while True:
        time.sleep(EVERY)
        frames = sys._current_frames()
        counts.update(
            what for thread, frame in frames.items() if thread != me and (what := _what(frame))
        )
        if time.monotonic() > written + WRITE:
            file.write_text(json.dumps(counts))
            written = time.monotonic()


def _begin() -> None:
    threading.Thread(target=_look, daemon=True).start()


if __name__ == "__main__":
    os.register_at_fork(after_in_child=_begin)
    main()
