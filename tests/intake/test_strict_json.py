from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ending import ends
from workbench.intake.soundness import LARGEST, SMALLEST, Repeated, unsound
from workbench.intake.strict_json import _read_exactly, read_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(SMALLEST, LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
)
KEYS = st.sampled_from(["a", "b", ":", 'q"', "\\", "ñ", ""])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
#: The same with objects as lists of pairs, in which keys may come again.
PAIRED = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.tuples(KEYS, inner), max_size=3).map(lambda pairs: ("object", pairs))
    ),
    max_leaves=12,
)


def written(value: Any, escaped: bool, spaces: str) -> tuple[str, bool]:
    """JSON of a PAIRED value, and whether a key comes twice in one of its objects."""
    if isinstance(value, tuple):
        parts = [(key, *written(child, escaped, spaces)) for key, child in value[1]]
        keys = [key for key, _, _ in parts]
        text = f",{spaces}".join(
            f"{json.dumps(key, ensure_ascii=escaped)}{spaces}:{spaces}{child}"
            for key, child, _ in parts
        )
        twice = len(set(keys)) < len(keys) or any(inner for _, _, inner in parts)
        return "{" + spaces + text + "}", twice
    if isinstance(value, list):
        inner = [written(child, escaped, spaces) for child in value]
        text = f"{spaces},".join(text for text, _ in inner)
        return f"[{text}]", any(twice for _, twice in inner)
    return json.dumps(value, ensure_ascii=escaped), False


@given(VALUES, st.booleans())
def test_sound_json_is_read_as_the_standard_library_reads_it(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    found = read_json(text.encode())
    assert (found.faults, found.broken) == ({}, False)
    assert found.value == json.loads(text)


@given(PAIRED, st.booleans(), st.sampled_from(["", " ", "\t\r\n "]))
def test_a_key_is_found_twice_exactly_when_it_is_there_twice(
    value: Any, escaped: bool, spaces: str
) -> None:
    text, twice = written(value, escaped, spaces)
    found = read_json(text.encode())
    assert bool(found.faults) == twice
    assert all("more than once" in str(why) for why in found.faults.values())


@given(st.binary(max_size=60) | st.text('{}[]":,\\u0a1e-.NI ', max_size=40).map(str.encode))
def test_both_readers_agree_on_any_bytes(data: bytes) -> None:
    quick, exact = read_json(data), _read_exactly(data, "")
    assert quick.faults.keys() == exact.faults.keys()
    assert quick.broken == exact.broken
    if not quick.faults:
        assert orjson.dumps(quick.value) == orjson.dumps(exact.value)


@given(st.integers())
def test_an_integer_passes_exactly_when_it_fits_in_64_bits(number: int) -> None:
    found = read_json(b'{"n":%d}' % number)
    assert (found.faults == {}) == (SMALLEST <= number <= LARGEST)


@pytest.mark.parametrize("number", [SMALLEST - 1, SMALLEST, LARGEST, LARGEST + 1, 2**64, -(2**64)])
def test_the_edges_of_64_bits_are_exact(number: int) -> None:
    found = read_json(b"[%d]" % number)
    assert (found.faults == {}) == (SMALLEST <= number <= LARGEST)


def test_a_large_float_is_no_integer() -> None:
    assert read_json(b'{"x": 1e300, "y": -9.3e18}').value == {"x": 1e300, "y": -9.3e18}
    assert read_json(b'{"x": 1e300}').faults == {}


def test_surrogates_that_make_a_pair_are_a_character() -> None:
    assert read_json(rb'"\ud83d\ude00"').value == "😀"


@pytest.mark.parametrize("colon", [rb"\u003a", rb"\u003A"])
def test_an_escaped_colon_hides_no_key(colon: bytes) -> None:
    assert list(read_json(b'{"a": 1, "a": "' + colon + b'"}').faults) == ["a"]
    assert read_json(b'{"a' + colon + b'": 1}') == ({"a:": 1}, {}, False)


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": "' + b'\\"' * 400_000,
        b'{"a": ' + b"1" * 800_000 + b"}",
        b'{"a": 0.' + b"1" * 800_000 + b"e999}",
        b'{"a": "\\u0000' + b"\\\\" * 400_000 + b'"}',
        b'{"\\u0000":[' + b"[]," * 200_000 + b"[]]}",
        b'{"b":1' + b',"a":1' * 100_000 + b"}",
        b"[" * 800_000,
        b"{}" * 400_000,
    ],
    ids=lambda line: line[:16].decode(),
)
def test_the_cost_of_a_hostile_line_grows_with_its_length_only(line: bytes) -> None:
    with ends():
        assert read_json(line).faults


def test_a_value_made_in_python_is_held_to_the_same_rules() -> None:
    value = {
        "nul": "a\x00",
        "half": ["x\udc00"],
        "big": 2**63,
        "nan": float("nan"),
        "date": object(),
        3: "key",
    }
    assert {field: str(why) for field, why in unsound(value).items()} == {
        "": "has a key that is not text: 3",
        "nul": "has a NUL character at character 2",
        "half[0]": "has half a surrogate pair (U+DC00) at character 2; it stands for no text",
        "big": "is an integer that does not fit in 64 bits",
        "nan": "is nan, which is no JSON number",
        "date": "is a value of type object; "
        "JSON has text, numbers, true, false, null, lists and objects",
    }


def test_a_value_that_contains_itself_is_too_deep() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert [str(why) for why in unsound({"a": loop}).values()] == [
        "is nested more than 64 levels deep"
    ]


def test_a_hundred_faults_of_one_record_are_enough() -> None:
    assert len(unsound({f"k{i}": float("nan") for i in range(1000)})) == 100
    repeated = Repeated()
    repeated.twice = tuple(str(i) for i in range(1000))
    assert len(unsound(repeated)) == 100
