"""The manifest: what an export was, without a clock and without a path."""

from __future__ import annotations

import io
from collections.abc import Sequence

import orjson
import pytest

from tests.export.doubles import (
    META,
    Records,
    a_label,
    a_preference,
    an_answer,
    an_item,
    dropped,
    preferring,
    written_type,
)
from workbench.export.formats import BY_NAME
from workbench.export.manifest import Manifest, summary_lines, warnings
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.write import Judged, write_export
from workbench.task_types.base import AnswerRecord, Item, Record

ITEMS: list[Judged] = [
    (
        an_item("i-1"),
        [
            an_answer("r01", "2026-11-20T15:04:05.5Z", guideline_version=2),
            an_answer("r02", "2026-11-20T15:04:05Z", guideline_version=10),
        ],
    ),
    (an_item("i-2"), []),
    (
        an_item("i-3"),
        [an_answer("r01", "2026-11-21T08:00:00Z", guideline_version=2), an_answer("r03", "")],
    ),
]


def manifest_of(
    fmt: str = "trl-preference",
    give: Records = preferring,
    policy: ExportPolicy | None = None,
) -> Manifest:
    kind = written_type(give)
    return write_export(
        ITEMS, kind, {}, BY_NAME[fmt], policy or ExportPolicy(), target=io.BytesIO(), meta=META
    )


def preferring_twice(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
    return [a_preference(item), dropped("tie"), dropped("brand_new")]


def test_the_file_says_everything_about_the_export() -> None:
    policy = parse_policy({"ties": "both", "min_judgments": "2", "min_agreement": "0.5"})
    manifest = manifest_of(give=preferring_twice, policy=policy)
    (file,) = manifest.files
    assert orjson.loads(manifest.to_bytes()) == {
        "schema": 5,
        "product": "workbench",
        "version": "1.2.3",
        "project": "medellin-es",
        "task_type": {"slug": "written", "version": 3},
        "format": "trl-preference",
        "policy": {
            "ties": "both",
            "all_bad": "drop",
            "unranked": "skip",
            "cycles": "keep",
            "min_strength": 0.0,
            "aggregate": "majority",
            "min_judgments": 2,
            "min_agreement": 0.5,
            "min_posterior": 0.0,
            "criterion": None,
            "decisions": "first",
            "filters": {},
            "splits": [],
            "near_duplicates": "together",
            "seed": "",
        },
        "watermark": 77,
        "read": {
            "items": 3,
            "items_aside": 0,
            "judgments_aside": 0,
            "items_without_judgments": 1,
            "judgments": 4,
            "decided": 0,
            "reviewers": 3,
            "judged_by": {"r01": 2, "r02": 1, "r03": 1},
            "languages": {"es": 2},
            "first_judgment": "2026-11-20T15:04:05Z",
            "last_judgment": "2026-11-21T08:00:00Z",
            "guidelines": [
                {"version": None, "judgments": 1},
                {"version": 2, "judgments": 2},
                {"version": 10, "judgments": 1},
            ],
        },
        "trust": None,
        "dropped": {"brand_new": 2, "tie": 2},
        "rows": 2,
        "files": [
            {
                "split": "all",
                "rows": 2,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "labels": {},
            }
        ],
    }
    assert manifest.to_bytes().endswith(b"}\n")


def test_splits_are_in_the_policy_as_they_were_given() -> None:
    policy = parse_policy({"split": "test=0.1,validation=0.05"})
    as_dict = manifest_of().as_dict()["policy"] | {"splits": None}
    empty = Manifest(**{**vars(manifest_of()), "policy": policy})
    assert empty.as_dict()["policy"] == as_dict | {
        "splits": [{"name": "test", "share": 0.1}, {"name": "validation", "share": 0.05}]
    }


def test_a_summary_has_policy_counts_and_reasons_in_plain_words() -> None:
    assert [str(line) for line in summary_lines(manifest_of(give=preferring_twice))] == [
        "What a lead has settled counts in the place of the judgments of that item.",
        "The judgments of an item are counted together and the majority decides.",
        "Ties are left out.",
        "Read: 3 items, 4 judgments, 3 reviewers.",
        "Items without a judgment: 1.",
        "Left out: 2 (brand_new).",
        "Left out: 2 (the judgments ended in a tie).",
        "Rows written: 2.",
    ]


def test_a_summary_of_judgments_speaks_of_no_policy() -> None:
    assert str(summary_lines(manifest_of("judgments"))[0]) == (
        "Every judgment is written, whatever the policy says."
    )


@pytest.mark.parametrize("label", [True, False])
def test_one_class_alone_is_a_warning_and_not_an_error(label: bool) -> None:
    def one_class(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
        return [a_label(item, label)]

    manifest = manifest_of("trl-unpaired", one_class)
    assert manifest.files[0].labels == {"true" if label else "false": 2}
    assert [str(line) for line in warnings(manifest)] == [
        "Attention: all has only one class of label. Training needs both."
    ]
    assert summary_lines(manifest)[-1] == warnings(manifest)[0]


def test_both_classes_give_no_warning_and_are_counted() -> None:
    def both(item: Item, answers: Sequence[AnswerRecord]) -> list[Record]:
        return [a_label(item, True), a_label(item, False, response=item.responses[1])]

    manifest = manifest_of("trl-unpaired", both)
    assert manifest.files[0].labels == {"false": 2, "true": 2}
    assert warnings(manifest) == []


def test_a_file_without_rows_is_a_warning() -> None:
    manifest = manifest_of(give=lambda item, answers: [])
    assert [str(line) for line in warnings(manifest)] == ["Attention: all has no rows."]
