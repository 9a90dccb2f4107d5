"""Any two things that people do at once on a server, at every point where they can meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from random import Random

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast, make_item
from tests.flows.acts import HOUR, judge, prefers
from tests.flows.interleave import run_pair
from tests.support import postgres
from tests.support.thorough import examples
from workbench import task_types
from workbench.db import Database, now
from workbench.intake import open_source
from workbench.models import Assignment, Escalation, Item, Project, QueueCursor, State, User
from workbench.queries.verify import verify
from workbench.services import accounts, import_items, leave_item, projects, slots
from workbench.services.claim import Reviewer, claim
from workbench.services.guideline import Draft, publish
from workbench.services.resolve import resolve
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

KEY = "k" * 96
#: How many second acts each first act meets (drawn, the same ones each time), and at how many of
#: its statements.
PARTNERS, POINTS = examples(2, 100), examples(1, 100)

_numbers = count(1)


@dataclass
class Scene:
    """What is there before two people act. Every item wants two judgments, unless said.

    Ana holds `held` and `other`, has judged `judged`, asked about `asked`, and her time on `lapsed`
    ran out. Beto's lease on `due` has just run out, and he holds `shared`, which wants three.
    `last` wants one, and nobody has met it. Caro has been here before; Eva has skipped all but
    `shared`.
    """

    database: Database
    project: Project
    ana: User
    beto: User
    caro: User
    eva: User
    lead: int
    held: int = 0
    other: int = 0
    judged: int = 0
    lapsed: int = 0
    asked: int = 0
    escalation: int = 0
    shared: int = 0
    due: int = 0
    last: int = 0


def set_scene(database: Database, cast: Cast) -> Scene:
    """A project of its own; Dora of the cast is Caro here, and Omar Eva."""
    with database.write() as session:
        moment = now(session)
        project = projects.create_project(
            session, slug=f"p{next(_numbers)}", type_slug="ranking", overlap=2, config={},
            title={"es": "P", "en": "P"}, now=moment,
        )  # fmt: skip
        scene = Scene(database, project, cast.ana, cast.beto, cast.dora, cast.omar, cast.luz.id)
        for user in (scene.ana, scene.beto, scene.caro, scene.eva):
            projects.add_member(session, project, user, role="reviewer", now=moment)
        for name in ("shared", "held", "other", "judged", "lapsed", "asked", "due"):
            wanted = 3 if name == "shared" else 2
            row = make_item(session, project, name, wanted=wanted, slots_left=wanted)
            setattr(scene, name, row.id)
        scene.last = make_item(session, project, "last", wanted=1, slots_left=1).id
        lease(session, scene, scene.judged, scene.ana)
        judge(session, scene.judged, scene.ana)
        lease(session, scene, scene.lapsed, scene.ana, -HOUR)
        slots.release_expired(session, project.id, moment)
        lease(session, scene, scene.asked, scene.ana)
        leave_item.escalate(session, scene.asked, scene.ana.id, "why", moment)
        scene.escalation = session.scalars(select(func.max(Escalation.id))).one()
        lease(session, scene, scene.other, scene.ana)
        lease(session, scene, scene.held, scene.ana)
        lease(session, scene, scene.shared, scene.beto)
        lease(session, scene, scene.due, scene.beto, -HOUR)
        for item in (scene.held, scene.other, scene.judged, scene.lapsed, scene.asked, scene.due,
                     scene.last):  # fmt: skip
            session.add(_skipped(scene, item, moment))
        session.add(
            QueueCursor(project_id=project.id, user_id=scene.caro.id, language="en", queue_key=0)
        )
    return scene


def lease(session: Session, scene: Scene, item: int, user: User, time: timedelta = HOUR) -> None:
    """A lease on a certain item, written as `claim` would."""
    assert slots.take(session, item)
    moment = now(session)
    session.add(
        Assignment(
            item_id=item, user_id=user.id, project_id=scene.project.id, state=State.LEASED,
            expires_at=moment + time, shown=["a", "b"], created_at=moment, updated_at=moment,
        )
    )  # fmt: skip
    session.flush()


def _skipped(scene: Scene, item: int, moment: datetime) -> Assignment:
    return Assignment(
        item_id=item, user_id=scene.eva.id, project_id=scene.project.id, state=State.SKIPPED,
        expires_at=None, shown=["a", "b"], created_at=moment, updated_at=moment,
    )  # fmt: skip


class Acts:
    """What can be done in the scene, each in one transaction."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def _send(self, session: Session, item: int, key: str, base: int = 0) -> None:
        scene = self.scene
        sent = Submission(
            item_id=item, user_id=scene.ana.id, answer=prefers("a"), type_version=1,
            idempotency_key=f"{key} {scene.project.id}", base_revision=base,
        )  # fmt: skip
        submit(session, sent, now(session))
        self._claim(session, scene.ana, wait=False)

    def _claim(self, session: Session, user: User, *, wait: bool = True) -> None:
        reviewer = Reviewer(user.id, ("en", "es"))
        claim(session, self.scene.project, reviewer, now(session), HOUR, wait=wait)

    def submit(self, session: Session) -> None:
        self._send(session, self.scene.held, "held")

    def submit_from_another_tab(self, session: Session) -> None:
        self._send(session, self.scene.held, "tab")

    def submit_late(self, session: Session) -> None:
        self._send(session, self.scene.lapsed, "late")

    def revise(self, session: Session) -> None:
        self._send(session, self.scene.judged, "again", 1)

    def use_the_same_key_for_another_item(self, session: Session) -> None:
        self._send(session, self.scene.judged, "held", 1)

    def claim_what_is_held(self, session: Session) -> None:
        self._claim(session, self.scene.ana)

    def claim_the_next(self, session: Session) -> None:
        self._claim(session, self.scene.caro)

    def claim_the_only_one(self, session: Session) -> None:
        self._claim(session, self.scene.eva)

    def claim_after_time_ran_out(self, session: Session) -> None:
        self._claim(session, self.scene.beto)

    def skip(self, session: Session) -> None:
        leave_item.skip(session, self.scene.held, self.scene.ana.id, "no", now(session))
        self._claim(session, self.scene.ana, wait=False)

    def skip_the_other(self, session: Session) -> None:
        leave_item.skip(session, self.scene.other, self.scene.ana.id, "no", now(session))
        self._claim(session, self.scene.ana, wait=False)

    def submit_the_other(self, session: Session) -> None:
        self._send(session, self.scene.other, "other")

    def escalate(self, session: Session) -> None:
        leave_item.escalate(session, self.scene.held, self.scene.ana.id, "why", now(session))
        self._claim(session, self.scene.ana, wait=False)

    def undo(self, session: Session) -> None:
        undo(session, self.scene.project.id, self.scene.ana.id, now(session), HOUR)

    def take_out(self, session: Session) -> None:
        resolve(session, self.scene.escalation, self.scene.lead, "removed", "", now(session))

    def answer_an_escalation(self, session: Session) -> None:
        resolve(session, self.scene.escalation, self.scene.lead, "answered", "so", now(session))

    def raise_the_overlap(self, session: Session) -> None:
        projects.change_overlap(session, self.scene.project, 3, now=now(session))

    def lower_the_overlap(self, session: Session) -> None:
        projects.change_overlap(session, self.scene.project, 1, now=now(session))

    def remove_ana(self, session: Session) -> None:
        projects.remove_member(session, self.scene.project, self.scene.ana, now=now(session))

    def remove_caro(self, session: Session) -> None:
        projects.remove_member(session, self.scene.project, self.scene.caro, now=now(session))

    def add_caro(self, session: Session) -> None:
        projects.add_member(
            session, self.scene.project, self.scene.caro, role="reviewer", now=now(session)
        )

    def lock_out_ana(self, session: Session) -> None:
        self._lock_out(session, self.scene.ana)

    def lock_out_beto(self, session: Session) -> None:
        self._lock_out(session, self.scene.beto)

    def _lock_out(self, session: Session, user: User) -> None:
        row = session.get_one(User, user.id)
        accounts.disable_user(session, row, now(session))
        accounts.enable_user(session, row, now(session))

    def learn_a_language(self, session: Session) -> None:
        row = session.get_one(User, self.scene.caro.id)
        accounts.set_preferences(session, row, speaks=("en", "es"))

    def write_a_guideline(self, session: Session) -> None:
        publish(session, self.scene.project, Draft("es", "en"), now=now(session))

    def bring_in(self, session: Session) -> None:
        """New items, and another content for the one that Ana holds."""
        lines = [
            {"id": name, "language": "en", "prompt": "other?",
             "responses": [{"id": i, "text": i} for i in "ab"]}
            for name in ("new", "held")
        ]  # fmt: skip
        source = open_source(BytesIO(b"\n".join(map(orjson.dumps, lines))), "f.jsonl")
        with import_items.prepare(source, task_types.get("ranking"), {}) as prepared:
            import_items.import_items(
                session, self.scene.project, prepared, now=now(session), actor=None, revise=True
            )


NAMES = [name for name in vars(Acts) if not name.startswith("_")]


@pytest.fixture(scope="module")
def server(postgres_server: postgres.Server) -> Iterator[Database]:
    database = Database(postgres.fresh_database(postgres_server, template="migrated"), key=KEY)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def people(server: Database) -> Cast:
    with server.write() as session:
        return make_cast(session)


@pytest.mark.parametrize("first", NAMES)
def test_two_at_once_do_no_harm(server: Database, people: Cast, first: str) -> None:
    random = Random(first)
    length = _length(server, people, first)
    for second in random.sample(NAMES, min(PARTNERS, len(NAMES))):
        for point in random.sample(range(1, length + 1), min(POINTS, length)):
            _meet(server, people, (first, second), point)
    with server.read() as session:
        assert verify(session, KEY) == []


@pytest.mark.parametrize(
    "names",
    [
        ("submit", "raise_the_overlap"),
        ("submit", "bring_in"),
        ("submit", "lock_out_ana"),
        ("submit", "skip_the_other"),
        ("claim_the_next", "claim_the_next"),
        ("claim_the_next", "learn_a_language"),
        ("claim_the_only_one", "lock_out_beto"),
    ],
    ids=" ".join,
)
def test_what_is_most_likely_to_meet_may_meet_anywhere(
    server: Database, people: Cast, names: tuple[str, str]
) -> None:
    for point in range(1, _length(server, people, names[0]) + 1):
        _meet(server, people, names, point)


_lengths: dict[str, int] = {}


def _length(server: Database, people: Cast, name: str) -> int:
    """Number of statements of an act when nobody is in its way."""
    if name not in _lengths:
        scene = set_scene(server, people)
        pair = run_pair(server, getattr(Acts(scene), name), lambda _: None, 1)
        assert not pair.errors, pair.errors[0]
        _lengths[name] = pair.statements
    return _lengths[name]


def _meet(server: Database, people: Cast, names: tuple[str, str], point: int) -> None:
    scene = set_scene(server, people)
    first, second = (getattr(Acts(scene), name) for name in names)
    pair = run_pair(server, first, second, point)
    where = f"{names[1]} before statement {point} of {names[0]}"
    assert not pair.errors, f"{where}:\n{pair.errors[0]}"
    with server.read() as session:
        broken = _broken(session, scene)
        leases = session.scalars(
            select(Assignment.item_id).where(
                Assignment.project_id == scene.project.id,
                Assignment.user_id == scene.caro.id,
                Assignment.state == State.LEASED,
            )
        ).all()
    assert not broken, f"{where}: {broken}"
    assert len(leases) <= 1, f"{where}: two tabs hold {leases}"


def _broken(session: Session, scene: Scene) -> list[int]:
    """Items whose slots do not add up."""
    taken = (
        select(func.count())
        .where(
            Assignment.item_id == Item.id,
            Assignment.state.in_((State.LEASED, State.JUDGED)),
        )
        .scalar_subquery()
    )
    wrong = select(Item.id).where(
        Item.project_id == scene.project.id, Item.slots_left + taken != Item.wanted
    )
    return list(session.scalars(wrong))
