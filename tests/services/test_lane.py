"""Items that stand ahead of the queue are given first, to everybody, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import HOUR, judge, must_take, take, take_and_judge
from tests.support.heard import check_seeks, heard
from workbench.models import Item, Project, QueueCursor, User
from workbench.queries.open_items import Spared
from workbench.queries.verify import verify
from workbench.services import pairs, projects, slots
from workbench.services.care import Limits, set_care, set_limits
from workbench.services.claim import Reviewer, claim
from workbench.services.cursors import Search, is_work_ahead
from workbench.services.leave_item import skip
from workbench.services.resolve import retire

KEY = "k" * 96


@pytest.fixture
def queue(session: Session, cast: Cast) -> list[int]:
    """Ten open items."""
    return [make_item(session, cast.project, f"item {n}").id for n in range(10)]


def _lane(session: Session, cast: Cast, items: Sequence[int], most: int = 5) -> int:
    project = session.get_one(Project, cast.project.id)
    pairs.set_ahead(session, project, most, now=NOON)
    return pairs.arrange(session, project.id, items)


def _given(session: Session, cast: Cast, who: User) -> list[int]:
    """All that this person is given, one after the other, until nothing is left."""
    project, found = session.get_one(Project, cast.project.id), []
    while (lease := take(session, project, who)) is not None:
        judge(session, lease.item_id, who)
        found.append(lease.item_id)
    return found


def _keys(session: Session, ids: Sequence[int]) -> list[int]:
    keys = dict(session.execute(select(Item.id, Item.queue_key)).all())
    return [keys[item] for item in ids]


def test_who_stands_ahead_is_given_first_and_then_the_queue_goes_on(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    take_and_judge(session, cast.project, cast.ana)
    assert _lane(session, cast, [queue[7], queue[3], queue[0]]) == 3
    rest = [queue[n] for n in (1, 2, 4, 5, 6, 8, 9)]
    assert _given(session, cast, cast.ana) == [queue[7], queue[3], *rest], "0 is judged"
    assert _given(session, cast, cast.beto) == [queue[7], queue[3], queue[0], *rest]
    assert verify(session, KEY) == []


def test_whoever_has_walked_the_queue_to_its_end_meets_a_new_lane(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    """And a lane after it: no place is given twice."""
    late = make_item(session, cast.project, "late").id
    for n in range(3):
        _lane(session, cast, [queue[n + 3], queue[n]])
        project = session.get_one(Project, cast.project.id)
        assert must_take(session, project, cast.ana).item_id == queue[n + 3]
        judge(session, queue[n + 3], cast.ana)
        assert must_take(session, project, cast.ana).item_id == queue[n]
        judge(session, queue[n], cast.ana)
    assert _given(session, cast, cast.ana) == [*queue[6:], late]
    keys = _keys(session, [queue[5], queue[2]])
    assert keys == sorted(keys)
    assert keys[1] == session.get_one(Project, cast.project.id).lane_key


def test_who_is_not_chosen_again_goes_to_the_tail_ahead_of_everybody(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    _lane(session, cast, queue[4:6])
    for _ in range(4):
        take_and_judge(session, session.get_one(Project, cast.project.id), cast.ana)
    _lane(session, cast, [queue[8]])
    keys = _keys(session, queue)
    assert keys[8] < 0
    assert sorted(queue, key=lambda item: keys[queue.index(item)]) == [
        queue[8], *queue[:4], queue[6], queue[7], queue[9], queue[4], queue[5],
    ]  # fmt: skip
    assert _given(session, cast, cast.beto)[-2:] == queue[4:6]


def test_without_a_lane_nobody_stands_ahead_and_nothing_is_lost(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    _lane(session, cast, queue[2:6])
    must_take(session, session.get_one(Project, cast.project.id), cast.ana)
    pairs.set_ahead(session, session.get_one(Project, cast.project.id), None, now=NOON)
    assert min(_keys(session, queue)) > 0
    assert pairs.arrange(session, cast.project.id, queue) == 0
    assert min(_keys(session, queue)) > 0
    assert sorted(_given(session, cast, cast.ana)) == queue
    assert sorted(_given(session, cast, cast.beto)) == queue


def test_a_claim_that_did_not_know_of_the_lane_finds_it_before_it_says_nothing_is_left(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    """It read the project a moment before."""
    _lane(session, cast, queue[:2])
    session.expunge_all()
    known = Project(id=cast.project.id, severe_from=3, gold_percent=0, repeat_percent=0)
    found = []
    reviewer = Reviewer(cast.ana.id, ("en",))
    while (lease := claim(session, known, reviewer, NOON, HOUR)) is not None:
        judge(session, lease.item_id, cast.ana, now=NOON)
        found.append(lease.item_id)
    assert found == [*queue[2:], *queue[:2]]


def test_no_more_than_the_lane_holds_and_only_what_may_be(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    full, gold, gone = queue[0], queue[1], queue[2]
    for item, values in (
        (full, {"slots_left": 0, "wanted": 0}),
        (gold, {"is_gold": True, "slots_left": 0, "wanted": 0}),
    ):
        session.execute(update(Item).where(Item.id == item).values(**values))
    retire(session, session.get_one(Item, gone), NOON)
    other = make_item(session, cast.other_project, "elsewhere").id
    before = _keys(session, [full, gold, gone, other])
    assert _lane(session, cast, [full, gold, gone, other, 999_999, *queue[3:9]], most=4) == 4
    assert [key < 0 for key in _keys(session, queue)] == [False] * 3 + [True] * 4 + [False] * 3
    assert _keys(session, [full, gold, gone, other]) == before


def test_the_last_place_of_the_queue_stays_behind_everybody(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    """Else what comes in later would stand where cursors have been."""
    _given(session, cast, cast.ana)
    assert _lane(session, cast, queue, most=20) == 9
    assert _keys(session, queue)[9] > 0
    late = make_item(session, cast.project, "late")
    assert late.queue_key > _keys(session, queue)[9]
    cursor = session.get_one(QueueCursor, (cast.project.id, cast.ana.id, "en"))
    assert late.queue_key > cursor.queue_key
    assert _given(session, cast, cast.ana) == [late.id]


def test_places_of_the_queue_are_above_nothing_even_where_all_stand_ahead(
    session: Session, cast: Cast
) -> None:
    make_item(session, cast.project, "one", queue_key=-7)
    assert slots.next_key(session, cast.project.id) == 1


def test_a_place_that_comes_back_is_at_the_tail(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    _lane(session, cast, queue[:3])
    project = session.get_one(Project, cast.project.id)
    first = must_take(session, project, cast.ana)
    assert first.item_id == queue[0]
    skip(session, queue[0], cast.ana.id, "not for me", NOON)
    [key] = _keys(session, queue[:1])
    assert key > max(_keys(session, queue[1:]))
    assert _given(session, cast, cast.beto) == [*queue[1:], queue[0]]


def test_severe_items_that_rest_in_the_lane_are_given_when_they_rest_no_longer(
    session: Session, cast: Cast
) -> None:
    severe = [make_item(session, cast.project, f"s {n}", severity=3).id for n in range(3)]
    calm = [make_item(session, cast.project, f"c {n}").id for n in range(6)]
    project = session.get_one(Project, cast.project.id)
    limits = Limits(severe_from=3, severe_per_day=None, severe_gap_items=2, severe_gap_minutes=None)
    set_limits(session, project, limits, now=NOON, actor=None)
    _lane(session, cast, [severe[0], severe[1], calm[0], calm[1], severe[2]])
    assert _given(session, cast, cast.beto) == [
        severe[0], calm[0], calm[1], severe[1], calm[2], calm[3], severe[2], calm[4], calm[5],
    ]  # fmt: skip


def test_what_somebody_declined_stays_in_the_lane_for_the_others(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    session.execute(update(Item).where(Item.id == queue[1]).values(harm="vcr"))
    set_care(session, cast.ana.id, declined={"vcr"}, known=("vcr",), break_minutes=50, now=NOON)
    _lane(session, cast, [queue[1], queue[0]])
    assert _given(session, cast, cast.ana) == [queue[0], *queue[2:]]
    assert _given(session, cast, cast.beto) == [queue[1], queue[0], *queue[2:]]
    set_care(session, cast.ana.id, declined=set(), known=("vcr",), break_minutes=50, now=NOON)
    assert _given(session, cast, cast.ana) == [queue[1]]


def test_languages_are_told_apart_in_the_lane(session: Session, cast: Cast) -> None:
    es = [make_item(session, cast.project, f"es {n}", language="es-CO").id for n in range(3)]
    en = [make_item(session, cast.project, f"en {n}").id for n in range(3)]
    _lane(session, cast, [es[1], en[1], es[0]])
    assert _given(session, cast, cast.beto) == [en[1], en[0], en[2]]
    assert _given(session, cast, cast.ana) == [es[1], en[1], es[0], es[2], en[0], en[2]]


def test_a_copy_is_due_while_only_the_lane_has_something(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    _lane(session, cast, queue[:9], most=20)
    session.execute(update(Item).where(Item.id == queue[9]).values(slots_left=0, wanted=0))
    project = session.get_one(Project, cast.project.id)
    for who in (cast.ana, cast.beto):
        assert _ahead(session, project, who)
    _given(session, cast, cast.ana)
    assert not _ahead(session, project, cast.ana)


def _ahead(session: Session, project: Project, who: User) -> bool:
    reviewer = Reviewer(who.id, tuple(who.speaks))
    return is_work_ahead(session, Search(project.id, reviewer, Spared(), lane=True))


def test_more_judgments_wanted_of_what_stands_ahead_are_found_by_all(
    session: Session, cast: Cast, queue: list[int]
) -> None:
    _lane(session, cast, queue[3:5])
    project = session.get_one(Project, cast.project.id)
    for who in (cast.ana, cast.beto):
        assert set(_given(session, cast, who)) == set(queue)
    projects.change_overlap(session, project, 3, now=NOON)
    projects.add_member(session, project, cast.dora, role="reviewer", now=NOON)
    assert _given(session, cast, cast.dora) == [*queue[3:5], *queue[:3], *queue[5:]]
    assert verify(session, KEY) == []


class TestCost:
    def _statements(self, session: Session, cast: Cast) -> list[str]:
        project = session.get_one(Project, cast.project.id)
        with heard(session) as asked:
            lease = must_take(session, project, cast.beto)
        judge(session, lease.item_id, cast.beto)
        return [statement for statement, _ in asked]

    def test_without_a_lane_it_is_not_sought_and_with_one_it_costs_one_seek(
        self, session: Session, cast: Cast, queue: list[int]
    ) -> None:
        self._statements(session, cast)
        without = self._statements(session, cast)
        assert not any("queue_key < " in statement for statement in without)
        _lane(session, cast, [queue[8]])
        self._statements(session, cast)
        behind = self._statements(session, cast)
        assert sum("item.queue_key < " in statement for statement in behind) == 1
        assert len(behind) == len(without) + 1

    @pytest.mark.parametrize("either_url", ["sqlite"], indirect=True)
    def test_the_lane_is_sought_by_the_index_of_open_items(
        self, session: Session, cast: Cast, queue: list[int]
    ) -> None:
        _lane(session, cast, queue[:3])
        with heard(session) as asked:
            must_take(session, session.get_one(Project, cast.project.id), cast.beto)
        check_seeks(session, asked, having="< ?")
