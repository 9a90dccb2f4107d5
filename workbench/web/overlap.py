"""How many judgments items get: all the same number, or more where the answer is in doubt."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.messages import N_, Invalid, Message
from workbench.permissions import Permission
from workbench.queries import overlap as queries
from workbench.queries.agreement import questions_of
from workbench.services.overlap import Rule, apply, set_rule
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, database, now, read_session, session

bp = Blueprint("overlap", __name__, url_prefix="/projects/<slug>")

#: What is proposed where the overlap is fixed yet.
_MOST = 5

_PERCENT = N_("Write a number such as 98 or 99.8.")


@bp.get("/overlap")
@requires(Permission.SET_OVERLAP)
def show(place: Place) -> Page:
    """What holds now, what it rests on, and what it has spent and saved."""
    rule = Rule.of(place.project)
    form = {
        "way": "fixed" if rule.most is None else "adapts",
        "overlap": rule.start,
        "most": rule.most or max(_MOST, rule.start + 1),
        "confidence": f"{100 * rule.confidence:g}",
        "audit": f"{100 * rule.audit:g}",
    }
    return _page(place, form, {})


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
        return _page(place, request.form, error.errors)
    if found is not None:
        apply(session(), place.project, found, now())
    return redirect(url_for("overlap.show", slug=place.project.slug, saved=1), 303)


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


def _page(place: Place, form: Any, errors: dict[str, Message]) -> Page:
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
    rule = Rule.of(project)
    context = {
        "project": project,
        "tabs": tabs(place, "quality"),
        "form": form,
        "errors": {name: said(why) for name, why in errors.items()},
        "saved": "saved" in request.args,
        "fixed_for": queries.why_fixed(project),
        "question": questions_of(project)[0].title,
        "learning": rule.until_known,
        "rule": rule,
        "learnt": learnt,
        "spent": spent,
        "beyond": spent.beyond(rule.start),
        "saved_judgments": None if rule.most is None else spent.saved(rule.most),
    }
    return Page("quality/overlap.html", context, status=422 if errors else 200)
