"""Threads that make requests, and a place where what became of them is collected."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


class Senders(Generic[Job, Done]):
    """A number of threads that run `work` on jobs in the order they were given.

    One thread hands out jobs and collects what became of them; a pool of futures would do the same
    at several times the cost for each job. `close` waits for all jobs to end.
    """

    def __init__(self, threads: int, work: Callable[[Job], Done]) -> None:
        self._work = work
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._ended: SimpleQueue[Done | BaseException] = SimpleQueue()
        self.under_way = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"send-{number}") for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def give(self, jobs: Iterable[Job]) -> None:
        """Have these done too."""
        for job in jobs:
            self.under_way += 1
            self._jobs.put(job)

    def collect(self, most: int, seconds: float, patience: float) -> list[Done]:
        """Up to `most` results: the first within `seconds`, more within `patience` after it.

        Raises what a job raised.
        """
        ended: list[Done] = []
        until = monotonic() + seconds
        most = min(most, self.under_way)
        with suppress(Empty):
            while len(ended) < most:
                one = self._ended.get(timeout=max(0.0, until - monotonic()))
                self.under_way -= 1
                if isinstance(one, BaseException):
                    raise one
                ended.append(one)
                if len(ended) == 1:
                    until = monotonic() + patience
        return ended

    def close(self) -> None:
        """Let the threads end once every job is done; what was not collected is dropped."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                done: Done | BaseException = self._work(job)
            except BaseException as error:
                done = error
            self._ended.put(done)
