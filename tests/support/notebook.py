"""Pages of documentation that are run: each block of Python, and below it what it prints.

    python -m tests.support.notebook docs/statistics.md

runs a page's ```python blocks in order, in one namespace, and writes below each the ```text block
with what it printed: replaced where there is one, added where there is none, taken away where
nothing was printed. Other blocks are left alone.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

#: A block of Python, and the text block that may follow it after one empty line.
_CELL = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n.*?^```\n)?", re.DOTALL | re.MULTILINE
)


def cells(page: str) -> Iterator[str]:
    """The Python of each block."""
    for cell in _CELL.finditer(page):
        yield cell["code"]


def run(page: str, name: str = "page") -> str:
    """The page with what its blocks print now. What a block raises names `name` and its line."""
    namespace: dict[str, Any] = {"__name__": "__page__"}

    def printed(cell: re.Match[str]) -> str:
        line = page.count("\n", 0, cell.start("code"))
        # Empty lines before the code give it the line numbers that it has on the page.
        code = compile("\n" * line + cell["code"], name, "exec")
        said = io.StringIO()
        with redirect_stdout(said):
            exec(code, namespace)  # noqa: S102 (the page is ours)
        text = "\n".join(line.rstrip() for line in said.getvalue().rstrip().split("\n"))
        block = f"```python\n{cell['code']}```\n"
        return f"{block}\n```text\n{text}\n```\n" if text else block

    return _CELL.sub(printed, page)


def main(paths: list[str]) -> None:
    """Run pages and write them anew."""
    for path in map(Path, paths):
        page = path.read_text("utf-8")
        now = run(page, str(path))
        path.write_text(now, "utf-8")
        print(f"{path}: {'as it was' if now == page else 'written anew'}")


if __name__ == "__main__":
    main(sys.argv[1:])
