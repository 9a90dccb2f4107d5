"""The lead's page line by line: what figures become before a template shows them.

Needs a request, for the reader's language.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from babel import Locale, UnknownLocaleError
from flask_babel import get_locale

from workbench.messages import N_
from workbench.queries.agreement import (
    Measure,
    answered,
    by_language,
    by_question,
)
from workbench.queries.counted import Counted
from workbench.queries.orders import Orders
from workbench.queries.progress import Day
from workbench.queries.review import ItemLine, Someone
from workbench.queries.reviewers import ReviewerPair
from workbench.queries.splits import Part
from workbench.task_types.base import Question
from workbench.web.language import said
from workbench.web.trust import Level, level

#: Weak spots that are named; the rest is in the tables.
NAMED = 3
#: Reviewers in the table of pairs: more do not fit a screen.
PAIRED = 20
#: Shares of equal answers from which a pair's cell takes the next darker shade.
SHADES = (0.5, 0.65, 0.8, 0.9)


@dataclass(frozen=True)
class AgreementLine:
    """The figures of one question, or of one part of its judgments."""

    title: str
    alpha: Measure
    equal: Measure
    #: Gwet's AC1 or AC2.
    gwet: Measure
    level: Level
    #: Kendall's W and tau-b of a question that orders three responses or more.
    orders: Orders | None = None
    #: How many steps apart people are, of a question whose answer is a step.
    apart: Measure | None = None


@dataclass(frozen=True)
class Bar:
    """A day of the chart, in its own units of length."""

    x: int
    height: int
    day: Day
    #: Whether its number stands above it.
    labelled: bool


@dataclass(frozen=True)
class Cell:
    """Two reviewers compared. `shade` runs from 0 (seldom the same) to 4 (nearly always)."""

    pair: ReviewerPair
    shade: int


@dataclass(frozen=True)
class PairLine:
    """One reviewer beside the others, in the order of the columns; None beside themselves."""

    who: Someone
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class DisputeLine:
    """A disputed item. `share`: its disagreement as a share (0..1) of the most there could be."""

    line: ItemLine
    n_reviewers: int
    share: float


def question_lines(found: Counted, questions: Sequence[Question]) -> list[AgreementLine]:
    """The figures of every question, in the project's order."""
    measures = by_question(found, questions)
    asked = {each.key for each in questions if answered(found, each)}
    return [
        agreement_line(said(each.title), [_asked(one, each, asked) for one in measures[each.key]])
        for each in questions
    ]


def _asked(found: Measure, question: Question, asked: set[str]) -> Measure:
    """The measure; where no judgment answers its question, that is the reason it is undefined."""
    if not asked or question.key in asked:
        return found
    return replace(found, undefined=N_("No judgment answers this."))


def undefined(lines: Sequence[AgreementLine]) -> dict[str, list[str]]:
    """Titles of the lines without a figure, by the reason."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.alpha.undefined is not None:
            found.setdefault(said(line.alpha.undefined), []).append(line.title)
    return found


def language_lines(found: Counted, question: Question) -> list[AgreementLine]:
    """The figures of one question by language; none where there is one language only."""
    measures = by_language(found, question)
    if len(measures) < 2:
        return []
    return [agreement_line(language_name(code), each) for code, each in measures.items()]


def agreement_line(title: str, measures: Sequence[Measure]) -> AgreementLine:
    """A line of what `measure` found."""
    alpha, equal, gwet = measures
    return AgreementLine(title, alpha, equal, gwet, level(alpha))


def part_line(title: str, part: Part) -> AgreementLine:
    """A line of one part of the judgments of a question."""
    line = agreement_line(title, part.measures)
    return replace(line, orders=part.orders, apart=part.apart)


def language_name(code: str) -> str:
    """A language in the reader's, e.g. español; its code where that is no known one."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(get_locale())
    except (ValueError, UnknownLocaleError):
        return code
    return name or code


def weak_spots(lines: Sequence[AgreementLine]) -> list[AgreementLine]:
    """Where agreement is too low to rely on, the lowest first."""
    weak = [line for line in lines if line.level is Level.DANGER]
    return sorted(weak, key=lambda line: line.alpha.value or 0)[:NAMED]


def bars(days: Sequence[Day]) -> list[Bar]:
    """The chart of judgments by day: 22 units a day, the highest bar 80 units high.

    Only the highest bar and today's have their number above them, so that numbers never touch.
    """
    highest = max((day.judgments for day in days), default=0)
    peak = next((i for i, day in enumerate(days) if day.judgments == highest), -1)
    return [
        Bar(
            x=22 * i,
            height=round(80 * day.judgments / highest) if highest else 0,
            day=day,
            labelled=bool(day.judgments) and i in {peak, len(days) - 1},
        )
        for i, day in enumerate(days)
    ]


def pair_lines(
    pairs: Sequence[ReviewerPair], people: Mapping[str, Someone], most: int = PAIRED
) -> list[PairLine]:
    """Everyone beside everyone, at most those `most` who have most items in common with others."""
    cells: dict[tuple[str, str], Cell] = {}
    shared: dict[str, int] = {}
    for pair in pairs:
        cell = Cell(pair, bisect(SHADES, pair.agreement or 0))
        for one, other in (
            (pair.reviewer_a, pair.reviewer_b),
            (pair.reviewer_b, pair.reviewer_a),
        ):
            cells[one, other] = cell
            shared[one] = shared.get(one, 0) + pair.n_items
    busiest = sorted(shared, key=lambda name: (-shared[name], name))[:most]
    chosen = sorted((people.get(name, Someone(name)) for name in busiest), key=_in_order)
    return [
        PairLine(one, tuple(cells.get((one.pseudonym, other.pseudonym)) for other in chosen))
        for one in chosen
    ]


def _in_order(who: Someone) -> str:
    return who.name or who.pseudonym
