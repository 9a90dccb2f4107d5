"""Pictures of each person's page for the README: `make screenshots`.

A demo home in a temporary folder, the sample tasks, and a real browser.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import running
from tests.support import chromium
from workbench.db import Database
from workbench.paths import data_dir
from workbench.services import demo

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def main() -> int:
    """Write the pictures; 1 when there is no browser."""
    if chromium.find() is None:
        print("There is no Chromium here, so no picture was made.", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as site:
        passwords = _load(site.database)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**chromium.launch_options())
            _pictures(browser, site.url, passwords)
            browser.close()
    return 0


def _load(database: Database) -> dict[str, str]:
    """Passwords by name, after the sample tasks were loaded."""
    for sample in demo.samples(data_dir("sample_tasks")):
        demo.load(database, sample)
    return {person.name: person.password for person in demo.let_in(database)}


def _pictures(browser: Browser, address: str, passwords: dict[str, str]) -> None:
    def as_(name: str, size: dict[str, int], scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, timezone_id="America/Bogota"
        )
        page = context.new_page()
        page.goto(f"{address}/login")
        page.fill("#name", name)
        page.fill("#password", passwords[name])
        page.click("main form button.primary")
        page.wait_for_url(f"{address}/")
        return page

    page = as_("reviewer-en", WIDE)
    _desk(page, address, "pares-pandalm")
    page.keyboard.press("2")
    _keep(page, "desk")
    page = as_("revisora-es", NARROW, "dark")
    _desk(page, address, "sesgos-es")
    _keep(page, "desk-narrow")
    page = as_("lider", WIDE)
    page.goto(f"{address}/projects/pares-pandalm/quality")
    _keep(page, "quality")
    page = as_("ingeniera", WIDE)
    page.goto(f"{address}/projects/pares-pandalm/data")
    _keep(page, "data")


def _desk(page: Page, address: str, slug: str) -> None:
    page.goto(f"{address}/projects/{slug}/desk")
    page.wait_for_selector("#answer")


def _keep(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    print(f"{path.relative_to(FOLDER.parents[1])}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
