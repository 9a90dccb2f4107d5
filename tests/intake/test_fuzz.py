"""Whatever the bytes, reading gives lines and problems, and never raises."""

from __future__ import annotations

import gzip
import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.intake.samples import ITEM, as_csv, item, json_lines, read
from workbench.intake import Limits, item_as_dict, parse_item

LIMITS = Limits(line=2000)
LINES = json_lines(
    item(id="1", prompt=[{"role": "user", "content": "¿Qué?"}], harm="vcr"),
    item(id="2", metadata={"n": 12, "x": 1.5, "deep": [{"a": None}]}),
)
CSV = as_csv(item(id="1"), item(id="2", prompt='say "hi"\nplease'))
PIECES = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b";", b"\n", b"\r", b"\r\n", b"\x00", b"\xff",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e999", b"9" * 30, b"9" * 5000,
    b"\\ud800", b"\\u0000", b"\\u003a", b'"id":"1",', b'"id" : 1,', b"[" * 200, b'{"a":' * 200,
    b"null", b"true", b"-", b"\xc3", "é".encode(), b'""', b"x" * 3000, b"\x1f\x8b", b"PK\x03\x04",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """`whole` with pieces put in, bytes changed and parts taken out or doubled."""
    data = whole
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(at + 40, len(data))))
        middle = draw(st.sampled_from(PIECES) | st.binary(max_size=3) | st.just(data[at:end] * 2))
        data = data[:at] + middle + data[end if draw(st.booleans()) else at :]
    return data


def check(data: bytes, name: str) -> None:
    lines = read(data, name, limits=LIMITS)
    numbers = [line.number for line in lines]
    assert numbers == sorted(set(numbers))
    assert all(not line.fatal for line in lines[:-1])
    for line in lines:
        assert (line.parsed is None) == bool(line.problems)
        assert len(line.raw) <= 64 * 1024
        for problem in line.problems:
            assert str(problem).startswith(f"{name}:{line.number}: {problem.field}: ")
            assert str(problem).isprintable()
            assert problem.field
        if line.parsed is not None:
            assert parse_item(item_as_dict(line.parsed)) == line.parsed


@settings(max_examples=400, deadline=None)
@given(mutated(LINES))
@example(b"")
@example(b"\n" * 100)
def test_mutated_json_lines_never_raise(data: bytes) -> None:
    check(data, "f.jsonl")


@settings(max_examples=400, deadline=None)
@given(mutated(CSV))
@example(b"")
@example(b'"')
@example(b'id,language,prompt,response.a\n"')
@example(b"id,language,prompt,response.a\r1,en,p,t")
def test_mutated_csv_never_raises(data: bytes) -> None:
    check(data, "f.csv")


@settings(max_examples=150, deadline=None)
@given(mutated(gzip.compress(LINES, mtime=0)))
def test_mutated_gzip_never_raises(data: bytes) -> None:
    check(data, "f.jsonl.gz")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000) | st.sampled_from(PIECES), st.sampled_from(["-", "f.csv", "f.gz"]))
def test_any_bytes_never_raise(data: bytes, name: str) -> None:
    check(data, name)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["user", "en", "a", "x" * 300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "role", "content", "text", "model", "metadata", "x"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*ITEM, "extra"]), VALUES))
def test_values_of_any_type_in_any_field_never_raise(changes: dict[str, object]) -> None:
    check(json.dumps(ITEM | changes).encode(), "f.jsonl")
