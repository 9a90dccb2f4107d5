"""The labelling configuration beside tasks for Label Studio names all that stands in them.

`label_studio_sdk.LabelInterface.validate` (2.1.2) wants names that are unique over the whole text
and objects that are there; the running server (1.23.2) took these configurations and the tasks, its
editor showed them, and its export came back as it went (tests/data/label-studio/README.md).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.doubles import META
from tests.export.test_exchange import CONFIGS
from tests.export.test_real_types import judged_items
from workbench.export.files import export_paths
from workbench.export.formats import BY_NAME
from workbench.export.formats.label_studio_config import configuration
from workbench.export.policy import ExportPolicy
from workbench.export.write import Judged, write_export
from workbench.task_types import get
from workbench.task_types.base import Config, Item, Response, Turn

FORMAT = BY_NAME["label-studio"]


def tags_of(text: str) -> list[ET.Element]:
    return list(ET.fromstring(text).iter())  # noqa: S314 - written here


def results_of(slug: str, items: list[Judged], config: Config) -> Iterator[dict[str, Any]]:
    out = io.BytesIO()
    write_export(items, get(slug), config, FORMAT, ExportPolicy(), target=out, meta=META)
    for task in orjson.loads(out.getvalue()):
        for annotation in task["annotations"]:
            yield from annotation["result"]


@pytest.mark.parametrize("slug", FORMAT.types)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_result_has_its_control_its_object_and_its_choice(
    slug: str, data: st.DataObject
) -> None:
    config = get(slug).parse_config(data.draw(st.sampled_from(CONFIGS[slug])))
    items = data.draw(judged_items(slug, config))
    most = max((len(item.responses) for item, *_ in items), default=0)
    text = configuration(slug, config, most)
    names = re.findall(r'(?:^|[^\w])name="([^"]*)"', text)
    assert len(names) == len(set(names))
    tags = {tag.get("name"): tag for tag in tags_of(text) if tag.get("name")}
    for tag in tags.values():
        assert set((tag.get("toName") or tag.get("name") or "").split(",")) <= set(tags)
    for result in results_of(slug, items, config):
        control, value = tags[result["from_name"]], result["value"]
        assert control.tag.lower() == result["type"]
        assert result["to_name"] == control.get("toName") or control.tag == "Pairwise"
        known = {child.get("alias") or child.get("name") for child in control}
        for said in value.get("labels", value.get("choices", ())):
            assert said in known
        assert set(value.get("ranker", ())) <= known | {"_"}
        if control.tag == "Rating":
            assert value["rating"] <= int(control.get("maxRating", "0"))


def test_the_configuration_lies_beside_the_tasks_for_as_many_responses_as_an_item_has(
    tmp_path: Path,
) -> None:
    target, config = tmp_path / "prefs.json", get("ranking").parse_config({})
    items = [
        (Item(f"i{n}", "es", (Turn("user", "?"),), tuple(Response(i, i) for i in "abc"[:n])), [])
        for n in (2, 3)
    ]
    policy = ExportPolicy()
    write_export(items, get("ranking"), config, FORMAT, policy, target=target, meta=META)
    assert sorted(export_paths(target, FORMAT, policy)) == sorted(tmp_path.iterdir())
    text = (tmp_path / "prefs.labels.xml").read_text()
    buckets = [tag.get("title") for tag in tags_of(text) if tag.tag == "Bucket"]
    assert buckets == ["1", "2", "3"]


def test_titles_are_those_of_the_project_and_results_the_codes() -> None:
    def option(code: str, title: str) -> dict[str, Any]:
        return {"code": code, "title": {"es": title, "en": title}, "help": {"es": "", "en": ""}}

    config = get("bias").parse_config(
        {"taxonomy": [option("a", "<Edad> & más"), option("b", "Otro"), option("c", "Otro")]}
    )
    labels = [tag for tag in tags_of(configuration("bias", config, 1)) if tag.tag == "Label"]
    assert [(label.get("value"), label.get("alias")) for label in labels] == [
        ("<Edad> & más", "a"), ("Otro (b)", "b"), ("Otro (c)", "c"),
    ]  # fmt: skip
