"""Exported files are loaded and trained on, and the model must learn from them.

    python train.py FOLDER

Runs in the trainers' environment (requirements.txt), offline and on the CPU, with a tokenizer and
a tiny model made on the spot; FOLDER is what `make_files` filled. A run that merely ends proves
that a file can be read, so the bars ask for more: after 20 steps DPO's reward margin has risen, KTO
prefers what was labelled good, SFT makes the completions likelier, a reward model tells the two
sides of a pair apart, with a margin or without; and a file whose two sides are equal teaches
nothing. GRPO hands every prompt to the model, and the item's id to the reward. `datasets` reads the
files of all other readers whole, and the folders that `workbench snapshot get` writes by their name
alone. Exit code 1 otherwise.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
)

import torch
from datasets import Dataset, DatasetDict, load_dataset
from datasets.utils.logging import disable_progress_bar
from tiny import make_tokenizer, rows_of, texts_of
from transformers import (
    PreTrainedTokenizerFast,
    PrinterCallback,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2ForSequenceClassification,
)
from trl import (
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    KTOConfig,
    KTOTrainer,
    RewardConfig,
    RewardTrainer,
    SFTConfig,
    SFTTrainer,
)

STEPS = 20
#: Margins that 20 steps clear well (2.5 to 4.4 were measured); where nothing is learnt they stay 0.
DPO_MARGIN = 1.0
KTO_MARGIN = 0.5
#: SFT's loss ends below this share of what it was.
SFT_LOSS = 0.6
#: Share of pairs that a reward model scores the right way round at the end, and how far apart.
REWARD_ACCURACY, REWARD_MARGIN = 0.95, 1.0
#: Prompts that GRPO is given.
PROMPTS = 8
#: Two equal sides keep the margin at 0 and the loss at ln 2, but for rounding.
NO_MARGIN = 0.01

Log = list[dict[str, float]]


def load(folder: Path, cache: Path, **files: str) -> DatasetDict:
    """Splits by name, read from JSON lines as any user would."""
    data_files = {split: str(folder / name) for split, name in files.items()}
    loaded = load_dataset("json", data_files=data_files, cache_dir=str(cache))
    assert isinstance(loaded, DatasetDict)
    return loaded


def make_models(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """A model of two small layers and its reference, equal at the start.

    The reference is passed in: without it TRL would look for the model's name on the network.
    """
    config = make_config(tokenizer)
    torch.manual_seed(0)
    model, reference = Qwen2ForCausalLM(config), Qwen2ForCausalLM(config)
    reference.load_state_dict(model.state_dict())
    return {"model": model, "ref_model": reference}


def make_config(tokenizer: PreTrainedTokenizerFast, **more: Any) -> Qwen2Config:
    """Two small layers."""
    return Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        tie_word_embeddings=True,
        **more,
    )


def arguments(out: Path) -> dict[str, Any]:
    """What both trainers are told. Every step is logged."""
    return {
        "output_dir": str(out),
        "max_steps": STEPS,
        "per_device_train_batch_size": 8,
        "learning_rate": 5e-3,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "max_length": 256,
        "save_strategy": "no",
        "report_to": [],
        "use_cpu": True,
        "bf16": False,
        "disable_tqdm": True,
        "seed": 0,
    }


def run_dpo(rows: Dataset, tokenizer: PreTrainedTokenizerFast, out: Path) -> Log:
    """20 steps of DPO."""
    trainer = DPOTrainer(
        **make_models(tokenizer),
        args=DPOConfig(**arguments(out)),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    return steps_of(trainer)


def run_kto(rows: Dataset, tokenizer: PreTrainedTokenizerFast, out: Path) -> Log:
    """20 steps of KTO."""
    trainer = KTOTrainer(
        **make_models(tokenizer),
        args=KTOConfig(**arguments(out)),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    return steps_of(trainer)


def run_sft(rows: Dataset, tokenizer: PreTrainedTokenizerFast, out: Path) -> Log:
    """20 steps of SFT, the loss on the completions alone."""
    trainer = SFTTrainer(
        model=make_models(tokenizer)["model"],
        args=SFTConfig(**arguments(out)),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    labels = next(iter(trainer.get_train_dataloader()))["labels"]
    assert (labels == -100).any(), "the prompts are learnt too"
    return steps_of(trainer)


def run_reward(rows: Dataset, tokenizer: PreTrainedTokenizerFast, out: Path) -> Log:
    """20 steps of a reward model."""
    torch.manual_seed(0)
    trainer = RewardTrainer(
        model=Qwen2ForSequenceClassification(make_config(tokenizer, num_labels=1)),
        args=RewardConfig(**arguments(out)),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    batch = next(iter(trainer.get_train_dataloader()))
    assert ("margin" in batch) == ("margin" in rows.column_names), "the margins are not read"
    return steps_of(trainer)


def run_grpo(rows: Dataset, tokenizer: PreTrainedTokenizerFast, out: Path) -> bool:
    """One pass of GRPO over some prompts. Whether the reward saw each of them, with its item."""
    seen: dict[str, str] = {}

    def reward(prompts: list[Any], completions: list[Any], **columns: Any) -> list[float]:
        for prompt, name in zip(prompts, columns["id"], strict=True):
            seen[name] = prompt[-1]["content"]
        return [float(len(completion[0]["content"])) for completion in completions]

    more = {"max_steps": PROMPTS // 2, "num_generations": 4, "max_completion_length": 8}
    given = {key: value for key, value in arguments(out).items() if key != "max_length"}
    some = rows.select(range(PROMPTS))
    trainer = GRPOTrainer(
        model=make_models(tokenizer)["model"],
        reward_funcs=reward,
        args=GRPOConfig(**{**given, **more}),
        train_dataset=some,
        processing_class=tokenizer,
    )
    log = steps_of(trainer)
    asked = {row["id"]: row["prompt"][-1]["content"] for row in some}
    passed = seen == asked and len(log) == PROMPTS // 2
    print(
        f"{'PASS' if passed else 'FAIL'} GRPO: {len(seen)} of {PROMPTS} prompts, {len(log)} steps"
    )
    return passed


def reads_whole(file: Path, cache: Path) -> bool:
    """Whether every line is a row, and the columns of the first line are those of all."""
    given = rows_of(file)
    rows = load(file.parent, cache, train=file.name)["train"]
    passed = rows.to_list() == given
    print(
        f"{'PASS' if passed else 'FAIL'} {file.name}: {len(rows)} of {len(given)} rows as written"
    )
    return passed


def reads_folders(folder: Path, cache: Path) -> bool:
    """Whether the folder of a snapshot is a data set as it lies: the same splits and rows, as JSON
    lines and as Parquet, as in its files."""
    lines, parquet = folder / "snapshot", folder / "snapshot-parquet"
    files = {file.suffixes[-2][1:]: file for file in sorted(lines.glob("*.jsonl"))}
    given = {name: rows_of(file) for name, file in files.items()}
    passed = given.keys() == {"train", "test"}
    for place in (lines, parquet):
        loaded = load_dataset(str(place), cache_dir=str(cache / place.name))
        found = {name: rows.to_list() for name, rows in loaded.items()}
        same = found == given
        counts = ", ".join(f"{name} {len(rows)}" for name, rows in found.items())
        print(f"{'PASS' if same else 'FAIL'} load_dataset({place.name!r}): {counts}")
        passed &= same
    return passed


def steps_of(trainer: Any) -> Log:
    """Train, quietly; one entry a step."""
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return [entry for entry in trainer.state.log_history if "loss" in entry]


def equal_sides(row: dict[str, Any]) -> dict[str, Any]:
    """The row that an exporter must never write."""
    return {**row, "rejected": row["chosen"]}


def margin(entry: dict[str, float]) -> float:
    """How much more the model likes the good side than its reference does."""
    return entry["rewards/margins"]


def judge(name: str, log: Log, seconds: float, passed: bool) -> bool:
    """Print one line on a run and say whether it passed: its bar, and a finite loss throughout."""
    passed = passed and len(log) == STEPS and all(math.isfinite(entry["loss"]) for entry in log)
    margins = "rewards/margins" in log[0]
    told = f"margin {margin(log[0]):.4f} -> {margin(log[-1]):.4f}, " if margins else ""
    print(
        f"{'PASS' if passed else 'FAIL'} {name}: {told}"
        f"loss {log[0]['loss']:.4f} -> {log[-1]['loss']:.4f}, {len(log)} steps, {seconds:.1f} s"
    )
    return passed


def train_all(folder: Path, scratch: Path) -> bool:
    """Every run on every file; True if all passed."""
    files = sorted(folder.glob("*.jsonl"))
    tokenizer = make_tokenizer([line for file in files for line in texts_of(file)])
    prefs = load(folder, scratch, train="prefs.jsonl")["train"]
    parted = load(folder, scratch, train="parted.train.jsonl", test="parted.test.jsonl")
    unpaired = load(folder, scratch, train="unpaired.jsonl")["train"]
    completions = load(folder, scratch, train="completions.jsonl")["train"]
    whole = load(folder, scratch, train="whole.jsonl")["train"]
    margins = load(folder, scratch, train="margins.jsonl")["train"]
    prompts = load(folder, scratch, train="prompts.jsonl")["train"]
    for name, rows in (
        ("prefs", prefs),
        *parted.items(),
        ("unpaired", unpaired),
        ("completions", completions),
        ("whole", whole),
        ("margins", margins),
        ("prompts", prompts),
    ):
        print(f"{name}: {len(rows)} rows, columns {', '.join(rows.column_names)}")

    passed = []
    for name, rows, learns in (
        ("DPO", prefs, True),
        ("DPO on the train split", parted["train"], True),
        ("DPO on equal sides, which must not learn", prefs.map(equal_sides), False),
    ):
        start = time.monotonic()
        log = run_dpo(rows, tokenizer, scratch)
        reached = margin(log[-1]) > DPO_MARGIN if learns else abs(margin(log[-1])) < NO_MARGIN
        passed.append(judge(name, log, time.monotonic() - start, reached))
    start = time.monotonic()
    log = run_kto(unpaired, tokenizer, scratch)
    passed.append(judge("KTO", log, time.monotonic() - start, margin(log[-1]) > KTO_MARGIN))
    start = time.monotonic()
    log = run_sft(completions, tokenizer, scratch)
    learnt = log[-1]["loss"] < SFT_LOSS * log[0]["loss"]
    passed.append(judge("SFT", log, time.monotonic() - start, learnt))
    for name, rows in (("reward model", whole), ("reward model with margins", margins)):
        start = time.monotonic()
        log = run_reward(rows, tokenizer, scratch)
        told_apart = log[-1]["accuracy"] >= REWARD_ACCURACY and log[-1]["margin"] > REWARD_MARGIN
        passed.append(judge(name, log, time.monotonic() - start, told_apart))
    passed.append(run_grpo(prompts, tokenizer, scratch))
    passed += [reads_whole(file, scratch) for file in files]
    passed.append(reads_folders(folder, scratch))
    return all(passed)


def main() -> int:
    """Train on the files of the folder given. 0 if everything passed, 1 if not."""
    names = ("torch", "transformers", "trl", "datasets", "accelerate")
    print(" ".join(f"{name} {version(name)}" for name in names))
    disable_progress_bar()
    # The model is too small to share out: more threads only wait for one another.
    torch.set_num_threads(1)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        passed = train_all(Path(sys.argv[1]), Path(scratch))
    print(f"{'All passed' if passed else 'FAILED'} in {time.monotonic() - start:.1f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
