from __future__ import annotations

import hashlib
import sys

from hypothesis import given
from hypothesis import strategies as st

from workbench.intake.seen import SeenIds


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@given(st.lists(st.tuples(st.text(max_size=3), st.sampled_from("xyz")), max_size=60))
def test_it_answers_as_a_dictionary_would(pairs: list[tuple[str, str]]) -> None:
    seen, model = SeenIds(), dict[str, tuple[str, int]]()
    for line, (name, content) in enumerate(pairs, 1):
        first = model.setdefault(name, (content, line))
        expected = None if first[0] == content else first[1]
        assert seen.conflict(name, sha256(content), line) == expected


def test_it_forgets_nothing_when_it_grows_and_takes_few_bytes() -> None:
    seen = SeenIds()
    for line in range(100_000):
        assert seen.conflict(str(line), sha256("x"), line) is None
    assert all(seen.conflict(str(line), sha256("x"), 0) is None for line in range(100_000))
    assert all(seen.conflict(str(line), sha256("y"), 0) == line for line in range(100_000))
    tables = (seen._keys, seen._contents, seen._lines)
    assert sum(sys.getsizeof(table) for table in tables) < 75 * 100_000
