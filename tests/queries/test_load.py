"""How much waits, by real rows on either database."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import event, select, text

from tests.cast import Cast, make_item
from tests.flows.acts import HOUR, judge, must_take
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Job, JobState, Project, Webhook, WebhookDelivery
from workbench.queries.anchors import last_anchor, read_anchors
from workbench.queries.load import load, unanchored_seconds
from workbench.services.anchors import drop_anchor
from workbench.services.undo import undo


def _now(database: Database) -> datetime:
    with database.read() as session:
        return database_now(session)


def _one_judgment(database: Database, cast: Cast, at: datetime) -> None:
    with database.write() as session:
        make_item(session, cast.project, secrets.token_hex(4), created_at=at)
        judge(session, must_take(session, cast.project, cast.ana, at).item_id, cast.ana, now=at)


def test_judgments_leases_and_items_with_a_free_slot(database: Database, cast: Cast) -> None:
    at = _now(database)
    with database.read() as session:
        before = load(session, at)
    with database.write() as session:
        for name in ("x", "y", "z"):
            make_item(session, cast.project, f"more-{name}", created_at=at)
        for _ in range(2):
            item_id = must_take(session, cast.project, cast.ana, at).item_id
            judge(session, item_id, cast.ana, now=at)
        must_take(session, cast.project, cast.ana, at)
    with database.read() as session:
        after = load(session, at)
        later = load(session, at + timedelta(days=1))
    assert after.judgments == before.judgments + 2
    assert after.leases == before.leases + 1
    assert later.leases == 0
    assert after.open_items["open"] == before.open_items["open"] + 3
    with database.write() as session:
        # A revision without an answer: a row more, and the slot is free again.
        undo(session, cast.project.id, cast.ana.id, at, HOUR)
        session.get_one(Project, cast.project.id).closed_at = at
    with database.read() as session:
        closed = load(session, at)
        rows = session.scalar(text("SELECT count(*) FROM judgment"))
    assert closed.judgments == rows == after.judgments + 1
    assert closed.open_items["closed"] == after.open_items["open"]


def test_jobs_by_where_they_stand(database: Database, cast: Cast) -> None:
    at = _now(database)
    hours = {
        JobState.WAITING: [(1, None), (2, None)],
        JobState.RUNNING: [(3, None)],
        JobState.DONE: [(9, 9)],
        JobState.FAILED: [(5, 4), (50, 49)],
    }
    with database.write() as session:
        session.add_all(
            Job(project_id=cast.project.id, user_id=cast.luz.id, kind="items", state=state,
                parameters={}, made_at=at - timedelta(hours=made),
                ended_at=None if ended is None else at - timedelta(hours=ended))
            for state, each in hours.items() for made, ended in each
        )  # fmt: skip
    with database.read() as session:
        found = load(session, at)
    assert found.jobs == {"waiting": 2, "running": 1}
    assert found.jobs_failed == 1
    assert found.oldest_job == 3 * 3600


def test_deliveries_that_wait_and_webhooks_that_fail(database: Database, cast: Cast) -> None:
    at = _now(database)
    with database.read() as session:
        assert load(session, at).oldest_delivery == 0
    with database.write() as session:
        for name, tries, stood in (
            ("well", 0, {}),
            ("tried", 2, {}),
            ("paused", 1, {"paused_at": at}),
            ("given-up", 9, {"failing_at": at}),
            ("removed", 9, {"failing_at": at, "removed_at": at}),
        ):
            session.add(_webhook(cast, name, at, stood))
            session.flush()
            [hook] = session.scalars(select(Webhook).where(Webhook.name == name))
            session.add_all(
                _delivery(hook, number, at, tries if number == 1 else 0) for number in (1, 2)
            )
    with database.read() as session:
        found = load(session, at)
    assert found.deliveries == 4
    assert found.oldest_delivery == 59 * 60
    assert (found.webhooks_retrying, found.webhooks_given_up) == (1, 1)


def _webhook(cast: Cast, name: str, at: datetime, stood: dict[str, datetime]) -> Webhook:
    return Webhook(project_id=cast.project.id, name=name, url="https://w.test/", events=[], turn=1,
                   created_at=at, told_seq=0, told_export=0, number=2, **stood)  # fmt: skip


def _delivery(hook: Webhook, number: int, at: datetime, tries: int) -> WebhookDelivery:
    made = at - timedelta(minutes=60 - number)
    return WebhookDelivery(webhook_id=hook.id, number=number, event="ping", body="{}",
                           state="pending", attempts=tries, tries=tries, asked_at=made,
                           due_at=made, made_at=made)  # fmt: skip


def test_no_look_at_the_judgments_counts_them_all_again(database: Database, cast: Cast) -> None:
    at = _now(database)
    _one_judgment(database, cast, at)
    asked: list[int] = []

    def note(_c: object, _u: object, statement: str, parameters: object, *_: object) -> None:
        if "audit_seq" in statement:
            asked.append(max(dict(enumerate(_values(parameters))).values()))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as session:
        first = load(session, at).judgments
        asked.clear()
        assert load(session, at).judgments == first
    # Behind the entry that was seen, not from the first one on.
    assert max(asked) > 0


def _values(parameters: object) -> list[int]:
    return list(parameters.values() if isinstance(parameters, dict) else parameters)  # type: ignore[call-overload]


def test_how_long_the_trail_has_waited_for_an_anchor(
    database: Database, cast: Cast, config: Config
) -> None:
    at = _now(database)
    _one_judgment(database, cast, at)
    assert last_anchor(config.anchors) is None
    with database.read() as session:
        assert unanchored_seconds(session, 0, at + timedelta(days=30)) > 0
    anchor = drop_anchor(database, config.anchors)
    assert anchor is not None
    with database.read() as session:
        assert unanchored_seconds(session, anchor.seq, at + timedelta(days=30)) == 0
    _one_judgment(database, cast, at)
    with database.read() as session:
        waits = unanchored_seconds(session, anchor.seq, at + timedelta(days=30))
    assert 29 * 86_400 < waits < 31 * 86_400


def test_the_last_anchor_of_a_long_file_is_found_at_its_end(
    database: Database, cast: Cast, config: Config, tmp_path: Path
) -> None:
    at = _now(database)
    _one_judgment(database, cast, at)
    drop_anchor(database, config.anchors)
    line = config.anchors.read_bytes()
    config.anchors.write_bytes(line.replace(b'"seq":', b'"seq":1') * 50 + line + line[:40])
    assert last_anchor(config.anchors) == read_anchors(config.anchors)[-1]
    config.anchors.write_bytes(b"")
    assert last_anchor(config.anchors) is None
