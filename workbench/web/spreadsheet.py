"""CSV that a spreadsheet opens as it is, and in which no text is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

#: What makes a spreadsheet take a cell for a formula, also at full width, as East Asian ones do.
#: Source: OWASP, "CSV Injection".
_BEGINS_A_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")

Cell = str | int | float | None


def csv_file(name: str, rows: Iterable[Sequence[Cell]]) -> Response:
    """Rows as an attachment of that name, the head first."""
    written = io.StringIO()
    csv.writer(written).writerows([_plain(cell) for cell in row] for row in rows)
    # The mark at the front has spreadsheets read UTF-8 as such.
    answer = Response(written.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _plain(cell: Cell) -> Cell:
    """The cell; a text that begins like a formula has an apostrophe before it."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_BEGINS_A_FORMULA):
        return f"'{cell}"
    return cell
