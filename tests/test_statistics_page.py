"""What docs/statistics.md shows is what its blocks print, and it shows all of `workbench.stats`."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from tests.support import notebook
from workbench import stats

PAGE = Path(__file__).resolve().parents[1] / "docs" / "statistics.md"


def test_every_block_prints_what_stands_below_it() -> None:
    page = PAGE.read_text("utf-8")
    assert notebook.run(page, PAGE.name).splitlines() == page.splitlines()


def test_every_public_function_is_called_and_every_other_name_is_told() -> None:
    page = PAGE.read_text("utf-8")
    called = {
        node.func.id
        for code in notebook.cells(page)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    functions = {name for name in stats.__all__ if inspect.isfunction(getattr(stats, name))}
    assert sorted(functions - called) == []
    assert [name for name in stats.__all__ if not re.search(rf"`{name}\b", page)] == []


def test_what_a_block_prints_is_written_below_it_and_nothing_else_is_touched() -> None:
    page = """# Title

```python
x = 2
```

```sh
rm -rf /
```

```python
print(x)
```

```text
3
```

```python
print("new ")
```
"""
    right = page.replace("\n3\n", "\n2\n") + "\n```text\nnew\n```\n"
    assert notebook.run(page) == right
    assert notebook.run(right) == right


def test_a_text_block_goes_when_nothing_is_printed() -> None:
    page = "```python\nx = 1\n```\n\n```text\n1\n```\n\nProse.\n"
    assert notebook.run(page) == "```python\nx = 1\n```\n\nProse.\n"


def test_an_error_names_the_line_of_the_page() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        notebook.run("Prose.\n\n```python\nx = 1\nx / 0\n```\n", "a.md")
    last = caught.traceback[-1]
    assert (str(last.frame.code.path), last.lineno + 1) == ("a.md", 5)
