"""The guideline: read by everyone on the project, written in versions by its leads."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid
from workbench.models import Role
from workbench.permissions import Permission, Who, allowed
from workbench.queries import guideline as queries
from workbench.queries import review
from workbench.queries.guideline import VersionText
from workbench.services.accounts import LOCALES
from workbench.services.guideline import Draft, checked, must_be_next, publish
from workbench.web.access import Place, person, requires
from workbench.web.guideline_changes import NAMES, changes, other, written_in
from workbench.web.guideline_form import (
    REPEATED,
    as_version,
    base,
    begun_with,
    entered,
    filled,
    fingerprint,
    with_item,
    with_more,
    without,
)
from workbench.web.language import language, said
from workbench.web.quality import tabs
from workbench.web.request import Page, is_htmx, now, read_session, roll_back, session
from workbench.web.veil import veil

bp = Blueprint("guideline", __name__, url_prefix="/projects/<slug>/guideline")

_NO_VERSION = N_("There is no such version of the guideline.").text


# --- reading --------------------------------------------------------------------------------


@bp.get("")
@requires(Permission.SEE_PROJECT)
def show(place: Place) -> Page:
    """A version (`?version=`, else the present one), in the reader's language or `?in=`."""
    reading, project_id = session(), place.project.id
    present = queries.version_text(reading, project_id)
    guide = _asked(reading, place, "version") or present
    writes = _writes(place)
    wanted = request.args.get("in", "")
    context = {
        **_common(place, reading),
        "writes": writes,
        "guide": guide,
        "present": present,
        "wanted": wanted if wanted in LOCALES else language(),
        "versions": queries.versions(reading, project_id),
        "readers": queries.readers(reading, project_id) if writes else [],
        "published": "published" in request.args,
    }
    if guide is not None:
        context["shown_in"] = written_in(guide, context["wanted"])
    return Page("guideline/guideline.html", context)


@bp.get("/changes")
@requires(Permission.SEE_PROJECT)
def compare(place: Place) -> Page:
    """What changed from one version to another, in both languages."""
    reading, project_id = session(), place.project.id
    after = _asked(reading, place, "to") or queries.version_text(reading, project_id)
    if after is None:
        raise NotFound(_NO_VERSION)
    before = _asked(reading, place, "from")
    if before is None:
        before = queries.version_text(reading, project_id, after.version - 1)
    context = {
        **_common(place, reading),
        "before": before,
        "after": after,
        "changes": [changes(before, after, each) for each in _languages()],
        "versions": queries.versions(reading, project_id),
    }
    return Page("guideline/changes.html", context)


def _asked(reading: Session, place: Place, name: str) -> VersionText | None:
    """The version that the address names; None when it names none. Raises NotFound."""
    text = request.args.get(name, "")
    if not text:
        return None
    number = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    found = queries.version_text(reading, place.project.id, number)
    if found is None:
        raise NotFound(_NO_VERSION)
    return found


def _languages() -> tuple[str, str]:
    """Both, the reader's own first."""
    return language(), other(language())


def _writes(place: Place) -> bool:
    return allowed(Permission.WRITE_GUIDELINE, Who(person().role, place.member.role))


def _common(place: Place, reading: Session) -> dict[str, Any]:
    """What every page of the guideline shows. Reviewers have the desk instead of tabs."""
    reviews = place.member.role == Role.REVIEWER
    return {
        "project": place.project,
        "slug": place.project.slug,
        "tabs": None if reviews else tabs(place, "guideline", reading),
        "names": NAMES,
    }


# --- writing --------------------------------------------------------------------------------


@bp.get("/edit")
@requires(Permission.WRITE_GUIDELINE)
def edit(place: Place) -> Page:
    """The form, with the present version in it; `example` names a settled item to add to it."""
    newest = queries.version_text(session(), place.project.id)
    draft, added = begun_with(newest), ""
    item_id = request.args.get("example", type=int)
    if item_id is not None:
        draft, added = _with_decision(place, draft, item_id), "examples"
    began_with = newest.version if newest else 0
    return _editor(place, draft, began_with, added=added, opened=added)


def _with_decision(place: Place, draft: Draft, item_id: int) -> Draft:
    """The draft with a settled item as one example more. Raises NotFound for one that is not."""
    found = review.item_review(session(), place.project.id, item_id, named=False)
    if found is None or found.decided is None:
        raise NotFound(_NO_VERSION)
    # Reviewers will read it, so it bears the name that they know the item by.
    return with_item(draft, found.item, veil().code(item_id), found.decided.note)


@bp.post("/preview")
@requires(Permission.WRITE_GUIDELINE)
def preview(place: Place) -> Page:
    """The draft as it will be read. Stores nothing."""
    page = _editor(place, entered(), base(), previewed=True)
    page.block = "preview"
    return page


@bp.post("/entries")
@requires(Permission.WRITE_GUIDELINE)
def entries(place: Place) -> Page:
    """The form with an example or a term more (`add`) or less (`remove`). Stores nothing."""
    add, remove = request.form.get("add", ""), request.form.get("remove", "")
    draft = without(with_more(entered(), add), remove)
    return _editor(place, draft, base(), added=add, opened=add or remove.partition("-")[0])


@bp.post("/publish")
@requires(Permission.WRITE_GUIDELINE)
def publish_version(place: Place) -> Page | ResponseReturnValue:
    """Ask first, with what will change; then make the next version. The draft is never lost."""
    draft, began_with = entered(), base()
    try:
        clean = checked(draft)
        if request.form.get("confirm") != fingerprint(clean, began_with):
            return _ask(place, draft, clean, began_with)
        publish(session(), place.project, clean, now=now(), actor=person().id, base=began_with)
    except Invalid as error:
        return _rejected(place, draft, began_with, error)
    except Conflict as error:
        return _overtaken(place, draft, began_with, error)
    where = url_for("guideline.show", slug=place.project.slug, published=1)
    if is_htmx():
        return "", 204, {"HX-Redirect": where}
    return redirect(where, 303)


def _ask(place: Place, draft: Draft, clean: Draft, began_with: int) -> Page:
    """The form again, under the question whether to publish. Raises what `must_be_next` does."""
    with ExitStack() as stack:
        reading, project_id = read_session(stack), place.project.id
        must_be_next(reading, project_id, clean, began_with)
        newest = queries.version_text(reading, project_id)
    new = as_version(clean, began_with + 1, now())
    return _editor(
        place,
        draft,
        began_with,
        confirm=fingerprint(clean, began_with),
        changes=[changes(newest, new, each) for each in _languages()],
    )


def _rejected(place: Place, draft: Draft, began_with: int, error: Invalid) -> Page:
    """422: what is wrong, in the form that keeps what was written."""
    roll_back()
    problems = {name: said(why) for name, why in error.errors.items()}
    return _again(_editor(place, draft, began_with, problems=problems), 422)


def _overtaken(place: Place, draft: Draft, began_with: int, error: Conflict) -> Page:
    """409: another version came first. What it changed, and the form with what was written.

    The form goes on from the newest version: who sends it again has seen what it replaces.
    """
    roll_back()
    with ExitStack() as stack:
        reading = read_session(stack)
        newest = queries.version_text(reading, place.project.id)
        before = queries.version_text(reading, place.project.id, began_with)
    page = _editor(
        place,
        draft,
        newest.version if newest else 0,
        conflict=said(error.message),
        overtaken_by=newest,
        changes=[changes(before, newest, each) for each in _languages()] if newest else [],
    )
    return _again(page, 409)


def _again(page: Page, status: int) -> Page:
    page.status_code = status
    # The page swaps in an error only where it is said to.
    page.headers.update({"HX-Retarget": "#editor", "HX-Reswap": "outerHTML"})
    return page


def _editor(place: Place, draft: Draft, began_with: int, **more: Any) -> Page:
    with ExitStack() as stack:
        reading = read_session(stack)
        context = {
            **_common(place, reading),
            "readers": queries.readers(reading, place.project.id),
        }
    context |= {
        "draft": draft,
        "base": began_with,
        "repeated": {name: most for name, (_, most) in REPEATED.items()},
        "previewed": False,
        "filled": filled,
        "added": "",
        "opened": "",
        "confirm": "",
        "changes": [],
        "problems": {},
        "conflict": "",
        "overtaken_by": None,
        **more,
    }
    return Page("guideline/edit.html", context, "editor")
