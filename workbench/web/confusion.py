"""What one reviewer takes for what another says: a heat map, its table, and the items behind."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_
from workbench.models import Project
from workbench.permissions import Permission
from workbench.queries import confusion as counted
from workbench.queries.agreement import questions_of
from workbench.queries.confusion import CATEGORY, NONE, SEVERAL, Confusion
from workbench.task_types.adversarial import OUTCOMES
from workbench.web.access import Place, requires
from workbench.web.charts import Chart, HeatCell, heat_map
from workbench.web.language import in_own, number, percent, said
from workbench.web.quality import common
from workbench.web.request import Page, session
from workbench.web.spreadsheet import Cell, csv_file

bp = Blueprint("confusion", __name__, url_prefix="/projects/<slug>/quality/confusion")

#: Lines of the table, and items that are named.
MOST, ITEMS = 60, 30

_LABEL = N_("Which answers are given to the same item; the table below has the numbers")
_NO_PAGE = N_("There is no such page, or it is not open to you.").text
_NO_FORMAT = N_("There is no such format.").text
_NAMES = {"True": N_("yes"), "False": N_("no"), NONE: N_("none"), SEVERAL: N_("several")}


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """The coincidences of one question; the address may name two answers."""
    reading, project = session(), place.project
    questions = counted.confusable(project)
    if not questions:
        raise NotFound(_NO_PAGE)
    key = request.args.get("question") or next(iter(questions))
    one, other = request.args.get("one", ""), request.args.get("other", "")
    found = counted.confusion(reading, project, key, (one, other) if one and other else None)
    asked = request.args.get("format", "")
    if asked == "csv":
        return csv_file(f"{project.slug}-{key}-confusion.csv", _rows(found))
    if asked:
        raise NotFound(_NO_FORMAT)
    names = {str(value): _name(project, key, value) for value in found.values}
    context = common(place, "quality", reading)
    context.update(
        questions=questions,
        key=key,
        found=found,
        names=names,
        pairs=_pairs(found)[:MOST],
        chosen=(one, other) if one in names and other in names else None,
        behind=found.items[:ITEMS],
        chart=_chart(found, names),
    )
    return Page("quality/confusion.html", context)


def _name(project: Project, key: str, value: Hashable) -> str:
    """A value as the reader's language says it."""
    lists = {CATEGORY: "taxonomy", "harm": "harms", "technique": "techniques"}
    titles = {each["code"]: each["title"] for each in project.config.get(lists.get(key, ""), ())}
    if value in titles:
        return in_own(titles[value])
    question = next((each for each in questions_of(project) if each.key == key), None)
    if question is not None and value in question.names:
        return said(question.names[value])
    if key == "outcome" and value in OUTCOMES:
        return said(OUTCOMES[str(value)])
    text = str(value)
    return said(_NAMES[text]) if text in _NAMES else text


def _pairs(found: Confusion) -> list[dict[str, Any]]:
    """Two different answers each, those given together most often first."""
    each = found.counts.sum(axis=1)
    lines = [
        {
            "one": str(one),
            "other": str(other),
            "together": 2 * float(found.counts[i, j]),
            "of_one": float(found.counts[i, j] / each[i]),
            "of_other": float(found.counts[i, j] / each[j]),
        }
        for i, one in enumerate(found.values)
        for j, other in enumerate(found.values)
        if i < j and found.counts[i, j]
    ]
    return sorted(lines, key=lambda line: -line["together"])


def _chart(found: Confusion, names: dict[str, str]) -> Chart | None:
    if found.undefined is not None:
        return None
    each = found.counts.sum(axis=1)
    cells = []
    for i, one in enumerate(found.values):
        for j, other in enumerate(found.values):
            if each[i] and each[j]:
                share = float(found.counts[i, j] / each[i])
                row, column = names[str(one)], names[str(other)]
                says = f"{row} / {column}: {percent(share)} ({number(found.counts[i, j], 1)})"
                cells.append(HeatCell(row, column, share, percent(share), says))
    return heat_map(said(_LABEL), cells)


def _rows(found: Confusion) -> Iterator[list[Cell]]:
    yield ["answer", *(str(value) for value in found.values)]
    for value, counts in zip(found.values, found.counts.tolist(), strict=True):
        yield [str(value), *counts]
