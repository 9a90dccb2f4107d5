"""Heat maps of any size: figures in the cells while there is room, shades alone beyond."""

from __future__ import annotations

import pytest

from workbench.web.charts import Chart, HeatCell, faintest, heat_map
from workbench.web.charts.base import Spec


def _square(n: int) -> list[HeatCell]:
    """Everyone beside everyone: the last has nothing in common with the first."""
    cells = []
    for i in range(n):
        for j in range(n):
            apart = {i, j} == {0, n - 1} and n > 2
            share = None if i == j or apart else 0.5 + (i + j) / (4 * n)
            written = "" if i == j else "–" if apart else f"{share:.0%}"
            cells.append(HeatCell(f"r{i}", f"r{j}", share, written, f"r{i}, r{j}: {written}"))
    return cells


def _layers(made: Chart) -> tuple[list[dict[str, object]], ...]:
    """Rows of the grid, of the shades and of the texts."""
    layers: list[Spec] = made.spec["layer"]
    return tuple(each["data"]["values"] for each in layers)


@pytest.mark.parametrize(
    ("n", "fixed", "numbers"),
    [(2, False, True), (6, False, True), (12, True, True), (20, True, True), (50, True, False)],
)
def test_what_has_no_room_is_scrolled_or_left_out(n: int, fixed: bool, numbers: bool) -> None:
    made = heat_map("label", _square(n))
    grid, shades, texts = _layers(made)
    assert (made.width is not None) is fixed
    assert made.spec["width"] == (made.width or "container")
    assert len(grid) == n * n
    assert {row["share"] for row in shades} == {row["share"] for row in grid} - {None}
    assert any(row["share"] is not None for row in texts) is numbers
    assert (made.width or 0) <= 1030, "a wide page shows it whole"
    # Every cell has its tip, those without a figure too.
    assert all(row["says"] for row in grid)


def test_a_cell_without_a_share_says_so_and_has_no_shade() -> None:
    for n in (3, 50):
        _, shades, texts = _layers(heat_map("label", _square(n)))
        assert sum(row["written"] == "–" for row in texts) == 2
        assert not any(row["written"] == "–" for row in shades)


@pytest.mark.parametrize(
    ("shares", "least"), [([0.93, 0.88], 0.7), ([0.9], 0.8), ([0.05, 1.0], 0.0), ([], 0.0)]
)
def test_shades_begin_under_the_lowest_share(shares: list[float], least: float) -> None:
    assert faintest(shares) == pytest.approx(least)


def test_the_scale_holds_where_all_are_alike() -> None:
    cells = [HeatCell("a", "b", 0.0, "0 %", "a, b")]
    shade = heat_map("label", cells).spec["layer"][1]["encoding"]["fillOpacity"]
    assert shade["scale"]["domain"] == [0, 1]
