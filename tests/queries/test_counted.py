"""The judgments that count are kept in memory and are current at every look, in every process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.arrivals import (
    A_BETTER,
    B_BETTER,
    TIED,
    bring_items,
    bring_judgments,
    raw_item,
    raw_judgment,
)
from tests.cast import Cast, make_item
from tests.conftest import KEY
from workbench.db import Database, now
from workbench.errors import Conflict
from workbench.models import Assignment, Copy, Item, Project, State
from workbench.queries import counted as module
from workbench.queries import pace
from workbench.queries.active_times import active_times
from workbench.queries.agreement import agreement, disputes, questions_of, table
from workbench.queries.counted import counted, unwritten
from workbench.queries.progress import by_day, by_reviewer, missing, totals
from workbench.queries.reviewers import reviewer_pairs
from workbench.queries.verify import verify
from workbench.services.resolve import retire
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo
from workbench.services.write_said import write_said

UTC = ZoneInfo("UTC")
HOUR = timedelta(hours=1)
ANSWERS = (A_BETTER, B_BETTER, TIED)
NAMES = ("one", "two", "es-three", "four")


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database in another process, which remembers for itself."""
    opened = Database(database.url.render_as_string(hide_password=False), key=KEY)
    yield opened
    opened.dispose()


def _everything(database: Database, project: Project) -> tuple[object, ...]:
    with database.read() as session:
        found = counted(session, project)
        rows = table(session, project)
        return (
            agreement(session, project).as_dict(),
            reviewer_pairs(found, questions_of(project)[0]),
            disputes(session, project, 10),
            sorted(rows.astype(str).itertuples(index=False, name=None)),
            totals(session, project.id),
            by_reviewer(session, project.id, named=True),
            active_times(session, project.id).medians(),
            by_day(session, project.id, now(session), UTC, 3),
            missing(session, project.id),
            pace.by_day(session, project.id, now(session), UTC).by_user,
            pace.spread(session, project.id),
        )


def _forgetful(database: Database) -> Database:
    return Database(database.url.render_as_string(hide_password=False), key=KEY)


def _judge(database: Database, project: Project, item: str, who: str, answer: int) -> None:
    line = raw_judgment(item, who, ANSWERS[answer], active_seconds=answer + 1.5)
    bring_judgments(database, project, [line], revise=True)


def _bring(database: Database, project: Project) -> None:
    bring_items(
        database,
        project,
        [raw_item(name, language="es" if name.startswith("es") else "en") for name in NAMES],
    )
    for who, item, answer in (("r1", "one", 0), ("r2", "one", 1), ("r1", "two", 0)):
        _judge(database, project, item, who, answer)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("judge"), st.integers(0, 3), st.integers(1, 2), st.integers(0, 2)),
        st.tuples(st.just("retire"), st.integers(0, 3)),
        st.tuples(st.just("withdraw")),
        st.tuples(st.just("renew"), st.integers(0, 3)),
    ),
    max_size=6,
)


@given(steps)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_kept_is_what_is_read_anew(
    database: Database, other: Database, cast: Cast, done: list[tuple[object, ...]]
) -> None:
    project = cast.project
    if not _has_items(database, project):
        _bring(database, project)
    _everything(other, project)
    for step in done:
        _do(database, project, step)
        anew = _forgetful(database)
        try:
            expected = _everything(anew, project)
        finally:
            anew.dispose()
        assert _everything(other, project) == expected
        assert _everything(database, project) == expected


def _has_items(database: Database, project: Project) -> bool:
    with database.read() as session:
        found = session.scalars(select(Item.id).where(Item.project_id == project.id).limit(1))
        return found.one_or_none() is not None


def _do(database: Database, project: Project, step: tuple[object, ...]) -> None:
    """A step, unless it cannot be made now."""
    kind, *rest = step
    with database.write() as session:
        at = now(session)
        present = session.scalars(
            select(Item).where(Item.project_id == project.id, Item.retired_at.is_(None))
        ).all()
        by_name = {item.external_id: item for item in present}
        if kind == "retire" and (item := by_name.get(NAMES[int(str(rest[0]))])) is not None:
            retire(session, item, at)
        if kind == "withdraw":
            _withdraw(session, project, at)
    if kind == "judge" and NAMES[int(str(rest[0]))] in by_name:
        _judge(database, project, NAMES[int(str(rest[0]))], f"r{rest[1]}", int(str(rest[2])))
    if kind == "renew":
        name = NAMES[int(str(rest[0]))]
        text = f"Other question {at.timestamp()}?"
        language = "es" if name.startswith("es") else "en"
        bring_items(database, project, [raw_item(name, prompt=text, language=language)],
                    revise=True)  # fmt: skip


def _withdraw(session: Session, project: Project, at: datetime) -> None:
    judged = select(Assignment.user_id).where(
        Assignment.project_id == project.id, Assignment.state == State.JUDGED
    )
    user_id = session.scalars(judged).first()
    # What was judged last may have been taken out.
    with suppress(Conflict):
        undo(session, project.id, user_id or 0, at, HOUR)


def test_what_is_said_of_a_copy_changes_no_figure(database: Database, cast: Cast) -> None:
    _bring(database, cast.project)
    expected = _everything(database, cast.project)
    with database.write() as session:
        at = now(session)
        item = session.scalars(select(Item).where(Item.external_id == "one")).one()
        who = session.scalars(select(Assignment.user_id)).first()
        copy = make_item(session, cast.project, "copy", wanted=1, slots_left=0)
        copy.copy_of, copy.copy_kind, copy.copy_for = item.id, Copy.REPEAT, who
        session.add(
            Assignment(
                item_id=copy.id,
                user_id=who,
                project_id=cast.project.id,
                state=State.LEASED,
                expires_at=at + HOUR,
                shown_at=at,
                shown=["a", "b"],
                created_at=at,
                updated_at=at,
            )
        )
        session.flush()
        submit(session, Submission(copy.id, who or 0, B_BETTER, 1, "copy", 0, active_ms=90_000), at)
    anew = _forgetful(database)
    assert _everything(anew, cast.project) == expected
    anew.dispose()
    assert _everything(database, cast.project) == expected


def test_what_was_rolled_back_is_not_kept(database: Database, cast: Cast) -> None:
    _bring(database, cast.project)
    with database.read() as session:
        before = counted(session, cast.project)
    with database.write() as session:
        item = session.scalars(select(Item).where(Item.external_id == "one")).one()
        retire(session, item, now(session))
        assert item.id not in counted(session, cast.project).answers.items
        session.rollback()
    with database.read() as session:
        assert counted(session, cast.project) is before


def test_what_was_written_down_by_other_rules_is_worked_out_anew(
    database: Database, other: Database, cast: Cast
) -> None:
    _bring(database, cast.project)
    expected = _everything(database, cast.project)
    with database.write() as session:
        session.execute(update(Assignment).values(said=17))
    assert _everything(other, cast.project) == expected


def test_what_is_not_written_down_is_worked_out_and_can_be_filled_in(
    database: Database, other: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bring(database, cast.project)
    expected = _everything(database, cast.project)
    with database.write() as session:
        written = session.execute(select(Assignment.item_id, Assignment.said)).all()
        session.execute(update(Assignment).values(said=None))
    assert _everything(other, cast.project) == expected
    assert write_said(database) == 3
    with database.read() as session:
        assert session.execute(select(Assignment.item_id, Assignment.said)).all() == written
        assert unwritten(session, cast.project, 10) == []
    monkeypatch.setattr(module, "_PAGE", 1)
    anew = _forgetful(database)
    assert _everything(anew, cast.project) == expected
    anew.dispose()


def test_something_else_written_down_than_was_said_is_found(database: Database, cast: Cast) -> None:
    _bring(database, cast.project)
    with database.write() as session:
        assert verify(session, KEY) == []
        first = session.scalars(select(Assignment)).first()
        assert first is not None
        first.said = 17
        session.flush()
        [found] = verify(session, KEY)
    assert (found.rule, found.subject) == ("said", f"item:{first.item_id} user:{first.user_id}")
