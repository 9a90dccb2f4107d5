"""The raw limit for submits: bare Flask, one FULL commit of the same rows, nothing else."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import count

from flask import Flask
from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql, sqlite

from workbench.db import Database
from workbench.models import Assignment, AuditEntry, AuditHead, Judgment, State

#: Of this worker alone, and small enough for 32 bits.
_numbers = count((os.getpid() % 1_000 + 1) * 2_000_000)


def make() -> Flask:
    """A server whose POST / writes what a submit writes."""
    app = Flask(__name__)
    database = Database(os.environ["BARE_DATABASE"], key="k" * 96)
    put = (sqlite if database.is_sqlite else postgresql).insert
    key = [Assignment.item_id, Assignment.user_id]

    @app.post("/")
    def submit() -> str:
        n = next(_numbers)
        moment = datetime.now(UTC)
        with database.write() as session:
            session.execute(
                insert(AuditEntry).values(
                    seq=n,
                    at=moment,
                    actor_id=None,
                    action="judgment.submit",
                    subject="item:1",
                    detail={"revision": 1, "digest": "0" * 64},
                    prev_hash="0" * 64,
                    hash="0" * 64,
                )
            )
            session.execute(update(AuditHead).values(seq=n, hash="0" * 64, seal="0" * 64))
            session.execute(
                insert(Judgment).values(
                    project_id=1,
                    item_id=1,
                    user_id=1,
                    revision=n,
                    type_version=1,
                    shown=["a", "b"],
                    answer={
                        "tiers": [["a"], ["b"]],
                        "unranked": [],
                        "verdict": None,
                        "strength": None,
                        "reason": "",
                    },
                    locale="en",
                    origin="desk",
                    idempotency_key=str(n),
                    digest="0" * 64,
                    made_at=moment,
                    audit_seq=n,
                )
            )
            session.execute(
                put(Assignment)
                .values(
                    item_id=1,
                    user_id=1,
                    project_id=1,
                    state=State.RELEASED,
                    shown=["a", "b"],
                    reason="",
                    created_at=moment,
                    updated_at=moment,
                )
                .on_conflict_do_update(index_elements=key, set_={"updated_at": moment})
            )
        return "ok"

    return app
