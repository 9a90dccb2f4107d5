"""Projects: making them, who is on them, their guideline and their overlap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take, take
from workbench import task_types
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import Assignment, AuditEntry, Item, Membership, Project, State, User
from workbench.services import projects
from workbench.services.resolve import retire

LATER = NOON + timedelta(days=1)


def _create(session: Session, **values: Any) -> Project:
    return projects.create_project(
        session,
        **{
            "slug": "helpful",
            "type_slug": "ranking",
            "title": {"es": "¿Cuál ayuda más?", "en": "Which helps more?"},
            "overlap": 3,
            "config": {},
            "now": NOON,
            **values,
        },
    )


def _refused(session: Session, **values: Any) -> list[str]:
    """The fields that are wrong with a project of these values."""
    with pytest.raises(Invalid) as refused:
        _create(session, **values)
    slug = values.get("slug", "helpful")
    assert session.scalar(select(Project).where(Project.slug == slug)) is None
    return list(refused.value.errors)


def _last_entry(session: Session) -> AuditEntry:
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    return session.scalars(newest).one()


def _member(session: Session, cast: Cast, who: User) -> Membership:
    return session.get_one(Membership, (cast.project.id, who.id), populate_existing=True)


def test_a_project_is_made_with_its_complete_settings(session: Session, cast: Cast) -> None:
    project = _create(session, config={"allow_ties": False}, actor=cast.ada.id)
    session.expire(project)
    assert (project.slug, project.type, project.overlap) == ("helpful", "ranking", 3)
    assert project.title == {"es": "¿Cuál ayuda más?", "en": "Which helps more?"}
    assert project.config == {
        "criteria": [], "strengths": [2, 3], "allow_ties": False, "allow_partial": True,
        "ask": "together",
    }  # fmt: skip
    assert project.created_at == NOON
    entry = _last_entry(session)
    assert (entry.action, entry.subject, entry.actor_id) == (
        "project.create", f"project:{project.id}", cast.ada.id,
    )  # fmt: skip
    assert entry.detail == {"slug": "helpful", "type": "ranking", "overlap": 3}


def test_every_project_has_a_secret_of_its_own(session: Session, cast: Cast) -> None:
    project = _create(session)
    assert len(project.seed) == 32
    assert len({project.seed, cast.project.seed, cast.other_project.seed}) == 3


@pytest.mark.parametrize("slug", ["a", "7", "mt-2026-es", "x" * 60])
def test_these_are_slugs(session: Session, slug: str) -> None:
    assert _create(session, slug=slug).slug == slug


@pytest.mark.parametrize(
    "slug", ["", "Helpful", "two words", "-a", "a-", "a--b", "a_b", "ñ", "a/b", "a\n", "x" * 61]
)
def test_these_are_no_slugs(session: Session, slug: str) -> None:
    assert _refused(session, slug=slug) == ["slug"]


def test_a_slug_that_is_taken_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Conflict, match="a project called main already"):
        _create(session, slug="main")


def test_a_type_that_there_is_not_is_refused_and_the_types_are_named(session: Session) -> None:
    with pytest.raises(Invalid, match=", ".join(sorted(task_types.BY_SLUG))) as refused:
        _create(session, type_slug="essay")
    assert list(refused.value.errors) == ["type"]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("text", ["", "   ", "x" * 201, None])
def test_a_title_is_wanted_in_both_languages(
    session: Session, language: str, text: str | None
) -> None:
    title = {"es": "Título", "en": "Title", language: text}
    given = {name: words for name, words in title.items() if words is not None}
    assert _refused(session, title=given) == [f"title.{language}"]


@pytest.mark.parametrize("overlap", [-1, 0, 101])
def test_an_overlap_out_of_range_is_refused(session: Session, overlap: int) -> None:
    assert _refused(session, overlap=overlap) == ["overlap"]


@pytest.mark.parametrize("overlap", [1, 100])
def test_the_smallest_and_the_largest_overlap_are_taken(session: Session, overlap: int) -> None:
    assert _create(session, overlap=overlap).overlap == overlap


def test_settings_that_the_type_does_not_know_are_refused(session: Session) -> None:
    assert _refused(session, config={"strengths": [7]}) == ["strengths[0]"]
    assert len(_refused(session, config={"colour": "red"})) == 1


def test_a_person_is_put_on_a_project_under_a_pseudonym(session: Session, cast: Cast) -> None:
    member = projects.add_member(
        session, cast.project, cast.dora, role="reviewer", now=NOON, actor=cast.ada.id
    )
    assert (member.role, member.left_at, member.created_at) == ("reviewer", None, NOON)
    assert member.pseudonym.startswith("r-")
    assert "dora" not in member.pseudonym
    entry = _last_entry(session)
    assert (entry.action, entry.detail) == (
        "project.add", {"user": cast.dora.id, "role": "reviewer"},
    )  # fmt: skip


def test_a_person_has_another_pseudonym_on_each_project(session: Session, cast: Cast) -> None:
    there = session.get_one(Membership, (cast.other_project.id, cast.dora.id)).pseudonym
    here = projects.add_member(session, cast.project, cast.dora, role="reviewer", now=NOON)
    assert here.pseudonym != there


def test_a_pseudonym_can_be_given(session: Session, cast: Cast) -> None:
    member = projects.add_member(
        session, cast.project, cast.dora, role="reviewer", now=NOON, pseudonym="rater 7"
    )
    assert member.pseudonym == "rater 7"


def test_a_member_becomes_something_else_and_keeps_the_pseudonym(
    session: Session, cast: Cast
) -> None:
    before = _member(session, cast, cast.ana).pseudonym
    projects.add_member(session, cast.project, cast.ana, role="lead", now=LATER, pseudonym="new")
    assert (_member(session, cast, cast.ana).role, before) == (
        "lead", _member(session, cast, cast.ana).pseudonym,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["admin", "owner", ""])
def test_a_role_that_there_is_not_on_a_project_is_refused(
    session: Session, cast: Cast, role: str
) -> None:
    with pytest.raises(Invalid) as refused:
        projects.add_member(session, cast.project, cast.dora, role=role, now=NOON)
    assert list(refused.value.errors) == ["role"]
    assert session.get(Membership, (cast.project.id, cast.dora.id)) is None


def test_who_leaves_gives_leases_back_and_keeps_judgments(session: Session, cast: Cast) -> None:
    judged = make_item(session, cast.project, "one")
    judge(session, must_take(session, cast.project, cast.ana).item_id, cast.ana)
    held = make_item(session, cast.project, "two")
    must_take(session, cast.project, cast.ana)
    projects.remove_member(session, cast.project, cast.ana, now=LATER, actor=cast.luz.id)
    states = [session.get_one(Assignment, (item.id, cast.ana.id)).state for item in (judged, held)]
    assert states == [State.JUDGED, State.RELEASED]
    session.refresh(held)
    assert held.slots_left == held.wanted
    assert _member(session, cast, cast.ana).left_at == LATER
    entry = _last_entry(session)
    assert (entry.action, entry.actor_id, entry.detail) == (
        "project.remove", cast.luz.id, {"user": cast.ana.id},
    )  # fmt: skip


def test_who_has_left_is_given_nothing_and_comes_back_as_the_same(
    session: Session, cast: Cast
) -> None:
    item = make_item(session, cast.project, "one")
    before = _member(session, cast, cast.ana).pseudonym
    projects.remove_member(session, cast.project, cast.ana, now=NOON)
    session.flush()
    assert take(session, cast.project, cast.ana) is None
    back = projects.add_member(session, cast.project, cast.ana, role="reviewer", now=LATER)
    assert (back.left_at, back.pseudonym) == (None, before)
    assert must_take(session, cast.project, cast.ana).item_id == item.id


def test_who_is_not_on_a_project_cannot_be_taken_off(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound, match="dora is not on this project"):
        projects.remove_member(session, cast.project, cast.dora, now=NOON)


def test_who_has_left_cannot_be_taken_off_again(session: Session, cast: Cast) -> None:
    projects.remove_member(session, cast.project, cast.ana, now=NOON)
    with pytest.raises(NotFound, match="ana is not on this project"):
        projects.remove_member(session, cast.project, cast.ana, now=LATER)
    assert _member(session, cast, cast.ana).left_at == NOON


def test_a_larger_overlap_opens_items_that_were_full(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "one", wanted=1, slots_left=1)
    must_take(session, cast.project, cast.ana)
    judge(session, item.id, cast.ana)
    assert take(session, cast.project, cast.beto) is None
    projects.change_overlap(session, cast.project, 3, now=LATER, actor=cast.luz.id)
    session.refresh(item)
    assert (item.wanted, item.slots_left) == (3, 2)
    assert must_take(session, cast.project, cast.beto).item_id == item.id
    assert session.get_one(Project, cast.project.id).overlap == 3
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "project.overlap")).one()
    assert (entry.actor_id, entry.detail) == (cast.luz.id, {"overlap": 3})


def test_a_smaller_overlap_keeps_what_is_judged_and_what_is_held(
    session: Session, cast: Cast
) -> None:
    busy = make_item(session, cast.project, "busy", wanted=3, slots_left=3)
    for who in (cast.ana, cast.beto):
        must_take(session, cast.project, who)
    judge(session, busy.id, cast.ana)
    idle = make_item(session, cast.project, "idle", wanted=3, slots_left=3)
    projects.change_overlap(session, cast.project, 1, now=LATER)
    session.expire_all()
    assert (busy.wanted, busy.slots_left) == (2, 0)
    assert (idle.wanted, idle.slots_left) == (1, 1)


def test_an_overlap_changes_neither_other_projects_nor_items_that_were_taken_out(
    session: Session, cast: Cast
) -> None:
    out = make_item(session, cast.project, "out")
    retire(session, out, NOON)
    elsewhere = make_item(session, cast.other_project, "elsewhere")
    projects.change_overlap(session, cast.project, 5, now=LATER)
    session.expire_all()
    assert (out.wanted, out.slots_left) == (0, 0)
    assert (elsewhere.wanted, elsewhere.slots_left) == (2, 2)


@pytest.mark.parametrize("overlap", [0, 101])
def test_a_change_to_an_overlap_out_of_range_is_refused(
    session: Session, cast: Cast, overlap: int
) -> None:
    item = make_item(session, cast.project, "one")
    with pytest.raises(Invalid) as refused:
        projects.change_overlap(session, cast.project, overlap, now=NOON)
    assert list(refused.value.errors) == ["overlap"]
    assert session.get_one(Item, item.id).wanted == cast.project.overlap
