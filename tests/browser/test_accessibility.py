"""Every page that a reviewer meets, in light and dark, Spanish and English, wide and narrow:
axe finds nothing, nothing runs off the side, targets are large enough, the focus is always seen."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any
from weakref import WeakSet

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenAs, Watch
from tests.browser.desk import Desk
from tests.browser.site import Site, sample
from tests.browser.states import (
    DESKS,
    LOOKS,
    NARROW,
    Stage,
    come_to,
    dress,
    put_on,
    set_stage,
)
from tests.sample_projects import FALL, WEEKS, fill_weeks
from tests.support import axe
from tests.web.stage import make_job
from workbench.db import now as database_now
from workbench.models import Event, JobState, Project, User, Why
from workbench.queries.splits import WAYS
from workbench.services import (
    accounts,
    api_tokens,
    gold,
    jobs,
    leave_item,
    pairs,
    webhook_sending,
    webhooks,
)
from workbench.services.api_tokens import Wanted
from workbench.services.erase import ask_erasure
from workbench.services.gold import Known
from workbench.services.guideline import Draft, publish
from workbench.services.review_judgment import set_sample

_numbers = count(1)


@pytest.fixture(scope="module")
def stage(site: Site) -> Stage:
    return set_stage(site)


@pytest.mark.parametrize("state", DESKS)
def test_the_desk(state: str, stage: Stage, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(422)
    page = open_as(stage.ana, "/account")
    _bring_axe(page)
    found: list[str] = []
    for locale, (first, _) in LOOKS.items():
        put_on(first, page, stage.site, stage.ana)
        come_to(state, page, stage)
        found += _wrong(page, locale)
    _fine(found)


@pytest.fixture(scope="module")
def past(stage: Stage) -> Project:
    """Two judgments of Ana's and of Ben's that differ once; a skip and an escalation of Ana's."""
    ids = ("pandalm-081", "pandalm-090", "pandalm-354", "pandalm-021")
    site, people = stage.site, stage.people
    project = site.project("ranking", sample("pares-pandalm", *ids), people)
    for who, best in ((people.ana, "a"), (people.ana, "a"), (people.ben, "a"), (people.ben, "b")):
        site.judge(project, who, partial(_prefers, best))
    site.leave(project, people.ana, leave_item.skip, "No sé francés")
    site.leave(project, people.ana, leave_item.escalate, "¿Cuenta el punto final?")
    return project


def _prefers(best: str, lease: Any) -> dict[str, Any]:
    tiers = [[best], [i for i in lease.shown if i != best]]
    return {"tiers": tiers, "unranked": [], "verdict": None, "strength": 2, "reason": ""}


def test_ones_own_judgments(stage: Stage, past: Project, open_as: OpenAs) -> None:
    page = open_as(stage.ana, "/account")
    address = f"/projects/{past.slug}/mine"
    _fine(_in_every_look(page, stage.site, stage.ana, f"{address}?saved=1"))
    page.goto(address)
    page.locator("table a.button").first.click()
    Desk(page, past).settle()
    _fine(_in_every_look(page, stage.site, stage.ana, page.url))


#: Address: the person, None for nobody.
PAGES: dict[str, str | None] = {
    "/": "ana",
    "/account": "ana",
    "/login": None,
    "/login?expired=1&next=/account": None,
    "/welcome": None,
    "/projects/bias-nowhere/desk": "ana",
}


@pytest.mark.parametrize("address", PAGES)
def test_a_page(address: str, stage: Stage, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(404)
    page = open_as(stage.ana if PAGES[address] else None, address)
    _fine(_in_every_look(page, stage.site, stage.ana, address))


def test_the_front_pages_of_somebody_new(stage: Stage, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(403)
    new = Stage(stage.site, stage.site.people())
    page = open_as(new.ana)
    _fine(_in_every_look(page, stage.site, new.ana, "/"))
    project = stage.site.project("ranking", sample("pares-pandalm", "pandalm-081"), new.people)
    _fine(_in_every_look(page, stage.site, new.ana, f"/projects/{project.slug}/mine"))
    # A page of somebody else's role.
    _fine(_in_every_look(page, stage.site, new.ana, f"/projects/{project.slug}/quality"))


def test_the_leads_pages(stage: Stage, past: Project, open_as: OpenAs) -> None:
    luz = stage.people.luz
    page = open_as(luz, f"/projects/{past.slug}/quality")
    judged = stage.site.judgments(past)[-1].item_id
    with stage.site.database.write() as writing:
        every = {"review_percent": 100, "review_new_percent": 100, "review_new_until": 0}
        set_sample(writing, past, every, now=database_now(writing), actor=luz.id)
        pairs.set_ahead(writing, past, 2, now=database_now(writing))
    pairs.choose(stage.site.database, past.id)
    decide = ("disputes", f"disputes/{judged}/own", "reviews", "quality/judging")
    for rest in ("quality", "overlap", "keeping", "escalations", f"items/{judged}", *decide):
        address = f"/projects/{past.slug}/{rest}"
        _fine(_in_every_look(page, stage.site, luz, address))


def test_the_pages_of_whoever_runs_it(stage: Stage, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(422)
    site = stage.site
    with site.database.write() as writing:
        moment = database_now(writing)
        admin = accounts.create_user(writing, name="adela", role="admin", now=moment)
        ask_erasure(writing, writing.get_one(User, stage.ana.id), moment)
    page = open_as(admin, "/")
    for address in ("/", "/audit", "/audit?to=2020-01-01", "/audit?from=x", "/people"):
        _fine(_in_every_look(page, site, admin, address))
    with site.database.write() as writing:
        ask_erasure(writing, writing.get_one(User, stage.ana.id), moment, withdraw=True)


def test_gold_and_what_is_made_of_it(stage: Stage, open_as: OpenAs, watch: Watch) -> None:
    luz, site = stage.people.luz, stage.site
    watch.expect(422)
    ids = ("pandalm-081", "pandalm-090", "pandalm-354", "pandalm-021")
    project = site.project("ranking", sample("pares-pandalm", *ids), stage.people)
    address = f"/projects/{project.slug}/gold"
    page = open_as(luz, address)
    # Nothing yet; then a copy that was judged, a question opened, and a form that is refused.
    _fine(_in_every_look(page, site, luz, address))
    site.judge(project, stage.ana, partial(_prefers, "a"))
    known = site.judgments(project)[-1]
    with site.database.write() as writing:
        row, at = writing.get_one(Project, project.id), database_now(writing)
        said = Known(known.answer or {}, known.type_version, "Rule 2.")
        gold.mark(writing, row, known.item_id, said, now=at, actor=luz.id)
        row.gold_percent = 100
    site.judge(row, stage.people.ben, partial(_prefers, "a"))
    _fine(_in_every_look(page, site, luz, f"/projects/{project.slug}/items/{known.item_id}"))
    for locale, (first, _) in LOOKS.items():
        put_on(first, page, site, luz)
        page.goto(address)
        assert page.locator("svg.span").count() == 1
        page.locator(".sure summary").first.click()
        _fine(_wrong(page, locale))
        page.locator("#gold_percent").fill("99")
        page.locator("form[action$='/gold/settings']").evaluate("form => form.noValidate = true")
        page.locator("form[action$='/gold/settings'] button").click()
        page.wait_for_selector(".error-text")
        _fine(_wrong(page, locale))


def test_agreement_part_by_part(stage: Stage, open_as: OpenAs) -> None:
    luz = stage.people.luz
    project = stage.site.project("ranking", [], stage.people, overlap=3)
    address = f"/projects/{project.slug}/quality/splits"
    page = open_as(luz, address)
    # Nothing yet; then four weeks with a version published in the last.
    _fine(_in_every_look(page, stage.site, luz, address))
    fill_weeks(stage.site.database, project)
    with stage.site.database.write() as writing:
        publish(writing, project, Draft("Guía nueva", "New guide"), now=max(WEEKS.values()))
    for by in WAYS:
        page.goto(f"{address}?by={by}")
        # Alike but for the words: two of them are enough for every look.
        if by in {"week", "tag"}:
            _fine(_in_every_look(page, stage.site, luz, f"{address}?by={by}"))
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    part = f"/projects/{project.slug}/quality/part?by=week&part={FALL}"
    _fine(_in_every_look(page, stage.site, luz, part))
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(f"{address}?by=week")
    page.wait_for_selector(".chart[data-drawn]")
    assert page.locator(".chart .mark-symbol path").count() == len(WEEKS)
    assert page.locator(".chart text", has_text="v1").count() == 1


def test_pace_pairs_findings_and_confusion(stage: Stage, open_as: OpenAs) -> None:
    luz, site = stage.people.luz, stage.site
    items = sample("bias-en", "xstest-v2-280-2", "xstest-v2-280-4")
    project = site.project("bias", items, stage.people)
    page = open_as(luz, f"/projects/{project.slug}/quality")
    # Nothing yet; then two judgments of today.
    for judged in (False, True):
        if judged:
            for flagged in (True, False):
                site.judge(project, stage.ana, partial(_flags, project, flagged))
                site.judge(project, stage.people.ben, partial(_flags, project, False))
        for rest in ("pace", "pairs", "findings", "confusion", "passages"):
            address = f"/projects/{project.slug}/quality/{rest}"
            _fine(_in_every_look(page, site, luz, address))
            page.wait_for_function(
                "document.querySelectorAll('.chart:not([data-drawn])').length === 0"
            )
            assert (page.locator(".chart .mark-rect path").count() > 0) is (
                judged and rest != "passages"
            )
    for rest in ("splits?by=site", "part?by=language&part=en", "passages?by=week",
                 "passages/part?by=site"):  # fmt: skip
        address = f"/projects/{project.slug}/quality/{rest}"
        _fine(_in_every_look(page, site, luz, address))
        page.set_viewport_size({"width": 360, "height": 740})
        page.wait_for_selector("#passages details")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_whole_rankings_part_by_part(stage: Stage, open_as: OpenAs) -> None:
    luz, site = stage.people.luz, stage.site
    responses = [{"id": key, "text": f"Answer {key}.", "model": f"ordered-{key}"} for key in "abc"]
    item = {"id": "one", "language": "en", "prompt": "Which?", "responses": responses}
    project = site.project("ranking", [item], stage.people)
    for who, order in ((stage.people.ana, "abc"), (stage.people.ben, "bac")):
        site.judge(project, who, partial(_order, order))
    page = open_as(luz, f"/projects/{project.slug}/quality")
    for rest in ("splits?by=language", "part?by=language&part=en"):
        address = f"/projects/{project.slug}/quality/{rest}"
        _fine(_in_every_look(page, site, luz, address))
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.get_by_text("tau-b").count()


def _order(order: str, _lease: Any) -> dict[str, Any]:
    return {"tiers": [[each] for each in order], "unranked": [], "verdict": None,
            "strength": None, "reason": ""}  # fmt: skip


def _flags(project: Project, flagged: bool, lease: Any) -> dict[str, Any]:
    flag = {"response": lease.shown[0], "start": None, "end": None, "quote": "", "severity": 1,
            "category": project.config["taxonomy"][0]["code"], "direction": "against",
            "reason": ""}  # fmt: skip
    return {"none": not flagged, "flags": [flag] if flagged else []}


def test_marks_of_several_people_over_one_text(stage: Stage, open_as: OpenAs) -> None:
    luz, site, others = stage.people.luz, stage.site, [stage.site.people() for _ in range(2)]
    item = sample("bias-en", "xstest-v2-280-2")[0]
    project = site.project("bias", [item], stage.people, *others, overlap=5)
    ends = iter([None, (0, 25), (10, 40), (0, 25), (15, 20)])
    for who in (stage.people.ana, stage.people.ben, others[0].ana, others[0].ben, others[1].ana):
        item_id = site.judge(project, who, partial(_passage, project, item, next(ends)))
    page = open_as(luz, f"/projects/{project.slug}/disputes")
    for address in (page.url, f"/projects/{project.slug}/items/{item_id}"):
        _fine(_in_every_look(page, site, luz, address))
        page.goto(address)
        assert page.locator(".laid mark").count() == 5
        assert page.locator(".laid-list li").count() == 5
    # Cut at 0, 10, 15, 20, 25 and 40.
    assert page.locator(".laid mark sup").all_text_contents() == ["BD", "BCD", "BCDE", "BCD", "C"]


def _passage(
    project: Project, item: dict[str, Any], at: tuple[int, int] | None, lease: Any
) -> dict[str, Any]:
    answer = _flags(project, at is not None, lease)
    for flag in answer["flags"]:
        start, end = at or (0, 0)
        texts = {response["id"]: response["text"] for response in item["responses"]}
        flag.update(start=start, end=end, quote=texts[flag["response"]][start:end])
    return answer


def test_the_engineers_pages_of_tokens_and_of_the_api(stage: Stage, open_as: OpenAs) -> None:
    edu, site = stage.people.edu, stage.site
    project = site.project("ranking", sample("pares-pandalm", "pandalm-081"), stage.people)
    address = f"/projects/{project.slug}/tokens"
    page = open_as(edu, address)
    # None yet, and what can be asked; then an open one and one that has ended; then the question.
    for each in (address, "/api"):
        _fine(_in_every_look(page, site, edu, each))
    with site.database.write() as writing:
        at, owner = database_now(writing), writing.get_one(User, edu.id)
        wanted = Wanted("entrenamiento", ("read", "import", "export", "judge"))
        made = [
            api_tokens.make(writing, project, owner, wanted, now=at, actor=edu.id)[0].prefix
            for _ in range(2)
        ]
        api_tokens.revoke(writing, project.id, made[0], now=at, actor=edu.id)
    for each in (address, f"{address}/{made[1]}/revoke"):
        _fine(_in_every_look(page, site, edu, each))


def test_the_engineers_page_of_columns(stage: Stage, open_as: OpenAs) -> None:
    """It is reached by an upload, and the preview follows what is chosen."""
    edu, site = stage.people.edu, stage.site
    page = open_as(edu, f"/projects/{stage.projects['pair'].slug}/data")
    page.set_input_files("[name=file]", "tests/data/columns/pandalm.csv")
    page.locator("form.upload button.primary").click()
    page.wait_for_url("**/mapping/*")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("12")
    page.locator('[name="c:prompt"]').select_option("")
    expect(preview).to_contain_text("prompt")
    expect(preview.locator(".notice")).to_be_visible()
    page.locator('[name="c:prompt"]').select_option(label="motivation_app")
    expect(preview).to_contain_text("Grammarly")
    _fine(_in_every_look(page, site, edu, page.url))


def test_the_engineers_pages_of_webhooks(stage: Stage, open_as: OpenAs) -> None:
    edu, site = stage.people.edu, stage.site
    project = site.project("ranking", sample("pares-pandalm", "pandalm-081"), stage.people)
    address = f"/projects/{project.slug}/webhooks"
    page = open_as(edu, address)
    _fine(_in_every_look(page, site, edu, address))
    with site.database.write() as writing:
        at, wanted = database_now(writing), webhooks.Wanted("http://127.0.0.1:9/x", tuple(Event))
        hook, _ = webhooks.make(writing, project, wanted, now=at, actor=edu.id)
        for _ in range(2):
            webhooks.ping(writing, hook, now=at)
        held = webhook_sending.hold(writing, hook.id, at)
        assert held is not None
        webhook_sending.done(writing, held, None, Why.TIMEOUT, at)
        hook.failing_at = at
    one = f"{address}/{hook.name}"
    for each in (address, one, f"{one}/secret", f"{one}/remove"):
        _fine(_in_every_look(page, site, edu, each))


def test_the_engineers_pages_of_work_in_the_background(stage: Stage, open_as: OpenAs) -> None:
    edu, site = stage.people.edu, stage.site
    project = site.project("ranking", sample("pares-pandalm", "pandalm-081"), stage.people)
    with site.database.write() as writing:
        waits, failed = (make_job(writing, project, edu) for _ in range(2))
        at = database_now(writing)
        claim = jobs.claim(writing, failed, at)
        assert claim is not None
        jobs.end(writing, claim, jobs.Ended(JobState.FAILED, errors=(jobs.LOST,)), at)
    place = f"/projects/{project.slug}/jobs"
    page = open_as(edu, f"{place}/{waits}")
    for each in (f"{place}/{waits}", f"{place}/{waits}/giving-up", f"{place}/{failed}"):
        _fine(_in_every_look(page, site, edu, each))


def test_the_leads_pages_of_practice(stage: Stage, open_as: OpenAs) -> None:
    luz, projects = stage.people.luz, stage.projects
    page = open_as(luz, f"/projects/{projects['pair'].slug}/practice")
    # Nobody practises yet; then with people, items and a question opened; then one item.
    _fine(_in_every_look(page, stage.site, luz, page.url))
    page.goto(f"/projects/{projects['not passed'].slug}/practice")
    item = page.locator("a.file-name").first.get_attribute("href") or ""
    for locale, (first, _) in LOOKS.items():
        put_on(first, page, stage.site, luz)
        page.goto(f"/projects/{projects['not passed'].slug}/practice")
        page.locator(".sure summary").first.click()
        _fine(_wrong(page, locale))
    _fine(_in_every_look(page, stage.site, luz, item))


def test_forms_that_were_sent_back(stage: Stage, open_as: OpenAs, watch: Watch) -> None:
    watch.expect(401, 422)
    page = open_as(None, "/login")
    for locale, (first, _) in LOOKS.items():
        put_on(first, page, stage.site, stage.ana)
        page.goto("/login")
        page.fill("#name", f"nobody-{next(_numbers)}")
        page.fill("#password", "x")
        page.click("form.panel button.primary")
        page.wait_for_selector(".notice.danger")
        _fine(_wrong(page, locale))
        page.goto("/welcome")
        page.fill("#code", "x")
        page.fill("#password", "una clave larga")
        page.fill("#again", "otra clave larga")
        page.click("form.panel button.primary")
        page.wait_for_selector(".error-text")
        _fine(_wrong(page, locale))


def test_the_parts_of_a_project_stand_in_one_row(stage: Stage, open_as: OpenAs) -> None:
    luz, slug = stage.people.luz, stage.projects["pair"].slug
    page = open_as(luz, "/account")
    page.set_viewport_size({"width": 360, "height": 740})
    for rest in ("quality", "guideline", "gold", "data"):
        page.goto(f"/projects/{slug}/{rest}")
        row, here = page.locator(".tabs"), page.locator(".tabs [aria-current]")
        assert row.evaluate("node => node.scrollWidth > node.clientWidth"), "there is more"
        assert (row.bounding_box() or {})["height"] < 60
        # The open one is whole on the screen, before anybody scrolls and after.
        for far in (0, 10_000):
            row.evaluate("(node, far) => { node.scrollLeft = far }", far)
            box = here.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
    # Each is come to by keyboard, and then no other lies over it.
    page.goto(f"/projects/{slug}/quality")
    page.locator(".tabs a").first.focus()
    for _ in range(7):
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUS_IS_ON_TOP)


_FOCUS_IS_ON_TOP = """() => {
    const box = document.activeElement.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    return document.activeElement.contains(document.elementFromPoint(x, y));
}"""


def test_the_menu_is_opened_and_closed_by_keyboard(stage: Stage, open_as: OpenAs) -> None:
    page = open_as(stage.ana)
    for locale, (first, _) in LOOKS.items():
        put_on(first, page, stage.site, stage.ana)
        page.goto("/")
        page.focus(".menu summary")
        page.keyboard.press("Enter")
        page.wait_for_selector(".menu[open]")
        _fine(_wrong(page, locale))
        page.focus(".menu summary")
        page.keyboard.press("Escape")
        assert page.locator(".menu[open]").count() == 0


def test_the_first_tab_leads_past_the_top_to_the_content(stage: Stage, open_as: OpenAs) -> None:
    page = open_as(stage.ana)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.matches('.skip-link')")
    box = page.locator(".skip-link").bounding_box()
    assert box
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "content"


# --- what is looked for -------------------------------------------------------------------------


def _fine(found: list[str]) -> None:
    assert not found, "\n".join(found)


def _in_every_look(page: Page, site: Site, who: User, address: str) -> list[str]:
    found: list[str] = []
    _bring_axe(page)
    for locale, (first, _) in LOOKS.items():
        put_on(first, page, site, who)
        page.goto(address)
        found += _wrong(page, locale)
    return found


_with_axe: WeakSet[Page] = WeakSet()


def _bring_axe(page: Page) -> None:
    if page not in _with_axe:
        axe.put_in(page)
        _with_axe.add(page)


def _wrong(page: Page, locale: str) -> list[str]:
    """Everything that is wrong with the page as it is now, in both looks of its language. What
    neither the language nor the look changes is looked for in the first one alone."""
    found: list[str] = []
    whole = next(iter(LOOKS.values()))[0]
    for look in LOOKS[locale]:
        dress(look, page)
        problems = _seen(page, look[2], again=look != whole)
        found += [f"[{look[0]} {look[1]} {look[2]['width']}] {each}" for each in problems]
    found += [f"[{locale}] focus is not seen: {each}" for each in _walk(page)]
    lang = page.locator("html").get_attribute("lang")
    if lang != locale:
        found.append(f"[{locale}] is in {lang}")
    dress(LOOKS[locale][0], page)
    return found


def _seen(page: Page, size: dict[str, int], *, again: bool) -> list[str]:
    # So high that nothing lies under the bars, which axe would take for small or unreadable.
    page.set_viewport_size({"width": size["width"], "height": 4000})
    problems = axe.violations(page, again=again)
    page.set_viewport_size(size)
    over = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        problems.append(f"runs {over} px off the side")
    return problems + [f"too small: {each}" for each in page.evaluate(_SMALL, size == NARROW)]


#: Targets under 24 px, and at the width of a telephone buttons and fields under 44 px. A link in a
#: sentence is as high as its line (WCAG 2.5.8 excepts it); what is hidden but for the focus, too.
_SMALL = """(narrow) => {
    const found = [];
    const big = "button, .button, summary, select, textarea, label.choice, label.place," +
        "input:not([type=radio], [type=checkbox], [type=file])";
    const any = "a[href], label, button, input, select, textarea, summary";
    for (const node of document.querySelectorAll(any)) {
        if (!node.checkVisibility({visibilityProperty: true})) continue;
        if (node.matches(".skip-link")) continue;
        if (node.matches("label") && !node.querySelector("input")) continue;
        if (node.matches("label input, [type=hidden]")) continue;
        const style = getComputedStyle(node);
        if (style.clipPath !== "none" || style.display === "inline" && node.matches("a")
            && node.parentElement.textContent.trim() !== node.textContent.trim()) continue;
        const box = node.getBoundingClientRect();
        const least = narrow && node.matches(big) ? 44 : 24;
        if (box.height < least - 0.5 || box.width < 24 - 0.5)
            found.push(`${box.width}x${box.height} ${node.outerHTML.slice(0, 110)}`);
    }
    return found;
}"""

#: What has the focus: its name, whether a ring is around it, whether it is on top anywhere.
_FOCUS = """() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const shown = node.matches(".choice input, .place input") ? node.nextElementSibling
        : node.matches("[data-spans]") ? node.closest(".response") : node;
    const style = getComputedStyle(shown);
    const isIt = (top) => node.contains(top) || shown.contains(top)
        || top.closest("label")?.contains(node);
    const seen = [...shown.getClientRects()].some((box) => [0.1, 0.5, 0.9].some((part) => {
        const [x, y] = [box.x + Math.min(20, box.width / 2), box.y + box.height * part];
        const top = document.elementFromPoint(x, y);
        return top && isIt(top);
    }));
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    node.dataset.walked = Number(node.dataset.walked ?? 0) + 1;
    return {name: node.outerHTML.slice(0, 110), ring, seen, again: node.dataset.walked > 1};
}"""


_FORGET = (
    "() => document.querySelectorAll('[data-walked]').forEach((node) => delete node.dataset.walked)"
)


def _walk(page: Page) -> list[str]:
    """Tab once through the page, from where the focus is."""
    found = []
    page.evaluate(_FORGET)
    for _ in range(100):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            continue
        if focus["again"]:
            break
        if not (focus["ring"] and focus["seen"]):
            found.append(f"{focus['name']} (ring {focus['ring']}, on top {focus['seen']})")
    return found
