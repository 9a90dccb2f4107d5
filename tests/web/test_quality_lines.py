from datetime import date, timedelta

import pytest
from flask_babel import force_locale

from workbench.messages import N_
from workbench.queries.agreement import Measure
from workbench.queries.progress import Day
from workbench.queries.review import Someone
from workbench.queries.reviewers import ReviewerPair
from workbench.web.quality_lines import (
    AgreementLine,
    bars,
    language_name,
    pair_lines,
    weak_spots,
)
from workbench.web.request import WorkbenchFlask
from workbench.web.trust import level


def _line(title: str, value: float, low: float) -> AgreementLine:
    alpha = Measure(title, N_("Any"), "krippendorff_alpha", value, low, 1.0, 9, 18, None, None)
    return AgreementLine(title, alpha, alpha, alpha, level(alpha))


def test_weak_spots_are_the_unreliable_ones_the_lowest_first() -> None:
    lines = [_line(name, value, value - 0.1) for name, value in
             (("fair", 0.8), ("low", 0.2), ("good", 0.95), ("lowest", -0.3))]  # fmt: skip
    assert [line.title for line in weak_spots(lines)] == ["lowest", "low"]


@pytest.mark.parametrize(
    ("locale", "code", "name"),
    [
        ("es_CO", "en", "inglés"),
        ("en", "es", "Spanish"),
        ("en", "es-CO", "Spanish (Colombia)"),
        ("en", "xx-none", "xx-none"),
    ],
)
def test_languages_are_named_in_the_readers_own(
    app: WorkbenchFlask, locale: str, code: str, name: str
) -> None:
    with app.test_request_context("/"), force_locale(locale):
        assert language_name(code) == name


def test_the_highest_day_and_today_have_their_numbers() -> None:
    first = date(2026, 11, 20)
    days = [Day(first + timedelta(days=i), n) for i, n in enumerate((0, 8, 4, 2))]
    found = bars(days)
    assert [bar.height for bar in found] == [0, 80, 40, 20]
    assert [bar.labelled for bar in found] == [False, True, False, True]


def test_a_chart_of_nothing_has_no_bars() -> None:
    found = bars([Day(date(2026, 11, 20), 0)])
    assert [(bar.height, bar.labelled) for bar in found] == [(0, False)]


def _pair(a: str, b: str, n_items: int, agreement: float | None) -> ReviewerPair:
    return ReviewerPair(a, b, n_items, n_items, agreement, None)


def test_pairs_stand_on_both_sides_of_the_diagonal() -> None:
    pairs = [_pair("p", "q", 5, 0.7), _pair("p", "r", 3, 1.0), _pair("q", "r", 0, None)]
    lines = pair_lines(pairs, {"r": Someone("r", "ana")})
    assert [line.who.pseudonym for line in lines] == ["r", "p", "q"]
    shades = [[cell and cell.shade for cell in line.cells] for line in lines]
    assert shades == [[None, 4, 0], [4, None, 2], [0, 2, None]]


def test_the_table_of_pairs_keeps_those_with_most_in_common() -> None:
    pairs = [_pair("p", "q", 9, 0.5), _pair("p", "r", 1, 0.5), _pair("q", "r", 1, 0.5)]
    assert [line.who.pseudonym for line in pair_lines(pairs, {}, most=2)] == ["p", "q"]
