"""A file that is one JSON object."""

from __future__ import annotations

import io

from workbench.intake.lines import BOM, json_row, too_long
from workbench.intake.rows import FILE, Limits, Row


def whole_object(stream: io.BufferedReader, limits: Limits) -> Row:
    """The object, which may stand on many lines; it takes at most `limits.batch` bytes."""
    data = stream.read(limits.batch + 1)
    if len(data) > limits.batch:
        return Row(1, data[: limits.kept], None, {FILE: too_long(limits.batch)}, fatal=True)
    row = json_row(1, data.removeprefix(BOM))
    return Row(1, data[: limits.kept], row.data, row.faults, sound=row.sound)
