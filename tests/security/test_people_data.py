"""Fact 28 and habeas data: a copy of one's own data tells of nobody else, and who is erased is."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows.acts import take_and_judge
from workbench.db import Database
from workbench.db import now as database_now
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import (
    AuditEntry,
    Base,
    Judgment,
    LoginThrottle,
    Mailbox,
    Membership,
    User,
    WebSession,
)
from workbench.queries.own_data import own_data
from workbench.queries.people import logged_in
from workbench.queries.verify import verify
from workbench.services import accounts, care, login
from workbench.services.erase import OWN, ask_erasure, erase_user
from workbench.services.terms import agree, publish

#: Tables that keep a person's number and nothing that tells who they are.
KEEP = {
    "acknowledgement", "adjudication", "api_token", "assignment", "audit_entry", "consent",
    "escalation", "export_file", "gold", "gold_check", "guideline", "item", "job", "judgment",
    "mapping", "membership", "practice_item", "practice_round", "qualification", "queue_cursor",
    "review", "sensitive_view", "source", "webhook",
}  # fmt: skip


def _work(session: Session, cast: Cast) -> None:
    for n in range(2):
        make_item(session, cast.project, f"item-{n}", harm="violence" if n else None)
    for person in (cast.ana, cast.beto):
        take_and_judge(session, cast.project, person)
    now = database_now(session)
    for person in (cast.ana, cast.beto):
        row = session.get_one(User, person.id)
        login.open_session(session, row, now, timedelta(hours=1), f"browser of {person.name}")
    session.add(Mailbox(user_id=cast.ana.id, address="ana@example.org", choices={}))
    care.set_care(session, cast.ana.id, declined=["violence"], known={"violence"},
                  break_minutes=50, now=now)  # fmt: skip
    login.note_failure(session, login.throttle_keys("ana", "10.0.0.1"), now)


def test_fact_28_a_copy_of_ones_own_data_has_all_of_it_and_of_nobody_else(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        _work(session, cast)
        judged = session.scalars(select(Judgment).where(Judgment.user_id == cast.ana.id)).one()
        found = own_data(session, cast.ana.id, lambda number: f"ITEM{number}")
    text = json.dumps(found)
    assert found["account"]["name"] == "ana"
    assert [each["browser"] for each in found["sessions"]] == ["browser of ana"]
    assert found["mail"]["address"] == "ana@example.org"
    assert found["declined"] == ["violence"]
    [own] = found["judgments"]
    assert own["item"] == f"ITEM{judged.item_id}"
    assert own["answer"] == judged.answer
    for other in ("beto", "luz", "model-one", "model-two", "First answer", "Question", "gold",
                  "digest", "shown"):  # fmt: skip
        assert other not in text


def test_who_is_erased_cannot_be_told_and_their_labels_stay(database: Database, cast: Cast) -> None:
    with database.write() as session:
        _work(session, cast)
    with database.write() as session:
        ana = session.get_one(User, cast.ana.id)
        pseudonym = session.get_one(Membership, (cast.project.id, ana.id)).pseudonym
        now = database_now(session)
        token = login.open_session(session, ana, now, timedelta(hours=1), "x")
        code = accounts.issue_code(session, ana, now)
        assert erase_user(session, ana, now, actor=cast.ada.id) == f"erased-{ana.id}"
    with database.read() as session:
        ana = session.get_one(User, cast.ana.id)
        assert (ana.password_hash, ana.site, ana.timezone, ana.active) == (None, "", None, False)
        assert session.get_one(Membership, (cast.project.id, ana.id)).pseudonym == pseudonym
        assert len(session.scalars(select(Judgment).where(Judgment.user_id == ana.id)).all()) == 1
        for table in OWN:
            assert not session.scalars(select(table).where(table.user_id == ana.id)).all(), table
        account = login.throttle_keys("ana", "")[0]
        assert session.get(LoginThrottle, account) is None
        assert logged_in(session, login.token_hash(token), now, timedelta(hours=1)) is None
        assert accounts.code_owner(session, code, now) is None
        assert login.find_active(session, "ana") is None
        assert login.find_active(session, ana.name) is None
        assert len(session.scalars(select(WebSession)).all()) == 1  # Beto's
        with pytest.raises(NotFound):
            accounts.find_user(session, ana.name)
        assert verify(session, "k" * 96) == []
        trail = session.scalars(select(AuditEntry)).all()
        told = json.dumps([[each.subject, each.detail] for each in trail])
        assert "ana" not in told.replace("analysis", "")
    with database.write() as session:
        ana = session.get_one(User, cast.ana.id)
        with pytest.raises(Conflict):
            erase_user(session, ana, now)
        with pytest.raises(Conflict):
            erase_user(session, session.get_one(User, cast.ada.id), now)
        accounts.create_user(session, name="ana", role="reviewer", now=now)  # the name is free


def test_every_table_of_people_is_either_erased_or_keeps_a_number_alone() -> None:
    of_people = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname == "user_account.id"
    }
    assert of_people == KEEP | {table.__tablename__ for table in OWN}


def test_a_request_reaches_the_admin_and_can_be_taken_back(database: Database, cast: Cast) -> None:
    with database.write() as session:
        ana, now = session.get_one(User, cast.ana.id), database_now(session)
        for withdraw, asked in ((True, None), (False, now), (False, now), (True, None)):
            ask_erasure(session, ana, now, withdraw=withdraw)
            assert ana.erasure_asked_at == asked
        told = select(AuditEntry.detail).where(AuditEntry.action == "user.erase_ask")
        assert [each["withdrawn"] for each in session.scalars(told)] == [False, True]


def test_terms_are_versions_and_only_the_one_in_force_is_agreed_to(
    database: Database, cast: Cast
) -> None:
    with database.write() as session:
        now = database_now(session)
        for es, en in (("", "Terms"), ("Términos", " \n"), ("a\0b", "x"), ("x" * 100_001, "x")):
            with pytest.raises(Invalid):
                publish(session, es=es, en=en, now=now)
        assert publish(session, es="Uno", en="One", now=now).version == 1
        with pytest.raises(Conflict):
            publish(session, es="Uno", en="One", now=now)
        for _ in range(2):
            agree(session, cast.ana.id, 1, now)
        assert publish(session, es="Dos", en="Two", now=now).version == 2
        for version in (1, 3, 0):
            with pytest.raises(Conflict):
                agree(session, cast.ana.id, version, now)
        told = select(AuditEntry.detail).where(AuditEntry.action == "user.consent")
        assert session.scalars(told).all() == [{"version": 1}]
