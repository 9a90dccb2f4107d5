from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from workbench.models import User
from workbench.queries.progress import by_day, by_reviewer, passed_over, totals
from workbench.services import leave_item, projects, undo
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, submit

BOGOTA = ZoneInfo("America/Bogota")
HOUR = timedelta(hours=1)


def _take(session: Session, cast: Cast, who: User, at: datetime = NOON) -> int:
    lease = claim(session, cast.project, Reviewer(who.id, tuple(who.speaks)), at, HOUR)
    assert lease is not None
    return lease.item_id


def _ranked(*tiers: str) -> dict[str, Any]:
    return {
        "tiers": [[response] for response in tiers],
        "unranked": [],
        "verdict": None,
        "strength": None,
        "reason": "",
    }


def _store(
    session: Session,
    item_id: int,
    who: User,
    *,
    at: datetime = NOON,
    base: int = 0,
    active_ms: int | None = None,
) -> None:
    submission = Submission(
        item_id=item_id,
        user_id=who.id,
        answer=_ranked("a", "b"),
        type_version=1,
        idempotency_key=f"{item_id}-{who.id}-{base}",
        base_revision=base,
        active_ms=active_ms,
    )
    submit(session, submission, at)


def _judge(session: Session, cast: Cast, who: User, **how: Any) -> int:
    item_id = _take(session, cast, who, how.get("at", NOON))
    _store(session, item_id, who, **how)
    return item_id


def _items(session: Session, cast: Cast, names: str, **values: Any) -> list[int]:
    return [make_item(session, cast.project, name, **values).id for name in names]


def _judge_times(session: Session, cast: Cast, who: User, times: Sequence[int | None]) -> None:
    _items(session, cast, "abcdefgh"[: len(times)])
    for ms in times:
        _judge(session, cast, who, active_ms=ms)


def test_an_empty_project_has_nothing_of_anything(session: Session, cast: Cast) -> None:
    found = totals(session, cast.project.id)
    assert (found.items, found.done, found.judgments, found.missing) == (0, 0, 0, 0)
    assert found.active_seconds is None


def test_an_item_is_done_when_it_has_every_judgment_that_it_wants(
    session: Session, cast: Cast
) -> None:
    _items(session, cast, "xy")
    _judge(session, cast, cast.ana)
    assert totals(session, cast.project.id).done == 0
    _judge(session, cast, cast.beto)
    found = totals(session, cast.project.id)
    assert (found.items, found.done, found.judgments, found.missing) == (2, 1, 2, 2)


def test_an_item_on_a_desk_is_not_done_yet(session: Session, cast: Cast) -> None:
    _items(session, cast, "x")
    _judge(session, cast, cast.ana)
    _take(session, cast, cast.beto)
    found = totals(session, cast.project.id)
    assert (found.done, found.missing) == (0, 1)


def test_another_projects_items_do_not_count(session: Session, cast: Cast) -> None:
    make_item(session, cast.other_project, "x")
    assert totals(session, cast.project.id).items == 0


@pytest.mark.parametrize(
    ("times", "seconds"),
    [([4000], 4.0), ([9000, 1000, 2000], 2.0), ([1000, 9000, 3000, 4000], 3.5), ([None], None)],
)
def test_the_active_time_is_the_median(
    session: Session, cast: Cast, times: list[int | None], seconds: float | None
) -> None:
    _judge_times(session, cast, cast.ana, times)
    assert totals(session, cast.project.id).active_seconds == seconds


def test_judgments_without_a_time_do_not_move_the_median(session: Session, cast: Cast) -> None:
    _judge_times(session, cast, cast.ana, [None, 5000, None, 7000])
    assert totals(session, cast.project.id).active_seconds == 6.0


def test_a_day_begins_at_midnight_in_the_readers_zone(session: Session, cast: Cast) -> None:
    _items(session, cast, "xy")
    midnight = datetime(2026, 11, 20, tzinfo=BOGOTA)
    _judge(session, cast, cast.ana, at=midnight - timedelta(seconds=1))
    _judge(session, cast, cast.ana, at=midnight)
    days = by_day(session, cast.project.id, NOON, BOGOTA, 2)
    assert [(day.day, day.judgments) for day in days] == [
        (date(2026, 11, 19), 1),
        (date(2026, 11, 20), 1),
    ]


def test_days_keep_their_length_when_the_clocks_change(session: Session, cast: Cast) -> None:
    zone = ZoneInfo("America/New_York")
    _items(session, cast, "x")
    # 1 November 2026 has 25 hours there; this is half past eleven in its evening.
    _judge(session, cast, cast.ana, at=datetime(2026, 11, 1, 23, 30, tzinfo=zone))
    days = by_day(session, cast.project.id, datetime(2026, 11, 2, 12, tzinfo=zone), zone, 3)
    assert [day.judgments for day in days] == [0, 1, 0]


def test_a_changed_judgment_stays_on_the_day_it_was_made(session: Session, cast: Cast) -> None:
    _items(session, cast, "x")
    item_id = _judge(session, cast, cast.ana, at=NOON - timedelta(days=3))
    _store(session, item_id, cast.ana, at=NOON, base=1)
    days = by_day(session, cast.project.id, NOON, BOGOTA, 14)
    assert len(days) == 14
    assert [day.judgments for day in days] == [0] * 10 + [1, 0, 0, 0]


def test_a_judgment_taken_back_leaves_its_day(session: Session, cast: Cast) -> None:
    _items(session, cast, "x")
    _judge(session, cast, cast.ana)
    undo.undo(session, cast.project.id, cast.ana.id, NOON, HOUR)
    assert sum(day.judgments for day in by_day(session, cast.project.id, NOON, BOGOTA, 14)) == 0


def test_a_line_says_what_its_reviewer_did(session: Session, cast: Cast) -> None:
    _items(session, cast, "wxyz")
    _judge(session, cast, cast.ana, active_ms=8000)
    leave_item.skip(session, _take(session, cast, cast.ana), cast.ana.id, "no", NOON)
    leave_item.escalate(session, _take(session, cast, cast.ana), cast.ana.id, "why", NOON)
    ana, beto = by_reviewer(session, cast.project.id, named=True)
    assert (ana.user_id, ana.judged, ana.skipped, ana.escalated) == (cast.ana.id, 1, 1, 1)
    assert ana.active_seconds == 8.0
    assert (beto.user_id, beto.judged, beto.active_seconds) == (cast.beto.id, 0, None)


def test_names_are_told_only_when_asked_for(session: Session, cast: Cast) -> None:
    named = by_reviewer(session, cast.project.id, named=True)
    assert {line.who.name for line in named} == {"ana", "beto"}
    unnamed = by_reviewer(session, cast.project.id, named=False)
    assert {line.who.name for line in unnamed} == {None}
    assert [line.who.pseudonym for line in named] == [line.who.pseudonym for line in unnamed]


def test_who_left_keeps_a_line_when_judgments_are_theirs(session: Session, cast: Cast) -> None:
    _items(session, cast, "x")
    _judge(session, cast, cast.ana)
    for leaver in (cast.ana, cast.beto):
        projects.remove_member(session, cast.project, leaver, now=NOON)
    [line] = by_reviewer(session, cast.project.id, named=True)
    assert (line.user_id, line.here) == (cast.ana.id, False)


def _skip_next(session: Session, cast: Cast, who: User) -> int:
    item_id = _take(session, cast, who)
    leave_item.skip(session, item_id, who.id, "broken", NOON)
    return item_id


def test_an_item_that_two_skipped_and_nobody_judged_is_passed_over(
    session: Session, cast: Cast
) -> None:
    _items(session, cast, "x")
    _skip_next(session, cast, cast.ana)
    assert passed_over(session, cast.project.id, 5) == ([], 0)
    item_id = _skip_next(session, cast, cast.beto)
    [found], count = passed_over(session, cast.project.id, 5)
    assert (found.line.item_id, found.skips, count) == (item_id, 2, 1)


def test_one_skip_is_enough_where_one_person_speaks_the_language(
    session: Session, cast: Cast
) -> None:
    _items(session, cast, "x", language="es-CO")
    item_id = _skip_next(session, cast, cast.ana)
    [found], _ = passed_over(session, cast.project.id, 5)
    assert (found.line.item_id, found.skips) == (item_id, 1)


def test_an_item_that_someone_judged_is_not_passed_over(session: Session, cast: Cast) -> None:
    _items(session, cast, "x", wanted=3, slots_left=3)
    _skip_next(session, cast, cast.ana)
    _judge(session, cast, cast.beto)
    assert passed_over(session, cast.project.id, 5) == ([], 0)


def test_the_list_of_items_passed_over_is_cut_and_its_count_is_not(
    session: Session, cast: Cast
) -> None:
    _items(session, cast, "xyz", language="es")
    for _ in range(3):
        _skip_next(session, cast, cast.ana)
    listed, count = passed_over(session, cast.project.id, 2)
    assert (len(listed), count) == (2, 3)


def test_the_text_of_a_harmful_item_stays_out_of_lists(session: Session, cast: Cast) -> None:
    _items(session, cast, "x", language="es", harm="vcr")
    _skip_next(session, cast, cast.ana)
    [found], _ = passed_over(session, cast.project.id, 5)
    assert (found.line.excerpt, found.line.harm) == ("", "vcr")
