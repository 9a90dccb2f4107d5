"""Logging in and out, and the brake on guessing."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast
from workbench.messages import Invalid
from workbench.models import AuditEntry, LoginThrottle, User, WebSession
from workbench.services import login

GOOD = "violet harbour 93 kettle"
SECOND = timedelta(seconds=1)


def _sessions(session: Session) -> list[WebSession]:
    return list(session.scalars(select(WebSession).order_by(WebSession.id)))


def _fail(session: Session, keys: tuple[str, ...], times: int) -> list[int]:
    """Failures at noon, each when it may be tried; seconds to wait after each."""
    waits = []
    for _ in range(times):
        login.note_failure(session, keys, NOON)
        waits.append(login.seconds_to_wait(session, keys, NOON))
    return waits


def test_a_password_fits_its_hash_and_no_other_does() -> None:
    stored = login.hash_password(GOOD)
    assert stored.startswith("$argon2id$")
    assert login.password_fits(stored, GOOD)
    assert not login.password_fits(stored, GOOD + " ")


@pytest.mark.parametrize("stored", [None, "", "no hash"])
def test_without_a_hash_no_password_fits(stored: str | None) -> None:
    assert not login.password_fits(stored, GOOD)
    assert not login.password_fits(stored, "")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("k7!vQ zx9#m", "At least 12 characters"),
        ("x7" * 64 + "!", "At most 128 characters"),
        ("password1234", "too easy to guess"),
        ("qwertyuiop12", "too easy to guess"),
        ("ana-ana-ana-ana", "too easy to guess"),
    ],
)
def test_a_password_that_is_no_good_is_refused_with_the_reason(password: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        login.hash_password(password, "ana")
    assert list(refused.value.errors) == ["password"]


def test_a_log_in_is_stored_without_its_token(session: Session, cast: Cast) -> None:
    token = login.open_session(session, cast.ana, NOON, timedelta(hours=12), "F" * 300)
    [row] = _sessions(session)
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert (row.user_id, row.created_at, row.last_seen_at, row.expires_at, row.ended_at) == (
        cast.ana.id, NOON, NOON, NOON + timedelta(hours=12), None,
    )  # fmt: skip
    assert row.browser == "F" * 200
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.subject, entry.actor_id) == (
        "login", f"user:{cast.ana.id}", cast.ana.id,
    )  # fmt: skip
    assert token not in str(entry.detail)


def test_every_log_in_has_a_token_of_its_own(session: Session, cast: Cast) -> None:
    tokens = {login.open_session(session, cast.ana, NOON, SECOND, "") for _ in range(3)}
    assert len(tokens) == 3


def test_a_session_is_ended_and_others_stay(session: Session, cast: Cast) -> None:
    for _ in range(2):
        login.open_session(session, cast.ana, NOON, SECOND, "")
    first, second = _sessions(session)
    assert login.end_session(session, first.id, cast.ana.id, NOON)
    session.expire_all()
    assert (first.ended_at, second.ended_at) == (NOON, None)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.actor_id) == ("logout", cast.ana.id)


def test_a_session_of_another_or_one_that_has_ended_is_not_ended(
    session: Session, cast: Cast
) -> None:
    login.open_session(session, cast.ana, NOON, SECOND, "")
    [row] = _sessions(session)
    assert not login.end_session(session, row.id, cast.beto.id, NOON)
    assert not login.end_session(session, 999_999, cast.ana.id, NOON)
    assert login.end_session(session, row.id, cast.ana.id, NOON)
    assert not login.end_session(session, row.id, cast.ana.id, NOON + SECOND)
    session.expire_all()
    assert row.ended_at == NOON


def test_the_use_of_a_session_is_noted(session: Session, cast: Cast) -> None:
    login.open_session(session, cast.ana, NOON, SECOND, "")
    [row] = _sessions(session)
    login.touch(session, row.id, NOON + SECOND)
    session.expire_all()
    assert (row.last_seen_at, row.created_at) == (NOON + SECOND, NOON)


def test_tries_are_counted_by_the_name_as_it_is_stored_and_kept_as_hashes() -> None:
    keys = login.throttle_keys(" Ana ", "192.0.2.1")
    assert keys == login.throttle_keys("ana", "192.0.2.1")
    assert [key.partition(":")[0] for key in keys] == ["account", "address"]
    assert not any("ana" in key or "192" in key.partition(":")[2][:3] for key in keys)
    assert login.throttle_keys("\ud800", "192.0.2.1")  # a lone surrogate is a name too


def test_the_fifth_failure_of_an_account_makes_it_wait_and_each_more_doubles_it(
    session: Session, cast: Cast
) -> None:
    account, _ = login.throttle_keys("ana", "192.0.2.1")
    waits = _fail(session, (account,), 16)
    assert waits[:4] == [0, 0, 0, 0]
    assert [wait - 1 for wait in waits[4:]] == [
        2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900,
    ]  # fmt: skip


def test_an_address_has_twenty_failures_before_it_waits(session: Session, cast: Cast) -> None:
    _, address = login.throttle_keys("ana", "192.0.2.1")
    waits = _fail(session, (address,), 20)
    assert waits[:19] == [0] * 19
    assert waits[19] > 0


def test_the_longest_of_several_waits_counts_and_it_runs_out(session: Session, cast: Cast) -> None:
    keys = login.throttle_keys("ana", "192.0.2.1")
    _fail(session, keys, 6)
    assert login.seconds_to_wait(session, keys, NOON) == 5
    assert login.seconds_to_wait(session, keys[1:], NOON) == 0
    assert login.seconds_to_wait(session, keys, NOON + timedelta(seconds=4)) == 0


def test_who_never_failed_does_not_wait(session: Session, cast: Cast) -> None:
    _fail(session, login.throttle_keys("ana", "192.0.2.1"), 9)
    others = login.throttle_keys("beto", "192.0.2.2")
    assert login.seconds_to_wait(session, others, NOON) == 0
    assert login.seconds_to_wait(session, (), NOON) == 0


def test_failures_are_forgotten_a_day_after_the_last_one(session: Session, cast: Cast) -> None:
    keys = login.throttle_keys("ana", "192.0.2.1")[:1]
    _fail(session, keys, 4)
    login.note_failure(session, keys, NOON + login.FORGET_AFTER + SECOND)
    assert session.get_one(LoginThrottle, keys[0]).failures == 1


def test_failures_are_not_forgotten_within_a_day(session: Session, cast: Cast) -> None:
    keys = login.throttle_keys("ana", "192.0.2.1")[:1]
    _fail(session, keys, 4)
    login.note_failure(session, keys, NOON + login.FORGET_AFTER)
    assert session.get_one(LoginThrottle, keys[0]).failures == 5


def test_a_good_log_in_clears_one_count_and_leaves_the_other(session: Session, cast: Cast) -> None:
    account, address = login.throttle_keys("ana", "192.0.2.1")
    _fail(session, (account, address), 9)
    login.forget_failures(session, account)
    session.expire_all()
    assert session.get(LoginThrottle, account) is None
    assert session.get_one(LoginThrottle, address).failures == 9


def test_a_hash_made_with_weaker_settings_is_made_anew() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(GOOD)
    better = login.stronger(weak, GOOD)
    assert better is not None
    assert login.password_fits(better, GOOD)
    assert login.stronger(better, GOOD) is None


def test_a_better_hash_takes_the_place_of_the_one_it_was_made_from_alone(
    session: Session, cast: Cast
) -> None:
    ana = session.get_one(User, cast.ana.id)
    ana.password_hash = "old"
    session.flush()
    login.replace_hash(session, ana.id, "old", "better")
    login.replace_hash(session, ana.id, "old", "too late")
    session.expire_all()
    assert ana.password_hash == "better"
