"""Which words differ, and that no two texts take long to compare."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ending import ends
from workbench.web.word_differences import Spans, TooLong, word_differences


def passages(text: str, spans: Spans) -> list[str]:
    """What the spans say, read as the page reads them: blanks are not counted."""
    solid = "".join(c for c in text if c not in " \t\n\r\f")
    return [solid[start:end] for start, end in spans]


def compared(one: str, other: str) -> tuple[list[str], list[str]]:
    of_one, of_other = word_differences(one, other)
    return passages(one, of_one), passages(other, of_other)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("El niño come.", "El niño duerme.", (["come"], ["duerme"])),
        ("cafe\u0301 frío", "café frío", (["cafe\u0301"], ["café"])),
        ("if (a_b == 3) { x }", "if (a_b != 3) { x }", (["="], ["!"])),
        ("Ve a la 🏠 ya", "Ve a la 🏡 ya", (["🏠"], ["🏡"])),
        ("uno dos tres", "uno tres", (["dos"], [])),
        ("uno tres cuatro", "tres cuatro y cinco", (["uno"], ["ycinco"])),
        # A comma or a number in the midst of other words joins nothing.
        ("uno, dos", "tres, cuatro", (["uno,dos"], ["tres,cuatro"])),
        ("nada de 1 aquí", "algo con 1 allá", (["nadade1aquí"], ["algocon1allá"])),
        ("igual\r\n todo", "igual todo", ([], [])),
        ("", "algo nuevo", ([], ["algonuevo"])),
        ("", "", ([], [])),
    ],
)
def test_what_differs_is_whole_words(
    one: str, other: str, found: tuple[list[str], list[str]]
) -> None:
    assert compared(one, other) == found


@given(*[st.text(alphabet="ab_ ñ\u0301🐶\n.,", max_size=40)] * 2)
def test_what_is_left_of_both_is_the_same(one: str, other: str) -> None:
    rest = []
    for text, spans in zip((one, other), word_differences(one, other), strict=True):
        solid = list("".join(text.split()))
        for start, end in spans:
            assert 0 <= start < end <= len(solid)
            solid[start:end] = [""] * (end - start)
        rest.append("".join(solid))
    assert rest[0] == rest[1]


#: Pairs that are slow for difflib, and two long ones that are not.
SLOW = {
    "one word": ("a " * 3_000, "b " + "a " * 3_000 + "c"),
    "two words in turn": ("a b " * 450 + "z", "c " + "b a " * 450),
    "just under what counts as long": (
        " ".join(f"w{n % 7} w{n % 11}" for n in range(499)) + " x",
        "y " + " ".join(f"w{n % 11} w{n % 7}" for n in range(499)),
    ),
    "many short runs": (
        " ".join(f"w{n * 7 % 1009}" for n in range(20_000)),
        " ".join(f"w{n * 13 % 1009}" for n in range(20_000)),
    ),
    "signs alone": ("{}" * 50_000, "}{" * 49_000),
    "blanks alone": (" " * 90_000, "\n" * 90_000),
}


@pytest.mark.parametrize(("one", "other"), SLOW.values(), ids=SLOW)
def test_no_two_texts_take_long(one: str, other: str) -> None:
    with ends(), suppress(TooLong):
        word_differences(one, other)


def test_long_texts_that_hardly_differ_are_compared() -> None:
    words = [f"palabra{n % 900} de la lista," for n in range(3_000)]
    other = [*words]
    other[1_500] = "otra cosa"
    _, found = compared(" ".join(words), " ".join(other))
    assert found == ["otracosa"]


def test_what_is_beyond_all_measure_is_refused() -> None:
    with pytest.raises(TooLong):
        word_differences("palabra " * 20_000, "otra " * 20_000)
