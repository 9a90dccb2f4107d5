"""Solutions are loaded by TRL's own trainer of process reward models, and a model learns.

    python train_stepwise.py FOLDER

Runs in an environment of its own (requirements-stepwise.txt), since TRL has had no such trainer
after 1.12; offline and on the CPU, with a tokenizer and a tiny model made on the spot. FOLDER is
what `make_files` filled. After 20 steps the loss has fallen and nearly every step is told good from
bad. The labels that the trainer makes of a row are held against those of the file. Exit code 1
otherwise.
"""

from __future__ import annotations

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
    TRL_EXPERIMENTAL_SILENCE="1",
)

import torch
from datasets import Dataset, load_dataset
from datasets.utils.logging import disable_progress_bar
from tiny import make_tokenizer
from transformers import (
    PreTrainedTokenizerFast,
    PrinterCallback,
    Qwen2Config,
    Qwen2ForTokenClassification,
)
from trl.experimental.prm import PRMConfig, PRMTrainer

STEPS = 20
#: The loss ends below this share of what it was, and so many steps are told right.
LOSS, ACCURACY = 0.5, 0.95


def make_model(tokenizer: PreTrainedTokenizerFast) -> Qwen2ForTokenClassification:
    """Two small layers that tell two classes of token."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        num_labels=2,
    )
    return Qwen2ForTokenClassification(config)


def make_trainer(rows: Dataset, out: Path) -> PRMTrainer:
    """Every step is logged."""
    texts = (text for row in rows for text in (row["prompt"], *row["completions"]))
    tokenizer = make_tokenizer(texts)
    arguments = PRMConfig(
        output_dir=str(out),
        max_steps=STEPS,
        per_device_train_batch_size=8,
        learning_rate=5e-3,
        lr_scheduler_type="constant",
        logging_steps=1,
        max_length=256,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        seed=0,
    )
    trainer = PRMTrainer(
        model=make_model(tokenizer),
        args=arguments,
        train_dataset=rows,
        eval_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def told(name: str, passed: bool, what: str) -> bool:
    """Print one line on a check and give whether it passed."""
    print(f"{'PASS' if passed else 'FAIL'} {name}: {what}")
    return passed


def labels_are_read(trainer: PRMTrainer, rows: Dataset) -> bool:
    """Whether the trainer holds the labels of the file, one for each step."""
    read = [[x for x in row["labels"] if x != -100] for row in trainer.train_dataset]
    given = [[int(label) for label in row["labels"]] for row in rows]
    n = sum(map(len, given))
    return told("labels", read == given, f"{n} steps of {len(rows)} solutions as written")


def it_learns(trainer: PRMTrainer) -> bool:
    """Whether the loss falls and the steps are told apart."""
    before = trainer.evaluate()["eval_accuracy"]
    start = time.monotonic()
    trainer.train()
    seconds = time.monotonic() - start
    after = trainer.evaluate()["eval_accuracy"]
    log: list[Any] = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    passed = len(log) == STEPS and log[-1] < LOSS * log[0] and after >= ACCURACY
    return told(
        "PRM",
        passed,
        f"accuracy {before:.3f} -> {after:.3f}, loss {log[0]:.4f} -> {log[-1]:.4f}, "
        f"{len(log)} steps, {seconds:.1f} s",
    )


def main() -> int:
    """Train on the file of the folder given. 0 if everything passed, 1 if not."""
    names = ("torch", "transformers", "trl", "datasets", "accelerate")
    print(" ".join(f"{name} {version(name)}" for name in names))
    disable_progress_bar()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        file = str(Path(sys.argv[1]) / "stepwise.jsonl")
        rows = load_dataset("json", data_files={"train": file}, cache_dir=scratch)["train"]
        print(f"stepwise: {len(rows)} rows, columns {', '.join(rows.column_names)}")
        trainer = make_trainer(rows, Path(scratch))
        passed = [labels_are_read(trainer, rows), it_learns(trainer)]
    print("All passed" if all(passed) else "FAILED")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
