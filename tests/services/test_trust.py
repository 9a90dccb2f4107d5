"""Exports by reliability: what is learnt, what it decides, and that it stays as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest
from sqlalchemy import select

from tests.arrivals import (
    A_BETTER,
    B_BETTER,
    TIED,
    ballot,
    bring_items,
    bring_judgments,
    raw_item,
    raw_judgment,
)
from tests.cast import Cast
from tests.sample_projects import JUDGED, make_sample_project
from workbench import task_types
from workbench.db import Database, now
from workbench.export.formats import BY_NAME, formats_for
from workbench.export.manifest import read_manifest, summary_lines
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.trust import Trust
from workbench.messages import Invalid
from workbench.models import ExportFile, Project
from workbench.queries.export import judged_items, watermark
from workbench.queries.reliability import main_values
from workbench.services import projects
from workbench.services.changed_since import changed_since
from workbench.services.make_export import (
    Built,
    Place,
    as_options,
    build,
    preview,
    record,
    stored_manifest,
)
from workbench.services.trust import NO_ONE_TRUTH, trusted
from workbench.stats import Reliability, dawid_skene, vote_weight

WEIGHTED = parse_policy({"aggregate": "weighted"})
SURE = parse_policy({"min_posterior": "0.9"})
BOTH = parse_policy({"aggregate": "weighted", "min_posterior": "0.9", "min_agreement": "0.6"})
PREFERENCES = BY_NAME["trl-preference"]
#: How often each says what is true.
GOOD, COINS = {"g1": 0.97, "g2": 0.95}, {"c1": 0.55, "c2": 0.5, "c3": 0.45}


@contextmanager
def made(
    database: Database, project: Project, policy: ExportPolicy, folder: Path, fmt: Any = PREFERENCES
) -> Iterator[tuple[Built, bytes]]:
    with build(database, project, fmt, policy, Place(folder, ZoneInfo("UTC"))) as built:
        yield built, (built.folder / built.names[0]).read_bytes()


@pytest.fixture
def planted(database: Database, cast: Cast) -> Project:
    """A hundred and twenty pairs, of which "a" is truly better in most of the even ones; two who
    know it, and three who toss coins."""
    project = a_project(database, "planted", "ranking")
    names = [f"i{n:03}" for n in range(120)]
    bring_items(database, project, [raw_item(name) for name in names])
    rng = random.Random(7)
    lines = []
    for n, name in enumerate(names):
        truth = A_BETTER if n % 2 else B_BETTER
        other = B_BETTER if n % 2 else A_BETTER
        for who, right in {**GOOD, **COINS}.items():
            lines.append(raw_judgment(name, who, truth if rng.random() < right else other))
    bring_judgments(database, project, lines)
    return project


def a_project(database: Database, slug: str, kind: str, **config: Any) -> Project:
    with database.write() as writing:
        return projects.create_project(
            writing, slug=slug, type_slug=kind, title={"es": "P", "en": "P"}, overlap=6,
            config=config, now=now(writing),
        )  # fmt: skip


def mark_of(database: Database, project: Project) -> int:
    with database.read() as reading:
        return watermark(reading, project.id)


def learnt(database: Database, project: Project, policy: ExportPolicy = WEIGHTED) -> Trust:
    found = trusted(database, project, PREFERENCES, policy, mark_of(database, project))
    assert found is not None
    return found


def chosen_by(rows: bytes) -> dict[str, str]:
    """The chosen text by the question that it answers."""
    read = [orjson.loads(line) for line in rows.splitlines()]
    return {row["prompt"][-1]["content"]: row["chosen"][-1]["content"] for row in read}


def test_it_is_what_dawid_skene_says_of_the_main_question(
    database: Database, planted: Project
) -> None:
    found = learnt(database, planted)
    with database.read() as reading:
        whole = dawid_skene(main_values(reading, planted), intervals=False)
    assert whole.reviewers is not None
    accuracy = dict(zip(whole.reviewers["reviewer"], whole.reviewers["accuracy"], strict=True))
    assert set(found.weights) == set(accuracy) == {*GOOD, *COINS}
    for who, weight in found.weights.items():
        assert weight / 1e6 == pytest.approx(vote_weight(accuracy[who]), abs=1e-4)
    assert min(found.weights[who] for who in GOOD) > 4 * max(found.weights[who] for who in COINS)
    stranger = Reliability.learnt(whole)
    assert stranger is not None
    assert found.weight_of_others / 1e6 == pytest.approx(
        vote_weight(stranger.accuracy(None)), abs=1e-4
    )


def test_two_who_know_outvote_three_who_toss_coins(
    database: Database, planted: Project, tmp_path: Path
) -> None:
    truth = {
        f"Question i{n:03}?": f"{'First' if n % 2 else 'Second'} answer to i{n:03}."
        for n in range(120)
    }
    with made(database, planted, ExportPolicy(), tmp_path) as (_, plain):
        by_heads = sum(truth[q] == text for q, text in chosen_by(plain).items())
    with made(database, planted, WEIGHTED, tmp_path) as (built, weighed):
        by_weight = sum(truth[q] == text for q, text in chosen_by(weighed).items())
        assert built.manifest.rows == 120
        row = orjson.loads(weighed.splitlines()[0])
        assert sum(row[name] for name in row if name.startswith("n_")) in (0, 5)
    assert by_weight >= 114 > by_heads + 5


def test_every_row_is_as_counted_by_hand(
    database: Database, planted: Project, tmp_path: Path
) -> None:
    """The weighted vote and the posterior of every item, out of the weights in the manifest."""
    with made(database, planted, BOTH, tmp_path) as (built, rows):
        manifest = orjson.loads((built.folder / built.names[-1]).read_bytes())
    trust, mark = manifest["trust"], manifest["watermark"]
    expected, dropped = {}, {"unsure": 0, "low_agreement": 0}
    for item, answers, _ in judged_items(database, planted.id, mark):
        for_a = sum(trust["weights"][a.reviewer] for a in answers if a.answer["tiers"][0] == ["a"])
        total = sum(trust["weights"][a.reviewer] for a in answers)
        joint = list(trust["prevalence"])
        for answer in answers:
            said = trust["values"].index(1 if answer.answer["tiers"][0] == ["a"] else -1)
            joint = [
                chance * trust["reviewers"][answer.reviewer][true][said]
                for true, chance in enumerate(joint)
            ]
        if max(for_a, total - for_a) / total < 0.6:
            dropped["low_agreement"] += 1
        elif max(joint) / sum(joint) < 0.9:
            dropped["unsure"] += 1
        else:
            expected[item.prompt[-1].content] = item.responses[for_a < total / 2].text
    assert chosen_by(rows) == expected
    assert manifest["dropped"] == {why: count for why, count in dropped.items() if count}
    assert 0 < len(expected) < 120


@pytest.mark.parametrize("kind", sorted(JUDGED))
def test_real_judgments_in_every_format_twice_the_same_and_back_again(
    database: Database, cast: Cast, tmp_path: Path, kind: str
) -> None:
    project = make_sample_project(database, cast, kind)
    for fmt in formats_for(task_types.get(kind)):
        with made(database, project, BOTH, tmp_path, fmt) as (first, _):
            pass
        with made(database, project, BOTH, tmp_path, fmt) as (second, _):
            pass
        for name in first.names:
            assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
        told = read_manifest((first.folder / first.names[-1]).read_bytes())
        assert told.policy == BOTH
        assert told.trust == first.manifest.meta.trust
        assert (told.trust is None) is not BOTH.by_reliability(fmt.heeds)
        assert preview(database, project, fmt, BOTH, 3).manifest.dropped == first.manifest.dropped
        with database.write() as writing:
            row = record(writing, project, first, name="", now=now(writing), actor=None)
        with database.read() as reading:
            stored = reading.get_one(ExportFile, row.id)
            assert stored_manifest(stored) == first.manifest
            assert changed_since(reading, project, stored).changes == ()


def correct(database: Database, project: Project) -> None:
    """Who knew best says the opposite of everything, and somebody new agrees."""
    mark = mark_of(database, project)
    lines = [
        raw_judgment(item.id, who, ballot(*answer.answer["tiers"][::-1]))
        for item, answers, _ in judged_items(database, project.id, mark)
        if item.id < "i040"
        for answer in answers
        if answer.reviewer == "g1"
        for who in ("g1", "new")
    ]
    bring_judgments(database, project, lines, revise=True)


def test_a_snapshot_is_held_against_the_weights_that_it_was_made_with(
    database: Database, planted: Project, tmp_path: Path
) -> None:
    with made(database, planted, BOTH, tmp_path) as (built, rows), database.write() as writing:
        row = record(writing, planted, built, name="", now=now(writing), actor=None)
    correct(database, planted)
    assert learnt(database, planted, BOTH) != built.manifest.meta.trust
    with database.read() as reading:
        stored = reading.scalars(select(ExportFile).where(ExportFile.id == row.id)).one()
        assert stored_manifest(stored).meta.trust == built.manifest.meta.trust
        found = changed_since(reading, planted, stored)
    # What it finds of then is what is in the file: the items below 40 that gave a row.
    assert {each.item for each in found.changes} == {
        question.split()[1].rstrip("?")
        for question in chosen_by(rows)
        if question < "Question i040"
    }
    assert found.others > 0


def test_an_earlier_watermark_learns_what_was_known_then(
    database: Database, planted: Project
) -> None:
    mark, before = mark_of(database, planted), learnt(database, planted)
    correct(database, planted)
    again = trusted(database, planted, PREFERENCES, WEIGHTED, mark)
    assert again == before != learnt(database, planted)


def test_who_is_left_out_has_no_part_in_what_is_learnt(
    database: Database, planted: Project
) -> None:
    without = parse_policy({"aggregate": "weighted", "without": "g1"})
    found = learnt(database, planted, without)
    assert "g1" not in found.weights
    with database.read() as reading:
        values = main_values(reading, planted)
    alone = Reliability.learnt(dawid_skene(values[values["reviewer"] != "g1"], intervals=False))
    assert alone is not None
    assert found.weights["g2"] / 1e6 == pytest.approx(vote_weight(alone.accuracy("g2")), abs=1e-4)


def test_what_does_not_ask_learns_nothing(database: Database, planted: Project) -> None:
    for name, policy in (
        ("trl-preference", ExportPolicy()),
        ("judgments", BOTH),
        ("lmarena-battles", BOTH),
    ):
        assert trusted(database, planted, BY_NAME[name], policy, 10**9) is None


@pytest.mark.parametrize(
    ("policy", "field"), [(WEIGHTED, "aggregate"), (SURE, "min_posterior"), (BOTH, "aggregate")]
)
def test_it_is_refused_where_there_is_nothing_to_learn(
    database: Database, cast: Cast, policy: ExportPolicy, field: str
) -> None:
    for kind, fmt in (("rating", "attribute-ratings"), ("rewrite", "trl-sft")):
        project = a_project(database, f"no-{kind}", kind)
        assert refusal(database, project, policy, fmt) == (field, str(NO_ONE_TRUTH))
    empty = a_project(database, "empty", "ranking")
    start = "It cannot be told how reliable reviewers are: "
    assert refusal(database, empty, policy) == (field, f"{start}There are no judgments yet.")
    bring_items(database, empty, [raw_item("i1"), raw_item("i2")])
    bring_judgments(database, empty, [raw_judgment("i1", "r1"), raw_judgment("i2", "r2", B_BETTER)])
    assert refusal(database, empty, policy)[1].startswith(f"{start}No two reviewers")


def refusal(
    database: Database, project: Project, policy: ExportPolicy, fmt: str = "trl-preference"
) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        trusted(database, project, BY_NAME[fmt], policy, mark_of(database, project))
    [(field, why)] = caught.value.errors.items()
    return field, str(why)


def test_a_criterion_is_learnt_of_its_own_question(database: Database, cast: Cast) -> None:
    criteria = [
        {"key": key, "title": {"es": key, "en": key}, "question": {"es": "?", "en": "?"}}
        for key in ("helpful", "safe")
    ]
    project = a_project(database, "two", "ranking", criteria=criteria)
    bring_items(database, project, [raw_item(f"i{n}") for n in range(8)])
    lines = [
        raw_judgment(
            f"i{n}", who, {"criteria": {"helpful": A_BETTER if n % 2 else TIED,
                                        "safe": B_BETTER if who == "odd" or n % 2 else A_BETTER}}
        )
        for n in range(8)
        for who in ("r1", "r2", "odd")
    ]  # fmt: skip
    bring_judgments(database, project, lines)
    of = {
        key: learnt(database, project, parse_policy({"aggregate": "weighted", "criterion": key}))
        for key in ("helpful", "safe")
    }
    assert [trust.told["question"] for trust in of.values()] == ["helpful", "safe"]
    assert of["helpful"].weights["odd"] == of["helpful"].weights["r1"]
    assert of["safe"].weights["odd"] < of["safe"].weights["r1"]


def test_the_summary_says_how_far_reviewers_weigh_apart(
    database: Database, planted: Project, tmp_path: Path
) -> None:
    with made(database, planted, BOTH, tmp_path) as (built, _):
        said = [str(line) for line in summary_lines(built.manifest)]
        card = (built.folder / "README.md").read_text("utf-8")
    weights = np.array(list(built.manifest.meta.trust.told["weights"].values()))  # type: ignore[union-attr]
    for sentence in (
        "each by how reliable its reviewer is, and the majority decides.",
        "At least 60 % of the weight of the deciding judgments must be on the winning side.",
        "What is less than 90 % sure, given who said what and how reliable they are, is left out.",
    ):
        assert any(line.endswith(sentence) for line in said)
        assert sentence in card
    assert any(
        line.startswith(f"Reviewers weigh from {weights.min():.2f} to {weights.max():.2f};")
        for line in said
    )


@pytest.mark.parametrize("options", [as_options(WEIGHTED), as_options(SURE), as_options(BOTH)])
def test_the_options_are_those_that_make_it(options: dict[str, str]) -> None:
    assert as_options(parse_policy(options)) == options
