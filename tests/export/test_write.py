"""Writing: the same bytes every time, all files or none, and memory that does not grow."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import resource
import tracemalloc
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.export.doubles import (
    META,
    Records,
    a_label,
    a_preference,
    a_span,
    an_answer,
    an_item,
    dropped,
    preferring,
    written_type,
)
from workbench.export.formats import BY_NAME
from workbench.export.manifest import Manifest
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.write import Judged, write_export
from workbench.messages import Invalid
from workbench.task_types.base import AnswerRecord, Item, Record, Turn

PLAIN = ExportPolicy()
SPLIT = parse_policy({"split": "test=0.3,validation=0.2"})


def many(count: int, answers: int = 1) -> Iterator[Judged]:
    """`count` items with a prompt of their own, in order of id."""
    for n in range(count):
        judged = [an_answer(f"r{k:02}") for k in range(answers)]
        yield an_item(f"i-{n:06}", f"pregunta {n}"), judged


def export(
    items: Iterator[Judged] | list[Judged],
    target: Path | io.BytesIO,
    fmt: str = "trl-preference",
    give: Records = preferring,
    policy: ExportPolicy = PLAIN,
) -> Manifest:
    """An export by a type whose records are written by hand."""
    return write_export(
        items, written_type(give), {}, BY_NAME[fmt], policy, target=target, meta=META
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_an_export_is_one_line_a_row_with_the_manifest_beside_it(tmp_path: Path) -> None:
    manifest = export(many(3), tmp_path / "prefs.jsonl")
    assert names_in(tmp_path) == ["prefs.jsonl", "prefs.jsonl.manifest.json"]
    data = (tmp_path / "prefs.jsonl").read_bytes()
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 3
    assert "🏙️".encode() in data
    assert [row["id"] for row in rows_in(tmp_path / "prefs.jsonl")] == [
        "i-000000",
        "i-000001",
        "i-000002",
    ]
    (file,) = manifest.files
    assert (file.split, file.rows, file.bytes) == ("all", 3, len(data))
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert (tmp_path / "prefs.jsonl.manifest.json").read_bytes() == manifest.to_bytes()


def test_two_runs_give_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "another"]
    for folder in folders:
        folder.mkdir()
        export(many(200), folder / "prefs.jsonl", policy=SPLIT)
    one, other = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in folders)
    assert one == other
    assert len(one) == 4


@given(st.permutations(["tiers", "unranked", "verdict", "strength", "reason"]))
def test_the_order_of_keys_in_an_answer_leaves_no_trace(keys: list[str]) -> None:
    values: dict[str, Any] = {
        "tiers": [["b"], ["a"]],
        "unranked": [],
        "verdict": None,
        "strength": {"z": 1, "a": 2} if keys[0] < keys[1] else {"a": 2, "z": 1},
        "reason": "",
    }
    answer = an_answer("r1", answer={key: values[key] for key in keys}, shown=("b", "a"))
    out = io.BytesIO()
    export([(an_item(), [answer])], out, "judgments")
    assert out.getvalue() == (
        b'{"item":"i-1","reviewer":"r1","answer":{"reason":"","strength":{"a":2,"z":1},'
        b'"tiers":[["b"],["a"]],"unranked":[],"verdict":null},"at":"2026-11-20T15:04:05Z",'
        b'"active_seconds":null,"shown":["b","a"],"guideline":null}\n'
    )


def test_the_order_of_keys_in_a_record_leaves_no_trace() -> None:
    def turned(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
        return [Record("preference", dict(reversed(list(a_preference(item).data.items()))))]

    straight, backwards = io.BytesIO(), io.BytesIO()
    export(many(5), straight)
    export(many(5), backwards, give=turned)
    assert straight.getvalue() == backwards.getvalue() != b""


@given(
    st.lists(
        st.tuples(
            st.text(alphabet="aáb ñ\n", min_size=1, max_size=3).filter(lambda text: text.strip()),
            st.sampled_from(["NFC", "NFD"]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_no_prompt_is_in_two_splits(texts: list[tuple[str, Any]]) -> None:
    items: list[Judged] = [
        (an_item(f"i-{n:03}", unicodedata.normalize(form, text)), [an_answer()])
        for n, (text, form) in enumerate(texts)
    ]
    homes: dict[str, set[str]] = {}
    with_folder(items, homes)
    assert all(len(splits) == 1 for splits in homes.values())
    assert set(homes) == {" ".join(unicodedata.normalize("NFC", text).split()) for text, _ in texts}


def with_folder(items: list[Judged], homes: dict[str, set[str]]) -> None:
    """Export to files and gather in which splits each prompt came out."""
    with TemporaryDirectory() as folder:
        export(items, Path(folder, "p.jsonl"), policy=SPLIT)
        for name in ("train", "test", "validation"):
            for row in rows_in(Path(folder, f"p.{name}.jsonl")):
                prompt = unicodedata.normalize("NFC", row["prompt"][-1]["content"])
                homes.setdefault(" ".join(prompt.split()), set()).add(name)


def test_splits_have_a_file_each_and_together_hold_every_row(tmp_path: Path) -> None:
    manifest = export(many(300), tmp_path / "prefs.jsonl", policy=SPLIT)
    assert names_in(tmp_path) == [
        "prefs.jsonl.manifest.json",
        "prefs.test.jsonl",
        "prefs.train.jsonl",
        "prefs.validation.jsonl",
    ]
    assert [file.split for file in manifest.files] == ["train", "test", "validation"]
    for file in manifest.files:
        data = (tmp_path / f"prefs.{file.split}.jsonl").read_bytes()
        assert (file.rows, file.bytes) == (data.count(b"\n"), len(data))
        assert file.sha256 == hashlib.sha256(data).hexdigest()
        assert file.rows > 30
    assert manifest.rows == 300


def test_a_project_that_grows_moves_no_row_to_another_split(tmp_path: Path) -> None:
    export(many(100), tmp_path / "before.jsonl", policy=SPLIT)
    export(many(200), tmp_path / "after.jsonl", policy=SPLIT)
    for name in ("train", "test", "validation"):
        before = {row["id"] for row in rows_in(tmp_path / f"before.{name}.jsonl")}
        after = {row["id"] for row in rows_in(tmp_path / f"after.{name}.jsonl")}
        assert before < after


def test_a_stream_gets_the_rows_and_stays_open(tmp_path: Path) -> None:
    out = io.BytesIO()
    manifest = export(many(3), out)
    export(many(3), tmp_path / "same.jsonl")
    assert out.getvalue() == (tmp_path / "same.jsonl").read_bytes()
    assert manifest.files[0].bytes == len(out.getvalue())
    assert not out.closed


def test_splits_to_a_stream_are_refused() -> None:
    out = io.BytesIO()
    with pytest.raises(Invalid) as caught:
        export(many(3), out, policy=SPLIT)
    assert list(caught.value.errors) == ["split"]
    assert out.getvalue() == b""


def test_a_format_that_does_not_fit_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    def never() -> Iterator[Judged]:
        raise AssertionError("read")
        yield

    narrow = written_type(preferring, ("preference",))
    with pytest.raises(Invalid) as caught:
        write_export(
            never(),
            narrow,
            {},
            BY_NAME["bias-spans"],
            PLAIN,
            target=tmp_path / "x.jsonl",
            meta=META,
        )
    assert list(caught.value.errors) == ["format"]
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("policy", [PLAIN, SPLIT])
def test_a_failure_half_way_leaves_what_was_there_before(
    tmp_path: Path, policy: ExportPolicy
) -> None:
    export(many(30), tmp_path / "prefs.jsonl", policy=policy)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def breaking() -> Iterator[Judged]:
        yield from many(20)
        raise RuntimeError("the connection is gone")

    with pytest.raises(RuntimeError):
        export(breaking(), tmp_path / "prefs.jsonl", policy=policy)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_disk_that_takes_no_more_leaves_nothing(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            export(many(2_000), tmp_path / "prefs.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names_in(tmp_path) == []


def test_a_path_that_is_no_file_to_write_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for target in (tmp_path / "none" / "x.jsonl", tmp_path / "folder.jsonl", Path(os.devnull)):
        with pytest.raises(Invalid) as caught:
            export(many(1), target)
        assert list(caught.value.errors) == ["output"]
    assert names_in(tmp_path) == ["folder.jsonl"]


def test_everything_read_is_either_written_or_counted_with_its_reason(tmp_path: Path) -> None:
    def give(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
        same = item.responses[0]
        return [
            a_preference(item),
            a_label(item),
            dropped("tie"),
            dropped("low_agreement"),
            dropped("tie", of="preference"),
            dropped("neither_best_nor_worst", of="label"),
            a_preference(item, rejected=same),
        ]

    items: list[Judged] = [
        (an_item("i-1"), [an_answer("r1"), an_answer("r2")]),
        (an_item("i-2"), []),
        (an_item("i-3"), [an_answer("r1")]),
    ]
    manifest = export(items, tmp_path / "p.jsonl", give=give)
    assert (manifest.items, manifest.items_without_judgments, manifest.judgments) == (3, 1, 3)
    assert list(manifest.dropped.items()) == [
        ("identical_texts", 2),
        ("low_agreement", 2),
        ("tie", 4),
    ]
    assert manifest.rows == 2


def test_a_passage_that_has_moved_is_counted_and_not_written() -> None:
    def give(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
        return [a_span(item), a_span(item, start=2, end=8)]

    out = io.BytesIO()
    manifest = export(many(2), out, "bias-spans", give)
    assert manifest.dropped == {"offset_mismatch": 2}
    assert manifest.rows == 2


def test_judgments_are_all_written_whatever_the_policy() -> None:
    strict = parse_policy({"min_judgments": "9", "min_agreement": "1"})

    def nothing(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
        raise AssertionError("records were asked for")

    out = io.BytesIO()
    manifest = export(many(4, answers=3), out, "judgments", nothing, strict)
    assert manifest.rows == manifest.judgments == 12
    assert manifest.dropped == {}


@pytest.mark.parametrize(
    "items",
    [
        [(an_item("b"), []), (an_item("a"), [])],
        [(an_item("a"), []), (an_item("a"), [])],
        [(an_item("á"), []), (an_item("z"), [])],
        [(an_item("a"), [an_answer("r2"), an_answer("r1")])],
    ],
)
def test_items_out_of_order_are_a_fault_and_not_another_file(
    tmp_path: Path, items: list[Judged]
) -> None:
    with pytest.raises(ValueError, match="order"):
        export(items, tmp_path / "p.jsonl")
    assert names_in(tmp_path) == []


def peak_of(count: int, fmt: str, policy: ExportPolicy, folder: Path) -> int:
    """Bytes at the peak of an export of `count` items of about 2 KB each."""
    long = "palabra " * 250

    def items() -> Iterator[Judged]:
        for item, answers in many(count, answers=3):
            yield Item(item.id, "es", (Turn("user", item.id + long),), item.responses), answers

    gc.collect()
    tracemalloc.start()
    try:
        export(items(), folder / "big.jsonl", fmt, policy=policy)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("fmt", "count"), [("trl-preference", 20_000), ("judgments", 5_000)])
def test_memory_does_not_grow_with_the_project(tmp_path: Path, fmt: str, count: int) -> None:
    small = peak_of(count // 10, fmt, SPLIT, tmp_path)
    large = peak_of(count, fmt, SPLIT, tmp_path)
    assert large < 12_000_000
    assert large < small + 2_000_000
