"""The ten lines of the README run as they stand."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Line
from tests.web.api.programs import an_item, prefers
from workbench.client import Client

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_lines_for_notebooks_work(
    client: Client, line: Line, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"## From a notebook\n\n((?:    .*\n)+)", README.read_text(encoding="utf-8"))
    assert found is not None
    items = [an_item(str(n)) for n in range(20)]
    client.push(items)
    for who in ("m", "n"):
        client.push_judgments({"item": str(n), "reviewer": who, "answer": prefers("a")}
                              for n in range(20))  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_URL", line.url)
    monkeypatch.setenv("WORKBENCH_TOKEN", token)
    names: dict[str, Any] = {"items": items, "cursor": None}
    exec(textwrap.dedent(found[1]), names)  # noqa: S102
    assert len(names["judged"]) == 40
    assert names["cursor"]
    assert 0 < len(names["train"]) <= 20
    assert list((tmp_path / "november").glob("*train*"))
