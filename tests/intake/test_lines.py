"""The traps of a JSON import, each with the exact line of its report."""

from __future__ import annotations

import io

import pytest

from tests.intake.samples import ITEM, item, items, json_lines, read, report
from workbench.intake import Limits, open_source


def with_metadata(value: bytes) -> bytes:
    start = b'{"id":"x","language":"en","prompt":"p","responses":[{"id":"a","text":"t"}]'
    return start + b',"metadata":' + value + b"}"


NOT_JSON = "f.jsonl:1: line: is not JSON: "
HALF = "it stands for no text"

TRAPS = {
    "nan": (
        with_metadata(b'{"score": NaN}'),
        "f.jsonl:1: metadata.score: is NaN, which is no JSON number",
    ),
    "infinity": (
        with_metadata(b'{"score": [1, -Infinity]}'),
        "f.jsonl:1: metadata.score[1]: is -Infinity, which is no JSON number",
    ),
    "overflow": (
        with_metadata(b'{"score": 1e400}'),
        "f.jsonl:1: metadata.score: is a number too large for a 64-bit float",
    ),
    "key twice": (
        with_metadata(b'{"k": 1, "k": 1}'),
        "f.jsonl:1: metadata.k: the key k is given more than once",
    ),
    "key twice, one escaped": (
        with_metadata(rb'{"k": 1, "\u006b": 2}'),
        "f.jsonl:1: metadata.k: the key k is given more than once",
    ),
    "key twice in a response": (
        b'{"id":"x","language":"en","prompt":"p","responses":[{"id":"a","text":"t","text":"u"}]}',
        "f.jsonl:1: responses[0].text: the key text is given more than once",
    ),
    "65 bits": (
        with_metadata(b'{"n": 9223372036854775808}'),
        (
            "f.jsonl:1: metadata.n: is an integer that does not fit in 64 bits: "
            "9223372036854775808 (19 digits)"
        ),
    ),
    "5,000 digits": (
        with_metadata(b'{"n": ' + b"7" * 5000 + b"}"),
        "f.jsonl:1: metadata.n: is an integer that does not fit in 64 bits: "
        + "7" * 24
        + "… (5000 digits)",
    ),
    "lone high surrogate": (
        with_metadata(rb'{"s": "a\ud800"}'),
        f"f.jsonl:1: metadata.s: has half a surrogate pair (U+D800) at character 2; {HALF}",
    ),
    "lone low surrogate in a key": (
        with_metadata(rb'{"\udc00": 1}'),
        rf'f.jsonl:1: metadata."\udc00": has half a surrogate pair (U+DC00) at character 1; {HALF}',
    ),
    "NUL": (
        with_metadata(rb'{"s": "abc\u0000"}'),
        "f.jsonl:1: metadata.s: has a NUL character at character 4",
    ),
    "raw NUL": (b'{"id": "\x00"}', "f.jsonl:1: line: has a NUL character at byte 9"),
    "not UTF-8": (
        b'{"id": "caf\xe9"}',
        "f.jsonl:1: line: is not UTF-8: byte 12 is 0xE9; save the file as UTF-8",
    ),
    "surrogates in UTF-8": (
        b'{"id": "\xed\xa0\x80"}',
        "f.jsonl:1: line: is not UTF-8: byte 9 is 0xED; save the file as UTF-8",
    ),
    "100,000 levels of lists": (
        b"[" * 100_000,
        "f.jsonl:1: line: is nested more than 64 levels deep",
    ),
    "100,000 levels of objects": (
        b'{"a":' * 100_000,
        "f.jsonl:1: line: is nested more than 64 levels deep",
    ),
    "65 levels": (
        with_metadata(b'{"a":' + b"[" * 63 + b"]" * 63 + b"}"),
        "f.jsonl:1: line: is nested more than 64 levels deep",
    ),
    "a list": (b'[{"id": "x"}]', "f.jsonl:1: line: is a list; each line must be one JSON object"),
    "a number": (b"12", "f.jsonl:1: line: must be one JSON object: {...}"),
    "null": (b"null", "f.jsonl:1: line: must be one JSON object: {...}"),
    "NaN alone": (b"NaN", "f.jsonl:1: line: must be one JSON object: {...}"),
    "pretty-printed": (
        b"{",
        "f.jsonl:1: line: is only the start of a value; each line must be one whole JSON object",
    ),
    "two values": (b'{"a":1}{"b":2}', NOT_JSON + "something follows the value at column 8"),
    "trailing comma": (b'{"a":1,}', NOT_JSON + "a key in double quotes is missing at column 8"),
    "single quotes": (b"{'a': 1}", NOT_JSON + "a key in double quotes is missing at column 2"),
    "no colon": (b'{"a" 1}', NOT_JSON + "a colon is missing at column 6"),
    "no comma": (b'{"a":1 "b":2}', NOT_JSON + "a comma is missing at column 8"),
    "misspelt": (b'{"a":True}', NOT_JSON + "a value is missing or misspelt at column 6"),
    "bad escape": (rb'{"a":"\q"}', NOT_JSON + "the escape at column 7 does not exist"),
    "short escape": (rb'{"a":"\u12"}', NOT_JSON + r"the \u escape at column 8 is incomplete"),
    "tab in text": (b'{"a":"\t"}', NOT_JSON + "a control character stands unescaped at column 7"),
    "open text": (
        b'{"a":"x',
        NOT_JSON + "the text that starts at column 6 has no closing quote",
    ),
    "unknown field": (
        json_lines(item(langauge="es")).strip(),
        "f.jsonl:1: langauge: is not known here; did you mean language?",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_gives_one_clear_line(name: str) -> None:
    line, expected = TRAPS[name]
    assert report(line + b"\n") == [expected]


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_spoils_no_line_but_its_own(name: str) -> None:
    line, expected = TRAPS[name]
    found = read(json_lines(item(id="1"), line, item(id="2")))
    assert [entry.parsed.id if entry.parsed else entry.number for entry in found] == ["1", 2, "2"]
    assert str(found[1].problems[0]) == expected.replace(":1:", ":2:", 1)
    assert found[1].raw == line


def test_64_levels_are_not_too_deep() -> None:
    assert report(with_metadata(b'{"a":' + b"[" * 62 + b"]" * 62 + b"}")) == []


def test_a_byte_order_mark_is_accepted_on_the_first_line_alone() -> None:
    bom = b"\xef\xbb\xbf"
    assert len(items(bom + json_lines(ITEM))) == 1
    assert report(json_lines(ITEM, bom + b"{}")) == [
        "f.jsonl:2: line: starts with a byte order mark, which only the first line may"
    ]


def test_blank_lines_are_skipped_and_counted_and_crlf_is_a_line_end() -> None:
    lines = read(b"\r\n  \t\r\n" + json_lines(ITEM).replace(b"\n", b"\r\n") + b"\n\n[]")
    assert [(line.number, bool(line.parsed)) for line in lines] == [(3, True), (6, False)]
    assert lines[0].raw == json_lines(ITEM).strip()


def test_an_empty_file_has_no_lines() -> None:
    assert read(b"") == []
    assert read(b"\xef\xbb\xbf") == []
    assert read(b"\n\n") == []


def test_a_line_over_the_limit_is_skipped_to_its_end() -> None:
    limits = Limits(line=1000, kept=10)
    long = json_lines(item(id="long", prompt="x" * 5_000_000))
    lines = read(json_lines(item(id="1")) + long + json_lines(item(id="2")), limits=limits)
    assert [line.number for line in lines] == [1, 2, 3]
    assert str(lines[1].problems[0]) == "f.jsonl:2: line: is longer than 1000 bytes"
    assert lines[1].raw == long[:10]
    assert lines[2].parsed is not None


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_limit_of_a_line_does_not_count_its_end(end: bytes) -> None:
    line = json_lines(ITEM).strip()
    follows = b"" if not end else json_lines(item(id="2"))
    exact, short = Limits(line=len(line)), Limits(line=len(line) - 1)
    expected = [] if not follows else [2]
    assert [entry.number for entry in read(line + end + follows, limits=exact)] == [1, *expected]
    assert report(line + end + follows, limits=exact) == []
    assert report(line + end + follows, limits=short)[0] == (
        f"f.jsonl:1: line: is longer than {len(line) - 1} bytes"
    )


class Failing(io.BytesIO):
    """A disk that fails after the first read."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_disk_that_fails_ends_the_source_with_a_problem() -> None:
    source = open_source(Failing(json_lines(ITEM) * 10_000), "f.jsonl")
    rows = list(source.rows())
    assert rows[-1].fatal
    assert str(rows[-1].faults["file"]) == "cannot be read: Input/output error"
