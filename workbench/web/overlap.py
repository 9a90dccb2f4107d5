"""How many judgments items get, all the same number or more where the answer is in doubt; and which
items stand ahead of the queue for what they tell of models."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench.messages import N_, Invalid, Message
from workbench.models import Project
from workbench.permissions import Permission
from workbench.queries import overlap as queries
from workbench.queries import pairs as pair_queries
from workbench.queries.agreement import questions_of
from workbench.services.overlap import Rule, apply, set_rule
from workbench.services.pairs import apply as stand_ahead
from workbench.services.pairs import refuse, set_ahead
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, database, now, read_session, session

bp = Blueprint("overlap", __name__, url_prefix="/projects/<slug>")

#: What is proposed where the overlap is fixed yet, and where nothing stands ahead yet.
_MOST, _AHEAD = 5, 50

_PERCENT = N_("Write a number such as 98 or 99.8.")


@bp.get("/overlap")
@requires(Permission.SET_OVERLAP)
def show(place: Place) -> Page:
    """What holds now, what it rests on, and what it has spent and saved."""
    return _page(place)


@bp.post("/overlap")
@requires(Permission.SET_OVERLAP)
def save(place: Place) -> Page | ResponseReturnValue:
    """Change it; items that are done by the old numbers may want more by the new ones."""
    try:
        rule = _sent(Rule.of(place.project))
        found = None
        if rule.most is not None and queries.why_fixed(place.project) is None:
            # Nothing is locked meanwhile: it may take seconds.
            with database().read() as reading:
                found = queries.find(reading, place.project)
        set_rule(session(), place.project, rule, now=now(), actor=person().id)
    except Invalid as error:
        return _page(place, error.errors, form=request.form)
    if found is not None:
        apply(session(), place.project, found, now())
    return redirect(url_for("overlap.show", slug=place.project.slug, saved=1), 303)


@bp.post("/overlap/pairs")
@requires(Permission.SET_OVERLAP)
def save_pairs(place: Place) -> Page | ResponseReturnValue:
    """Change how many items stand ahead of the queue, and choose which."""
    errors: dict[str, Message] = {}
    ahead = whole("ahead", errors) if request.form.get("pairs") == "ahead" else None
    if errors:
        return _page(place, errors, pairs_form=request.form)
    found = None
    try:
        refuse(place.project, ahead)
        if ahead is not None:
            # Nothing is locked meanwhile: it may take seconds.
            with database().read() as reading:
                found = pair_queries.find(reading, place.project, ahead)
        set_ahead(session(), place.project, ahead, now=now(), actor=person().id)
    except Invalid as error:
        return _page(place, error.errors, pairs_form=request.form)
    if found is not None:
        stand_ahead(session(), found, now())
    return redirect(url_for("overlap.show", slug=place.project.slug, arranged=1), 303)


def _sent(before: Rule) -> Rule:
    """What was sent, with a point or a comma. Raises Invalid with every field that is no number.

    A fixed overlap has no other numbers: they stay what they were.
    """
    errors: dict[str, Message] = {}
    start = whole("overlap", errors) or 0
    if request.form.get("way") != "adapts":
        rule = Rule(start, None, before.confidence, before.audit)
    else:
        rule = Rule(start, whole("most", errors) or 0, _share("confidence", errors),
                    _share("audit", errors))  # fmt: skip
    if errors:
        raise Invalid(errors)
    return rule


def _share(name: str, errors: dict[str, Message]) -> float:
    """A percentage as a share (0..1)."""
    try:
        return round(float(request.form.get(name, "").strip().replace(",", ".")) / 100, 6)
    except (ValueError, OverflowError):
        errors[name] = _PERCENT
        return 0.0


def _as_form(rule: Rule) -> dict[str, Any]:
    return {
        "way": "fixed" if rule.most is None else "adapts",
        "overlap": rule.start,
        "most": rule.most or max(_MOST, rule.start + 1),
        "confidence": f"{100 * rule.confidence:g}",
        "audit": f"{100 * rule.audit:g}",
    }


def _page(
    place: Place,
    errors: Mapping[str, Message] | None = None,
    *,
    form: Any = None,
    pairs_form: Any = None,
) -> Page:
    """The page, with what was entered in one of its forms where that was refused."""
    with ExitStack() as stack:
        reading, project = read_session(stack), place.project
        last, spent = queries.newest(reading, project.id), queries.spent(reading, project)
        learnt = last and {
            "n_judgments": last.judgments,
            "n_items": last.items,
            "n_reviewers": last.reviewers,
            "at": last.made_at,
            "known": last.chances is not None,
        }
        standing = _standing(reading, project)
    rule = Rule.of(project)
    context = {
        "project": project,
        "tabs": tabs(place, "quality"),
        "form": form or _as_form(rule),
        "pairs_form": pairs_form or _pairs_as_form(project),
        "errors": {name: said(why) for name, why in (errors or {}).items()},
        "saved": "saved" in request.args,
        "arranged": "arranged" in request.args,
        "fixed_for": queries.why_fixed(project),
        "question": questions_of(project)[0].title,
        "learning": rule.until_known,
        "rule": rule,
        "learnt": learnt,
        "spent": spent,
        "beyond": spent.beyond(rule.start),
        "saved_judgments": None if rule.most is None else spent.saved(rule.most),
        **standing,
    }
    return Page("quality/overlap.html", context, status=422 if errors else 200)


def _pairs_as_form(project: Project) -> dict[str, Any]:
    ahead = project.pairs_ahead
    return {"pairs": "off" if ahead is None else "ahead", "ahead": ahead or _AHEAD}


def _standing(reading: Session, project: Project) -> dict[str, Any]:
    """What stands ahead of the queue, and what it was chosen by."""
    last = pair_queries.newest(reading, project.id)
    return {
        "pairs_not_for": pair_queries.why_not(project),
        "ahead": pair_queries.count_ahead(reading, project.id),
        "chosen": last
        and {
            "at": last.made_at,
            "comparisons": last.comparisons,
            "models": last.models,
            "looked_at": last.looked_at,
            "doubts": last.doubts,
        },
        "too_few": pair_queries.TOO_FEW,
    }
