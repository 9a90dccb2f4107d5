from collections.abc import Iterator

import pytest

from workbench.messages import N_
from workbench.queries.agreement import Measure
from workbench.web.request import WorkbenchFlask
from workbench.web.trust import Level, level, verdict


@pytest.fixture(autouse=True)
def request_in_english(app: WorkbenchFlask) -> Iterator[None]:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


def _alpha(value: float | None, low: float | None = None, high: float | None = None) -> Measure:
    return Measure(
        question="overall",
        title=N_("Preference"),
        measure="krippendorff_alpha",
        value=value,
        low=low,
        high=high,
        n_items=9,
        n_judgments=18,
        undefined=N_("There are no judgments yet.") if value is None else None,
        no_interval=N_("No interval here.") if value is not None and low is None else None,
    )


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        (0.8, Level.GOOD),
        (0.7999, Level.WARNING),
        (0.667, Level.WARNING),
        (0.6669, Level.DANGER),
        (-0.2, Level.DANGER),
    ],
)
def test_the_low_end_of_the_interval_decides(low: float, expected: Level) -> None:
    assert level(_alpha(0.95, low, 1.0)) is expected


def test_a_high_figure_without_an_interval_promises_nothing() -> None:
    assert level(_alpha(1.0)) is Level.UNKNOWN
    assert str(verdict(_alpha(1.0)).sentence) == "No interval here."


def test_a_low_figure_needs_no_interval_to_be_too_low() -> None:
    assert level(_alpha(0.3)) is Level.DANGER


def test_an_undefined_figure_says_why() -> None:
    found = verdict(_alpha(None))
    assert found.level is Level.UNKNOWN
    assert str(found.sentence) == "There are no judgments yet."


def test_below_zero_is_said_to_be_contradiction() -> None:
    assert str(verdict(_alpha(-0.4, -0.6, -0.1)).heading) == "Reviewers contradict each other"


def test_a_wide_interval_is_told_from_real_disagreement() -> None:
    wide, low = verdict(_alpha(0.7, 0.4, 0.9)), verdict(_alpha(0.3, 0.2, 0.4))
    assert "second judgment" in str(wide.sentence)
    assert "two ways" in str(low.sentence)
    assert wide.heading != low.heading


def test_every_sentence_can_be_read() -> None:
    for alpha in (_alpha(0.9, 0.85, 0.95), _alpha(0.8, 0.7, 0.9), _alpha(0.7, 0.4, 0.9)):
        assert "%(" not in str(verdict(alpha).sentence)
