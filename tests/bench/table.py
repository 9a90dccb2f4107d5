"""Every figure of every `bench_*.py` in one table.

Each module has `run()`, which gives (name, value, unit) of its figures, the raw limits and the bars
among them. It runs in a process of its own, so that none is measured in another's memory.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

Figure = tuple[str, float, str]

HERE = Path(__file__).parent


def names(chosen: list[str]) -> list[str]:
    """The modules to run, in order; those that a chosen word is part of, where there are any."""
    every = sorted(path.stem for path in HERE.glob("bench_*.py"))
    return [name for name in every if not chosen or any(word in name for word in chosen)]


def figures_of(name: str) -> list[Figure]:
    """Run one module. What it prints itself is left out: the table has it."""
    module = importlib.import_module(f"tests.bench.{name}")
    with contextlib.redirect_stdout(io.StringIO()):
        found: list[Figure] = module.run()
    return found


def shown(figure: Figure) -> str:
    """One line of the table."""
    name, value, unit = figure
    digits = 0 if abs(value) >= 1000 else 3
    return f"  {name:<66} {value:>12,.{digits}f} {unit}"


def main(chosen: list[str]) -> int:
    """Print the table. Returns 1 if a module failed, after all have run."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    spawn = multiprocessing.get_context("spawn")
    failed = 0
    for name in names(chosen):
        started = time.perf_counter()
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            try:
                figures = pool.submit(figures_of, name).result()
            except Exception as error:  # noqa: BLE001 - the other figures are still wanted
                failed += 1
                print(f"\n{name} failed: {type(error).__name__}: {str(error)[:200]}")
                continue
        print(f"\n{name.removeprefix('bench_')} ({time.perf_counter() - started:.0f} s)")
        for figure in figures:
            print(shown(figure), flush=True)
    return 1 if failed else 0
