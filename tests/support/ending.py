"""A guard against what never ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PROCESSOR_SECONDS = 120


class NeverEnds(AssertionError):
    """The block was still at work when the guard fell."""


@contextmanager
def ends() -> Iterator[None]:
    """The block comes to an end on any machine that is not broken.

    For hostile input whose cost must grow with its length alone: where it grows with the square
    of it, the end is hours away instead of a fraction of a second. It is no measure of speed: the
    limit is hundreds of times what the work needs, in time of the processor.
    """

    def fall(_signal: int, _frame: FrameType | None) -> None:
        raise NeverEnds(f"not ended after {PROCESSOR_SECONDS} s of the processor's time")

    before = signal.signal(signal.SIGPROF, fall)
    signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
