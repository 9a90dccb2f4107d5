"""Settings of projects and texts of models that are nearly sound."""

from __future__ import annotations

import json
import random

import pytest

from tests.fuzz import mutate
from tests.web.test_text import ALLOWED, ALLOWED_ATTRIBUTES, _read
from workbench import task_types
from workbench.messages import Invalid
from workbench.paths import data_dir
from workbench.task_types import TASK_TYPES
from workbench.web.text import markdown, raw

#: In `make test`, and by `make fuzz` 250 times as many.
SETTINGS, TEXTS = 1_000, 200


@pytest.mark.parametrize("seeds", mutate.parts(SETTINGS * mutate.TIMES), ids=str)
def test_settings_of_a_project_are_taken_or_refused_by_field(seeds: range) -> None:
    files = sorted(data_dir("sample_tasks").glob("*/project.json"))
    whole = [json.loads(file.read_text("utf-8")) for file in files]
    known = [(task_types.get(each["type"]), each.get("config", {})) for each in whole]
    known += [(task_type, task_type.parse_config({})) for task_type in TASK_TYPES]
    outcomes = set()
    for seed in seeds:
        rng = random.Random(seed)
        task_type, config = rng.choice(known)
        changed = mutate.of_value(rng, config)
        if not isinstance(changed, dict):
            continue
        try:
            settings = task_type.parse_config(changed)
        except Invalid as error:
            outcomes.add("refused" if error.errors else "refused without a reason")
        else:
            assert task_type.parse_config(settings) == settings, seed
            outcomes.add("taken")
    assert outcomes == {"refused", "taken"}


@pytest.mark.parametrize("seeds", mutate.parts(TEXTS * mutate.TIMES), ids=str)
def test_no_text_becomes_an_element_of_another_kind(seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        text = mutate.of_text(rng).replace("\ud800", "")
        for tag, attributes in _read(markdown(text)).elements + _read(raw(text)).elements:
            assert tag in ALLOWED, seed
            assert {(tag, name) for name in attributes} <= ALLOWED_ATTRIBUTES, seed
