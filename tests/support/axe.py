"""Accessibility: axe-core, run inside the page that a browser test has open."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[1] / "vendor" / "axe-4.14.1.min.js"

#: WCAG 2.2 A and AA, and axe's best practices.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


#: Of these, what colours and width change of a page that was looked through before.
BY_LOOK = (
    "color-contrast",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
)


@functools.cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def put_in(page: Page) -> None:
    """Have every document that the page opens from here on bring axe: to send it to each takes
    longer than to run it on a small one."""
    page.add_init_script(_source())


def violations(page: Page, selector: str | None = None, *, again: bool = False) -> list[str]:
    """What axe finds wrong on `page`, or in its first `selector`: one sentence an element. `again`:
    it has been looked through, and has other colours or another width now.

    The source is evaluated rather than put in a script tag, which the page's policy would refuse.
    """
    if page.evaluate("() => typeof axe === 'undefined'"):
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(
        """async ([selector, type, values]) => {
            const root = selector ? document.querySelector(selector) : document;
            const run = await axe.run(root, {
                runOnly: {type, values},
                resultTypes: ["violations"],  // of what is right, no list is made
            });
            return run.violations;
        }""",
        [selector, *(("rule", list(BY_LOOK)) if again else ("tag", list(TAGS)))],
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html']}"
        for each in found
        for node in each["nodes"]
    ]
