"""Requests made one after the other in the test's own thread, so that nothing depends on timing."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


class InlineSenders(Generic[Job, Done]):
    """As `scheduler.senders.Senders`; the jobs are done when they are collected. One that raises
    ends the process, as it were: nothing of what was collected with it is known afterwards, and
    the jobs behind it are never done."""

    def __init__(self, _threads: int, work: Callable[[Job], Done]) -> None:
        self._work = work
        self._jobs: deque[Job] = deque()

    @property
    def under_way(self) -> int:
        """How many jobs wait to be done."""
        return len(self._jobs)

    def give(self, jobs: Iterable[Job]) -> None:
        """Have these done too."""
        self._jobs.extend(jobs)

    def collect(self, most: int, _seconds: float, _patience: float) -> list[Done]:
        """Do up to `most` jobs. Raises what a job raises."""
        thread = threading.current_thread()
        name, thread.name = thread.name, "send-inline"
        try:
            return [self._work(self._jobs.popleft()) for _ in range(min(most, len(self._jobs)))]
        finally:
            thread.name = name

    def close(self) -> None:
        """Nothing is left running."""
