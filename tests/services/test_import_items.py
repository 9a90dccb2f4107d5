from __future__ import annotations

import gzip
import io
import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from tests.arrivals import (
    A_BETTER,
    as_bytes,
    as_source,
    bring_items,
    bring_judgments,
    broken,
    raw_item,
    raw_judgment,
)
from tests.cast import Cast
from workbench import task_types
from workbench.db import Database, now
from workbench.intake import open_source
from workbench.models import Assignment, AuditEntry, Item, Judgment, Source, State
from workbench.services import import_items
from workbench.services.claim import Reviewer, claim
from workbench.services.resolve import retire
from workbench.services.spool import BATCH, ImportCounts, Rejected

HOUR = timedelta(hours=1)


def _items(database: Database) -> list[Item]:
    with database.read() as session:
        return list(session.scalars(select(Item).order_by(Item.queue_key)))


def _names(database: Database) -> list[str]:
    return [item.external_id for item in _items(database)]


def _problems(database: Database, cast: Cast, raws: list[Any], **options: Any) -> str:
    """What an import says that is refused, after making sure that it left nothing behind."""
    before = _names(database)
    with pytest.raises(Rejected) as refused:
        bring_items(database, cast.project, raws, **options)
    assert _names(database) == before
    with database.read() as session:
        assert session.scalar(select(func.count()).where(Source.sha256 == "")) == 0
    return str(refused.value.report)


def test_every_line_becomes_an_item_that_wants_the_overlap(database: Database, cast: Cast) -> None:
    counts = bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    assert counts == ImportCounts(new=2)
    assert [(i.external_id, i.wanted, i.slots_left, i.revision) for i in _items(database)] == [
        ("one", 2, 2, 1),
        ("two", 2, 2, 1),
    ]
    assert broken(database) == []


def test_an_item_is_stored_as_it_was_given(database: Database, cast: Cast) -> None:
    raw = raw_item(
        "mt-81",
        language="es-CO",
        prompt=[{"role": "system", "content": "Sé breve."}, {"role": "user", "content": "¿Qué?"}],
        tags=["cívica"],
        harm="vcr",
        metadata={"n": 1.5, "deep": {"list": [1, None]}},
    )
    bring_items(database, cast.project, [raw])
    [item] = _items(database)
    assert item.prompt == raw["prompt"]
    assert item.responses == [{**response, "metadata": {}} for response in raw["responses"]]
    assert (item.language, item.language_base) == ("es-CO", "es")
    assert (item.tags, item.harm, item.meta) == (["cívica"], "vcr", raw["metadata"])
    assert (item.source_line, item.retired_at) == (1, None)


def test_items_stand_in_the_queue_in_the_order_of_the_file_behind_those_that_are_there(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("z"), raw_item("y")])
    bring_items(database, cast.project, [raw_item("b"), raw_item("a")])
    assert _names(database) == ["z", "y", "b", "a"]
    assert len({item.queue_key for item in _items(database)}) == 4


def test_a_reviewer_of_spanish_is_given_what_came_in_as_colombian_spanish(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("uno", language="es-CO")])
    with database.write() as session:
        reviewer = Reviewer(cast.ana.id, tuple(cast.ana.speaks))
        assert claim(session, cast.project, reviewer, now(session), HOUR) is not None


def test_one_bad_line_imports_nothing_and_is_named_with_its_field(
    database: Database, cast: Cast
) -> None:
    said = _problems(database, cast, [raw_item("one"), raw_item("two", language=7)])
    assert said.startswith("f.jsonl:2: language: ")


def test_every_bad_line_is_listed(database: Database, cast: Cast) -> None:
    lines = [raw_item("one", id=""), raw_item("two"), raw_item("three", responses=[]), b"{"]
    said = _problems(database, cast, lines)
    assert [line.split(": ")[0] for line in said.splitlines()] == [
        "f.jsonl:1",
        "f.jsonl:3",
        "f.jsonl:4",
    ]


def test_of_very_many_bad_lines_the_first_hundred_are_listed_and_all_counted(
    database: Database, cast: Cast
) -> None:
    said = _problems(database, cast, [b"{}" for _ in range(250)]).splitlines()
    assert len(said) == 101
    assert "250 lines" in said[-1]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":"x","language":"en","prompt":"p","responses":' + b"[" * 100_000,
        as_bytes([raw_item("x", metadata={"n": 1})]).replace(b"1}", b"NaN}").strip(),
        as_bytes([raw_item("x")]).replace(b'"id":"x"', b'"id":"x","id":"y"').strip(),
        as_bytes([raw_item("x", metadata={"n": 1})]).replace(b"1}", b"9" * 5_000 + b"}").strip(),
        as_bytes([raw_item("x")]).replace(b"Question", rb"\ud800").strip(),
        as_bytes([raw_item("x")]).replace(b"Question", rb"\u0000").strip(),
        as_bytes([raw_item("x", colour="red")]).strip(),
        b"\xff\xfe\xfd",
    ],
    ids=["depth", "NaN", "twice", "huge", "surrogate", "NUL", "unknown", "not UTF-8"],
)
def test_a_trap_is_a_problem_of_its_line(database: Database, cast: Cast, line: bytes) -> None:
    said = _problems(database, cast, [raw_item("good"), line])
    assert said.startswith("f.jsonl:2: ")


def test_a_gzip_that_unpacks_to_far_too_much_is_refused(database: Database, cast: Cast) -> None:
    bomb = gzip.compress(b" " * 64_000_000)
    task_type = task_types.get("ranking")
    source = open_source(io.BytesIO(bomb), "bomb.jsonl.gz")
    with import_items.prepare(source, task_type, cast.project.config) as prepared:
        assert prepared.refused
        assert "bomb.jsonl.gz:1: file: " in str(prepared.report)


def test_the_same_content_again_is_counted_as_already_there(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    counts = bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    assert counts == ImportCounts(new=1, same=1)
    assert _names(database) == ["one", "two"]


def test_a_line_that_stands_twice_in_a_file_is_one_item(database: Database, cast: Cast) -> None:
    lines = [raw_item("one"), raw_item("one")]
    assert bring_items(database, cast.project, lines) == ImportCounts(new=1, same=1)


def test_the_same_id_in_another_project_is_another_item(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    assert bring_items(database, cast.other_project, [raw_item("one", tags=["x"])]).new == 1


def test_other_content_under_an_id_that_is_here_imports_nothing(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    said = _problems(database, cast, [raw_item("two"), raw_item("one", tags=["new"])])
    assert said.startswith("f.jsonl:2: id: ")
    assert "other content" in said


def test_a_revision_takes_the_place_of_the_item_and_keeps_what_was_judged(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    bring_judgments(database, cast.project, [raw_judgment("one", "r1")])
    with database.write() as session:
        claim(session, cast.project, Reviewer(cast.beto.id, ("en",)), now(session), HOUR)
    counts = bring_items(database, cast.project, [raw_item("one", tags=["new"])], revise=True)
    assert counts == ImportCounts(revised=1)
    old, new = sorted(
        (item for item in _items(database) if item.external_id == "one"), key=lambda i: i.revision
    )
    assert (old.wanted, old.slots_left, old.retired_at is None) == (1, 0, False)
    assert (new.revision, new.slots_left, new.tags) == (2, 2, ["new"])
    assert new.queue_key > old.queue_key
    with database.read() as session:
        assert session.scalars(select(Judgment.answer)).all() == [A_BETTER]
        states = session.scalars(select(Assignment.state).order_by(Assignment.user_id)).all()
    assert set(states) == {State.JUDGED, State.RELEASED}
    assert broken(database) == []


def test_a_revision_that_comes_twice_in_its_file_is_made_once(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    changed = raw_item("one", tags=["new"])
    counts = bring_items(database, cast.project, [changed, changed], revise=True)
    assert counts == ImportCounts(revised=1, same=1)


def test_an_item_that_a_lead_took_out_does_not_come_back_by_importing_it_again(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    with database.write() as session:
        retire(session, session.scalars(select(Item)).one(), now(session))
    assert bring_items(database, cast.project, [raw_item("one")]) == ImportCounts(same=1)
    [item] = _items(database)
    assert item.retired_at is not None
    corrected = [raw_item("one", tags=["corrected"])]
    assert bring_items(database, cast.project, corrected, revise=True).revised == 1
    assert [item.revision for item in _items(database) if item.retired_at is None] == [2]


def test_bad_lines_can_be_left_out_and_are_written_with_their_reasons(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("old")])
    conflict = as_bytes([raw_item("old", tags=["other"])]).strip()
    rejects = io.BytesIO()
    counts = bring_items(
        database,
        cast.project,
        [raw_item("one"), b'{"id": "broken"}', conflict, raw_item("two")],
        reject_to=rejects,
    )
    assert counts == ImportCounts(new=2, rejected=2)
    assert _names(database) == ["old", "one", "two"]
    broken_line, conflicting = map(orjson.loads, rejects.getvalue().splitlines())
    assert (broken_line["line"], broken_line["raw"]) == (2, '{"id": "broken"}')
    assert {p["field"] for p in broken_line["problems"]} == {"language", "prompt", "responses"}
    assert (conflicting["line"], conflicting["raw"]) == (3, conflict.decode())
    assert conflicting["problems"][0]["field"] == "id"


def test_a_file_that_ends_too_early_is_refused_even_if_bad_lines_may_be_left_out(
    database: Database, cast: Cast
) -> None:
    packed = gzip.compress(as_bytes(raw_item(f"i{n}") for n in range(500)))
    source = open_source(io.BytesIO(packed[: len(packed) // 2]), "cut.jsonl.gz")
    with import_items.prepare(
        source, task_types.get("ranking"), cast.project.config, io.BytesIO()
    ) as prepared:
        assert prepared.refused
        with pytest.raises(Rejected, match="cut"), database.write() as session:
            import_items.import_items(session, cast.project, prepared, now=now(session), actor=None)
    assert _names(database) == []


def test_an_import_leaves_its_source_and_one_entry_in_the_trail(
    database: Database, cast: Cast
) -> None:
    with database.read() as session:
        entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    with database.read() as session:
        source = session.scalars(select(Source)).one()
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == entries + 1
    assert (source.kind, source.name) == ("items", "f.jsonl")
    assert source.counts == {"new": 2, "same": 0, "revised": 0, "rejected": 0}
    assert last is not None
    assert (last.action, last.subject) == ("items.import", f"project:{cast.project.id}")
    assert (last.detail["sha256"], last.detail["new"]) == (source.sha256, 2)


def test_a_long_file_keeps_its_order_over_many_batches(database: Database, cast: Cast) -> None:
    names = [f"i{n}" for n in range(2 * BATCH + 7)]
    seen: list[tuple[str, int, int | None]] = []
    task_type = task_types.get("ranking")
    with (
        import_items.prepare(
            as_source(map(raw_item, names)),
            task_type,
            cast.project.config,
            progress=lambda step, done, of: seen.append((step, done, of)),
        ) as prepared,
        database.write() as session,
    ):
        import_items.import_items(session, cast.project, prepared, now=now(session), actor=None)
    assert _names(database) == names
    assert [done for step, done, _ in seen if step == "store"] == [BATCH, 2 * BATCH, 2 * BATCH + 7]
    assert len([step for step, *_ in seen if step == "read"]) == len(names)


def test_two_who_import_the_same_file_at_once_make_each_item_once(
    database: Database, cast: Cast
) -> None:
    raws = [raw_item(f"i{n}") for n in range(BATCH + 50)]
    counts: list[ImportCounts] = []
    start = threading.Barrier(2)

    def run() -> None:
        start.wait(20)
        counts.append(bring_items(database, cast.project, raws))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(count.new for count in counts) == [0, len(raws)]
    assert sorted(count.same for count in counts) == [0, len(raws)]
    assert len(_names(database)) == len(raws)


class _Stop(Exception):
    pass


def _import_and_stop(database: Database, cast: Cast) -> None:
    source, task_type = as_source([raw_item("one")]), task_types.get("ranking")
    with (
        import_items.prepare(source, task_type, cast.project.config) as prepared,
        database.write() as session,
    ):
        import_items.import_items(session, cast.project, prepared, now=now(session), actor=None)
        raise _Stop


def test_what_a_caller_rolls_back_leaves_nothing(database: Database, cast: Cast) -> None:
    with pytest.raises(_Stop):
        _import_and_stop(database, cast)
    assert _names(database) == []
    with database.read() as session:
        assert session.scalars(select(Source)).all() == []
    assert broken(database) == []
