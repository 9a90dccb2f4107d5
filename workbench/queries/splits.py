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
from workbench.task_types.base import Question

By: TypeAlias = Literal["week", "language", "tag", "model", "guideline", "site"]

#: What agreement can be split by.
WAYS: tuple[By, ...] = get_args(By)

#: Ways whose parts have an order of their own.
_ORDERED: tuple[By, ...] = ("week", "guideline")

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

    @property
    def measures(self) -> tuple[Measure, Measure, Measure]:
        """All three, as `measure` gives them."""
        return self.alpha, self.equal, self.gwet

    def as_dict(self) -> dict[str, Any]:
        """The part as JSON holds it."""
        return {"part": self.key, "measures": [each.as_dict() for each in self.measures]}


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
    as what can be said in every part.
    """
    asked = figures.table(session, project, question=question)
    values = figures.known_values(asked, question)
    parts, left_off = measured(labelled(session, project, asked, by, zone), question, by, values)
    return Split(
        project=project.slug,
        question=question,
        by=by,
        whole=Part(None, *figures.measure(asked, question)),
        parts=parts,
        left_off=left_off,
    )


def measured(
    parts: pd.DataFrame, question: Question, by: By, values: Sequence[Hashable]
) -> tuple[tuple[Part, ...], int]:
    """The figures of at most `MOST` parts of a table that `labelled` made, in the order of
    `Split.parts`, and how many parts are left off. `values`: what can be said.
    """
    chosen, left_off = _chosen(parts, by)
    found = [Part(key, *figures.measure(rows, question, values)) for key, rows in _apart(chosen)]
    return tuple(found if by in _ORDERED else sorted(found, key=_lowest_first)), left_off


def week_of(moments: pd.Series[Any], zone: ZoneInfo) -> pd.Series[Any]:
    """The ISO weeks of aware times in a zone, e.g. 2026-W47."""
    local = pd.to_datetime(moments, utc=True).dt.tz_convert(zone)
    weeks = local.dt.isocalendar()
    # Each week is written once: a text for every judgment would take longer than all the rest.
    numbers = weeks["year"].astype(int) * 100 + weeks["week"].astype(int)
    return numbers.map({each: f"{each // 100}-W{each % 100:02}" for each in numbers.unique()})


def _lowest_first(part: Part) -> tuple[bool, float]:
    return part.alpha.value is None, part.alpha.value or 0.0


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
    labels = pd.DataFrame(list(rows), columns=pd.Index([*on, "part"]), dtype=object)
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


def _chosen(labelled: pd.DataFrame, by: By) -> tuple[pd.DataFrame, int]:
    """The rows of at most `MOST` parts, and how many parts are left off."""
    sizes = labelled["part"].value_counts()
    if by in _ORDERED:
        sizes = sizes.sort_index(ascending=False)
    kept = sizes.index[:MOST]
    labelled = labelled[labelled["part"].isna() | labelled["part"].isin(kept)]
    return labelled, len(sizes) - len(kept)


def _apart(labelled: pd.DataFrame) -> Iterator[tuple[str | None, pd.DataFrame]]:
    """The parts in order of their keys, what has none last."""
    for key, rows in labelled.groupby("part", sort=True):
        yield str(key), rows
    nowhere = labelled[labelled["part"].isna()]
    if len(nowhere):
        yield None, nowhere
