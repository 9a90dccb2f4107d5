"""`make bench` prints every figure; `python -m tests.bench import queue` those of some."""

import sys

from tests.bench.table import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
