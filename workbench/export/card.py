"""The card of a data set: what it is, who judged, how far it can be trusted, what it is for.

Markdown in English, as hubs of data sets show it, with the head that the `datasets` library loads
the files by. Like a manifest it holds neither a clock nor a path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from workbench.export.formats import BY_NAME
from workbench.export.manifest import Manifest, summary_lines
from workbench.export.policy import WHOLE
from workbench.messages import Message

#: The card's name in a folder of files.
NAME = "README.md"

#: The heading over the files.
WHAT = "What is in it"

#: What people say of a data set themselves, in the order of the card.
TOLD: tuple[str, ...] = ("summary", "licence", "use", "pay")


@dataclass(frozen=True)
class Brought:
    """A file that items came from, and how many of them."""

    name: str
    sha256: str
    items: int


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval, or why there is none. `says`: what it means, if told.

    `n_judgments` 0: it is not counted in judgments.
    """

    title: Message | str
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    undefined: Message | None = None
    says: Message | None = None


@dataclass(frozen=True)
class Facts:
    """What the manifest does not say. `sites` is by pseudonym, "" where none is known."""

    title: str
    told: Mapping[str, str]
    brought: Sequence[Brought]
    sites: Mapping[str, str]
    agreement: Sequence[Figure]
    #: What moves the judging: order, length, pace.
    judging: Sequence[Figure]
    #: What was found in the outputs, by kind, model and language.
    found: Sequence[Figure]


def card(manifest: Manifest, files: Sequence[str], facts: Facts) -> bytes:
    """The card of an export; `files` are the names of its files of rows, in the manifest's order.

    Texts are what people wrote and are shown as text: no line of theirs starts a heading or a tag.
    """
    parts = [
        _head(manifest, files, facts),
        f"# {_inline(facts.title)}\n",
        _told(facts, "summary", "What this is was not told."),
        _section(WHAT, _what(manifest, files)),
        _section("Who judged", _who(manifest, facts)),
        _section("How far they agree", _figures(facts.agreement)),
        _section("What moves the judging", _figures(facts.judging)),
        _section("What was found in the outputs", _figures(facts.found)),
        _section("What was decided", (f"- {line}" for line in summary_lines(manifest))),
        _section("Where the items come from", _sources(facts)),
        _section("Licence", [_told(facts, "licence", "Not told. Ask before you use it.")]),
        _section("Intended use", [_told(facts, "use", "Not told.")]),
    ]
    return "\n".join(part for part in parts if part).encode()


def _head(manifest: Manifest, files: Sequence[str], facts: Facts) -> str:
    """The YAML that `datasets` reads. A JSON text is a YAML text too."""
    lines = ["---"]
    licence = facts.told.get("licence", "")
    if licence:
        lines.append(f"license: {_yaml(licence.lower() if ' ' not in licence else 'other')}")
    if manifest.languages:
        bases = sorted({language.partition("-")[0] for language in manifest.languages})
        lines += ["language:", *(f"- {_yaml(base)}" for base in bases)]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for file, name in zip(manifest.files, files, strict=True):
        # The library takes "all" for every split together, and no hyphen in a name.
        split = "train" if file.split == WHOLE else file.split.replace("-", "_")
        lines += [f"  - split: {_yaml(split)}", f"    path: {_yaml(name)}"]
    return "\n".join([*lines, "---", ""])


def _yaml(text: str) -> str:
    return orjson.dumps(text).decode()


def _told(facts: Facts, what: str, otherwise: str) -> str:
    """A text of people, each line as it is but for what would be read as Markdown or a tag."""
    text = facts.told.get(what, "").strip()
    return (
        "\n".join(_inline(line) for line in text.splitlines()) + "\n" if text else otherwise + "\n"
    )


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> str:
    body = "\n".join(lines).rstrip()
    return f"## {title}\n\n{body}\n" if body else ""


_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|"})


def _inline(text: str) -> str:
    """Text that Markdown shows as it is."""
    return " ".join(text.split()).translate(_MARKS)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    told = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(str, row)) + " |" for row in told] if rows else []


def _what(manifest: Manifest, files: Sequence[str]) -> list[str]:
    fmt = BY_NAME[manifest.format]
    rows = [
        (f"`{name}`", f"{file.rows:,}", f"`{file.sha256}`")
        for file, name in zip(manifest.files, files, strict=True)
    ]
    return [
        f"{fmt.title} (format `{fmt.name}`), out of a project of type `{manifest.task_type}`.",
        "",
        *_table(("file", "rows", "sha256"), rows),
    ]


def _who(manifest: Manifest, facts: Facts) -> list[str]:
    if not manifest.judgments:
        return ["Nobody yet."]
    judged = manifest.items - manifest.items_without_judgments
    days = f"from {_day(manifest.first_judgment)} to {_day(manifest.last_judgment)}"
    counts = f"Reviewers: {manifest.reviewers:,}. Judgments: {manifest.judgments:,}, {days}."
    lines = [f"{counts} Judged items: {judged:,}. Reviewers are named by pseudonyms.", ""]
    sites: dict[str, list[int]] = {}
    for who, count in manifest.judged_by.items():
        sites.setdefault(facts.sites.get(who, ""), []).append(count)
    rows = [
        (_inline(site) or "not told", f"{len(each):,}", f"{sum(each):,}")
        for site, each in sorted(sites.items())
    ]
    lines += [*_table(("site", "reviewers", "judgments"), rows), ""]
    spoken = [(_inline(code), f"{items:,}") for code, items in manifest.languages.items()]
    lines += [*_table(("language of the item", "judged items"), spoken), ""]
    return [*lines, "**Pay.** " + _told(facts, "pay", "What they were paid was not told.")]


def _day(moment: str | None) -> str:
    return moment[:10] if moment else "a day that is not known"


def _figures(figures: Sequence[Figure]) -> list[str]:
    rows = [
        (
            _inline(str(each.title)),
            _number(each),
            f"{each.n_items:,}",
            f"{each.n_judgments:,}" if each.n_judgments else "–",
            _inline(str(each.undefined or each.says or "")),
        )
        for each in figures
    ]
    return _table(("figure", "value (95 % interval)", "items", "judgments", "what it says"), rows)


def _number(figure: Figure) -> str:
    if figure.value is None:
        return "undefined"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _sources(facts: Facts) -> list[str]:
    rows = [
        (_inline(Path(each.name).name), f"{each.items:,}", f"`{each.sha256}`")
        for each in facts.brought
    ]
    return _table(("file", "items", "sha256"), rows)
