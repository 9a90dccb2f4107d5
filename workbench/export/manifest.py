"""What an export was: enough to say later which judgments, under which policy, gave which bytes.

A manifest holds neither a clock nor a path: the same data and policy give the same manifest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from workbench.export.formats import BY_NAME, Format
from workbench.export.policy import WHOLE, ExportPolicy, parse_policy
from workbench.export.policy_words import describe
from workbench.export.reasons import reason
from workbench.export.trust import Trust
from workbench.messages import N_, Invalid, Message

#: Raised when the shape of the file changes.
SCHEMA = 5


#: What exports did before there was a choice, by option.
BEFORE = {
    "decisions": "ignore",
    "near_duplicates": "apart",
    "min_posterior": "0",
    "all_bad": "drop",
    "unranked": "skip",
    "cycles": "keep",
    "min_strength": "0",
}


@dataclass(frozen=True)
class ExportMeta:
    """What the caller knows about the export and the items do not say.

    `watermark` is the highest audit number that the export includes, `trust` what a policy by
    reliability goes by.
    """

    project: str
    version: str
    watermark: int
    product: str = "workbench"
    trust: Trust | None = None


@dataclass(frozen=True)
class ExportedFile:
    """One file. `labels` counts rows by class where the format has classes."""

    split: str
    rows: int
    bytes: int
    sha256: str
    labels: Mapping[str, int]


@dataclass(frozen=True)
class Manifest:
    """Everything about one export. `dropped` is by reason, `guidelines` by version, both sorted."""

    meta: ExportMeta
    task_type: str
    task_type_version: int
    format: str
    policy: ExportPolicy
    items: int
    #: Items, and judgments of others, that the filters left aside.
    items_aside: int
    judgments_aside: int
    items_without_judgments: int
    judgments: int
    #: Items of which a lead's decision gave the rows.
    decided: int
    reviewers: int
    #: Judgments that were read, by the reviewer's pseudonym; nothing in manifests before schema 3.
    judged_by: Mapping[str, int]
    #: Items with a judgment, by language.
    languages: Mapping[str, int]
    first_judgment: str | None
    last_judgment: str | None
    guidelines: tuple[tuple[int | None, int], ...]
    dropped: Mapping[str, int]
    files: tuple[ExportedFile, ...]

    @property
    def rows(self) -> int:
        """Rows written, over all files."""
        return sum(file.rows for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        """The manifest as it stands in its file, keys in the file's order."""
        return {
            "schema": SCHEMA,
            "product": self.meta.product,
            "version": self.meta.version,
            "project": self.meta.project,
            "task_type": {"slug": self.task_type, "version": self.task_type_version},
            "format": self.format,
            "policy": _policy_dict(self.policy),
            "watermark": self.meta.watermark,
            "read": {
                "items": self.items,
                "items_aside": self.items_aside,
                "judgments_aside": self.judgments_aside,
                "items_without_judgments": self.items_without_judgments,
                "judgments": self.judgments,
                "decided": self.decided,
                "reviewers": self.reviewers,
                "judged_by": dict(self.judged_by),
                "languages": dict(self.languages),
                "first_judgment": self.first_judgment,
                "last_judgment": self.last_judgment,
                "guidelines": [
                    {"version": version, "judgments": count} for version, count in self.guidelines
                ],
            },
            "trust": None if self.meta.trust is None else dict(self.meta.trust.told),
            "dropped": dict(self.dropped),
            "rows": self.rows,
            "files": [_file_dict(file) for file in self.files],
        }

    def to_bytes(self) -> bytes:
        """Indented JSON in UTF-8 with a newline at the end."""
        return orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True)
class Written:
    """What a manifest says of how its files were made."""

    project: str
    watermark: int
    format: Format
    policy: ExportPolicy
    trust: Trust | None
    sha256: frozenset[str]


def read_manifest(raw: bytes) -> Written:
    """A manifest's file, of this version or an earlier one. Raises Invalid at "manifest"."""
    try:
        told = orjson.loads(raw)
        asked = {**BEFORE, **told["policy"]}
        filters = asked.pop("filters", {})
        splits = ",".join(f"{each['name']}={each['share']}" for each in asked.pop("splits"))
        options = {name: None if value is None else str(value) for name, value in asked.items()}
        policy = parse_policy({**options, **filters, "split": splits})
        fmt = BY_NAME[told["format"]]
        return Written(
            project=str(told["project"]),
            watermark=int(told["watermark"]),
            format=fmt,
            policy=policy,
            trust=trust_in(told, needed=policy.by_reliability(fmt.heeds)),
            sha256=frozenset(str(file["sha256"]) for file in told["files"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, Invalid) as error:
        raise Invalid({"manifest": N_("is not what an export writes (%(why)s)",
                                      why=type(error).__name__)}) from None  # fmt: skip


def trust_in(told: Mapping[str, Any], *, needed: bool = False) -> Trust | None:
    """Whom an export trusted, as its manifest has it; None where its policy does not ask.

    Raises as `Trust.read`, and KeyError where there is none and it is `needed`.
    """
    trust = told.get("trust")
    if trust is None and needed:
        raise KeyError("trust")
    return None if trust is None else Trust.read(trust)


def _policy_dict(policy: ExportPolicy) -> dict[str, Any]:
    return {
        "ties": policy.policy.ties,
        "all_bad": policy.policy.all_bad,
        "unranked": policy.policy.unranked,
        "cycles": policy.policy.cycles,
        "min_strength": policy.policy.min_strength,
        "aggregate": policy.aggregate,
        "min_judgments": policy.policy.min_judgments,
        "min_agreement": policy.policy.min_agreement,
        "min_posterior": policy.min_posterior,
        "criterion": policy.policy.criterion,
        "decisions": policy.decisions,
        "filters": {name: text for name, text in policy.filters.as_options().items() if text},
        "splits": [{"name": split.name, "share": float(split.share)} for split in policy.splits],
        "near_duplicates": "together" if policy.together else "apart",
        "seed": policy.seed,
    }


def _file_dict(file: ExportedFile) -> dict[str, Any]:
    return {
        "split": file.split,
        "rows": file.rows,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "labels": dict(file.labels),
    }


def summary_lines(manifest: Manifest) -> list[Message]:
    """Policy, what was read, what was left out and why, what was written, what to mind.

    The value `reason` of a line is itself a Message.
    """
    return [
        *in_words(BY_NAME[manifest.format], manifest.policy),
        *_trust_lines(manifest),
        *_read_lines(manifest),
        *_dropped_lines(manifest),
        *_written_lines(manifest),
        *warnings(manifest),
    ]


def in_words(fmt: Format, policy: ExportPolicy) -> list[Message]:
    """What the format goes by, one sentence a decision."""
    return [*fmt.notes, *describe(policy, fmt.heeds)]


def _trust_lines(manifest: Manifest) -> Iterator[Message]:
    trust = manifest.meta.trust
    if trust is not None and manifest.policy.weighted:
        weights = trust.told["weights"].values()
        yield N_(
            "Reviewers weigh from %(least)s to %(most)s; one who is not known weighs %(others)s.",
            least=f"{min(weights):.2f}",
            most=f"{max(weights):.2f}",
            others=f"{trust.told['weight_of_others']:.2f}",
        )


def _read_lines(manifest: Manifest) -> Iterator[Message]:
    yield N_(
        "Read: %(items)s items, %(judgments)s judgments, %(reviewers)s reviewers.",
        items=manifest.items,
        judgments=manifest.judgments,
        reviewers=manifest.reviewers,
    )
    if manifest.policy.filters:
        yield N_(
            "Left aside: %(items)s items, and %(judgments)s judgments of others.",
            items=manifest.items_aside,
            judgments=manifest.judgments_aside,
        )
    if manifest.decided:
        yield N_("Decided by a lead: %(count)s items.", count=manifest.decided)
    if manifest.items_without_judgments:
        yield N_("Items without a judgment: %(count)s.", count=manifest.items_without_judgments)


def _dropped_lines(manifest: Manifest) -> list[Message]:
    return [
        N_("Left out: %(count)s (%(reason)s).", count=count, reason=reason(code))
        for code, count in manifest.dropped.items()
    ]


def _written_lines(manifest: Manifest) -> list[Message]:
    if len(manifest.files) == 1 and manifest.files[0].split == WHOLE:
        return [N_("Rows written: %(rows)s.", rows=manifest.rows)]
    return [
        N_("Rows written to %(split)s: %(rows)s.", split=file.split, rows=file.rows)
        for file in manifest.files
    ]


def warnings(manifest: Manifest) -> list[Message]:
    """What a trainer would take without a word and should not: an empty file, a missing class."""
    classes = BY_NAME[manifest.format].classes
    found: list[Message] = []
    for file in manifest.files:
        if file.rows == 0:
            found.append(N_("Attention: %(split)s has no rows.", split=file.split))
        elif any(not file.labels.get(name) for name in classes):
            found.append(
                N_(
                    "Attention: %(split)s has only one class of label. Training needs both.",
                    split=file.split,
                )
            )
    return found
