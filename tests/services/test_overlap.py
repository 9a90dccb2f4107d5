"""Overlap that adapts: an item is asked about again while its answer is in doubt, and no longer."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import HOUR, judge, must_take, prefers, take
from workbench.db import Database
from workbench.db import now as database_now
from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.models import AuditEntry, Copy, Item, Learnt, Project, User
from workbench.queries import overlap as queries
from workbench.queries.verify import verify
from workbench.services import accounts, gold, overlap, projects, slots
from workbench.services.leave_item import skip
from workbench.services.overlap import Rule, set_rule
from workbench.services.resolve import retire
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo

KEY = "k" * 96
TWO_TO_FIVE = Rule(start=2, most=5, confidence=0.98, audit=0.05)
#: What two people who are right in 19 of 20 cases are sure of, and one is not.
RIGHT = 0.95

_NO_JUDGING = {
    "tiers": [], "unranked": ["a", "b"], "verdict": "cannot_judge", "strength": None,
    "reason": "I cannot read it.",
}  # fmt: skip


def _people(session: Session, cast: Cast, n: int) -> list[User]:
    """Reviewers of the project, who speak English."""
    people = []
    for number in range(n):
        name = f"rita{number}"
        user = accounts.create_user(session, name=name, role="reviewer", now=NOON, speaks=("en",))
        projects.add_member(
            session, cast.project, user, role="reviewer", now=NOON, pseudonym=f"r-{name}"
        )
        people.append(user)
    return people


def _rule(session: Session, cast: Cast, rule: Rule = TWO_TO_FIVE) -> None:
    set_rule(session, cast.project, rule, now=NOON)


def _learnt(session: Session, cast: Cast, right: dict[str, float], base: float = 0.8) -> None:
    """Known of reviewers: by pseudonym, how often each says which response is better."""

    def says(p: float) -> list[list[float]]:
        return [[p, 1 - p], [1 - p, p]]

    chances = {
        "values": [-1, 1],
        "prevalence": [0.5, 0.5],
        "pooled": says(base),
        "of": {who: says(p) for who, p in right.items()},
    }
    session.add(
        Learnt(project_id=cast.project.id, question="overall", judgments=100, items=50,
               reviewers=len(right), audit_seq=0, chances=chances, made_at=NOON)
    )  # fmt: skip
    session.flush()


@pytest.fixture
def crew(session: Session, cast: Cast) -> list[User]:
    """Six reviewers, known to be reliable, on a project with the rule."""
    people = _people(session, cast, 6)
    _rule(session, cast)
    _learnt(session, cast, {f"r-{who.name}": RIGHT for who in people})
    return people


def _item(session: Session, cast: Cast, name: str = "one") -> Item:
    return make_item(session, cast.project, name, wanted=2, slots_left=2)


def _say(session: Session, cast: Cast, item: Item, said: Iterable[tuple[User, str]]) -> None:
    """Each is given the item and says which response is better."""
    for who, first in said:
        assert must_take(session, cast.project, who).item_id == item.id
        judge(session, item.id, who, first)


def _undo(session: Session, cast: Cast, who: User) -> None:
    undo(session, cast.project.id, who.id, database_now(session), HOUR)


def _numbers(session: Session, item: Item) -> tuple[int, int]:
    """How many judgments it wants, and places left."""
    session.refresh(item)
    return item.wanted, item.slots_left


# --- the last wanted judgment ---------------------------------------------------------------


def test_two_reliable_people_who_agree_are_enough(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "aa", strict=True))
    assert _numbers(session, item) == (2, 0)
    assert take(session, cast.project, crew[2]) is None


def test_where_they_differ_others_are_asked_one_by_one_until_it_is_sure(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    assert _numbers(session, item) == (3, 1)
    _say(session, cast, item, [(crew[2], "a")])
    assert _numbers(session, item) == (4, 1), "two against one of the same skill are one: 95 %"
    _say(session, cast, item, [(crew[3], "a")])
    assert _numbers(session, item) == (4, 0), "three against one are two: 99.7 %"


def test_never_more_than_the_most(session: Session, cast: Cast, crew: list[User]) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:5], "ababa", strict=True))
    assert _numbers(session, item) == (5, 0)
    assert take(session, cast.project, crew[5]) is None


def test_agreement_of_people_who_know_little_is_not_enough(session: Session, cast: Cast) -> None:
    people = _people(session, cast, 3)
    _rule(session, cast)
    _learnt(session, cast, {f"r-{who.name}": 0.6 for who in people})
    item = _item(session, cast)
    _say(session, cast, item, zip(people[:2], "aa", strict=True))
    assert _numbers(session, item) == (3, 1)


def test_a_reviewer_that_nobody_knows_yet_counts_like_all_others(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, [(crew[0], "a"), (cast.beto, "a")])
    assert _numbers(session, item) == (2, 0), "19 to 1 and 4 to 1 are 76 to 1"


def test_while_nothing_is_known_of_anybody_every_item_gets_three(
    session: Session, cast: Cast
) -> None:
    people = _people(session, cast, 3)
    _rule(session, cast)
    item = _item(session, cast)
    _say(session, cast, item, zip(people[:2], "aa", strict=True))
    assert _numbers(session, item) == (3, 1)
    _say(session, cast, item, [(people[2], "b")])
    assert _numbers(session, item) == (3, 0)


def test_the_place_that_is_opened_is_ahead_of_everybodys_cursor(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    first, second = _item(session, cast, "first"), _item(session, cast, "second")
    for who, said in zip(crew[:2], "ab", strict=True):
        assert must_take(session, cast.project, who).item_id == first.id
        judge(session, first.id, who, said)
    session.refresh(first)
    assert first.queue_key > second.queue_key
    assert must_take(session, cast.project, crew[2]).item_id == second.id


# --- undo, change, skip ---------------------------------------------------------------------


def test_undo_takes_the_extra_place_back_when_nobody_has_it(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    assert _numbers(session, item) == (3, 1)
    _undo(session, cast, crew[1])
    assert _numbers(session, item) == (2, 0)
    assert take(session, cast.project, crew[2]) is None
    judge(session, item.id, crew[1], "a")
    assert _numbers(session, item) == (2, 0), "they agree now"
    assert verify(session, KEY) == []


def test_undo_leaves_the_extra_place_to_who_has_it(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    must_take(session, cast.project, crew[2])
    _undo(session, cast, crew[1])
    assert _numbers(session, item) == (3, 0)
    judge(session, item.id, crew[1], "a")
    assert _numbers(session, item) == (3, 0), "one is still at it: nothing is asked before"
    judge(session, item.id, crew[2], "b")
    assert _numbers(session, item) == (4, 1), "two against one"
    assert verify(session, KEY) == []


def test_a_changed_answer_closes_or_opens_a_place(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    judge(session, item.id, crew[0], "b")
    assert _numbers(session, item) == (2, 0)
    judge(session, item.id, crew[0], "a")
    assert _numbers(session, item) == (3, 1)


def test_who_skips_the_extra_place_leaves_it_to_another(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    must_take(session, cast.project, crew[2])
    skip(session, item.id, crew[2].id, "not mine", NOON)
    assert _numbers(session, item) == (3, 1)
    _say(session, cast, item, [(crew[3], "a")])
    assert _numbers(session, item) == (4, 1)


def test_an_answer_that_came_too_late_is_taken_while_a_place_is_free_and_asks_too(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    _say(session, cast, item, [(crew[0], "a")])
    must_take(session, cast.project, crew[1], NOON)
    slots.release_expired(session, cast.project.id, NOON + 2 * HOUR)
    judge(session, item.id, crew[1], "b")
    assert _numbers(session, item) == (3, 1)
    must_take(session, cast.project, crew[2], NOON)
    slots.release_expired(session, cast.project.id, NOON + 2 * HOUR)
    _say(session, cast, item, [(crew[3], "a"), (crew[4], "a")])
    assert _numbers(session, item) == (4, 0)
    with pytest.raises(Conflict):
        judge(session, item.id, crew[2], "b")


# --- what the rule leaves alone -------------------------------------------------------------


def test_without_the_rule_nothing_changes(session: Session, cast: Cast) -> None:
    people = _people(session, cast, 3)
    _learnt(session, cast, {f"r-{who.name}": 0.6 for who in people})
    item = _item(session, cast)
    _say(session, cast, item, zip(people[:2], "ab", strict=True))
    assert _numbers(session, item) == (2, 0)
    _undo(session, cast, people[1])
    assert _numbers(session, item) == (2, 0)


def _copy_of(session: Session, cast: Cast, kind: Copy, who: User) -> Item:
    """What `who` is given, which is such a copy."""
    project = session.get_one(Project, cast.project.id)
    project.gold_percent = 100 if kind is Copy.GOLD else 0
    project.repeat_percent = 100 if kind is Copy.REPEAT else 0
    project.repeat_after_days = 0
    given = must_take(session, project, who).item
    assert given.copy_kind == kind
    return given


@pytest.mark.parametrize("kind", [Copy.GOLD, Copy.REPEAT])
def test_copies_want_one_judgment_whatever_is_said(
    session: Session, cast: Cast, crew: list[User], kind: Copy
) -> None:
    original, who = _item(session, cast), crew[0]
    if kind is Copy.GOLD:
        known = gold.Known(prefers("a"), 1)
        gold.mark(session, cast.project, original.id, known, now=NOON, actor=None)
    else:
        _say(session, cast, original, [(who, "a")])
    _item(session, cast, "waits")
    copy = _copy_of(session, cast, kind, who)
    judge(session, copy.id, who, "b")
    assert _numbers(session, copy) == (1, 0)
    _undo(session, cast, who)
    assert _numbers(session, copy) == (1, 0)
    overlap.reconsider(session, cast.project.id, {copy.external_id, original.external_id})
    assert _numbers(session, copy) == (1, 0)


def test_gold_itself_is_asked_of_nobody_until_it_is_gold_no_more(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item, project = _item(session, cast), cast.project
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    gold.mark(session, project, item.id, gold.Known(prefers("a"), 1), now=NOON, actor=None)
    assert _numbers(session, item) == (2, 0)
    judge(session, item.id, crew[0], "b")
    judge(session, item.id, crew[0], "a")
    overlap.reconsider(session, project.id, {"one"})
    assert _numbers(session, item) == (2, 0)
    gold.unmark(session, project, item.id, now=NOON, actor=None)
    assert _numbers(session, item) == (3, 1)


def test_what_was_taken_out_is_left(session: Session, cast: Cast, crew: list[User]) -> None:
    item = _item(session, cast)
    _say(session, cast, item, zip(crew[:2], "ab", strict=True))
    retire(session, slots.lock_item(session, item.id), NOON)
    assert _numbers(session, item) == (2, 0)
    overlap.settle(session, item)
    overlap.reconsider(session, cast.project.id, {"one"})
    assert _numbers(session, item) == (2, 0)


def test_an_item_that_nobody_can_judge_is_not_asked_for_ever(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item = _item(session, cast)
    for who in crew[:2]:
        must_take(session, cast.project, who)
        submit(session, Submission(item.id, who.id, _NO_JUDGING, 1, f"key of {who.name}", 0), NOON)
    assert _numbers(session, item) == (2, 0)


def test_one_pair_in_doubt_is_enough_of_a_ranking_of_three(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    texts = [{"id": name, "model": name, "text": f"Answer {name}."} for name in "abc"]
    item = make_item(session, cast.project, "three", wanted=2, slots_left=2, responses=texts)
    for who, tiers in zip(crew, ([["a"], ["b"], ["c"]], [["a"], ["c"], ["b"]]), strict=False):
        must_take(session, cast.project, who)
        answer = {**prefers("a"), "tiers": tiers}
        submit(session, Submission(item.id, who.id, answer, 1, f"key of {who.name}", 0), NOON)
    assert _numbers(session, item) == (3, 1)


# --- audited items --------------------------------------------------------------------------


def test_a_share_is_audited_however_sure_the_first_judgment_was(
    session: Session, cast: Cast
) -> None:
    ana = _people(session, cast, 1)[0]
    _rule(session, cast, Rule(start=1, most=3, confidence=0.9, audit=0.5))
    _learnt(session, cast, {f"r-{ana.name}": RIGHT})
    items = [
        make_item(session, cast.project, f"item {n}", wanted=1, slots_left=1) for n in range(60)
    ]
    for _ in items:
        judge(session, must_take(session, cast.project, ana).item_id, ana)
    wanted = [_numbers(session, item)[0] for item in items]
    assert set(wanted) == {1, 2}
    assert 15 <= wanted.count(2) <= 45, "about every second"


# --- the rule is set ------------------------------------------------------------------------


def test_setting_the_rule_is_in_the_audit_trail_once(session: Session, cast: Cast) -> None:
    set_rule(session, cast.project, TWO_TO_FIVE, now=NOON, actor=cast.luz.id)
    set_rule(session, cast.project, TWO_TO_FIVE, now=NOON, actor=cast.luz.id)
    rows = select(AuditEntry).where(AuditEntry.action == "project.overlap_rule")
    entry = session.scalars(rows).one()
    detail = {"start": 2, "most": 5, "confidence": 0.98, "audit": 0.05}
    assert (entry.actor_id, entry.detail) == (cast.luz.id, detail)


def test_a_larger_start_than_the_most_before_is_taken_with_a_larger_most(
    session: Session, cast: Cast
) -> None:
    _rule(session, cast, Rule(2, 3, 0.98, 0.05))
    item = _item(session, cast)
    _rule(session, cast, Rule(4, 6, 0.98, 0.05))
    assert _numbers(session, item) == (4, 4)


def test_without_the_rule_again_the_places_that_were_opened_close(
    session: Session, cast: Cast, crew: list[User]
) -> None:
    item, more = _item(session, cast), _item(session, cast, "more")
    for who, first in zip(crew[:2], "ab", strict=True):
        for _ in range(2):
            judge(session, must_take(session, cast.project, who).item_id, who, first)
    assert must_take(session, cast.project, crew[2]).item_id == item.id
    judge(session, item.id, crew[2], "a")
    assert (_numbers(session, item), _numbers(session, more)) == ((4, 1), (3, 1))
    _rule(session, cast, Rule(2, None, 0.98, 0.05))
    assert (_numbers(session, item), _numbers(session, more)) == ((3, 0), (2, 0))
    assert verify(session, KEY) == []


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (Rule(0, 3, 0.98, 0.05), ["overlap"]),
        (Rule(3, 3, 0.98, 0.05), ["most"]),
        (Rule(2, 101, 0.98, 0.05), ["most"]),
        (Rule(2, 3, 0.49, 0.05), ["confidence"]),
        (Rule(2, 3, 1.01, 1.5), ["confidence", "audit"]),
        (Rule(2, 3, float("nan"), float("nan")), ["confidence", "audit"]),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    session: Session, cast: Cast, rule: Rule, fields: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        _rule(session, cast, rule)
    assert list(refused.value.errors) == fields
    assert Rule.of(session.get_one(Project, cast.project.id)).most is None


@pytest.mark.parametrize("type_slug", ["rating", "rewrite"])
def test_ratings_and_texts_keep_a_fixed_overlap(session: Session, type_slug: str) -> None:
    project = projects.create_project(
        session, slug="p", type_slug=type_slug, title={"es": "P", "en": "P"}, overlap=2,
        config={}, now=NOON,
    )  # fmt: skip
    assert queries.why_fixed(project) is not None
    with pytest.raises(Invalid) as refused:
        set_rule(session, project, TWO_TO_FIVE, now=NOON)
    assert list(refused.value.errors) == ["most"]
    set_rule(session, project, Rule(3, None, 0.98, 0.05), now=NOON)
    assert project.overlap == 3


def test_an_overlap_above_the_most_is_refused(session: Session, cast: Cast) -> None:
    _rule(session, cast)
    with pytest.raises(Invalid) as refused:
        projects.change_overlap(session, cast.project, 6, now=NOON)
    assert list(refused.value.errors) == ["overlap"]


# --- learning anew --------------------------------------------------------------------------


def _busy(database: Database, cast: Cast, says: list[str], items: int = 40) -> None:
    """A project with a fixed overlap, in which reviewer n said `says[n]` of all items, by turns."""
    with database.write() as session:
        people = _people(session, cast, len(says))
        set_rule(session, cast.project, Rule(len(says), None, 0.98, 0.05), now=NOON)
        names = [
            make_item(
                session, cast.project, f"item {n:02}", wanted=len(says), slots_left=len(says)
            ).id
            for n in range(items)
        ]
        for who, said in zip(people, says, strict=True):
            for n, item in enumerate(names):
                assert must_take(session, cast.project, who).item_id == item
                judge(session, item, who, said[n % len(said)])


def test_what_is_learnt_is_stored_and_read_as_it_was(database: Database, cast: Cast) -> None:
    _busy(database, cast, ["ab", "ab", "abaaabab"])
    overlap.refit(database, cast.project.id)
    with database.read() as session:
        row = queries.newest(session, cast.project.id)
        assert row is not None
        assert (row.judgments, row.items, row.reviewers) == (120, 40, 3)
        known = queries.reliability_in(row)
        found = queries.find(session, session.get_one(Project, cast.project.id))
        assert known is not None
        assert found.known is not None
        assert known.values == found.known.values == (-1, 1)
        assert known.of.keys() == found.known.of.keys()
        for who, says in known.of.items():
            assert np.allclose(says, found.known.of[who], atol=1e-8)
            assert np.allclose(says.sum(axis=1), 1)
        assert np.allclose(known.default, found.known.default, atol=1e-8)


def test_items_that_are_in_doubt_by_what_was_learnt_are_asked_again_and_others_not(
    database: Database, cast: Cast
) -> None:
    # Of eight items the third reviewer, who errs, and the first are at odds in one.
    _busy(database, cast, ["ab", "abaaabab"])
    with database.write() as session:
        set_rule(session, cast.project, Rule(2, 4, 0.9, 0.0), now=NOON)
    assert overlap.refit(database, cast.project.id) == 5
    with database.read() as session:
        rows = session.execute(select(Item.external_id, Item.wanted, Item.slots_left)).all()
        differ = {f"item {n:02}" for n in range(3, 40, 8)}
        assert {row.external_id for row in rows if row.wanted == 3} == differ
        assert all(row.slots_left == row.wanted - 2 for row in rows)
        keys = session.scalars(select(Item.queue_key)).all()
        assert len(set(keys)) == len(keys)
        assert verify(session, KEY) == []
        project = session.get_one(Project, cast.project.id)
        count = queries.spent(session, project)
        assert (count.finished, count.asked) == ({2: 35}, 5)
        assert (count.items, count.judgments, count.beyond(1), count.saved(4)) == (35, 70, 35, 70)
    assert overlap.refit(database, cast.project.id) == 0, "nothing new"


def test_places_that_are_no_longer_wanted_close_and_what_is_held_is_left(
    database: Database, cast: Cast
) -> None:
    _busy(database, cast, ["ab", "ab", "ab"])
    with database.write() as session:
        set_rule(session, cast.project, Rule(2, 5, 0.9, 0.0), now=NOON)
        overlap.reconsider(session, cast.project.id, {"item 00", "item 01"})
        held = must_take(session, cast.project, cast.beto).item
        assert (held.external_id, held.wanted) == ("item 00", 4)
    assert overlap.refit(database, cast.project.id) == 1
    with database.read() as session:
        wanted = dict(session.execute(select(Item.external_id, Item.wanted)).all())
        assert (wanted.pop("item 00"), set(wanted.values())) == (4, {3})
        assert verify(session, KEY) == []


def test_the_rule_as_a_whole_and_for_one_item_say_the_same(database: Database, cast: Cast) -> None:
    random = Random(4)
    errs = [0.05, 0.2, 0.3, 0.4]
    says = ["".join("ab"[(random.random() < err) ^ n % 2] for n in range(40)) for err in errs]
    _busy(database, cast, says)
    with database.write() as session:
        set_rule(session, cast.project, Rule(2, 6, 0.99, 0.3), now=NOON)
    overlap.refit(database, cast.project.id)
    with database.read() as session:
        project = session.get_one(Project, cast.project.id)
        rule = queries.rule_of(session, project.id)
        assert rule is not None
        found = queries.find(session, project).unsure(project, rule)
        one_by_one = set()
        for item in session.scalars(select(Item)):
            said = [(who, answer) for who, answer in queries.places_taken(session, item.id)
                    if answer is not None]  # fmt: skip
            if queries.is_unsure(session, item, said, rule):
                one_by_one.add(item.external_id)
        assert found == one_by_one
        assert 0 < len(found) < 40


def test_where_nothing_can_be_learnt_that_is_stored_and_items_get_three(
    database: Database, cast: Cast
) -> None:
    _busy(database, cast, ["a", "a"], items=4)
    with database.write() as session:
        set_rule(session, cast.project, TWO_TO_FIVE, now=NOON)
    assert overlap.refit(database, cast.project.id) == 4
    with database.read() as session:
        row = queries.newest(session, cast.project.id)
        assert row is not None
        assert (row.chances, row.judgments) == (None, 8)
        assert set(session.scalars(select(Item.wanted))) == {3}


def test_it_is_learnt_anew_when_enough_is_new_and_an_hour_has_gone(
    database: Database, cast: Cast
) -> None:
    _busy(database, cast, ["ab", "ab"], items=12)
    with database.write() as session:
        set_rule(session, cast.project, TWO_TO_FIVE, now=NOON)
    assert overlap.refit_due(database) == 1
    assert overlap.refit_due(database) == 0
    with database.write() as session:
        now, project = database_now(session), cast.project.id
        later = now + 2 * HOUR
        assert queries.due(session, later) == [], "nothing is new"
        who = _people_more(session, cast)
        for n in range(20):
            make_item(session, cast.project, f"new {n}")
            judge(session, must_take(session, cast.project, who).item_id, who)
        assert queries.due(session, later) == [project]
        assert queries.due(session, now) == [], "not yet an hour"
        set_rule(session, cast.project, Rule(2, None, 0.98, 0.05), now=NOON)
        assert queries.due(session, later) == [], "no rule"


def _people_more(session: Session, cast: Cast) -> User:
    who = accounts.create_user(session, name="nina", role="reviewer", now=NOON, speaks=("en",))
    projects.add_member(session, cast.project, who, role="reviewer", now=NOON)
    return who


def test_what_was_learnt_is_never_changed(session: Session, cast: Cast, crew: list[User]) -> None:
    row = queries.newest(session, cast.project.id)
    assert row is not None
    change = update(Learnt).where(Learnt.id == row.id).values(judgments=7)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(change)
