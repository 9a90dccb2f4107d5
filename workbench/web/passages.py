"""Whether reviewers mark the same passages: gamma and soft F1, for all items and by language.

The quality page asks for it when the rest is there: aligning marks takes a second or two.
"""

from __future__ import annotations

from flask import Blueprint

from workbench.errors import NotFound
from workbench.messages import N_
from workbench.permissions import Permission
from workbench.queries import passages as figures
from workbench.web.access import Place, requires
from workbench.web.language import said
from workbench.web.quality import common
from workbench.web.quality_lines import language_name
from workbench.web.request import Page, session

bp = Blueprint("passages", __name__, url_prefix="/projects/<slug>/quality/passages")

_ALL = N_("All together")
_NO_PAGE = N_("There is no such page, or it is not open to you.").text


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page:
    """The figures of the project; htmx gets them alone."""
    reading, project = session(), place.project
    found = figures.passages(reading, project)
    if found is None:
        raise NotFound(_NO_PAGE)
    whole, languages = found
    lines = [(said(_ALL), whole)]
    lines += [(language_name(code), each) for code, each in languages.items()]
    context = common(place, "quality", reading)
    context.update(lines=lines, whole=whole, notes=whole.notes)
    return Page("quality/passages.html", context, "passages")
