"""A large import takes the memory of a small one: a batch leaves nothing of its size behind.

What refers to itself would stay until Python looks for such circles, which is seldom.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from tests.arrivals import bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from workbench.db import Database

_NAMES = [f"item-{n}" for n in range(200)]
#: The first statement of a kind is remembered with its list, for its text.
_TIMES = 2


@pytest.fixture
def forgotten() -> Iterator[Callable[[], int]]:
    """How many lists as long as the file nobody refers to any more, but they themselves."""
    # What the process had before is not looked through: that takes longer than to import.
    gc.freeze()
    gc.disable()

    def count() -> int:
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        return sum(isinstance(each, list) and len(each) >= len(_NAMES) for each in gc.garbage)

    yield count
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()
    gc.enable()


def test_items_leave_no_list_behind(
    database: Database, cast: Cast, forgotten: Callable[[], int]
) -> None:
    for _ in range(_TIMES):
        bring_items(database, cast.project, [raw_item(name) for name in _NAMES])
    assert forgotten() == 0


def test_judgments_leave_no_list_behind(
    database: Database, cast: Cast, forgotten: Callable[[], int]
) -> None:
    bring_items(database, cast.project, [raw_item(name) for name in _NAMES])
    for _ in range(_TIMES):
        bring_judgments(database, cast.project, [raw_judgment(name, "r1") for name in _NAMES])
    assert forgotten() == 0
