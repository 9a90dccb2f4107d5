"""How far reviewers agree."""

from __future__ import annotations

from workbench.messages import N_, Invalid
from workbench.models import Scope
from workbench.permissions import Permission
from workbench.queries.splits import question_named, split
from workbench.queries.whole_agreement import whole_agreement
from workbench.web.access import Place
from workbench.web.api.operation import Operation, bp, operation
from workbench.web.api.projects import own_zone
from workbench.web.api.shapes import AgreementOut, AgreementQuery, SplitOut
from workbench.web.request import session


@bp.get("/projects/<slug>/agreement")
@operation(
    Operation(
        scope=Scope.READ,
        permission=Permission.SEE_QUALITY,
        title=N_("How far reviewers agree"),
        about=N_(
            "Every measure with its interval, as `workbench agreement SLUG --json` has it. "
            "With by, one question part by part."
        ),
        query=AgreementQuery,
        answer=(AgreementOut, SplitOut),
    )
)
def agreement(place: Place, query: AgreementQuery) -> AgreementOut | SplitOut:
    """All questions, or one of them by something."""
    reading, project = session(), place.project
    if query.by is None:
        if query.question is not None:
            raise Invalid.at("question", "goes with by")
        return AgreementOut.model_validate(whole_agreement(reading, project).as_dict())
    question = question_named(project, query.question)
    found = split(reading, project, question, query.by, own_zone())
    return SplitOut.model_validate(found.as_dict())
