"""Prompts that are nearly the same are found, and nothing else is."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.export.near import ALIKE, near_duplicates, runs_of, similarity
from workbench.export.policy import parse_splits
from workbench.export.split import Parting, bounds, canonical_prompt, place
from workbench.task_types.base import Turn

WORDS = [
    "casa",
    "rio",
    "monte",
    "verde",
    "claro",
    "lluvia",
    "noche",
    "mesa",
    "puerta",
    "camino",
    "tierra",
    "viento",
]


def _texts(n: int, seed: int) -> list[str]:
    """Texts of 60 words, and for each third of them one more with a word changed."""
    rng = random.Random(seed)
    texts = [" ".join(rng.choices(WORDS, k=60)) for _ in range(n)]
    for text in texts[: n // 3]:
        words = text.split()
        words[rng.randrange(60)] = "distinto"
        texts.append(" ".join(words))
    return texts


def _found(texts: list[str]) -> dict[int, int]:
    return near_duplicates(enumerate(texts), lambda keys: [texts[key] for key in keys])


def _by_force(texts: list[str]) -> dict[int, int]:
    """Every pair compared."""
    group = list(range(len(texts)))
    sets = [set(runs_of(text).tolist()) for text in texts]
    for i, j in combinations(range(len(texts)), 2):
        if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= ALIKE:
            old, new = max(group[i], group[j]), min(group[i], group[j])
            group = [new if each == old else each for each in group]
    return {i: g for i, g in enumerate(group) if i != g}


@pytest.mark.parametrize("seed", range(3))
def test_they_are_those_that_every_pair_compared_gives(seed: int) -> None:
    texts = _texts(120, seed)
    found = _found(texts)
    assert len(found) >= 30
    assert found == _by_force(texts)


@pytest.mark.parametrize("words", [3, 8, 20, 400])
def test_short_and_long_ones_too(words: int) -> None:
    rng = random.Random(words)
    texts = [" ".join(rng.choices(WORDS, k=words)) for _ in range(60)]
    for text in texts[:40]:
        changed = text.split()
        changed[rng.randrange(words)] = "otra"
        texts.append(" ".join(changed))
    rng.shuffle(texts)
    found = _found(texts)
    assert found
    assert found == _by_force(texts)


def test_case_and_blanks_make_no_difference_and_other_numbers_do() -> None:
    texts = ["¿Cuánto es 12 + 3?", "¿CUÁNTO  es\n12 + 3?", "¿Cuánto es 45 + 61?", ""]
    assert _found(texts) == {1: 0}


def test_what_is_like_something_that_is_like_the_first_goes_with_the_first() -> None:
    words = _texts(1, 9)[0].split()
    steps = [words[:]]
    for n in range(6):
        words[n * 9] = f"cambio{n}"
        steps.append(words[:])
    texts = [" ".join(step) for step in reversed(steps)]
    assert similarity(runs_of(texts[0]), runs_of(texts[-1])) < ALIKE
    assert _found(texts) == dict.fromkeys(range(1, 7), 0)


@given(st.lists(st.text(max_size=60), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_text_is_taken_and_each_group_has_one_first(texts: list[str]) -> None:
    found = _found(texts)
    assert all(first < key and first not in found for key, first in found.items())
    for i, text in enumerate(texts):
        assert similarity(runs_of(text), runs_of(text)) == 1
        if text in texts[:i]:
            assert i in found


def test_they_are_in_one_split_whatever_the_seed() -> None:
    prompts = [[Turn("user", text)] for text in _texts(200, 4)]
    places = {place(prompt): canonical_prompt(prompt) for prompt in prompts}
    alike = near_duplicates(places.items(), lambda keys: map(places.__getitem__, keys))
    partings = set()
    for seed in ("", "a", "b"):
        parting = Parting(bounds(parse_splits("test=0.5")), seed, alike)
        split = {place(prompt): parting.split_of(prompt) for prompt in prompts}
        assert set(split.values()) == {"train", "test"}
        assert all(split[one] == split[other] for one, other in alike.items())
        partings.add(tuple(split.values()))
    assert len(partings) == 3
