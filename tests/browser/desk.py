"""The desk as a person has it before them. Found by structure, so in either language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.site import VEIL
from workbench.models import Project

#: There is an item, its cover, the news that there is none, or practice before it.
SETTLED = "#answer, .cover button, .empty [data-key=u], [data-enter]"


class Desk:
    """One open desk. `press` and `type` use the keyboard alone, the rest a mouse."""

    def __init__(self, page: Page, project: Project) -> None:
        self.page = page
        self.path = f"/projects/{project.slug}/desk"
        if page.url != "about:blank" and self.path in page.url:
            self.settle()

    def settle(self) -> Desk:
        """Wait for an item, its cover, or the end of the queue."""
        self.page.wait_for_selector(SETTLED)
        return self

    # --- the keyboard -------------------------------------------------------------------------

    def press(self, *keys: str) -> Desk:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, text: str) -> Desk:
        self.page.keyboard.type(text)
        return self

    def tab_to(self, selector: str, *, back: bool = False) -> Desk:
        """Press Tab until the focus is there. Fails when it never comes there."""
        for _ in range(80):
            if self.page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return self
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab never comes to {selector}")

    def stop_clock(self) -> Desk:
        """All that is pressed from here on is pressed at once, however slow the machine is."""
        self.page.evaluate("() => { const now = performance.now(); performance.now = () => now; }")
        return self

    def next_by_key(self, *keys: str) -> Desk:
        """Press keys that end with a new item on the desk."""
        with self.swap():
            self.press(*(keys or ("Enter",)))
        return self

    # --- the mouse ----------------------------------------------------------------------------

    def choose(self, name: str, value: str) -> Desk:
        self.page.locator(f'#answer [name="{name}"][value="{value}"]').click()
        return self

    def submit(self) -> Desk:
        """Click on Submit, and wait for what comes next."""
        with self.swap():
            self.page.locator(".answer-bar button.primary[form=answer]").click()
        return self

    def refused(self) -> str:
        """Wait for what the server says is wrong."""
        notice = self.page.locator("#problems .notice")
        notice.wait_for()
        return notice.inner_text()

    # --- what is there ------------------------------------------------------------------------

    @contextmanager
    def swap(self) -> Iterator[None]:
        """What is done within ends with a new desk in the place of this one."""
        self.page.evaluate("() => { document.getElementById('desk').dataset.old = '1'; }")
        yield
        self.page.wait_for_selector("#desk:not([data-old])", state="attached")
        self.settle().arrived()

    def ready(self, *, ahead: bool = True) -> Desk:
        """Wait until the next item is here as well, or until it is known not to come."""
        self.settle().page.wait_for_selector(f"#desk[data-ahead={'here' if ahead else 'none'}]")
        return self

    def saving(self) -> str:
        """What the line above says: saved, waiting or conflict."""
        state = self.page.locator("#saving").get_attribute("data-state")
        assert state
        return state

    def arrived(self) -> Desk:
        """Wait until the server has told what became of the answer that was left behind."""
        self.page.wait_for_selector("#saving:not([data-state=waiting])")
        return self

    @property
    def item_id(self) -> int:
        action = self.page.locator('form[action*="/desk/items/"]').first.get_attribute("action")
        assert action
        return VEIL.number(action.split("/desk/items/")[1].split("/")[0])

    def gone(self, item_id: int) -> Desk:
        """Wait until that item is no longer on the desk, but another one."""
        token = VEIL.token(item_id)
        self.page.wait_for_selector(f"#desk[data-item-id]:not([data-item-id='{token}']) #answer")
        return self

    @property
    def name(self) -> str:
        """What the heading calls the item."""
        return self.page.locator("h1[data-focus]").inner_text()

    def entered(self) -> dict[str, str]:
        """What a person has put into the form, by field."""
        found: dict[str, str] = self.page.evaluate(
            """(own) => Object.fromEntries([...new FormData(document.getElementById("answer"))]
                .filter(([name, value]) => value !== "" && !own.includes(name)))""",
            ["csrf_token", "key", "base", "guideline", "mode", "active_ms"],
        )
        return found

    def checked(self) -> dict[str, str]:
        """What is chosen now, by field."""
        found: dict[str, str] = self.page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll("#answer input:checked")]
                .filter((input) => input.value !== "").map((input) => [input.name, input.value]))"""
        )
        return found

    def focused(self, selector: str) -> bool:
        """Whether the focus is there."""
        return bool(self.page.evaluate("(s) => document.activeElement.matches(s)", selector))

    def wait_for_focus(self, selector: str) -> Desk:
        self.page.wait_for_function("(s) => document.activeElement.matches(s)", arg=selector)
        return self

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def covered(self, selector: str) -> bool:
        """Whether something else lies over the middle of it, or it is out of sight."""
        hidden: bool = self.page.locator(selector).first.evaluate(
            """(node) => {
                const box = node.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const top = document.elementFromPoint(x, y);
                return !(top && (node.contains(top) || top.contains(node)));
            }"""
        )
        return hidden


def ballot(*tiers: list[str], unranked: tuple[str, ...] = (), **parts: Any) -> dict[str, Any]:
    """A stored ranking."""
    return {
        "tiers": [sorted(tier) for tier in tiers],
        "unranked": sorted(unranked),
        "verdict": None,
        "strength": None,
        "reason": "",
        **parts,
    }


def select_by_mouse(desk: Desk, passage: str, place: int = 0) -> None:
    """Draw a selection over a passage of a response, from its first to its last character."""
    text = desk.find("[data-spans]").nth(place)
    ends = text.evaluate(
        """(text, passage) => {
            const start = text.textContent.indexOf(passage);
            // The middle of the left or the right edge of the character at that place.
            const edge = (offset, right) => {
                const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
                let node, passed = 0;
                while ((node = walker.nextNode()) && offset >= passed + node.data.length)
                    passed += node.data.length;
                const range = document.createRange();
                range.setStart(node, offset - passed);
                range.setEnd(node, offset - passed + 1);
                const box = range.getBoundingClientRect();
                return [right ? box.right - 0.5 : box.left + 0.5, box.top + box.height / 2];
            };
            text.scrollIntoView({block: "nearest"});
            return [edge(start, false), edge(start + passage.length - 1, true)];
        }""",
        passage,
    )
    mouse = desk.page.mouse
    mouse.move(*ends[0])
    mouse.down()
    mouse.move(*ends[1], steps=6)
    mouse.up()
