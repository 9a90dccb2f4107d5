"""Responses that are solutions step by step, from every format."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.samples import item, items, json_lines, report
from workbench.intake import item_as_dict
from workbench.intake.items import STEPS, content_hash, parse_item
from workbench.messages import Invalid

STEPS_OF = ["Sea $x = 2$.\nEntonces", " $x^2 = 4$ 👩‍🔬 ", "# Answer\n\n4"]
SOLUTION = item(responses=[{"id": "a", "model": "m1", "steps": STEPS_OF}])


def test_steps_stay_as_they_are_and_leave_the_text_empty() -> None:
    [response] = parse_item(SOLUTION).responses
    assert (response.steps, response.text, response.shape) == (tuple(STEPS_OF), "", "steps")
    assert not response.is_blank
    [raw] = item_as_dict(parse_item(SOLUTION))["responses"]
    assert list(raw) == ["id", "model", "steps", "metadata"]
    moved = item(responses=[{"id": "a", "model": "m1", "steps": ["".join(STEPS_OF)]}])
    assert content_hash(parse_item(moved)) != content_hash(parse_item(SOLUTION))


@pytest.mark.parametrize(
    ("raw", "field", "why"),
    [
        ({"steps": []}, "steps", "has 0 steps"),
        ({"steps": ["x"] * (STEPS + 1)}, "steps", "has 101 steps"),
        ({"steps": "x"}, "steps", "must be a list of texts"),
        ({"steps": None}, "steps", "must be a list of texts"),
        ({"steps": ["x", " \n"]}, "steps[1]", "is empty"),
        ({"steps": ["x", 4]}, "steps[1]", "must be text"),
        ({"steps": ["x"], "text": "x"}, "steps", "goes without text"),
        ({"steps": ["x"], "messages": [{"role": "assistant", "content": "x"}]}, "messages",
         "goes without steps"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_wrong_solution_is_named_by_its_place(raw: dict[str, Any], field: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_item(item(responses=[{"id": "a", **raw}]))
    [(place, message)] = refused.value.errors.items()
    assert place == f"responses[0].{field}"
    assert str(message).startswith(why)


def test_each_type_takes_the_shape_that_it_judges() -> None:
    [found] = report(json_lines(SOLUTION), kind="rewrite")
    assert "responses[0]: must be a text, {id, model, text}" in found
    text = item(responses=[{"id": "a", "text": "4"}])
    [found] = report(json_lines(text), kind="steps")
    assert "responses[0]: must be a list of steps, {id, model, steps}" in found


def test_csv_has_steps_as_json_and_parquet_as_lists() -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "language", "prompt", "responses", "tags", "metadata"])
    cells = [orjson.dumps(SOLUTION[key]).decode() for key in ("responses", "metadata")]
    writer.writerow(["mt-81", "es-CO", SOLUTION["prompt"], cells[0], "jerga|es", cells[1]])
    assert items(out.getvalue().encode(), "f.csv", "steps") == [parse_item(SOLUTION)]
    nested = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([SOLUTION]), nested)
    assert items(nested.getvalue(), "f.parquet", "steps") == [parse_item(SOLUTION)]
