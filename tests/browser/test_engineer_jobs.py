"""An engineer has a large file brought in in the background, and gives it up or waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from playwright.sync_api import expect

from tests.background.conftest import lines
from tests.browser.conftest import OpenAs
from tests.browser.site import People, Site, sample
from workbench.background.keep import keep_working
from workbench.background.pulse import Pulse
from workbench.queries.sources import past_imports


@dataclass
class Gate:
    """Whoever works waits in the middle of storing while it is closed, on and on hearing."""

    open: threading.Event = field(default_factory=threading.Event)

    def __call__(self, pulse: Pulse, step: str) -> None:
        while step == "store" and not self.open.wait(0.05):
            pulse.check()


@pytest.fixture
def gate(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Somebody works in the background, for whom every upload is a large one."""
    gate, stop, real = Gate(), threading.Event(), Pulse.progress

    def progress(pulse: Pulse, step: str, done: int, of: int | None) -> None:
        real(pulse, step, done, of)
        gate(pulse, step)

    monkeypatch.setattr(Pulse, "progress", progress)
    monkeypatch.setattr("workbench.services.spool.BATCH", 10)
    config = replace(site.app.extensions["workbench_config"], at_once_kib=0)
    monkeypatch.setitem(site.app.extensions, "workbench_config", config)
    thread = threading.Thread(target=keep_working, args=(site.database, config, stop))
    thread.start()
    yield gate
    stop.set()
    gate.open.set()
    thread.join()


def test_a_large_upload_is_seen_on_its_way_given_up_and_waited_for(
    site: Site, people: People, open_as: OpenAs, gate: Gate
) -> None:
    project = site.project("ranking", sample("pares-pandalm", "pandalm-081"), people)
    content = lines(*(f"new-{n}" for n in range(40)))
    file = {"name": "items.jsonl", "mimeType": "application/jsonl", "buffer": content}
    data = f"/projects/{project.slug}/data"
    page = open_as(people.edu, data)
    for given_up in (True, False):
        page.set_input_files("#file", file)  # type: ignore[arg-type]
        page.click("form.upload button.primary")
        page.wait_for_url("**/jobs/*")
        expect(page.locator("#job")).to_contain_text("Storing")
        expect(page.locator("#job progress")).to_have_attribute("value", "0.2500")
        if given_up:
            page.click("#job >> text=Cancel")
            page.click("button.danger")
            expect(page.locator(".notice.warning")).to_contain_text("nothing was changed")
            with site.database.read() as session:
                assert len(past_imports(session, project.id)) == 1
    gate.open.set()
    page.wait_for_url("**/imports/*")
    expect(page.locator(".figures")).to_contain_text("40")
    page.goto(data)
    expect(page.locator(".work .badge")).to_have_text(["done", "given up"])
    page.click(".to-messages")
    page.click("text=What you had done in the background is finished")
    page.wait_for_url("**/imports/*")
