"""The files that Potato reads and writes, as records: JSON, JSON lines, CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from workbench.intake.array import array_rows
from workbench.intake.csv_file import Feeder, why_not
from workbench.intake.lines import BOM, json_lines
from workbench.intake.rows import FILE, LINE, Limits, Row, Unreadable
from workbench.intake.strict_json import read_json
from workbench.intake.tools.whole import whole_object
from workbench.messages import N_

_STATE = "instance_id_to_label_to_value"
_SPANS = "._spans"


def records_of(stream: io.BufferedReader, limits: Limits) -> Iterator[Row]:
    """Records of instances as a data file has them, and {instance_id, user_id, labels, spans}."""
    head = stream.peek(1024).removeprefix(BOM).lstrip()
    rows: Iterable[Row]
    if head.startswith(b"["):
        rows = array_rows(stream, limits)
    elif head.startswith(b"{") and not head.partition(b"\n")[0].rstrip().endswith(b"}"):
        rows = [whole_object(stream, limits)]
    elif head.startswith(b"{"):
        rows = json_lines(stream, limits)
    else:
        rows = _delimited(stream, limits)
    for row in rows:
        yield from _of_a_person(row)


def _of_a_person(row: Row) -> Iterator[Row]:
    """The record, or of a person's whole state a record for each instance."""
    state = row.data
    if state is None or row.faults or _STATE not in state:
        yield row
        return
    labels, spans = state[_STATE], state.get("instance_id_to_span_to_value", {})
    if not isinstance(labels, dict) or not isinstance(spans, dict):
        yield replace(row, data=None, faults={_STATE: N_("must be an object")})
        return
    for name in dict.fromkeys([*labels, *spans]):
        data = {
            "instance_id": name,
            "user_id": state.get("user_id"),
            "labels": _by_scheme(labels.get(name)),
            "spans": _by_scheme(spans.get(name)),
        }
        yield replace(row, raw=b"", data=data)


def _by_scheme(pairs: Any) -> Any:
    """[[{schema, name}, value], ...] by schema and name; of spans, their lists by schema. What is
    in another shape stays as it is, to be refused where it is read."""
    if not isinstance(pairs, list):
        return {} if pairs is None else pairs
    found: dict[str, Any] = {}
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], dict)):
            return pairs
        of, value = pair
        scheme = str(of.get("schema", ""))
        if "start" in of:
            found.setdefault(scheme, []).append(of)
        else:
            found.setdefault(scheme, {})[str(of.get("name", ""))] = value
    return found


def _delimited(stream: io.BufferedReader, limits: Limits) -> Iterator[Row]:
    """Rows of comma or tab; the first names the columns."""
    csv.field_size_limit(max(csv.field_size_limit(), limits.line))
    tab = b"\t" in stream.peek(limits.kept).partition(b"\n")[0]
    feeder = Feeder(stream, limits)
    reader = csv.reader(feeder, delimiter="\t" if tab else ",", strict=True)
    header: list[str] = []
    for cells in _cells(feeder, reader):
        if isinstance(cells, Row):
            yield replace(cells, fatal=cells.fatal or not header)
            if cells.fatal or not header:
                return
        elif not header and (not any(cells) or len(set(cells)) != len(cells)):
            why = N_("must name the columns, each once")
            yield Row(feeder.start, feeder.bytes, None, {LINE: why}, fatal=True)
            return
        elif header and any(cells):
            yield _record(feeder, header, cells)
        else:
            header = header or cells


def _cells(feeder: Feeder, reader: Iterator[list[str]]) -> Iterator[list[str] | Row]:
    """The cells of each row, or what is wrong with it."""
    while True:
        feeder.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except Unreadable as error:
            yield Row(feeder.start, feeder.bytes, None, {FILE: error.why}, fatal=True)
            return
        except csv.Error as error:
            yield Row(feeder.start, feeder.bytes, None, {LINE: why_not(error)})
            continue
        fault = feeder.fault
        yield cells if fault is None else Row(feeder.start, feeder.bytes, None, {LINE: fault})


def _record(feeder: Feeder, header: list[str], cells: list[str]) -> Row:
    number, raw = feeder.start, feeder.bytes
    if len(cells) != len(header):
        why = N_(
            "has %(found)d cells where the header has %(expected)d",
            found=len(cells),
            expected=len(header),
        )
        return Row(number, raw, None, {LINE: why})
    data: dict[str, Any] = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    if "instance_id" not in data:
        return Row(number, raw, _with_lists(data))
    said: dict[str, Any] = {"labels": {}, "spans": {}}
    for column, cell in data.items():
        if column in ("instance_id", "user_id"):
            said[column] = cell
        elif column.endswith(_SPANS):
            value, faults, _ = read_json(cell.encode())
            if faults:
                return Row(number, raw, None, {column: N_("is not JSON")})
            said["spans"][column.removesuffix(_SPANS)] = value
        else:
            scheme, _, label = column.partition(".")
            said["labels"].setdefault(scheme, {})[label or scheme] = cell
    return Row(number, raw, said)


def _with_lists(data: dict[str, Any]) -> dict[str, Any]:
    """Cells that are a JSON list become one."""
    for name, cell in data.items():
        if cell.startswith("["):
            value, faults, _ = read_json(cell.encode())
            data[name] = cell if faults else value
    return data
