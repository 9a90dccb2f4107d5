from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.intake import seen as module
from workbench.intake.seen import SeenIds


@pytest.fixture(scope="module", params=["in memory", "in a file"], autouse=True)
def where(request: pytest.FixtureRequest) -> Iterator[None]:
    """In a file from the first id on, or as it is."""
    most = module._IN_MEMORY if request.param == "in memory" else 0
    with mock.patch.object(module, "_IN_MEMORY", most):
        yield


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@given(st.lists(st.tuples(st.text(max_size=3), st.sampled_from("xyz")), max_size=60))
def test_it_answers_as_a_dictionary_would(pairs: list[tuple[str, str]]) -> None:
    model = dict[str, tuple[str, int]]()
    with closing(SeenIds()) as seen:
        for line, (name, content) in enumerate(pairs, 1):
            first = model.setdefault(name, (content, line))
            expected = None if first[0] == content else first[1]
            assert seen.conflict(name, sha256(content), line) == expected


def test_it_forgets_nothing_when_it_grows_and_stays_small() -> None:
    x, y = sha256("x"), sha256("y")
    with closing(SeenIds()) as seen:
        for line in range(100_000):
            assert seen.conflict(str(line), x, line) is None
        assert all(seen.conflict(str(line), x, 0) is None for line in range(100_000))
        assert all(seen.conflict(str(line), y, 0) == line for line in range(100_000))
        assert not seen._table._memory, "so many are in a file"
