"""One key has one meaning on a desk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench import task_types
from workbench.paths import data_dir

TEMPLATES = data_dir("templates")


def keys_of(*files: Path) -> set[str]:
    """Letters that these templates give to keys."""
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return set(re.findall(r"<kbd>([A-Z])</kbd>", text))


def test_the_reading_tools_and_their_legend_name_the_same_keys() -> None:
    text = (TEMPLATES / "desk" / "_reading.html").read_text(encoding="utf-8")
    tools, legend = text.split('<template id="reading-keys">')
    assert set(re.findall(r'data-key="(.)"', tools)) == {
        key.lower() for key in re.findall(r"<kbd>(.)</kbd>", legend)
    }


@pytest.mark.parametrize("slug", task_types.BY_SLUG)
def test_no_type_and_nothing_on_the_desk_takes_a_key_of_the_reading_tools(slug: str) -> None:
    reading = keys_of(TEMPLATES / "desk" / "_reading.html")
    assert len(reading) == 5
    own = TEMPLATES / "task_types" / slug
    assert not reading & keys_of(TEMPLATES / "desk" / "desk.html", *own.glob("*.html"))
