"""Pictures of the pages: python -m tests.browser.screenshots

The README's, of the demo's own projects, into docs/screenshots: one desk of a reviewer, a lead's
and an engineer's page, and a desk on a telephone in the dark. Time, seeds and items are fixed, so
that a picture changes when the page does.

Every state of the desk, in Spanish and English, wide and narrow, light and dark, into
build/screenshots: to be looked at.
"""

from __future__ import annotations

import re
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import time_machine
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select, update

from tests.browser.site import SAMPLES, Site, running
from tests.browser.states import DESKS, LOOKS, come_to, put_on, set_stage
from tests.support import chromium
from workbench.models import Item, Project, User
from workbench.services import demo

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "screenshots"
#: A working day at ten in the morning in Bogotá.
WHEN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LARGEST = 200_000
STATES = ROOT / "build" / "screenshots"

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "color_scheme": "dark",
    "has_touch": True,
}

#: The item that each project begins with.
FIRST = {"respuestas-abiertas": "pandalm-all-41", "sesgos-es": "esbbq-nationality-114"}


def prepare(site: Site) -> None:
    """Load the sample projects and let the demo's people in."""
    for sample in demo.samples(SAMPLES):
        demo.load(site.database, sample)
    demo.let_in(site.database)
    with site.database.write() as writing:
        # Who is in the picture judges live items.
        writing.execute(update(Project).values(practice_pass_mark=None))
        writing.execute(update(Project).values(seed="0" * 32))
        for slug, name in FIRST.items():
            project = select(Project.id).where(Project.slug == slug).scalar_subquery()
            first = update(Item).where(Item.project_id == project, Item.external_id == name)
            writing.execute(first.values(queue_key=0))


def _ranked(page: Page) -> None:
    page.wait_for_selector("#answer")
    for key in ("b", "1", "a", "2", "d", "2"):
        page.keyboard.press(key)
    page.evaluate("() => { scrollTo(0, 0); document.activeElement.blur(); }")


def _flagged(page: Page) -> None:
    page.wait_for_selector("#answer")
    page.keyboard.press("j")
    for key in ("ArrowRight", *["Shift+ArrowRight"] * 4, "f"):
        page.keyboard.press(key)
    page.locator("[data-part=category]").select_option("nationality")
    for number in (0, 4):
        page.locator(".flag [type=radio]").nth(number).tap()
    page.evaluate("() => document.activeElement.blur()")
    page.evaluate("() => document.querySelector('.responses').scrollIntoView()")


#: File: person, path, what is done there, how the browser is.
PICTURES: dict[str, tuple[str, str, Callable[[Page], None] | None, dict[str, Any]]] = {
    "desk": ("reviewer-en", "/projects/respuestas-abiertas/desk", _ranked, WIDE),
    "desk-narrow": ("revisora-es", "/projects/sesgos-es/desk", _flagged, PHONE),
    "quality": ("lider", "/projects/pares-pandalm/quality", None, WIDE),
    "data": ("ingeniera", "/projects/pares-pandalm/data", None, WIDE),
}


def take(browser: Browser, site: Site, name: str) -> bytes:
    """One picture as PNG."""
    who, path, act, options = PICTURES[name]
    with site.database.read() as reading:
        user = reading.scalars(select(User).where(User.name == who)).one()
    context = browser.new_context(base_url=site.url, reduced_motion="reduce", **options)
    try:
        context.add_cookies([site.cookie(user)])
        page = context.new_page()
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if act:
            act(page)
        return shrunk(_still(page))
    finally:
        context.close()


def _still(page: Page) -> bytes:
    """The page when it has come to rest: twice the same picture."""
    before = b""
    while (now := page.screenshot(caret="hide", animations="disabled")) != before:
        before = now
    return now


def shrunk(png: bytes) -> bytes:
    """The same picture compressed as far as zlib goes, without what is not pixels."""
    kept, data = [], b""
    for kind, body in _chunks(png):
        if kind == b"IDAT":
            data += body
        elif kind in {b"IHDR", b"PLTE", b"tRNS"}:
            kept.append(_chunk(kind, body))
    packed = zlib.compress(zlib.decompress(data), 9)
    return png[:8] + b"".join([*kept, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")])


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum


def take_states(browser: Browser, folder: Path) -> None:
    """Each state of the desk in each of the looks, as <state>-<language>-<width>.png."""
    with (
        tempfile.TemporaryDirectory(prefix="workbench-states-") as home,
        running(Path(home)) as site,
    ):
        stage = set_stage(site)
        for state in DESKS:
            for look in chain.from_iterable(LOOKS.values()):
                context = browser.new_context(base_url=site.url, reduced_motion="reduce")
                context.add_cookies([site.cookie(stage.ana)])
                page = context.new_page()
                put_on(look, page, site, stage.ana)
                come_to(state, page, stage)
                name = f"{re.sub(r'[^a-z]+', '-', state)}-{look[0]}-{look[2]['width']}.png"
                page.screenshot(path=folder / name)
                context.close()
            print(state)


def main() -> int:
    if chromium.find() is None:
        print("There is no Chromium: python -m tests.support.chromium installs one.")
        return 1
    for folder in (FOLDER, STATES):
        folder.mkdir(parents=True, exist_ok=True)
    options = chromium.launch_options()
    # What changed is drawn anew as a whole: in parts, letters differ by a shade now and then.
    options["args"] += ["--disable-partial-raster", "--disable-lcd-text"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        too_large = take_readme(browser, FOLDER)
        take_states(browser, STATES)
        browser.close()
    return 1 if too_large else 0


def take_readme(browser: Browser, folder: Path) -> bool:
    """The README's pictures; whether one of them is too large."""
    too_large = False
    with (
        tempfile.TemporaryDirectory(prefix="workbench-pictures-") as home,
        time_machine.travel(WHEN),
        running(Path(home)) as site,
    ):
        prepare(site)
        for name in PICTURES:
            png = take(browser, site, name)
            (folder / f"{name}.png").write_bytes(png)
            print(f"{name}.png: {len(png):,} bytes")
            if len(png) > LARGEST:
                print(f"That is more than {LARGEST:,}.")
                too_large = True
    return too_large


if __name__ == "__main__":
    sys.exit(main())
