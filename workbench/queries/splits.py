"""Agreement of one question, part by part: where it holds and where it does not."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.models import Assignment, Judgment, Membership, Project, State, User
from workbench.models import Item as ItemRow
from workbench.queries import agreement as figures
from workbench.queries.agreement import Measure
from workbench.queries.counted import counted
from workbench.queries.orders import Orders, orders_in, orders_of
from workbench.queries.steps_apart import steps_apart, steps_apart_in
from workbench.task_types.base import Question

By: TypeAlias = Literal["week", "language", "tag", "model", "guideline", "site"]

#: What agreement can be split by.
WAYS: tuple[By, ...] = get_args(By)

#: Ways whose parts have an order of their own.
ORDERED: tuple[By, ...] = ("week", "guideline")

#: Parts that are worked out: the latest weeks and versions, of others those with most judgments.
MOST = 60

#: Rows that are fetched at once.
_PAGE = 10_000

#: What each judgment says of itself, by the way of splitting.
_OF_JUDGMENTS: dict[By, ColumnElement[Any]] = {
    "week": Judgment.made_at.expression,
    "guideline": Judgment.guideline_version.expression,
    "site": func.nullif(User.site, ""),
}


@dataclass(frozen=True)
class Part:
    """One part and its figures."""

    #: A language ("es"), a tag, a model, a site, a number of a version, or a week ("2026-W47").
    #: None: what has none of these.
    key: str | None
    alpha: Measure
    equal: Measure
    #: Gwet's AC1 or AC2.
    gwet: Measure
    #: Kendall's W and tau-b of a question that orders three responses or more.
    orders: Orders | None = None
    #: How many steps apart people are, of a question whose answer is a step.
    apart: Measure | None = None

    @property
    def measures(self) -> tuple[Measure, Measure, Measure]:
        """The three of every question, as `measure` gives them."""
        return self.alpha, self.equal, self.gwet

    @property
    def all_measures(self) -> tuple[Measure, ...]:
        """These, and those of whole rankings or of steps where there are any."""
        orders = () if self.orders is None else self.orders.measures
        return (*self.measures, *orders, *(() if self.apart is None else (self.apart,)))

    def as_dict(self) -> dict[str, Any]:
        """The part as JSON holds it."""
        return {"part": self.key, "measures": [each.as_dict() for each in self.all_measures]}


@dataclass(frozen=True)
class Split:
    """Agreement of one question by `by`, beside that of everything together."""

    project: str
    question: Question
    by: By
    whole: Part
    #: Weeks and versions in their order; of others the lowest alpha first, undefined ones last.
    parts: tuple[Part, ...]
    #: Parts beyond `MOST`, which are not worked out.
    left_off: int

    def as_dict(self) -> dict[str, Any]:
        """The split as JSON holds it."""
        return {
            "project": self.project,
            "question": self.question.key,
            "by": self.by,
            "whole": self.whole.as_dict()["measures"],
            "parts": [part.as_dict() for part in self.parts],
            "left_off": self.left_off,
        }


def question_named(project: Project, key: str | None) -> Question:
    """The project's question of that key, the main one for None. Raises NotFound."""
    questions = figures.questions_of(project)
    for question in questions:
        if key in {None, question.key}:
            return question
    raise NotFound(
        "There is no question %(key)s here, only: %(known)s.",
        key=key,
        known=", ".join(question.key for question in questions),
    )


def split(session: Session, project: Project, question: Question, by: By, zone: ZoneInfo) -> Split:
    """One question's agreement by language, tag or model of the items, or by the judgments' own.

    An item is in the part of every tag and every model that it has, with all its judgments. A
    judgment is in the part of the guideline version that was on its reviewer's screen, of the ISO
    week in `zone` in which its present answer was given, and of the site where its reviewer works
    now; it is compared with others of that part alone. AC counts the values of the whole question
    as what can be said in every part. Where three responses or more are ordered, whole rankings are
    compared as well, of a part those of `orders.MOST_OF_PART` items at most.
    """
    return counted(session, project).once(
        ("split", question.key, by, zone.key, standing(session, project, by)),
        lambda: _split(session, project, question, by, zone),
    )


def _split(session: Session, project: Project, question: Question, by: By, zone: ZoneInfo) -> Split:
    asked = asked_of(session, project, question)
    whole = whole_of(session, project, asked, question)
    parts, left_off = measured(
        labelled(session, project, asked, by, zone),
        question,
        by,
        figures.known_values(asked, question),
        ordered=whole.orders is not None,
    )
    return Split(project.slug, question, by, whole, parts, left_off)


def asked_of(session: Session, project: Project, question: Question) -> pd.DataFrame:
    """The table of `agreement` of one question, with its values in a type of their own: parts of it
    are coded sooner then."""
    asked = figures.table(session, project, question=question)
    return asked.assign(value=asked["value"].infer_objects())


def whole_of(session: Session, project: Project, asked: pd.DataFrame, question: Question) -> Part:
    """The figures of everything that was said to the question."""
    alpha, equal, gwet = figures.measure(asked, question)
    orders = orders_of(session, project, question)
    return Part(None, alpha, equal, gwet, orders, steps_apart(session, project, question))


def part_of(
    key: str | None,
    rows: pd.DataFrame,
    question: Question,
    values: Sequence[Hashable],
    *,
    ordered: bool,
) -> Part:
    """The figures of the rows of one part. `values`: what can be said; `ordered`: whether whole
    rankings are compared too."""
    prepared = figures.of_question(rows, question)
    alpha, equal, gwet = figures.measures_of(prepared, question, values)
    orders = orders_in(rows, prepared, question) if ordered else None
    apart = steps_apart_in(rows, question) if question.place else None
    return Part(key, alpha, equal, gwet, orders, apart)


def measured(
    parts: pd.DataFrame,
    question: Question,
    by: By,
    values: Sequence[Hashable],
    *,
    ordered: bool,
) -> tuple[tuple[Part, ...], int]:
    """The figures of at most `MOST` parts of a table that `labelled` made, in the order of
    `Split.parts`, and how many parts are left off. The rest as in `part_of`.
    """
    rows_of, left_off = apart(parts, by, MOST)
    found = [part_of(key, rows, question, values, ordered=ordered) for key, rows in rows_of]
    return tuple(found if by in ORDERED else sorted(found, key=_by_alpha)), left_off


def standing(session: Session, project: Project, by: By) -> Hashable:
    """What the parts go by that changes while no judgment does: where people work."""
    if by != "site":
        return None
    people = (
        select(User.id, User.site)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.project_id == project.id)
        .order_by(User.id)
    )
    return tuple(tuple(row) for row in session.execute(people))


def week_of(moments: pd.Series[Any], zone: ZoneInfo) -> pd.Series[Any]:
    """The ISO weeks of aware times in a zone, e.g. 2026-W47."""
    local = pd.to_datetime(moments, utc=True).dt.tz_convert(zone)
    weeks = local.dt.isocalendar()
    # Each week is written once: a text for every judgment would take longer than all the rest.
    numbers = weeks["year"].astype(int) * 100 + weeks["week"].astype(int)
    return numbers.map({each: f"{each // 100}-W{each % 100:02}" for each in numbers.unique()})


def _by_alpha(part: Part) -> tuple[bool, float]:
    return lowest_first(part.alpha)


def lowest_first(measure: Measure) -> tuple[bool, float]:
    """A key to sort by: the lowest first, what is undefined last."""
    return measure.value is None, measure.value or 0.0


def labelled(
    session: Session, project: Project, asked: pd.DataFrame, by: By, zone: ZoneInfo
) -> pd.DataFrame:
    """The rows of a table of `agreement` once for each part that they are in, with its key as
    `part`."""
    if by == "language":
        return asked.assign(part=asked["language"].astype(object))
    on, rows = ["item"], _parts_of_items(session, project, by)
    if by in _OF_JUDGMENTS:
        on, rows = ["item", "reviewer"], _parts_of_judgments(session, project, by)
    labels = pd.DataFrame(
        [tuple(row) for row in rows], columns=pd.Index([*on, "part"]), dtype=object
    )
    if by == "week" and len(labels):
        labels["part"] = week_of(labels["part"], zone)
    # Texts as codes of the table's own: a merge of the texts would take most of the time.
    for name in on:
        labels[name] = pd.Categorical(labels[name], categories=asked[name].cat.categories)
    return asked.merge(labels, on=on, how="inner")


def _parts_of_items(session: Session, project: Project, by: By) -> Iterator[tuple[Any, ...]]:
    """(item, tag or model) of every judged item, each once; None for an item without any."""
    column = ItemRow.tags if by == "tag" else ItemRow.responses
    judged = exists().where(Assignment.item_id == ItemRow.id, Assignment.state == State.JUDGED)
    query = (
        select(ItemRow.external_id, column)
        .where(
            ItemRow.project_id == project.id,
            ItemRow.is_current,
            judged,
        )
        .execution_options(yield_per=_PAGE)
    )
    for item, stored in session.execute(query):
        names = stored if by == "tag" else [each.get("model") for each in stored]
        for name in dict.fromkeys(filter(None, names)) or (None,):
            yield item, name


def _parts_of_judgments(session: Session, project: Project, by: By) -> Iterator[tuple[Any, ...]]:
    """(item, reviewer, version, time or site) of every judgment that counts."""
    query = (
        select(ItemRow.external_id, Membership.pseudonym, _OF_JUDGMENTS[by])
        .select_from(Assignment)
        .join(Judgment, Judgment.id == Assignment.judgment_id)
        .join(ItemRow, ItemRow.id == Assignment.item_id)
        .join(
            Membership,
            (Membership.user_id == Assignment.user_id)
            & (Membership.project_id == Assignment.project_id),
        )
        .join(User, User.id == Assignment.user_id)
        .where(Assignment.project_id == project.id, Assignment.state == State.JUDGED)
        .where(ItemRow.is_current)
        .execution_options(yield_per=_PAGE)
    )
    yield from session.execute(query)


def apart(
    parts: pd.DataFrame, by: By, most: int
) -> tuple[list[tuple[str | None, pd.DataFrame]], int]:
    """At most so many parts of a table that `labelled` made, as (key, its rows): the latest weeks
    and versions, of others those with most rows, in order of their keys, and what has none last;
    and how many are left off.
    """
    sizes = parts["part"].value_counts()
    if by in ORDERED:
        sizes = sizes.sort_index(ascending=False)
    kept = sizes.index[:most]
    groups = parts[parts["part"].isin(kept)].groupby("part", sort=True)
    found: list[tuple[str | None, pd.DataFrame]] = [(str(key), rows) for key, rows in groups]
    nowhere = parts[parts["part"].isna()]
    if len(nowhere):
        found.append((None, nowhere))
    return found, len(sizes) - len(kept)
