"""The form of an export, as people fill it in."""

from __future__ import annotations

from playwright.sync_api import Page


def choose_format(page: Page, name: str) -> None:
    """Choose the format, unfolding its group where it is folded."""
    choice = page.locator(f"input[name=format][value={name}]")
    if not choice.is_visible():
        page.locator("details.formats", has=choice).locator("summary").click()
    choice.check()
