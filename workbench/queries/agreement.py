"""How far the judgments of a project agree: its answers as a long table, and the figures of it.

The table has a row for every value that was given: item (its external id), reviewer (a pseudonym),
question (a key of the task type's questions), unit, value; and the item's language.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.messages import Message
from workbench.models import Item as ItemRow
from workbench.models import Project
from workbench.queries.counted import Counted, counted
from workbench.stats import (
    Estimate,
    Prepared,
    gwet_ac,
    item_disagreement,
    krippendorff_alpha,
    percent_agreement,
    prepare,
)
from workbench.stats.arrays import Ints
from workbench.stats.patterns import Answers
from workbench.stats.repeated import Sayings, prepare_patterns
from workbench.task_types.base import Question

COLUMNS = ("item", "reviewer", "question", "unit", "value", "language")


@dataclass(frozen=True)
class Measure:
    """One figure of one question, with its 95 % interval and what it rests on.

    `value` is None when the figure is undefined, and `undefined` says why; without an interval
    `low` and `high` are None, and `no_interval` says why where the figure itself is defined.
    """

    question: str
    title: Message
    #: "krippendorff_alpha", "percent_agreement" or "gwet_ac"; other modules have others.
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    undefined: Message | None
    no_interval: Message | None
    #: What the figure leaves out.
    note: Message | None = None

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
            "note": None if self.note is None else str(self.note),
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


def questions_of(project: Project) -> list[Question]:
    """What agreement of this project is measured on, the main question first."""
    return task_types.get(project.type).questions(project.config)


def agreement(session: Session, project: Project) -> Agreement:
    """The figures of every question of a project."""
    found = counted(session, project)
    measures = by_question(found, questions_of(project))
    return Agreement(
        project=project.slug,
        items=found.answers.items.size,
        judgments=found.answers.item.size,
        reviewers=found.n_reviewers,
        measures=tuple(each for figures in measures.values() for each in figures),
    )


def measure(
    table: pd.DataFrame, question: Question, values: Sequence[Hashable] = ()
) -> list[Measure]:
    """Krippendorff's alpha, the share of equal pairs, and Gwet's AC1 or AC2, in this order.

    Alpha and AC go by the question's own distance: AC1 where it is nominal, AC2 otherwise.
    `values`: what can be said, where the table is a part in which not everything was.
    """
    return measures_of(of_question(table, question), question, values)


def measures_of(
    prepared: Prepared, question: Question, values: Sequence[Hashable] = ()
) -> list[Measure]:
    """What `measure` gives, of a question's part of the table that is coded already."""
    distance = question.distance
    return [
        as_measure(question, "krippendorff_alpha", krippendorff_alpha(prepared, distance)),
        as_measure(question, "percent_agreement", percent_agreement(prepared)),
        as_measure(question, "gwet_ac", gwet_ac(prepared, distance, values=values)),
    ]


def by_question(found: Counted, questions: Sequence[Question]) -> dict[str, list[Measure]]:
    """The figures of each question (criterion, category), by its key."""
    return {question.key: _figures(found, question) for question in questions}


def by_language(found: Counted, question: Question) -> dict[str, list[Measure]]:
    """The figures of one question for the items of each language in which it was answered, in
    order of the languages."""
    return {
        language: _figures(found, question, language)
        for language in sorted(found.languages)
        if prepared_of(found, question, language).coded.unit.size
    }


def of_items(found: Counted, question: Question, item_ids: Collection[int]) -> list[Measure]:
    """The figures of one question for these items alone. What can be said is what was ever said."""
    here = np.isin(found.answers.items, np.fromiter(item_ids, dtype=np.int64))
    some = prepare_patterns(found.answers.only(here), sayings_of(found, question.key), found.names)
    return measures_of(some, question, prepared_of(found, question).coded.known_values)


def _figures(found: Counted, question: Question, language: str | None = None) -> list[Measure]:
    """The measures of a question. What can be said is what was said in any language."""
    prepared = prepared_of(found, question, language)
    values = () if language is None else prepared_of(found, question).coded.known_values
    return found.once(
        ("measures", question.key, language), lambda: measures_of(prepared, question, values)
    )


def prepared_of(found: Counted, question: Question, language: str | None = None) -> Prepared:
    """What was said to one question, ready for any figure; of the items of one language alone."""
    groups = None if language is None else {found.languages.index(language)}
    return found.once(
        ("prepared", question.key, language),
        lambda: prepare_patterns(
            found.answers, sayings_of(found, question.key), found.names, groups
        ),
    )


def answered(found: Counted, question: Question) -> bool:
    """Whether any judgment gives a value to the question."""
    return bool(prepared_of(found, question).coded.unit.size)


def sayings_of(found: Counted, question: str) -> Sayings:
    """What was said to one question, by what an answer says."""
    return found.once(
        ("sayings", question),
        lambda: Sayings.of(
            [
                [(unit.unit, unit.value) for unit in said if unit.question == question]
                for said in found.sayings
            ]
        ),
    )


def known_values(table: pd.DataFrame, question: Question) -> list[Hashable]:
    """What was said to one question, each value once."""
    said = table["value"][table["question"] == question.key]
    return said.infer_objects().dropna().unique().tolist()


def of_question(table: pd.DataFrame, question: Question) -> Prepared:
    """One question's part of the table, coded for any of the figures."""
    part = table[table["question"] == question.key]
    return prepare(part.assign(value=part["value"].infer_objects()))


def as_measure(
    question: Question, name: str, estimate: Estimate, note: Message | None = None
) -> Measure:
    """A figure of the statistics as one of a question."""
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
        note=note,
    )


def disputes(
    session: Session,
    project: Project,
    limit: int,
    without: Collection[int] = (),
    only: Collection[int] | None = None,
) -> list[Dispute]:
    """The items whose answers to the main question are furthest apart, the furthest first, and of
    equally far ones those that came first.

    Items on which all agree are none of them. `without`: ids of items to leave out; `only`: of
    those to look at.
    """
    question = questions_of(project)[0]
    found = counted(session, project)
    table = found.once(
        ("disputes", question.key),
        lambda: item_disagreement(prepared_of(found, question), question.distance),
    )
    looked_at = ~np.isin(found.answers.items, np.fromiter(without, dtype=np.int64))
    if only is not None:
        looked_at &= np.isin(found.answers.items, np.fromiter(only, dtype=np.int64))
    chosen: list[tuple[int, Any]] = []
    for _, alike in table[table["disagreement"] > 0].groupby("disagreement", sort=False):
        if len(chosen) >= limit:
            break
        rows = alike.set_index("item")
        here = np.flatnonzero(np.isin(found.answers.pattern, rows.index.to_numpy()))
        here = here[looked_at[here]][: limit - len(chosen)]
        patterns = found.answers.pattern[here].tolist()
        ids = found.answers.items[here].tolist()
        chosen += [(i, rows.loc[p]) for i, p in zip(ids, patterns, strict=True)]
    names = _names(session, [item_id for item_id, _ in chosen])
    return [
        Dispute(
            item_id,
            names[item_id],
            int(row["n_reviewers"]),
            float(row["disagreement"]),
            float(row["share"]),
        )
        for item_id, row in chosen
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


def _names(session: Session, ids: list[int]) -> dict[int, str]:
    """External ids of items."""
    rows = session.execute(select(ItemRow.id, ItemRow.external_id).where(ItemRow.id.in_(ids)))
    return dict(rows.all())


def table(
    session: Session,
    project: Project,
    *,
    question: Question | None = None,
    language: str | None = None,
    judged_by: int | None = None,
    items: Collection[int] | None = None,
) -> pd.DataFrame:
    """The project's current judgments as the module's table.

    Replaced and removed items are left out. `question`: only its values; `language`: only items of
    that one, e.g. "es"; `judged_by`: only items that this person judged; `items`: only these ids.
    """
    found = counted(session, project)
    answers = found.answers
    kept = np.ones(answers.items.size, dtype=bool)
    if language is not None:
        kept &= np.isin(answers.group, [i for i, x in enumerate(found.languages) if x == language])
    if judged_by is not None:
        kept &= np.isin(answers.items, answers.item[answers.reviewer == found.user(judged_by)])
    if items is not None:
        kept &= np.isin(answers.items, np.fromiter(items, dtype=np.int64))
    answers = answers.only(kept) if not kept.all() else answers
    said = {unit.question for units in found.sayings for unit in units}
    asked = [question.key] if question is not None else sorted(said) or [""]
    names = _item_names(session, project.id, answers.items)
    parts = [_part(found, answers, key, names) for key in asked]
    return pd.concat(parts, ignore_index=True) if len(parts) != 1 else parts[0]


def _part(found: Counted, answers: Answers, question: str, names: pd.Index) -> pd.DataFrame:
    """The values of one question."""
    sayings = sayings_of(found, question)
    place = np.repeat(np.arange(answers.items.size), answers.sizes)
    part = sayings.table(place, answers.reviewer, answers.said)
    item = part["item"].to_numpy()
    columns = {
        "item": pd.Categorical.from_codes(item, categories=names),
        "reviewer": _texts(part["reviewer"].to_numpy(), found.names),
        "question": _texts(np.zeros(item.size, dtype=np.int8), [question]),
        "unit": part["unit"],
        "value": part["value"].astype(object),
        "language": _texts(answers.group[item], found.languages),
    }
    return pd.DataFrame(columns)


def _texts(codes: npt.NDArray[Any], names: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(names), dtype=object))


def _item_names(session: Session, project_id: int, ids: Ints) -> pd.Index:
    """External ids of these items, which are in the project, in their order."""
    rows = session.execute(
        select(ItemRow.id, ItemRow.external_id).where(
            ItemRow.project_id == project_id, ItemRow.retired_at.is_(None)
        )
    )
    names = dict(rows.all())
    return pd.Index([names[i] for i in ids.tolist()], dtype=object)
