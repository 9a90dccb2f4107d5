"""Many people at once, in processes of threads, on one database."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows import crowd
from tests.flows.acts import judge, take
from workbench.db import Database, now
from workbench.models import Assignment, Item, Judgment, State, User
from workbench.queries.verify import verify
from workbench.services import accounts, projects

PROCESSES, THREADS, SECONDS = 4, 8, 6.0
ITEMS, OVERLAP = 40, 3


def _hire(session: Session, cast: Cast) -> tuple[int, ...]:
    """Reviewers, one for each thread, and the first items."""
    moment = now(session)
    projects.change_overlap(session, cast.project, OVERLAP, now=moment)
    reviewers = []
    for n in range(PROCESSES * THREADS):
        user = accounts.create_user(session, name=f"r{n}", role="reviewer", now=moment)
        projects.add_member(session, cast.project, user, role="reviewer", now=moment)
        reviewers.append(user.id)
    for n in range(ITEMS):
        make_item(session, cast.project, f"item {n}", wanted=OVERLAP, slots_left=OVERLAP)
    return tuple(reviewers)


@pytest.mark.slow
def test_thirty_two_people_lose_nothing_and_never_get_in_each_others_way(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        reviewers = _hire(session, cast)
    shifts = [
        crowd.Shift(
            url=database.url.render_as_string(hide_password=False),
            project_id=cast.project.id,
            seconds=SECONDS,
            least=ITEMS // PROCESSES + 1,
            seed=n,
            mine=reviewers[n * THREADS : (n + 1) * THREADS],
            everyone=reviewers,
            lead=cast.luz.id if n == 0 else None,
        )
        for n in range(PROCESSES)
    ]
    told = crowd.work(shifts)

    errors = [error for each in told for error in each.errors]
    assert not errors, f"{len(errors)} errors, the first of them:\n{errors[0]}"
    acknowledged = [entry for each in told for entry in each.acknowledged]
    assert len(acknowledged) > ITEMS

    with database.read() as session:
        stored = crowd.stored(session)
        assert {(u, k): (i, note) for u, k, i, note in acknowledged} == stored
        assert len(acknowledged) == len(stored)
        assert verify(session, crowd.KEY) == []
    _drain(database, cast, reviewers)


def _work(database: Database, cast: Cast, user: User) -> int:
    """How many items there were for this reviewer, who has judged them now."""
    judged = 0
    with database.write() as session:
        while (lease := take(session, cast.project, user)) is not None:
            judge(session, lease.item_id, user)
            judged += 1
    return judged


def _drain(database: Database, cast: Cast, reviewers: tuple[int, ...]) -> None:
    """Afterwards everyone works until nothing is left for them, and nothing is.

    In rounds: a judgment may leave its item in doubt, which opens a place for who was done before.
    """
    with database.read() as session:
        people = [session.get_one(User, user) for user in reviewers]
    while sum(_work(database, cast, user) for user in people):
        pass
    with database.read() as session:
        met = select(Assignment.item_id, Assignment.user_id)
        open_items = session.scalars(select(Item.id).where(Item.slots_left > 0)).all()
        pairs = {(row.item_id, row.user_id) for row in session.execute(met)}
        assert not [i for i in open_items for u in reviewers if (i, u) not in pairs]
        held = select(func.count()).where(Assignment.state == State.LEASED)
        assert session.scalar(held) == 0
        twice = (
            select(Judgment.item_id)
            .where(Judgment.revision == 1)
            .group_by(Judgment.item_id, Judgment.user_id)
            .having(func.count() > 1)
        )
        assert session.scalars(twice).all() == []
        assert verify(session, crowd.KEY) == []
