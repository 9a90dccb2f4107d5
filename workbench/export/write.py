"""Writing an export: one pass over the items, constant memory, all files or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from workbench.export.files import (
    Sink,
    companion_bytes,
    companion_path,
    export_paths,
    manifest_path,
    replacing,
    split_paths,
)
from workbench.export.formats import (
    ExchangeFormat,
    Format,
    ItemFormat,
    JudgmentFormat,
    RecordFormat,
    Row,
    check_fits,
)
from workbench.export.formats.base import Companion, Configuration
from workbench.export.manifest import ExportMeta, Manifest
from workbench.export.policy import WHOLE, ExportPolicy
from workbench.export.split import Parting, bounds
from workbench.export.trust import Trust, question_of
from workbench.messages import N_, Invalid
from workbench.task_types.base import (
    AnswerRecord,
    Config,
    Decision,
    Item,
    Policy,
    Record,
    TaskType,
)
from workbench.task_types.said import said_of


class Judged(NamedTuple):
    """An item with its answers, and what a lead decided on it."""

    item: Item
    answers: Sequence[AnswerRecord]
    decision: Decision | None = None


#: An item as it is read: without its decision where there is none.
Given = tuple[Item, Sequence[AnswerRecord]] | tuple[Item, Sequence[AnswerRecord], Decision | None]


def write_export(
    items: Iterable[Given],
    task_type: TaskType,
    config: Config,
    fmt: Format,
    policy: ExportPolicy,
    *,
    target: Path | BinaryIO,
    meta: ExportMeta,
    alike: Mapping[int, int] | None = None,
) -> Manifest:
    """Write `items` in `fmt` to `target` and say what was written.

    `items` come in code-point order of the item's id, answers in order of the reviewer's pseudonym.
    A path gets one file a split (prefs.jsonl: prefs.train.jsonl, prefs.test.jsonl) and the manifest
    beside them (prefs.jsonl.manifest.json, always replaced last), and what else the format needs
    there; they appear when all is written, and a failure leaves nothing. A stream gets the rows
    alone and is left open. `alike` are the prompts that go where another one goes, as
    `near.near_duplicates` gives them.

    Raises Invalid at "format" where the format does not fit the type, at "split" for splits on a
    stream, at "output" for a path that cannot be written; ValueError where the order is broken, or
    the policy goes by reliability and `meta` has no trust.
    """
    check_fits(fmt, task_type)
    if isinstance(target, Path):
        paths = split_paths(target, policy)
        with replacing(export_paths(target, fmt, policy)) as streams:
            sinks = {name: Sink(streams[path], array=fmt.array) for name, path in paths.items()}
            export = _Export(task_type, config, fmt, policy, sinks, alike or {}, meta.trust)
            manifest = _run(items, export, meta)
            if fmt.companion:
                beside = export.beside(target, fmt.companion)
                streams[companion_path(target, fmt.companion)].write(beside)
            streams[manifest_path(target)].write(manifest.to_bytes())
        return manifest
    if policy.splits:
        raise Invalid({"split": N_("Splits need a file to write to; a stream takes none.")})
    sinks = {WHOLE: Sink(target, array=fmt.array)}
    export = _Export(task_type, config, fmt, policy, sinks, trust=meta.trust)
    return _run(items, export, meta)


def lines_of(
    items: Iterable[Given],
    task_type: TaskType,
    config: Config,
    fmt: Format,
    policy: ExportPolicy,
    *,
    trust: Trust | None = None,
) -> Iterator[tuple[Item, list[bytes]]]:
    """The lines that each of `items` gives, whichever file they would go to."""
    export = _Export(task_type, config, fmt, policy, {}, trust=trust)
    for each in items:
        judged = export.filtered(Judged(*each))
        yield each[0], [] if judged is None else [line for line, _ in export.lines(judged)]


def item_of_line(
    items: Iterable[Given],
    task_type: TaskType,
    config: Config,
    fmt: Format,
    policy: ExportPolicy,
    *,
    line: bytes,
    trust: Trust | None = None,
) -> Judged | None:
    """The first of `items` that gives this line, of a file that `write_export` wrote under the same
    policy; None when none does. A comma at its end, as entries of an array have, is none of it."""
    line = line.removesuffix(b"\n").removesuffix(b",") + b"\n"
    export = _Export(task_type, config, fmt, policy, {}, trust=trust)
    for each in items:
        judged = export.filtered(Judged(*each))
        if judged is not None and any(written == line for written, _ in export.lines(judged)):
            return judged
    return None


@dataclass
class _Tally:
    """Counts of what was read. Grows with reviewers, languages and guideline versions alone."""

    items: int = 0
    most_responses: int = 0
    #: Items, and judgments of others, that the filters leave aside.
    items_aside: int = 0
    judgments_aside: int = 0
    bare_items: int = 0
    judgments: int = 0
    #: Items of which a lead's decision gave the rows.
    decided: int = 0
    judged_by: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    guidelines: Counter[int | None] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    first: str | None = None
    last: str | None = None
    _earliest: str | None = None
    _latest: str | None = None

    def read(self, item: Item, answers: Sequence[AnswerRecord]) -> None:
        """Count one item with its answers."""
        self.items += 1
        self.most_responses = max(self.most_responses, len(item.responses))
        self.bare_items += not answers
        self.judgments += len(answers)
        if answers:
            self.languages[item.language] += 1
        for answer in answers:
            self.judged_by[answer.reviewer] += 1
            self.guidelines[answer.guideline_version] += 1
            if answer.at:
                self._seen_at(answer.at)

    def _seen_at(self, at: str) -> None:
        # Without its Z: "…05Z" would stand behind "…05.5Z", which is later.
        moment = at.removesuffix("Z")
        if self._earliest is None or moment < self._earliest:
            self._earliest, self.first = moment, at
        if self._latest is None or moment > self._latest:
            self._latest, self.last = moment, at

    def sorted_guidelines(self) -> tuple[tuple[int | None, int], ...]:
        """(version, judgments), judgments without a guideline first."""
        return tuple(
            sorted(self.guidelines.items(), key=lambda pair: (pair[0] is not None, pair[0] or 0))
        )


@dataclass
class _Export:
    """One export under way."""

    task_type: TaskType
    config: Config
    fmt: Format
    policy: ExportPolicy
    sinks: Mapping[str, Sink]
    alike: Mapping[int, int] = field(default_factory=dict)
    trust: Trust | None = None
    tally: _Tally = field(default_factory=_Tally)

    def __post_init__(self) -> None:
        if self.trust is None and self.policy.by_reliability(self.fmt.heeds):
            raise ValueError("a policy by reliability needs to be told whom to trust")
        self._parting = Parting(bounds(self.policy.splits), self.policy.seed, self.alike)

    def take(self, judged: Judged) -> None:
        """Read one item and write its rows."""
        looked_at = self.filtered(judged)
        if looked_at is None:
            return
        judged = looked_at
        self.tally.read(judged.item, judged.answers)
        sink = self.sinks[self._parting.split_of(judged.item.prompt)]
        for line, label in self.lines(judged):
            sink.write(line, label)

    def beside(self, target: Path, companion: Companion | Configuration) -> bytes:
        """What goes into the file that the format needs beside its rows."""
        if isinstance(companion, Companion):
            return companion_bytes(target, companion, self.policy)
        text = companion.text(self.task_type.slug, self.config, self.tally.most_responses)
        return text.encode()

    def filtered(self, judged: Judged) -> Judged | None:
        """What the filters leave of the item; None where they leave it aside."""
        filters = self.policy.filters
        if not filters:
            return judged
        if not filters.takes(judged.item):
            self.tally.items_aside += 1
            return None
        answers = [answer for answer in judged.answers if filters.counts(answer)]
        self.tally.judgments_aside += len(judged.answers) - len(answers)
        return Judged(judged.item, answers, filters.holds(judged.decision))

    def lines(self, judged: Judged) -> Iterator[tuple[bytes, str | None]]:
        """The rows of an item as they stand in a file, each with its class if rows have one."""
        label_of = self.fmt.label
        for row in self._rows(judged):
            wrong = self.fmt.check(row)
            if wrong:
                self.tally.dropped[wrong] += 1
                continue
            line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
            yield line, label_of(row) if label_of else None

    def _rows(self, judged: Judged) -> Iterator[Row]:
        """Rows of one item, unchecked; what the task type dropped is counted here."""
        item, fmt = judged.item, self.fmt
        if isinstance(fmt, ItemFormat):
            yield fmt.row(item)
        elif isinstance(fmt, ExchangeFormat):
            yield fmt.row(item, judged.answers, self.config)
        elif isinstance(fmt, JudgmentFormat):
            for answer in judged.answers:
                yield fmt.row(item, answer)
        else:
            yield from self._records(judged, fmt)

    def _records(self, judged: Judged, fmt: RecordFormat) -> Iterator[Row]:
        answers, policy = self._counting(judged)
        if not answers:
            return
        policy = replace(policy, kind=fmt.kind)
        for record in self.task_type.records(judged.item, answers, self.config, policy):
            if record.kind == fmt.kind:
                yield fmt.row(judged.item, record)
            elif record.kind == "dropped" and self._would_be_ours(record):
                self.tally.dropped[record.data["reason"]] += 1

    def _counting(self, judged: Judged) -> tuple[Sequence[AnswerRecord], Policy]:
        """The answers that count, and the policy for them.

        A lead's decision is the item's answer by itself: how many judged it and how far they agree
        is what the lead decided about, so the thresholds do not look at it.
        """
        decision = judged.decision
        asked = self.policy.decisions if "decisions" in self.fmt.heeds else "ignore"
        if asked == "ignore" or (decision is None and asked == "first"):
            return self._trusted(judged)
        if decision is None:
            self.tally.dropped["undecided"] += bool(judged.answers)
            return (), self.policy.policy
        if decision.answer is None:
            self.tally.dropped["left_open"] += 1
            return (), self.policy.policy
        self.tally.decided += 1
        answer = AnswerRecord(
            reviewer=decision.lead,
            answer=decision.answer,
            at=decision.at,
            guideline_version=decision.guideline_version,
        )
        return (answer,), replace(self.policy.policy, min_judgments=1, min_agreement=0.0)

    def _trusted(self, judged: Judged) -> tuple[Sequence[AnswerRecord], Policy]:
        """The judgments as the policy has them count, and of which units they are too unsure."""
        answers, policy, trust = judged.answers, self.policy.policy, self.trust
        if trust is None:
            return answers, policy
        if self.policy.min_posterior > 0:
            question = question_of(self.task_type, self.config, policy.criterion)
            given = ((each.reviewer, each.answer) for each in answers)
            said = said_of(self.task_type, self.config, question, judged.item, given)
            policy = replace(policy, unsure=trust.unsure(said, self.policy.min_posterior))
            if "" in policy.unsure:
                self.tally.dropped["unsure"] += 1
                return (), policy
        return (trust.weighed(answers) if self.policy.weighted else answers), policy

    def _would_be_ours(self, dropped: Record) -> bool:
        """Whether it could have been a row here: a type with two kinds of records says of which."""
        return bool(dropped.data.get("of", self.fmt.kind) == self.fmt.kind)


def _run(items: Iterable[Given], export: _Export, meta: ExportMeta) -> Manifest:
    for judged in _in_order(Judged(*each) for each in items):
        export.take(judged)
    tally = export.tally
    return Manifest(
        meta=meta,
        task_type=export.task_type.slug,
        task_type_version=export.task_type.version,
        format=export.fmt.name,
        policy=export.policy,
        items=tally.items,
        items_aside=tally.items_aside,
        judgments_aside=tally.judgments_aside,
        items_without_judgments=tally.bare_items,
        judgments=tally.judgments,
        decided=tally.decided,
        reviewers=len(tally.judged_by),
        judged_by=dict(sorted(tally.judged_by.items())),
        languages=dict(sorted(tally.languages.items())),
        first_judgment=tally.first,
        last_judgment=tally.last,
        guidelines=tally.sorted_guidelines(),
        dropped=dict(sorted(tally.dropped.items())),
        files=tuple(sink.finish(name) for name, sink in export.sinks.items()),
    )


def _in_order(items: Iterable[Judged]) -> Iterator[Judged]:
    """The items as they come. Raises ValueError where the order would change with the database."""
    before: str | None = None
    for judged in items:
        name = judged.item.id
        if before is not None and name <= before:
            raise ValueError(f"items out of order: {name!r} after {before!r}")
        reviewers = [answer.reviewer for answer in judged.answers]
        if reviewers != sorted(reviewers):
            raise ValueError(f"answers of item {name!r} are not in order of their reviewers")
        before = name
        yield judged
