"""Which items stand ahead of the queue: those whose models are in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take
from workbench.db import Database
from workbench.db import now as database_now
from workbench.messages import Invalid
from workbench.models import AuditEntry, Item, PairsChosen, Project
from workbench.queries import pairs as queries
from workbench.queries.verify import verify
from workbench.services import pairs

KEY = "k" * 96
#: Strong, two alike, weak.
MODELS = ("s", "m", "n", "w")


def _item(database: Database, cast: Cast, name: str, models: Sequence[str]) -> int:
    with database.write() as session:
        responses = [
            {"id": letter, "model": model, "text": f"{model} {name}"}
            for letter, model in zip("abcdef", models, strict=False)
        ]
        return make_item(session, cast.project, name, responses=responses).id


def _judged(database: Database, cast: Cast, models: str, outcomes: str) -> None:
    """One item for each of the outcomes, "a" or "b" better, judged by both."""
    for n, first in enumerate(outcomes):
        item = _item(database, cast, f"{models} {n}", models)
        with database.write() as session:
            project = session.get_one(Project, cast.project.id)
            for who in (cast.ana, cast.beto):
                assert must_take(session, project, who).item_id == item
                judge(session, item, who, first)


@pytest.fixture
def known(database: Database, cast: Cast) -> Cast:
    """That s beats all and w loses to all is plain, and of m and n nothing is."""
    _judged(database, cast, "sm", "aaaaaaba")
    _judged(database, cast, "sn", "aaaaabaa")
    _judged(database, cast, "mw", "aabaaaaa")
    _judged(database, cast, "nw", "aaaaaaab")
    _judged(database, cast, "sw", "aaaaaaaa")
    return cast


def _ahead(database: Database) -> list[int]:
    with database.read() as session:
        return list(
            session.scalars(select(Item.id).where(Item.queue_key < 0).order_by(Item.queue_key))
        )


def _set(database: Database, cast: Cast, most: int | None) -> int:
    with database.write() as session:
        pairs.set_ahead(session, session.get_one(Project, cast.project.id), most, now=NOON)
    return pairs.choose(database, cast.project.id)


def test_the_pair_in_doubt_stands_ahead_though_it_came_last(
    database: Database, known: Cast
) -> None:
    for n in range(6):
        _item(database, known, f"plain {n}", "sw")
    doubtful = [_item(database, known, f"doubtful {n}", "nm") for n in range(3)]
    _item(database, known, "last", "sw")
    assert _set(database, known, 3) == 3
    assert _ahead(database) == doubtful
    with database.read() as session:
        last = queries.newest(session, known.project.id)
        assert last is not None
        assert (last.comparisons, last.judgments, last.models) == (80, 80, 4)
        assert (last.looked_at, last.ahead) == (10, 3)
        assert {last.doubts[0]["ahead"], last.doubts[0]["behind"]} == {"m", "n"}
        assert (last.doubts[0]["n_judgments"], last.doubts[0]["open"]) == (0, 3)
        assert 0.5 <= last.doubts[0]["sure"] < 0.9 < last.doubts[-1]["sure"]
        assert len(last.doubts) == 6
        assert queries.count_ahead(session, known.project.id) == 3
        assert verify(session, KEY) == []


def test_an_item_of_several_responses_counts_by_all_its_pairs(
    database: Database, known: Cast
) -> None:
    _item(database, known, "plain", "sw")
    two = _item(database, known, "two", "mn")
    several = _item(database, known, "several", "smnw")
    _item(database, known, "last", "sw")
    _set(database, known, 2)
    assert _ahead(database) == [several, two]


def test_what_tells_nothing_more_goes_back_and_what_stands_there_half_done_may_stay(
    database: Database, known: Cast
) -> None:
    doubtful = [_item(database, known, f"doubtful {n}", "mn") for n in range(12)]
    plain = [_item(database, known, f"plain {n}", "sm") for n in range(3)]
    _item(database, known, "last", "sw")
    _set(database, known, 12)
    assert set(_ahead(database)[:6]) <= set(doubtful)
    before = _ahead(database)
    with database.write() as session:
        project = session.get_one(Project, known.project.id)
        assert must_take(session, project, known.ana).item_id == before[0]
        judge(session, before[0], known.ana)
    pairs.choose(database, known.project.id)
    assert before[0] in _ahead(database), "somebody has met it, but it stood ahead"
    for _ in range(30):
        with database.write() as session:
            project = session.get_one(Project, known.project.id)
            for who in (known.ana, known.beto):
                lease = must_take(session, project, who)
                judge(session, lease.item_id, who)
            if not set(_open(session)) & set(doubtful):
                break
    pairs.choose(database, known.project.id)
    assert not set(_ahead(database)) & set(doubtful), "they are done"
    assert set(_ahead(database)) <= set(plain)


def _open(session: object) -> list[int]:
    return list(session.scalars(select(Item.id).where(Item.slots_left > 0)))  # type: ignore[attr-defined]


def test_before_anything_is_judged_every_model_has_its_turn(database: Database, cast: Cast) -> None:
    kinds = ["sm", "sm", "sm", "sn", "mn", "nw", "sw", "mw"]
    ids = {_item(database, cast, f"{n}", models): models for n, models in enumerate(kinds)}
    _item(database, cast, "last", "sm")
    assert _set(database, cast, 2) == 2
    assert sorted("".join(ids[item] for item in _ahead(database))) == sorted(MODELS)


def test_who_has_met_an_item_and_items_without_models_are_left(
    database: Database, cast: Cast
) -> None:
    met = _item(database, cast, "met", "mn")
    with database.write() as session:
        assert must_take(session, cast.project, cast.ana).item_id == met
    _item(database, cast, "nameless", ("", ""))
    _item(database, cast, "the same twice", "mm")
    wanted = _item(database, cast, "wanted", "mn")
    _item(database, cast, "last", "mn")
    assert _set(database, cast, 5) == 1
    assert _ahead(database) == [wanted]


def test_where_there_is_no_order_to_find_out_nobody_stands_ahead(
    database: Database, cast: Cast
) -> None:
    _item(database, cast, "one", "mm")
    _item(database, cast, "two", "m")
    assert _set(database, cast, 5) == 0
    with database.read() as session:
        last = queries.newest(session, cast.project.id)
        assert last is not None
        assert (last.models, last.doubts) == (0, [])
        project = session.get_one(Project, cast.project.id)
        assert queries.find(session, project, 5).undefined is not None


def test_a_project_that_compares_nothing_is_refused(database: Database, cast: Cast) -> None:
    with database.write() as session:
        project = session.get_one(Project, cast.project.id)
        project.type, project.config = "rewrite", {"problems": []}
        with pytest.raises(Invalid) as refused:
            pairs.set_ahead(session, project, 5, now=NOON)
        assert "compares no two responses" in str(refused.value.errors["ahead"])
        assert queries.find(session, project, 5).items == ()


@pytest.mark.parametrize("most", [0, -1, pairs.MOST_AHEAD + 1])
def test_a_lane_is_not_empty_nor_long(database: Database, cast: Cast, most: int) -> None:
    with pytest.raises(Invalid), database.write() as session:
        pairs.set_ahead(session, session.get_one(Project, cast.project.id), most, now=NOON)


def test_each_change_of_the_rule_is_in_the_trail_once(database: Database, cast: Cast) -> None:
    for most in (5, 5, 7, None, None):
        with database.write() as session:
            pairs.set_ahead(
                session, session.get_one(Project, cast.project.id), most, now=NOON,
                actor=cast.luz.id,
            )  # fmt: skip
    with database.read() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "project.pairs").order_by(AuditEntry.seq)
        ).all()
        assert [entry.detail["ahead"] for entry in entries] == [5, 7, None]
        assert {entry.actor_id for entry in entries} == {cast.luz.id}


def test_what_was_chosen_is_append_only(database: Database, known: Cast) -> None:
    _set(database, known, 3)
    for change in (update(PairsChosen).values(ahead=9), PairsChosen.__table__.delete()):  # type: ignore[attr-defined]
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(change)


class TestDue:
    def _due(self, database: Database, hours: int) -> bool:
        with database.read() as session:
            return bool(queries.due(session, database_now(session) + timedelta(hours=hours)))

    def test_at_first_and_then_after_an_hour_with_enough_new(
        self, database: Database, cast: Cast
    ) -> None:
        assert not self._due(database, 0), "there is no lane"
        for n in range(12):
            _item(database, cast, f"waits {n}", "mn")
        with database.write() as session:
            pairs.set_ahead(session, session.get_one(Project, cast.project.id), 4, now=NOON)
        assert self._due(database, 0)
        assert pairs.choose_due(database) == 1
        assert pairs.choose_due(database) == 0
        assert not self._due(database, 2), "nothing is new"
        for _ in range(10):
            with database.write() as session:
                project = session.get_one(Project, cast.project.id)
                for who in (cast.ana, cast.beto):
                    judge(session, must_take(session, project, who).item_id, who)
        assert not self._due(database, 0), "within the hour"
        assert self._due(database, 2)

    def test_sooner_where_the_lane_runs_empty(
        self, database: Database, known: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "MORE", 4)
        for n in range(12):
            _item(database, known, f"waits {n}", "mn")
        assert _set(database, known, 4) == 4
        with database.write() as session:
            project = session.get_one(Project, known.project.id)
            for _ in range(2):
                for who in (known.ana, known.beto):
                    judge(session, must_take(session, project, who).item_id, who)
        assert not self._due(database, 2), "four of eighty are no tenth, and half the lane is there"
        with database.write() as session:
            project = session.get_one(Project, known.project.id)
            for who in (known.ana, known.beto):
                judge(session, must_take(session, project, who).item_id, who)
        assert self._due(database, 2)
