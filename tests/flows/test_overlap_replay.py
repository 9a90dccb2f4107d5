"""Judgments that three people gave of real pairs, given once more at the desk of a project whose
overlap adapts: the same answers for fewer judgments."""

from __future__ import annotations

import csv
import secrets
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.flows.acts import prefers, take
from workbench.db import Database, now
from workbench.models import Assignment, Item, Judgment, Project, State, User
from workbench.queries.overlap import spent
from workbench.queries.verify import verify
from workbench.services import accounts, projects
from workbench.services.overlap import Rule, refit, set_rule
from workbench.services.submit import Submission, submit

#: Three people each on 999 pairs; see the head of the file.
LABELS = Path(__file__).parent.parent / "data" / "pandalm_labels.csv"
ITEMS, PEOPLE, A_SHIFT = 120, 3, 12
TIE = {**prefers("a"), "tiers": [["a", "b"]]}
#: What a label says: the first is better, the second, or neither.
ANSWERS: dict[str, dict[str, Any]] = {"1": prefers("a"), "2": prefers("b"), "0": TIE}


@pytest.fixture
def database_url(one_url: str) -> str:
    """One kind of database is enough: the queue itself is tested on both."""
    return one_url


def _labels() -> dict[str, list[str]]:
    """Of every eighth pair what each person said, by its id."""
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))[1:]
    return {name: said for name, *said in rows[::8][:ITEMS]}


def _staff(session: Session, cast: Cast) -> list[User]:
    people = []
    for n in range(PEOPLE):
        user = accounts.create_user(
            session, name=f"annotator{n}", role="reviewer", now=now(session), speaks=("en",)
        )
        projects.add_member(session, cast.project, user, role="reviewer", now=now(session))
        people.append(user)
    return people


def _shift(database: Database, project: Project, who: User, said: dict[str, str]) -> int:
    """They judge a dozen items, as they did then; how many there were."""
    for done in range(A_SHIFT):
        with database.write() as session:
            lease = take(session, project, who)
            if lease is None:
                return done
            answer = ANSWERS[said[lease.item.external_id]]
            key = secrets.token_hex(8)
            submit(session, Submission(lease.item_id, who.id, answer, 1, key, 0), now(session))
    return A_SHIFT


def _votes(session: Session) -> dict[str, Counter[str]]:
    """What was said of each item, by its id."""
    labels = {str(answer["tiers"]): label for label, answer in ANSWERS.items()}
    rows = session.execute(
        select(Item.external_id, Judgment.answer)
        .join(Assignment, Assignment.item_id == Item.id)
        .join(Judgment, Judgment.id == Assignment.judgment_id)
        .where(Assignment.state == State.JUDGED)
    )
    votes: dict[str, Counter[str]] = {}
    for name, answer in rows:
        votes.setdefault(name, Counter())[labels[str(answer["tiers"])]] += 1
    return votes


def _majority(votes: Counter[str]) -> str | None:
    """What more than half of three said."""
    label, n = votes.most_common(1)[0]
    return label if n >= 2 else None


def test_real_judgments_give_the_same_majorities_for_fewer(database: Database, cast: Cast) -> None:
    labels = _labels()
    with database.write() as session:
        people = _staff(session, cast)
        set_rule(session, cast.project, Rule(2, 3, 0.95, 0.05), now=now(session))
        for name in labels:
            make_item(session, cast.project, name, wanted=2, slots_left=2)
    while sum(
        _shift(database, cast.project, who, {name: said[n] for name, said in labels.items()})
        for n, who in enumerate(people)
    ):
        refit(database, cast.project.id)

    with database.read() as session:
        votes = _votes(session)
        count = spent(session, session.get_one(Project, cast.project.id))
        assert verify(session, "k" * 96) == []
    assert (count.items, count.asked) == (ITEMS, 0), "nothing is left to do"
    assert count.judgments == sum(found.total() for found in votes.values())
    # Where two agree the third cannot change what most say, and where they do not the third is
    # asked: no item's majority may differ, not even one.
    fixed = {name: _majority(Counter(said)) for name, said in labels.items()}
    assert {name: _majority(found) for name, found in votes.items()} == fixed
    assert count.judgments <= 0.75 * PEOPLE * ITEMS
