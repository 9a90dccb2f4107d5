"""Everything that can be done to a queue, in any order, against a plain model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from inspect import signature
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tests.cast import NOON
from tests.flows.acts import HOUR, a_line, exported, import_lines, newest_ids, one, prefers
from tests.flows.machines import run_on_postgres, run_on_sqlite
from tests.flows.queue_model import Model, Person, Wanted
from tests.support import postgres
from workbench.db import Database
from workbench.errors import Conflict, NotFound
from workbench.intake import open_source
from workbench.models import Assignment, Escalation, Item, Judgment, Project, State, User
from workbench.queries.desk import my_projects
from workbench.queries.verify import verify
from workbench.services import accounts, import_judgments, leave_item, pairs, projects
from workbench.services.claim import Reviewer, claim, keep_ready, show
from workbench.services.resolve import resolve
from workbench.services.spool import Rejected
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo

KEY = "k" * 96
#: One of many, chosen by its number so that examples shrink to the first ones.
PICK = st.integers(0, 1_000)
SEED = st.integers(0, 2**32)
#: People come back sooner than they leave, or there would be nobody to work.
USUALLY = st.sampled_from([True, True, True, False])

#: Acts of a busy hour.
BUSY = 20
#: How long an item is kept ready.
KEEP = timedelta(minutes=5)


class Queue(RuleBasedStateMachine):
    """A project of three reviewers and a lead, and what they do."""

    line = staticmethod(a_line)

    def __init__(self, url: str) -> None:
        super().__init__()
        self.database = Database(url, key=KEY)
        self.now = NOON
        self.model = Model(overlap=2)
        self.keys = 0
        with self.database.write() as session:
            self._found(session)

    def _found(self, session: Session) -> None:
        self.project = projects.create_project(
            session, slug="main", type_slug="ranking", title={"es": "P", "en": "P"},
            overlap=2, config={}, now=self.now,
        )  # fmt: skip
        for name, role, speaks in (
            ("luz", "lead", ("es", "en")),
            ("ana", "reviewer", ("es", "en")),
            ("beto", "reviewer", ("en",)),
            ("caro", "reviewer", ("es-CO",)),
            ("dani", "reviewer", ("en", "es")),
        ):
            user = accounts.create_user(session, name=name, role=role, now=self.now, speaks=speaks)
            projects.add_member(
                session, self.project, user, role=role, now=self.now, pseudonym=f"r-{name}"
            )
            if role == "lead":
                self.lead = user.id
            else:
                self.model.people[user.id] = Person(f"r-{name}", speaks)

    @contextmanager
    def step(self) -> Iterator[Session]:
        """A transaction a second after the one before."""
        self.now += timedelta(seconds=1)
        with self.database.write() as session:
            yield session

    def refused(self, error: type[Exception], act: Callable[[Session], object]) -> None:
        """`act` is refused, and nothing of it is kept."""
        with pytest.raises(error), self.step() as session:
            act(session)

    def submission(self, item: int, user: int, key: str = "", **values: Any) -> Submission:
        self.keys += 1
        meeting = self.model.meetings.get((item, user))
        answer = {**prefers("ab"[self.keys % 2]), "reason": str(self.keys)}
        return Submission(
            **{
                "item_id": item,
                "user_id": user,
                "answer": answer,
                "type_version": 1,
                "idempotency_key": key or f"key-{self.keys}",
                "base_revision": len(meeting.answers) if meeting else 0,
                **values,
            }
        )

    def one(self, pick: int, *states: State) -> list[tuple[int, int]]:
        """One (item, user) in one of these states, or none."""
        return one(pick, self.model.in_state(*states))

    def send_in_vain(self, sent: Submission, error: type[Exception] = Conflict) -> None:
        """An answer that is refused."""
        self.refused(error, lambda session: submit(session, sent, self.now))

    def send(self, item: int, user: int) -> None:
        """An answer that is stored."""
        sent = self.submission(item, user)
        with self.step() as session:
            stored = submit(session, sent, self.now)
            assert stored.revision == sent.base_revision + 1
        assert sent.answer is not None
        self.model.answer(item, user, sent.answer, self.now)
        self.model.sent[user, sent.idempotency_key] = (item, sent.answer)

    # --- reviewers ------------------------------------------------------------------------

    @rule(pick=PICK)
    def take(self, pick: int) -> None:
        users = self.model.reviewers()
        self._take(users[pick % len(users)])

    @rule(pick=PICK, at_one=st.booleans())
    def keep_one_ready(self, pick: int, at_one: bool) -> None:
        """While they are at an item, or at none."""
        [user] = one(pick, self.model.reviewers())
        held = self.model.held(user)
        self._take(user, KEEP, showing=held[0] if held and at_one else None, shown=False)

    @rule(pick=PICK)
    def show(self, pick: int) -> None:
        """What was kept ready comes on the screen, or is gone by then."""
        for item, user in self.one(pick, State.LEASED, State.RELEASED, State.JUDGED):
            with self.step() as session:
                there = self.model.can_show(item, user, self.now)
                reviewer = Reviewer(user, self.model.people[user].speaks)
                lease = show(session, self.project, reviewer, self.now, HOUR, item_id=item)
            assert (lease is not None) == there
            if there:
                self.model.give(item, user, self.now, self.now + HOUR)

    def _take(
        self, user: int, time: timedelta = HOUR, *, showing: int | None = None, shown: bool = True
    ) -> int | None:
        """`user` asks for the next item; the model says what they may get."""
        person = self.model.people[user]
        with self.step() as session:
            ask = partial(claim if shown else keep_ready, session, self.project)
            more = {} if shown else {"showing": showing}
            reviewer = Reviewer(user, person.speaks)
            lease = ask(reviewer, self.now, time, **more) if person.active else None
            given = lease.item_id if lease else None
            if lease is not None:
                assert sorted(lease.shown) == ["a", "b"]
        if not self.model.acts(user):
            assert given is None
            return None
        held = self.model.held(user, showing)
        theirs = [item for item in held if self.model.is_theirs(item, user, self.now)]
        if theirs:
            assert given == theirs[0]
            self.model.renew(theirs[0], user, self.now, self.now + time, shown)
            return given
        self.model.release(self.now)
        self.model.give_up(user, held, self.now)
        choice = self.model.may_take(user, self.now)
        if given is None:
            assert not choice, f"told that nothing is left, with {choice} open"
            return None
        assert given in choice, "given an item that is full or was met before"
        self.model.give(given, user, self.now, self.now + time, shown)
        return given

    @rule(pick=PICK)
    def answer(self, pick: int) -> None:
        """Within the lease, or after it ran out and nobody has asked for the slot yet."""
        for item, user in self.one(pick, State.LEASED):
            self.send(item, user)

    @rule(pick=PICK)
    def answer_late(self, pick: int) -> None:
        for item, user in self.one(pick, State.RELEASED):
            if self.model.free(item) and not self.model.items[item].retired:
                self.send(item, user)
            else:
                self.send_in_vain(self.submission(item, user))

    @rule(pick=PICK)
    def revise(self, pick: int) -> None:
        for item, user in self.one(pick, State.JUDGED):
            if self.model.items[item].retired:
                self.send_in_vain(self.submission(item, user))
            else:
                self.send(item, user)

    @rule(pick=PICK, same=st.booleans())
    def send_again(self, pick: int, same: bool) -> None:
        """The same key: with the same answer the stored one comes back, else it is refused."""
        for (user, key), (item, answer) in one(pick, list(self.model.sent.items())):
            again = self.submission(item, user, key, **({"answer": answer} if same else {}))
            if not same:
                self.send_in_vain(again)
                continue
            with self.step() as session:
                assert submit(session, again, self.now).answer == answer

    @rule(pick=PICK, off=st.sampled_from([-1, 1]))
    def answer_an_old_form(self, pick: int, off: int) -> None:
        for item, user in self.one(pick, State.LEASED, State.JUDGED, State.RELEASED):
            base = len(self.model.meetings[item, user].answers) + off
            self.send_in_vain(self.submission(item, user, base_revision=base))

    @rule(pick=PICK)
    def answer_what_was_left(self, pick: int) -> None:
        for item, user in self.one(pick, State.SKIPPED, State.ESCALATED):
            self.send_in_vain(self.submission(item, user))

    @rule(pick=PICK)
    def answer_what_was_never_shown(self, pick: int) -> None:
        pairs = [(i, u) for i in self.model.items for u in self.model.people]
        unmet = [pair for pair in pairs if pair not in self.model.meetings]
        for item, user in one(pick, unmet):
            self.send_in_vain(self.submission(item, user), NotFound)

    @rule(pick=PICK, how=st.sampled_from([State.SKIPPED, State.ESCALATED]))
    def leave(self, pick: int, how: State) -> None:
        for item, user in self.one(pick, State.LEASED):
            self._leave(item, user, how)

    @rule(pick=PICK, how=st.sampled_from([State.SKIPPED, State.ESCALATED]))
    def leave_what_is_not_held(self, pick: int, how: State) -> None:
        for item, user in self.one(pick, *(set(State) - {State.LEASED})):
            self._leave(item, user, how)

    def _leave(self, item: int, user: int, how: State) -> None:
        verb = leave_item.skip if how is State.SKIPPED else leave_item.escalate
        meeting = self.model.meetings[item, user]
        if meeting.state not in (State.LEASED, how):
            self.refused(Conflict, lambda session: verb(session, item, user, "no", self.now))
            return
        with self.step() as session:
            verb(session, item, user, "because", self.now)
        if meeting.state is State.LEASED:
            meeting.move(how, self.now)
            if how is State.ESCALATED:
                self.model.asked[self._newest(Escalation.id)] = (item, user)

    def _newest(self, column: InstrumentedAttribute[int]) -> int:
        with self.database.read() as session:
            return session.scalars(select(func.max(column))).one()

    @rule(pick=PICK)
    def take_back(self, pick: int) -> None:
        for user in one(pick, self.model.actors()):
            self._take_back(user)

    def _take_back(self, user: int) -> None:
        done = self.model.in_state(State.JUDGED, State.SKIPPED, user=user)
        item = done[0][0] if done else 0
        meeting = self.model.meetings.get((item, user))
        full = meeting and meeting.state is State.SKIPPED and not self.model.free(item)
        if meeting is None or self.model.items[item].retired or full:
            self.refused(Conflict, lambda session: self._undo(session, user))
            return
        with self.step() as session:
            assert self._undo(session, user).item_id == item
        if meeting.state is State.JUDGED:
            meeting.answers.append(None)
        self.model.lease(item, user, self.now, self.now + HOUR)

    def _undo(self, session: Session, user: int) -> Assignment:
        return undo(session, self.project.id, user, self.now, HOUR)

    @rule(pick=PICK)
    def look_at_the_home_page(self, pick: int) -> None:
        for user in one(pick, self.model.actors()):
            speaks = self.model.people[user].speaks
            with self.database.read() as session:
                [mine] = my_projects(session, user, speaks, NOON)
            held = len(self.model.in_state(State.LEASED, user=user))
            assert mine.waiting == len(self.model.open_to(user)) + held
            assert mine.today == len(self.model.in_state(State.JUDGED, user=user))

    # --- leads ----------------------------------------------------------------------------

    @rule(pick=PICK, outcome=st.sampled_from(["kept", "answered", "removed"]))
    def settle(self, pick: int, outcome: str) -> None:
        for number, (item, user) in one(pick, list(self.model.asked.items())):
            self._settle(number, item, user, outcome)

    def _settle(self, number: int, item: int, user: int, outcome: str) -> None:
        with self.step() as session:
            resolve(session, number, self.lead, outcome, "so it is", self.now)
        del self.model.asked[number]
        if outcome == "answered" and self.model.meetings[item, user].state is State.ESCALATED:
            self.model.meetings[item, user].move(State.RELEASED, self.now)
        elif outcome == "removed":
            self.model.retire(item, self.now)
        self.refused(Conflict, lambda session: resolve(session, number, self.lead, "kept", "",
                                                       self.now))  # fmt: skip

    @rule(overlap=st.integers(1, 4))
    def change_overlap(self, overlap: int) -> None:
        with self.step() as session:
            projects.change_overlap(session, self.project, overlap, now=self.now)
        self.model.change_overlap(overlap)

    @rule(picks=st.lists(PICK, max_size=4), most=st.sampled_from([None, 1, 3, 9, 9]))
    def put_ahead(self, picks: list[int], most: int | None) -> None:
        """Some items stand ahead of the queue from now on; whoever stood there goes back."""
        items = [one(pick, list(self.model.items))[0] for pick in picks]
        with self.step() as session:
            project = session.get_one(Project, self.project.id)
            pairs.set_ahead(session, project, most, now=self.now)
            ahead = pairs.arrange(session, project.id, items)
        wanted = [item for item in {*items} if self.model.free(item)]
        assert ahead <= min(len(wanted), most or 0)
        # A claim may have read the project a moment before.
        if most != 3:
            with self.database.read() as session:
                self.project = session.get_one(Project, self.project.id)

    @rule(pick=PICK, active=USUALLY)
    def end_or_open_an_account(self, pick: int, active: bool) -> None:
        user = self.model.reviewers()[pick % len(self.model.reviewers())]
        person = self.model.people[user]
        with self.step() as session:
            change = accounts.enable_user if active else accounts.disable_user
            change(session, session.get_one(User, user), self.now)
        if not active:
            self.model.release(self.now, user=user)
        person.active = active

    @rule(pick=PICK, member=USUALLY)
    def join_or_leave_the_project(self, pick: int, member: bool) -> None:
        user = self.model.reviewers()[pick % len(self.model.reviewers())]
        person = self.model.people[user]
        with self.database.read() as session:
            row = session.get_one(User, user)
        if member:
            with self.step() as session:
                projects.add_member(session, self.project, row, role="reviewer", now=self.now)
        elif person.member:
            with self.step() as session:
                projects.remove_member(session, self.project, row, now=self.now)
            self.model.release(self.now, user=user)
        else:
            self.refused(NotFound, lambda session: projects.remove_member(
                session, self.project, row, now=self.now))  # fmt: skip
        person.member = member

    @rule(pick=PICK, speaks=st.sampled_from([("es",), ("en",), ("en", "es")]))
    def learn_a_language(self, pick: int, speaks: tuple[str, ...]) -> None:
        user = self.model.reviewers()[pick % len(self.model.reviewers())]
        with self.step() as session:
            accounts.set_preferences(session, session.get_one(User, user), speaks=speaks)
        self.model.people[user].speaks = speaks

    # --- engineers ------------------------------------------------------------------------

    @initialize(seed=SEED)
    def begin(self, seed: int) -> None:
        """Every example begins with some history."""
        self.bring_in({1, 2, 3}, 0, False)
        self.a_busy_hour(seed)

    @rule(
        numbers=st.sets(st.integers(0, 4), min_size=1, max_size=3),
        version=st.integers(0, 1),
        revise=st.booleans(),
    )
    def bring_in(self, numbers: set[int], version: int, revise: bool) -> None:
        """A file of items: new ones, those that are there, others in their place."""
        if len(self.model.items) > 10:
            return
        lines = [self.line(number, version) for number in numbers]
        named = {line["id"]: self.model.newest(line["id"]) for line in lines}
        changed = [i for i in named.values() if i and self.model.items[i].version != version]
        act = partial(import_lines, project=self.project, lines=lines, now=self.now, revise=revise)
        if changed and not revise:
            self.refused(Rejected, act)
            return
        with self.step() as session:
            counts = act(session)
            ids = newest_ids(session)
        fresh = [name for name, item in named.items() if item is None or item in changed]
        assert (counts.new, counts.revised) == (len(fresh) - len(changed), len(changed))
        for item in changed:
            if not self.model.items[item].retired:
                self.model.retire(item, self.now)
        for line in lines:
            if line["id"] in fresh:
                kind = self.model.kind(line)
                self.model.items[ids[line["id"]]] = Wanted(
                    line["id"], line["language"], self.model.overlap, version, **kind
                )

    @rule(
        pick=PICK,
        reviewer=st.sampled_from(["x1", "x2", "r-ana", "r-beto"]),
        first=st.sampled_from(["a", "b"]),
        revise=st.booleans(),
    )
    def bring_in_a_judgment(self, pick: int, reviewer: str, first: str, revise: bool) -> None:
        """Made elsewhere, by someone of here or of elsewhere."""
        model = self.model
        [item] = one(pick, list(model.items))
        name = model.items[item].name
        answer = prefers(first)
        line = {"item": name, "reviewer": reviewer, "answer": answer}
        item = model.newest(name) or 0
        user = next((u for u, p in model.people.items() if p.pseudonym == reviewer), 0)
        meeting = model.meetings.get((item, user))
        said = meeting.answers[-1] if meeting and meeting.answers else None
        holds = meeting is not None and meeting.state is State.LEASED
        wrong = not (said == answer or revise) if said else not (holds or model.free(item))
        if model.items[item].retired or wrong:
            self._import_judgment(line, revise, Rejected)
            return
        self._import_judgment(line, revise)
        if not user:
            user = self._newest(User.id)
            model.people[user] = Person(reviewer, (), external=True)
        if said != answer:
            model.answer(item, user, answer, self.now)

    def _import_judgment(
        self, line: dict[str, Any], revise: bool, error: type[Exception] | None = None
    ) -> None:
        source = open_source(BytesIO(orjson.dumps(line)), "f.jsonl")
        with import_judgments.prepare(self.database, self.project, source) as prepared:

            def act(session: Session) -> None:
                import_judgments.import_judgments(
                    session, self.project, prepared, now=self.now, actor=None, revise=revise
                )

            if error is not None:
                self.refused(error, act)
            else:
                with self.step() as session:
                    act(session)

    @rule()
    def export(self) -> None:
        """What counts goes out: of every item that is not retired, each one's newest answer."""
        found = exported(self.database, self.project)
        model = self.model
        assert found == {
            (model.items[item].name, model.people[user].pseudonym): answer
            for (item, user), answer in model.counted().items()
            if not model.items[item].retired
        }

    @rule(minutes=st.sampled_from([10, 59, 61]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # --- and all of that ------------------------------------------------------------------

    @rule(seed=SEED)
    def a_busy_hour(self, seed: int) -> None:
        """What people do most, most often: single rules seldom add up to a day's work."""
        random = Random(seed)
        acts: dict[Callable[..., None], int] = {
            self.take: 8, self.keep_one_ready: 5, self.show: 3, self.answer: 5,
            self.answer_late: 2, self.revise: 1, self.leave: 3,
            self.take_back: 2, self.settle: 4, self.send_again: 1, self.wait: 1,
            self.change_overlap: 1, self.put_ahead: 3, self.bring_in: 2,
            self.bring_in_a_judgment: 1,
        }  # fmt: skip
        values: dict[str, Callable[[], Any]] = {
            "pick": lambda: random.randrange(1_000),
            "how": lambda: random.choice([State.SKIPPED, State.ESCALATED, State.ESCALATED]),
            "outcome": lambda: random.choice(["kept", "answered", "removed"]),
            "same": lambda: random.random() < 0.5,
            "at_one": lambda: random.random() < 0.8,
            "minutes": lambda: random.choice([10, 61]),
            "overlap": lambda: random.randint(1, 4),
            "most": lambda: random.choice([None, 1, 3, 9, 9]),
            "picks": lambda: [random.randrange(1_000) for _ in range(3)],
            "numbers": lambda: set(random.sample(range(5), 2)),
            "version": lambda: random.randint(0, 1),
            "revise": lambda: random.random() < 0.7,
            "reviewer": lambda: random.choice(["x1", "x2", "r-ana", "r-beto"]),
            "first": lambda: random.choice("ab"),
        }
        for act in random.choices(list(acts), list(acts.values()), k=BUSY):
            names = [name for name in signature(act).parameters if name in values]
            act(**{name: values[name]() for name in names})
            self.the_database_agrees_with_the_model()

    # --- what must hold -------------------------------------------------------------------

    @invariant()
    def the_database_agrees_with_the_model(self) -> None:
        with self.database.read() as session:
            items = session.execute(select(Item.id, Item.wanted, Item.slots_left)).all()
            met = session.execute(
                select(Assignment.item_id, Assignment.user_id, Assignment.state)
            ).all()
            counted = session.execute(
                select(Judgment.item_id, Judgment.user_id, Judgment.answer).join(
                    Assignment, Assignment.judgment_id == Judgment.id
                )
            ).all()
        model = self.model
        assert {row.id: (row.wanted, row.slots_left) for row in items} == {
            item: (row.wanted, model.free(item)) for item, row in model.items.items()
        }
        assert {(row.item_id, row.user_id): row.state for row in met} == {
            key: meeting.state for key, meeting in model.meetings.items()
        }
        assert {(row.item_id, row.user_id): row.answer for row in counted} == model.counted()
        assert all(0 <= model.free(item) <= row.wanted for item, row in model.items.items())

    @invariant()
    def every_revision_is_kept(self) -> None:
        with self.database.read() as session:
            rows = session.scalars(select(Judgment).order_by(Judgment.revision)).all()
        stored: dict[tuple[int, int], list[Any]] = {}
        for row in rows:
            stored.setdefault((row.item_id, row.user_id), []).append(row.answer)
            assert row.revision == len(stored[row.item_id, row.user_id])
        met = {key: meeting.answers for key, meeting in self.model.meetings.items()}
        assert stored == {key: answers for key, answers in met.items() if answers}

    def teardown(self) -> None:
        """Everybody works until nothing is left for them; then all is well."""
        try:
            self._drain()
            with self.database.read() as session:
                assert verify(session, KEY) == []
                assert session.get_one(Project, self.project.id).overlap == self.model.overlap
        finally:
            self.database.dispose()
            super().teardown()

    def _drain(self) -> None:
        for user in self.model.actors() * 2:
            while (item := self._take(user)) is not None:
                self.send(item, user)
        self.the_database_agrees_with_the_model()


@pytest.mark.slow
def test_sqlite_agrees_with_a_plain_model_whatever_happens(sqlite_template: Path) -> None:
    run_on_sqlite(Queue, sqlite_template)


@pytest.mark.slow
@pytest.mark.postgres
def test_postgresql_agrees_with_a_plain_model_whatever_happens(
    postgres_server: postgres.Server,
) -> None:
    run_on_postgres(Queue, postgres_server)
