"""What is kept ready for a person obeys what they decline and the limits of the severe too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import HOUR, judge
from workbench.models import Assignment, AuditEntry, Item, Project, State
from workbench.services import projects
from workbench.services.care import Limits, set_care, set_limits
from workbench.services.claim import Reviewer, claim, keep_ready, show
from workbench.services.leave_item import pause
from workbench.services.mark_severity import mark_severity

KEEP = timedelta(minutes=5)


class Ana:
    """Ana at her desk, as the desk's script goes about it."""

    def __init__(self, session: Session, cast: Cast, project: Project | None = None) -> None:
        self.session = session
        self.project = project or cast.project
        self.user = cast.ana
        self.reviewer = Reviewer(cast.ana.id, ("en", "es"))
        self.showing: int | None = None
        self.ready: int | None = None

    def begin(self, now: datetime = NOON) -> str | None:
        lease = claim(self.session, self.project, self.reviewer, now, HOUR)
        self.showing = lease.item_id if lease else None
        self.ahead(now)
        return self.name(self.showing)

    def ahead(self, now: datetime = NOON) -> str | None:
        lease = keep_ready(
            self.session, self.project, self.reviewer, now, KEEP, showing=self.showing
        )
        self.ready = lease.item_id if lease else None
        return self.name(self.ready)

    def answer(self, now: datetime = NOON) -> str | None:
        """Judge; what was kept ready comes on the screen, or else the next item."""
        assert self.showing is not None
        judge(self.session, self.showing, self.user)
        if self.ready is not None:
            lease = show(self.session, self.project, self.reviewer, now, HOUR, item_id=self.ready)
            if lease is not None:
                self.showing = lease.item_id
                self.ahead(now)
                return self.name(self.showing)
        return self.begin(now)

    def name(self, item_id: int | None) -> str | None:
        return self.session.get_one(Item, item_id).external_id if item_id else None

    def state(self, item: Item) -> State:
        return self.session.get_one(Assignment, (item.id, self.user.id)).state


def _decline(session: Session, cast: Cast, *harms: str) -> None:
    set_care(session, cast.ana.id, declined=harms, known={"vcr", "ssh"}, break_minutes=50, now=NOON)


def _limit(session: Session, project: Project, **limits: int) -> None:
    full = {"severe_per_day": None, "severe_gap_items": None, "severe_gap_minutes": None}
    set_limits(
        session, project, Limits(**{"severe_from": 3, **full, **limits}), now=NOON, actor=None
    )
    for name, value in limits.items():
        setattr(project, name, value)


def _items(session: Session, project: Project, *severities: int) -> list[Item]:
    """Named `0 hard`, `1 soft`, ... by their severity."""
    kinds = [
        (n, severity, "hard" if severity >= 3 else "soft") for n, severity in enumerate(severities)
    ]
    return [make_item(session, project, f"{n} {kind}", severity=s) for n, s, kind in kinds]


def test_what_is_declined_is_not_kept_ready(session: Session, cast: Cast) -> None:
    for name, harm in (("one", None), ("two", "vcr"), ("three", None)):
        make_item(session, cast.project, name, harm=harm)
    _decline(session, cast, "vcr")
    ana = Ana(session, cast)
    assert ana.begin() == "one"
    assert ana.name(ana.ready) == "three"


def test_declining_gives_back_what_was_kept_ready_and_leaves_no_trace(
    session: Session, cast: Cast
) -> None:
    one, two, three = (
        make_item(session, cast.project, name, harm=harm)
        for name, harm in (("one", "vcr"), ("two", "vcr"), ("three", None))
    )
    ana = Ana(session, cast)
    assert (ana.begin(), ana.name(ana.ready)) == ("one", "two")
    entries = session.query(AuditEntry).count()
    _decline(session, cast, "vcr")
    session.refresh(two)
    assert (two.slots_left, ana.state(two)) == (two.wanted, State.RELEASED)
    # What is on the screen stays there.
    assert ana.state(one) == State.LEASED
    assert session.query(AuditEntry).count() == entries
    assert ana.ahead() == "three"
    assert session.get_one(Assignment, (two.id, cast.ana.id)).reason == ""
    assert ana.state(three) == State.LEASED


def test_what_is_declined_does_not_come_on_the_screen_though_it_was_sent_ahead(
    session: Session, cast: Cast
) -> None:
    for name, harm in (("one", None), ("two", "vcr"), ("three", None)):
        make_item(session, cast.project, name, harm=harm)
    ana = Ana(session, cast)
    assert (ana.begin(), ana.name(ana.ready)) == ("one", "two")
    _decline(session, cast, "vcr")
    assert ana.answer() == "three"


def test_what_declining_passed_over_is_kept_ready_again_when_it_is_undone(
    session: Session, cast: Cast
) -> None:
    for name, harm in (("one", None), ("two", "vcr"), ("three", None)):
        make_item(session, cast.project, name, harm=harm)
    _decline(session, cast, "vcr")
    ana = Ana(session, cast)
    assert (ana.begin(), ana.name(ana.ready)) == ("one", "three")
    _decline(session, cast)
    assert [ana.answer(), ana.answer()] == ["three", "two"]


def test_no_two_severe_items_come_in_a_row_because_one_was_fetched_ahead(
    session: Session, cast: Cast
) -> None:
    _limit(session, cast.project, severe_gap_items=1)
    _items(session, cast.project, 3, 3, 0, 0, 3)
    ana = Ana(session, cast)
    found = [ana.begin(), *(ana.answer() for _ in range(4))]
    assert found == ["0 hard", "2 soft", "1 hard", "3 soft", "4 hard"]


def test_what_is_kept_ready_is_counted_when_it_comes_on_the_screen(
    session: Session, cast: Cast
) -> None:
    _limit(session, cast.project, severe_per_day=1)
    _items(session, cast.project, 0, 3, 3)
    ana = Ana(session, cast)
    assert (ana.begin(), ana.name(ana.ready)) == ("0 soft", "1 hard")
    # Asked for again, looked at again, given back and kept ready anew: it was not seen yet.
    assert ana.ahead() == "1 hard"
    pause(session, ana.showing or 0, cast.ana.id, NOON)
    assert ana.begin() == "2 hard"
    assert ana.ready is None or "soft" in str(ana.name(ana.ready))


def test_a_repeated_send_counts_once(session: Session, cast: Cast) -> None:
    _limit(session, cast.project, severe_per_day=2)
    _items(session, cast.project, 0, 3, 3)
    ana = Ana(session, cast)
    ana.begin()
    ready = ana.ready
    assert ana.answer() == "1 hard"
    again = show(session, cast.project, ana.reviewer, NOON, HOUR, item_id=ready or 0)
    assert again is not None
    assert ana.answer() == "2 hard"


def test_the_limit_of_the_day_is_checked_again_when_it_is_shown(
    session: Session, cast: Cast
) -> None:
    """Another project may have used it up meanwhile: a person is one over all their projects."""
    _limit(session, cast.project, severe_per_day=1)
    _, hard, _ = _items(session, cast.project, 0, 3, 0)
    here = Ana(session, cast)
    assert (here.begin(), here.name(here.ready)) == ("0 soft", "1 hard")
    make_item(session, cast.other_project, "elsewhere", severity=3)
    projects.add_member(
        session, cast.other_project, cast.ana, role="reviewer", now=NOON, pseudonym="r-elsewhere"
    )
    there = Ana(session, cast, cast.other_project)
    assert there.begin() == "elsewhere"
    assert here.answer() == "2 soft"
    session.refresh(hard)
    assert (hard.slots_left, here.state(hard)) == (hard.wanted, State.RELEASED)


def test_an_item_marked_as_severe_while_it_is_kept_ready_rests_too(
    session: Session, cast: Cast
) -> None:
    _limit(session, cast.project, severe_gap_items=1)
    _, two, _ = _items(session, cast.project, 3, 0, 0)
    ana = Ana(session, cast)
    assert (ana.begin(), ana.name(ana.ready)) == ("0 hard", "1 soft")
    mark_severity(session, cast.project.id, two.id, 3, now=NOON, actor=cast.luz.id)
    assert ana.ahead() == "2 soft"
    assert ana.state(two) == State.RELEASED


def test_out_of_a_pause_a_severe_item_is_one_more(session: Session, cast: Cast) -> None:
    _limit(session, cast.project, severe_per_day=1)
    [hard] = _items(session, cast.project, 3)
    ana = Ana(session, cast)
    assert ana.begin() == "0 hard"
    pause(session, hard.id, cast.ana.id, NOON)
    assert show(session, cast.project, ana.reviewer, NOON, HOUR, item_id=hard.id) is None
