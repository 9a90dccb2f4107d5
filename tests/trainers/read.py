"""Exported files are read by the code that other trainers read theirs with.

    python read.py FOLDER

Runs in an environment of its own (requirements-readers.txt and requirements-readers-alone.txt),
offline and on the CPU; FOLDER is what `make_files` filled. LLaMA-Factory, OpenRLHF, Axolotl and
RewardBench make of a file what they train or score on, up to token ids where they go so far, and
that is held against the file: every row, its prompt with the system prompt, the text that is to be
preferred above the other, the label, the steps. Whether the better text is on the better side is
also asked of the texts themselves. NeMo-RL is on no registry: where NEMO_RL names a checkout of it,
its reader runs too. Exit code 1 if anything differs.
"""
# ruff: noqa: PLC0415 -- a reader is imported where it runs, for not all of them are everywhere

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    AXOLOTL_DO_NOT_TRACK="1",
    LLAMAFACTORY_VERBOSITY="WARN",
)

from datasets import Dataset, load_dataset
from datasets.utils.logging import disable_progress_bar
from tiny import make_tokenizer, rows_of, texts_of
from transformers import PreTrainedTokenizerFast, Seq2SeqTrainingArguments

LONGEST = 512
#: No token: a label that says nothing.
IGNORED = -100
END = "<|im_end|>"


class Pair(NamedTuple):
    """A preference as a reader has it: what was asked, rendered, and two answers."""

    prompt: str
    chosen: str
    rejected: str


Reader = Callable[[Path, PreTrainedTokenizerFast, Path], bool]


def stand_in(name: str, **holds: Any) -> ModuleType:
    """An all but empty module in the place of one that a reader imports and has no use for here.

    Whatever else is asked of it is an error.
    """
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(name, None))
    vars(module).update(holds)
    sys.modules[name] = module
    return module


#: What the best answer is worth.
BEST = 2


def worth(text: str) -> int:
    """How good the answers of `make_files.an_item` are."""
    if "large" in text or "grande" in text:
        return BEST
    return 1 if "city" in text or "ciudad" in text else 0


def told(name: str, passed: bool, what: str) -> bool:
    """Print one line on a check and give whether it passed."""
    print(f"{'PASS' if passed else 'FAIL'} {name}: {what}")
    return passed


def are_the_pairs(name: str, found: Iterable[Pair], given: Iterable[Pair]) -> bool:
    """Whether a reader has the pairs of the file, in its order, and the better text as chosen."""
    found, given = list(found), list(given)
    wrong = [(f, g) for f, g in zip(found, given, strict=False) if f != g]
    if wrong:
        print("  read:", wrong[0][0], "\n  written:", wrong[0][1])
    upside_down = sum(worth(pair.chosen) <= worth(pair.rejected) for pair in found)
    passed = bool(found) and found == given and not upside_down
    return told(name, passed, f"{len(found)} of {len(given)} pairs, {upside_down} upside down")


def rendered(tokenizer: PreTrainedTokenizerFast, messages: list[Any], *, asks: bool = True) -> str:
    """Messages by the chat template; `asks` leaves it to the assistant to go on."""
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=asks)
    assert isinstance(text, str)
    return text


def pairs_of(file: Path, tokenizer: PreTrainedTokenizerFast) -> list[Pair]:
    """The pairs of a trl-preference file."""
    return [
        Pair(rendered(tokenizer, row["prompt"]), _only(row["chosen"]), _only(row["rejected"]))
        for row in rows_of(file)
    ]


def _only(messages: list[dict[str, str]]) -> str:
    (message,) = messages
    return message["content"]


def _text(tokenizer: PreTrainedTokenizerFast, ids: Iterable[int]) -> str:
    return str(tokenizer.decode(list(ids), skip_special_tokens=False))


def _answer(text: str) -> str:
    """An answer without what ends its turn."""
    return text.rstrip().removesuffix("<eos>").rstrip().removesuffix(END)


# --- LLaMA-Factory ----------------------------------------------------------------------------


def loaded_by_llama_factory(
    folder: Path, name: str, stage: str, tokenizer: PreTrainedTokenizerFast, scratch: Path
) -> Dataset:
    """What LLaMA-Factory trains on, of an entry of the folder's dataset_info.json."""
    # It loads a library of CUDA; only sound goes through it.
    stand_in("torchaudio")
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments

    data = DataArguments(dataset_dir=str(folder), dataset=name, template="qwen", cutoff_len=LONGEST)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints an example, ids and all
        template = get_template_and_fix_tokenizer(tokenizer, data)
        module = get_dataset(
            template,
            ModelArguments(model_name_or_path="tiny", cache_dir=str(scratch)),
            data,
            Seq2SeqTrainingArguments(output_dir=str(scratch), use_cpu=True, report_to=[]),
            stage=stage,
            tokenizer=tokenizer,
        )
    loaded = module["train_dataset"]
    assert isinstance(loaded, Dataset)
    return loaded


def _split(
    tokenizer: PreTrainedTokenizerFast, ids: list[int], labels: list[int]
) -> tuple[str, str]:
    """What is not learnt, and what is."""
    asked = sum(label == IGNORED for label in labels)
    assert labels[asked:] == ids[asked:]
    return _text(tokenizer, ids[:asked]), _text(tokenizer, ids[asked:])


def _asked(row: dict[str, Any], conversation: list[dict[str, str]]) -> list[dict[str, str]]:
    """Messages of a row for LLaMA-Factory."""
    roles = {"human": "user", "gpt": "assistant"}
    turns = [{"role": roles[turn["from"]], "content": turn["value"]} for turn in conversation]
    return [{"role": "system", "content": row["system"]}, *turns]


def pairs_by_llama_factory(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences, for DPO and reward models."""
    loaded = loaded_by_llama_factory(folder, "llama", "rm", tokenizer, scratch)
    found = []
    for row in loaded:
        asked, chosen = _split(tokenizer, row["chosen_input_ids"], row["chosen_labels"])
        again, rejected = _split(tokenizer, row["rejected_input_ids"], row["rejected_labels"])
        assert asked == again
        found.append(Pair(asked.rstrip(), _answer(chosen), _answer(rejected)))
    given = [
        Pair(
            rendered(tokenizer, _asked(row, row["conversations"])).rstrip(),
            row["chosen"]["value"],
            row["rejected"]["value"],
        )
        for row in rows_of(folder / "llama.jsonl")
    ]
    return are_the_pairs("LLaMA-Factory, preferences", found, given)


def labels_by_llama_factory(
    folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path
) -> bool:
    """Single responses with a verdict, for KTO."""
    loaded = loaded_by_llama_factory(folder, "llama-kto", "kto", tokenizer, scratch)
    found = []
    for row in loaded:
        asked, answer = _split(tokenizer, row["input_ids"], row["labels"])
        found.append((asked.rstrip(), _answer(answer), row["kto_tags"]))
    given = [
        (
            rendered(tokenizer, _asked(row, row["conversations"][:-1])).rstrip(),
            row["conversations"][-1]["value"],
            row["kto_tag"],
        )
        for row in rows_of(folder / "llama-kto.jsonl")
    ]
    good = [answer for _, answer, label in found if label]
    passed = found == given and 0 < len(good) < len(found)
    passed &= all(worth(answer) == BEST for answer in good)
    what = f"{len(found)} of {len(given)} rows, {len(good)} good"
    return told("LLaMA-Factory, KTO", passed, what)


# --- OpenRLHF ---------------------------------------------------------------------------------


def loaded_by_openrlhf(file: Path, **keys: str) -> tuple[Dataset, Any]:
    """A file as OpenRLHF loads it, and the settings that its data sets look into."""
    from openrlhf.datasets.utils import blending_datasets

    data = SimpleNamespace(apply_chat_template=True, **keys)
    strategy = SimpleNamespace(
        args=SimpleNamespace(data=data, use_ms=False),
        print=lambda *what: None,
        is_rank_0=lambda: False,
    )
    return blending_datasets(str(file), strategy=strategy), strategy


SIDES = {"chosen_key": "chosen", "rejected_key": "rejected"}


def pairs_by_openrlhf(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences, for DPO: the prompt is told apart by its length in tokens."""
    from openrlhf.datasets import RewardDataset

    file = folder / "prefs.jsonl"
    rows, strategy = loaded_by_openrlhf(file, prompt_key="prompt", **SIDES)
    read = RewardDataset(rows, tokenizer, LONGEST, strategy, is_dpo=True, num_processors=1)
    found = []
    for chosen, _, rejected, _, asked in (read[i] for i in range(len(read))):
        sides = [_text(tokenizer, ids[0][asked:]) for ids in (chosen, rejected)]
        found.append(Pair(_text(tokenizer, chosen[0][:asked]), *map(_answer, sides)))
        assert found[-1].prompt == _text(tokenizer, rejected[0][:asked])
    return are_the_pairs("OpenRLHF, DPO", found, pairs_of(file, tokenizer))


def margins_by_openrlhf(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Whole conversations with a margin, for reward models."""
    from openrlhf.datasets import RewardDataset

    file = folder / "margins.jsonl"
    rows, strategy = loaded_by_openrlhf(file, **SIDES)
    read = RewardDataset(rows, tokenizer, LONGEST, strategy, num_processors=1)
    found = [
        (_answer(_text(tokenizer, chosen[0])), _answer(_text(tokenizer, rejected[0])), margin)
        for chosen, _, rejected, _, margin in (read[i] for i in range(len(read)))
    ]
    given = [
        (
            *(_answer(rendered(tokenizer, row[side], asks=False)) for side in SIDES.values()),
            row["margin"],
        )
        for row in rows_of(file)
    ]
    passed = found == given and len({margin for *_, margin in found}) > 1
    passed &= all(worth(chosen) > worth(rejected) for chosen, rejected, _ in found)
    return told("OpenRLHF, margins", passed, f"{len(found)} of {len(given)} pairs")


def completions_by_openrlhf(
    folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path
) -> bool:
    """Prompts and completions, for SFT: the loss is on the completion alone."""
    from openrlhf.datasets import SFTDataset

    file = folder / "completions.jsonl"
    rows, strategy = loaded_by_openrlhf(file, input_key="prompt", output_key="completion")
    read = SFTDataset(rows, tokenizer, LONGEST, strategy, num_processors=1)
    found = []
    for ids, _, loss in (read[i] for i in range(len(read))):
        asked = int(loss[0].argmax()) + 1
        texts = _text(tokenizer, ids[0][:asked]), _text(tokenizer, ids[0][asked:])
        found.append((texts[0], _answer(texts[1])))
    given = [
        (rendered(tokenizer, row["prompt"]), _only(row["completion"])) for row in rows_of(file)
    ]
    return told("OpenRLHF, SFT", found == given, f"{len(found)} of {len(given)} completions")


# --- Axolotl ----------------------------------------------------------------------------------


def pairs_by_axolotl(
    file: Path, kind: str, tokenizer: PreTrainedTokenizerFast, scratch: Path, **fields: str
) -> list[Pair]:
    """The pairs that Axolotl hands to DPO, of a file that is said to be of this type."""
    from axolotl.prompt_strategies.dpo import load
    from axolotl.utils.dict import DictDefault

    entry = {"path": str(file), "type": kind, **fields}
    cfg = DictDefault({"datasets": [entry], "chat_template": "tokenizer_default"})
    transform, options = load(kind, cfg, dataset_idx=0)
    read = load_dataset("json", data_files=str(file), cache_dir=str(scratch))["train"].map(
        transform, fn_kwargs={"tokenizer": tokenizer}, **options
    )
    return [Pair(row["prompt"], _answer(row["chosen"]), _answer(row["rejected"])) for row in read]


def prefs_by_axolotl(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences with a prompt of their own."""
    file = folder / "prefs.jsonl"
    kind = "chat_template.default"
    found = pairs_by_axolotl(file, kind, tokenizer, scratch, field_messages="prompt")
    return are_the_pairs(f"Axolotl, {kind}", found, pairs_of(file, tokenizer))


def whole_by_axolotl(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences between whole conversations."""
    file, kind = folder / "whole.jsonl", "chat_template.argilla_chat"
    given = [
        Pair(
            rendered(tokenizer, row["chosen"][:-1]),
            row["chosen"][-1]["content"],
            row["rejected"][-1]["content"],
        )
        for row in rows_of(file)
    ]
    return are_the_pairs(
        f"Axolotl, {kind}", pairs_by_axolotl(file, kind, tokenizer, scratch), given
    )


def steps_by_axolotl(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Solutions with a label at the end of each step."""
    from axolotl.prompt_strategies.stepwise_supervised import load
    from axolotl.utils.dict import DictDefault

    strategy = load(tokenizer, DictDefault({"sequence_len": LONGEST}), DictDefault({}))
    given = rows_of(folder / "stepwise.jsonl")
    found = []
    for row in given:
        read = strategy.tokenize_prompt(row)
        steps, labels, begin = [], [], len(tokenizer(row["prompt"])["input_ids"])
        for place, label in enumerate(read["labels"]):
            if label != IGNORED:
                text = _text(tokenizer, read["input_ids"][begin : place + 1])
                steps.append(text.removesuffix("\n"))
                labels.append(bool(label))
                begin = place + 1
        found.append((steps, labels))
    wanted = [(row["completions"], row["labels"]) for row in given]
    n = sum(len(labels) for _, labels in found)
    return told("Axolotl, stepwise", found == wanted, f"{n} steps of {len(found)} solutions")


# --- RewardBench ------------------------------------------------------------------------------


def pairs_by_rewardbench(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences as they are scored: two whole conversations."""
    # Its __init__ brings every reward model in, some of which only transformers 4.51 can.
    spec = importlib.machinery.PathFinder.find_spec("rewardbench")
    assert spec is not None
    stand_in("rewardbench", __path__=spec.submodule_search_locations)
    stand_in("rewardbench.models", REWARD_MODEL_CONFIG={})
    from rewardbench.utils import load_and_process_dataset

    file = folder / "rewardbench.jsonl"
    read = load_and_process_dataset(str(file), json=True, tokenizer=tokenizer)
    found = [
        (_answer(row["text_chosen"]), _answer(row["text_rejected"]), row["subset"]) for row in read
    ]
    given = [
        (
            *(_answer(rendered(tokenizer, row[side], asks=False)) for side in SIDES.values()),
            row["subset"],
        )
        for row in rows_of(file)
    ]
    right = all(worth(chosen) > worth(rejected) for chosen, rejected, _ in found)
    passed = bool(found) and found == given and right
    return told("RewardBench", passed, f"{len(found)} of {len(given)} pairs")


# --- NeMo-RL ----------------------------------------------------------------------------------


def pairs_by_nemo(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences, for DPO and reward models."""
    from nemo_rl.data.datasets.preference_datasets.preference_dataset import PreferenceDataset
    from nemo_rl.data.interfaces import TaskDataSpec
    from nemo_rl.data.processors import preference_preprocessor

    file = folder / "nemo.jsonl"
    task = TaskDataSpec(task_name="preference")
    found = []
    for i, row in enumerate(PreferenceDataset(str(file), split="train").dataset):
        read = preference_preprocessor(row, task, tokenizer, LONGEST, i)
        *asked, chosen = read["message_log_chosen"]
        *again, rejected = read["message_log_rejected"]
        prompt = "".join(_text(tokenizer, message["token_ids"]) for message in asked)
        assert prompt == "".join(_text(tokenizer, message["token_ids"]) for message in again)
        sides = [_text(tokenizer, message["token_ids"]) for message in (chosen, rejected)]
        found.append(Pair(prompt, *(_answer(_turn(side)) for side in sides)))
    given = [
        Pair(
            rendered(tokenizer, row["context"], asks=False),
            *(_only(side["completion"]) for side in row["completions"]),
        )
        for row in rows_of(file)
    ]
    return are_the_pairs("NeMo-RL, preferences", found, given)


def graded_by_nemo(folder: Path, tokenizer: PreTrainedTokenizerFast, scratch: Path) -> bool:
    """Preferences from -3 to 3, by the code that reads HelpSteer3 there."""
    from nemo_rl.data.datasets.preference_datasets.helpsteer3 import HelpSteer3Dataset

    reader = HelpSteer3Dataset.__new__(HelpSteer3Dataset)  # __init__ fetches the published set
    reader.task_name = "HelpSteer3"
    found, given = [], []
    for row in rows_of(folder / "helpsteer.jsonl"):
        read = reader.format_data(row)
        assert [side["rank"] for side in read["completions"]] == [0, 1]
        sides = [_only(side["completion"]) for side in read["completions"]]
        found.append(Pair(rendered(tokenizer, read["context"]), *sides))
        texts = sorted((row["response1"], row["response2"]), key=worth, reverse=True)
        given.append(Pair(rendered(tokenizer, row["context"]), *texts))
    return are_the_pairs("NeMo-RL, HelpSteer3", found, given)


def _turn(text: str) -> str:
    """What a turn of the assistant says, without its head."""
    return text.removeprefix("<|im_start|>assistant\n")


# ----------------------------------------------------------------------------------------------

#: What a reader is from, and what it reads.
READERS: tuple[tuple[str, Reader], ...] = (
    ("llamafactory", pairs_by_llama_factory),
    ("llamafactory", labels_by_llama_factory),
    ("openrlhf", pairs_by_openrlhf),
    ("openrlhf", margins_by_openrlhf),
    ("openrlhf", completions_by_openrlhf),
    ("axolotl", prefs_by_axolotl),
    ("axolotl", whole_by_axolotl),
    ("axolotl", steps_by_axolotl),
    ("rewardbench", pairs_by_rewardbench),
    ("nemo_rl", pairs_by_nemo),
    ("nemo_rl", graded_by_nemo),
)


def is_there(package: str) -> bool:
    """Whether a reader can run here; those that cannot are named."""
    return importlib.util.find_spec(package) is not None


def release(package: str) -> str:
    """Its name and version, or that it is not here."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} {'by NEMO_RL' if is_there(package) else 'NOT HERE'}"


def main() -> int:
    """Have every reader that is here read its files. 0 if all passed, 1 if not."""
    checkout = os.environ.get("NEMO_RL")
    if checkout:
        sys.path.append(checkout)
    packages = ("transformers", "datasets", *dict.fromkeys(name for name, _ in READERS))
    print(", ".join(release(name) for name in packages))
    disable_progress_bar()
    folder = Path(sys.argv[1])
    texts = [text for file in sorted(folder.glob("*.jsonl")) for text in texts_of(file)]
    passed = []
    for package, reader in READERS:
        if is_there(package):
            with tempfile.TemporaryDirectory() as scratch:
                passed.append(reader(folder, make_tokenizer(texts), Path(scratch)))
    print("All passed" if all(passed) else "FAILED")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
