"""How alike reviewers order whole lists of responses: Kendall's W and tau-b.

The quality page asks for it when the rest is there: comparing many rankings takes a second or two.
"""

from __future__ import annotations

from flask import Blueprint

from workbench.errors import NotFound
from workbench.messages import N_
from workbench.permissions import Permission
from workbench.queries import orders as figures
from workbench.web.access import Place, requires
from workbench.web.quality import common
from workbench.web.request import Page, session

bp = Blueprint("orders", __name__, url_prefix="/projects/<slug>/quality/orders")

_NO_PAGE = N_("There is no such page, or it is not open to you.").text


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page:
    """The figures of the project's questions; htmx gets them alone."""
    reading = session()
    found = figures.orders(reading, place.project)
    if not found:
        raise NotFound(_NO_PAGE)
    context = common(place, "quality", reading)
    context.update(
        found=found,
        notes=list({str(each.w.note): each.w.note for each in found if each.w.note}.values()),
    )
    return Page("quality/orders.html", context, "orders")
