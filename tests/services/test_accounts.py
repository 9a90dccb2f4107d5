"""People: making accounts, first passwords, preferences, and the end of access."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import HOUR, judge, must_take, take
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import (
    Assignment,
    AuditEntry,
    LoginCode,
    QueueCursor,
    Role,
    State,
    User,
    WebSession,
)
from workbench.queries.progress import passed_over
from workbench.services import accounts, login, projects
from workbench.services.leave_item import skip

LATER = NOON + timedelta(hours=1)


def _create(session: Session, **values: Any) -> User:
    return accounts.create_user(
        session, **{"name": "eva", "role": "reviewer", "now": NOON, **values}
    )


def _refused(session: Session, **values: Any) -> list[str]:
    """The fields that are wrong with an account of these values."""
    with pytest.raises(Invalid) as refused:
        _create(session, **values)
    assert session.scalar(select(User).where(User.name == "eva")) is None
    return list(refused.value.errors)


def _row(session: Session, who: User) -> User:
    return session.get_one(User, who.id)


def _actions(session: Session, who: User) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.subject == f"user:{who.id}")
    return list(session.scalars(query.order_by(AuditEntry.seq)))


def _open_sessions(session: Session, who: User) -> int:
    query = select(WebSession).where(WebSession.user_id == who.id, WebSession.ended_at.is_(None))
    return len(session.scalars(query).all())


def test_an_account_is_made_that_cannot_log_in_yet(session: Session, cast: Cast) -> None:
    eva = _create(session, locale="en", speaks=("en", "es"), actor=cast.ada.id)
    session.expire(eva)
    assert (eva.name, eva.role, eva.locale, eva.speaks) == ("eva", "reviewer", "en", ["en", "es"])
    assert (eva.password_hash, eva.active, eva.external, eva.created_at) == (
        None, True, False, NOON,
    )  # fmt: skip
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.subject, entry.actor_id, entry.detail) == (
        "user.create", f"user:{eva.id}", cast.ada.id, {"role": "reviewer"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "name"),
    [(" Eva ", "eva"), ("eva.diaz+1@example.org", "eva.diaz+1@example.org"), ("7", "7")],
)
def test_names_are_kept_in_lower_case(session: Session, given: str, name: str) -> None:
    assert _create(session, name=given).name == name


@pytest.mark.parametrize(
    "name", ["", ".eva", "-eva", "eva diaz", "eva/x", "evá", "e" * 101, "a\nb"]
)
def test_these_are_no_names(session: Session, name: str) -> None:
    assert _refused(session, name=name) == ["name"]


@pytest.mark.parametrize("name", ["ana", "ANA", " ana "])
def test_a_name_that_is_taken_is_refused(session: Session, name: str) -> None:
    with pytest.raises(Conflict, match="a person called ana already"):
        _create(session, name=name)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_be_given(session: Session, role: Role) -> None:
    assert _create(session, role=role.value).role == role


@pytest.mark.parametrize("role", ["", "owner", "Reviewer"])
def test_a_role_that_there_is_not_is_refused(session: Session, role: str) -> None:
    assert _refused(session, role=role) == ["role"]


@pytest.mark.parametrize("locale", ["", "fr", "es-CO"])
def test_the_interface_is_in_no_other_language(session: Session, locale: str) -> None:
    assert _refused(session, locale=locale) == ["locale"]


@pytest.mark.parametrize("speaks", [(), ("",), ("es", "Spanish"), ("e",), ("es_CO",), ("ES",)])
def test_what_is_no_language_is_refused(session: Session, speaks: tuple[str, ...]) -> None:
    assert _refused(session, speaks=speaks) == ["speaks"]


def test_a_language_given_twice_is_kept_once(session: Session) -> None:
    assert _create(session, speaks=("es", "en", "es")).speaks == ["es", "en"]


def test_who_speaks_a_regions_language_is_given_items_of_that_language(
    session: Session, cast: Cast
) -> None:
    eva = _create(session, speaks=("es-CO",))
    projects.add_member(session, cast.project, eva, role="reviewer", now=NOON)
    make_item(session, cast.project, "english", language="en")
    wanted = [
        make_item(session, cast.project, language, language=language).id
        for language in ("es", "es-MX", "es-CO")
    ]
    given = []
    while lease := take(session, cast.project, eva):
        given.append(lease.item_id)
        judge(session, lease.item_id, eva)
    assert given == wanted


def test_who_speaks_a_regions_language_counts_among_those_who_speak_the_language(
    session: Session, cast: Cast
) -> None:
    eva, gil = (_create(session, name=name, speaks=("es-CO", "es-MX")) for name in ("eva", "gil"))
    for who in (eva, gil):
        projects.add_member(session, cast.other_project, who, role="reviewer", now=NOON)
    projects.remove_member(session, cast.other_project, cast.dora, now=NOON)
    item = make_item(session, cast.other_project, "uno", language="es")
    counts = []
    for who in (eva, gil):
        must_take(session, cast.other_project, who)
        skip(session, item.id, who.id, "no", NOON)
        session.flush()
        counts.append(passed_over(session, cast.other_project.id, 5)[1])
    assert counts == [0, 1]  # one of two is not everybody


def test_a_person_is_found_by_name(session: Session, cast: Cast) -> None:
    assert accounts.find_user(session, " ANA ").id == cast.ana.id


def test_a_person_that_there_is_not_is_not_found(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound, match="no person called eva"):
        accounts.find_user(session, "eva")


def test_a_person_who_judged_elsewhere_is_not_found(session: Session, cast: Cast) -> None:
    _row(session, cast.ana).external = True
    with pytest.raises(NotFound):
        accounts.find_user(session, "ana")


def test_a_code_is_used_to_set_a_password(session: Session, cast: Cast) -> None:
    code = accounts.issue_code(session, cast.ana, NOON, actor=cast.ada.id)
    owner = accounts.code_owner(session, code, LATER)
    assert owner is not None
    assert owner.id == cast.ana.id
    redeemed = accounts.redeem_code(session, f" {code}\n", "hashed by the caller", LATER)
    assert (redeemed.id, redeemed.password_hash) == (cast.ana.id, "hashed by the caller")
    assert _actions(session, cast.ana) == ["user.create", "user.code", "user.password"]


def test_only_the_hash_of_a_code_is_stored(session: Session, cast: Cast) -> None:
    code = accounts.issue_code(session, cast.ana, NOON)
    [row] = session.scalars(select(LoginCode))
    assert row.code_hash == hashlib.sha256(code.encode()).hexdigest()
    assert row.expires_at == NOON + timedelta(hours=72)


def test_a_code_works_once(session: Session, cast: Cast) -> None:
    code = accounts.issue_code(session, cast.ana, NOON)
    accounts.redeem_code(session, code, "first", LATER)
    with pytest.raises(Invalid) as refused:
        accounts.redeem_code(session, code, "second", LATER)
    assert list(refused.value.errors) == ["code"]
    assert _row(session, cast.ana).password_hash == "first"


def test_a_code_runs_out_to_the_second(session: Session, cast: Cast) -> None:
    code = accounts.issue_code(session, cast.ana, NOON, valid=timedelta(minutes=15))
    end = NOON + timedelta(minutes=15)
    assert accounts.code_owner(session, code, end - timedelta(seconds=1)) is not None
    assert accounts.code_owner(session, code, end) is None
    with pytest.raises(Invalid):
        accounts.redeem_code(session, code, "hash", end)


def test_a_new_code_ends_those_before_and_nobody_elses(session: Session, cast: Cast) -> None:
    old = accounts.issue_code(session, cast.ana, NOON)
    betos = accounts.issue_code(session, cast.beto, NOON)
    new = accounts.issue_code(session, cast.ana, NOON)
    assert accounts.code_owner(session, old, LATER) is None
    assert accounts.code_owner(session, new, LATER) is not None
    assert accounts.code_owner(session, betos, LATER) is not None


def test_a_code_that_was_made_up_is_refused(session: Session, cast: Cast) -> None:
    accounts.issue_code(session, cast.ana, NOON)
    with pytest.raises(Invalid):
        accounts.redeem_code(session, "made-up", "hash", NOON)
    assert _row(session, cast.ana).password_hash is None


def test_a_code_of_a_disabled_person_is_refused(session: Session, cast: Cast) -> None:
    code = accounts.issue_code(session, cast.ana, NOON)
    accounts.disable_user(session, _row(session, cast.ana), NOON)
    with pytest.raises(Invalid):
        accounts.redeem_code(session, code, "hash", LATER)


def test_a_new_password_ends_the_persons_sessions_and_nobody_elses(
    session: Session, cast: Cast
) -> None:
    for who in (cast.ana, cast.ana, cast.beto):
        login.open_session(session, who, NOON, HOUR, "Firefox")
    accounts.set_password(session, _row(session, cast.ana), "hash", LATER, actor=cast.ana.id)
    assert (_open_sessions(session, cast.ana), _open_sessions(session, cast.beto)) == (0, 1)


def test_who_is_disabled_is_out_at_once_and_their_judgments_stay(
    session: Session, cast: Cast
) -> None:
    login.open_session(session, cast.ana, NOON, HOUR, "Firefox")
    judged = make_item(session, cast.project, "one")
    must_take(session, cast.project, cast.ana, NOON)
    judge(session, judged.id, cast.ana, now=NOON)
    held = make_item(session, cast.project, "two")
    must_take(session, cast.project, cast.ana, NOON)
    accounts.disable_user(session, _row(session, cast.ana), LATER, actor=cast.ada.id)
    session.expire_all()
    assert not _row(session, cast.ana).active
    assert _open_sessions(session, cast.ana) == 0
    assert session.get_one(Assignment, (judged.id, cast.ana.id)).state == State.JUDGED
    assert session.get_one(Assignment, (held.id, cast.ana.id)).state == State.RELEASED
    assert held.slots_left == held.wanted
    assert _actions(session, cast.ana)[-1] == "user.disable"


def test_who_is_enabled_again_may_come_back_and_has_to_log_in(session: Session, cast: Cast) -> None:
    login.open_session(session, cast.ana, NOON, HOUR, "Firefox")
    ana = _row(session, cast.ana)
    accounts.disable_user(session, ana, NOON)
    accounts.enable_user(session, ana, LATER, actor=cast.ada.id)
    session.expire_all()
    assert _row(session, cast.ana).active
    assert _open_sessions(session, cast.ana) == 0
    assert _actions(session, cast.ana)[-2:] == ["user.disable", "user.enable"]


def test_preferences_are_set_one_at_a_time(session: Session, cast: Cast) -> None:
    ana = _row(session, cast.ana)
    accounts.set_preferences(session, ana, locale="en")
    assert (ana.locale, ana.speaks) == ("en", ["es", "en"])
    accounts.set_preferences(session, ana, speaks=("en",))
    assert (ana.locale, ana.speaks) == ("en", ["en"])


def test_another_language_opens_the_queue_from_its_head(session: Session, cast: Cast) -> None:
    make_item(session, cast.project, "uno", language="es")
    make_item(session, cast.project, "one")
    judge(session, must_take(session, cast.project, cast.beto).item_id, cast.beto)
    beto = _row(session, cast.beto)
    accounts.set_preferences(session, beto, speaks=("en", "es"))
    assert session.scalars(select(QueueCursor)).all() == []
    assert take(session, cast.project, beto) is not None


@pytest.mark.parametrize(
    ("field", "values"), [("locale", {"locale": "fr"}), ("speaks", {"speaks": ()})]
)
def test_preferences_that_cannot_be_are_refused(
    session: Session, cast: Cast, field: str, values: dict[str, Any]
) -> None:
    ana = _row(session, cast.ana)
    with pytest.raises(Invalid) as refused:
        accounts.set_preferences(session, ana, **values)
    assert list(refused.value.errors) == [field]
    assert (ana.locale, ana.speaks) == ("es", ["es", "en"])
