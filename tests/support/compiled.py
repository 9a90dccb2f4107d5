"""Statements are compiled once for all databases of a process.

An engine compiles each statement at its first use, and nearly every test has an engine of its own:
a fifth of what they took went there. What SQLAlchemy keeps is kept by dialect, so engines of one
kind share theirs, as soon as the first has asked a server what it is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Dialect

_shared: dict[str, tuple[Dialect, Any]] = {}


def engine_that_shares(url: Any, **settings: Any) -> Engine:
    """`create_engine`, in its place in `workbench.db`, which makes all of them alike."""
    engine = create_engine(url, **settings)
    kind = engine.dialect.name
    if kind in _shared:
        engine.dialect, engine._compiled_cache = _shared[kind]
    else:
        own = engine.dialect, engine._compiled_cache
        # Behind SQLAlchemy's own listener, which asks.
        event.listen(engine, "connect", lambda *_: _shared.setdefault(kind, own), once=True)
    return engine
