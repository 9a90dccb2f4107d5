"""Weeks for judgments that came without a time, so that the demo has some to look at.

A sample's `project.json` may say in `weeks` which tags were judged in which week, the first week
first. The judgments are those of the source; their times are made up, and the sample's README says
so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

#: From eight in the morning on Mondays to Fridays, eight hours a day.
_BEGINS, _DAYS, _HOURS = time(8), 5, 8
_ZONE = ZoneInfo("America/Bogota")


def dated(
    items: Path, judgments: Path, weeks: Sequence[Sequence[str]], now: datetime
) -> Iterator[bytes]:
    """The lines of `judgments` with a time each, in the order of their times.

    The last of the `weeks` is the last one that was over before `now`. Of a week the judgments are
    spread evenly over its working hours, in the order of their lines. An item is in the week of its
    first tag that one has. Raises KeyError for an item without such a tag.
    """
    week_of_tag = {tag: number for number, tags in enumerate(weeks) for tag in tags}
    tags = {each["id"]: each["tags"] for each in _lines(items)}
    of_week: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines(judgments):
        known = [week_of_tag[tag] for tag in tags[line["item"]] if tag in week_of_tag]
        if not known:
            raise KeyError(line["item"])
        of_week[known[0]].append(line)
    today = now.astimezone(_ZONE).date()
    after = today - timedelta(days=today.weekday())
    for number, lines in sorted(of_week.items()):
        monday = after - timedelta(weeks=len(weeks) - number)
        for place, line in enumerate(lines):
            worked = timedelta(hours=_DAYS * _HOURS * place / len(lines))
            days, hours = divmod(worked, timedelta(hours=_HOURS))
            begins = datetime.combine(monday + timedelta(days=days), _BEGINS, _ZONE)
            at = (begins + hours).isoformat(timespec="seconds")
            yield orjson.dumps({**line, "at": at}) + b"\n"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        yield from map(orjson.loads, file)
