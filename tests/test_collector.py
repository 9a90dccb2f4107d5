"""The command looks for circles of objects more seldom than Python does by itself."""

import gc
from collections.abc import Iterator

import pytest

from workbench import collector
from workbench.cli import root


@pytest.fixture(autouse=True)
def _as_python_has_it() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_the_command_relaxes_it_and_a_library_does_not() -> None:
    assert gc.get_threshold()[0] == 700  # `workbench` is imported already
    with pytest.raises(SystemExit):
        root.main(["--version"])
    assert gc.get_threshold() == (collector.NEW_OBJECTS, 10, 10)
