"""How far the judgments of a project agree: its answers as a long table, and the figures of it.

The table has a row for every value that was given: item (its external id), reviewer (a pseudonym),
question (a key of the task type's questions), unit, value; and the item's language.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.messages import Message
from workbench.models import Assignment, Judgment, Membership, Project, State
from workbench.models import Item as ItemRow
from workbench.queries.item_rows import plain_item, select_items
from workbench.stats import (
    Estimate,
    Prepared,
    gwet_ac,
    item_disagreement,
    krippendorff_alpha,
    pairwise_agreement,
    percent_agreement,
    prepare,
)
from workbench.task_types.base import Answer, Question, Unit

COLUMNS = ("item", "reviewer", "question", "unit", "value", "language")

#: Items that are read at once.
_PAGE = 500


@dataclass(frozen=True)
class Measure:
    """One figure of one question, with its 95 % interval and what it rests on.

    `value` is None when the figure is undefined, and `undefined` says why; without an interval
    `low` and `high` are None, and `no_interval` says why where the figure itself is defined.
    """

    question: str
    title: Message
    #: "krippendorff_alpha", "percent_agreement" or "gwet_ac".
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    undefined: Message | None
    no_interval: Message | None

    def as_dict(self) -> dict[str, Any]:
        """The measure as JSON holds it."""
        return {
            "question": self.question,
            "measure": self.measure,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n_items": self.n_items,
            "n_judgments": self.n_judgments,
            "undefined": None if self.undefined is None else str(self.undefined),
        }


@dataclass(frozen=True)
class Agreement:
    """All figures of a project. `items` have a judgment that counts, `reviewers` gave one."""

    project: str
    items: int
    judgments: int
    reviewers: int
    measures: tuple[Measure, ...]

    def as_dict(self) -> dict[str, Any]:
        """The agreement as JSON holds it."""
        return {
            "project": self.project,
            "items": self.items,
            "judgments": self.judgments,
            "reviewers": self.reviewers,
            "measures": [measure.as_dict() for measure in self.measures],
        }


@dataclass(frozen=True)
class Dispute:
    """An item that reviewers disagree about. 0: all say the same."""

    item_id: int
    external_id: str
    n_reviewers: int
    disagreement: float
    #: The disagreement as a share (0..1) of the most there could be.
    share: float


@dataclass(frozen=True)
class ReviewerPair:
    """How far two reviewers agree on what both judged. None: undefined."""

    reviewer_a: str
    reviewer_b: str
    n_units: int
    n_items: int
    agreement: float | None
    alpha: float | None


def questions_of(project: Project) -> list[Question]:
    """What agreement of this project is measured on, the main question first."""
    return task_types.get(project.type).questions(project.config)


def agreement(session: Session, project: Project) -> Agreement:
    """The figures of every question of a project."""
    values = read_values(session, project)
    whole = values.table()
    return Agreement(
        project=project.slug,
        items=len(values.items),
        judgments=values.judgments,
        reviewers=len(values.reviewers),
        measures=tuple(
            found for question in questions_of(project) for found in measure(whole, question)
        ),
    )


def measure(
    table: pd.DataFrame, question: Question, values: Sequence[Hashable] = ()
) -> list[Measure]:
    """Krippendorff's alpha, the share of equal pairs, and Gwet's AC1 or AC2, in this order.

    Alpha and AC go by the question's own distance: AC1 where it is nominal, AC2 otherwise.
    `values`: what can be said, where the table is a part in which not everything was.
    """
    prepared = of_question(table, question)
    distance = question.distance
    return [
        _measure(question, "krippendorff_alpha", krippendorff_alpha(prepared, distance)),
        _measure(question, "percent_agreement", percent_agreement(prepared)),
        _measure(question, "gwet_ac", gwet_ac(prepared, distance, values=values)),
    ]


def by_question(table: pd.DataFrame, questions: list[Question]) -> dict[str, list[Measure]]:
    """The figures of each question (criterion, category), by its key."""
    return {question.key: measure(table, question) for question in questions}


def by_language(table: pd.DataFrame, question: Question) -> dict[str, list[Measure]]:
    """The figures of one question for the items of each language, in order of the languages."""
    values = known_values(table, question)
    parts = table[table["question"] == question.key].groupby("language", observed=True)
    return {str(language): measure(part, question, values) for language, part in parts}


def known_values(table: pd.DataFrame, question: Question) -> list[Hashable]:
    """What was said to one question, each value once."""
    said = table["value"][table["question"] == question.key]
    return said.infer_objects().dropna().unique().tolist()


def of_question(table: pd.DataFrame, question: Question) -> Prepared:
    """One question's part of the table, coded for any of the figures."""
    part = table[table["question"] == question.key]
    return prepare(part.assign(value=part["value"].infer_objects()))


def _measure(question: Question, name: str, estimate: Estimate) -> Measure:
    return Measure(
        question=question.key,
        title=question.title,
        measure=name,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n_items=estimate.n_items,
        n_judgments=estimate.n_judgments,
        undefined=estimate.undefined,
        no_interval=estimate.no_interval,
    )


def disputes(
    session: Session,
    project: Project,
    limit: int,
    table: pd.DataFrame | None = None,
    without: Collection[str] = (),
) -> list[Dispute]:
    """The items whose answers to the main question are furthest apart, the furthest first.

    Items on which all agree are none of them. `table`: the project's, where it is at hand;
    `without`: external ids of items to leave out.
    """
    question = questions_of(project)[0]
    whole = read_values(session, project).table() if table is None else table
    found = item_disagreement(of_question(whole, question), question.distance)
    found = found[(found["disagreement"] > 0) & ~found["item"].isin(without)].head(limit)
    ids = ids_of(session, project.id, found["item"].tolist())
    return [
        Dispute(
            ids[row["item"]], row["item"], row["n_reviewers"], row["disagreement"], row["share"]
        )
        for row in found.to_dict("records")
    ]


def ids_of(session: Session, project_id: int, names: list[str]) -> dict[str, int]:
    """Ids of the project's present items by these external ids."""
    rows = session.execute(
        select(ItemRow.external_id, ItemRow.id).where(
            ItemRow.project_id == project_id,
            ItemRow.external_id.in_(names),
            ItemRow.retired_at.is_(None),
        )
    )
    return dict(rows.all())


def reviewer_pairs(table: pd.DataFrame, question: Question) -> list[ReviewerPair]:
    """Every pair of reviewers, each before the other by pseudonym."""
    found = pairwise_agreement(of_question(table, question), question.distance)
    return [
        ReviewerPair(
            row["reviewer_a"],
            row["reviewer_b"],
            row["n_units"],
            row["n_items"],
            _defined(row["agreement"]),
            _defined(row["alpha"]),
        )
        for row in found.to_dict("records")
    ]


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value


def table(session: Session, project: Project, *, language: str | None = None) -> pd.DataFrame:
    """The project's current judgments as the module's table.

    Replaced and removed items are left out. `language`: only items of that one, e.g. "es".
    """
    return read_values(session, project, language=language).table()


@dataclass
class Values:
    """The columns of the table while it grows, and who and what it is about.

    Texts stand as codes: places in `items`, `reviewers` and so on.
    """

    items: dict[str, int] = field(default_factory=dict)
    reviewers: dict[str, int] = field(default_factory=dict)
    judgments: int = 0
    _questions: dict[str, int] = field(default_factory=dict)
    _units: dict[str, int] = field(default_factory=dict)
    _languages: dict[str, int] = field(default_factory=dict)
    _columns: tuple[list[Any], ...] = field(default_factory=lambda: tuple([] for _ in COLUMNS))

    def table(self) -> pd.DataFrame:
        """The module's table."""
        known = (self.items, self.reviewers, self._questions, self._units, None, self._languages)
        return pd.DataFrame(
            {
                name: pd.Series(column, dtype=object) if names is None else _texts(column, names)
                for name, column, names in zip(COLUMNS, self._columns, known, strict=True)
            }
        )

    def add(self, item: str, language: str, reviewer: str, units: Iterable[Unit]) -> None:
        """Add one judgment of an item."""
        self.judgments += 1
        item_code = self.items.setdefault(item, len(self.items))
        reviewer_code = self.reviewers.setdefault(reviewer, len(self.reviewers))
        language_code = self._languages.setdefault(language, len(self._languages))
        items, reviewers, questions, names, values, languages = self._columns
        for unit in units:
            items.append(item_code)
            reviewers.append(reviewer_code)
            questions.append(self._questions.setdefault(unit.question, len(self._questions)))
            names.append(self._units.setdefault(unit.unit, len(self._units)))
            values.append(unit.value)
            languages.append(language_code)


def _texts(codes: list[int], names: dict[str, int]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(names), dtype=object))


def read_values(
    session: Session,
    project: Project,
    *,
    language: str | None = None,
    judged_by: int | None = None,
) -> Values:
    """What `table` is made of, with the counts. `judged_by`: only items that this person judged."""
    task_type, config = task_types.get(project.type), project.config
    people = _pseudonyms(session, project.id)
    values = Values()
    after = ""
    while rows := _judged(session, project.id, after, language, judged_by):
        answers = _answers(session, [row.id for row in rows])
        for row in rows:
            item = plain_item(row)
            for user_id, answer in answers[row.id]:
                units = task_type.units(answer, item, config)
                values.add(item.id, row.language_base, people[user_id], units)
        after = rows[-1].external_id
    return values


def _pseudonyms(session: Session, project_id: int) -> dict[int, str]:
    rows = session.execute(
        select(Membership.user_id, Membership.pseudonym).where(Membership.project_id == project_id)
    )
    return dict(rows.all())


def _judged(
    session: Session, project_id: int, after: str, language: str | None, judged_by: int | None
) -> Sequence[Row[Any]]:
    """The next present items that have a judgment, in order of their ids."""
    judged = exists().where(Assignment.item_id == ItemRow.id, Assignment.state == State.JUDGED)
    if judged_by is not None:
        judged = judged.where(Assignment.user_id == judged_by)
    query = (
        select_items()
        .where(
            ItemRow.project_id == project_id,
            ItemRow.is_current,
            ItemRow.external_id > after,
            judged,
        )
        .order_by(ItemRow.external_id)
        .limit(_PAGE)
    )
    if language is not None:
        query = query.where(ItemRow.language_base == language)
    return session.execute(query).all()


def _answers(session: Session, item_ids: list[int]) -> dict[int, list[tuple[int, Answer]]]:
    """The answers that count, with their reviewers, by item."""
    rows = session.execute(
        select(Assignment.item_id, Assignment.user_id, Judgment.answer)
        .join(Judgment, Judgment.id == Assignment.judgment_id)
        .where(Assignment.item_id.in_(item_ids), Assignment.state == State.JUDGED)
        .order_by(Assignment.item_id, Assignment.user_id)
    )
    answers: dict[int, list[tuple[int, Answer]]] = {}
    for item_id, user_id, answer in rows:
        if answer is not None:
            answers.setdefault(item_id, []).append((user_id, answer))
    return answers
