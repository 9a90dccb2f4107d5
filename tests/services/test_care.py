"""What the queue spares people: what they decline, and the severe beyond a project's limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge
from tests.support.heard import heard
from workbench.messages import Invalid
from workbench.models import (
    Assignment,
    AuditEntry,
    Item,
    Project,
    QueueCursor,
    ReviewerCare,
    State,
    User,
)
from workbench.queries.care import only_resting
from workbench.queries.desk import my_projects
from workbench.services import projects
from workbench.services.care import Limits, set_care, set_limits
from workbench.services.claim import Reviewer, claim
from workbench.services.leave_item import pause, skip
from workbench.services.mark_severity import mark_severity

HOUR = timedelta(hours=1)
KNOWN = {"vcr", "ssh", "hte"}
BOGOTA = ZoneInfo("America/Bogota")


def _take(
    session: Session,
    cast: Cast,
    at: datetime = NOON,
    who: User | None = None,
    project: Project | None = None,
    zone: str = "America/Bogota",
) -> str | None:
    """The name of the item that Ana, or `who`, is given and then judges."""
    someone = who or cast.ana
    reviewer = Reviewer(someone.id, tuple(someone.speaks), zone)
    lease = claim(session, project or cast.project, reviewer, at, HOUR)
    if lease is None:
        return None
    name: str = session.get_one(Item, lease.item_id).external_id
    judge(session, lease.item_id, someone)
    return name


def _decline(session: Session, cast: Cast, *harms: str) -> None:
    set_care(session, cast.ana.id, declined=harms, known=KNOWN, break_minutes=50, now=NOON)


def _limit(
    session: Session,
    cast: Cast,
    *,
    severe_from: int = 3,
    a_day: int | None = None,
    others: int | None = None,
    minutes: int | None = None,
) -> None:
    limits = Limits(severe_from, a_day, others, minutes)
    set_limits(session, cast.project, limits, now=NOON, actor=cast.luz.id)
    # The cast's project is a row of another session, as a request's is.
    for name in ("severe_from", "severe_per_day", "severe_gap_items", "severe_gap_minutes"):
        setattr(cast.project, name, getattr(session.get_one(Project, cast.project.id), name))


def _resting(session: Session, cast: Cast, at: datetime = NOON) -> object:
    return only_resting(session, cast.project, cast.ana.id, ("es", "en"), at, BOGOTA)


class TestDeclined:
    def test_what_is_declined_is_never_given(self, session: Session, cast: Cast) -> None:
        for name, harm in (("one", "vcr"), ("two", None), ("three", "hte"), ("four", "ssh")):
            make_item(session, cast.project, name, harm=harm)
        _decline(session, cast, "vcr", "ssh")
        assert [_take(session, cast) for _ in range(3)] == ["two", "three", None]

    def test_it_holds_for_nobody_else(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.project, "one", harm="vcr")
        _decline(session, cast, "vcr")
        assert _take(session, cast, who=cast.beto) == "one"

    def test_undone_it_brings_back_what_was_passed_over(self, session: Session, cast: Cast) -> None:
        for name, harm in (("one", "vcr"), ("two", None), ("three", None)):
            make_item(session, cast.project, name, harm=harm)
        _decline(session, cast, "vcr")
        assert _take(session, cast) == "two"
        _decline(session, cast)
        assert [_take(session, cast) for _ in range(3)] == ["one", "three", None]

    def test_what_is_held_stays_and_may_be_skipped(self, session: Session, cast: Cast) -> None:
        held = make_item(session, cast.project, "one", harm="vcr")
        make_item(session, cast.project, "two")
        reviewer = Reviewer(cast.ana.id, ("es", "en"))
        lease = claim(session, cast.project, reviewer, NOON, HOUR)
        assert lease is not None
        _decline(session, cast, "vcr")
        again = claim(session, cast.project, reviewer, NOON, HOUR)
        assert again is not None
        assert again.item_id == lease.item_id == held.id
        skip(session, held.id, cast.ana.id, "no", NOON)
        assert _take(session, cast) == "two"

    def test_the_home_page_does_not_count_it(self, session: Session, cast: Cast) -> None:
        for name, harm in (("one", "vcr"), ("two", None), ("three", "hte")):
            make_item(session, cast.project, name, harm=harm)
        _decline(session, cast, "vcr")
        [mine] = my_projects(session, cast.ana.id, ("es", "en"), NOON)
        [theirs] = my_projects(session, cast.beto.id, ("en",), NOON)
        assert (mine.waiting, theirs.waiting) == (2, 3)

    def test_the_audit_trail_knows_nothing_of_it(self, session: Session, cast: Cast) -> None:
        before = session.scalars(select(AuditEntry.seq)).all()
        _decline(session, cast, "vcr")
        assert session.scalars(select(AuditEntry.seq)).all() == before

    def test_only_what_is_on_the_page_can_be_chosen(self, session: Session, cast: Cast) -> None:
        with pytest.raises(Invalid) as refused:
            set_care(
                session, cast.ana.id, declined=["nope"], known=KNOWN, break_minutes=50, now=NOON
            )
        assert list(refused.value.errors) == ["declined"]
        with pytest.raises(Invalid) as refused:
            set_care(session, cast.ana.id, declined=[], known=KNOWN, break_minutes=7, now=NOON)
        assert list(refused.value.errors) == ["break_minutes"]

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_what_is_passed_over_is_walked_over_once(
        self, session: Session, cast: Cast, language: str
    ) -> None:
        """Whether it is in the language of the items that are given, or in another."""
        for n in range(30):
            make_item(session, cast.project, f"no {n}", language=language, harm="vcr")
        for n in range(4):
            make_item(session, cast.project, f"yes {n}", language="en")
        _decline(session, cast, "vcr")
        assert _take(session, cast) == "yes 0"
        behind = {row.language: row.queue_key for row in session.scalars(select(QueueCursor))}
        assert behind[language] >= 30
        assert [_take(session, cast) for _ in range(4)] == ["yes 1", "yes 2", "yes 3", None]


class TestLimitOfADay:
    def test_off_unless_it_is_set(self, session: Session, cast: Cast) -> None:
        for n in range(4):
            make_item(session, cast.project, f"hard {n}", severity=3)
        assert [_take(session, cast) for _ in range(4)] == [f"hard {n}" for n in range(4)]

    def test_beyond_it_only_other_items_are_given_until_tomorrow(
        self, session: Session, cast: Cast
    ) -> None:
        for n in range(4):
            make_item(session, cast.project, f"hard {n}", severity=3)
            make_item(session, cast.project, f"soft {n}", severity=2)
        _limit(session, cast, a_day=2)
        given = [_take(session, cast) for _ in range(7)]
        assert given == ["hard 0", "soft 0", "hard 1", "soft 1", "soft 2", "soft 3", None]
        late = NOON + 11 * HOUR + timedelta(minutes=59)  # 23:59 in Bogotá
        assert _take(session, cast, late) is None
        tomorrow = late + timedelta(minutes=1)
        assert [_take(session, cast, tomorrow) for _ in range(3)] == ["hard 2", "hard 3", None]
        assert _resting(session, cast, tomorrow) is None

    def test_the_day_is_the_persons_own(self, session: Session, cast: Cast) -> None:
        for n in range(3):
            make_item(session, cast.project, f"hard {n}", severity=3)
        _limit(session, cast, a_day=1)
        evening = NOON + 6 * HOUR  # 18:00 in Bogotá, already tomorrow in Madrid from 23:00 UTC on
        assert _take(session, cast, evening - 2 * HOUR, zone="Europe/Madrid") == "hard 0"
        assert _take(session, cast, evening, zone="Europe/Madrid") == "hard 1"
        assert _take(session, cast, evening, zone="Europe/Madrid") is None

    def test_it_counts_what_was_given_in_every_project(self, session: Session, cast: Cast) -> None:
        projects.add_member(session, cast.other_project, cast.ana, role="reviewer", now=NOON)
        make_item(session, cast.other_project, "elsewhere", severity=3)
        make_item(session, cast.project, "here", severity=3)
        _limit(session, cast, a_day=1)
        assert _take(session, cast, project=cast.other_project) == "elsewhere"
        assert _take(session, cast) is None

    def test_it_is_for_each_person(self, session: Session, cast: Cast) -> None:
        for n in range(2):
            make_item(session, cast.project, f"hard {n}", severity=3)
        _limit(session, cast, a_day=1)
        assert _take(session, cast) == "hard 0"
        assert _take(session, cast, who=cast.beto) == "hard 0"

    def test_a_project_may_count_the_serious_as_severe(self, session: Session, cast: Cast) -> None:
        for n in range(2):
            make_item(session, cast.project, f"serious {n}", severity=2)
        _limit(session, cast, a_day=1, severe_from=2)
        assert [_take(session, cast) for _ in range(2)] == ["serious 0", None]

    def test_what_is_severe_no_longer_is_found_again(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.project, "hard", severity=3)
        make_item(session, cast.project, "serious", severity=2)
        for n in range(3):
            make_item(session, cast.project, f"soft {n}")
        _limit(session, cast, a_day=1, severe_from=2)
        assert [_take(session, cast) for _ in range(2)] == ["hard", "soft 0"]
        _limit(session, cast, a_day=1, severe_from=3)
        assert [_take(session, cast) for _ in range(2)] == ["serious", "soft 1"]

    def test_one_that_is_held_is_kept(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "hard", severity=3)
        _limit(session, cast, a_day=1)
        reviewer = Reviewer(cast.ana.id, ("en",))
        for _ in range(2):
            lease = claim(session, cast.project, reviewer, NOON, HOUR)
            assert lease is not None
            assert lease.item_id == item.id
        assert session.get_one(ReviewerCare, cast.ana.id).severe == 1

    def test_the_desk_can_say_that_they_come_back(self, session: Session, cast: Cast) -> None:
        for n in range(2):
            make_item(session, cast.project, f"hard {n}", severity=3)
        _limit(session, cast, a_day=1)
        assert _resting(session, cast) is None
        assert [_take(session, cast) for _ in range(2)] == ["hard 0", None]
        resting = _resting(session, cast)
        assert resting is not None
        assert (resting.all_day, resting.until) == (  # type: ignore[attr-defined]
            True, datetime(2026, 11, 21, 5, 0, tzinfo=ZoneInfo("UTC")),
        )  # fmt: skip

    def test_declined_ones_are_not_said_to_come_back(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.project, "hard 0", severity=3)
        make_item(session, cast.project, "hard 1", severity=3, harm="vcr")
        _limit(session, cast, a_day=1)
        assert _take(session, cast) == "hard 0"
        _decline(session, cast, "vcr")
        assert _take(session, cast) is None
        assert _resting(session, cast) is None


class TestSpacing:
    def test_others_come_between_two_severe_ones(self, session: Session, cast: Cast) -> None:
        for n in range(3):
            make_item(session, cast.project, f"hard {n}", severity=3)
        for n in range(6):
            make_item(session, cast.project, f"soft {n}")
        _limit(session, cast, others=2)
        assert [_take(session, cast) for _ in range(9)] == [
            "hard 0", "soft 0", "soft 1", "hard 1", "soft 2", "soft 3", "hard 2", "soft 4",
            "soft 5",
        ]  # fmt: skip

    def test_or_so_many_minutes(self, session: Session, cast: Cast) -> None:
        for n in range(2):
            make_item(session, cast.project, f"hard {n}", severity=3)
        make_item(session, cast.project, "soft")
        _limit(session, cast, others=5, minutes=30)
        assert [_take(session, cast) for _ in range(3)] == ["hard 0", "soft", None]
        resting = _resting(session, cast)
        assert resting is not None
        assert resting.until == NOON + timedelta(minutes=30)  # type: ignore[attr-defined]
        assert _take(session, cast, NOON + timedelta(minutes=29)) is None
        assert _take(session, cast, NOON + timedelta(minutes=30)) == "hard 1"

    def test_a_new_day_begins_without_waiting(self, session: Session, cast: Cast) -> None:
        for n in range(2):
            make_item(session, cast.project, f"hard {n}", severity=3)
        _limit(session, cast, others=5)
        assert [_take(session, cast) for _ in range(2)] == ["hard 0", None]
        assert _take(session, cast, NOON + 12 * HOUR) == "hard 1"

    def test_a_cursor_never_passes_one_that_only_rests(self, session: Session, cast: Cast) -> None:
        make_item(session, cast.project, "hard 0", severity=3)
        for n in range(30):
            make_item(session, cast.project, f"soft {n}")
            if n == 2:
                make_item(session, cast.project, "hard 1", severity=3)
        _limit(session, cast, others=20)
        assert [_take(session, cast) for _ in range(21)] == [
            "hard 0", *(f"soft {n}" for n in range(20)),
        ]  # fmt: skip
        cursor = session.scalars(select(QueueCursor).where(QueueCursor.language == "en")).one()
        assert cursor.queue_key < 5 < (cursor.calm_key or 0)
        assert [_take(session, cast) for _ in range(2)] == ["hard 1", "soft 20"]

    def test_what_rests_costs_no_more_than_what_does_not(
        self, session: Session, cast: Cast
    ) -> None:
        """The same statements for each item while severe ones rest, however many are passed."""
        for n in range(40):
            make_item(session, cast.project, f"hard {n}", severity=3)
        for n in range(12):
            make_item(session, cast.project, f"soft {n}")
        _limit(session, cast, a_day=1)
        reviewer = Reviewer(cast.ana.id, ("en",))
        counts = []
        for _ in range(10):
            with heard(session) as statements:
                lease = claim(session, cast.project, reviewer, NOON, HOUR)
            assert lease is not None
            judge(session, lease.item_id, cast.ana)
            counts.append(len(statements))
        assert len(set(counts[3:])) == 1
        assert counts[3] > 5


class TestMark:
    def test_it_wins_over_what_came_with_the_item(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one", severity=3)
        other = make_item(session, cast.project, "two")
        for each, mark in ((item, 0), (other, 3)):
            mark_severity(
                session, cast.project.id, each.id, mark, now=NOON, actor=cast.luz.id
            )  # fmt: skip
        session.expire_all()
        assert (item.severity_now, other.severity_now) == (0, 3)
        assert (item.severity, other.severity) == (3, None)
        mark_severity(session, cast.project.id, item.id, None, now=NOON, actor=cast.luz.id)
        assert item.severity_now == 3

    def test_marked_as_less_severe_it_is_found_by_who_had_passed_it(
        self, session: Session, cast: Cast
    ) -> None:
        hard = [make_item(session, cast.project, f"hard {n}", severity=3) for n in range(2)]
        for n in range(3):
            make_item(session, cast.project, f"soft {n}")
        _limit(session, cast, a_day=1)
        assert [_take(session, cast) for _ in range(3)] == ["hard 0", "soft 0", "soft 1"]
        mark_severity(session, cast.project.id, hard[1].id, 1, now=NOON, actor=cast.luz.id)
        assert [_take(session, cast) for _ in range(3)] == ["soft 2", "hard 1", None]

    def test_it_is_audited(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one", severity=1)
        mark_severity(session, cast.project.id, item.id, 3, now=NOON, actor=cast.luz.id)
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert entry is not None
        assert (entry.action, entry.subject, entry.actor_id) == (
            "item.severity", f"item:{item.id}", cast.luz.id,
        )  # fmt: skip
        assert entry.detail == {"mark": 3, "before": 1, "now": 3}
        mark_severity(session, cast.project.id, item.id, 3, now=NOON, actor=cast.luz.id)
        assert session.scalars(select(AuditEntry.seq)).all()[-1] == entry.seq

    @pytest.mark.parametrize("mark", [-1, 4])
    def test_there_are_four(self, session: Session, cast: Cast, mark: int) -> None:
        item = make_item(session, cast.project, "one")
        with pytest.raises(Invalid):
            mark_severity(session, cast.project.id, item.id, mark, now=NOON, actor=cast.luz.id)


class TestPause:
    def test_the_item_goes_back_and_may_come_again(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
        reviewer = Reviewer(cast.ana.id, ("en",))
        assert claim(session, cast.project, reviewer, NOON, HOUR) is not None
        pause(session, item.id, cast.ana.id, NOON)
        session.refresh(item)
        assert item.slots_left == 1
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert entry is not None
        assert (entry.action, entry.detail) == ("item.pause", {})
        assert _take(session, cast) == "one"

    def test_it_is_never_refused_and_takes_nothing_back(self, session: Session, cast: Cast) -> None:
        item = make_item(session, cast.project, "one")
        assert _take(session, cast) == "one"
        pause(session, item.id, cast.ana.id, NOON)
        assert session.get_one(Assignment, (item.id, cast.ana.id)).state == State.JUDGED


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        (Limits(1, None, None, None), "severe_from"),
        (Limits(3, 0, None, None), "severe_per_day"),
        (Limits(3, None, 101, None), "severe_gap_items"),
        (Limits(3, None, None, 481), "severe_gap_minutes"),
    ],
)
def test_limits_have_bounds(session: Session, cast: Cast, limits: Limits, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_limits(session, cast.project, limits, now=NOON, actor=cast.luz.id)
    assert list(refused.value.errors) == [field]
