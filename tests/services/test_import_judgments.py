from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from tests.arrivals import (
    A_BETTER,
    B_BETTER,
    TIED,
    as_bytes,
    as_source,
    ballot,
    bring_items,
    bring_judgments,
    broken,
    raw_item,
    raw_judgment,
)
from tests.cast import Cast
from workbench.db import Database, now
from workbench.models import (
    Assignment,
    AuditEntry,
    Item,
    Judgment,
    Membership,
    Project,
    Source,
    State,
    User,
)
from workbench.services import accounts, import_judgments, login, projects
from workbench.services.claim import Reviewer, claim
from workbench.services.leave_item import escalate, skip
from workbench.services.slots import release_expired
from workbench.services.spool import BATCH, ImportCounts, Rejected
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_is_ever_broken(database: Database, cast: Cast) -> Any:
    """Every test here has two items, "one" and "two", and leaves a sound database behind."""
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    yield
    assert broken(database) == []


def _project(database: Database, cast: Cast) -> Project:
    with database.read() as session:
        return session.get_one(Project, cast.project.id)


def _free(database: Database, name: str = "one") -> int:
    with database.read() as session:
        query = select(Item.slots_left).where(Item.external_id == name, Item.retired_at.is_(None))
        return session.scalars(query).one()


def _judgments(database: Database) -> list[Judgment]:
    with database.read() as session:
        return list(session.scalars(select(Judgment).order_by(Judgment.id)))


def _answers(database: Database) -> list[tuple[str, str, Any]]:
    """(item, pseudonym, answer) of every judgment that counts."""
    with database.read() as session:
        rows = session.execute(
            select(Item.external_id, Membership.pseudonym, Judgment.answer)
            .join(Assignment, Assignment.judgment_id == Judgment.id)
            .join(Item, Item.id == Assignment.item_id)
            .join(
                Membership,
                (Membership.user_id == Judgment.user_id)
                & (Membership.project_id == Judgment.project_id),
            )
            .where(Assignment.state == State.JUDGED)
            .order_by(Item.external_id, Membership.pseudonym)
        )
        return [(item, reviewer, answer) for item, reviewer, answer in rows]


def _pseudonym(database: Database, cast: Cast, user: User) -> str:
    with database.read() as session:
        return session.get_one(Membership, (cast.project.id, user.id)).pseudonym


def _lease(database: Database, cast: Cast, user: User, lease: timedelta = HOUR) -> int:
    with database.write() as session:
        held = claim(session, cast.project, Reviewer(user.id, ("en",)), now(session), lease)
        assert held is not None
        return held.item_id


def _refusal(database: Database, cast: Cast, raws: list[Any], **options: Any) -> str:
    before = [judgment.id for judgment in _judgments(database)]
    with pytest.raises(Rejected) as refused:
        bring_judgments(database, cast.project, raws, **options)
    assert [judgment.id for judgment in _judgments(database)] == before
    return str(refused.value.report)


def test_a_judgment_takes_a_slot_and_counts(database: Database, cast: Cast) -> None:
    lines = [raw_judgment("one", "r1"), raw_judgment("one", "r2", B_BETTER)]
    assert bring_judgments(database, cast.project, lines) == ImportCounts(new=2)
    assert _answers(database) == [("one", "r1", A_BETTER), ("one", "r2", B_BETTER)]
    assert (_free(database, "one"), _free(database, "two")) == (0, 2)


def test_a_new_pseudonym_stands_for_somebody_who_can_never_log_in(
    database: Database, cast: Cast
) -> None:
    bring_judgments(database, cast.project, [raw_judgment("one", "r1")])
    with database.read() as session:
        member = session.scalars(select(Membership).where(Membership.pseudonym == "r1")).one()
        user = session.get_one(User, member.user_id)
        assert (user.name, user.external, user.speaks) == ("main/r1", True, [])
        assert not login.password_fits(user.password_hash, "")
        with pytest.raises(Exception, match="no person called"):
            accounts.find_user(session, user.name)


def test_one_pseudonym_on_two_projects_is_two_people(database: Database, cast: Cast) -> None:
    bring_items(database, cast.other_project, [raw_item("one")])
    bring_judgments(database, cast.project, [raw_judgment("one", "r1")])
    bring_judgments(database, cast.other_project, [raw_judgment("one", "r1")])
    assert len({judgment.user_id for judgment in _judgments(database)}) == 2


def test_the_pseudonym_of_a_member_is_that_member(database: Database, cast: Cast) -> None:
    ana = _pseudonym(database, cast, cast.ana)
    bring_judgments(database, cast.project, [raw_judgment("one", ana)])
    assert [judgment.user_id for judgment in _judgments(database)] == [cast.ana.id]


def test_what_came_with_a_judgment_is_kept(database: Database, cast: Cast) -> None:
    line = raw_judgment(
        "one", "r1", at="2026-11-20T10:04:05.25-05:00", active_seconds=41.2, shown=["b", "a"]
    )
    bring_judgments(database, cast.project, [line])
    [judgment] = _judgments(database)
    assert judgment.made_at == datetime(2026, 11, 20, 15, 4, 5, 250_000, tzinfo=UTC)
    assert (judgment.active_ms, judgment.shown) == (41_200, ["b", "a"])
    assert (judgment.origin, judgment.locale, judgment.type_version) == ("import", "en", 1)
    assert judgment.guideline_version is None


def test_what_did_not_come_is_now_and_the_order_of_the_item(database: Database, cast: Cast) -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    bring_judgments(database, cast.project, [raw_judgment("one", "r1")])
    [judgment] = _judgments(database)
    assert before < judgment.made_at < before + timedelta(minutes=10)
    assert (judgment.active_ms, judgment.shown) == (None, [])


def test_a_lease_becomes_the_judgment_and_costs_no_further_slot(
    database: Database, cast: Cast
) -> None:
    _lease(database, cast, cast.beto)
    assert _free(database) == 1
    beto = _pseudonym(database, cast, cast.beto)
    bring_judgments(database, cast.project, [raw_judgment("one", beto)])
    assert _free(database) == 1
    assert _answers(database) == [("one", beto, A_BETTER)]


@pytest.mark.parametrize("way", ["skip", "escalate", "expire"])
def test_who_left_an_item_needs_a_slot_again(database: Database, cast: Cast, way: str) -> None:
    item_id = _lease(database, cast, cast.beto, -HOUR if way == "expire" else HOUR)
    with database.write() as session:
        at = now(session)
        if way == "expire":
            assert release_expired(session, cast.project.id, at) == 1
        else:
            {"skip": skip, "escalate": escalate}[way](session, item_id, cast.beto.id, "why", at)
    assert _free(database) == 2
    beto = _pseudonym(database, cast, cast.beto)
    bring_judgments(database, cast.project, [raw_judgment("one", beto)])
    assert _free(database) == 1
    assert _answers(database) == [("one", beto, A_BETTER)]


def test_one_judgment_too_many_stores_none_and_says_what_to_do(
    database: Database, cast: Cast
) -> None:
    said = _refusal(database, cast, [raw_judgment("one", f"r{n}") for n in range(3)])
    assert said.startswith("f.jsonl:3: item: one already has the 2 judgments it wants")
    assert said.endswith("raise the overlap")
    assert _free(database) == 2


def test_a_lease_of_another_is_never_taken_away(database: Database, cast: Cast) -> None:
    _lease(database, cast, cast.beto)
    said = _refusal(database, cast, [raw_judgment("one", f"r{n}") for n in range(2)])
    assert said.startswith("f.jsonl:2: item: ")


def test_after_the_overlap_was_raised_there_is_room(database: Database, cast: Cast) -> None:
    lines = [raw_judgment("one", f"r{n}") for n in range(3)]
    with database.write() as session:
        projects.change_overlap(session, cast.project, 3, now=now(session))
    assert bring_judgments(database, cast.project, lines).new == 3


def test_the_same_answer_again_is_counted_as_already_there(database: Database, cast: Cast) -> None:
    lines = [raw_judgment("one", "r1"), raw_judgment("one", "r2")]
    bring_judgments(database, cast.project, lines)
    again = [*lines, raw_judgment("two", "r1")]
    assert bring_judgments(database, cast.project, again) == ImportCounts(new=1, same=2)
    assert len(_judgments(database)) == 3


def test_a_line_that_stands_twice_in_its_file_is_one_judgment(
    database: Database, cast: Cast
) -> None:
    lines = [raw_judgment("one", "r1")] * 3
    assert bring_judgments(database, cast.project, lines) == ImportCounts(new=1, same=2)
    assert _free(database) == 1


def test_another_answer_is_a_problem_unless_it_is_a_revision(
    database: Database, cast: Cast
) -> None:
    bring_judgments(database, cast.project, [raw_judgment("one", "r1")])
    said = _refusal(database, cast, [raw_judgment("one", "r1", B_BETTER)])
    assert said.startswith("f.jsonl:1: answer: is not what this reviewer said before")
    counts = bring_judgments(
        database, cast.project, [raw_judgment("one", "r1", B_BETTER)], revise=True
    )
    assert counts == ImportCounts(revised=1)
    assert _answers(database) == [("one", "r1", B_BETTER)]
    assert [judgment.revision for judgment in _judgments(database)] == [1, 2]
    assert _free(database) == 1


def test_an_answer_may_go_back_to_what_it_was(database: Database, cast: Cast) -> None:
    for answer in (A_BETTER, B_BETTER, A_BETTER, TIED, A_BETTER):
        bring_judgments(database, cast.project, [raw_judgment("one", "r1", answer)], revise=True)
    assert _answers(database) == [("one", "r1", A_BETTER)]
    assert [judgment.revision for judgment in _judgments(database)] == [1, 2, 3, 4, 5]


def test_two_answers_in_one_file_are_a_problem_of_the_later_line(
    database: Database, cast: Cast
) -> None:
    lines = [raw_judgment("one", "r1"), raw_judgment("one", "r1", B_BETTER)]
    assert _refusal(database, cast, lines).startswith("f.jsonl:2: answer: ")
    assert bring_judgments(database, cast.project, lines, revise=True) == ImportCounts(
        new=1, revised=1
    )
    assert _answers(database) == [("one", "r1", B_BETTER)]


def test_a_judgment_that_was_taken_back_can_be_made_again(database: Database, cast: Cast) -> None:
    item_id = _lease(database, cast, cast.beto)
    with database.write() as session:
        sent = Submission(item_id, cast.beto.id, A_BETTER, 1, "key-1", 0)
        submit(session, sent, now(session))
        undo(session, cast.project.id, cast.beto.id, now(session), HOUR)
    beto = _pseudonym(database, cast, cast.beto)
    assert bring_judgments(database, cast.project, [raw_judgment("one", beto)]).new == 1
    assert [judgment.revision for judgment in _judgments(database)] == [1, 2, 3]
    assert _answers(database) == [("one", beto, A_BETTER)]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (raw_judgment("three", "r1"), "item"),
        (raw_judgment("one", "r1", ballot(["a"], ["z"])), "answer."),
        (raw_judgment("one", "r1", ballot(["a"], ["b"], verdict="great")), "answer.verdict"),
        (raw_judgment("one", "r1", {}), "answer."),
        (raw_judgment("one", "r1", shown=["a"]), "shown"),
        (raw_judgment("one", "r1", shown=["a", "z"]), "shown"),
        (raw_judgment("one", "r1", at="yesterday"), "at"),
        (raw_judgment("one", ""), "reviewer"),
        (raw_judgment("one", "r1", colour="red"), "colour"),
        (b"[1, 2]", "line"),
    ],
)
def test_a_bad_line_is_named_with_its_field_and_nothing_is_stored(
    database: Database, cast: Cast, line: Any, field: str
) -> None:
    said = _refusal(database, cast, [raw_judgment("one", "r0"), line])
    assert said.startswith(f"f.jsonl:2: {field}")
    with database.read() as session:
        assert session.scalar(select(func.count()).where(User.external)) == 0


def test_problems_come_in_the_order_of_the_lines(database: Database, cast: Cast) -> None:
    lines = [raw_judgment("three", "r1"), b"{", raw_judgment("one", "r1", {}), b"[]"]
    said = _refusal(database, cast, lines).splitlines()
    assert [line.split(": ")[0] for line in said] == [f"f.jsonl:{n}" for n in (1, 2, 3, 4)]


def test_bad_lines_can_be_left_out_and_are_written_with_their_reasons(
    database: Database, cast: Cast
) -> None:
    rejects = io.BytesIO()
    lines = [raw_judgment("one", f"r{n}") for n in range(3)]
    counts = bring_judgments(
        database, cast.project, [raw_judgment("three", "r1"), *lines], reject_to=rejects
    )
    assert counts == ImportCounts(new=2, rejected=2)
    first, second = map(orjson.loads, rejects.getvalue().splitlines())
    assert (first["line"], first["problems"][0]["field"]) == (1, "item")
    assert (second["line"], second["raw"]) == (4, as_bytes([lines[2]]).decode().strip())


def test_an_item_that_was_replaced_while_the_file_was_read_is_a_problem(
    database: Database, cast: Cast
) -> None:
    source = as_source([raw_judgment("one", "r1")])
    with import_judgments.prepare(database, cast.project, source) as prepared:
        assert not prepared.refused
        bring_items(database, cast.project, [raw_item("one", tags=["new"])], revise=True)
        with pytest.raises(Rejected, match="replaced or taken out"), database.write() as session:
            import_judgments.import_judgments(
                session, cast.project, prepared, now=now(session), actor=None
            )


def test_an_import_leaves_one_entry_that_seals_all_its_judgments(
    database: Database, cast: Cast
) -> None:
    lines = [raw_judgment(item, f"r{n}") for item in ("one", "two") for n in range(2)]
    bring_judgments(database, cast.project, lines)
    with database.read() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "judgments.import")
        ).one()
        source = session.scalars(select(Source).where(Source.kind == "judgments")).one()
    assert {judgment.audit_seq for judgment in _judgments(database)} == {entry.seq}
    assert (entry.detail["count"], entry.detail["source"]) == (4, source.id)
    assert source.counts == {"new": 4, "same": 0, "revised": 0, "rejected": 0}


def test_many_judgments_come_in_over_many_batches(database: Database, cast: Cast) -> None:
    names = [f"i{n}" for n in range(BATCH + 100)]
    bring_items(database, cast.project, map(raw_item, names))
    lines = [raw_judgment(name, who) for who in ("r1", "r2") for name in names]
    assert bring_judgments(database, cast.project, lines).new == 2 * len(names)
    with database.read() as session:
        free = select(func.count()).where(Item.slots_left == 0)
        assert session.scalar(free) == len(names)


def _work(database: Database, cast: Cast, user: User) -> None:
    """Judge until nothing is left."""
    for n in range(100):
        with database.write() as session:
            at = now(session)
            held = claim(session, cast.project, Reviewer(user.id, ("en",)), at, HOUR)
            if held is None:
                return
            submit(session, Submission(held.item_id, user.id, A_BETTER, 1, f"k-{n}", 0), at)


def _bring(database: Database, cast: Cast, names: list[str]) -> None:
    lines = [raw_judgment(name, who) for name in names for who in ("x1", "x2")]
    counts = bring_judgments(database, cast.project, lines, reject_to=io.BytesIO())
    assert counts.new + counts.rejected == len(lines)


def test_judgments_that_come_in_while_reviewers_judge_never_go_over_the_overlap(
    database: Database, cast: Cast
) -> None:
    names = [f"i{n}" for n in range(60)]
    bring_items(database, cast.project, map(raw_item, names))
    start = threading.Barrier(3)

    def together(run: Callable[..., None], *given: Any) -> None:
        start.wait(20)
        run(database, cast, *given)

    with ThreadPoolExecutor(3) as pool:
        done = [
            pool.submit(together, _work, cast.ana),
            pool.submit(together, _work, cast.beto),
            pool.submit(together, _bring, names),
        ]
        for each in done:
            each.result(60)
    with database.read() as session:
        assert session.scalar(select(func.sum(Item.slots_left))) == 0
        assert session.scalar(select(func.count()).select_from(Judgment)) == 2 * 62
