"""Severity comes in from every format, and does not change what an item without it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from tests.intake.samples import ITEM, item, items, json_lines, report
from tests.intake.test_parquet_file import as_parquet
from workbench.intake.items import content_hash, item_as_dict, parse_item
from workbench.messages import Invalid

#: Of ITEM, as it was before items had a severity.
HASH = "5c835cf9c41af52832b9cc290bd659ce625cf7e928df91af3defa1e0aa3b3674"


def _csv(*severities: str) -> bytes:
    lines = ["id,language,prompt,response.a,severity"]
    lines += [f"{n},en,p,t,{severity}" for n, severity in enumerate(severities)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("severity", [None, 0, 1, 2, 3])
def test_it_is_a_number_from_0_to_3_or_not_said(severity: int | None) -> None:
    assert parse_item(item(severity=severity)).severity == severity


@pytest.mark.parametrize("severity", [-1, 4, 2.0, "2", True, [], "high"])
def test_anything_else_is_wrong(severity: Any) -> None:
    with pytest.raises(Invalid) as refused:
        parse_item(item(severity=severity))
    assert list(refused.value.errors) == ["severity"]


def test_an_item_without_it_has_the_hash_that_it_always_had() -> None:
    for raw in (ITEM, item(severity=None)):
        assert content_hash(parse_item(raw)) == HASH
        assert "severity" not in item_as_dict(parse_item(raw))


def test_with_it_the_content_is_another_and_reads_back() -> None:
    found = parse_item(item(severity=0))
    assert content_hash(found) not in {HASH, content_hash(parse_item(item(severity=1)))}
    assert parse_item(item_as_dict(found)) == found


def test_csv_has_it_as_a_column() -> None:
    assert [each.severity for each in items(_csv("3", "", "0"), "f.csv")] == [3, None, 0]
    [wrong] = report(_csv("high"), "f.csv")
    assert wrong.startswith("f.csv:2: severity: must be null or a whole number from 0 to 3")


@pytest.mark.parametrize("severities", [[3, 0], [3, None], ["3", None]])
def test_parquet_has_it_as_a_number_or_as_text(severities: list[Any]) -> None:
    frame = pd.DataFrame(
        {"id": ["1", "2"], "language": "en", "prompt": "p", "response.a": "t",
         "severity": severities}
    )  # fmt: skip
    found = items(as_parquet(pa.Table.from_pandas(frame, preserve_index=False)), "f.parquet")
    assert [each.severity for each in found] == [3, severities[1]]


def test_nested_parquet_gives_what_json_gives() -> None:
    raws = [item(id="1", severity=2), item(id="2", severity=0)]
    found = items(as_parquet(pa.Table.from_pylist(raws)), "f.parquet")
    assert found == items(json_lines(*raws))
