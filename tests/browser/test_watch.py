"""The guard of the other tests: what it has to see, it sees."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenAs, Watch
from tests.browser.site import People, Site, sample

#: What is done in the page, and a word of the fault that comes of it.
DEEDS = {
    "console.error('broken')": "broken",
    "setTimeout(() => { throw new Error('thrown'); })": "thrown",
    "document.body.setAttribute('style', 'color: red')": "CSP refused style-src",
    "(() => { try { document.body.innerHTML = 'x'; } catch {} })()": "CSP refused require-trusted",
    "fetch('http://127.0.0.2:9/x').catch(() => 0)": "CSP refused connect-src",
    "fetch('/nowhere').catch(() => 0)": "404",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_fault_in_the_page_is_noted(
    deed: str, people: People, open_as: OpenAs, watch: Watch
) -> None:
    page = open_as(people.ana)
    page.evaluate(f"() => {{ {deed}; }}")
    _noted(page, watch, DEEDS[deed])


def _noted(page: Page, watch: Watch, word: str) -> None:
    """Wait for a fault with that word, and forgive it."""
    deadline = time.monotonic() + 10
    while not any(word in fault for fault in watch.faults):
        assert time.monotonic() < deadline, watch.faults
        page.wait_for_timeout(10)
    watch.faults.clear()


def test_a_request_to_another_host_is_noted(
    site: Site, people: People, open_as: OpenAs, watch: Watch
) -> None:
    page = open_as(people.ana)
    page.goto(site.url.replace("127.0.0.1", "localhost") + "/login")
    page.wait_for_load_state("networkidle")
    _noted(page, watch, "another host")


def test_an_htmx_attribute_that_was_smuggled_in_is_stripped_and_noted(
    people: People, open_as: OpenAs, watch: Watch
) -> None:
    page = open_as(people.ana)
    page.evaluate(
        """() => {
            const smuggled = document.createElement("button");
            smuggled.setAttribute("hx-post", "/logout");
            smuggled.setAttribute("hx-trigger", "load");
            document.querySelector("main").append(smuggled);
            htmx.process(smuggled);
        }"""
    )
    _noted(page, watch, "htmx:security:strip")
    assert page.url.endswith("/")


def test_the_name_of_a_model_in_a_page_is_noted(
    site: Site, people: People, open_as: OpenAs
) -> None:
    items = sample("pares-pandalm", "pandalm-081")
    project = site.project("ranking", items, people)
    before = len(site.sent)
    open_as(people.ana, f"/projects/{project.slug}/desk").wait_for_selector("#answer")
    bodies = [body for path, body in site.sent[before:] if path.endswith(("/desk", "/next"))]
    assert len(bodies) >= 2
    assert items[0]["responses"][0]["text"] in bodies[-1]
    assert {response["model"] for response in items[0]["responses"]} <= site.models
