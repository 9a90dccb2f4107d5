"""What webhooks are told, in which order, how often it is tried, and by whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from tests.arrivals import bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take, take_and_judge
from tests.support.receiver import Receiver, is_signed
from tests.webhooks.conftest import MakeHook
from workbench.config import Config
from workbench.db import Database, now
from workbench.export.formats import BY_NAME
from workbench.export.policy import ExportPolicy
from workbench.models import Event, Item, Kind, Sending, Webhook, WebhookDelivery, Why
from workbench.queries.judgment_feed import feed, spot_of
from workbench.queries.notices import count_unread
from workbench.queries.watch import Found
from workbench.services import webhook_sending, webhooks
from workbench.services.make_export import Place, build, record
from workbench.services.watch import Look as SeenAll
from workbench.services.watch import note, set_watch
from workbench.services.webhook_sending import FIRST_PAUSE, GIVE_UP, KEPT, LONGEST_PAUSE
from workbench.webhooks.deliver import Passed, deliver


def _rows(database: Database) -> list[WebhookDelivery]:
    with database.read() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def _row(database: Database) -> WebhookDelivery:
    [row] = _rows(database)
    return row


def _hook(database: Database) -> Webhook:
    with database.read() as session:
        return session.scalars(select(Webhook)).one()


def _set(database: Database, **values: object) -> None:
    """As if it had been so for long."""
    with database.write() as session:
        session.execute(update(WebhookDelivery).values(**values))


def _ago(database: Database, ago: timedelta) -> datetime:
    with database.read() as session:
        return now(session) - ago


def _judged(database: Database, cast: Cast, *names: str) -> None:
    with database.write() as session:
        for name in names:
            make_item(session, cast.project, name)
            take_and_judge(session, cast.project, cast.ana)


# --- what is told -------------------------------------------------------------------------------


def test_many_judgments_are_one_event_that_says_where_to_go_on(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    _judged(database, cast, "before")
    _, secret = make_hook(Event.JUDGMENTS)
    assert deliver(database, inside) == Passed(0, 0), "what was before it is not told"
    _judged(database, cast, "one", "two", "three")
    assert deliver(database, inside) == Passed(1, 0)
    [got] = receiver.got
    assert is_signed(got, secret)
    assert got.type == "judgment.created"
    data = got.event["data"]
    assert (data["project"], data["count"]) == ("main", 3)
    with database.read() as session:
        key = session.info["key"]
        since, last = (spot_of(key, cast.project.id, data[name]) for name in ("since", "cursor"))
        told = feed(session, cast.project.id, since, 100)
    assert told is not None
    assert [each.item for each in told[0]] == ["one", "two", "three"]
    assert told[0][-1].spot == last
    assert deliver(database, inside) == Passed(0, 0)
    _judged(database, cast, "four")
    deliver(database, inside)
    assert receiver.got[1].event["data"]["since"] == data["cursor"]


def test_an_import_of_judgments_is_one_event(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    bring_items(database, cast.project, [raw_item(f"i{n}") for n in range(5)])
    make_hook(Event.JUDGMENTS)
    bring_judgments(database, cast.project, [raw_judgment(f"i{n}", "r1") for n in range(5)])
    deliver(database, inside)
    [got] = receiver.got
    assert got.event["data"]["count"] == 5
    assert got.event["data"]["since"] is None


def test_an_item_is_told_when_it_has_all_its_judgments(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.COMPLETED)
    _judged(database, cast, "whole", "known", "half")
    deliver(database, inside)
    assert receiver.got == []
    with database.write() as session:
        for name in ("whole", "known"):
            item = session.scalars(select(Item).where(Item.external_id == name)).one()
            item.is_gold = name == "known"
    with database.write() as session:
        ids = {item.id: item.external_id for item in session.scalars(select(Item))}
        for _ in range(3):
            lease = must_take(session, cast.project, cast.beto)
            if ids[lease.item_id] != "half":
                judge(session, lease.item_id, cast.beto)
    deliver(database, inside)
    [got] = receiver.got
    assert got.type == "item.completed"
    assert got.event["data"] == {"project": "main", "count": 1, "items": ["whole"]}


def test_nothing_of_other_projects_is_told(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook()
    with database.write() as session:
        make_item(session, cast.other_project, "theirs")
        judge(session, must_take(session, cast.other_project, cast.dora).item_id, cast.dora)
    assert deliver(database, inside) == Passed(0, 0)
    assert receiver.got == []


def _fell(database: Database, cast: Cast, holds: bool) -> None:
    """What the watch found of agreement."""
    with database.write() as session:
        facts = {"value": 0.41, "floor": 0.6, "lately": True}
        found = Found(cast.project.id, Kind.AGREEMENT, "", holds, facts)
        note(session, SeenAll(now(session), [found], []))


def test_agreement_is_told_when_it_falls_and_again_only_after_it_rose(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    with database.write() as session:
        set_watch(session, cast.project, agreement_floor=0.6, queue_days=0,
                  now=now(session), actor=None)  # fmt: skip
    make_hook(Event.AGREEMENT)
    for holds, told in ((True, 1), (True, 1), (False, 1), (True, 2)):
        _fell(database, cast, holds)
        deliver(database, inside)
        assert len(receiver.got) == told
    assert {got.type for got in receiver.got} == {"agreement.below"}
    data = {"project": "main", "alpha": 0.41, "floor": 0.6, "last_two_weeks": True}
    assert receiver.got[0].event["data"] == data


def test_each_snapshot_is_told_by_its_name(
    database: Database,
    cast: Cast,
    inside: Config,
    receiver: Receiver,
    make_hook: MakeHook,
    tmp_path: Path,
) -> None:
    _judged(database, cast, "one")

    def snapshot(name: str) -> int:
        place = Place(tmp_path / "exports", ZoneInfo("UTC"))
        fmt = BY_NAME["judgments"]
        with (
            build(database, cast.project, fmt, ExportPolicy(), place) as built,
            database.write() as session,
        ):
            record(session, cast.project, built, name=name, now=now(session), actor=None)
            return built.manifest.rows

    snapshot("before")
    make_hook(Event.SNAPSHOT)
    rows = snapshot("first")
    snapshot("second")
    assert deliver(database, inside) == Passed(2, 0)
    assert [got.event["data"]["name"] for got in receiver.got] == ["first", "second"]
    data = {"project": "main", "name": "first", "format": "judgments", "rows": rows}
    assert receiver.got[0].event["data"] == data
    assert deliver(database, inside) == Passed(0, 0)


def test_what_it_is_not_told_of_is_passed_over(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.SNAPSHOT)
    _judged(database, cast, "one")
    deliver(database, inside)
    assert receiver.got == []


# --- how often ----------------------------------------------------------------------------------


def test_what_fails_is_tried_again_with_the_same_id_and_body(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    _, secret = make_hook(Event.JUDGMENTS)
    receiver.statuses = [500, 503, 200]
    _judged(database, cast, "one")
    assert deliver(database, inside) == Passed(0, 1)
    row = _row(database)
    assert (row.state, row.attempts, row.status, row.error) == ("pending", 1, 500, Why.STATUS)
    assert timedelta(seconds=7) < row.due_at - (row.tried_at or row.due_at) < timedelta(seconds=14)
    assert deliver(database, inside) == Passed(0, 0), "it is not due"
    _judged(database, cast, "two")
    for passed in (Passed(0, 1), Passed(1, 0)):
        _set(database, due_at=_ago(database, timedelta(seconds=1)))
        assert deliver(database, inside) == passed
    first, *again = receiver.got
    assert all((got.id, got.body) == (first.id, first.body) for got in again)
    assert all(is_signed(got, secret) for got in receiver.got)
    assert _row(database).state == "delivered"
    deliver(database, inside)
    assert receiver.got[-1].event["data"]["count"] == 1, "what came meanwhile is told after it"


def test_the_pauses_grow_up_to_the_longest() -> None:
    pauses = [webhook_sending.pause_after(n) for n in range(1, 2000)]
    assert FIRST_PAUSE * 0.79 < pauses[0] < FIRST_PAUSE * 1.21
    assert FIRST_PAUSE * 6.3 < pauses[3] < FIRST_PAUSE * 9.7
    assert LONGEST_PAUSE * 0.79 < pauses[-1] < LONGEST_PAUSE * 1.21
    assert len(set(pauses[-9:])) > 1


def _waiting(database: Database, user_id: int) -> int:
    """How many messages wait for that person."""
    with database.read() as session:
        return count_unread(session, user_id)


def test_one_that_fails_for_days_is_given_up_and_goes_on_where_it_stopped(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.JUDGMENTS)
    receiver.statuses = [500]
    _judged(database, cast, "one")
    deliver(database, inside)
    assert _hook(database).failing_at is None
    _set(database, asked_at=_ago(database, GIVE_UP), due_at=_ago(database, timedelta(hours=1)))
    deliver(database, inside)
    assert _hook(database).failing_at is not None
    assert _waiting(database, cast.edu.id) == 1
    assert _waiting(database, cast.luz.id) == 0
    _set(database, due_at=_ago(database, timedelta(hours=1)))
    _judged(database, cast, "two", "three")
    assert deliver(database, inside) == Passed(0, 0)
    receiver.statuses = [200]
    with database.write() as session:
        hook = webhooks.find(session, cast.project.id, _hook(database).name)
        webhooks.resume(session, hook, now=now(session), actor=None)
    assert _waiting(database, cast.edu.id) == 0
    assert deliver(database, inside) == Passed(1, 0)
    assert deliver(database, inside) == Passed(1, 0)
    assert [got.event["data"]["count"] for got in receiver.got[-2:]] == [1, 2]


def test_one_that_wants_no_more_is_given_up_at_once(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.JUDGMENTS)
    receiver.statuses = [410]
    _judged(database, cast, "one")
    deliver(database, inside)
    assert _hook(database).failing_at is not None


def test_an_inner_address_is_not_sent_to_unless_a_setting_says_so(
    database: Database, cast: Cast, config: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.JUDGMENTS)
    _judged(database, cast, "one")
    assert deliver(database, config) == Passed(0, 1)
    assert (_row(database).error, _row(database).status) == (Why.ADDRESS, None)
    assert receiver.got == []


def test_deliveries_are_forgotten_after_a_month_but_not_what_waits(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    make_hook(Event.JUDGMENTS)
    _judged(database, cast, "one")
    deliver(database, inside)
    _set(database, made_at=_ago(database, KEPT - timedelta(hours=1)))
    deliver(database, inside)
    assert len(_rows(database)) == 1
    _set(database, made_at=_ago(database, KEPT + timedelta(hours=1)), state=Sending.PENDING)
    _set(database, due_at=_ago(database, -timedelta(hours=1)))
    deliver(database, inside)
    assert len(_rows(database)) == 1
    _set(database, state=Sending.DELIVERED)
    deliver(database, inside)
    assert _rows(database) == []


# --- by hand ------------------------------------------------------------------------------------


def test_a_ping_passes_what_waits_and_is_tried_once(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    hook, _ = make_hook(Event.JUDGMENTS)
    receiver.statuses = [500, 200, 500]
    _judged(database, cast, "one")
    deliver(database, inside)
    for state in (Sending.DELIVERED, Sending.FAILED):
        with database.write() as session:
            found = webhooks.find(session, cast.project.id, hook.name)
            webhooks.pause(session, found, now=now(session), actor=None)
            sent = webhooks.ping(session, found, now=now(session))
        deliver(database, inside)
        with database.read() as session:
            assert session.get_one(WebhookDelivery, sent.id).state == state
    assert [got.type for got in receiver.got] == ["judgment.created", "ping", "ping"]


def test_one_that_is_paused_is_told_later_what_happened(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    hook, _ = make_hook(Event.JUDGMENTS)
    with database.write() as session:
        found = webhooks.find(session, cast.project.id, hook.name)
        webhooks.pause(session, found, now=now(session), actor=None)
    _judged(database, cast, "one", "two")
    assert deliver(database, inside) == Passed(0, 0)
    with database.write() as session:
        found = webhooks.find(session, cast.project.id, hook.name)
        webhooks.resume(session, found, now=now(session), actor=None)
    deliver(database, inside)
    assert [got.event["data"]["count"] for got in receiver.got] == [2]


def test_a_delivery_is_sent_again_by_hand_as_it_was(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    hook, _ = make_hook(Event.JUDGMENTS)
    _judged(database, cast, "one")
    deliver(database, inside)
    with database.write() as session:
        found = webhooks.find(session, cast.project.id, hook.name)
        webhooks.replay(session, found, 1, now=now(session), actor=cast.edu.id)
    assert deliver(database, inside) == Passed(1, 0)
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)
    assert first.id == f"{hook.name}_1"


def test_after_a_turn_both_secrets_are_good_for_a_day(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    hook, old = make_hook(Event.JUDGMENTS)
    with database.write() as session:
        found = webhooks.find(session, cast.project.id, hook.name)
        new = webhooks.turn(session, found, now=now(session), actor=None)
    assert new != old
    _judged(database, cast, "one")
    deliver(database, inside)
    assert [is_signed(receiver.got[0], secret) for secret in (old, new)] == [True, True]
    with database.write() as session:
        session.execute(update(Webhook).values(turned_at=now(session) - timedelta(days=1)))
    _judged(database, cast, "two")
    deliver(database, inside)
    assert [is_signed(receiver.got[1], secret) for secret in (old, new)] == [False, True]


# --- by two at once -----------------------------------------------------------------------------


def test_two_who_deliver_at_once_never_send_the_same_at_the_same_time(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    for n in range(4):
        make_hook(Event.JUDGMENTS, url=f"{receiver.url}/{n}")
    receiver.wait = 0.05
    _judged(database, cast, "one")
    others = [Database(database.url.render_as_string(hide_password=False), key="k" * 96)
              for _ in range(3)]  # fmt: skip
    try:
        with ThreadPoolExecutor(3) as pool:
            for n in range(4):
                passes = list(pool.map(lambda each: deliver(each, inside), others))
                deliver(database, inside)
                assert sum(each.failed for each in passes) == 0
                _judged(database, cast, f"more {n}")
    finally:
        for other in others:
            other.dispose()
    assert receiver.most == 1
    assert len(receiver.ids()) == len(set(receiver.ids())), "nobody was killed"
    assert len(receiver.got) >= 16
    for n in range(4):
        numbers = [int(got.id.rpartition("_")[2]) for got in receiver.got if got.path == f"/{n}"]
        assert numbers == sorted(numbers)


def test_who_is_overtaken_writes_nothing(
    database: Database, cast: Cast, inside: Config, receiver: Receiver, make_hook: MakeHook
) -> None:
    hook, _ = make_hook(Event.JUDGMENTS)
    receiver.statuses = [500]
    _judged(database, cast, "one")
    deliver(database, inside)
    _set(database, due_at=_ago(database, timedelta(seconds=1)))
    with database.write() as session:
        at = now(session)
        slow = webhook_sending.hold(session, hook.id, at)
        assert slow is not None
        assert webhook_sending.hold(session, hook.id, at) is None
        late = at + webhook_sending.HOLD
        quick = webhook_sending.hold(session, hook.id, late)
        assert quick is not None
        assert (quick.message_id, quick.attempt) == (slow.message_id, slow.attempt + 1)
        assert not webhook_sending.done(session, slow, 500, Why.STATUS, late)
        assert webhook_sending.done(session, quick, 200, None, late)
        assert not webhook_sending.done(session, replace(slow), 500, Why.STATUS, late)
    assert _row(database).state == "delivered"
