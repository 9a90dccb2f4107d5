"""Training files for the trainers here, made by the exporter from judgments of bilingual items.

    python -m tests.trainers.make_files OUT

Runs in the product's environment. OUT gets a file for each line of `EXPORTS` (parted.jsonl becomes
parted.train.jsonl and parted.test.jsonl), each export with its manifest; and the folders
`snapshot` and `snapshot-parquet`, which `workbench snapshot get` writes of a sample project.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workbench.export.formats import format_named
from workbench.export.manifest import ExportMeta, Manifest, summary_lines
from workbench.export.policy import parse_policy
from workbench.export.write import Judged, write_export
from workbench.paths import data_dir
from workbench.task_types.base import AnswerRecord, Item, Response, TaskType, Turn
from workbench.task_types.ranking import Ranking
from workbench.task_types.rewrite import Rewrite
from workbench.task_types.steps import Steps

ITEMS = 40
REVIEWERS = ("r01", "r02", "r03")
META = ExportMeta(project="trainers", version="0", watermark=0)


def an_item(n: int) -> Item:
    """A good, a fair and a poor answer, in Spanish and English by turns."""
    if n % 2:
        system, question = "Sea útil.", f"¿Cuál es la capital número {n}?"
        texts = f"Es una ciudad grande ({n}).", f"Es una ciudad ({n}).", f"No sé ({n})."
    else:
        system, question = "Be helpful.", f"What is capital number {n}?"
        texts = f"It is a large city ({n}).", f"It is a city ({n}).", f"I don't know ({n})."
    responses = tuple(Response(i, text, f"model-{i}") for i, text in zip("abc", texts, strict=True))
    prompt = (Turn("system", system), Turn("user", question))
    return Item(f"capital-{n:03}", "es" if n % 2 else "en", prompt, responses)


def a_ballot(n: int, reviewer: int) -> dict[str, Any]:
    """Good above fair above poor; now and then a tie, a refusal, or all of them bad."""
    verdict: str | None = None
    tiers = [["a"], ["b"], ["c"]]
    if n % 10 == 3 and reviewer == 2:
        tiers = [["a", "b"], ["c"]]
    elif n % 10 == 7:
        tiers, verdict = [], "all_bad"
    elif n % 10 == 9 and reviewer == 1:
        tiers, verdict = [], "cannot_judge"
    return {
        "tiers": tiers,
        "unranked": [] if tiers else ["a", "b", "c"],
        "verdict": verdict,
        "strength": None,
        "reason": "too short to tell" if verdict == "cannot_judge" else "",
    }


def a_pair(n: int) -> Item:
    """The good and the poor answer."""
    item = an_item(n)
    return dataclasses.replace(item, responses=item.responses[::2])


def a_graded_ballot(n: int, reviewer: int) -> dict[str, Any]:
    """Good above poor, by more or less; one judgment in ten does not say by how much."""
    silent = n % 10 == 7 and reviewer == 0
    strength = None if silent else 2 + (n + reviewer) % 2
    return {"tiers": [["a"], ["c"]], "strength": strength}


def a_poor_item(n: int) -> Item:
    """The poor answer alone."""
    item = an_item(n)
    return dataclasses.replace(item, responses=item.responses[2:])


def a_rewrite(n: int, reviewer: int) -> dict[str, Any]:
    """What the good answer says; now and then another wording, or that nothing need be changed."""
    if n % 10 == 3:
        return {"verdict": "good_as_is"}
    if n % 10 == 7 and reviewer == 2:
        return {"verdict": "beyond_repair"}
    good = an_item(n).responses[0].text
    return {"verdict": "edited", "text": good.upper() if reviewer == 1 else good}


def a_solution(n: int) -> Item:
    """A sum in three steps, in Spanish and English by turns; in half of them a step is wrong."""
    question = f"¿Cuánto es {n} + {n} + 1?" if n % 2 else f"What is {n} + {n} + 1?"
    wrong = "mal" if n % 2 else "wrong"
    steps = [f"{n} + {n} = {2 * n}. ", f"{2 * n} + 1 = {2 * n + 1}. ", f"= {2 * n + 1}"]
    if n % 4 < 2:
        steps[n % 3] = f"{steps[n % 3]} ({wrong})"
    response = Response("a", "", "model-a", steps=tuple(steps))
    return Item(f"sum-{n:03}", "es" if n % 2 else "en", (Turn("user", question),), (response,))


def a_rating_of_steps(n: int, reviewer: int) -> dict[str, Any]:
    """Bad where a step says so, and then no further; now and then a neutral step, or a slip."""
    ratings = []
    for place, step in enumerate(a_solution(n).responses[0].steps):
        ratings.append(-1 if step.endswith(("mal)", "wrong)")) else int((n + place) % 7 != 3))
        if ratings[-1] < 0 or (n % 10 == 9 and reviewer == 1):
            ratings[-1] = -1
            break
    return {"ratings": ratings}


@dataclasses.dataclass(frozen=True)
class Judging:
    """A task type with items for it and what each reviewer says of them."""

    kind: TaskType
    item: Callable[[int], Item]
    answer: Callable[[int, int], dict[str, Any]]


RANKED = Judging(Ranking(), an_item, a_ballot)
GRADED = Judging(Ranking(), a_pair, a_graded_ballot)
REWRITTEN = Judging(Rewrite(), a_poor_item, a_rewrite)
SOLVED = Judging(Steps(), a_solution, a_rating_of_steps)

#: File, what it is made of, format and policy. The thresholds leave out what reviewers disputed.
EXPORTS: tuple[tuple[str, Judging, str, dict[str, str | None]], ...] = (
    ("prefs.jsonl", RANKED, "trl-preference", {"min_judgments": "3", "min_agreement": "0.6"}),
    ("parted.jsonl", RANKED, "trl-preference", {"split": "test=0.2"}),
    ("unpaired.jsonl", RANKED, "trl-unpaired", {}),
    ("completions.jsonl", REWRITTEN, "trl-sft", {}),
    ("whole.jsonl", RANKED, "trl-implicit", {}),
    ("margins.jsonl", GRADED, "trl-reward", {}),
    ("prompts.jsonl", RANKED, "prompt-only", {}),
    ("llama.jsonl", RANKED, "llama-factory", {}),
    ("llama-kto.jsonl", RANKED, "llama-factory-kto", {}),
    ("nemo.jsonl", RANKED, "nemo-rl", {}),
    ("rewardbench.jsonl", RANKED, "rewardbench", {}),
    ("openai.jsonl", RANKED, "openai-dpo", {}),
    ("listwise.jsonl", RANKED, "listwise", {}),
    ("battles.jsonl", RANKED, "lmarena-battles", {}),
    ("helpsteer.jsonl", GRADED, "helpsteer-preference", {}),
    ("stepwise.jsonl", SOLVED, "trl-stepwise", {}),
)


def judged_items(judging: Judging, config: dict[str, Any]) -> Iterator[Judged]:
    """Every item with the judgments of all reviewers, as an import would have checked them."""
    for n in range(ITEMS):
        item = judging.item(n)
        yield (
            item,
            [
                AnswerRecord(
                    reviewer=name,
                    answer=judging.kind.check_answer(judging.answer(n, r), item, config),
                    at=f"2026-11-20T15:{n:02}:{r:02}Z",
                    active_seconds=30.0 + r,
                    shown=tuple(response.id for response in item.responses[::-1]),
                    guideline_version=1,
                )
                for r, name in enumerate(REVIEWERS)
            ],
        )


def make(folder: Path) -> list[Manifest]:
    """Write every export into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _export(folder / name, judging, fmt, options) for name, judging, fmt, options in EXPORTS
    ]


def _export(target: Path, judging: Judging, fmt: str, options: dict[str, str | None]) -> Manifest:
    config = judging.kind.parse_config({})
    return write_export(
        judged_items(judging, config),
        judging.kind,
        config,
        format_named(fmt, judging.kind),
        parse_policy(options),
        target=target,
        meta=META,
    )


#: What a person types for a snapshot of the sample project, and to have it as a folder.
SAMPLE = data_dir("sample_tasks") / "pares-pandalm"
COMMANDS = (
    "init",
    "project create prefs --type ranking --title P --overlap 3",
    f"import prefs {SAMPLE}/items.jsonl",
    f"import-judgments prefs {SAMPLE}/judgments.jsonl",
    "snapshot make prefs november --format trl-preference --split test=0.2",
    "snapshot get prefs november -o {out}/snapshot",
    "snapshot get prefs november -o {out}/snapshot-parquet --parquet",
)


def make_snapshot(folder: Path) -> None:
    """Make a snapshot in an installation of its own, and put it into `folder` in both shapes."""
    for name in ("snapshot", "snapshot-parquet"):
        shutil.rmtree(folder / name, ignore_errors=True)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "WORKBENCH_HOME": home}
        environment.pop("WORKBENCH_DATABASE_URL", None)
        for command in COMMANDS:
            words = [word.replace("{out}", str(folder)) for word in command.split()]
            program = [sys.executable, "-m", "workbench.cli", *words]
            subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Make the files and say what is in them."""
    make_snapshot(Path(sys.argv[1]))
    for manifest in make(Path(sys.argv[1])):
        print(f"{manifest.format}:", *summary_lines(manifest), sep="\n  ")


if __name__ == "__main__":
    main()
