"""A prompt's split depends on the prompt alone."""

from __future__ import annotations

import unicodedata
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from workbench.export.policy import parse_splits
from workbench.export.split import Parting, bounds, canonical_prompt, place
from workbench.task_types.base import Turn

ENDS = bounds(parse_splits("test=0.3,validation=0.2"))


def split_of(prompt: list[Turn], ends: tuple[tuple[str, int], ...]) -> str:
    return Parting(ends).split_of(prompt)


prompts = st.lists(
    st.builds(Turn, st.sampled_from(["system", "user", "assistant"]), st.text(max_size=40)),
    min_size=1,
    max_size=4,
)


@given(prompts, st.sampled_from(["NFC", "NFD"]), st.sampled_from([" ", "\n\n", "\t "]))
def test_spacing_and_composition_never_part_a_prompt_from_itself(
    prompt: list[Turn], form: str, space: str
) -> None:
    rewritten = [
        Turn(turn.role, space + space.join(unicodedata.normalize(form, turn.content).split()))  # type: ignore[arg-type]
        for turn in prompt
    ]
    assert split_of(rewritten, ENDS) == split_of(prompt, ENDS)


@given(prompts, prompts)
def test_only_prompts_that_read_alike_share_a_place(one: list[Turn], other: list[Turn]) -> None:
    alike = canonical_prompt(one) == canonical_prompt(other)
    assert (place(one) == place(other)) == alike
    words = [
        [(t.role, unicodedata.normalize("NFC", t.content).split()) for t in p] for p in (one, other)
    ]
    assert alike == (words[0] == words[1])


@given(prompts)
def test_a_split_added_behind_the_others_moves_no_prompt_between_them(prompt: list[Turn]) -> None:
    before = split_of(prompt, bounds(parse_splits("test=0.3")))
    after = split_of(prompt, ENDS)
    assert after == before or (before, after) == ("train", "validation")


@given(prompts)
def test_a_share_that_grows_keeps_the_prompts_it_had(prompt: list[Turn]) -> None:
    if split_of(prompt, bounds(parse_splits("test=0.1"))) == "test":
        assert split_of(prompt, bounds(parse_splits("test=0.2"))) == "test"


def test_the_place_of_a_prompt_is_the_same_on_every_machine() -> None:
    prompt = [Turn("system", "Sea breve."), Turn("user", "¿Cuál es  la capital?")]
    assert canonical_prompt(prompt) == "system\x1fSea breve.\x1euser\x1f¿Cuál es la capital?"
    # printf 'system\x1fSea breve.\x1euser\x1f¿Cuál es la capital?' | sha256sum
    assert f"{place(prompt):016x}" == "14b597c8af27d47c"


def test_shares_come_out_as_asked_for() -> None:
    found = Counter(split_of([Turn("user", f"question {n}")], ENDS) for n in range(10_000))
    assert abs(found["test"] / 10_000 - 0.3) < 0.02
    assert abs(found["validation"] / 10_000 - 0.2) < 0.02
    assert abs(found["train"] / 10_000 - 0.5) < 0.02


def test_without_splits_there_is_one_file_for_all() -> None:
    assert split_of([Turn("user", "a")], bounds(())) == "all"
