"""A crowd at work on one database: processes of threads, each thread a reviewer at their desk."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from threading import Thread
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_item
from tests.flows.acts import prefers
from workbench.db import Database, now
from workbench.errors import Refused
from workbench.models import Assignment, Escalation, Item, Judgment, Project, State, User
from workbench.services import accounts, leave_item, pairs, projects
from workbench.services.claim import Reviewer, claim
from workbench.services.guideline import Draft, publish
from workbench.services.overlap import Rule, reconsider, set_rule
from workbench.services.resolve import resolve
from workbench.services.submit import Submission, latest_revision, submit
from workbench.services.undo import undo

KEY = "k" * 96
#: Seconds after which a shift ends, whatever was done.
PATIENCE = 120.0


@dataclass(frozen=True)
class Shift:
    """What one process is to do. Reviewers are user ids; thread n plays the n-th of `mine`."""

    url: str
    project_id: int
    seconds: float
    #: Judgments that are acknowledged at least, however long that takes (within `PATIENCE`).
    least: int
    seed: int
    mine: tuple[int, ...]
    everyone: tuple[int, ...]
    #: The lead, who works in one of the processes.
    lead: int | None = None


@dataclass
class Told:
    """What a process tells: what was acknowledged, and what should not have happened."""

    #: (user, key, item, the answer's note)
    acknowledged: list[tuple[int, str, int, str]] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)


def work(shifts: list[Shift]) -> list[Told]:
    """All shifts at once, a process each."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(shifts), mp_context=spawn) as pool:
        return list(pool.map(work_shift, shifts))


def work_shift(shift: Shift) -> Told:
    """The threads of one process, until the time is up."""
    database = Database(shift.url, key=KEY, threads=len(shift.mine) + 2)
    told = Told()
    with database.read() as session:
        project = session.get_one(Project, shift.project_id)
    started = time.monotonic()

    def over() -> bool:
        """On a slow machine the shift goes on until enough was done to tell something."""
        worked = time.monotonic() - started
        return worked > (shift.seconds if len(told.acknowledged) >= shift.least else PATIENCE)

    desks = [
        Desk(database, project, shift, told, Random(f"{shift.seed} {user}"), user)
        for user in shift.mine
    ]
    jobs: list[Callable[[], None]] = [desk.act for desk in desks]
    if shift.lead is not None:
        jobs.append(Lead(database, project, shift, Random(shift.seed), shift.lead).act)
    threads = [Thread(target=_until, args=(over, job, told)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()
    return told


def _until(over: Callable[[], bool], act: Callable[[], None], told: Told) -> None:
    while not over():
        try:
            act()
        except Refused:
            told.refused += 1
        except BaseException:  # noqa: BLE001 - whatever it is, the test wants to hear of it
            told.errors.append(traceback.format_exc())
            return


@dataclass
class Desk:
    """One reviewer, with a second tab open now and then."""

    database: Database
    project: Project
    shift: Shift
    told: Told
    random: Random
    user: int
    count: int = 0
    #: Submissions that were acknowledged, to be sent again.
    sent: list[Submission] = field(default_factory=list)

    def act(self) -> None:
        choose = self.random.random()
        # A second tab: the same person in another process at this very moment.
        user = self.random.choice(self.shift.everyone) if choose < 0.15 else self.user
        item = self.take(user)
        if item is None:
            time.sleep(0.01)
        elif choose < 0.70:
            self.answer(item, user)
        elif choose < 0.80:
            self.leave(item, user, leave_item.skip)
        elif choose < 0.84:
            self.leave(item, user, leave_item.escalate)
        elif choose < 0.90:
            with self.database.write() as session:
                undo(session, self.project.id, user, now(session), self.lease())
        elif choose < 0.95:
            self.revise(user)
        elif self.sent:
            self.again(self.random.choice(self.sent))

    def lease(self) -> timedelta:
        """Some run out while they are worked on."""
        return timedelta(seconds=self.random.choice([0.02, 0.2, 5]))

    def take(self, user: int) -> int | None:
        with self.database.write() as session:
            return self._take(session, user, wait=True)

    def _take(self, session: Session, user: int, *, wait: bool) -> int | None:
        reviewer = Reviewer(user, ("es", "en"))
        lease = claim(session, self.project, reviewer, now(session), self.lease(), wait=wait)
        return lease.item_id if lease else None

    def answer(self, item: int, user: int) -> None:
        """Submit and take the next item in one transaction, as the desk does."""
        with self.database.read() as session:
            base = latest_revision(session, item, user)
        self.count += 1
        answer = {**prefers("ab"[self.count % 2]), "reason": f"{self.user} {self.count}"}
        sent = Submission(
            item_id=item, user_id=user, answer=answer, type_version=1, base_revision=base,
            idempotency_key=f"{self.user}-{self.count}",
        )  # fmt: skip
        self.send(sent)
        if self.random.random() < 0.3:
            self.again(sent)

    def send(self, sent: Submission) -> None:
        with self.database.write() as session:
            submit(session, sent, now(session))
            following = self._take(session, sent.user_id, wait=False)
        self.sent.append(sent)
        assert sent.answer is not None
        self.told.acknowledged.append(
            (sent.user_id, sent.idempotency_key, sent.item_id, sent.answer["reason"])
        )
        if following is None:
            self.take(sent.user_id)

    def again(self, sent: Submission) -> None:
        """The reply was lost: the same once more, twice at once now and then."""
        tabs = [Thread(target=self._again, args=(sent,)) for _ in range(self.random.randint(1, 2))]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()

    def _again(self, sent: Submission) -> None:
        try:
            with self.database.write() as session:
                assert submit(session, sent, now(session)).answer == sent.answer
        except BaseException:  # noqa: BLE001
            self.told.errors.append(traceback.format_exc())

    def leave(self, item: int, user: int, how: Callable[..., Assignment]) -> None:
        with self.database.write() as session:
            how(session, item, user, "because", now(session))
            self._take(session, user, wait=False)

    def revise(self, user: int) -> None:
        with self.database.read() as session:
            judged = session.scalars(
                select(Assignment.item_id)
                .where(Assignment.user_id == user, Assignment.state == State.JUDGED)
                .limit(5)
            ).all()
        if judged:
            self.answer(self.random.choice(judged), user)


@dataclass
class Lead:
    """Changes everything that a lead or an admin may change, all the time."""

    database: Database
    project: Project
    shift: Shift
    random: Random
    lead: int
    count: int = 0

    def act(self) -> None:
        act = self.random.choice(
            [self.bring_in, self.bring_in, self.settle, self.settle, self.change_overlap,
             self.change_rule, self.put_ahead, self.put_ahead, self.send_away,
             self.lock_out, self.new_language, self.new_guideline]
        )  # fmt: skip
        with self.database.read() as session:
            user = session.get_one(User, self.random.choice(self.shift.everyone))
        with self.database.write() as session:
            act(session, user)
        time.sleep(0.02)

    def bring_in(self, session: Session, _user: User) -> None:
        for _ in range(4):
            self.count += 1
            language = self.random.choice(["es", "en"])
            make_item(session, self.project, f"late {self.count}", language=language)

    def settle(self, session: Session, _user: User) -> None:
        asked = select(Escalation.id).where(Escalation.resolved_at.is_(None)).limit(1)
        number = session.scalar(asked)
        if number is not None:
            outcome = self.random.choice(["kept", "answered", "removed"])
            resolve(session, number, self.lead, outcome, "so it is", now(session))

    def change_overlap(self, session: Session, _user: User) -> None:
        overlap = self.random.choice([2, 3, 4])
        projects.change_overlap(session, self.project, overlap, now=now(session))

    def change_rule(self, session: Session, _user: User) -> None:
        """Overlap adapts from now on, or no longer; some items are found to be in doubt."""
        rule = Rule(self.random.choice([2, 3]), self.random.choice([None, 5, 6]), 0.98, 0.05)
        set_rule(session, self.project, rule, now=now(session))
        reconsider(session, self.project.id, {f"item {self.random.randrange(40)}"})

    def put_ahead(self, session: Session, _user: User) -> None:
        """Other items stand ahead of the queue, or none; claims may not know of it yet."""
        project = session.get_one(Project, self.project.id)
        pairs.set_ahead(session, project, self.random.choice([None, 3, 9, 9]), now=now(session))
        some = session.scalars(select(Item.id).where(Item.project_id == project.id)).all()
        pairs.arrange(session, project.id, self.random.sample(some, min(9, len(some))))
        self.project.pairs_ahead = project.pairs_ahead

    def send_away(self, session: Session, user: User) -> None:
        """Off the project, and back on it."""
        projects.remove_member(session, self.project, user, now=now(session))
        projects.add_member(session, self.project, user, role="reviewer", now=now(session))

    def lock_out(self, session: Session, user: User) -> None:
        row = session.get_one(User, user.id)
        accounts.disable_user(session, row, now(session))
        accounts.enable_user(session, row, now(session))

    def new_language(self, session: Session, user: User) -> None:
        accounts.set_preferences(session, session.get_one(User, user.id), speaks=("es", "en"))

    def new_guideline(self, session: Session, _user: User) -> None:
        self.count += 1
        publish(session, self.project, Draft(f"es {self.count}", "en"), now=now(session))


def stored(session: Session) -> dict[tuple[int, str], tuple[int, str]]:
    """(user, key) of every judgment with an answer: its item and the answer's note."""
    rows: Any = session.execute(
        select(Judgment.user_id, Judgment.idempotency_key, Judgment.item_id, Judgment.answer)
    )
    return {(row[0], row[1]): (row[2], row[3]["reason"]) for row in rows if row[3] is not None}
