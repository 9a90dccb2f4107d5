"""Import and export of items and judgments, each beside its raw limit from the same run.

The raw limit of an import is writing the same rows, ready made, in bulk by SQLAlchemy Core in one
transaction; that of an export is SELECT and orjson.dumps of the same rows. Every figure comes
out of a process of its own, so that its memory is its own. WORKBENCH_BENCH_ITEMS sets how many.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import orjson
from sqlalchemy import Table, bindparam, insert, select, update

from tests.bench.bench_intake import simple_items
from tests.support.memory import mib
from workbench import collector, migrate, task_types
from workbench.db import Database, now
from workbench.export.formats import BY_NAME
from workbench.export.manifest import ExportMeta
from workbench.export.policy import ExportPolicy
from workbench.export.write import write_export
from workbench.intake import open_source
from workbench.models import Assignment, Base, Item, Judgment, Project, User
from workbench.queries.export import judged_items, watermark
from workbench.services import import_items, import_judgments, projects

COUNT = int(os.environ.get("WORKBENCH_BENCH_ITEMS", "20000"))
ROUNDS = 3

#: A step gets a folder with items.jsonl, judgments.jsonl and a database, and gives seconds.
Step = Callable[[Path], float]

Figure = tuple[str, float, str]


def run() -> list[Figure]:
    """Rates, their share of the raw limit, and the memory at the size and at a tenth of it."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as top:
        large, small = Path(top, "large"), Path(top, "small")
        _prepare(large, COUNT)
        _prepare(small, COUNT // 10)
        figures += _pair("import of items", _items, _raw_items, large, small)
        figures += _pair("import of judgments", _judgments, _raw_judgments, large, small)
        figures += _pair("export of judgments", _export_judgments, _raw_export, large, small)
        figures += _pair("export of preferences", _export_preferences, _raw_export, large, small)
    return figures


def _pair(name: str, ours: Step, raw: Step, large: Path, small: Path) -> list[Figure]:
    """Taken in turns, since what else the machine does changes from one minute to the next."""
    turns = [(_alone(ours, large), _alone(raw, large)) for _ in range(ROUNDS)]
    seconds = min(mine for (mine, _), _ in turns)
    limit = min(bare for _, (bare, _) in turns)
    _, before = _alone(ours, small)
    return [
        (f"{name}, {COUNT:,}", COUNT / seconds, "1/s"),
        ("  raw limit", COUNT / limit, "1/s"),
        ("  share of the raw limit (bar 0.33)", limit / seconds, "x"),
        ("  memory", max(peak for (_, peak), _ in turns), "MiB"),
        ("  memory at a tenth of the size", before, "MiB"),
    ]


def _alone(step: Step, folder: Path) -> tuple[float, float]:
    """Seconds and the most MiB of a step, in a process that does nothing else."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(_measured, step, folder).result()


def _measured(step: Step, folder: Path) -> tuple[float, float]:
    collector.relax()  # as the command does; the raw limit has the good of it too
    return step(folder), _peak()


def _peak() -> float:
    """The most MiB that this process has had.

    Of an import into SQLite, 2 MiB for each GB written are its map of the log (`-shm`), which the
    system can write out and drop: `RssFile` in /proc, not `RssAnon`.

    Linux counts what the parent had into `ru_maxrss`, so it is asked elsewhere there.
    """
    with contextlib.suppress(OSError):
        return mib("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _prepare(folder: Path, count: int) -> None:
    """Files with `count` items and as many judgments, and a database that has both."""
    folder.mkdir()
    choose = random.Random(20261120)
    with Path(folder, "items.jsonl").open("wb") as file:
        file.writelines(map(_line, simple_items(count)))
    with Path(folder, "judgments.jsonl").open("wb") as file:
        file.writelines(_line(made_judgment(n, choose)) for n in range(count))
    full = _new(Path(folder, "full.db"))
    _bring_items(full, folder)
    _bring_judgments(full, folder)
    full.dispose()


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def made_judgment(n: int, choose: random.Random) -> dict[str, Any]:
    """Three reviewers of twenty on every item; a tenth of the answers has a reason."""
    answer = {
        "tiers": choose.choice([[["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]]),
        "unranked": [],
        "verdict": None,
        "strength": None,
        "reason": "Más clara y completa." if n % 10 == 0 else "",
    }
    return {
        "item": f"item-{n // 3}",
        "reviewer": f"r{(n + n // 3) % 20:02}",
        "answer": answer,
        "at": f"2026-11-20T15:04:{n % 60:02}Z",
        "active_seconds": 41.2,
        "shown": choose.choice([["a", "b"], ["b", "a"]]),
    }


def _new(path: Path) -> Database:
    """A database at `path` with an empty project."""
    path.unlink(missing_ok=True)
    database = Database(f"sqlite:///{path}", key="k" * 96)
    migrate.upgrade(database)
    with database.write() as session:
        projects.create_project(
            session,
            slug="bench",
            type_slug="ranking",
            title={"es": "x", "en": "x"},
            overlap=3,
            config={},
            now=now(session),
        )
    return database


def _project(database: Database) -> Project:
    with database.read() as session:
        return session.scalars(select(Project)).one()


def _full(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'full.db'}", key="k" * 96)


def _items(folder: Path) -> float:
    database = _new(folder / "items.db")
    started = time.perf_counter()
    _bring_items(database, folder)
    return time.perf_counter() - started


def _bring_items(database: Database, folder: Path) -> None:
    project = _project(database)
    source, task_type = open_source(folder / "items.jsonl"), task_types.get("ranking")
    with (
        import_items.prepare(source, task_type, project.config) as prepared,
        database.write() as session,
    ):
        at = now(session)
        counts = import_items.import_items(session, project, prepared, now=at, actor=None)
    assert counts.new == prepared.count


def _judgments(folder: Path) -> float:
    database = _new(folder / "judgments.db")
    _bring_items(database, folder)
    started = time.perf_counter()
    _bring_judgments(database, folder)
    return time.perf_counter() - started


def _bring_judgments(database: Database, folder: Path) -> None:
    project = _project(database)
    source = open_source(folder / "judgments.jsonl")
    with (
        import_judgments.prepare(database, project, source) as prepared,
        database.write() as session,
    ):
        at = now(session)
        counts = import_judgments.import_judgments(session, project, prepared, now=at, actor=None)
    assert counts.new == prepared.count


def _raw_items(folder: Path) -> float:
    rows = _rows(folder, Item)
    database = _new(folder / "raw.db")
    started = time.perf_counter()
    _insert(database, Item, rows)
    return time.perf_counter() - started


def _raw_judgments(folder: Path) -> float:
    """A judgment, an assignment and the slots of an item, where people and items are there."""
    database = _new(folder / "raw.db")
    items = cast(Table, Item.__table__)
    _insert(database, User, _rows(folder, User))
    _insert(database, Item, [{**row, "slots_left": 3} for row in _rows(folder, Item)])
    judgments, assignments = _rows(folder, Judgment), _rows(folder, Assignment)
    slots = update(items).where(items.c.id == bindparam("item")).values(slots_left=0)
    full = [{"item": item_id} for item_id in {row["item_id"] for row in assignments}]
    started = time.perf_counter()
    with database.write() as session:
        session.execute(insert(cast(Table, Judgment.__table__)), judgments)
        session.execute(insert(cast(Table, Assignment.__table__)), assignments)
        session.execute(slots, full)
    return time.perf_counter() - started


def _insert(database: Database, model: type[Base], rows: list[dict[str, Any]]) -> None:
    with database.write() as session:
        session.execute(insert(cast(Table, model.__table__)), rows)


def _rows(folder: Path, model: type[Base]) -> list[dict[str, Any]]:
    """The rows of a table as an import made them."""
    database = _full(folder)
    with database.read() as session:
        rows = [dict(row) for row in session.execute(select(model.__table__)).mappings()]
    return [{**row, "source_id": None} for row in rows] if model is Item else rows


def _export_judgments(folder: Path) -> float:
    return _export(folder, "judgments")


def _export_preferences(folder: Path) -> float:
    return _export(folder, "trl-preference")


def _export(folder: Path, name: str) -> float:
    database = _full(folder)
    project = _project(database)
    started = time.perf_counter()
    with database.read() as session:
        mark = watermark(session, project.id)
    manifest = write_export(
        judged_items(database, project.id, mark),
        task_types.get("ranking"),
        project.config,
        BY_NAME[name],
        ExportPolicy(),
        target=folder / f"{name}.jsonl",
        meta=ExportMeta("bench", "0", mark),
    )
    assert manifest.rows > 0
    return time.perf_counter() - started


def _raw_export(folder: Path) -> float:
    """Every item and every judgment, as they lie in the database, to one line of JSON each."""
    database = _full(folder)
    started = time.perf_counter()
    with database.read() as session, Path(folder, "raw.jsonl").open("wb") as file:
        for table in (Item.__table__, Judgment.__table__):
            query = select(table).execution_options(yield_per=1_000)
            file.writelines(_line(dict(row)) for row in session.execute(query).mappings())
    return time.perf_counter() - started


if __name__ == "__main__":
    for title, value, unit in run():
        print(f"{title:48} {value:12,.2f} {unit}")
