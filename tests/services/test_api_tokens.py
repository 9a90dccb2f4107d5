"""Tokens: made for people who may hold them, known by their hash alone, ended for good."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import ApiToken, AuditEntry, User
from workbench.queries.api_tokens import bearer, ended_tokens, open_tokens
from workbench.services import accounts, api_tokens, projects
from workbench.services.api_tokens import TOKEN, Wanted, token_hash

DAY = timedelta(days=1)


def _make(
    session: Session, cast: Cast, scopes: tuple[str, ...] = ("read",), days: int = 90
) -> tuple[ApiToken, str]:
    edu = session.get_one(User, cast.edu.id)
    wanted = Wanted("nightly", scopes, days)
    return api_tokens.make(session, cast.project, edu, wanted, now=NOON, actor=edu.id)


def _good(session: Session, secret: str, at: datetime = NOON) -> bool:
    return bearer(session, token_hash(secret), at) is not None


def test_the_secret_is_given_once_and_is_nowhere_in_the_database(
    session: Session, cast: Cast
) -> None:
    row, secret = _make(session, cast, ("export", "read"))
    [prefix] = TOKEN.fullmatch(secret).groups()  # type: ignore[union-attr]
    assert row.prefix == prefix
    assert row.scopes == ["read", "export"]
    stored = [str(value) for value in vars(row).values()]
    told = session.scalars(select(AuditEntry).where(AuditEntry.action == "token.make")).one()
    hidden = secret.removeprefix(prefix)
    assert not [text for text in [*stored, str(told.detail)] if hidden in text]
    assert told.detail["scopes"] == ["read", "export"]
    assert told.actor_id == cast.edu.id
    found = bearer(session, token_hash(secret), NOON)
    assert found is not None
    assert (found.user_id, found.project_id) == (cast.edu.id, cast.project.id)
    assert found.scopes == {"read", "export"}


def test_no_two_tokens_are_alike(session: Session, cast: Cast) -> None:
    made = [_make(session, cast) for _ in range(20)]
    assert len({secret for _, secret in made} | {row.prefix for row, _ in made}) == 40


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("", ("read",)), "name"),
        (Wanted(" \t ", ("read",)), "name"),
        (Wanted("a\x00b", ("read",)), "name"),
        (Wanted("n" * 81, ("read",)), "name"),
        (Wanted("n", ()), "scopes"),
        (Wanted("n", ("read", "administer")), "scopes"),
        (Wanted("n", ("read",), 0), "days"),
        (Wanted("n", ("read",), 366), "days"),
    ],
)
def test_what_cannot_be_asked_for(session: Session, cast: Cast, wanted: Wanted, field: str) -> None:
    edu = session.get_one(User, cast.edu.id)
    with pytest.raises(Invalid) as refused:
        api_tokens.make(session, cast.project, edu, wanted, now=NOON, actor=None)
    assert list(refused.value.errors) == [field]
    assert session.scalars(select(ApiToken)).all() == []


@pytest.mark.parametrize("who", ["ana", "omar", "ada"])
def test_who_is_no_engineer_and_no_lead_there_gets_none(
    session: Session, cast: Cast, who: str
) -> None:
    user = session.get_one(User, getattr(cast, who).id)
    with pytest.raises(Conflict):
        api_tokens.make(session, cast.project, user, Wanted("n", ("read",)), now=NOON, actor=None)


def test_it_ends_by_itself(session: Session, cast: Cast) -> None:
    _, secret = _make(session, cast, days=7)
    assert _good(session, secret, NOON + 7 * DAY - timedelta(seconds=1))
    assert not _good(session, secret, NOON + 7 * DAY)


def test_it_ends_when_it_is_revoked_and_that_is_told(session: Session, cast: Cast) -> None:
    row, secret = _make(session, cast)
    with pytest.raises(NotFound):
        api_tokens.revoke(session, cast.other_project.id, row.prefix, now=NOON, actor=cast.omar.id)
    assert _good(session, secret)
    api_tokens.revoke(session, cast.project.id, row.prefix, now=NOON, actor=cast.luz.id)
    assert not _good(session, secret)
    told = session.scalars(select(AuditEntry).where(AuditEntry.action == "token.revoke")).one()
    assert (told.subject, told.actor_id) == (f"token:{row.id}", cast.luz.id)
    with pytest.raises(NotFound):
        api_tokens.revoke(session, cast.project.id, row.prefix, now=NOON, actor=cast.luz.id)


def test_it_ends_with_its_owners_account_and_stays_ended(session: Session, cast: Cast) -> None:
    _, secret = _make(session, cast)
    edu = session.get_one(User, cast.edu.id)
    accounts.disable_user(session, edu, NOON)
    session.flush()
    assert not _good(session, secret)
    accounts.enable_user(session, edu, NOON)
    session.flush()
    assert not _good(session, secret)


def test_an_account_that_is_closed_in_any_other_way_closes_its_tokens_too(
    session: Session, cast: Cast
) -> None:
    _, secret = _make(session, cast)
    session.get_one(User, cast.edu.id).active = False
    session.flush()
    assert not _good(session, secret)
    assert open_tokens(session, cast.project.id, NOON) == []
    assert [each.owner for each in ended_tokens(session, cast.project.id, NOON)] == ["edu"]


def test_it_ends_when_its_owner_leaves_the_project(session: Session, cast: Cast) -> None:
    _, secret = _make(session, cast)
    edu = session.get_one(User, cast.edu.id)
    projects.remove_member(session, cast.project, edu, now=NOON)
    assert not _good(session, secret)
    projects.add_member(session, cast.project, edu, role="engineer", now=NOON)
    assert not _good(session, secret)


def test_the_lists(session: Session, cast: Cast) -> None:
    first, _ = _make(session, cast, days=1)
    second, _ = _make(session, cast)
    third, _ = _make(session, cast)
    api_tokens.revoke(session, cast.project.id, third.prefix, now=NOON, actor=None)
    at = NOON + 2 * DAY
    open_now = open_tokens(session, cast.project.id, at)
    ended = ended_tokens(session, cast.project.id, at)
    assert [line.prefix for line in open_now] == [second.prefix]
    assert [line.prefix for line in ended] == [third.prefix, first.prefix]
    assert open_tokens(session, cast.other_project.id, at) == []
